package operator

import (
	"context"
	"errors"
	"net/http"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

func erasePath(id exam.PersonID) string { return "/operator/people/" + id.String() + "/erase" }

// toErase is the person of a path and what erasing them would do.
func (c console) toErase(r *http.Request) (action.Erasing, error) {
	e, err := c.Actions.Erasing(r.Context(), actor(r), exam.ParseID[exam.PersonID](r.PathValue("id")))
	if err == nil {
		err = e.Refused
	}
	return e, err
}

// erasePage asks staff who gave their password just now: nothing of it can be
// taken back.
func (c console) erasePage(w http.ResponseWriter, r *http.Request) error {
	e, err := c.toErase(r)
	if err != nil {
		return err
	}
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.showErase(w, r, e, false)
}

func (c console) showErase(w http.ResponseWriter, r *http.Request, e action.Erasing, changed bool) error {
	p, status := c.Page(w, r, pathLookUp, t(r, "privacy.erase.of", "name", e.Person.Name)), http.StatusOK
	if changed {
		status = http.StatusConflict
	}
	back := at(pathLookUp, "q", e.Person.Email)
	p.Sub, p.Narrow = e.Person.Email, true
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.look_up"), Href: back}}
	return c.Show(w, r, status, p, view.ConfirmForm(c.ConfirmErasing(r.Context(), e, erasePath(e.Person.ID), back, changed)))
}

func (c console) erase(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	err = c.Once(w, r, f, pathLookUp, func(ctx context.Context) (page.Landing, error) {
		e, err := c.toErase(r)
		if err != nil {
			return page.Landing{}, err
		}
		if err := f.Seen().Still(e.Person.Version); err != nil {
			return page.Landing{}, err
		}
		return page.Landing{To: pathLookUp, Kind: view.Done, Text: t(r, "privacy.erased.of")}, c.Actions.ErasePerson(ctx, actor(r), e.Person.ID, e.Person.Version)
	})
	if !errors.Is(err, exam.ErrChangedMeanwhile) {
		return err
	}
	e, err := c.toErase(r)
	if err != nil {
		return err
	}
	return c.showErase(w, r, e, true)
}

package account

import (
	"errors"
	"mime"
	"net/http"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// dataPath is where everybody reads what is kept about them.
const dataPath = "/account/data"

type dataView struct {
	Facts   []view.Fact
	Refused string // why nothing can be erased now
}

func (c *console) erasing(r *http.Request) (action.Erasing, error) {
	who := httpd.From(r.Context()).Actor()
	return c.Actions.Erasing(r.Context(), who, who.Person)
}

func (c *console) dataPage(w http.ResponseWriter, r *http.Request) error {
	e, err := c.erasing(r)
	if err != nil {
		return err
	}
	d := dataView{Facts: c.KeptFacts(r.Context(), e)}
	if e.Refused != nil {
		d.Refused = httpd.From(r.Context()).Locale.Fault(fault.Of(e.Refused))
	}
	p := c.page(w, r, dataPath, "privacy.title")
	p.Sub = view.T(r.Context(), "privacy.about")
	return c.Show(w, r, http.StatusOK, p, dataContent(d))
}

// copyData answers with the file; it needs a password given just now, because it
// holds everything at once.
func (c *console) copyData(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	if !req.Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.Actions.CopyData(r.Context(), req.Actor(), func(read action.ReadCopy) error {
		h := w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "my-data-" + c.Now().UTC().Format("2006-01-02") + ".zip"}))
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		return export.WriteCopy(w, c.Now(), read)
	})
}

func (c *console) erasePage(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.showErase(w, r, false)
}

func (c *console) showErase(w http.ResponseWriter, r *http.Request, changed bool) error {
	e, err := c.erasing(r)
	if err == nil {
		err = e.Refused
	}
	if err != nil {
		return err
	}
	p, status := c.page(w, r, dataPath, "privacy.erase.title"), http.StatusOK
	if changed {
		status = http.StatusConflict
	}
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "privacy.title"), Href: dataPath}}
	return c.Show(w, r, status, p, view.ConfirmForm(c.ConfirmErasing(r.Context(), e, dataPath+"/erase", dataPath, changed)))
}

// erase is done once by itself: whoever sends the form again is nobody any more.
func (c *console) erase(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	if !req.Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	seen := f.Seen()
	if err = seen.Still(req.Identity.Person.Version); err == nil {
		err = c.Actions.ErasePerson(r.Context(), req.Actor(), req.Actor().Person, req.Identity.Person.Version)
	}
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return c.showErase(w, r, true)
	}
	if err != nil {
		return err
	}
	c.Registry.SignInCookie(w, "", 0)
	c.Registry.SetCookie(w, page.RedeemCookie, "", 0)
	c.Registry.SetCookie(w, linkCookie, "", 0)
	return c.Go(w, r, "/sign-in", view.Done, "privacy.erased")
}

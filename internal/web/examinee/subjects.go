package examinee

import (
	"net/http"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// offer is a subject somebody can register for.
type offer struct {
	exam.Subject
	Title, About string
	Mine         *registration // the living registration the reader has
}

func (c console) subjectsPage(w http.ResponseWriter, r *http.Request) error {
	subjects, err := c.Store.SubjectsOnSale(r.Context(), c.Now())
	if err != nil {
		return err
	}
	mine, err := c.living(r)
	if err != nil {
		return err
	}
	offers := make([]offer, len(subjects))
	for i, s := range subjects {
		offers[i] = offer{Subject: s, Title: page.SubjectName(r, s.Name), About: page.SubjectName(r, s.About)}
		if at := slices.IndexFunc(mine, func(g registration) bool { return g.Registration.Subject == s.ID }); at >= 0 {
			offers[i].Mine = &mine[at]
		}
	}
	p := c.Page(w, r, "/examinee/subjects", view.T(r.Context(), "examinee.subjects"))
	p.Narrow, p.Sub = true, view.T(r.Context(), "examinee.subjects.about")
	return c.Show(w, r, http.StatusOK, p, subjectsContent(offers))
}

// all reads every registration of the reader, newest first.
func (c console) all(r *http.Request) ([]registration, error) {
	var found []registration
	at := store.Page{Limit: store.MaxLimit}
	for {
		rows, err := c.Store.RegistrationsOf(r.Context(), httpd.From(r.Context()).Actor().Person, at)
		if err != nil {
			return nil, err
		}
		for _, row := range rows.Items {
			found = append(found, known(r.Context(), row, c.Now()))
		}
		if at.Older = rows.Older; at.Older == 0 {
			return found, nil
		}
	}
}

// living are the reader's registrations that are not over.
func (c console) living(r *http.Request) ([]registration, error) {
	all, err := c.all(r)
	return slices.DeleteFunc(all, func(g registration) bool { return g.Over }), err
}

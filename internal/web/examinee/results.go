package examinee

import (
	"net/http"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/web/view"
)

// result is the page of one result; without one it says that it is waited for.
type result struct {
	registration
	Subject exam.Subject
}

func (c console) resultPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	sub, err := c.Store.Subject(r.Context(), g.Registration.Subject)
	if err != nil {
		return err
	}
	p := c.page(w, r, g, "examinee.result.title", "subject", g.Title)
	switch {
	case g.Result != nil:
		p.Badge = [2]string{"result", string(g.Result.Outcome)}
	case g.Shown == "awaiting":
		p.Badge = [2]string{"registration", g.Shown}
	default:
		return c.refused(w, r, g, sub, fault.Of(exam.ErrCodeNotComplete))
	}
	return c.Show(w, r, http.StatusOK, p, resultContent(result{g, sub}))
}

func (c console) resultsPage(w http.ResponseWriter, r *http.Request) error {
	all, err := c.all(r)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(g registration) bool { return g.Result == nil && g.Shown != "awaiting" })
	p := c.Page(w, r, "/examinee/results", view.T(r.Context(), "examinee.results"))
	return c.Show(w, r, http.StatusOK, p, resultsContent(all))
}

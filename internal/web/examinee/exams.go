package examinee

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// exams is the console's first page.
type exams struct {
	Next  *step
	Items []registration
	Empty bool // there never was a registration
	Pager view.Pager
}

// step is the one thing to do next.
type step struct {
	Title, Text string
	Link        *view.Link
}

// fresh is how long a new result is the news of the first page.
const fresh = 14 * 24 * time.Hour

func (c console) examsPage(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), httpd.From(r.Context()).Actor()
	at := page.ListPage(r)
	rows, err := c.Store.RegistrationsOf(ctx, a.Person, at)
	if err != nil {
		return err
	}
	e := exams{Pager: page.Pager(r, rows, "")}
	for _, row := range rows.Items {
		e.Items = append(e.Items, known(ctx, row, c.Now()))
	}
	first := at.Older == 0 && at.Newer == 0
	e.Empty = first && len(e.Items) == 0
	if first {
		e.Next = next(ctx, a, e.Items, c.Now())
	}
	p := c.Page(w, r, "/examinee/", view.T(ctx, "examinee.exams"))
	p.Narrow = true
	return c.Show(w, r, http.StatusOK, p, examsContent(e))
}

// next finds the one thing to do: what stands in the way of everything first,
// then what has a date, then news.
func next(ctx context.Context, a exam.Actor, all []registration, now time.Time) *step {
	l := lang.From(ctx)
	if a.Verified != exam.Verified {
		s := &step{Title: l.T("examinee.next.verify"), Text: l.T("examinee.next.verify." + string(a.Verified))}
		s.Link = &view.Link{Label: l.T("examinee.next.verify.go"), Href: "/account/verification"}
		return s
	}
	var choose, sit, result *registration
	for i := range all {
		g := &all[i]
		switch g.Shown {
		case string(exam.Registered):
			if choose == nil || g.Expires.Before(choose.Expires) {
				choose = g
			}
		case string(exam.SeatReserved):
			if sit == nil || g.Session.Starts.Before(sit.Session.Starts) {
				sit = g
			}
		case string(exam.Sat):
			if g.Result != nil && now.Sub(g.Result.Recorded) < fresh && (result == nil || g.Result.Recorded.After(result.Result.Recorded)) {
				result = g
			}
		}
	}
	switch {
	case sit != nil && sit.Session.Starts.Sub(now) < 3*24*time.Hour, sit != nil && choose == nil:
		return &step{Title: l.T("examinee.next.sit", "subject", sit.Title), Text: l.T("examinee.next.sit.text", "when", when(ctx, *sit.Session), "where", where(ctx, *sit.Session)),
			Link: &view.Link{Label: l.T("examinee.next.sit.go"), Href: sit.Path("")}}
	case choose != nil:
		return &step{Title: l.T("examinee.next.choose", "subject", choose.Title), Text: l.T("examinee.next.choose.text", "date", l.LastDay(choose.Expires, choose.EndZone)),
			Link: &view.Link{Label: l.T("examinee.choose"), Href: choose.Path("/sessions")}}
	case result != nil:
		return &step{Title: l.T("examinee.next.result", "subject", result.Title), Text: l.T("examinee.next.result.text"),
			Link: &view.Link{Label: l.T("examinee.view_result"), Href: result.Path("/result")}}
	}
	return nil
}

package enterprise

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// outcomes are the result filters of E12.
var outcomes = []string{store.OutcomeSat, string(exam.Passed), string(exam.Failed)}

var attempts = []string{exam.FirstAttempt, exam.RetakeAttempt}

// statisticsData is what E12 shows.
type statisticsData struct {
	Filter   store.ExamineeFilter
	Subjects []exam.Subject
	Numbers  store.SubjectStats
	Rows     []store.RegistrationRow
	Pager    view.Pager
	Asked    *url.URL
	Clock    func(store.RegistrationRow) string // a registration's state as people read it
}

// of is how many rows the list has under an outcome.
func of(n store.SubjectStats, outcome string) int {
	switch outcome {
	case store.OutcomeSat:
		return n.Sat
	case string(exam.Passed):
		return n.Passed
	case string(exam.Failed):
		return n.Sat - n.Passed
	}
	return n.Registrations
}

func (d statisticsData) narrowed() bool {
	return d.Filter != (store.ExamineeFilter{})
}

func (c console) statistics(w http.ResponseWriter, r *http.Request) error {
	ctx, q, now := r.Context(), r.URL.Query(), c.Now()
	d := statisticsData{Asked: r.URL, Filter: store.ExamineeFilter{Subject: filtered(exam.ParseID[exam.SubjectID](q.Get("subject_id")), q.Get("subject_id"))},
		Clock: func(g store.RegistrationRow) string { return g.Shown(g.Session, now) }}
	if t := exam.ExamType(q.Get("exam_type")); slices.Contains(exam.ExamTypes, t) {
		d.Filter.ExamType = t
	}
	if t := q.Get("attempt"); slices.Contains(attempts, t) {
		d.Filter.Attempt = t
	}
	d.Filter.Name = strings.TrimSpace(q.Get("name"))
	if o := q.Get("outcome"); slices.Contains(outcomes, o) {
		d.Filter.Outcome = o
	}
	var err error
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	account := actor(r).Account
	if d.Numbers, err = c.Store.ExamineeCounts(ctx, account, d.Filter, now); err != nil {
		return err
	}
	rows, err := c.Store.Examinees(ctx, account, d.Filter, now, page.ListPage(r))
	if err != nil {
		return err
	}
	total := of(d.Numbers, d.Filter.Outcome)
	p := c.Page(w, r, statistics, view.T(ctx, "enterprise.nav.statistics"))
	d.Rows = rows.Items
	d.Pager, p.PageNumber = pager(r, rows, total)
	p.Count = locale(r).Number(int64(total))
	return c.Show(w, r, http.StatusOK, p, statisticsPage(d))
}

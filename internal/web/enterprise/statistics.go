package enterprise

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// outcomes are the result filters of E12.
var outcomes = []string{store.OutcomeSat, string(exam.Passed), string(exam.Failed), string(exam.Absent)}

var attempts = []string{exam.FirstAttempt, exam.RetakeAttempt}

// statisticsData is what E12 shows.
type statisticsData struct {
	Filter   store.ExamineeFilter
	Form     *page.Form // the days as they were typed, and what is wrong with them
	Subjects []exam.Subject
	Stats    []store.SubjectStats // of the filter, its outcome left aside
	Months   []store.OutcomeCount
	Rows     []store.RegistrationRow
	Pager    view.Pager
	Asked    *url.URL
	Zone     *time.Location
	Clock    func(store.RegistrationRow) string // a registration's state as people read it
}

// numbers add the subjects up.
func (d statisticsData) numbers() store.SubjectStats { return store.Overview{Subjects: d.Stats}.All() }

// anyResult tells whether there is something to draw.
func (d statisticsData) anyResult() bool {
	return slices.ContainsFunc(d.Months, func(m store.OutcomeCount) bool { return m.Passed+m.Failed+m.Absent > 0 })
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
	case string(exam.Absent):
		return n.Absent
	}
	return n.Registrations
}

func (d statisticsData) narrowed() bool {
	return d.Filter != (store.ExamineeFilter{})
}

// examineeFilter reads the filter of the address; what cannot be read is refused
// in the form and does not narrow.
func examineeFilter(r *http.Request) (store.ExamineeFilter, *page.Form) {
	q := r.URL.Query()
	f := store.ExamineeFilter{Name: strings.TrimSpace(q.Get("name")), Subject: filtered(exam.ParseID[exam.SubjectID](q.Get("subject_id")), q.Get("subject_id"))}
	if t := exam.ExamType(q.Get("exam_type")); slices.Contains(exam.ExamTypes, t) {
		f.ExamType = t
	}
	if t := q.Get("attempt"); slices.Contains(attempts, t) {
		f.Attempt = t
	}
	if o := q.Get("outcome"); slices.Contains(outcomes, o) {
		f.Outcome = o
	}
	form := page.NewForm("sat_from", q.Get("sat_from"), "sat_to", q.Get("sat_to"))
	var err error
	if f.SatFrom, f.SatBefore, err = exam.ReadDays(q.Get("sat_from"), q.Get("sat_to"), accountZone(r), "sat_from", "sat_to"); err != nil {
		f.SatFrom, f.SatBefore = time.Time{}, time.Time{}
		form.Refuse(r, err)
	}
	return f, form
}

// chartMonths are the months that results are shown of: the last ones, or those
// of the filter.
func chartMonths(f store.ExamineeFilter, now time.Time, zone *time.Location) []time.Time {
	end, n := now, months
	if !f.SatBefore.IsZero() && f.SatBefore.Before(now) {
		end = f.SatBefore.Add(-time.Microsecond)
	}
	for n < 2*months && !f.SatFrom.IsZero() && exam.MonthStart(end, 1-n, zone).After(f.SatFrom) {
		n++
	}
	for n > 1 && !f.SatFrom.IsZero() && !exam.MonthStart(end, 2-n, zone).After(f.SatFrom) {
		n--
	}
	return append(exam.MonthsBack(end, n, zone), exam.MonthStart(end, 1, zone))
}

func (c console) statistics(w http.ResponseWriter, r *http.Request) error {
	ctx, now, account := r.Context(), c.Now(), actor(r).Account
	d := statisticsData{Asked: r.URL, Zone: accountZone(r), Clock: func(g store.RegistrationRow) string { return g.Shown(g.Session, now) }}
	d.Filter, d.Form = examineeFilter(r)
	var err error
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Stats, err = c.Store.ExamineeStats(ctx, account, d.Filter, now); err != nil {
		return err
	}
	if d.Months, err = c.Store.OutcomesBetween(ctx, account, d.Filter, now, chartMonths(d.Filter, now, d.Zone)); err != nil {
		return err
	}
	rows, err := c.Store.Examinees(ctx, account, d.Filter, now, page.ListPage(r))
	if err != nil {
		return err
	}
	total := of(d.numbers(), d.Filter.Outcome)
	p := c.Page(w, r, statistics, view.T(ctx, "enterprise.nav.statistics"))
	p.Errors, p.Charts = d.Form.Errors(), d.anyResult()
	d.Rows = rows.Items
	d.Pager, p.PageNumber = pager(r, rows, total)
	p.Count = locale(r).Number(int64(total))
	if total > 0 {
		p.Actions = append(p.Actions, exportVerb(r, d.Asked, total))
	}
	return c.Show(w, r, d.Form.Status(), p, statisticsPage(d))
}

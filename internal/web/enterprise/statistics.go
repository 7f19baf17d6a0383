package enterprise

import (
	"net/http"
	"net/url"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// outcomeSat filters the examinees who sat, whatever came of it.
const outcomeSat = "sat"

// outcomes are the result filters of E12.
var outcomes = []string{outcomeSat, string(exam.Passed), string(exam.Failed)}

var attempts = []string{exam.FirstAttempt, exam.RetakeAttempt}

// statisticsData is what E12 shows.
type statisticsData struct {
	Filter   store.ExamineeFilter
	Outcome  string
	Subjects []exam.Subject
	Numbers  numbers
	Rows     []store.RegistrationRow
	Pager    view.Pager
	Asked    *url.URL
	Clock    func(store.RegistrationRow) string // a registration's state as people read it
}

// numbers are those of a filter, its outcome left aside. Known is false when
// there are too many examinees to count them for this page.
type numbers struct {
	Registrations, Sat, Passed int
	Known                      bool
}

// of is how many rows the list has under an outcome.
func (n numbers) of(outcome string) int {
	switch outcome {
	case outcomeSat:
		return n.Sat
	case string(exam.Passed):
		return n.Passed
	case string(exam.Failed):
		return n.Sat - n.Passed
	}
	return n.Registrations
}

// matches tells whether a registration has the outcome that is asked for.
func matches(g store.RegistrationRow, outcome string) bool {
	if outcome == "" {
		return true
	}
	if g.Result == nil {
		return false
	}
	return string(g.Result.Outcome) == outcome || (outcome == outcomeSat && g.Result.Outcome != exam.Absent)
}

func (d statisticsData) narrowed() bool {
	return d.Filter != (store.ExamineeFilter{}) || d.Outcome != ""
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
	if o := q.Get("outcome"); slices.Contains(outcomes, o) {
		d.Outcome = o
	}
	var err error
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Numbers, err = c.numbers(r, d.Filter); err != nil {
		return err
	}
	rows, err := c.examinees(r, d.Filter, d.Outcome)
	if err != nil {
		return err
	}
	p := c.Page(w, r, statistics, view.T(ctx, "enterprise.nav.statistics"))
	d.Rows = rows.Items
	d.Pager, p.PageNumber = pager(r, rows, d.Numbers.of(d.Outcome))
	if q.Get("older") != "" {
		d.Pager.Start = page.With(r.URL, "older", "", "from", "")
	}
	if d.Numbers.Known {
		p.Count = locale(r).Number(int64(d.Numbers.of(d.Outcome)))
	}
	return c.Show(w, r, http.StatusOK, p, statisticsPage(d))
}

// countable is how many examinees are counted one by one for a filter that no
// counter exists for.
const countable = 5000

// numbers counts S8's numbers under a filter.
func (c console) numbers(r *http.Request, f store.ExamineeFilter) (numbers, error) {
	ctx, account, n := r.Context(), actor(r).Account, numbers{Known: true}
	if f.ExamType == "" && f.Attempt == "" {
		stats, err := c.Store.StatsBySubject(ctx, account, c.Now())
		for _, s := range stats {
			if f.Subject == 0 || f.Subject == s.Subject {
				n.Registrations, n.Sat, n.Passed = n.Registrations+s.Registrations, n.Sat+s.Sat, n.Passed+s.Passed
			}
		}
		return n, err
	}
	for at := (store.Page{Limit: store.MaxLimit}); ; {
		rows, err := c.Store.Examinees(ctx, account, f, c.Now(), at)
		if err != nil {
			return n, err
		}
		for _, g := range rows.Items {
			n.Registrations++
			if matches(g, outcomeSat) {
				n.Sat++
			}
			if matches(g, string(exam.Passed)) {
				n.Passed++
			}
		}
		if rows.Older == 0 {
			return n, nil
		}
		if n.Registrations >= countable {
			return numbers{}, nil
		}
		at.Older = rows.Older
	}
}

// examinees reads a page of the list. With an outcome it goes on reading until
// the page is full or enough was looked at, and the cursor leads on from there;
// such a list is turned forward only.
func (c console) examinees(r *http.Request, f store.ExamineeFilter, outcome string) (store.Rows[store.RegistrationRow], error) {
	at := page.ListPage(r)
	if outcome == "" {
		return c.Store.Examinees(r.Context(), actor(r).Account, f, c.Now(), at)
	}
	var found store.Rows[store.RegistrationRow]
	size := at.Limit
	at.Newer, at.Limit = 0, store.MaxLimit
	for read := 0; ; {
		rows, err := c.Store.Examinees(r.Context(), actor(r).Account, f, c.Now(), at)
		if err != nil {
			return found, err
		}
		for _, g := range rows.Items {
			if !matches(g, outcome) {
				continue
			}
			if len(found.Items) == size {
				found.Older = int64(found.Items[size-1].ID)
				return found, nil
			}
			found.Items = append(found.Items, g)
		}
		if read += len(rows.Items); rows.Older == 0 || read >= countable {
			found.Older = rows.Older
			return found, nil
		}
		at.Older = rows.Older
	}
}

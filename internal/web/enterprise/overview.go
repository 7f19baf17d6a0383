package enterprise

import (
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// overview is what E1 shows. Rows are the subjects the company has codes of.
type overview struct {
	May       bool // see codes and numbers
	MayBuy    bool
	Verified  exam.VerificationState
	Pending   int // orders that wait for their payment
	Codes     map[string]int
	Rows      []subjectNumbers
	FirstStep bool // nothing was bought yet
}

// subjectNumbers are S8's numbers of a subject; Sold tells whether more of its
// codes can be bought.
type subjectNumbers struct {
	store.SubjectStats
	Sold bool
}

// barStates is the order of the states in the bar: from done to gone.
var barStates = []exam.CodeState{exam.Completed, exam.Reserved, exam.Bound, exam.Unused, exam.Refunding, exam.Refunded, exam.Expired}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// used counts the codes that have a registration: bound, reserved, completed (S6).
func used(counts map[string]int) int {
	n := 0
	for _, s := range usedStates {
		n += counts[string(s)]
	}
	return n
}

func (o overview) registrations() (all, sat, passed int) {
	for _, s := range o.Rows {
		all, sat, passed = all+s.Registrations, sat+s.Sat, passed+s.Passed
	}
	return all, sat, passed
}

func (c console) overview(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), actor(r)
	o := overview{May: a.Has(exam.ViewCodes), MayBuy: a.Has(exam.BuyCodes), Verified: a.Verified}
	if o.May || o.MayBuy {
		n, err := c.Store.OrderCounts(ctx, a.Account, store.OrderFilter{}, c.Now())
		if err != nil {
			return err
		}
		o.Pending, o.FirstStep = n[string(exam.Pending)], n[string(exam.Paid)]+n["ended"] == 0
	}
	if o.May {
		var err error
		if o.Codes, err = c.Store.CodeCounts(ctx, a.Account, store.CodeFilter{}, c.Now()); err != nil {
			return err
		}
		if o.Rows, err = c.subjectNumbers(r, a); err != nil {
			return err
		}
	}
	p := c.Page(w, r, home, view.T(ctx, "enterprise.nav.overview"))
	return c.Show(w, r, http.StatusOK, p, overviewPage(o))
}

// subjectNumbers reads S8's table: the subjects with registrations, then those
// with codes and none yet.
func (c console) subjectNumbers(r *http.Request, a exam.Actor) ([]subjectNumbers, error) {
	ctx, now := r.Context(), c.Now()
	stats, err := c.Store.StatsBySubject(ctx, a.Account, now)
	if err != nil {
		return nil, err
	}
	known, err := c.Store.Subjects(ctx)
	if err != nil {
		return nil, err
	}
	sold, seen := map[exam.SubjectID]bool{}, map[exam.SubjectID]bool{}
	for _, s := range known {
		sold[s.ID] = !s.RetiredBy(now)
	}
	rows := make([]subjectNumbers, 0, len(known))
	for _, s := range stats {
		seen[s.Subject] = true
		rows = append(rows, subjectNumbers{s, sold[s.Subject]})
	}
	for _, s := range known {
		if seen[s.ID] {
			continue
		}
		one, err := c.Store.Codes(ctx, a.Account, store.CodeFilter{Subject: s.ID}, now, store.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(one.Items) > 0 {
			rows = append(rows, subjectNumbers{store.SubjectStats{Subject: s.ID, Name: s.Name}, sold[s.ID]})
		}
	}
	return rows, nil
}

// codesOf is the address of the codes in a state.
func codesOf(state string) string { return codes + "?state=" + state }

// statisticsOf is the address of a subject's examinees (S9).
func statisticsOf(s exam.SubjectID) string { return statistics + "?subject_id=" + s.String() }

func buyOf(s exam.SubjectID) string { return subjects + "/" + s.String() + "/buy" }

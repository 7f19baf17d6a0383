package enterprise

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// overview is what E1 shows.
type overview struct {
	store.Overview
	May      bool // see codes and numbers
	MayBuy   bool
	Verified exam.VerificationState
	Sold     map[exam.SubjectID]bool // can be bought
	Course   []exam.UnusedPoint
	Outlook  exam.Outlook
	Ending   []exam.MonthCount
	Soon     int        // unused codes that end within soon
	First    exam.Stock // of which the first of them do
	Now      time.Time
	Zone     *time.Location
}

// soon is how far ahead the overview warns of the end of unused codes.
const soon = 90 // days

// months is how many months the overview looks back and ahead.
const months = 12

// firstStep tells that nothing was bought yet.
func (o overview) firstStep() bool { return o.Orders[string(exam.Paid)]+o.Orders["ended"] == 0 }

func (o overview) pending() int { return o.Orders[string(exam.Pending)] }

// barStates is the order of the states in the bar: from done to gone.
var barStates = []exam.CodeState{exam.Completed, exam.Reserved, exam.Bound, exam.Unused, exam.Refunding, exam.Refunded, exam.Expired}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// used counts the codes that have a registration (S6).
func used(counts map[string]int) int {
	n := 0
	for _, s := range exam.Used {
		n += counts[string(s)]
	}
	return n
}

func (c console) overview(w http.ResponseWriter, r *http.Request) error {
	ctx, a, now := r.Context(), actor(r), c.Now()
	o := overview{May: a.Has(exam.ViewCodes), MayBuy: a.Has(exam.BuyCodes), Verified: a.Verified, Now: now, Zone: accountZone(r)}
	var err error
	switch {
	case o.May:
		err = c.readOverview(ctx, a.Account, &o)
	case o.MayBuy:
		o.Orders, err = c.Store.OrderCounts(ctx, a.Account, store.OrderFilter{}, now)
	}
	if err != nil {
		return err
	}
	p := c.Page(w, r, home, view.T(ctx, "enterprise.nav.overview"))
	p.Charts = o.May && !o.firstStep()
	return c.Show(w, r, http.StatusOK, p, overviewPage(o))
}

func (c console) readOverview(ctx context.Context, account exam.AccountID, o *overview) (err error) {
	if o.Overview, err = c.Store.Overview(ctx, account, o.Now, exam.CourseBack(o.Now, months, o.Zone)); err != nil {
		return err
	}
	known, err := c.Store.Subjects(ctx)
	if err != nil {
		return err
	}
	o.Sold = map[exam.SubjectID]bool{}
	for _, s := range known {
		o.Sold[s.ID] = !s.RetiredBy(o.Now)
	}
	o.Course, o.Outlook = exam.UnusedCourse(o.Stock, o.Flows, o.Pace, o.Now, months, months+1, o.Zone)
	o.Ending = exam.Ending(o.Stock, o.Now, months+1, o.Zone)
	by, err := exam.EndsWithin(soon, o.Now, o.Zone)
	if err != nil {
		return err
	}
	o.Soon, o.First = exam.EndingSoon(o.Stock, o.Now, by.Sub(o.Now))
	return nil
}

// codesOf is the address of the codes in a state.
func codesOf(state string) string { return codes + "?state=" + state }

// statisticsOf is the address of a subject's examinees (S9).
func statisticsOf(s exam.SubjectID) string { return statistics + "?subject_id=" + s.String() }

func buyOf(s exam.SubjectID) string { return subjects + "/" + s.String() + "/buy" }

package clock

import (
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam/examtest"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// skew is how far the clocks of two replicas differ from the house's.
var skews = []time.Duration{0, -3 * time.Second, 40 * 24 * time.Hour}

func TestClock(t *testing.T) {
	zones := examtest.Zones(t)
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		r := proof.Begin(t, "clock", string(d.Engine()), 6)
		w := newWorld(t, store.New(d, id.NewSource(0, time.Now)), r)
		fits := w.replica(0)
		var apart []*action.Service
		for _, off := range skews {
			apart = append(apart, w.replica(off))
		}
		list, met := shuffled(t, w.rand, zones), map[string]bool{}
		early, late, twice := 0, 0, 0
		for n := 0; r.Next(); n++ {
			zone := list[n%len(list)]
			met[zone.String()] = true
			e, l := w.edge(w.lot(zone, w.paidAt(zone)), fits, w.rand.IntN(len(edges)))
			early, late = early+e, late+l
			if n%5 == 0 {
				late += w.behind(d, fits)
				r.Count("locked", 1)
			}
			j := w.jumper(zone)
			w.live(j, apart, skews)
			told := w.told(j)
			if told != j.told {
				t.Errorf("%d notices of an order's end, owed were %d", told, j.told)
			}
			r.Count("sent", int64(told))
			twice += w.mails(w.ctx, fits)
		}
		r.Set("zones", len(met))
		r.Set("early", early)
		r.Set("late", late)
		if early+late+twice > 0 {
			t.Errorf("%d refused too early, %d done too late, %d mails twice", early, late, twice)
		}
		r.Set("control", w.control())
	})
}

// control asks the same of a program whose clock is a moment slow, so that it
// reads the time it had before the end: it must be seen to be late.
func (w *world) control() string {
	w.T.Helper()
	slow := w.replica(-time.Minute)
	for at, e := range edges {
		if e.by != 0 {
			continue
		}
		paid := actiontest.Start
		if _, late := w.edge(w.lot(time.UTC, paid), slow, at); late == 0 {
			w.T.Error("a program that is late was not seen")
			return "missed"
		}
	}
	return "caught"
}

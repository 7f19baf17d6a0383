package model

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/transfer"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// world is the real service with an outside that can be told what to do. One
// world serves many sequences, each with a company, subject and people of its own.
type world struct {
	*actiontest.House
	svc   *action.Service
	fuse  *fuse
	bank  *bank
	sink  *sink
	queue *queue
	cells cells
	run   *proof.Run
	wrong string
}

// held is the amount above which refunds wait for review: three codes' price.
const (
	price = 12000
	held  = 3 * price
)

func newWorld(t testing.TB, s *store.Store, r *proof.Run) *world {
	f := &fuse{}
	w := &world{House: actiontest.New(t, s), fuse: f, run: r, cells: cells{},
		bank: &bank{fuse: f, deals: map[string]string{}, asked: map[string]int{}}, sink: &sink{fuse: f, got: map[string]int{}}, queue: &queue{fuse: f}}
	w.Subject() // the first one makes the admin
	w.restart()
	return w
}

// restart throws the service away, with all it had in hand, and makes another
// one over the same store.
func (w *world) restart() {
	w.fuse.point, w.fuse.wakes = "", 0
	w.svc = w.Service(func(c *action.Config) {
		c.Providers = []pay.Provider{w.bank, transfer.New()}
		c.Mail, c.Queue = w.sink, w.queue
		c.ReviewAbove = []money.Amount{{Minor: held, Currency: "USD"}}
	})
}

func (w *world) count(name string) {
	if w.run != nil {
		w.run.Count(name, 1)
	}
}

// verify asks the store for everything that must always hold.
func (w *world) verify(fail func(format string, args ...any)) {
	_, err := w.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			fail("%s: %d of %d break it, the first is %d: %s", v.ID, v.Violations, v.Checked, v.First, v.Says)
		}
	})
	if err != nil {
		fail("verify: %v", err)
	}
}

// begin is where the clock of each sequence starts: any time of a leap year's
// February or of autumn, so that ends meet both changes of the clock.
var begin = []time.Time{
	time.Date(2028, time.February, 27, 21, 30, 0, 0, time.UTC),
	time.Date(2026, time.March, 28, 12, 0, 0, 0, time.UTC),
	time.Date(2026, time.October, 24, 23, 59, 59, 999999000, time.UTC),
	time.Date(2026, time.December, 31, 16, 0, 0, 0, time.UTC),
}

package clock

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/money"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// world is a store with replicas, each with a clock of its own.
type world struct {
	*actiontest.House
	ctx  context.Context
	r    *proof.Run
	rand *rand.Rand
	sink *sink
	sub  exam.Subject
}

func newWorld(t testing.TB, s *store.Store, r *proof.Run) *world {
	w := &world{House: actiontest.New(t, s), ctx: context.Background(), r: r, rand: r.Rand(1), sink: &sink{got: map[string]int{}}}
	w.sub = w.Subject(func(s *exam.Subject) { s.CancelCutoff, s.NoShow = 0, exam.GivenBack })
	return w
}

// sink takes mails and counts them.
type sink struct {
	mu  sync.Mutex
	got map[string]int
}

func (s *sink) Send(_ context.Context, m mail.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got[m.MessageID]++
	return nil
}

// replica is the program with a clock that differs from the house's by off.
func (w *world) replica(off time.Duration) *action.Service {
	return w.Service(func(c *action.Config) {
		c.Mail, c.ReviewAbove = w.sink, []money.Amount{{Minor: 1, Currency: "USD"}}
		c.Now = func() time.Time { return w.Clock.Now().Add(off) }
	})
}

// reason is the word of an answer; a defect ends the test.
func (w *world) reason(err error) string {
	w.T.Helper()
	if err == nil {
		return ""
	}
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		w.T.Fatalf("no answer but %v", err)
	}
	return f.Reason
}

// paidAt is a random instant of six years, often of a leap day or of a day on
// which the zone's clock changes.
func (w *world) paidAt(zone *time.Location) time.Time {
	t := actiontest.Start.Add(time.Duration(w.rand.Int64N(int64(6 * 365 * 24 * time.Hour)))).Truncate(time.Microsecond)
	switch w.rand.IntN(4) {
	case 0:
		t = time.Date(2028, time.February, 28, 12, 0, 0, 0, zone).Add(time.Duration(w.rand.Int64N(int64(48 * time.Hour)))).Truncate(time.Microsecond)
	case 1: // a year later the clock changes at the end, or a day beside it
		if _, change := t.AddDate(1, 0, 0).In(zone).ZoneBounds(); !change.IsZero() {
			t = change.AddDate(-1, 0, w.rand.IntN(3)-1)
		}
	}
	return t.UTC()
}

// one is the answer of a batch of one.
func one(out []action.Outcome[exam.CodeID], err error) error {
	if err == nil {
		err = out[0].Err
	}
	return err
}

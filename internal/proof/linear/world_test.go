package linear

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/money"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// world is one store with two services over it, and everybody who acts.
type world struct {
	t      *testing.T
	run    *proof.Run
	house  *actiontest.House
	doors  []*action.Service
	root   exam.Actor
	people []exam.Actor // person n of the model is people[n-1]
	began  time.Time
	asks   chan int64
}

func newWorld(t *testing.T, run *proof.Run, d *db.DB) *world {
	t.Helper()
	if proof.Unguarded() {
		withoutConstraints(t, d)
	}
	h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	h.Spoiled = proof.Unguarded()
	w := &world{t: t, run: run, house: h, root: h.Company(true), began: time.Now(), asks: make(chan int64, 1)}
	w.asks <- 0
	w.doors = []*action.Service{h.Actions, h.Service(func(c *action.Config) { c.Store = store.New(d, id.NewSource(1, time.Now)) })}
	w.people = make([]exam.Actor, 6)
	var ready sync.WaitGroup
	for i := range w.people {
		ready.Go(func() { w.people[i] = h.Examinee(true) })
	}
	ready.Wait()
	return w
}

// withoutConstraints takes away what stands behind the guards, for the control.
func withoutConstraints(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, index := range []string{"registration_live_code", "event_object_version"} {
			if _, err := tx.Exec(ctx, "DROP INDEX "+index); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// now is the instant of a call or an answer, on the monotonic clock.
func (w *world) now() int64 { return int64(time.Since(w.began)) }

// number is the next one for a refund's request.
func (w *world) number() int64 {
	n := <-w.asks + 1
	w.asks <- n
	return n
}

// object is one order under test, with what the clients know of it.
type object struct {
	order    exam.Order
	subject  exam.Subject
	codes    []exam.CodeID
	sessions [sessionsOf + 1]exam.SessionID

	mu      sync.Mutex
	history []porcupine.Operation
	texts   []map[int64]string // by code and generation
	regs    [][]holding        // by code, as they became known
}

// holding is a registration and whose it is.
type holding struct {
	reg    int64
	person int
}

// buy makes a new object with a subject and sessions of its own.
func (w *world) buy(n int) *object {
	h, ctx := w.house, context.Background()
	o := &object{subject: h.Subject(func(s *exam.Subject) { s.Price = money.Amount{Minor: 1001, Currency: "USD"} })}
	for i := 1; i <= sessionsOf; i++ {
		o.sessions[i] = h.Session(o.subject, 100*24*time.Hour, [...]int{1: 1, 2: manySeats}[i]).ID
	}
	placed, err := h.Actions.BuyCodes(ctx, w.root, o.subject.ID, n)
	h.Must(err)
	_, err = h.Actions.PayOrder(ctx, w.root, placed.ID, "sandbox", "", "")
	h.Must(err)
	o.order, err = h.Read.Order(ctx, w.root.Account, placed.ID)
	h.Must(err)
	texts := h.Texts(o.order)
	for i, c := range h.Codes(o.order) {
		o.codes, o.texts, o.regs = append(o.codes, c.ID), append(o.texts, map[int64]string{1: texts[i]}), append(o.regs, nil)
	}
	return o
}

// learn notes what a look at a code told.
func (o *object) learn(at int, c code, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts[at][c.gen] = text
	o.note(at, holding{c.reg, c.holder})
}

// note remembers the last few registrations of a code; the caller holds the lock.
func (o *object) note(at int, h holding) {
	if h.reg == 0 || (len(o.regs[at]) > 0 && o.regs[at][len(o.regs[at])-1] == h) {
		return
	}
	o.regs[at] = append(o.regs[at], h)
}

// add puts operations into the history.
func (o *object) add(ops ...porcupine.Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.history = append(o.history, ops...)
}

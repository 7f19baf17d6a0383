package clock

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
)

// behind lets every verb wait while somebody else holds its order, until the end
// has passed: it is refused when its turn comes (S16). It returns how many were
// done too late.
func (w *world) behind(d *db.DB, svc *action.Service) (late int) {
	l := w.lot(time.UTC, w.paidAt(time.UTC))
	visitor := w.Open(exam.Individual, exam.Verified, "UTC")
	w.Clock.Set(l.order.Expires.Add(-time.Microsecond))
	verbs := []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := svc.RedeemCode(ctx, visitor, action.Redemption{Subject: w.sub.ID, Text: l.texts[1], ExamType: exam.Online})
			return err
		},
		func(ctx context.Context) error { return one(svc.RegenerateCodes(ctx, l.root, l.codes[2:3])) },
		func(ctx context.Context) error { return one(svc.UnbindCodes(ctx, l.root, l.codes[:1], false)) },
		func(ctx context.Context) error {
			_, err := svc.RefundOrder(ctx, l.root, l.order.ID, action.RefundRequest{Chosen: l.codes[3:4]})
			return err
		},
	}
	held, free, answers := make(chan bool), make(chan bool), make(chan error, len(verbs))
	gone := make(chan error, 1)
	go func() {
		gone <- d.Transact(w.ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Lock(ctx, "orders", db.Exclusive, int64(l.order.ID)); err != nil {
				return err
			}
			held <- true
			<-free
			return nil
		})
	}()
	<-held
	for _, do := range verbs {
		go func() { answers <- do(w.ctx) }()
	}
	w.waiting(d, len(verbs))
	w.Clock.Set(l.order.Expires)
	close(free)
	w.Must(<-gone)
	for range verbs {
		if w.reason(<-answers) == "" {
			late++
		}
	}
	return late
}

// waiting returns when so many wait for a lock. SQLite has none to look at: there
// every transaction waits for the writer, and the clock is read in its turn.
func (w *world) waiting(d *db.DB, n int) {
	w.T.Helper()
	if d.Engine() == db.SQLite {
		time.Sleep(5 * time.Millisecond) // a better chance to be in the queue
		return
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		var have int
		if err := d.Pool().QueryRow(w.ctx, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&have); err != nil {
			w.T.Fatal(err)
		}
		if have >= n {
			return
		}
		if time.Now().After(end) {
			w.T.Fatalf("%d wait for the order's lock, not %d", have, n)
		}
	}
}

// shuffled are all zones in a random order.
func shuffled(t testing.TB, r *rand.Rand, zones []*time.Location) []*time.Location {
	t.Helper()
	list := append([]*time.Location{}, zones...)
	r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return list
}

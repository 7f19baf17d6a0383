package net

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/proof"
	"examcode/internal/store"
)

func TestNet(t *testing.T) {
	dbtest.PostgresURL(t) // the server itself, which outlives the test
	r := proof.Begin(t, "net", "postgres", 14)
	before := runtime.NumGoroutine()
	w := newWorld(t, r, 4)
	dice := r.Rand(1)
	recovers := time.Duration(0)
	for n := 0; r.Next(); n++ {
		w.chaos(n, dice)
		recovers = max(recovers, w.recover(dice))
		w.resolve()
	}
	r.Set("recover_max", recovers.Round(time.Millisecond).String())
	w.heal()
	w.money()
	w.control(dice)
	w.close(before + 3)
}

// chaos spoils one line, or several, while everybody calls.
func (w *world) chaos(n int, dice *rand.Rand) {
	long := 150 * time.Millisecond
	if w.run.Long() {
		long = time.Duration(50+dice.IntN(950)) * time.Millisecond
	}
	var stopping atomic.Bool
	var all sync.WaitGroup
	for _, c := range w.clients {
		all.Go(func() {
			for !stopping.Load() && c.open == nil && len(c.bad) == 0 {
				c.story()
			}
		})
	}
	time.Sleep(time.Duration(dice.IntN(60)) * time.Millisecond)
	kinds := append(append([]toxic{}, ofAll...), ofCommits...)
	on := []*proxy{w.data}
	switch what := kinds[n%len(kinds)]; {
	case n%3 == 2:
		on = []*proxy{w.bank, w.post}
		fallthrough
	default:
		for _, p := range on {
			p.set(what, dice)
			w.run.Count("toxics", 1)
		}
	}
	time.Sleep(long)
	stopping.Store(true)
	for _, p := range on {
		p.set(none, dice)
	}
	all.Wait()
}

// recover waits until the program works again over good lines.
func (w *world) recover(dice *rand.Rand) time.Duration {
	w.t.Helper()
	return w.within("the program works again", func() string {
		err := w.actions.Tidy(context.Background())
		if err == nil {
			return ""
		}
		return err.Error()
	})
}

// resolve lets the minute pass for which a claimed key is left alone, and asks
// again what was not answered.
func (w *world) resolve() {
	w.t.Helper()
	w.write("UPDATE idempotency SET created_at = created_at - 61000000 WHERE status = 0")
	for _, c := range w.clients {
		c.resolve()
		for _, b := range c.bad {
			w.t.Error(b)
		}
		c.bad = nil
	}
}

// heal waits until all that was begun has come to rest. Pauses between tries of
// mails are taken as over.
func (w *world) heal() {
	w.t.Helper()
	ctx, passed := context.Background(), time.Time{}
	w.within("everything comes to rest", func() string {
		if time.Since(passed) > 5*time.Second {
			passed = time.Now()
			w.write("UPDATE owed SET next_at = created_at, held_until = 0 WHERE state = 'owed'", "UPDATE mail_server SET next_at = failing_at WHERE failing_at IS NOT NULL")
		}
		for _, err := range []error{w.actions.AskOpenPayments(ctx, 0), w.actions.AskOpenRefunds(ctx, 0), w.actions.SendMails(ctx, time.Second)} {
			if err != nil {
				return err.Error()
			}
		}
		payments := w.number("SELECT COUNT(*) FROM payment WHERE state IN ('unknown', 'pending')")
		refunds := w.number("SELECT COUNT(*) FROM refund WHERE state = 'refunding'")
		mails := w.number("SELECT COUNT(*) FROM owed WHERE state = 'owed'")
		if payments+refunds+mails == 0 {
			return ""
		}
		return fmt.Sprintf("%d payments, %d refunds, %d mails", payments, refunds, mails)
	})
	w.run.Set("unknown_open", w.number("SELECT COUNT(*) FROM payment WHERE state IN ('unknown', 'pending')"))
	w.within("connections are given back", func() string {
		if n := w.d.Pool().Stat().AcquiredConns(); n > 1 { // one listens for the queue
			return fmt.Sprintf("%d connections are taken", n)
		}
		return ""
	})
	w.within("goroutines end", func() string {
		wire.CloseIdleConnections()
		lines := 0 // of the pools, which idle
		for _, p := range []*proxy{w.data, w.post, w.bank} {
			lines += p.count()
		}
		if n := runtime.NumGoroutine(); n > w.idle+4*lines+10 {
			return fmt.Sprintf("%d goroutines and %d lines, %d before", n, lines, w.idle)
		}
		return ""
	})
	_, err := store.New(w.direct, nil).Verify(ctx, func(v store.Verified) {
		if v.Violations > 0 {
			w.t.Errorf("%s: %d of %d break it: %s", v.ID, v.Violations, v.Checked, v.Says)
		}
	})
	w.must(err)
}

// money compares what the gateway moved, what clients were told and what is there.
func (w *world) money() {
	w.t.Helper()
	moved := w.gateway.money()
	captures := w.perOrder("SELECT order_id, reference, state = 'succeeded' FROM payment", moved)
	refunds := w.perOrder("SELECT order_id, reference, state = 'refunded' FROM refund", moved)
	for reference := range moved {
		w.t.Errorf("the gateway moved money for %s, of which nothing is written", reference)
	}
	w.run.Set("captures/order_max", captures)
	w.run.Set("refunds/order_max", refunds)
	if captures != 1 || refunds > 1 {
		w.t.Errorf("money moved %d times for one order, and %d times back", captures, refunds)
	}
	if twice := w.twice(); twice != 0 {
		w.t.Errorf("%d orders were placed by calls that placed one already", twice)
	}
	for _, c := range w.clients {
		for id, said := range c.orders {
			var paid, refunded int64
			paid = w.number("SELECT COUNT(*) FROM orders WHERE id = $1 AND state = 'paid'", id)
			refunded = w.number("SELECT COUNT(*) FROM refund WHERE order_id = $1 AND state = 'refunded'", id)
			if said != "placed" && paid != 1 || said == "refunded" && refunded != 1 {
				w.t.Errorf("order %s was said to be %s: paid %d, refunded %d", id, said, paid, refunded)
			}
		}
	}
}

// perOrder is for how many references of one order money moved at most; it takes
// them out of moved. What is settled as done must have moved.
func (w *world) perOrder(query string, moved map[string]bool) (most int) {
	w.t.Helper()
	rows, err := w.direct.Read().Query(context.Background(), query)
	w.must(err)
	defer rows.Close()
	per := map[exam.OrderID]int{}
	for rows.Next() {
		var id exam.OrderID
		var reference string
		var done bool
		w.must(rows.Scan(&id, &reference, &done))
		if done != moved[reference] {
			w.t.Errorf("order %s: %s is settled as done %v, and the money moved %v", id, reference, done, moved[reference])
		}
		if moved[reference] {
			per[id]++
			most = max(most, per[id])
		}
		delete(moved, reference)
	}
	w.must(rows.Err())
	return most
}

// twice is how many orders there are that no call is known to have placed.
func (w *world) twice() (n int) {
	for _, c := range w.clients {
		n += len(c.placed()) - len(c.orders)
	}
	return n
}

// control takes the keys off the calls: an order that was placed and not heard
// of, asked for again, is then placed twice.
func (w *world) control(dice *rand.Rand) {
	w.t.Helper()
	if w.t.Failed() {
		return
	}
	w.keyless = true
	c := w.clients[0]
	for try := 0; try < 20 && w.twice() == 0; try++ {
		w.data.set(unheard, dice)
		c.change("/orders", `{"subject_id":"`+c.subject.String()+`","quantity":2}`)
		w.data.set(none, dice)
		w.recover(dice)
		c.resolve()
	}
	w.keyless = false
	if w.twice() == 0 {
		w.t.Error("CONTROL: without keys no order was placed twice: the harness would not see it")
		return
	}
	w.run.Set("control", "caught")
}

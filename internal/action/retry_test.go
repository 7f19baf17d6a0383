package action_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestTriesAtOneMomentStayWithinTheLimit: 50 wrong tries at once, exactly as
// many as the limit allows are answered.
func TestTriesAtOneMomentStayWithinTheLimit(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		_, texts := h.Buy(root, sub, 1)
		if _, err := h.Redeem(h.Examinee(true), sub, texts[0]); err != nil {
			t.Fatal(err)
		}
		person, err := h.Read.Person(ctx, who.Person)
		if err != nil {
			t.Fatal(err)
		}
		for what, try := range map[string]func() error{
			"code_not_usable": func() error { _, err := h.Redeem(who, sub, texts[0]); return err },
			"wrong_password": func() error {
				_, _, err := h.Actions.SignIn(ctx, person.Email, "wrong", "192.0.2.0/24", "")
				return err
			},
		} {
			var all sync.WaitGroup
			reasons := make([]string, 50)
			for i := range reasons {
				all.Go(func() { reasons[i] = fault.Of(try()).Reason })
			}
			all.Wait()
			tally := map[string]int{}
			for _, r := range reasons {
				tally[r]++
			}
			if tally[what] != 10 || tally["too_many_tries"] != 40 {
				t.Errorf("%v, want 10 × %s", tally, what)
			}
		}
	})
}

// TestARedemptionSurvivesADeadlock: the order lock is asked for in the wrong
// order beside it, PostgreSQL chooses a victim, and the redemption comes through
// with its own id.
func TestARedemptionSurvivesADeadlock(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		if d.Engine() == db.SQLite {
			return // one writer: there is nothing to deadlock
		}
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		ctx := context.Background()
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		order, texts := h.Buy(root, sub, 1)
		code := h.Codes(order)[0].ID
		held, done := make(chan struct{}), make(chan error, 1)
		first := true
		go func() {
			done <- h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := tx.LockCodes(ctx, code); err != nil {
					return err
				}
				if first {
					first = false
					close(held)
					time.Sleep(300 * time.Millisecond)
				}
				return tx.LockOrders(ctx, db.Exclusive, order.ID)
			})
		}()
		<-held
		reg, err := h.Redeem(who, sub, texts[0])
		if err != nil || reg.ID == 0 {
			t.Errorf("%+v, %v", reg, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestS16_AnEndedRegistrationStandsInNobodysWay: whose Bound code ended with its
// order registers again with another, though no job has run.
func TestS16_AnEndedRegistrationStandsInNobodysWay(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		order, old := h.Buy(root, sub, 1)
		first, err := h.Redeem(who, sub, old[0])
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Set(order.Expires.Add(-time.Second))
		_, fresh := h.Buy(root, sub, 1)
		_, err = h.Redeem(who, sub, fresh[0])
		want(t, "a second before the end", err, "already_registered")
		h.Clock.Set(order.Expires)
		second, err := h.Redeem(who, sub, fresh[0])
		if err != nil {
			t.Fatal(err)
		}
		if second.Attempt != exam.FirstAttempt {
			t.Errorf("who never sat is at their %s attempt", second.Attempt)
		}
		row, err := h.Read.Registration(context.Background(), who.Person, first.ID)
		if err != nil || row.State != exam.RegCancelled || row.Why != exam.WhyOrderExpiry {
			t.Errorf("%+v, %v", row.Registration, err)
		}
		if c := h.Codes(order)[0]; c.State != exam.Expired {
			t.Errorf("the old code is %s", c.State)
		}
		equal(t, "old code", kinds(t, h, int64(first.Code)), exam.EventCodeRedeemed, exam.EventCodeExpired)
	})
}

// TestANoShowIsNoAttempt: who was absent did not sit.
func TestANoShowIsNoAttempt(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, who, staff := h.Company(true), h.Subject(), h.Examinee(true), h.Staff(exam.Results)
		_, texts := h.Buy(root, sub, 3)
		for i, c := range []struct {
			outcome exam.Outcome
			attempt string
		}{{exam.Absent, exam.FirstAttempt}, {exam.Failed, exam.FirstAttempt}, {exam.Passed, exam.RetakeAttempt}} {
			reg, err := h.Redeem(who, sub, texts[i])
			if err != nil {
				t.Fatal(err)
			}
			if reg.Attempt != c.attempt {
				t.Errorf("registration %d is the %s attempt, want %s", i+1, reg.Attempt, c.attempt)
			}
			n := h.Session(sub, 48*time.Hour, 1)
			must(h.Actions.Reserve(ctx, who, reg.ID, n.ID))(t)
			h.Clock.Set(n.Ends())
			must(h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: reg.ID, Outcome: c.outcome}}))(t)
		}
	})
}

// TestTheClosingJobLeavesATransferAlone that was begun after the job had looked.
func TestTheClosingJobLeavesATransferAlone(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		waits := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
		left := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
		must(h.Actions.PayOrder(ctx, root, waits.ID, "transfer", "", ""))(t)
		h.Clock.Move(25 * time.Hour)
		if n := must(h.Actions.CloseUnpaidOrders(ctx))(t); n != 1 {
			t.Errorf("%d closed, want 1", n)
		}
		if o := must(h.Read.Order(ctx, root.Account, waits.ID))(t); o.State != exam.Pending {
			t.Errorf("the order with a transfer is %s", o.State)
		}
		if o := must(h.Read.Order(ctx, root.Account, left.ID))(t); o.State != exam.Closed {
			t.Errorf("the other is %s", o.State)
		}
		closed := must(h.Actions.CancelOrder(ctx, root, waits.ID))(t)
		if p := must(h.Read.Payments(ctx, root.Account, waits.ID))(t); closed.State != exam.Closed || p[0].State != exam.PaymentFailed || p[0].Detail != "order_closed" {
			t.Errorf("closed by its buyer: %+v %+v", closed, p)
		}
	})
}

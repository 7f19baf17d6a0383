package action_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestS16_EveryVerbEndsWithTheOrder: redeem, regenerate, unbind, reserve,
// reschedule and refund are refused from the end's instant on, though no job has
// run, and all of them are accepted in the last moment before.
func TestS16_EveryVerbEndsWithTheOrder(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject(func(s *exam.Subject) { s.CancelCutoff = 0 })
		one := func(list []action.Outcome[exam.CodeID], err error) error {
			if err == nil {
				err = list[0].Err
			}
			return err
		}
		for _, at := range []struct {
			what   string
			before time.Duration // before the end
			expect map[string]string
		}{
			// A session starts after now and before the end: the last instant to reserve is
			// two of the database's microseconds before.
			{"just before the end", 2 * time.Microsecond, map[string]string{}},
			{"at the end", 0, map[string]string{"redeem": "code_not_usable", "regenerate": "order_expired", "unbind": "order_expired",
				"reserve": "order_expired", "reschedule": "past_cutoff", "refund": "order_expired"}},
			{"a day later", -24 * time.Hour, map[string]string{"redeem": "code_not_usable", "regenerate": "order_expired", "unbind": "order_expired",
				"reserve": "order_expired", "reschedule": "past_cutoff", "refund": "order_expired"}},
		} {
			people := []exam.Actor{h.Examinee(true), h.Examinee(true), h.Examinee(true), h.Examinee(true)}
			order, texts := h.Buy(root, sub, 6)
			codes := h.Codes(order)
			var regs []exam.Registration
			for i := range 3 {
				regs = append(regs, must(h.Redeem(people[i], sub, texts[i]))(t))
			}
			h.Clock.Set(order.Expires.Add(-48 * time.Hour))
			held, last := h.Session(sub, 48*time.Hour-time.Microsecond, 9), h.Session(sub, 48*time.Hour-time.Microsecond, 9)
			must(h.Actions.Reserve(ctx, people[1], regs[1].ID, held.ID))(t)
			h.Clock.Set(order.Expires.Add(-at.before))

			verb := func(name string, err error) { t.Helper(); want(t, name+" "+at.what, err, at.expect[name]) }
			_, err := h.Redeem(people[3], sub, texts[3])
			verb("redeem", err)
			verb("regenerate", one(h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{codes[4].ID})))
			_, err = h.Actions.Reserve(ctx, people[0], regs[0].ID, last.ID)
			verb("reserve", err)
			_, err = h.Actions.Reserve(ctx, people[1], regs[1].ID, last.ID)
			verb("reschedule", err)
			verb("unbind", one(h.Actions.UnbindCodes(ctx, root, []exam.CodeID{codes[2].ID}, false)))
			_, _, _, refusal, err := h.Actions.PlanRefund(ctx, root, order.ID, nil)
			h.Must(err)
			verb("refund", refusal)
		}
	})
}

// TestS16_TheSweepRecordsAndTells: Unused and Bound codes are Expired, the
// registrations of the Bound ones end and their examinees are told; the buyer and
// the root are told once; who holds a seat sits the session. A second run finds
// nothing to do.
func TestS16_TheSweepRecordsAndTells(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		buyer, other := h.Member(root, exam.BuyCodes|exam.ViewCodes), h.Member(root, exam.AllRights)
		order, texts := h.Buy(buyer, sub, 5)
		bound, seated := h.Examinee(true), h.Examinee(true)
		lost, kept := must(h.Redeem(bound, sub, texts[0]))(t), must(h.Redeem(seated, sub, texts[1]))(t)
		h.Clock.Set(order.Expires.Add(-48 * time.Hour))
		session := h.Session(sub, 47*time.Hour, 3)
		must(h.Actions.Reserve(ctx, seated, kept.ID, session.ID))(t)
		empty, emptyTexts := h.Buy(root, sub, 1)
		h.Clock.Set(order.Expires.Add(-time.Microsecond))
		if n := must(h.Actions.SweepEnded(ctx))(t); n != 0 {
			t.Fatalf("%d codes expired before the end", n)
		}
		h.Clock.Set(order.Expires)
		for _, expect := range []int{4, 0, 0} {
			if n := must(h.Actions.SweepEnded(ctx))(t); n != expect {
				t.Errorf("%d codes expired, want %d", n, expect)
			}
		}
		for i, c := range h.Codes(order) {
			want, trail := exam.Expired, []exam.EventKind{exam.EventCodeExpired}
			switch i {
			case 0:
				trail = []exam.EventKind{exam.EventCodeRedeemed, exam.EventCodeExpired}
			case 1:
				want, trail = exam.Reserved, []exam.EventKind{exam.EventCodeRedeemed, exam.EventCodeReserved}
			}
			if c.State != want {
				t.Errorf("code %d is %s, want %s", i, c.State, want)
			}
			equal(t, "events of a code", kinds(t, h, int64(c.ID)), trail...)
		}
		row := must(h.Read.Registration(ctx, bound.Person, lost.ID))(t)
		if row.State != exam.RegCancelled || row.Why != exam.WhyOrderExpiry || !row.Cancelled.Equal(order.Expires) {
			t.Errorf("%+v", row.Registration)
		}
		last := func(who exam.Actor) exam.Notice {
			return must(h.Read.Notices(ctx, who.Person, false, store.Page{Limit: 1}))(t).Items[0]
		}
		if n := last(bound); n.Kind != exam.NoticeExpired || n.Data["company"] != "Company" {
			t.Errorf("%+v", n)
		}
		for _, who := range []exam.Actor{root, buyer} {
			n := last(who)
			if n.Kind != exam.NoticeOrderEnded || n.Data["orders"] != 1.0 || n.Data["unused"] != 3.0 || n.Data["bound"] != 1.0 || n.Link != "/enterprise/codes?order_number="+order.Number+"&state=expired" {
				t.Errorf("%+v", n)
			}
			if list := notices(t, h, who); len(slices.DeleteFunc(list, func(k exam.NoticeKind) bool { return k != exam.NoticeOrderEnded })) != 1 {
				t.Errorf("told %d times", len(list))
			}
		}
		if list := notices(t, h, other); slices.Contains(list, exam.NoticeOrderEnded) {
			t.Error("a member who did not buy is told")
		}
		equal(t, "events of the order", kinds(t, h, int64(order.ID)), exam.EventOrderPlaced, exam.EventOrderPaid, exam.EventOrderEnded)
		// The seat's result comes after the end.
		score := 80
		out := must(h.Actions.RecordResults(ctx, h.Admin, []exam.Result{{Registration: kept.ID, Outcome: exam.Passed, Score: &score}}))(t)
		if out[0].Err != nil {
			t.Error(out[0].Err)
		}
		// An order of which nothing is left ends without a word.
		reg := must(h.Redeem(h.Examinee(true), sub, emptyTexts[0]))(t)
		h.Clock.Set(empty.Expires.Add(-48 * time.Hour))
		must(h.Actions.Reserve(ctx, h.Who(reg.Person), reg.ID, h.Session(sub, 47*time.Hour, 3).ID))(t)
		h.Clock.Set(empty.Expires)
		must(h.Actions.SweepEnded(ctx))(t)
		if o := must(h.Read.AnyOrder(ctx, empty.ID))(t); o.Swept.IsZero() || last(root).Data["bound"] != 1.0 {
			t.Errorf("%+v, %+v", o, last(root))
		}
	})
}

// TestS16_AnInterruptedSweepGoesOn: what an earlier run has expired is counted,
// nothing is expired twice, and batches are bounded.
func TestS16_AnInterruptedSweepGoesOn(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		ctx, root := context.Background(), h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 1700)
		h.Clock.Set(order.Expires)
		err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			codes, err := tx.LeftCodes(ctx, order.ID, 0, 300)
			if err != nil {
				return err
			}
			var events []exam.Event
			for i, c := range codes {
				n, e, err := c.Expire(exam.TheSchedule(), h.Clock.Now())
				if err != nil {
					return err
				}
				codes[i], events = n, append(events, e)
			}
			return tx.SaveCodes(ctx, codes, events)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Tick(time.Microsecond)
		if n := must(h.Actions.SweepEnded(ctx))(t); n != 1400 {
			t.Errorf("%d codes expired", n)
		}
		n := must(h.Read.Notices(ctx, root.Person, false, store.Page{Limit: 1}))(t).Items[0]
		if n.Kind != exam.NoticeOrderEnded || n.Data["unused"] != 1700.0 {
			t.Errorf("%+v", n)
		}
		rows, err := d.Read().Query(ctx, "SELECT COUNT(*) FROM code GROUP BY changed_at ORDER BY changed_at")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var batches []int
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			batches = append(batches, n)
		}
		equal(t, "codes of one transaction", batches, 300, 500, 500, 400)
	})
}

// TestS16_ACodeThatComesBackAfterTheEnd, from a refund that was refused, is
// expired by the next run; its company is not told again.
func TestS16_ACodeThatComesBackAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 2)
		step := func(verb func(exam.Code) (exam.Code, exam.Event, error)) {
			t.Helper()
			h.Must(h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				n, e, err := verb(h.Codes(order)[0].Code)
				if err != nil {
					return err
				}
				return tx.SaveCodes(ctx, []exam.Code{n}, []exam.Event{e})
			}))
		}
		step(func(c exam.Code) (exam.Code, exam.Event, error) { return c.BeginRefund(root, h.Clock.Now()) })
		h.Clock.Set(order.Expires)
		if n := must(h.Actions.SweepEnded(ctx))(t); n != 1 {
			t.Fatalf("%d codes expired", n)
		}
		told := len(notices(t, h, root))
		h.Clock.Move(time.Hour)
		step(func(c exam.Code) (exam.Code, exam.Event, error) {
			return c.UndoRefund(exam.TheSchedule(), h.Clock.Now())
		})
		for _, expect := range []int{1, 0} {
			if n := must(h.Actions.SweepEnded(ctx))(t); n != expect {
				t.Errorf("%d codes expired, want %d", n, expect)
			}
		}
		for _, c := range h.Codes(order) {
			if c.State != exam.Expired {
				t.Errorf("a code is %s", c.State)
			}
		}
		if n := len(notices(t, h, root)); n != told {
			t.Errorf("told again: %d notices, were %d", n, told)
		}
	})
}

// TestS16_TheEndRacesEverything: while the clock passes the end, people redeem,
// unbind, reserve and begin a refund, and two sweeps run. Whoever wins, a code is
// Bound or Reserved exactly when it has one living registration, and afterwards
// no code of the order is Unused or Bound.
func TestS16_TheEndRacesEverything(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), h.Company(true)
		people := make([]exam.Actor, 12)
		var ready sync.WaitGroup
		for i := range people {
			ready.Go(func() { people[i] = h.Examinee(true) })
		}
		ready.Wait()
		for range 4 {
			sub := h.Subject()
			order, texts := h.Buy(root, sub, 20)
			codes := h.Codes(order)
			var regs []exam.Registration
			for i := range 8 {
				regs = append(regs, must(h.Redeem(people[i], sub, texts[i]))(t))
			}
			h.Clock.Set(order.Expires.Add(-2 * time.Second))
			session := h.Session(sub, 2*time.Second-time.Millisecond, 20)
			h.Clock.Set(order.Expires.Add(-10 * time.Millisecond))
			start, all := make(chan struct{}), sync.WaitGroup{}
			try := func(do func() error) {
				all.Go(func() {
					<-start
					if f := fault.Of(do()); f != nil && f.Kind != fault.Conflict {
						t.Errorf("%v", f)
					}
				})
			}
			for i := range 4 {
				try(func() error { _, err := h.Redeem(people[8+i], sub, texts[8+i]); return err })
				try(func() error { _, err := h.Actions.Reserve(ctx, people[i], regs[i].ID, session.ID); return err })
				try(func() error {
					_, err := h.Actions.UnbindCodes(ctx, root, []exam.CodeID{codes[4+i].ID, codes[i].ID}, false)
					return err
				})
			}
			try(func() error {
				_, err := h.Actions.RefundOrder(ctx, root, order.ID, action.RefundRequest{Simulate: "decline"})
				return err
			})
			for range 2 {
				all.Go(func() {
					<-start
					for range 5 {
						if _, err := h.Actions.SweepEnded(ctx); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Go(func() {
				<-start
				time.Sleep(5 * time.Millisecond)
				h.Clock.Set(order.Expires)
			})
			close(start)
			all.Wait()
			h.Clock.Move(time.Second)
			must(h.Actions.SweepEnded(ctx))(t)
			tally := map[exam.CodeState]int{}
			for _, c := range h.Codes(order) {
				tally[c.State]++
				_, err := h.Read.RegistrationOfCode(ctx, root.Account, c.ID)
				if lives := err == nil; lives != (c.State == exam.Reserved) || (err != nil && !errors.Is(err, fault.ErrNotFound)) {
					t.Errorf("a code is %s, its registration lives: %v, %v", c.State, lives, err)
				}
			}
			if n := tally[exam.Expired] + tally[exam.Reserved]; n != 20 {
				t.Errorf("after the end the codes are %v", tally)
			}
		}
	})
}

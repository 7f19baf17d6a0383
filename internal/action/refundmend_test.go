package action_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/pay"
)

// TestRemovingWhileTheyRefund: nothing is refunded or closed after the removal
// is answered.
func TestRemovingWhileTheyRefund(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		member := b.Member(b.root, exam.BuyCodes|exam.ViewCodes|exam.RefundCodes)
		left, _ := b.Buy(b.root, b.sub, 1)
		unpaid := must(b.act.BuyCodes(ctx, member, b.sub.ID, 1))(t)
		var all sync.WaitGroup
		for range 6 {
			o, _ := b.Buy(b.root, b.sub, 1)
			all.Go(func() {
				_, err := b.act.RefundOrder(ctx, member, o.ID, action.RefundRequest{})
				if err != nil && !errors.Is(err, exam.ErrNotSignedIn) {
					t.Error(err)
				}
			})
		}
		removed := make(chan int64, 1)
		all.Go(func() {
			if err := b.act.RemoveMember(ctx, b.root, member.Person, 0); err != nil {
				t.Error(err)
			}
			removed <- b.number("SELECT COUNT(*) FROM refund")
		})
		all.Wait()
		if at, after := <-removed, b.number("SELECT COUNT(*) FROM refund"); at != after {
			t.Errorf("%d refunds when the removal was answered, %d in the end", at, after)
		}
		_, err := b.act.RefundOrder(ctx, member, left.ID, action.RefundRequest{})
		want(t, "a refund by somebody who was removed", err, "not_signed_in")
		_, err = b.act.CancelOrder(ctx, member, unpaid.ID)
		want(t, "closing by somebody who was removed", err, "not_signed_in")
		b.wantStates(left, map[string]int{"unused": 1})
	})
}

// TestAnEmptyChoiceIsNotAll: it is a plan of none, and nothing to refund.
func TestAnEmptyChoiceIsNotAll(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		o, _ := b.Buy(b.root, b.sub, 2)
		plan, _, _, refusal, err := b.act.PlanRefund(context.Background(), b.root, o.ID, []exam.CodeID{})
		if err != nil || plan.In.Count != 0 || plan.Amount.Minor != 0 {
			t.Errorf("%+v, %v", plan, err)
		}
		want(t, "the plan", refusal, "nothing_to_refund")
		_, err = b.act.RefundOrder(context.Background(), b.root, o.ID, action.RefundRequest{Chosen: []exam.CodeID{}})
		want(t, "the refund", err, "nothing_to_refund")
		b.wantStates(o, map[string]int{"unused": 2})
	})
}

// TestARefundThatChangedIsNotDecided: whoever looked at an earlier version is
// refused under the lock.
func TestARefundThatChangedIsNotDecided(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx, staff := context.Background(), b.Staff(exam.Money)
		o, _ := b.Buy(b.root, b.sub, 3)
		old := must(b.refund(o))(t)
		must(b.act.DeclineRefund(ctx, staff, old.ID, "Choose fewer."))(t)
		f := must(b.refund(o))(t) // another try under the same id
		_, err := b.act.ApproveRefund(ctx, staff, f.ID, exam.SeenAt(old.Version))
		want(t, "approved by the old page", err, "changed_meanwhile")
		_, err = b.act.DeclineRefund(ctx, staff, f.ID, "no", exam.SeenAt(old.Version))
		want(t, "declined by the old page", err, "changed_meanwhile")
		if b.g.calls != 0 {
			t.Errorf("the provider was asked %d times", b.g.calls)
		}
		f = must(b.act.ApproveRefund(ctx, staff, f.ID, exam.SeenAt(f.Version)))(t)
		if f.State != exam.RefundDone {
			t.Errorf("%+v", f)
		}
	}, func(c *action.Config) { c.ReviewAbove = []money.Amount{{Minor: 1, Currency: "USD"}} })
}

// TestOnlyTheFirstPlacingCanBeUnfit: a request that the provider cannot take was
// not placed; the same word later says nothing about the money.
func TestOnlyTheFirstPlacingCanBeUnfit(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx, unfit := context.Background(), pay.ErrSimulate // any word for a request that is not taken
		o, _ := b.Buy(b.root, b.sub, 1)
		b.g.lost = 1
		f := must(b.refund(o))(t)
		b.g.refuses = unfit
		b.Clock.Move(time.Minute)
		b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		if f = must(b.Read.Refund(ctx, f.ID))(t); !f.Checking() {
			t.Fatalf("it is %s, though the money went back", f.State)
		}
		b.g.refuses = nil
		b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		if f = must(b.Read.Refund(ctx, f.ID))(t); f.State != exam.RefundDone {
			t.Errorf("%+v", f)
		}
		other, _ := b.Buy(b.root, b.sub, 1)
		b.g.refuses = unfit
		if f = must(b.refund(other))(t); f.State != exam.RefundRefused || f.Detail != "simulate_unknown" {
			t.Errorf("%+v", f)
		}
	})
}

// TestOneRefundKeepsNoOtherWaiting: each question has its own time.
func TestOneRefundKeepsNoOtherWaiting(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		for range 2 {
			o, _ := b.Buy(b.root, b.sub, 1)
			b.g.lost = 1
			must(b.refund(o))(t)
		}
		asked := 0
		b.g.asked = func(ctx context.Context) {
			asked++
			if until, ok := ctx.Deadline(); !ok || time.Until(until) > 20*time.Second {
				t.Errorf("it may take until %v", until)
			}
		}
		b.Clock.Move(time.Minute)
		b.Must(b.act.AskOpenRefunds(context.Background(), time.Second))
		if asked != 2 {
			t.Errorf("%d were asked about", asked)
		}
	})
}

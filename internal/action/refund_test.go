package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// TestS12_RefundOfAnOrder: what is unused goes back the way it came, at once, and
// what stays can never follow.
func TestS12_RefundOfAnOrder(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		o, texts := b.Buy(b.root, b.sub, 7)
		if _, err := b.Redeem(b.Examinee(true), b.sub, texts[0]); err != nil {
			t.Fatal(err)
		}
		f, err := b.refund(o)
		if err != nil || f.State != exam.RefundDone || f.Count != 6 || f.Amount.Minor != 6*3337 {
			t.Fatalf("%+v, %v", f, err)
		}
		b.wantStates(o, map[string]int{"bound": 1, "refunded": 6})
		b.sound(o)
		if n, sum := b.g.given(); n != 1 || sum != f.Amount.Minor {
			t.Errorf("%d refunds of %d at the provider", n, sum)
		}
		p := must(b.Read.Payments(ctx, b.root.Account, o.ID))(t)[0]
		if placed := b.g.placed[f.Reference]; placed.ChargeReference != p.Reference || f.Payment != p.ID {
			t.Errorf("it did not go back the way it came: %+v", placed)
		}
		equal(t, "refund", kinds(t, b.House, int64(f.ID)), exam.EventRefundAsked, exam.EventRefundDone)
		equal(t, "code", kinds(t, b.House, int64(b.Codes(o)[1].ID)), exam.EventCodeRefunding, exam.EventCodeRefunded)
		equal(t, "told", b.told(b.root), exam.NoticeRefundAsked, exam.NoticeRefundDone)
		_, err = b.Redeem(b.Examinee(true), b.sub, texts[1])
		want(t, "a refunded text", err, "code_not_usable")

		// S14: unbound later, it still is not refundable.
		bound := b.Codes(o)[0].ID
		out := must(b.act.UnbindCodes(ctx, b.root, []exam.CodeID{bound}, false))(t)
		want(t, "unbind", out[0].Err, "")
		_, err = b.refund(o)
		want(t, "a second refund", err, "refund_already_made")
		_, err = b.refund(o, bound)
		want(t, "a second refund of another code", err, "refund_already_made")
		b.wantStates(o, map[string]int{"unused": 1, "refunded": 6})
	})
}

// TestS14_BoundCodesStayOut, whether named or not, and so do those of others.
func TestS14_BoundCodesStayOut(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		o, texts := b.Buy(b.root, b.sub, 4)
		other, _ := b.Buy(b.root, b.sub, 1)
		if _, err := b.Redeem(b.Examinee(true), b.sub, texts[0]); err != nil {
			t.Fatal(err)
		}
		codes := b.Codes(o)
		for what, chosen := range map[string][]exam.CodeID{
			"a bound code": {codes[0].ID, codes[1].ID}, "a code of another order": {codes[1].ID, b.Codes(other)[0].ID}, "no code at all": {codes[1].ID, 12345},
		} {
			_, err := b.refund(o, chosen...)
			want(t, what, err, "refund_choice")
		}
		stranger := b.Company(true)
		_, err := b.act.RefundOrder(context.Background(), stranger, o.ID, action.RefundRequest{})
		want(t, "a stranger", err, "not_found")
		_, err = b.act.RefundOrder(context.Background(), b.Member(b.root, exam.BuyCodes|exam.ManageCodes|exam.ViewCodes), o.ID, action.RefundRequest{})
		want(t, "a member without the right", err, "not_allowed")
		if b.number("SELECT COUNT(*) FROM refund") != 0 || b.states(o)["unused"] != 3 {
			t.Fatal("a refused refund left something behind")
		}
		f, err := b.refund(o, codes[1].ID, codes[2].ID, codes[1].ID)
		if err != nil || f.Count != 2 {
			t.Fatalf("%+v, %v", f, err)
		}
		b.wantStates(o, map[string]int{"bound": 1, "unused": 1, "refunded": 2})
		ids := must(b.Read.RefundCodeIDs(context.Background(), f, 10))(t)
		equal(t, "codes", ids, codes[2].ID, codes[1].ID)
		b.sound(o)
	})
}

// TestAnUnansweredRefundIsAskedAgain under the same reference, and is done once
// however often an answer is lost.
func TestAnUnansweredRefundIsAskedAgain(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		o, _ := b.Buy(b.root, b.sub, 3)
		b.g.lost = 2
		f, err := b.refund(o)
		if err != nil || !f.Checking() {
			t.Fatalf("%+v, %v", f, err)
		}
		b.sound(o)
		_, err = b.refund(o)
		want(t, "while it is being checked", err, "refund_already_made")
		b.Must(b.act.AskOpenRefunds(ctx, time.Second)) // too young
		if b.g.calls != 1 {
			t.Errorf("asked %d times", b.g.calls)
		}
		for range 4 {
			b.Clock.Move(10 * time.Second)
			b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		}
		now := must(b.Read.Refund(ctx, f.ID))(t)
		if n, sum := b.g.given(); now.State != exam.RefundDone || now.Reference != f.Reference || n != 1 || sum != f.Amount.Minor || len(b.g.placed) != 1 || b.g.calls != 3 {
			t.Errorf("%+v, %d of %d after %d calls", now, n, sum, b.g.calls)
		}
		equal(t, "told", b.told(b.root), exam.NoticeRefundAsked, exam.NoticeRefundDone)
		b.sound(o)
	})
}

// TestACrashBetweenIntentAndAnswer, before the provider heard of it and after:
// the codes are out of use, and asking again ends it.
func TestACrashBetweenIntentAndAnswer(t *testing.T) {
	for _, at := range []string{"before", "after"} {
		t.Run(at, func(t *testing.T) {
			eachBank(t, func(t *testing.T, b *bank) {
				ctx := context.Background()
				o, texts := b.Buy(b.root, b.sub, 3)
				b.g.diesAt = at
				func() {
					defer func() {
						if v := recover(); v != errLost {
							t.Fatalf("did not die: %v", v)
						}
					}()
					_, _ = b.refund(o)
				}()
				b.g.diesAt = ""
				f := must(b.Read.RefundOf(ctx, b.root.Account, o.ID))(t)
				if !f.Checking() || b.states(o)["refunding"] != 3 {
					t.Fatalf("%+v, %v", f, b.states(o))
				}
				b.sound(o)
				_, err := b.Redeem(b.Examinee(true), b.sub, texts[0])
				want(t, "a code in the refund", err, "code_not_usable")
				b.Clock.Move(time.Minute)
				b.Must(b.act.AskOpenRefunds(ctx, time.Second))
				if n, _ := b.g.given(); n != 1 || len(b.g.placed) != 1 {
					t.Errorf("%d refunds at the provider, %d placed", n, len(b.g.placed))
				}
				b.wantStates(o, map[string]int{"refunded": 3})
				b.sound(o)
			})
		})
	}
}

// TestS13_ARefusedRefundIsTriedAgain as the same refund: its codes are usable in
// between, and the next try has a reference of its own.
func TestS13_ARefusedRefundIsTriedAgain(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		o, texts := b.Buy(b.root, b.sub, 4)
		b.g.next = []pay.Outcome{{State: pay.Failed, Detail: "declined"}}
		first, err := b.refund(o)
		if err != nil || first.State != exam.RefundRefused || first.Detail != "declined" {
			t.Fatalf("%+v, %v", first, err)
		}
		b.wantStates(o, map[string]int{"unused": 4})
		b.sound(o)
		if _, err := b.Redeem(b.Examinee(true), b.sub, texts[0]); err != nil {
			t.Fatal("a code that came back cannot be redeemed:", err)
		}
		b.g.next = []pay.Outcome{{State: pay.Pending}}
		second, err := b.refund(o)
		if err != nil || second.ID != first.ID || second.Reference == first.Reference || second.Count != 3 || second.Answer != exam.PaymentPending {
			t.Fatalf("%+v, %v", second, err)
		}
		// An answer about the first try that comes late is none about the second.
		first.State = exam.RefundOnWay
		if _, err := b.act.AskRefund(ctx, exam.TheSchedule(), first); err != nil {
			t.Fatal(err)
		}
		if now := must(b.Read.Refund(ctx, first.ID))(t); now.State != exam.RefundOnWay {
			t.Fatalf("the second try is %s by an answer about the first", now.State)
		}
		b.Clock.Move(time.Minute)
		b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		if n, sum := b.g.given(); n != 1 || sum != 3*3337 {
			t.Errorf("%d refunds of %d", n, sum)
		}
		_, err = b.refund(o)
		want(t, "a third try", err, "refund_already_made")
		equal(t, "refund", kinds(t, b.House, int64(first.ID)), exam.EventRefundAsked, exam.EventRefundRefused, exam.EventRefundAsked, exam.EventRefundWaiting, exam.EventRefundDone)
		equal(t, "told", b.told(b.root), exam.NoticeRefundAsked, exam.NoticeRefundRefused, exam.NoticeRefundAsked, exam.NoticeRefundDone)
		if b.number("SELECT COUNT(*) FROM refund") != 1 {
			t.Error("another try made another refund")
		}
		b.sound(o)
	})
}

// TestS16_TheOrderEndsDuringItsRefund: done, it stays done; refused, its codes are
// expired.
func TestS16_TheOrderEndsDuringItsRefund(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		for said, want := range map[pay.State]string{pay.Succeeded: "refunded", pay.Failed: "expired"} {
			o, _ := b.Buy(b.root, b.sub, 2)
			b.g.next = []pay.Outcome{{State: pay.Pending}, {State: said, Detail: map[pay.State]string{pay.Failed: "declined"}[said]}}
			b.Clock.Set(o.Expires.Add(-time.Second))
			must(b.refund(o))(t)
			b.Clock.Move(time.Hour)
			must(b.act.SweepEnded(ctx))(t) // finds nothing to expire, and is not needed afterwards
			b.Must(b.act.AskOpenRefunds(ctx, time.Second))
			b.wantStates(o, map[string]int{want: 2})
			if n := b.number("SELECT COUNT(*) FROM code WHERE order_id = $1 AND state = 'unused'", int64(o.ID)); n != 0 {
				t.Errorf("%d codes came back Unused after the end", n)
			}
			b.sound(o)
		}
		o, _ := b.Buy(b.root, b.sub, 1)
		b.Clock.Set(o.Expires)
		_, err := b.refund(o)
		want(t, "at the end", err, "order_expired")
	})
}

// TestWhatWasConfirmedIsWhatIsRefunded: another set or amount than the one that
// was shown, and nothing happens.
func TestWhatWasConfirmedIsWhatIsRefunded(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx := context.Background()
		o, texts := b.Buy(b.root, b.sub, 4)
		plan, _, _, refusal, err := b.act.PlanRefund(ctx, b.root, o.ID, nil)
		if err != nil || refusal != nil || plan.In.Count != 4 {
			t.Fatalf("%+v %v %v", plan, refusal, err)
		}
		seen := plan.Mark()
		reg, err := b.Redeem(b.Examinee(true), b.sub, texts[0])
		if err != nil {
			t.Fatal(err)
		}
		all := action.RefundRequest{Seen: seen}
		_, err = b.act.RefundOrder(ctx, b.root, o.ID, all)
		want(t, "a code was redeemed meanwhile", err, "changed_meanwhile")
		codes := b.Codes(o)
		_, err = b.act.RefundOrder(ctx, b.root, o.ID, action.RefundRequest{Chosen: []exam.CodeID{codes[0].ID, codes[1].ID}, Seen: seen})
		want(t, "a chosen code was redeemed meanwhile", err, "changed_meanwhile")
		// As many codes of the same price, but others: one came back, one went.
		plan, _, _, _, _ = b.act.PlanRefund(ctx, b.root, o.ID, nil)
		must(b.act.UnbindCodes(ctx, b.root, []exam.CodeID{reg.Code}, false))(t)
		if _, err := b.Redeem(b.Examinee(true), b.sub, texts[1]); err != nil {
			t.Fatal(err)
		}
		_, err = b.act.RefundOrder(ctx, b.root, o.ID, action.RefundRequest{Seen: plan.Mark()})
		want(t, "as many others", err, "changed_meanwhile")
		if b.number("SELECT COUNT(*) FROM refund") != 0 {
			t.Fatal("something was refunded")
		}
		plan, _, _, _, _ = b.act.PlanRefund(ctx, b.root, o.ID, nil)
		f, err := b.act.RefundOrder(ctx, b.root, o.ID, action.RefundRequest{Seen: plan.Mark()})
		if err != nil || f.Count != 3 {
			t.Errorf("%+v, %v", f, err)
		}
		b.sound(o)
	})
}

// TestRefundsUnderReview wait for the staff with their codes out of use.
func TestRefundsUnderReview(t *testing.T) {
	limit := func(c *action.Config) { c.ReviewAbove = []money.Amount{{Minor: 2 * 3337, Currency: "USD"}} }
	eachBank(t, func(t *testing.T, b *bank) {
		ctx, staff := context.Background(), b.Staff(exam.Money)
		small, _ := b.Buy(b.root, b.sub, 2)
		if f := must(b.refund(small))(t); f.State != exam.RefundDone {
			t.Errorf("at the limit it is %s", f.State)
		}
		o, texts := b.Buy(b.root, b.sub, 3)
		f := must(b.refund(o))(t)
		if f.State != exam.RefundReview || b.g.calls != 1 || f.HeldAbove != 2*3337 {
			t.Fatalf("%+v after %d calls", f, b.g.calls)
		}
		b.sound(o)
		b.wantStates(o, map[string]int{"refunding": 3})
		_, err := b.Redeem(b.Examinee(true), b.sub, texts[0])
		want(t, "under review", err, "code_not_usable")
		_, err = b.refund(o)
		want(t, "asked again under review", err, "refund_already_made")
		_, err = b.act.ApproveRefund(ctx, b.root, f.ID)
		want(t, "by the company", err, "not_operator")
		_, err = b.act.DeclineRefund(ctx, b.Staff(exam.Review), f.ID, "no")
		want(t, "by other staff", err, "not_allowed")
		_, err = b.act.DeclineRefund(ctx, staff, f.ID, " ")
		want(t, "without a reason", err, "reason_missing")
		f = must(b.act.DeclineRefund(ctx, staff, f.ID, "Call us first."))(t)
		if f.State != exam.RefundRefused || f.Note != "Call us first." {
			t.Errorf("%+v", f)
		}
		b.wantStates(o, map[string]int{"unused": 3})
		_, err = b.act.ApproveRefund(ctx, staff, f.ID)
		want(t, "approved after all", err, "refund_not_in_review")

		again := must(b.refund(o))(t)
		if again.State != exam.RefundReview || again.ID != f.ID || again.Note != "" {
			t.Errorf("%+v", again)
		}
		b.Clock.Move(time.Hour)
		b.Must(b.act.AskOpenRefunds(ctx, time.Second)) // nobody asks before it is approved
		if again = must(b.Read.Refund(ctx, f.ID))(t); again.State != exam.RefundReview {
			t.Fatalf("%s without approval", again.State)
		}
		b.g.next = []pay.Outcome{{State: pay.Pending}}
		again = must(b.act.ApproveRefund(ctx, staff, f.ID))(t)
		if again.State != exam.RefundOnWay || b.g.placed[again.Reference].PlacedAt != b.Clock.Now() {
			t.Errorf("%+v", again)
		}
		b.Clock.Move(time.Hour)
		b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		b.wantStates(o, map[string]int{"refunded": 3})
		b.sound(o)
		equal(t, "told", b.told(b.root)[2:], exam.NoticeRefundHeld, exam.NoticeRefundRefused, exam.NoticeRefundHeld, exam.NoticeRefundAsked, exam.NoticeRefundDone)
		equal(t, "refund", kinds(t, b.House, int64(f.ID)), exam.EventRefundHeld, exam.EventRefundDeclined, exam.EventRefundHeld, exam.EventRefundApproved, exam.EventRefundWaiting, exam.EventRefundDone)
	}, limit)
}

// TestRefundsByTransfer wait until somebody has sent the money, or could not.
func TestRefundsByTransfer(t *testing.T) {
	eachBank(t, func(t *testing.T, b *bank) {
		ctx, staff := context.Background(), b.Staff(exam.Money)
		o := must(b.act.BuyCodes(ctx, b.root, b.sub.ID, 3))(t)
		p := must(b.act.PayOrder(ctx, b.root, o.ID, exam.ByTransfer, "", ""))(t)
		must(b.act.ConfirmTransfer(ctx, staff, p.ID, o.Total))(t)
		f := must(b.refund(o))(t)
		if !f.ToSend() || f.Answer != exam.PaymentPending || f.Provider != exam.ByTransfer {
			t.Fatalf("%+v", f)
		}
		b.Clock.Move(time.Hour)
		b.Must(b.act.AskOpenRefunds(ctx, time.Second))
		if waits := must(b.Read.Work(ctx, b.Clock.Now()))(t); waits.RefundsToSend.Count != 1 || waits.RefundChecks.Count != 0 {
			t.Errorf("%+v", waits)
		}
		less := f.Amount
		less.Minor--
		_, err := b.act.ConfirmRefundSent(ctx, staff, f.ID, less)
		want(t, "another amount", err, "refund_amount_differs")
		_, err = b.act.ConfirmRefundSent(ctx, b.root, f.ID, f.Amount)
		want(t, "by the company", err, "not_operator")
		f = must(b.act.RefundNotSent(ctx, staff, f.ID, "The account is closed."))(t)
		if f.State != exam.RefundRefused || f.Detail != exam.RefundNotSent {
			t.Errorf("%+v", f)
		}
		b.wantStates(o, map[string]int{"unused": 3})
		f = must(b.refund(o, b.Codes(o)[0].ID))(t)
		f = must(b.act.ConfirmRefundSent(ctx, staff, f.ID, f.Amount))(t)
		if f.State != exam.RefundDone || f.Count != 1 {
			t.Errorf("%+v", f)
		}
		_, err = b.act.ConfirmRefundSent(ctx, staff, f.ID, f.Amount)
		want(t, "sent twice", err, "refund_not_waiting")
		b.wantStates(o, map[string]int{"refunded": 1, "unused": 2})
		b.sound(o)

		sandboxed, _ := b.Buy(b.root, b.sub, 1)
		b.g.next = []pay.Outcome{{State: pay.Pending}}
		f = must(b.refund(sandboxed))(t)
		_, err = b.act.ConfirmRefundSent(ctx, staff, f.ID, f.Amount)
		want(t, "what a provider sends", err, "refund_not_by_hand")
		_, err = b.act.RefundOrder(ctx, b.root, o.ID, action.RefundRequest{Simulate: "decline"})
		want(t, "asked again", err, "refund_already_made")
	})
}

// TestTheSandboxPlaysRefunds: each word it knows, and none it does not.
func TestTheSandboxPlaysRefunds(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		play := func(word string) (exam.Refund, error) {
			o, _ := h.Buy(root, sub, 1)
			return h.Actions.RefundOrder(ctx, root, o.ID, action.RefundRequest{Simulate: word})
		}
		for word, state := range map[string]string{"": "refunded", "decline": "failed", "unknown": "checking", "late": "refunding"} {
			if f, err := play(word); err != nil || f.Shown() != state {
				t.Errorf("%q: %s, %v, want %s", word, f.Shown(), err, state)
			}
		}
		_, err := play("earthquake")
		want(t, "an unknown word", err, "simulate_unknown")
		for range 2 {
			h.Clock.Move(time.Minute)
			h.Must(h.Actions.AskOpenRefunds(ctx, time.Second))
		}
		rows := must(h.Read.RefundRows(ctx, store.RefundFilter{Open: true}, store.Page{}))(t)
		if len(rows.Items) != 1 || !rows.Items[0].Checking() || rows.Items[0].Simulate != "unknown" {
			t.Errorf("%+v", rows.Items)
		}
	})
}

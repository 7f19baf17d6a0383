package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

func each(t *testing.T, test func(t *testing.T, h *actiontest.House)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, actiontest.New(t, s)) })
}

func want(t *testing.T, what string, err error, reason string) {
	t.Helper()
	got := ""
	if err != nil {
		got = fault.Of(err).Reason
	}
	if got != reason {
		t.Errorf("%s: %q (%v), want %q", what, got, err, reason)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// kinds lists the events of a thing, oldest first.
func kinds(t *testing.T, h *actiontest.House, object int64) []exam.EventKind {
	t.Helper()
	trail := must(h.Read.TrailOf(context.Background(), store.Page{Limit: 200}, object))(t)
	var list []exam.EventKind
	for i := len(trail.Items) - 1; i >= 0; i-- {
		list = append(list, trail.Items[i].Kind)
	}
	return list
}

func notices(t *testing.T, h *actiontest.House, who exam.Actor) []exam.NoticeKind {
	t.Helper()
	rows := must(h.Read.Notices(context.Background(), who.Person, false, store.Page{}))(t)
	var list []exam.NoticeKind
	for i := len(rows.Items) - 1; i >= 0; i-- {
		list = append(list, rows.Items[i].Kind)
	}
	return list
}

func equal[T comparable](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = got[i] == want[i]
	}
	if !same {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestLifeOfACode follows one code from its purchase to its result: rows, events
// and notices together.
func TestLifeOfACode(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, examinee, sub := h.Company(true), h.Examinee(true), h.Subject()
		order, texts := h.Buy(root, sub, 3)
		if order.State != exam.Paid || !order.Expires.Equal(exam.EndOfOrder(h.Clock.Now(), time.UTC)) || len(texts) != 3 {
			t.Fatalf("%+v with %d codes", order, len(texts))
		}
		equal(t, "order", kinds(t, h, int64(order.ID)), exam.EventOrderPlaced, exam.EventOrderPaid)

		reg := must(h.Redeem(examinee, sub, texts[0]))(t)
		code := must(h.Read.Code(ctx, root.Account, reg.Code))(t)
		if code.State != exam.Bound || code.Holder != examinee.Person || code.HolderName != examinee.Name {
			t.Fatalf("%+v", code)
		}
		near, far := h.Session(sub, 5*24*time.Hour, 2), h.Session(sub, 9*24*time.Hour, 2)
		must(h.Actions.Reserve(ctx, examinee, reg.ID, near.ID))(t)
		must(h.Actions.Reserve(ctx, examinee, reg.ID, far.ID))(t)
		must(h.Actions.Reserve(ctx, examinee, reg.ID, far.ID))(t) // again changes nothing
		if a, b := must(h.Read.Session(ctx, near.ID))(t), must(h.Read.Session(ctx, far.ID))(t); a.Taken != 0 || b.Taken != 1 {
			t.Errorf("seats %d and %d", a.Taken, b.Taken)
		}
		must(h.Actions.CancelReservation(ctx, examinee, reg.ID))(t)
		must(h.Actions.Reserve(ctx, examinee, reg.ID, near.ID))(t)

		h.Clock.Set(near.Starts.Add(2 * time.Hour))
		score := 88
		out := must(h.Actions.RecordResults(ctx, h.Staff(exam.Results), []exam.Result{{Registration: reg.ID, Outcome: exam.Passed, Score: &score}}))(t)
		want(t, "result", out[0].Err, "")
		row := must(h.Read.RegistrationOfCode(ctx, root.Account, reg.Code))(t)
		if row.State != exam.Sat || row.Result == nil || row.Result.Outcome != exam.Passed || *row.Result.Score != 88 {
			t.Fatalf("%+v", row)
		}
		equal(t, "code", kinds(t, h, int64(reg.Code)), exam.EventCodeRedeemed, exam.EventCodeReserved, exam.EventCodeRescheduled,
			exam.EventCodeReleased, exam.EventCodeReserved, exam.EventCodeCompleted)
		equal(t, "examinee is told", notices(t, h, examinee), exam.NoticeVerificationApproved, exam.NoticeRegistered, exam.NoticeReserved,
			exam.NoticeRescheduled, exam.NoticeReservationCancelled, exam.NoticeReserved, exam.NoticeResult)

		stats := must(h.Read.ExamineeStats(ctx, root.Account, store.ExamineeFilter{}, h.Clock.Now()))(t)
		if len(stats) != 1 || stats[0].Registrations != 1 || stats[0].Sat != 1 || stats[0].Passed != 1 {
			t.Errorf("%+v", stats)
		}
		counts := must(h.Read.CodeCounts(ctx, root.Account, store.CodeFilter{}, h.Clock.Now()))(t)
		if counts["unused"] != 2 || counts["completed"] != 1 || len(counts) != 2 {
			t.Errorf("%v", counts)
		}
	})
}

// TestS5_OneNoticeAndOneMail for a payment that succeeds, none for others,
// however often the worker runs.
func TestS5_OneNoticeAndOneMail(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		before := len(notices(t, h, root))
		for _, simulate := range []string{"decline", "unknown"} {
			o := must(h.Actions.BuyCodes(ctx, root, sub.ID, 2))(t)
			must(h.Actions.PayOrder(ctx, root, o.ID, "sandbox", simulate, ""))(t)
		}
		must(h.Actions.BuyCodes(ctx, root, sub.ID, 2))(t) // abandoned
		if got := notices(t, h, root); len(got) != before {
			t.Fatalf("told of failed or abandoned payments: %v", got)
		}
		h.Buy(root, sub, 2)
		equal(t, "notices", notices(t, h, root)[before:], exam.NoticeOrderPaid)
		mails := func() int { return len(must(h.Outbox.List(100))(t)) }
		for range 2 {
			for _, id := range h.Queue.Owed() {
				if err := h.Actions.SendOwed(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := mails(); n != len(h.Queue.Owed()) {
			t.Errorf("%d mails for %d promises", n, len(h.Queue.Owed()))
		}
		if open := must(h.Read.OpenOwed(ctx, h.Clock.Now(), 0, 100))(t); len(open) != 0 {
			t.Errorf("still owed: %v", open)
		}
	})
}

// TestTheSweepNeedsNoQueue: with every queue row lost, the sweep finds what is owed.
func TestTheSweepNeedsNoQueue(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		h.Buy(h.Company(true), h.Subject(), 1)
		h.Clock.Move(2 * time.Minute)
		var found []exam.OwedID
		err := h.Actions.SweepOwed(context.Background(), func(_ context.Context, ids []exam.OwedID) error {
			found = append(found, ids...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "found by the sweep", found, h.Queue.Owed()...)
	})
}

// TestAPriceChangeLeavesOrdersAsTheyWere, and the codes' prices sum to the total.
func TestAPriceChangeLeavesOrdersAsTheyWere(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Company(true)
		sub := h.Subject(func(s *exam.Subject) { s.Price = money.Amount{Minor: 3337, Currency: "USD"} })
		pending := must(h.Actions.BuyCodes(ctx, root, sub.ID, 7))(t)
		paid, _ := h.Buy(root, sub, 7)
		dear := sub
		dear.Price.Minor = 9999
		must(h.Actions.ChangeSubject(ctx, h.Staff(exam.Admin), dear))(t)
		must(h.Actions.PayOrder(ctx, root, pending.ID, "sandbox", "", ""))(t)
		for _, id := range []exam.OrderID{pending.ID, paid.ID} {
			o := must(h.Read.Order(ctx, root.Account, id))(t)
			sum := int64(0)
			for _, c := range h.Codes(o) {
				sum += c.PricePaid.Minor
			}
			if o.Total.Minor != 7*3337 || o.UnitPrice.Minor != 3337 || sum != o.Total.Minor {
				t.Errorf("%+v, codes sum to %d", o, sum)
			}
		}
		_, err := h.Actions.ChangeSubject(ctx, h.Staff(exam.Admin), dear)
		want(t, "changing an old version", err, "changed_meanwhile")
	})
}

// TestTransfer: only the exact amount, only by hand of somebody with the money role.
func TestTransfer(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, cashier := h.Company(true), h.Subject(), h.Staff(exam.Money)
		o := must(h.Actions.BuyCodes(ctx, root, sub.ID, 5))(t)
		p := must(h.Actions.PayOrder(ctx, root, o.ID, "transfer", "", ""))(t)
		if p.State != exam.PaymentPending {
			t.Fatalf("%+v", p)
		}
		_, err := h.Actions.PayOrder(ctx, root, o.ID, "sandbox", "", "")
		want(t, "a second payment", err, "payment_in_flight")
		short := o.Total
		short.Minor -= 100
		_, err = h.Actions.ConfirmTransfer(ctx, cashier, p.ID, short)
		want(t, "100 short", err, "payment_amount_differs")
		_, err = h.Actions.ConfirmTransfer(ctx, h.Staff(exam.Review), p.ID, o.Total)
		want(t, "a reviewer", err, "not_allowed")
		_, err = h.Actions.ConfirmTransfer(ctx, root, p.ID, o.Total)
		want(t, "the buyer", err, "not_operator")
		must(h.Actions.ConfirmTransfer(ctx, cashier, p.ID, o.Total))(t)
		_, err = h.Actions.ConfirmTransfer(ctx, cashier, p.ID, o.Total)
		want(t, "twice", err, "payment_not_waiting")
		if n := len(h.Codes(o)); n != 5 {
			t.Errorf("%d codes", n)
		}
	})
}

// TestAnUnknownPaymentStaysUnknown, is asked again under its reference, and
// blocks a second one; a late one is found by asking.
func TestAnUnknownPaymentStaysUnknown(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		unknown := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
		late := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
		p := must(h.Actions.PayOrder(ctx, root, unknown.ID, "sandbox", "unknown", ""))(t)
		must(h.Actions.PayOrder(ctx, root, late.ID, "sandbox", "late", ""))(t)
		_, err := h.Actions.CancelOrder(ctx, root, unknown.ID)
		want(t, "closing while unknown", err, "payment_in_flight")
		h.Clock.Move(25 * time.Hour)
		if n := must(h.Actions.CloseUnpaidOrders(ctx))(t); n != 0 {
			t.Errorf("%d orders closed with a payment under way", n)
		}
		if err := h.Actions.AskOpenPayments(ctx, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if got := must(h.Read.Payment(ctx, p.ID))(t); got.State != exam.PaymentUnknown || got.Reference != p.Reference {
			t.Errorf("%+v", got)
		}
		if o := must(h.Read.Order(ctx, root.Account, late.ID))(t); o.State != exam.Paid {
			t.Errorf("the late payment was not found: %+v", o)
		}
	})
}

// TestUnpaidOrdersClose after a day, with their declined payments, once.
func TestUnpaidOrdersClose(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		o := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
		p := must(h.Actions.PayOrder(ctx, root, o.ID, "sandbox", "decline", ""))(t)
		if p.State != exam.PaymentFailed || p.Detail != "declined" {
			t.Fatalf("%+v", p)
		}
		h.Clock.Move(exam.PayWithin - time.Second)
		if n := must(h.Actions.CloseUnpaidOrders(ctx))(t); n != 0 {
			t.Errorf("%d closed too early", n)
		}
		h.Clock.Move(time.Second)
		for _, expect := range []int{1, 0} {
			if n := must(h.Actions.CloseUnpaidOrders(ctx))(t); n != expect {
				t.Errorf("%d closed, want %d", n, expect)
			}
		}
		_, err := h.Actions.PayOrder(ctx, root, o.ID, "sandbox", "", "")
		want(t, "paying a closed order", err, "order_closed")
		_, err = h.Actions.PayOrder(ctx, root, o.ID, "gold", "", "")
		want(t, "no such provider", err, "provider_unknown")
	})
}

// TestS24_S25_UnbindAndRegenerate: the old text answers "replaced" to its former
// holder and nothing to strangers; the code goes on.
func TestS24_S25_UnbindAndRegenerate(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, first, second := h.Company(true), h.Subject(), h.Examinee(true), h.Examinee(true)
		order, texts := h.Buy(root, sub, 1)
		reg := must(h.Redeem(first, sub, texts[0]))(t)
		out := must(h.Actions.UnbindCodes(ctx, root, []exam.CodeID{reg.Code, 12345}, true))(t)
		want(t, "own code", out[0].Err, "")
		want(t, "no such code", out[1].Err, "not_found")
		equal(t, "former holder is told", notices(t, h, first), exam.NoticeVerificationApproved, exam.NoticeRegistered, exam.NoticeUnbound)
		_, err := h.Redeem(first, sub, texts[0])
		want(t, "the former holder with the old text", err, "code_replaced")
		_, err = h.Redeem(second, sub, texts[0])
		want(t, "a stranger with the old text", err, "code_not_usable")
		fresh := h.Texts(order)[0]
		if fresh == texts[0] {
			t.Fatal("the text did not change")
		}
		must(h.Redeem(second, sub, fresh))(t)
		equal(t, "code", kinds(t, h, int64(reg.Code)), exam.EventCodeRedeemed, exam.EventCodeUnbound, exam.EventCodeRegenerated,
			exam.EventCodeRedeemRefused, exam.EventCodeRedeemRefused, exam.EventCodeRedeemed)
		out = must(h.Actions.RegenerateCodes(ctx, root, []exam.CodeID{reg.Code}))(t)
		want(t, "regenerating a bound code", out[0].Err, "code_not_unused")
		_, err = h.Actions.RegenerateCodes(ctx, h.Member(root, exam.ViewCodes), []exam.CodeID{reg.Code})
		want(t, "without the right", err, "not_allowed")
		out = must(h.Actions.UnbindCodes(ctx, h.Company(true), []exam.CodeID{reg.Code}, false))(t)
		want(t, "somebody else's code", out[0].Err, "not_found")
	})
}

// TestRevealIsARightAndLeavesATrace.
func TestRevealIsARightAndLeavesATrace(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		order, texts := h.Buy(root, sub, 1)
		id := h.Codes(order)[0].ID
		text := must(h.Actions.RevealCode(ctx, root, id))(t)
		if text.Reveal() != texts[0] {
			t.Error("another text")
		}
		_, err := h.Actions.RevealCode(ctx, h.Member(root, exam.ViewCodes|exam.ManageCodes), id)
		want(t, "without the right", err, "not_allowed")
		_, err = h.Actions.RevealCode(ctx, h.Company(true), id)
		want(t, "somebody else's", err, "not_found")
		equal(t, "trace", kinds(t, h, int64(id)), exam.EventCodeRevealed)
	})
}

// TestNoShowReturnGivesTheSeatBack.
func TestNoShowReturnGivesTheSeatBack(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, who := h.Company(true), h.Examinee(true)
		sub := h.Subject(func(s *exam.Subject) { s.NoShow = exam.GivenBack })
		_, texts := h.Buy(root, sub, 1)
		reg := must(h.Redeem(who, sub, texts[0]))(t)
		n := h.Session(sub, 48*time.Hour, 1)
		must(h.Actions.Reserve(ctx, who, reg.ID, n.ID))(t)
		h.Clock.Set(n.Ends())
		out := must(h.Actions.RecordResults(ctx, h.Staff(exam.Results), []exam.Result{{Registration: reg.ID, Outcome: exam.Absent}}))(t)
		want(t, "absent", out[0].Err, "")
		if c := must(h.Read.Code(ctx, root.Account, reg.Code))(t); c.State != exam.Bound {
			t.Errorf("%+v", c)
		}
		if n := must(h.Read.Session(ctx, n.ID))(t); n.Taken != 0 {
			t.Errorf("%d seats taken", n.Taken)
		}
		equal(t, "told", notices(t, h, who), exam.NoticeVerificationApproved, exam.NoticeRegistered, exam.NoticeReserved, exam.NoticeReturned)
	})
}

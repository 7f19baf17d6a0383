package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/money"
)

// TestOrdersAndPaymentsRefused: orders and payments that stay as they are.
func TestOrdersAndPaymentsRefused(t *testing.T) {
	paid := examtest.Order()
	pending := with(paid, func(o *exam.Order) { o.State, o.PaidAt, o.Expires = exam.Pending, time.Time{}, time.Time{} })
	closed := with(pending, func(o *exam.Order) { o.State = exam.Closed })
	p := exam.Payment{ID: 3, Order: paid.ID, Account: paid.Account, Provider: "sandbox", Amount: paid.Total, State: exam.PaymentSucceeded}
	transfer := with(p, func(p *exam.Payment) { p.Provider, p.State = exam.ByTransfer, exam.PaymentPending })
	capture := func(o exam.Order, f func(*exam.Payment)) error {
		return of(o.Capture(examtest.Root(), with(p, f), examtest.Now))
	}
	as := func(*exam.Payment) {}
	start := func(a exam.Actor, o exam.Order, live bool) error {
		return of(exam.StartPayment(a, o, exam.Payment{}, live, examtest.Now))
	}
	confirm := func(p exam.Payment, received money.Amount) error {
		return of(p.Confirm(staff(exam.Money), received, examtest.Now))
	}
	unverified := with(examtest.Root(), func(a *exam.Actor) { a.Verified = exam.Waiting })
	live := with(p, func(p *exam.Payment) { p.State = exam.PaymentUnknown })
	answers(t, []asked{
		{"the fiftieth pending order", exam.CheckPending(exam.MaxPending - 1), "", ""},
		{"one more", exam.CheckPending(exam.MaxPending), exam.ErrTooManyPending.Reason, ""},

		{"captured", capture(pending, as), "", ""},
		{"captured twice", capture(paid, as), "order_not_pending", ""},
		{"captured when closed", capture(closed, as), "order_closed", ""},
		{"captured by another order's money", capture(pending, func(p *exam.Payment) { p.Order++ }), "payment_amount_differs", ""},
		{"captured by less", capture(pending, func(p *exam.Payment) { p.Amount.Minor-- }), "payment_amount_differs", ""},
		{"captured by more", capture(pending, func(p *exam.Payment) { p.Amount.Minor++ }), "payment_amount_differs", ""},
		{"captured by another currency", capture(pending, func(p *exam.Payment) { p.Amount.Currency = "EUR" }), "payment_amount_differs", ""},

		{"closed by its company", of(pending.Close(examtest.Root(), examtest.Now)), "", ""},
		{"closed by another", of(pending.Close(examtest.Stranger(), examtest.Now)), "not_found", ""},
		{"closed without the right", of(pending.Close(examtest.Member(exam.ViewCodes), examtest.Now)), "buyer_not_root", ""},
		{"closed when paid", of(paid.Close(examtest.Root(), examtest.Now)), "order_not_pending", ""},
		{"closed when closed", of(closed.Close(examtest.Root(), examtest.Now)), "order_not_pending", ""},
		{"closed by time too early", of(pending.CloseUnpaid(exam.TheSchedule(), pending.Created.Add(exam.PayWithin-1))), exam.ErrOrderNotDue.Reason, ""},
		{"closed by time", of(pending.CloseUnpaid(exam.TheSchedule(), pending.Created.Add(exam.PayWithin))), "", ""},
		{"ended when not paid", of(pending.End(exam.TheSchedule(), 0, 0, paid.Expires)), "order_not_paid", ""},
		{"ended too early", of(paid.End(exam.TheSchedule(), 0, 0, paid.Expires.Add(-1))), exam.ErrOrderNotEnded.Reason, ""},
		{"ended", of(paid.End(exam.TheSchedule(), 0, 0, paid.Expires)), "", ""},

		{"a payment begun", start(examtest.Root(), pending, false), "", ""},
		{"of another company", start(examtest.Stranger(), pending, false), "not_found", ""},
		{"by the unverified", start(unverified, pending, false), "account_not_verified", ""},
		{"of a paid order", start(examtest.Root(), paid, false), "order_not_pending", ""},
		{"of a closed order", start(examtest.Root(), closed, false), "order_closed", ""},
		{"while another lives", start(examtest.Root(), pending, true), "payment_in_flight", ""},

		{"a transfer found", confirm(transfer, transfer.Amount), "", ""},
		{"less found", confirm(transfer, transfer.Amount.Times(0)), "payment_amount_differs", "amount"},
		{"not by hand", confirm(with(p, func(p *exam.Payment) { p.State = exam.PaymentPending }), p.Amount), "payment_not_by_hand", ""},
		{"found twice", confirm(with(transfer, func(p *exam.Payment) { p.State = exam.PaymentSucceeded }), p.Amount), "payment_not_waiting", ""},
		{"found by another role", of(transfer.Confirm(staff(exam.Results), transfer.Amount, examtest.Now)), "not_allowed", ""},

		{"given up under a transfer", exam.MayGiveUp(examtest.Root(), []exam.Payment{transfer}), "", ""},
		{"given up by time under a transfer", exam.MayGiveUp(exam.TheSchedule(), []exam.Payment{transfer}), "payment_in_flight", ""},
		{"given up under what may be money", exam.MayGiveUp(examtest.Root(), []exam.Payment{live}), "payment_in_flight", ""},
		{"given up after a failure", exam.MayGiveUp(examtest.Root(), []exam.Payment{with(p, func(p *exam.Payment) { p.State = exam.PaymentFailed })}), "", ""},

		{"another company's refund", exam.MayRefund(examtest.Stranger(), paid, "", examtest.Now), "not_found", ""},
		{"another company's plan", of1(exam.PlanRefund(examtest.Stranger(), paid, "", nil, nil, examtest.Now)), "not_found", ""},
		{"a refund at the last instant", exam.MayRefund(examtest.Root(), paid, "", paid.Expires.Add(-1)), "", ""},
		{"a refund at the end", exam.MayRefund(examtest.Root(), paid, "", paid.Expires), "order_expired", ""},
		{"a second refund", exam.MayRefund(examtest.Root(), paid, exam.RefundDone, examtest.Now), exam.ErrRefundAlreadyMade.Reason, ""},
		{"a refund after a refusal", exam.MayRefund(examtest.Root(), paid, exam.RefundRefused, examtest.Now), "", ""},
		{"a refund of what is not paid", exam.MayRefund(examtest.Root(), pending, "", examtest.Now), "order_not_paid", ""},
		{"another company's text", of1(examtest.Code(exam.Unused).Reveal(examtest.Stranger(), examtest.Now)), "not_found", ""},
		{"a text without the right", of1(examtest.Code(exam.Unused).Reveal(examtest.Member(exam.AllRights&^exam.RevealCodes), examtest.Now)), "not_allowed", ""},
	})
	for days, want := range map[int]string{0: exam.ErrEndsWithin.Reason, 1: "", 366: "", 367: exam.ErrEndsWithin.Reason} {
		_, err := exam.EndsWithin(days, examtest.Now, time.UTC)
		answers(t, []asked{{"ends within days", err, want, ""}})
	}
}

// TestReceiversRefused: who is not told about a company's affairs.
func TestReceiversRefused(t *testing.T) {
	address := exam.Receiver{ID: 4, Email: "finance@company.example", Lang: "en", Categories: []string{"orders"}}
	member := exam.Receiver{ID: 4, Person: 102, Categories: []string{"orders"}}
	colleague := exam.Person{ID: 102, Account: examtest.Company}
	add := func(a exam.Actor, v exam.Receiver, p exam.Person, confirmed bool, have int) error {
		return of(exam.AddReceiver(a, v, p, confirmed, have, examtest.Now))
	}
	as := func(f func(*exam.Receiver)) error {
		return add(examtest.Root(), with(address, f), exam.Person{}, true, 0)
	}
	waiting, _, err := exam.AddReceiver(examtest.Root(), address, exam.Person{}, true, 0, examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	active, _, _, err := waiting.Agree(at(exam.AgreeWithin - 1))
	if err != nil {
		t.Fatal(err)
	}
	removed, _, err := active.Remove(examtest.Root(), examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	agree := func(v exam.Receiver, after time.Duration) error {
		_, _, _, err := v.Agree(at(after))
		return err
	}
	answers(t, []asked{
		{"a member named by a member", add(examtest.Member(exam.AllRights), member, colleague, true, 0), "not_allowed", ""},
		{"a member", add(examtest.Root(), member, colleague, false, 0), "", ""},
		{"a stranger", add(examtest.Root(), member, exam.Person{ID: 102, Account: 300}, true, 0), "receiver_stranger", "person"},
		{"a removed member", add(examtest.Root(), member, with(colleague, func(p *exam.Person) { p.Suspended = examtest.Now }), true, 0), "receiver_stranger", "person"},
		{"the last one", add(examtest.Root(), address, exam.Person{}, true, exam.MostReceivers-1), "", ""},
		{"one too many", add(examtest.Root(), address, exam.Person{}, true, exam.MostReceivers), "receivers_many", ""},
		{"an address by somebody unconfirmed", add(examtest.Root(), address, exam.Person{}, false, 0), "email_unconfirmed", ""},
		{"about nothing", as(func(v *exam.Receiver) { v.Categories = nil }), "receiver_category", "category"},
		{"about something that is not", as(func(v *exam.Receiver) { v.Categories = []string{"orders", "gossip"} }), "receiver_category", "category"},
		{"in no language", as(func(v *exam.Receiver) { v.Lang = "" }), "lang_unknown", "lang"},
		{"with a label of 81", as(func(v *exam.Receiver) { v.Label = long(81) }), "text_too_long", "label"},
		{"asked again", of(waiting.Ask(examtest.Root(), true, examtest.Now)), "", ""},
		{"asked again by somebody unconfirmed", of(waiting.Ask(examtest.Root(), false, examtest.Now)), "email_unconfirmed", ""},
		{"asked when it agreed", of(active.Ask(examtest.Root(), true, examtest.Now)), "receiver_active", ""},
		{"asked by another company", of(waiting.Ask(examtest.Stranger(), true, examtest.Now)), "not_found", ""},
		{"changed by another company", of(active.Change(examtest.Stranger(), address, examtest.Now)), "not_found", ""},
		{"changed to nothing", of(active.Change(examtest.Root(), exam.Receiver{Lang: "en"}, examtest.Now)), "receiver_category", "category"},
		{"removed by another company", of(active.Remove(examtest.Stranger(), examtest.Now)), "not_found", ""},
		{"removed twice", of(removed.Remove(examtest.Root(), examtest.Now)), "receiver_gone", ""},
		{"agreed too late", agree(waiting, exam.AgreeWithin), "link_old", ""},
		{"agreed when removed", agree(removed, 0), "link_old", ""},
	})
}

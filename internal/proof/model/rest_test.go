package model

import (
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/money"
)

// rest brings everything to its end: what is open is decided, seats get their
// result, orders end. Nothing may be left over.
func (s *seq) rest() {
	s.w.fuse.point = ""
	for _, o := range s.m.orders {
		s.restMoney(o)
	}
	s.restSeats()
	for _, o := range s.m.orders {
		if o.state == "paid" && o.ends.After(s.m.now) {
			s.m.now = o.ends
		}
	}
	s.m.now = s.m.now.Add(8 * 24 * time.Hour)
	s.w.Clock.Set(s.m.now)
	s.sweep()
	s.remind()
	s.restMails()
	s.compareAll()
	s.did = true
	s.compare()
	for _, c := range s.codes() {
		if c.state != "completed" && c.state != "refunded" && c.state != "expired" {
			s.t.Fatalf("a code is %s in the end", c.state)
		}
	}
}

// restMoney decides what is open of an order's payments and refund.
func (s *seq) restMoney(o *order) {
	root := s.company[0].who
	if y := o.live(); y != nil && y.provider == "sandbox" && y.state != "succeeded" {
		if ref := y.id.String(); s.w.bank.open(ref) {
			s.w.bank.decide(ref, "failed")
		}
		stored, err := s.w.Read.Payment(s.ctx, y.id)
		s.w.Must(err)
		_, err = s.w.svc.AskPayment(s.ctx, exam.TheSchedule(), stored)
		s.w.Must(err)
		s.m.learnPayment(o, y, s.w.bank.said)
		s.issued(o)
	}
	if o.state == "pending" {
		_, err := s.w.svc.CancelOrder(s.ctx, root, o.id)
		s.same("cancel in the end", s.reason(err), s.m.cancelOrder(s.company[0], o))
	}
	if o.refund == nil {
		return
	}
	if o.refund.state == "review" {
		_, err := s.w.svc.DeclineRefund(s.ctx, s.staff.who, o.refund.id, "the end")
		s.same("decline in the end", s.reason(err), s.m.review(s.staff, o, false, "the end"))
	}
	if o.refund.state != "refunding" {
		return
	}
	if o.refund.by == "transfer" {
		_, err := s.w.svc.ConfirmRefundSent(s.ctx, s.staff.who, o.refund.id, money.Amount{Minor: o.refund.amount, Currency: "USD"})
		s.same("sent in the end", s.reason(err), s.m.byHand(s.staff, o, true, true, ""))
		return
	}
	f, err := s.w.Read.Refund(s.ctx, o.refund.id)
	s.w.Must(err)
	if s.w.bank.open(f.Reference) {
		s.w.bank.decide(f.Reference, "succeeded")
	}
	_, err = s.w.svc.AskRefund(s.ctx, exam.TheSchedule(), f)
	s.w.Must(err)
	s.learned(o, s.w.bank.said)
}

// restSeats gives every seat its result.
func (s *seq) restSeats() {
	for _, n := range s.m.sessions {
		if n.starts.After(s.m.now) {
			s.m.now = n.starts
		}
	}
	s.w.Clock.Set(s.m.now)
	for _, g := range s.m.regs {
		if g.state != "reserved" {
			continue
		}
		s.touch(g.code.order)
		var out []action.Outcome[exam.RegistrationID]
		out, err := s.w.svc.RecordResults(s.ctx, s.staff.who, []exam.Result{{Registration: g.id, Outcome: exam.Passed}})
		s.w.Must(err)
		s.same("pass in the end", s.reason(out[0].Err), s.m.record(g, result{outcome: "passed", score: -1}))
	}
}

// restMails sends what is due now and then.
func (s *seq) restMails() {
	if len(s.w.queue.owed) > 0 {
		s.w.Must(s.w.svc.Settle(s.ctx, s.w.queue.owed[len(s.w.queue.owed)-1]))
		s.mails()
	}
}

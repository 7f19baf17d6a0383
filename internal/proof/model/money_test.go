package model

import (
	"context"
	"slices"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/store"
)

func (s *seq) buy() {
	p, n := s.buyer(), 1+s.below(6)
	if s.oneIn(20) {
		n = []int{0, s.m.most, s.m.most + 1}[s.below(3)]
	}
	s.buyBy(s.ctx, p, n)
}

// buyBy buys, under an idempotency key when the context has one.
func (s *seq) buyBy(ctx context.Context, p *person, n int) string {
	var o exam.Order
	word, _ := s.call(func(context.Context) (err error) {
		o, err = s.w.svc.BuyCodes(ctx, p.who, s.subject.ID, n)
		return err
	})
	s.same("buy", word, s.m.buy(p, n))
	if word == "" {
		bought := s.m.orders[len(s.m.orders)-1]
		bought.id = o.ID
		s.touch(bought)
	}
	return word
}

// unpaid are mostly the orders that wait for money.
func (s *seq) unpaid() *order {
	if s.oneIn(8) {
		return pick(s, s.m.orders)
	}
	return pick(s, slices.DeleteFunc(slices.Clone(s.m.orders), func(o *order) bool { return o.state != "pending" || o.live() != nil }))
}

func (s *seq) pay() {
	p, o, provider, word := s.buyer(), s.unpaid(), "sandbox", ""
	switch s.below(16) {
	case 0:
		provider = "stripe"
	case 1, 2, 3:
		provider = "transfer"
	case 4, 5:
		word = words[s.below(len(words))]
	case 6:
		word = "nonsense"
	}
	s.payBy(p, o, provider, word)
}

func (s *seq) payBy(p *person, o *order, provider, simulate string) {
	var y exam.Payment
	got, died := s.call(func(ctx context.Context) (err error) {
		y, err = s.w.svc.PayOrder(ctx, p.who, o.id, provider, simulate, "")
		return err
	})
	want := s.m.startPayment(p, o, provider)
	s.touch(o)
	if want == "" {
		said := s.w.bank.said
		if provider == "transfer" && died == "" {
			if said = "pending"; simulate != "" {
				said = "wrong"
			}
		}
		last := o.payments[len(o.payments)-1]
		if last.id = y.ID; died != "" {
			last.id, said = s.newestPayment(o), "unknown"
		}
		if said == "wrong" {
			want, said = "simulate_unknown", "failed"
		}
		s.m.learnPayment(o, last, said)
	}
	if died != "" {
		s.issued(o)
		return
	}
	s.same("pay by "+provider+" "+simulate, got, want)
	s.issued(o)
}

func (s *seq) newestPayment(o *order) exam.PaymentID {
	list, err := s.w.Read.Payments(s.ctx, s.company[0].who.Account, o.id)
	s.w.Must(err)
	if len(list) == 0 {
		s.t.Fatalf("the intent to pay is lost")
	}
	return slices.MaxFunc(list, func(a, b exam.Payment) int { return int(a.ID - b.ID) }).ID
}

// issued learns the ids of a paid order's codes.
func (s *seq) issued(o *order) {
	if len(o.codes) == 0 || o.codes[0].id != 0 {
		return
	}
	rows, err := s.w.Read.Codes(s.ctx, s.company[0].who.Account, store.CodeFilter{Order: o.id}, s.m.now, store.Page{Limit: store.MaxLimit})
	s.w.Must(err)
	var ids []exam.CodeID
	for _, c := range rows.Items {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	if len(ids) != len(o.codes) {
		s.t.Fatalf("%d codes of %d bought", len(ids), len(o.codes))
	}
	for i, c := range o.codes {
		c.id = ids[i]
	}
}

func (s *seq) openPayments(at func(*payment) bool) (list []*order) {
	return slices.DeleteFunc(slices.Clone(s.m.orders), func(o *order) bool {
		return !slices.ContainsFunc(o.payments, at)
	})
}

// askPayment asks the bank again about any payment, also one that is settled:
// a notice that comes twice is no more than that.
func (s *seq) askPayment() {
	o := pick(s, s.openPayments(func(y *payment) bool { return y.provider == "sandbox" }))
	y := pick(s, slices.DeleteFunc(slices.Clone(o.payments), func(y *payment) bool { return y.provider != "sandbox" }))
	if s.oneIn(3) && y.state == "unknown" {
		s.w.bank.decide(y.id.String(), []string{"succeeded", "failed"}[s.below(2)])
	}
	p := s.clerk()
	stored, err := s.w.Read.Payment(s.ctx, y.id)
	s.w.Must(err)
	for range 1 + s.below(2) {
		word, died := s.call(func(ctx context.Context) error {
			_, err := s.w.svc.AskPayment(ctx, p.who, stored)
			return err
		})
		s.touch(o)
		if died != "" {
			continue
		}
		want := s.m.staff(p)
		if said := s.w.bank.said; want == "" && said != "" {
			s.m.learnPayment(o, y, said)
		}
		s.same("ask about a payment", word, want)
		s.issued(o)
	}
}

func (s *seq) confirmTransfer() {
	o := pick(s, s.openPayments(func(y *payment) bool { return y.provider == "transfer" || s.n%7 == 0 }))
	p, y, exact := s.clerk(), pick(s, o.payments), !s.oneIn(6)
	amount := money.Amount{Minor: price * int64(o.quantity), Currency: "USD"}
	if !exact {
		amount.Minor--
	}
	word, died := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.ConfirmTransfer(ctx, p.who, y.id, amount)
		return err
	})
	if s.touch(o); died != "" {
		return
	}
	s.same("confirm a transfer", word, s.m.confirmTransfer(p, o, y, exact))
	s.issued(o)
}

func (s *seq) cancelOrder() {
	p, o := s.buyer(), pick(s, s.m.orders)
	word, _ := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.CancelOrder(ctx, p.who, o.id)
		return err
	})
	s.touch(o)
	s.same("cancel an order", word, s.m.cancelOrder(p, o))
}

func (s *seq) closeUnpaid() {
	var n int
	s.call(func(ctx context.Context) (err error) {
		n, err = s.w.svc.CloseUnpaidOrders(ctx)
		return err
	})
	for _, o := range s.m.orders {
		if o.state != "paid" {
			s.touch(o)
		}
	}
	s.did = true
	if want := s.m.closeUnpaid(); n != want {
		s.t.Fatalf("%d unpaid orders closed, not %d", n, want)
	}
}

// paid are mostly orders with codes that have not ended.
func (s *seq) paid() *order {
	if s.oneIn(8) {
		return pick(s, s.m.orders)
	}
	return pick(s, slices.DeleteFunc(slices.Clone(s.m.orders), func(o *order) bool { return o.state != "paid" }))
}

// choose draws a refund's codes: all that are unused, some, or wrong ones.
func (s *seq) choose(o *order) (chosen []*code, ids []exam.CodeID) {
	if s.oneIn(2) || len(o.codes) == 0 {
		return nil, nil
	}
	from := o.codes
	if s.oneIn(3) {
		from = s.codes()
	}
	chosen, ids = []*code{}, []exam.CodeID{}
	for range s.below(4) {
		c := pick(s, from)
		if ids = append(ids, c.id); !slices.Contains(chosen, c) {
			chosen = append(chosen, c)
		}
	}
	return chosen, ids
}

func (s *seq) planRefund() {
	p, o := s.company[s.below(3)], s.paid()
	chosen, ids := s.choose(o)
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if chosen != nil && ids == nil {
		ids = []exam.CodeID{}
	}
	plan, _, _, refusal, err := s.w.svc.PlanRefund(s.ctx, p.who, o.id, ids)
	s.w.Must(err)
	now := *p
	now.rights = p.who.Rights // a look at a plan goes by what the asker had
	in, want := s.m.plan(&now, o, chosen)
	s.same("plan a refund", s.reason(refusal), want)
	if plan.In.Count != len(in) || plan.Amount.Minor != int64(len(in))*price {
		s.t.Fatalf("the plan has %d codes for %d, not %d", plan.In.Count, plan.Amount.Minor, len(in))
	}
}

func (s *seq) refund() {
	p, o, in := s.buyer(), s.paid(), action.RefundRequest{}
	var chosen []*code
	chosen, in.Chosen = s.choose(o)
	if s.oneIn(12) {
		in.Seen = "another"
	}
	switch s.below(6) {
	case 0, 1, 2:
		in.Simulate = words[s.below(len(words))]
	case 3:
		if s.oneIn(4) {
			in.Simulate = "nonsense"
		}
	}
	var f exam.Refund
	word, died := s.call(func(ctx context.Context) (err error) {
		f, err = s.w.svc.RefundOrder(ctx, p.who, o.id, in)
		return err
	})
	if s.touch(o); died == "wake" {
		return // in the first transaction: nothing has happened
	}
	s.hit("refund", o.codes...)
	want := s.m.askRefund(p, o, chosen, in.Seen != "", in.Simulate)
	if want == "" {
		if died != "" {
			var err error
			f, err = s.w.Read.RefundOf(s.ctx, s.company[0].who.Account, o.id)
			s.w.Must(err)
		}
		o.refund.id = f.ID
		s.answered(o, died)
	}
	if died == "" {
		s.same("refund "+in.Simulate, word, want)
	}
}

// answered takes in what the bank said about a refund that was placed.
func (s *seq) answered(o *order, died string) {
	if o.refund.state != "refunding" || died != "" {
		return
	}
	said := s.w.bank.said
	if o.refund.by == "transfer" {
		said = "pending"
	}
	s.learned(o, said)
}

func (s *seq) learned(o *order, said string) {
	switch said {
	case "":
		return
	case "succeeded":
		s.hit("refund settled", o.codes...)
	case "failed":
		s.hit("refund refused", o.codes...)
	}
	s.m.learnRefund(o, said)
}

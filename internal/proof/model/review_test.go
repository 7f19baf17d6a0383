package model

import (
	"context"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/money"
)

func (s *seq) refunds(at func(*refund) bool) []*order {
	return slices.DeleteFunc(slices.Clone(s.m.orders), func(o *order) bool { return o.refund == nil || !at(o.refund) })
}

// some are mostly the refunds in a state.
func (s *seq) someRefund(state string) *order {
	return pick(s, s.refunds(func(f *refund) bool { return f.state == state || s.n%7 == 0 }))
}

func (s *seq) review() {
	p, o, approve, why := s.clerk(), s.someRefund("review"), s.oneIn(2), "not plausible"
	if s.oneIn(8) {
		why = ""
	}
	word, died := s.call(func(ctx context.Context) (err error) {
		if approve {
			_, err = s.w.svc.ApproveRefund(ctx, p.who, o.refund.id)
		} else {
			_, err = s.w.svc.DeclineRefund(ctx, p.who, o.refund.id, why)
		}
		return err
	})
	if s.touch(o); died == "wake" {
		return
	}
	if !approve {
		s.hit("refund refused", o.codes...)
	}
	want := s.m.review(p, o, approve, why)
	if approve && want == "" {
		s.answered(o, died)
	}
	if died == "" {
		s.same("review a refund", word, want)
	}
}

// askRefund asks the bank again about a refund, after it may have decided.
func (s *seq) askRefund() {
	o := s.someRefund("refunding")
	p := s.clerk()
	f, err := s.w.Read.Refund(s.ctx, o.refund.id)
	s.w.Must(err)
	if f.Provider == "sandbox" && s.oneIn(2) && s.w.bank.open(f.Reference) && o.refund.state == "refunding" && f.Simulate != "late" {
		s.w.bank.decide(f.Reference, []string{"succeeded", "failed"}[s.below(2)])
	}
	for range 1 + s.below(2) {
		word, died := s.call(func(ctx context.Context) error {
			_, err := s.w.svc.AskRefund(ctx, p.who, f)
			return err
		})
		if s.touch(o); died != "" {
			continue
		}
		want := s.m.staff(p)
		if want == "" {
			s.learned(o, s.w.bank.said)
		}
		s.same("ask about a refund", word, want)
	}
}

func (s *seq) byHand() {
	o := s.someRefund("refunding")
	p, sent, exact, why := s.clerk(), s.oneIn(2), !s.oneIn(6), "the account is closed"
	if s.oneIn(8) {
		why = ""
	}
	amount := money.Amount{Minor: o.refund.amount, Currency: "USD"}
	if !exact {
		amount.Minor++
	}
	word, died := s.call(func(ctx context.Context) (err error) {
		if sent {
			_, err = s.w.svc.ConfirmRefundSent(ctx, p.who, o.refund.id, amount)
		} else {
			_, err = s.w.svc.RefundNotSent(ctx, p.who, o.refund.id, why)
		}
		return err
	})
	if s.touch(o); died != "" {
		return
	}
	s.hit(map[bool]string{true: "refund settled", false: "refund refused"}[sent], o.codes...)
	s.same("settle a refund by hand", word, s.m.byHand(p, o, sent, exact, why))
}

// keyed is a request that carried an idempotency key.
type keyed struct {
	who     *person
	name    string
	request []byte
	answer  int
}

// keyedBuy buys under a key, new or used before; the program may be cut off
// before the answer is kept.
func (s *seq) keyedBuy() {
	p := s.company[0]
	if s.oneIn(2) {
		s.again(pick(s, s.keys))
		return
	}
	k := &keyed{who: p, name: exam.OrderID(s.w.Store.IDs().Next()).String(), request: []byte("one code"), answer: 201}
	ctx, known, err := s.w.svc.Remember(s.ctx, p.who, k.name, k.request)
	s.w.Must(err)
	if known.Status != 0 {
		s.t.Fatalf("a new key is known: %+v", known)
	}
	word := s.buyBy(ctx, p, 1)
	if s.oneIn(4) {
		s.w.restart()
		s.w.count("restarts")
		k.answer = 0
		if word != "" {
			return
		}
	} else {
		s.w.Must(s.w.svc.KeepAnswer(s.ctx, p.who, k.name, k.answer, []byte(word)))
	}
	s.keys = append(s.keys, k)
}

// again repeats a request under its key: it is never carried out twice.
func (s *seq) again(k *keyed) {
	s.w.count("duplicates")
	request, want := k.request, ""
	if s.oneIn(4) {
		request, want = []byte("two codes"), "idempotency_key_reused"
	} else if k.answer == 0 {
		want = "idempotency_key_running" // or, a minute later, that its answer is lost
	}
	_, known, err := s.w.svc.Remember(s.ctx, k.who.who, k.name, request)
	got := s.reason(err)
	if got == "idempotency_answer_lost" {
		got = "idempotency_key_running"
	}
	s.same("the same key again", got, want)
	if want == "" && known.Status != k.answer {
		s.t.Fatalf("the kept answer is %d, not %d", known.Status, k.answer)
	}
}

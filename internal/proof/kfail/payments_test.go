package kfail

import (
	"context"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/pay"
)

// payments is what has to do with money, by a provider that behaves in a mode.
func payments(m mode) []command {
	ctx := context.Background()
	// paid is an order paid by the provider; only then the mode begins.
	paid := func(w *world) exam.Order {
		o := w.ordered()
		w.provider.set("ok")
		p, err := w.do.PayOrder(ctx, w.root, o.ID, "fake", "", "")
		w.Must(err)
		w.provider.set(m)
		if p.State != exam.PaymentSucceeded {
			w.T.Fatalf("the payment is %s", p.State)
		}
		return o
	}
	refunded := func(w *world, o exam.Order) exam.Refund {
		f, err := w.do.RefundOrder(ctx, w.root, o.ID, action.RefundRequest{})
		w.Must(err)
		return f
	}
	list := []command{
		{name: "PayOrder", keyed: true, prepare: func(w *world) run {
			o := w.ordered()
			return func(ctx context.Context) error {
				return fails(w.do.PayOrder(ctx, w.root, o.ID, "fake", "", "https://exams.example.org"))
			}
		}},
		{name: "AskPayment", prepare: func(w *world) run {
			p, err := w.do.PayOrder(ctx, w.root, w.ordered().ID, "fake", "", "")
			w.Must(err)
			return func(ctx context.Context) error { return fails(w.do.AskPayment(ctx, w.money, p)) }
		}},
		{name: "AskOpenPayments", prepare: func(w *world) run {
			w.Must(fails(w.do.PayOrder(ctx, w.root, w.ordered().ID, "fake", "", "")))
			return func(ctx context.Context) error { return w.do.AskOpenPayments(ctx, 0) }
		}},
		{name: "RefundOrder", keyed: true, prepare: func(w *world) run {
			o := paid(w)
			return func(ctx context.Context) error {
				return fails(w.do.RefundOrder(ctx, w.root, o.ID, action.RefundRequest{}))
			}
		}},
		{name: "AskRefund", prepare: func(w *world) run {
			f := refunded(w, paid(w))
			return func(ctx context.Context) error { return fails(w.do.AskRefund(ctx, w.money, f)) }
		}},
		{name: "AskOpenRefunds", prepare: func(w *world) run {
			refunded(w, paid(w))
			return func(ctx context.Context) error { return w.do.AskOpenRefunds(ctx, 0) }
		}},
	}
	for i := range list {
		// Which of its words a provider is taken at that contradicts itself hangs on
		// which one was heard first.
		list[i].mode, list[i].loose = m, m == "contradict"
	}
	if m != "ok" {
		return list
	}
	// held is a refund that waits for the staff, in a house that holds all of them.
	held := func(w *world) exam.Refund {
		holds := w.Service(func(c *action.Config) {
			c.Providers, c.ReviewAbove = []pay.Provider{w.provider}, []money.Amount{{Minor: 1, Currency: "USD"}}
		})
		o := paid(w)
		f, err := holds.RefundOrder(ctx, w.root, o.ID, action.RefundRequest{})
		w.Must(err)
		return f
	}
	// byHand is a refund of a transfer, which people send.
	byHand := func(w *world) exam.Refund {
		o := w.ordered()
		p, err := w.do.PayOrder(ctx, w.root, o.ID, "transfer", "", "")
		w.Must(err)
		w.Must(fails(w.do.ConfirmTransfer(ctx, w.money, p.ID, o.Total)))
		return refunded(w, o)
	}
	return append(list, []command{
		{name: "ApproveRefund", prepare: func(w *world) run {
			f := held(w)
			return func(ctx context.Context) error { return fails(w.do.ApproveRefund(ctx, w.money, f.ID)) }
		}},
		{name: "DeclineRefund", prepare: func(w *world) run {
			f := held(w)
			return func(ctx context.Context) error { return fails(w.do.DeclineRefund(ctx, w.money, f.ID, "Not agreed")) }
		}},
		{name: "ConfirmRefundSent", prepare: func(w *world) run {
			f := byHand(w)
			return func(ctx context.Context) error { return fails(w.do.ConfirmRefundSent(ctx, w.money, f.ID, f.Amount)) }
		}},
		{name: "RefundNotSent", prepare: func(w *world) run {
			f := byHand(w)
			return func(ctx context.Context) error {
				return fails(w.do.RefundNotSent(ctx, w.money, f.ID, "No such account"))
			}
		}},
	}...)
}

package kfail

import (
	"context"
	"time"

	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// planted are commands that are wrong, and must be seen to be.
func planted() []command {
	return []command{
		// The transaction of a batch is split in two.
		{name: "RegenerateCodes", keyed: true, prepare: func(w *world) run {
			o, _, _ := w.bought(2)
			ids := w.codesOf(o)
			return func(ctx context.Context) error {
				if err := each(w.do.RegenerateCodes(ctx, w.root, ids[:1])); err != nil {
					return err
				}
				return each(w.do.RegenerateCodes(ctx, w.root, ids[1:]))
			}
		}},
		// The provider is asked before the intent is stored.
		{name: "PayOrder", keyed: true, prepare: func(w *world) run {
			o := w.ordered()
			return func(ctx context.Context) error {
				p := exam.Payment{ID: exam.PaymentID(w.Store.IDs().Next()), Provider: "fake"}
				p.Reference = p.ID.String()
				if _, err := w.provider.Place(ctx, pay.Charge{Reference: p.Reference, Amount: o.Total, PlacedAt: time.Now()}, time.Now()); err != nil {
					return err
				}
				return w.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
					if live, err := tx.LivePayment(ctx, o.ID); err != nil || live {
						return err
					}
					p, e, err := exam.StartPayment(w.root, o, p, false, w.Clock.Now())
					if err != nil {
						return err
					}
					return tx.AddPayment(ctx, p, e)
				})
			}
		}},
	}
}

// controls runs the planted commands and tells whether each was caught.
func controls(w *world) string {
	for _, c := range planted() {
		seen := false
		for shift := range kinds {
			x := &trial{world: w, command: c, shift: shift, stride: 1, quiet: true}
			x.all()
			seen = seen || x.violations > 0
		}
		if !seen {
			return "MISSED " + c.name
		}
	}
	return "caught"
}

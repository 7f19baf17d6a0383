// Package transfer is payment by bank transfer. The program does not see the
// bank account: a charge is pending until an operator confirms that the money
// arrived, a refund until an operator confirms that it was sent. Those
// confirmations are actions of their own; this provider only ever says "pending".
package transfer

import (
	"context"
	"time"

	"examcode/internal/pay"
)

// Provider is the bank transfer; it has no state.
type Provider struct{}

// New returns the bank transfer.
func New() Provider { return Provider{} }

func (Provider) Name() string { return "transfer" }

// Place answers pending. The provider's number is our reference, because that
// is what the payer writes on the transfer.
func (Provider) Place(ctx context.Context, c pay.Charge, _ time.Time) (pay.Outcome, error) {
	return pending(ctx, c.Check(), c.Reference, c.Simulate)
}

func (p Provider) Ask(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	return p.Place(ctx, c, now)
}

func (Provider) PlaceRefund(ctx context.Context, r pay.Refund, _ time.Time) (pay.Outcome, error) {
	return pending(ctx, r.Check(), r.Reference, r.Simulate)
}

func (p Provider) AskRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	return p.PlaceRefund(ctx, r, now)
}

func pending(ctx context.Context, wrong error, reference, simulate string) (pay.Outcome, error) {
	if wrong != nil {
		return pay.Outcome{}, wrong
	}
	if simulate != "" {
		return pay.Outcome{}, pay.ErrSimulate.With("word", simulate)
	}
	if err := ctx.Err(); err != nil {
		return pay.Outcome{}, err
	}
	return pay.Outcome{State: pay.Pending, ProviderRef: reference}, nil
}

// Package sandbox is a payment provider that moves no money. What becomes of a
// charge is a function of the charge alone, so every replica gives the same
// answer and a restart forgets nothing. It must not be offered where real codes
// are sold.
package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"examcode/internal/pay"
)

// Late is how long a charge that simulates "late" stays pending after it was placed.
const Late = 10 * time.Second

// The words of Charge.Simulate and Refund.Simulate; empty succeeds at once.
const (
	Decline     = "decline" // failed, with the detail "declined"
	Undecided   = "unknown" // unknown for ever
	SettlesLate = "late"    // pending, then succeeded
)

// Provider is the sandbox; it has no state.
type Provider struct{}

// New returns the sandbox.
func New() Provider { return Provider{} }

func (Provider) Name() string { return "sandbox" }

// Simulates tells whether a word is one of the above.
func (Provider) Simulates(word string) bool {
	return word == Decline || word == Undecided || word == SettlesLate
}

func (Provider) Place(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	if err := c.Check(); err != nil {
		return pay.Outcome{}, err
	}
	return outcome(ctx, "sbx_ch_", c.Reference, c.Simulate, c.PlacedAt, now)
}

func (p Provider) Ask(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	return p.Place(ctx, c, now)
}

func (Provider) PlaceRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	if err := r.Check(); err != nil {
		return pay.Outcome{}, err
	}
	return outcome(ctx, "sbx_re_", r.Reference, r.Simulate, r.PlacedAt, now)
}

func (p Provider) AskRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	return p.PlaceRefund(ctx, r, now)
}

func outcome(ctx context.Context, prefix, reference, simulate string, placed, now time.Time) (pay.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return pay.Outcome{}, err
	}
	sum := sha256.Sum256([]byte(prefix + reference))
	o := pay.Outcome{ProviderRef: prefix + hex.EncodeToString(sum[:10])}
	switch simulate {
	case "":
		o.State = pay.Succeeded
	case Decline:
		o.State, o.Detail = pay.Failed, "declined"
	case Undecided:
		o.State = pay.Unknown
	case SettlesLate:
		o.State = pay.Pending
		if now.Sub(placed) >= Late {
			o.State = pay.Succeeded
		}
	default:
		return pay.Outcome{}, pay.ErrSimulate.With("word", simulate)
	}
	return o, nil
}

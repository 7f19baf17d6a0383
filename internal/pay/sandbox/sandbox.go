// Package sandbox is a payment provider that moves no money. What becomes of a
// charge is a function of the charge alone, so every replica gives the same
// answer and a restart forgets nothing. Given a Sender it also tells of its
// charges and refunds by signed notices, as real providers do. It must not be
// offered where real codes are sold.
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

// Provider is the sandbox; it has no state of its own.
type Provider struct {
	secrets [][]byte
	sender  *Sender
}

// New returns the sandbox. secrets are those its notices may be signed with;
// without one no notice is believed.
func New(secrets ...[]byte) Provider { return Provider{secrets: secrets} }

// Telling returns the sandbox with somebody who sends its notices.
func (p Provider) Telling(s *Sender) Provider {
	p.sender = s
	return p
}

func (Provider) Name() string { return "sandbox" }

// Simulates tells whether a word is one of the above.
func (Provider) Simulates(word string) bool {
	return word == Decline || word == Undecided || word == SettlesLate
}

func (p Provider) Place(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	o, err := p.Ask(ctx, c, now)
	if err == nil {
		p.tell(pay.Notice{About: pay.AboutCharge, Reference: c.Reference, Amount: c.Amount}, o, c.PlacedAt, now)
	}
	return o, err
}

func (Provider) Ask(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	if err := c.Check(); err != nil {
		return pay.Outcome{}, err
	}
	return outcome(ctx, pay.AboutCharge, c.Reference, c.Simulate, c.PlacedAt, now)
}

func (p Provider) PlaceRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	o, err := p.AskRefund(ctx, r, now)
	if err == nil {
		p.tell(pay.Notice{About: pay.AboutRefund, Reference: r.Reference, Amount: r.Amount}, o, r.PlacedAt, now)
	}
	return o, err
}

func (Provider) AskRefund(ctx context.Context, r pay.Refund, now time.Time) (pay.Outcome, error) {
	if err := r.Check(); err != nil {
		return pay.Outcome{}, err
	}
	return outcome(ctx, pay.AboutRefund, r.Reference, r.Simulate, r.PlacedAt, now)
}

// Number is the sandbox's own number of a charge or refund of ours.
func Number(about pay.About, reference string) string {
	prefix := "sbx_ch_"
	if about == pay.AboutRefund {
		prefix = "sbx_re_"
	}
	sum := sha256.Sum256([]byte(prefix + reference))
	return prefix + hex.EncodeToString(sum[:10])
}

func outcome(ctx context.Context, about pay.About, reference, simulate string, placed, now time.Time) (pay.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return pay.Outcome{}, err
	}
	o := pay.Outcome{ProviderRef: Number(about, reference)}
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

// Package pay is the one door to payment providers: what we ask of them and
// what they may answer. A provider keeps no state of ours, touches no database
// and decides nothing about orders; card data never passes through here.
//
// Every request carries a reference of ours. The same reference asked again is
// the same charge, so a request whose answer was lost is simply asked again.
package pay

import (
	"context"
	"errors"
	"time"

	"examcode/internal/money"
)

// State is what is known of a charge or a refund.
type State string

const (
	Succeeded State = "succeeded" // the money moved; final
	Pending   State = "pending"   // the provider has it and has not decided
	Unknown   State = "unknown"   // we do not know what the provider did; ask again
	Failed    State = "failed"    // the provider definitely refused; final
)

// Final tells whether a state never changes again.
func (s State) Final() bool { return s == Succeeded || s == Failed }

// Charge is money to be taken. All fields are stored before it is placed, so
// that asking later passes the same charge again.
type Charge struct {
	Reference   string // ours, unique for ever
	Amount      money.Amount
	Description string
	ReturnURL   string    // where the payer comes back to from a hosted page
	Simulate    string    // the sandbox's switch; other providers refuse it
	PlacedAt    time.Time // when it was placed first
}

// Refund is money to be given back, of one charge.
type Refund struct {
	Reference       string // ours, unique for ever
	ChargeReference string
	Amount          money.Amount
	Simulate        string
	PlacedAt        time.Time
}

// Outcome is a provider's answer.
type Outcome struct {
	State       State
	ProviderRef string // the provider's own number, for people who compare
	RedirectURL string // where the payer has to go; empty for none
	Detail      string // a reason word when failed
}

// Provider moves money. An error from any method leaves the state Unknown and
// never means Failed, but for a refusal of the fault vocabulary with kind
// Invalid: the request itself was wrong and nothing was placed.
type Provider interface {
	// Name is the provider's word in the API and in the database.
	Name() string
	// Place asks for the money. The same reference again has the same outcome.
	Place(ctx context.Context, c Charge, now time.Time) (Outcome, error)
	// Ask tells what became of a charge, also of one whose Place got no answer.
	Ask(ctx context.Context, c Charge, now time.Time) (Outcome, error)
	// PlaceRefund gives money back. The same reference again has the same outcome.
	PlaceRefund(ctx context.Context, r Refund, now time.Time) (Outcome, error)
	// AskRefund tells what became of a refund.
	AskRefund(ctx context.Context, r Refund, now time.Time) (Outcome, error)
}

// errRequest is a defect of the caller: such a request is never built on purpose.
var errRequest = errors.New("pay: a request needs a reference, a currency, an amount above zero and the time it was placed")

// Check refuses a charge no provider can take.
func (c Charge) Check() error { return check(c.Reference, c.Amount, c.PlacedAt) }

// Check refuses a refund no provider can make.
func (r Refund) Check() error {
	if r.ChargeReference == "" {
		return errors.New("pay: a refund names its charge")
	}
	return check(r.Reference, r.Amount, r.PlacedAt)
}

func check(reference string, a money.Amount, placed time.Time) error {
	if reference == "" || len(reference) > 200 || a.Minor <= 0 || !money.ValidCurrency(a.Currency) || placed.IsZero() {
		return errRequest
	}
	return nil
}

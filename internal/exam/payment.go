package exam

import (
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// PaymentState is what we know of the money. Unknown is not failed.
type PaymentState string

const (
	PaymentSucceeded PaymentState = "succeeded"
	PaymentPending   PaymentState = "pending"
	PaymentUnknown   PaymentState = "unknown"
	PaymentFailed    PaymentState = "failed"
)

// Live tells whether the payment may still become, or is, money.
func (s PaymentState) Live() bool { return s != PaymentFailed }

// ByTransfer is the provider whose money people move: who finds it on the
// account, or sends it back, says so by hand.
const ByTransfer = "transfer"

// ByHand tells whether people move a provider's money.
func ByHand(provider string) bool { return provider == ByTransfer }

// Payment is one try to pay an order. Reference is ours, made before the
// provider is called and used for every question about it.
type Payment struct {
	ID          PaymentID
	Order       OrderID
	Account     AccountID
	Provider    string
	Reference   string
	Amount      money.Amount
	State       PaymentState
	ProviderRef string
	RedirectURL string
	Detail      string // why it failed, a word
	Simulate    string // sandbox only: the outcome asked for
	Created     time.Time
	Settled     time.Time // when it succeeded or failed
	Version     int64
}

var (
	ErrPaymentInFlight  = fault.New(fault.Conflict, "payment_in_flight", "a payment of this order is under way")
	ErrPaymentNotWaits  = fault.New(fault.Conflict, "payment_not_waiting", "this payment does not wait for a confirmation")
	ErrPaymentAmount    = fault.New(fault.Conflict, "payment_amount_differs", "the amount is not the order's total")
	ErrProviderUnknown  = fault.New(fault.Invalid, "provider_unknown", "there is no such way to pay")
	ErrPaymentNotByHand = fault.New(fault.Conflict, "payment_not_by_hand", "only bank transfers are confirmed by hand")
)

// ByHand tells whether people confirm the payment.
func (p Payment) ByHand() bool { return ByHand(p.Provider) }

// Final tells whether a state never changes again.
func (s PaymentState) Final() bool { return s == PaymentSucceeded || s == PaymentFailed }

// Waits tells whether the payment waits until somebody has found the money.
func (p Payment) Waits() bool { return p.ByHand() && p.State == PaymentPending }

// StartPayment makes the intent that is stored before a provider is asked.
func StartPayment(a Actor, o Order, p Payment, live bool, now time.Time) (Payment, Event, error) {
	if a.Account != o.Account {
		return p, Event{}, fault.ErrNotFound
	}
	if err := MayBuy(a); err != nil {
		return p, Event{}, err
	}
	switch {
	case o.State == Closed:
		return p, Event{}, ErrOrderClosed
	case o.State != Pending:
		return p, Event{}, ErrOrderNotPending
	case live:
		return p, Event{}, ErrPaymentInFlight
	}
	p.Order, p.Account, p.Amount = o.ID, o.Account, o.Total
	p.State, p.Created, p.Version = PaymentUnknown, now, 1
	return p, p.event(a, EventPaymentStarted, now), nil
}

func (p Payment) event(a Actor, kind EventKind, now time.Time) Event {
	e := a.event(kind, int64(p.ID), now)
	e.Account, e.Version = p.Account, p.Version
	e.Data = Data{"order": p.Order.String(), "provider": p.Provider, "state": string(p.State)}
	if p.Detail != "" {
		e.Data["detail"] = p.Detail
	}
	return e
}

// Learn takes in what a provider said. States only move forward: a succeeded or
// failed payment stays what it is. changed is false when nothing is new.
func (p Payment) Learn(a Actor, state PaymentState, providerRef, redirect, detail string, now time.Time) (n Payment, e Event, changed bool) {
	if state == PaymentUnknown {
		state = p.State // not knowing is no news
	}
	if providerRef == "" {
		providerRef = p.ProviderRef
	}
	if redirect == "" && state == PaymentPending {
		redirect = p.RedirectURL
	}
	if p.State.Final() || (state == p.State && providerRef == p.ProviderRef && redirect == p.RedirectURL) {
		return p, Event{}, false
	}
	p.State, p.ProviderRef, p.RedirectURL, p.Detail = state, providerRef, redirect, detail
	if state.Final() {
		p.Settled = now
	}
	p.Version++
	return p, p.event(a, EventPaymentUpdated, now), true
}

// Confirm notes that an operator found the transfer on the account.
func (p Payment) Confirm(a Actor, received money.Amount, now time.Time) (Payment, Event, error) {
	if err := NeedStaff(a, Money); err != nil {
		return p, Event{}, err
	}
	switch {
	case !p.ByHand():
		return p, Event{}, ErrPaymentNotByHand
	case p.State != PaymentPending:
		return p, Event{}, ErrPaymentNotWaits
	case received != p.Amount:
		return p, Event{}, ErrPaymentAmount.With("expected", p.Amount, "received", received).On("amount")
	}
	n, e, _ := p.Learn(a, PaymentSucceeded, p.ProviderRef, "", "", now)
	return n, e, nil
}

// MayGiveUp refuses to close an order under a live payment: one by hand is given
// up with it when its buyer wishes so, any other may have taken the money.
func MayGiveUp(a Actor, tries []Payment) error {
	for _, p := range tries {
		if p.State.Live() && (!p.ByHand() || a.Channel == Schedule) {
			return ErrPaymentInFlight
		}
	}
	return nil
}

package exam

import (
	"fmt"
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// Tally is codes of one order that are in one state, counted; an order may have
// 100,000. Places are the codes' numbers within the order, from 0; Mixed sums up
// something of each that looks like chance (MixPlace), so that two sets of codes
// with as many, as dear and as high numbers are told apart: sums of powers are
// equal for sets that a person can pick.
type Tally struct {
	State  CodeState
	Count  int
	Paid   int64 // Σ price paid, in minor units
	Places int64
	Mixed  int64
}

// What MixPlace is made of; the store says the same to the database.
const (
	MixFactor = 1103515245
	MixPlus   = 12345
	MixPrime  = 2147483647
	MixSquare = 2147483629 // another prime
)

// MixPlace makes a number of 31 bits of a place within an order.
func MixPlace(place int64) int64 {
	y := (place*MixFactor + MixPlus) % MixPrime
	return y * y % MixSquare
}

// Add counts one code of an order whose first code is known.
func (l *Tally) Add(c Code, first CodeID) {
	place := int64(c.ID - first)
	l.Count++
	l.Paid += c.PricePaid.Minor
	l.Places += place
	l.Mixed += MixPlace(place)
}

// Tallies counts codes by their state at an instant.
func Tallies(codes []Code, first CodeID, now time.Time) []Tally {
	var tallies []Tally
	at := map[CodeState]int{}
	for _, c := range codes {
		s := c.Effective(now)
		i, known := at[s]
		if !known {
			i = len(tallies)
			at[s], tallies = i, append(tallies, Tally{State: s})
		}
		tallies[i].Add(c, first)
	}
	return tallies
}

// Chosen is a choice of single codes: how many were named, and what was found of
// them in the order.
type Chosen struct {
	Named int
	Found []Tally
}

// LeftOut is codes of one state that stay out of a refund, and the word for why.
type LeftOut struct {
	State  CodeState
	Reason string
	Count  int
}

// RefundPlan is what a refund would be at an instant.
type RefundPlan struct {
	In     Tally // the codes in it
	Amount money.Amount
	Out    []LeftOut // in life-cycle order; unused ones that were not chosen first
}

// Mark tells two plans apart: who confirms one mark confirms exactly these codes
// and this amount.
func (p RefundPlan) Mark() string {
	return fmt.Sprintf("%d-%d-%d-%d", p.In.Count, p.In.Paid, p.In.Places, p.In.Mixed)
}

var (
	// The words for why a code stays out of a refund, beside code_reserved,
	// code_refunded and order_expired.
	ErrCodeBound     = fault.New(fault.Conflict, "code_bound", "the code is Bound; unbind it first")
	ErrCodeCompleted = fault.New(fault.Conflict, "code_completed", "the code has been used for an exam")
	ErrNotChosen     = fault.New(fault.Conflict, "not_chosen", "the code was not chosen")
)

// staysOut is why a code of an order stays out of its refund; nil for one that
// can be in it (S14).
func (c Code) staysOut(now time.Time) *fault.Error {
	switch c.Effective(now) {
	case Bound:
		return ErrCodeBound
	case Reserved:
		return ErrCodeReserved
	case Completed:
		return ErrCodeCompleted
	}
	return fault.Of(c.needUnused(now))
}

// RefundReason is the word for why a code stays out of the refund of its order,
// "" for one that can be in it.
func (c Code) RefundReason(now time.Time) string {
	if e := c.staysOut(now); e != nil {
		return e.Reason
	}
	return ""
}

// MayRefund refuses a refund whatever is in it: who asks, the order, and the
// refund there is (S12, S13).
func MayRefund(a Actor, o Order, had RefundState, now time.Time) error {
	if a.Account != o.Account {
		return fault.ErrNotFound
	}
	if err := NeedRight(a, RefundCodes); err != nil {
		return err
	}
	switch {
	case o.State != Paid:
		return ErrOrderNotPaid
	case had != "" && had != RefundRefused:
		return ErrRefundAlreadyMade
	case o.Ended(now):
		return ErrOrderExpired
	}
	return o.NeedWhole() // the one refund of an order must be able to name all its codes
}

// PlanRefund decides what is in a refund (S12–S14): the chosen codes, or every
// unused one when nothing is chosen. All else stays out with its reason. The
// amount is the sum of the prices paid. had is the state of the order's refund,
// "" for none. The plan is told along with a refusal.
func PlanRefund(a Actor, o Order, had RefundState, all []Tally, chosen *Chosen, now time.Time) (RefundPlan, error) {
	p := RefundPlan{In: Tally{State: Unused}, Amount: money.Amount{Currency: o.Total.Currency}}
	if a.Account != o.Account {
		return p, fault.ErrNotFound
	}
	at := map[CodeState]Tally{}
	for _, l := range all {
		at[l.State] = l
	}
	p.In = at[Unused]
	wrong := false
	if chosen != nil {
		p.In = Tally{}
		found := 0
		for _, l := range chosen.Found {
			found += l.Count
			if (Code{State: l.State, Expires: o.Expires}).staysOut(now) == nil {
				p.In = l
			}
		}
		wrong = found != chosen.Named || p.In.Count != found
	}
	p.In.State, p.Amount.Minor = Unused, p.In.Paid
	if rest := at[Unused].Count - p.In.Count; rest > 0 {
		p.Out = append(p.Out, LeftOut{Unused, ErrNotChosen.Reason, rest})
	}
	for _, s := range CodeStates {
		if e := (Code{State: s, Expires: o.Expires}).staysOut(now); e != nil && at[s].Count > 0 {
			p.Out = append(p.Out, LeftOut{s, e.Reason, at[s].Count})
		}
	}
	err := MayRefund(a, o, had, now)
	switch {
	case err != nil:
	case wrong:
		err = ErrRefundChoice
	case p.In.Count == 0:
		err = ErrNothingToRefund
	}
	return p, err
}

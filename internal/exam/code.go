package exam

import (
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// CodeState is where an exam code stands. See Effective for time's part in it.
type CodeState string

const (
	Unused    CodeState = "unused"
	Bound     CodeState = "bound"     // registered, no session yet (S22)
	Reserved  CodeState = "reserved"  // holds a seat
	Completed CodeState = "completed" // has a result (S23)
	Refunding CodeState = "refunding"
	Refunded  CodeState = "refunded"
	Expired   CodeState = "expired"
)

// CodeStates are all states, in life-cycle order.
var CodeStates = []CodeState{Unused, Bound, Reserved, Completed, Refunding, Refunded, Expired}

// Code is the seat that was bought: it keeps its order, subject, price and end
// for ever. Its text can be replaced, and never is in here.
type Code struct {
	ID           CodeID
	Order        OrderID
	Account      AccountID // the company that bought it
	Subject      SubjectID
	State        CodeState
	PricePaid    money.Amount
	Tail         string // last four symbols of the text
	Generation   int64  // rises with every new text
	Expires      time.Time
	Registration RegistrationID // of Bound, Reserved and Completed; else zero
	Holder       PersonID       // likewise
	Changed      time.Time
	Version      int64 // 0 when issued, +1 with every change
}

// Ended tells whether the order's end is reached; the end itself is outside (S16).
func (c Code) Ended(now time.Time) bool { return !now.Before(c.Expires) }

// Effective is the state at an instant: unused and bound codes of an ended
// order are expired, whether or not a job has written it down (S16).
func (c Code) Effective(now time.Time) CodeState {
	if (c.State == Unused || c.State == Bound) && c.Ended(now) {
		return Expired
	}
	return c.State
}

var (
	ErrCodeNotUnused   = fault.New(fault.Conflict, "code_not_unused", "this needs an Unused code")
	ErrCodeNotBound    = fault.New(fault.Conflict, "code_not_bound", "this needs a Bound code")
	ErrCodeReserved    = fault.New(fault.Conflict, "code_reserved", "the examinee holds a seat; the reservation must be cancelled first")
	ErrCodeNotReserved = fault.New(fault.Conflict, "code_not_reserved", "this needs a reserved session")
	ErrCodeNotComplete = fault.New(fault.Conflict, "code_not_completed", "there is a result only when the code is Completed")
	ErrCodeRefunded    = fault.New(fault.Conflict, "code_refunded", "this code was given back")
	ErrCodeReplaced    = fault.New(fault.Conflict, "code_replaced", "this text was replaced by a new one")
	ErrOrderExpired    = fault.New(fault.Conflict, "order_expired", "the order's validity has ended")
	ErrSubjectMismatch = fault.New(fault.Conflict, "subject_mismatch", "this code is for another subject")
	// ErrCodeNotUsable is the one answer for strangers: unknown, foreign and dead
	// texts look the same to them.
	ErrCodeNotUsable = fault.New(fault.Conflict, "code_not_usable", "this code cannot be used with your account")
)

// step makes the next version of the code in a new state, with its event.
func (c Code) step(a Actor, kind EventKind, to CodeState, now time.Time) (Code, Event) {
	e := a.event(kind, int64(c.ID), now)
	e.Account, e.Registration = c.Account, c.Registration
	e.Data = Data{"from": string(c.State), "to": string(to), "tail": c.Tail}
	c.State, c.Changed = to, now
	c.Version++
	e.Version = c.Version
	return c, e
}

// needUnused refuses everything that is not an unused code of a living order.
func (c Code) needUnused(now time.Time) error {
	switch {
	case c.State == Refunding, c.State == Refunded:
		return ErrCodeRefunded
	case c.Effective(now) == Expired:
		return ErrOrderExpired
	case c.State != Unused:
		return ErrCodeNotUnused
	}
	return nil
}

// Redeem binds an unused code to the registration of the actor (S21, S22).
// Refusals are exact; the caller passes them through Tell, because a stranger
// may not learn them.
func (c Code) Redeem(a Actor, r RegistrationID, subject SubjectID, now time.Time) (Code, Event, error) {
	if err := NeedExaminee(a); err != nil {
		return c, Event{}, err
	}
	if err := c.needUnused(now); err != nil {
		return c, Event{}, err
	}
	if c.Subject != subject {
		return c, Event{}, ErrSubjectMismatch
	}
	c.Registration, c.Holder = r, a.Person
	n, e := c.step(a, EventCodeRedeemed, Bound, now)
	return n, e, nil
}

// Tell hides what a stranger may not know: without a tie to the code (its
// company, its holder) every refusal about a dead code is the neutral one.
// That a living code is for another subject may be told to whoever holds it.
func Tell(refusal error, tied bool) error {
	if tied {
		return refusal
	}
	switch fault.Of(refusal).Reason {
	case ErrCodeNotUnused.Reason, ErrCodeRefunded.Reason, ErrCodeReplaced.Reason, ErrOrderExpired.Reason:
		return ErrCodeNotUsable
	}
	return refusal
}

// Reserve notes that the holder took a seat.
func (c Code) Reserve(a Actor, now time.Time) (Code, Event, error) {
	switch c.Effective(now) {
	case Bound:
		n, e := c.step(a, EventCodeReserved, Reserved, now)
		return n, e, nil
	case Expired:
		return c, Event{}, ErrOrderExpired
	case Reserved:
		return c, Event{}, ErrCodeReserved
	}
	return c, Event{}, ErrCodeNotBound
}

// Reschedule notes that the holder changed the seat; nothing moves after the end (S16).
func (c Code) Reschedule(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Reserved {
		return c, Event{}, ErrCodeNotReserved
	}
	if c.Ended(now) {
		return c, Event{}, ErrOrderExpired
	}
	n, e := c.step(a, EventCodeRescheduled, Reserved, now)
	return n, e, nil
}

// Release notes that the seat was given back.
func (c Code) Release(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Reserved {
		return c, Event{}, ErrCodeNotReserved
	}
	n, e := c.step(a, EventCodeReleased, Bound, now)
	return n, e, nil
}

// LoseSeat notes that the programme cancelled the session. It asks for no end:
// see Registration.LoseSeat.
func (c Code) LoseSeat(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Reserved {
		return c, Event{}, ErrCodeNotReserved
	}
	n, e := c.step(a, EventCodeSeatLost, Bound, now)
	return n, e, nil
}

// Complete notes that a result exists. A session that started before the end is
// sat also after it.
func (c Code) Complete(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Reserved {
		return c, Event{}, ErrCodeNotReserved
	}
	n, e := c.step(a, EventCodeCompleted, Completed, now)
	return n, e, nil
}

// Return gives the code back to its holder after a no-show, where the subject's
// policy is to return and the order has not ended.
func (c Code) Return(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Reserved {
		return c, Event{}, ErrCodeNotReserved
	}
	if c.Ended(now) {
		return c, Event{}, ErrOrderExpired
	}
	n, e := c.step(a, EventCodeReturned, Bound, now)
	return n, e, nil
}

// Correct notes that the result of a completed code was changed.
func (c Code) Correct(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Completed {
		return c, Event{}, ErrCodeNotComplete
	}
	n, e := c.step(a, EventCodeCorrected, Completed, now)
	return n, e, nil
}

// CorrectBack notes that a result was changed to a no-show that gives the code
// back to its holder; not after the order's end.
func (c Code) CorrectBack(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Completed {
		return c, Event{}, ErrCodeNotComplete
	}
	if c.Ended(now) {
		return c, Event{}, ErrOrderExpired
	}
	n, e := c.step(a, EventCodeWithdrawn, Bound, now)
	return n, e, nil
}

// Unbind takes a bound code back from its holder (S24). The company needs the
// right to manage codes.
func (c Code) Unbind(a Actor, now time.Time) (Code, Event, error) {
	if err := c.managed(a); err != nil {
		return c, Event{}, err
	}
	switch c.Effective(now) {
	case Bound:
	case Reserved:
		return c, Event{}, ErrCodeReserved
	case Expired:
		return c, Event{}, ErrOrderExpired
	default:
		return c, Event{}, ErrCodeNotBound
	}
	n, e := c.step(a, EventCodeUnbound, Unused, now)
	n.Registration, n.Holder = 0, 0
	return n, e, nil
}

// Regenerate prepares an unused code for a new text with the given tail (S25).
func (c Code) Regenerate(a Actor, tail string, now time.Time) (Code, Event, error) {
	if err := c.managed(a); err != nil {
		return c, Event{}, err
	}
	if err := c.needUnused(now); err != nil {
		return c, Event{}, err
	}
	n, e := c.step(a, EventCodeRegenerated, Unused, now)
	e.Data["new_tail"] = tail
	n.Tail = tail
	n.Generation++
	return n, e, nil
}

// Reveal records that somebody of the company looked at the text. It changes
// nothing, so its event has no version.
func (c Code) Reveal(a Actor, now time.Time) (Event, error) {
	if a.Account != c.Account {
		return Event{}, fault.ErrNotFound
	}
	if err := NeedRight(a, RevealCodes); err != nil {
		return Event{}, err
	}
	e := a.event(EventCodeRevealed, int64(c.ID), now)
	e.Data = Data{"tail": c.Tail, "count": 1}
	return e, nil
}

// RedeemRefused records that somebody was refused this code, for its company.
func (c Code) RedeemRefused(a Actor, reason string, now time.Time) Event {
	e := a.event(EventCodeRedeemRefused, int64(c.ID), now)
	e.Account = c.Account
	e.Data = Data{"tail": c.Tail, "reason": reason}
	return e
}

// TextRefused records that somebody tried to redeem a text that nobody has.
func TextRefused(a Actor, now time.Time) Event {
	return a.event(EventPersonTextRefused, int64(a.Person), now)
}

// BeginRefund takes an unused code into the order's refund (S12–S14).
func (c Code) BeginRefund(a Actor, now time.Time) (Code, Event, error) {
	if err := c.needUnused(now); err != nil {
		return c, Event{}, err
	}
	n, e := c.step(a, EventCodeRefunding, Refunding, now)
	return n, e, nil
}

// SettleRefund ends a refund: the money is back, the code is gone.
func (c Code) SettleRefund(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Refunding {
		return c, Event{}, ErrNotRefunding
	}
	n, e := c.step(a, EventCodeRefunded, Refunded, now)
	return n, e, nil
}

// UndoRefund puts the code back after the refund was definitely refused. When
// its order ended meanwhile time has expired it (see Effective).
func (c Code) UndoRefund(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Refunding {
		return c, Event{}, ErrNotRefunding
	}
	n, e := c.step(a, EventCodeRefundRefused, Unused, now)
	return n, e, nil
}

// Expire writes down what time has already done (S16).
func (c Code) Expire(a Actor, now time.Time) (Code, Event, error) {
	if c.State != Unused && c.State != Bound {
		return c, Event{}, ErrCodeNotUnused
	}
	if !c.Ended(now) {
		return c, Event{}, ErrOrderNotEnded
	}
	n, e := c.step(a, EventCodeExpired, Expired, now)
	n.Registration, n.Holder = 0, 0
	return n, e, nil
}

// managed refuses actors without the right to manage this company's codes.
func (c Code) managed(a Actor) error {
	if a.Channel == Schedule {
		return nil
	}
	if a.Account != c.Account {
		return fault.ErrNotFound
	}
	return NeedRight(a, ManageCodes)
}

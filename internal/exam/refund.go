package exam

import (
	"fmt"
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// RefundState is where the one refund of an order stands.
type RefundState string

const (
	RefundReview  RefundState = "review"
	RefundOnWay   RefundState = "refunding"
	RefundDone    RefundState = "refunded"
	RefundRefused RefundState = "failed" // definitely refused; may be tried again
)

// Why a refund failed, when it was not the provider's word.
const (
	RefundDeclined = "review"   // by the programme's staff, under review
	RefundNotSent  = "not_sent" // the transfer could not be sent
)

// Refund is the one refund of an order, for ever (S13). The money returns by the
// way it came: Provider and Charge are those of the payment. A try that was
// refused is followed by another of the same refund under a new Reference,
// because a provider's refusal of a reference is final.
type Refund struct {
	ID          RefundID
	Order       OrderID
	Account     AccountID
	Payment     PaymentID
	Provider    string
	Charge      string // our reference of the payment
	AskedBy     PersonID
	Try         int64
	Reference   string // ours, of this try
	Amount      money.Amount
	Count       int // codes in this try
	State       RefundState
	Answer      PaymentState // what the provider said last; "" before it is asked
	HeldAbove   int64        // the limit that held it for review, in minor units; 0 for none
	ProviderRef string
	Detail      string // why it failed, a word
	Note        string // why it failed, in the words of the staff
	Simulate    string // sandbox only: the outcome asked for
	Created     time.Time
	Asked       time.Time // this try
	Placed      time.Time // when the provider was to be asked first; zero under review
	Settled     time.Time
	Version     int64
}

var (
	ErrNotRefunding      = fault.New(fault.Conflict, "code_not_refunding", "this code is in no open refund")
	ErrRefundAlreadyMade = fault.New(fault.Conflict, "refund_already_made", "an order can be refunded once")
	ErrNothingToRefund   = fault.New(fault.Conflict, "nothing_to_refund", "no unused code is left to refund")
	ErrRefundChoice      = fault.New(fault.Conflict, "refund_choice", "a chosen code cannot be refunded")
	ErrRefundNotReview   = fault.New(fault.Conflict, "refund_not_in_review", "this refund is not under review")
	ErrRefundNotWaits    = fault.New(fault.Conflict, "refund_not_waiting", "this refund does not wait for a confirmation")
	ErrRefundNotByHand   = fault.New(fault.Conflict, "refund_not_by_hand", "only bank transfers are confirmed by hand")
	ErrRefundAmount      = fault.New(fault.Conflict, "refund_amount_differs", "the amount is not the refund's")
)

// Checking tells whether nobody knows yet what the provider did.
func (r Refund) Checking() bool {
	return r.State == RefundOnWay && r.Answer == PaymentUnknown && !r.ByHand()
}

// ByHand tells whether people send the money and say so.
func (r Refund) ByHand() bool { return ByHand(r.Provider) }

// ToSend tells whether the refund waits until somebody has sent the money.
func (r Refund) ToSend() bool { return r.State == RefundOnWay && r.ByHand() }

// Shown is the state people read: "checking" while nobody knows.
func (r Refund) Shown() string {
	if r.Checking() {
		return "checking"
	}
	return string(r.State)
}

// Move is a step that each code of a refund takes, with the event it leaves.
type Move struct {
	From, To CodeState
	Event    Event
}

// move asks a code's own rule what the refund's step does to it.
func move(from CodeState, o Order, step func(Code) (Code, Event, error)) (Move, error) {
	n, e, err := step(Code{Order: o.ID, Account: o.Account, State: from, Expires: o.Expires})
	return Move{from, n.State, e}, err
}

// Held is the limit above which an amount waits for review; ok is false when it
// is not held. A currency without a limit is never held.
func Held(amount money.Amount, limits []money.Amount) (limit money.Amount, ok bool) {
	for _, l := range limits {
		if l.Currency == amount.Currency && amount.Minor > l.Minor {
			return l, true
		}
	}
	return limit, false
}

// AskRefund makes the intent that is stored before a provider is asked: a first
// try under the given id, or the next try of the refund there is. by is the
// payment that made the order paid. A refund above a limit is held for review.
// Refusals: those of PlanRefund, which made the plan.
func AskRefund(a Actor, o Order, had Refund, id RefundID, by Payment, plan RefundPlan, limits []money.Amount, now time.Time) (Refund, []Move, Event, error) {
	if err := MayRefund(a, o, had.State, now); err != nil {
		return had, nil, Event{}, err
	}
	r := Refund{ID: id, Created: now, Reference: id.String()}
	if had.ID != 0 {
		r.ID, r.Created, r.Try, r.Version = had.ID, had.Created, had.Try, had.Version
		r.Reference = fmt.Sprintf("%s-%d", had.ID, had.Try+1)
	}
	r.Try++
	r.Order, r.Account, r.AskedBy, r.Asked = o.ID, o.Account, a.Person, now
	r.Payment, r.Provider, r.Charge = by.ID, by.Provider, by.Reference
	r.Amount, r.Count, r.State = plan.Amount, plan.In.Count, RefundReview
	kind := EventRefundHeld
	if limit, held := Held(r.Amount, limits); held {
		r.HeldAbove = limit.Minor
	} else {
		r.State, r.Answer, r.Placed, kind = RefundOnWay, PaymentUnknown, now, EventRefundAsked
	}
	m, err := move(Unused, o, func(c Code) (Code, Event, error) { return c.BeginRefund(a, now) })
	if err != nil {
		return had, nil, Event{}, err
	}
	r, e := r.step(a, kind, now)
	return r, []Move{m}, e, nil
}

// step makes the next version of the refund with its event.
func (r Refund) step(a Actor, kind EventKind, now time.Time) (Refund, Event) {
	r.Version++
	e := a.event(kind, int64(r.ID), now)
	e.Account, e.Version = r.Account, r.Version
	e.Data = Data{"order": r.Order.String(), "reference": r.Reference, "count": r.Count, "total": r.Amount.Minor, "currency": r.Amount.Currency, "state": string(r.State)}
	if r.Detail != "" {
		e.Data["detail"] = r.Detail
	}
	if r.Note != "" {
		e.Data["note"] = r.Note
	}
	return r, e
}

// Approve lets a held refund go to the provider. Staff with the money role.
func (r Refund) Approve(a Actor, now time.Time) (Refund, []Move, Event, error) {
	if err := r.reviewed(a); err != nil {
		return r, nil, Event{}, err
	}
	r.State, r.Answer, r.Placed = RefundOnWay, PaymentUnknown, now
	r, e := r.step(a, EventRefundApproved, now)
	return r, nil, e, nil
}

// Decline refuses a held refund with a reason; its codes go back, and the buyer
// may ask again. Staff with the money role.
func (r Refund) Decline(a Actor, o Order, reason string, now time.Time) (Refund, []Move, Event, error) {
	if err := r.reviewed(a); err != nil {
		return r, nil, Event{}, err
	}
	reason, err := checkReason(reason)
	if err != nil {
		return r, nil, Event{}, err
	}
	r.Detail, r.Note = RefundDeclined, reason
	return r.fail(a, o, EventRefundDeclined, now)
}

func (r Refund) reviewed(a Actor) error {
	if err := NeedStaff(a, Money); err != nil {
		return err
	}
	if r.State != RefundReview {
		return ErrRefundNotReview
	}
	return nil
}

// fail puts the codes back; those of an order that ended meanwhile expire at once,
// because the sweep over ended orders may have passed already (S16).
func (r Refund) fail(a Actor, o Order, kind EventKind, now time.Time) (Refund, []Move, Event, error) {
	m, err := move(Refunding, o, func(c Code) (Code, Event, error) { return c.UndoRefund(a, now) })
	if err != nil {
		return r, nil, Event{}, err
	}
	moves := []Move{m}
	if o.Ended(now) {
		if m, err = move(Unused, o, func(c Code) (Code, Event, error) { return c.Expire(a, now) }); err != nil {
			return r, nil, Event{}, err
		}
		moves = append(moves, m)
	}
	r.State, r.Settled = RefundRefused, now
	r, e := r.step(a, kind, now)
	return r, moves, e, nil
}

// done ends the refund: the money is back, the codes are gone.
func (r Refund) done(a Actor, o Order, now time.Time) (Refund, []Move, Event, error) {
	m, err := move(Refunding, o, func(c Code) (Code, Event, error) { return c.SettleRefund(a, now) })
	if err != nil {
		return r, nil, Event{}, err
	}
	r.State, r.Answer, r.Settled = RefundDone, PaymentSucceeded, now
	r, e := r.step(a, EventRefundDone, now)
	return r, []Move{m}, e, nil
}

// Learn takes in what a provider said about the try with a reference. States
// only move forward, and an answer about an earlier try is none about this one.
// changed is false when nothing is new.
func (r Refund) Learn(a Actor, o Order, reference string, said PaymentState, providerRef, detail string, now time.Time) (n Refund, m []Move, e Event, changed bool, err error) {
	if r.State != RefundOnWay || r.Reference != reference {
		return r, m, e, false, nil
	}
	n = r
	if providerRef != "" {
		n.ProviderRef = providerRef
	}
	switch said {
	case PaymentSucceeded:
		n, m, e, err = n.done(a, o, now)
	case PaymentFailed:
		n.Answer, n.Detail = PaymentFailed, detail
		n, m, e, err = n.fail(a, o, EventRefundRefused, now)
	case PaymentPending:
		if n.Answer == PaymentPending && n.ProviderRef == r.ProviderRef {
			return r, m, e, false, nil
		}
		n.Answer = PaymentPending
		n, e = n.step(a, EventRefundWaiting, now)
	default: // not knowing is no news
		return r, m, e, false, nil
	}
	return n, m, e, err == nil, err
}

// ConfirmSent notes that somebody sent the money of a refund by hand. Staff with
// the money role.
func (r Refund) ConfirmSent(a Actor, o Order, sent money.Amount, now time.Time) (Refund, []Move, Event, error) {
	if err := r.waits(a); err != nil {
		return r, nil, Event{}, err
	}
	if sent != r.Amount {
		return r, nil, Event{}, ErrRefundAmount.With("expected", r.Amount, "sent", sent).On("amount")
	}
	return r.done(a, o, now)
}

// CannotSend notes that the money could not be sent, and why; the codes go back.
// Staff with the money role.
func (r Refund) CannotSend(a Actor, o Order, reason string, now time.Time) (Refund, []Move, Event, error) {
	if err := r.waits(a); err != nil {
		return r, nil, Event{}, err
	}
	reason, err := checkReason(reason)
	if err != nil {
		return r, nil, Event{}, err
	}
	r.Answer, r.Detail, r.Note = PaymentFailed, RefundNotSent, reason
	return r.fail(a, o, EventRefundRefused, now)
}

func (r Refund) waits(a Actor) error {
	if err := NeedStaff(a, Money); err != nil {
		return err
	}
	switch {
	case !r.ByHand():
		return ErrRefundNotByHand
	case r.State != RefundOnWay:
		return ErrRefundNotWaits
	}
	return nil
}

// Told is the notice that a step of a refund owes. subject is the order's.
func (r Refund) Told(o Order, subject Names, now time.Time) Notice {
	kind := map[RefundState]NoticeKind{RefundReview: NoticeRefundHeld, RefundOnWay: NoticeRefundAsked, RefundDone: NoticeRefundDone, RefundRefused: NoticeRefundRefused}[r.State]
	return Notice{Account: o.Account, Kind: kind, About: int64(r.ID), Version: r.Version,
		Link: "/enterprise/orders/" + o.ID.String() + "/refund", Created: now,
		Data: Data{"number": o.Number, "count": r.Count, "minor": r.Amount.Minor, "currency": r.Amount.Currency, "reference": r.Reference,
			"subject_en": subject.EN, "subject_zh": subject.ZH, "detail": r.Detail, "note": r.Note}}
}

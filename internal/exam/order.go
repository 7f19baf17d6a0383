package exam

import (
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// OrderState is the stored state; that an order has ended is a fact of time.
type OrderState string

const (
	Pending OrderState = "pending"
	Paid    OrderState = "paid"
	Closed  OrderState = "closed"
)

// MaxQuantity is the most codes one order can hold (S4); a subject may set less.
const MaxQuantity = 100_000

// PayWithin is how long an order waits for its payment to be started.
const PayWithin = 24 * time.Hour

// Order is one purchase: a subject times a quantity. Price and total are frozen
// when it is placed.
type Order struct {
	ID        OrderID
	Number    string // what people read and say
	Account   AccountID
	Buyer     PersonID
	Subject   SubjectID
	Quantity  int
	UnitPrice money.Amount
	Total     money.Amount
	State     OrderState
	Zone      string // IANA name; decides the local day of the end
	Created   time.Time
	PaidAt    time.Time // zero until paid
	Expires   time.Time // zero until paid; exclusive
	ClosedAt  time.Time
	Swept     time.Time // when the end was written down; see End
	FirstCode CodeID    // its codes' ids follow each other from here on; zero until paid
	Issued    int       // how many of them there are; the rest is on its way
	Version   int64
}

var (
	ErrAccountNotVerified = fault.New(fault.Forbidden, "account_not_verified", "the account is not verified yet")
	ErrBuyerNotRoot       = fault.New(fault.Forbidden, "buyer_not_root", "only the root of the account, or a member the root has granted it, buys codes")
	ErrQuantity           = fault.New(fault.Invalid, "quantity_out_of_range", "the quantity is outside the range")
	ErrSubjectRetired     = fault.New(fault.Conflict, "subject_retired", "this subject is no longer sold")
	ErrSubjectUnknown     = fault.New(fault.Invalid, "subject_unknown", "there is no such subject")
	ErrOrderNotPending    = fault.New(fault.Conflict, "order_not_pending", "the order does not wait for a payment")
	ErrOrderClosed        = fault.New(fault.Conflict, "order_closed", "the order is closed")
	ErrOrderNotPaid       = fault.New(fault.Conflict, "order_not_paid", "the order is not paid")
	ErrOrderNotEnded      = fault.New(fault.Conflict, "order_not_ended", "the order has not ended")
	ErrTooManyPending     = fault.New(fault.Conflict, "too_many_pending", "too many orders of this account wait for their payment")
	ErrOrderNotDue        = fault.New(fault.Conflict, "order_not_due", "the order may still be paid")
)

// MayBuy checks the two conditions of S1 and names the one that fails; when
// both do, the refusal carries both.
func MayBuy(a Actor) error {
	if a.Person == 0 {
		return ErrNotSignedIn
	}
	if a.Kind != Enterprise {
		return ErrNotEnterprise
	}
	verified, root := a.Verified == Verified, a.Has(BuyCodes)
	switch {
	case !verified && !root:
		e := ErrAccountNotVerified.With()
		e.Fields = []fault.Field{{Name: "verification", Reason: ErrAccountNotVerified.Reason}, {Name: "user_type", Reason: ErrBuyerNotRoot.Reason}}
		return e
	case !verified:
		return ErrAccountNotVerified
	case !root:
		return ErrBuyerNotRoot
	}
	return nil
}

// MaxPending is how many orders of one account can wait for their payment.
const MaxPending = 50

// CheckPending refuses a further order when too many wait for their payment.
func CheckPending(waiting int) error {
	if waiting >= MaxPending {
		return ErrTooManyPending.With("max", MaxPending)
	}
	return nil
}

// CheckQuantity refuses quantities outside 1 to the subject's ceiling (S4).
func CheckQuantity(n int, s Subject) error {
	if top := s.Ceiling(); n < 1 || n > top {
		return ErrQuantity.With("min", 1, "max", top).On("quantity")
	}
	return nil
}

// PlaceOrder makes a pending order at today's price (S1, S4).
func PlaceOrder(a Actor, o Order, s Subject, now time.Time) (Order, Event, error) {
	if err := MayBuy(a); err != nil {
		return o, Event{}, err
	}
	if s.RetiredBy(now) {
		return o, Event{}, ErrSubjectRetired.On("subject_id")
	}
	if err := CheckQuantity(o.Quantity, s); err != nil {
		return o, Event{}, err
	}
	o.Account, o.Buyer, o.Subject, o.State = a.Account, a.Person, s.ID, Pending
	o.UnitPrice, o.Total = s.Price, s.Price.Times(o.Quantity)
	o.Created, o.Version = now, 1
	e := o.event(a, EventOrderPlaced, now)
	e.Data["total"], e.Data["currency"] = o.Total.Minor, o.Total.Currency
	return o, e, nil
}

func (o Order) event(a Actor, kind EventKind, now time.Time) Event {
	e := a.event(kind, int64(o.ID), now)
	e.Account, e.Version = o.Account, o.Version
	e.Data = Data{"number": o.Number, "quantity": o.Quantity}
	return e
}

// Capture makes the order paid (S5, S15); FirstCode says where its codes begin.
// They come into being with it, of a large order the first part: see IssueMore.
// Only the payment of exactly its total does it.
func (o Order) Capture(a Actor, p Payment, now time.Time) (Order, Event, error) {
	switch {
	case o.State == Closed:
		return o, Event{}, ErrOrderClosed
	case o.State != Pending:
		return o, Event{}, ErrOrderNotPending
	case p.Order != o.ID || p.Amount != o.Total:
		return o, Event{}, ErrPaymentAmount
	}
	o.State, o.PaidAt, o.Expires = Paid, now, EndOfOrder(now, o.location())
	o.Version++
	e := o.event(a, EventOrderPaid, now)
	e.Data["provider"], e.Data["expires_at"] = p.Provider, o.Expires.UTC().Format(time.RFC3339)
	return o, e, nil
}

// Close ends a pending order at the buyer's wish.
func (o Order) Close(a Actor, now time.Time) (Order, Event, error) {
	if a.Account != o.Account {
		return o, Event{}, fault.ErrNotFound
	}
	if !a.Has(BuyCodes) {
		return o, Event{}, ErrBuyerNotRoot
	}
	return o.close(a, "cancelled", now)
}

// CloseUnpaid ends a pending order that nobody began to pay in time.
func (o Order) CloseUnpaid(a Actor, now time.Time) (Order, Event, error) {
	if now.Before(o.Created.Add(PayWithin)) {
		return o, Event{}, ErrOrderNotDue
	}
	return o.close(a, "unpaid", now)
}

func (o Order) close(a Actor, why string, now time.Time) (Order, Event, error) {
	if o.State != Pending {
		return o, Event{}, ErrOrderNotPending
	}
	o.State, o.ClosedAt = Closed, now
	o.Version++
	e := o.event(a, EventOrderClosed, now)
	e.Data["why"] = why
	return o, e, nil
}

// Ended tells whether the paid order's validity is over; the end is outside.
func (o Order) Ended(now time.Time) bool { return o.State == Paid && !now.Before(o.Expires) }

// End writes down that the order has ended, when it has all its codes and none of
// them is Unused or Bound any more: so many of them ended unused, so many with a registration.
func (o Order) End(a Actor, unused, bound int, now time.Time) (Order, Event, error) {
	switch {
	case o.State != Paid:
		return o, Event{}, ErrOrderNotPaid
	case !o.Ended(now):
		return o, Event{}, ErrOrderNotEnded
	case !o.Swept.IsZero():
		return o, Event{}, ErrChangedMeanwhile
	}
	if err := o.NeedWhole(); err != nil {
		return o, Event{}, err
	}
	o.Swept = now
	o.Version++
	e := o.event(a, EventOrderEnded, now)
	e.Data["unused"], e.Data["bound"] = unused, bound
	return o, e, nil
}

// ToldOfEndFor is how long after its end an order's people are told of it.
const ToldOfEndFor = 7 * 24 * time.Hour

// TellEnd tells whether an end that is written down at an instant is news to its
// people; what ended longer ago, before the program looked for it say, is written
// down without a word.
func (o Order) TellEnd(now time.Time) bool { return now.Before(o.Expires.Add(ToldOfEndFor)) }

// Shown is the state people read: "ended" for a paid order past its end.
func (o Order) Shown(now time.Time) string {
	if o.Ended(now) {
		return "ended"
	}
	return string(o.State)
}

// EndOfOrder is the exclusive end of an order paid at an instant: the start of
// the local day after the same date next year; 29 February becomes 28 (S15).
func EndOfOrder(paid time.Time, loc *time.Location) time.Time {
	y, m, d := paid.In(loc).Date()
	if m == time.February && d == 29 {
		d = 28
	}
	return startOfDay(y+1, m, d+1, loc)
}

// startOfDay is the first instant of a local date. Where the clock change skips
// or repeats midnight, time.Date alone may give the hour before or the second
// midnight.
func startOfDay(y int, m time.Month, d int, loc *time.Location) time.Time {
	want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	before := func(t time.Time) bool {
		y, m, d := t.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(want)
	}
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	if before(t) { // midnight does not exist: the day begins at the change
		_, change := t.ZoneBounds()
		return change.In(loc)
	}
	if change, _ := t.ZoneBounds(); !change.IsZero() && !before(change) && before(change.Add(-1)) {
		return change.In(loc)
	}
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute} {
		if u := t.Add(-back); !before(u) && before(u.Add(-1)) {
			return u
		}
	}
	return t
}

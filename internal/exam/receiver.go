package exam

import (
	"slices"
	"strings"
	"time"

	"examcode/internal/fault"
)

// Receiver is somebody besides an account's root who is told about its affairs:
// a member, in the message centre and by mail, or an address without an account,
// by mail alone and only after it has agreed.
type Receiver struct {
	ID         ReceiverID
	Account    AccountID
	Person     PersonID // zero for an address
	Email      string   // normalised; "" for a member
	Label      string   // what the address is: "Finance"
	Lang       string   // of the mails to an address
	Categories []string // of AccountMail
	State      ReceiverState
	Asked      time.Time // when the address was asked last
	Confirmed  time.Time
	Ended      time.Time // when it was removed
	Created    time.Time
	Version    int64
}

// ReceiverState tells whether anything is sent.
type ReceiverState string

const (
	ReceiverWaiting ReceiverState = "waiting" // for the address to agree
	ReceiverActive  ReceiverState = "active"
	ReceiverRemoved ReceiverState = "removed"
)

// AccountMail are the categories that concern a company as a whole; everything
// else is told to the person concerned alone.
var AccountMail = []string{"orders", "expiry", "codes", "results"}

const (
	// MostReceivers is how many an account may have.
	MostReceivers = 20
	// AgreeWithin is how long the link in the question to an address works.
	AgreeWithin = 14 * 24 * time.Hour
)

var (
	ErrReceiverKnown    = fault.New(fault.Conflict, "receiver_known", "this receiver is there already")
	ErrReceiversMany    = fault.New(fault.Conflict, "receivers_many", "there are as many receivers as an account may have; remove one first")
	ErrReceiverCategory = fault.New(fault.Invalid, "receiver_category", "choose what the receiver is told about")
	ErrReceiverStranger = fault.New(fault.Invalid, "receiver_stranger", "choose a member of this account")
	ErrReceiverGone     = fault.New(fault.Conflict, "receiver_gone", "this receiver was removed")
	ErrReceiverActive   = fault.New(fault.Conflict, "receiver_active", "this address has agreed already")
	ErrLinkOld          = fault.New(fault.Conflict, "link_old", "this link does not work any more")
	ErrMailMandatory    = fault.New(fault.Invalid, "mail_mandatory", "mail about this cannot be switched off")
)

// mayReceivers refuses everybody but a company's root.
func mayReceivers(a Actor) error {
	if err := NeedRight(a, 0); err != nil {
		return err
	}
	if a.Role != Root {
		return ErrNotAllowed
	}
	return nil
}

func (v Receiver) check() error {
	var c fault.Check
	if len(v.Categories) == 0 {
		c.Add("category", ErrReceiverCategory)
	}
	for _, x := range v.Categories {
		if !slices.Contains(AccountMail, x) {
			c.Add("category", ErrReceiverCategory)
			break
		}
	}
	c.Add("label", CheckLine(v.Label, 80))
	if v.Person == 0 && v.Lang != "en" && v.Lang != "zh" {
		c.Add("lang", ErrLangUnknown)
	}
	return c.Err()
}

// event of a receiver; its data never hold more of an address than the account
// shows anyway.
func (v Receiver) event(a Actor, kind EventKind, now time.Time) Event {
	e := a.event(kind, int64(v.ID), now)
	e.Account, e.Version = v.Account, v.Version
	e.Data = Data{"receiver": v.Name(), "categories": strings.Join(v.Categories, " ")}
	return e
}

// Name is how the receiver is called in the trail; a member's name is filled in
// by who shows it.
func (v Receiver) Name() string {
	if v.Email != "" {
		return v.Email
	}
	return v.Person.String()
}

// AddReceiver adds a member or an address to those who are told about an
// account's affairs. An address is asked first, and only for a root whose own
// address is confirmed: an account nobody stands behind must not make us write to
// others. have is how many there are, of is the member. Refusals: receivers_many,
// receiver_category, receiver_stranger, email_unconfirmed, not_allowed.
func AddReceiver(a Actor, v Receiver, of Person, confirmed bool, have int, now time.Time) (Receiver, Event, error) {
	if err := mayReceivers(a); err != nil {
		return v, Event{}, err
	}
	if have >= MostReceivers {
		return v, Event{}, ErrReceiversMany
	}
	if v.Person != 0 && (of.Account != a.Account || !of.Suspended.IsZero()) {
		return v, Event{}, ErrReceiverStranger.On("person")
	}
	if v.Person == 0 && !confirmed {
		return v, Event{}, ErrEmailUnconfirmed
	}
	if err := v.check(); err != nil {
		return v, Event{}, err
	}
	v.Account, v.Created, v.Asked, v.Version = a.Account, now, now, 1
	v.State = ReceiverWaiting
	if v.Person != 0 {
		v.State, v.Confirmed = ReceiverActive, now
	}
	return v, v.event(a, EventReceiverAdded, now), nil
}

// Change changes what a receiver is told about, in which language and under
// which name. Refusals: receiver_gone, receiver_category, not_allowed.
func (v Receiver) Change(a Actor, to Receiver, now time.Time) (Receiver, Event, error) {
	if err := v.mine(a); err != nil {
		return v, Event{}, err
	}
	v.Categories, v.Label, v.Lang = to.Categories, to.Label, to.Lang
	if err := v.check(); err != nil {
		return v, Event{}, err
	}
	v.Version++
	return v, v.event(a, EventReceiverChanged, now), nil
}

func (v Receiver) mine(a Actor) error {
	switch err := mayReceivers(a); {
	case err != nil:
		return err
	case v.Account != a.Account:
		return fault.ErrNotFound
	case v.State == ReceiverRemoved:
		return ErrReceiverGone
	}
	return nil
}

// Ask asks an address once more. Refusals: receiver_active, receiver_gone,
// email_unconfirmed.
func (v Receiver) Ask(a Actor, confirmed bool, now time.Time) (Receiver, Event, error) {
	if err := v.mine(a); err != nil {
		return v, Event{}, err
	}
	if v.State == ReceiverActive {
		return v, Event{}, ErrReceiverActive
	}
	if !confirmed {
		return v, Event{}, ErrEmailUnconfirmed
	}
	v.Asked = now
	v.Version++
	return v, v.event(a, EventReceiverAdded, now), nil
}

// Agree is what whoever reads the address's mail does with the link. Again is
// fine: changed is false. Refusals: link_old.
func (v Receiver) Agree(now time.Time) (agreed Receiver, e Event, changed bool, err error) {
	switch {
	case v.State == ReceiverActive:
		return v, Event{}, false, nil
	case v.State == ReceiverRemoved, !now.Before(v.Asked.Add(AgreeWithin)):
		return v, Event{}, false, ErrLinkOld
	}
	v.State, v.Confirmed = ReceiverActive, now
	v.Version++
	return v, v.event(Actor{Channel: Console}, EventReceiverConfirmed, now), true, nil
}

// Remove ends a receiver. Refusals: receiver_gone, not_allowed.
func (v Receiver) Remove(a Actor, now time.Time) (Receiver, Event, error) {
	if err := v.mine(a); err != nil {
		return v, Event{}, err
	}
	return v.end(a, now)
}

// Stop is what an address does that wants no more mail. Again is fine.
func (v Receiver) Stop(now time.Time) (stopped Receiver, e Event, changed bool) {
	if v.State == ReceiverRemoved || v.Email == "" {
		return v, Event{}, false
	}
	v, e, _ = v.end(Actor{Channel: Console}, now)
	return v, e, true
}

func (v Receiver) end(a Actor, now time.Time) (Receiver, Event, error) {
	v.State, v.Ended = ReceiverRemoved, now
	v.Version++
	return v, v.event(a, EventReceiverRemoved, now), nil
}

// Wants tells whether a receiver is told about a category.
func (v Receiver) Wants(category string) bool {
	return v.State == ReceiverActive && slices.Contains(v.Categories, category)
}

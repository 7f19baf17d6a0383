package exam

import (
	"fmt"
	"time"

	"examcode/internal/fault"
)

// ErasedName stands wherever the name of an erased person stood, in both
// languages: a list, a file and a mail show it as it is.
const ErasedName = "Deleted person / 已注销"

// ErasedEmail stands where an address stood that was forgotten: no mail can ever
// reach it, and nobody can sign in with it. of is the id of the row.
func ErasedEmail(of int64) string { return fmt.Sprintf("erased-%d@erased.invalid", of) }

// VerificationWithdrawn is why a submission ended whose sender was erased.
const VerificationWithdrawn = "withdrawn"

// Affairs are what an erasing has to know of a person, and says in numbers
// before it is confirmed.
type Affairs struct {
	Registrations int // all of them
	Bound         int // registered, no session yet: their codes go back to their company
	Reserved      int // a session is reserved, or its result is owed
	Results       int

	Notices, Keys, SignIns    int
	Submissions, Documents    int // verifications sent
	Receivers, Invitations    int
	Orders                    int // placed by them
	Files                     int // kept files of companies that may name them
	OpenPayments, OpenRefunds int // of their company
	Usable                    int // codes of their company that are Unused or Bound in a living order
	Roots, Colleagues         int // others who can sign in to their account
}

var (
	ErrErased         = fault.New(fault.Conflict, "erased", "this person's data were erased already")
	ErrEraseReserved  = fault.New(fault.Conflict, "erase_reserved", "a session is reserved or its result is not known yet; cancel the reservation or wait for the result")
	ErrEraseMoney     = fault.New(fault.Conflict, "erase_money_open", "a payment or a refund of the company is open and nobody else could settle it")
	ErrEraseByAdmin   = fault.New(fault.Forbidden, "erase_by_admin", "staff are erased by an administrator, never by themselves")
	ErrEraseConfirmed = fault.New(fault.Invalid, "erase_not_confirmed", "type the e-mail address of the account to confirm")
)

// MayErase tells whether a person can be erased: by themselves, or by staff with
// the review role on request; staff by another administrator. Whoever holds a
// seat gives it back first, and the last root of a company settles its money
// first. Refusals: erased, erase_reserved, erase_money_open, erase_by_admin,
// not_allowed, not_operator.
func (p Person) MayErase(a Actor, kind AccountKind, f Affairs) error {
	switch {
	case a.Person == 0:
		return ErrNotSignedIn
	case !p.Erased.IsZero():
		return ErrErased
	case kind == Operator && (a.Person == p.ID || a.Kind != Operator || a.Role != Admin):
		return ErrEraseByAdmin
	}
	if a.Person != p.ID {
		if err := NeedStaff(a, Review); err != nil {
			return err
		}
	}
	switch {
	case f.Reserved > 0:
		return ErrEraseReserved
	case kind == Enterprise && p.Role == Root && p.Suspended.IsZero() && f.Roots == 0 && f.OpenPayments+f.OpenRefunds > 0:
		return ErrEraseMoney
	}
	return nil
}

// Erase ends a person for good: what is left is a pseudonym that signs in
// nowhere. The store forgets everything else in the same transaction; the event
// says how much, never what. Refusals: MayErase's.
func (p Person) Erase(a Actor, kind AccountKind, f Affairs, now time.Time) (Person, Event, error) {
	if err := p.MayErase(a, kind, f); err != nil {
		return p, Event{}, err
	}
	by := "person"
	if a.Person != p.ID {
		by = "staff"
	}
	n := Person{ID: p.ID, Account: p.Account, Email: ErasedEmail(int64(p.ID)), Name: ErasedName, Role: p.Role, Theme: "auto",
		Created: p.Created, Suspended: now, Erased: now, Version: p.Version + 1}
	if !p.Suspended.IsZero() {
		n.Suspended = p.Suspended
	}
	e := n.event(a, EventPersonErased, now, Data{"by": by, "registrations": f.Registrations, "unbound": f.Bound, "keys": f.Keys, "notices": f.Notices, "documents": f.Documents})
	return n, e, nil
}

// CopyData records that somebody took a copy of their data. It changes nothing,
// so its event has no version.
func CopyData(a Actor, now time.Time) (Event, error) {
	if a.Person == 0 {
		return Event{}, ErrNotSignedIn
	}
	return a.event(EventDataCopied, int64(a.Person), now), nil
}

// GiveUp notes that the holder of a bound code was erased: the code goes back to
// its company, Unused, as when it is unbound. Refusals: code_reserved,
// order_expired, code_not_bound.
func (c Code) GiveUp(a Actor, now time.Time) (Code, Event, error) {
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

// EventNames are the facts of events that name a person or an address; all other
// facts of events are words, numbers and names of things. They are forgotten with
// the person, and are in nobody else's copy.
var EventNames = map[EventKind][]string{
	EventKeyCreated: {"name"}, EventKeyRevoked: {"name"},
	EventMemberInvited: {"email"}, EventInvitationSentAgain: {"email"}, EventInvitationRevoked: {"email"},
	EventMemberJoined: {"name", "email"}, EventMemberRightsChanged: {"name"}, EventMemberRemoved: {"name", "email"},
	EventReceiverAdded: {"receiver"}, EventReceiverConfirmed: {"receiver"}, EventReceiverChanged: {"receiver"}, EventReceiverRemoved: {"receiver"},
}

// NoticeNames is EventNames for notices. "who" is whoever acted, all others are
// whom the notice is about.
var NoticeNames = map[NoticeKind][]string{
	NoticeMemberJoined: {"name", "email"}, NoticeRightsChanged: {"name", "email"}, NoticeMemberRemoved: {"name", "email"}, NoticePasswordChanged: {"name", "email"},
	NoticeReceiversChanged: {"receiver", "who"}, NoticeCorrected: {"name"},
}

// Forget puts the pseudonym in place of the named facts, and tells whether there
// were any others.
func (d Data) Forget(names ...string) bool {
	changed := false
	for _, n := range names {
		if was, has := d[n].(string); has && was != "" && was != ErasedName {
			d[n], changed = ErasedName, true
		}
	}
	return changed
}

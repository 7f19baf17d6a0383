package exam

import (
	"time"

	"examcode/internal/fault"
)

// TicketKind is what a one-time link is for; also the key of its mail's texts.
type TicketKind string

const (
	TicketInvitation TicketKind = "invitation"
	TicketPassword   TicketKind = "password"
	TicketEmail      TicketKind = "email"
)

// TicketKinds is every kind, with the page its link opens.
var TicketKinds = map[TicketKind]string{TicketInvitation: "/invitation", TicketPassword: "/password", TicketEmail: "/confirm-email"}

// How long the links of a forgotten password and of a new e-mail are good. An
// invitation's lasts as long as the invitation.
const (
	PasswordLinkFor = time.Hour
	EmailLinkFor    = 7 * 24 * time.Hour
)

// TicketState is how far a link has come; that it has run out is a fact of time.
type TicketState string

const (
	TicketOpen     TicketState = "open"
	TicketUsed     TicketState = "used"
	TicketReplaced TicketState = "replaced" // a newer link took its place
)

// Ticket is a one-time link in an e-mail. Its token is kept as a hash, and
// sealed until the mail has left.
type Ticket struct {
	ID         TicketID
	Kind       TicketKind
	Account    AccountID
	Person     PersonID     // none for invitations
	Invitation InvitationID // none for the others
	Email      string
	Lang       string
	State      TicketState
	Created    time.Time
	Expires    time.Time
}

var (
	ErrLinkUnknown  = fault.New(fault.NotFound, "link_unknown", "this link is not one of ours; open the newest mail again")
	ErrLinkUsed     = fault.New(fault.Conflict, "link_used", "this link was used already")
	ErrLinkReplaced = fault.New(fault.Conflict, "link_replaced", "a newer link was sent; open the newest mail")
	ErrLinkEnded    = fault.New(fault.Conflict, "link_ended", "this link has run out; ask for another one")
)

// Open tells whether a link is still good. Its holder was sent it, so each
// reason is named. Refusals: link_used, link_replaced, link_ended.
func (t Ticket) Open(now time.Time) error {
	switch {
	case t.State == TicketUsed:
		return ErrLinkUsed
	case t.State == TicketReplaced:
		return ErrLinkReplaced
	case !now.Before(t.Expires):
		return ErrLinkEnded
	}
	return nil
}

// NewPassword notes that a person has a new password. Set by a link (from is
// nobody), it shows that their address is theirs. Refusal: suspended.
func (p Person) NewPassword(from Actor, now time.Time) (Person, Event, error) {
	if !p.Suspended.IsZero() {
		return p, Event{}, ErrSuspended
	}
	if p.Confirmed.IsZero() && from.Person == 0 {
		p.Confirmed = now
	}
	p.Version++
	from.Person = p.ID
	return p, p.event(from, EventPasswordChanged, now, nil), nil
}

// ConfirmEmail notes that the person's address is theirs; done is false when it
// was known before. Refusal: suspended.
func (p Person) ConfirmEmail(from Actor, now time.Time) (n Person, e Event, done bool, err error) {
	switch {
	case !p.Suspended.IsZero():
		return p, e, false, ErrSuspended
	case !p.Confirmed.IsZero():
		return p, e, false, nil
	}
	p.Confirmed = now
	p.Version++
	from.Person = p.ID
	return p, p.event(from, EventEmailConfirmed, now, nil), true, nil
}

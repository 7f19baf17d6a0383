package exam

import (
	"strings"
	"time"

	"examcode/internal/fault"
)

// InvitedFor is how long an invitation can be accepted after it was sent.
const InvitedFor = 7 * 24 * time.Hour

// InvitationState is how far an invitation has come. That it has run out is a
// fact of time, not a state.
type InvitationState string

const (
	InvitationOpen     InvitationState = "open"
	InvitationAccepted InvitationState = "accepted"
	InvitationRevoked  InvitationState = "revoked"
	InvitationExpired  InvitationState = "expired" // shown, never stored
)

// Invitation asks the holder of an e-mail to become a member of a company with
// certain rights. Its link is a Ticket.
type Invitation struct {
	ID      InvitationID
	Account AccountID
	Email   string // normalised
	Rights  Rights
	Lang    string // of the e-mail: "en", "zh"
	State   InvitationState
	By      PersonID // who sent it last
	Sent    time.Time
	Expires time.Time
	Settled time.Time // accepted or revoked
	Person  PersonID  // who accepted
	Created time.Time
	Version int64
}

// StateAt is the state as people see it at an instant.
func (i Invitation) StateAt(now time.Time) InvitationState {
	if i.State == InvitationOpen && !now.Before(i.Expires) {
		return InvitationExpired
	}
	return i.State
}

var (
	ErrAlreadyMember    = fault.New(fault.Conflict, "already_member", "this address belongs to a member of the account already")
	ErrInvitationOpen   = fault.New(fault.Conflict, "invitation_open", "this address is invited already; send that invitation again")
	ErrInvitationClosed = fault.New(fault.Conflict, "invitation_closed", "this invitation was accepted or revoked")
	ErrInvitationEnded  = fault.New(fault.Conflict, "invitation_ended", "the invitation has run out; ask for another one")
	ErrInvitationGone   = fault.New(fault.Conflict, "invitation_revoked", "the invitation was taken back")
	// ErrEmailElsewhere is told to the holder of the link alone: whoever invites
	// does not learn who has an account.
	ErrEmailElsewhere   = fault.New(fault.Conflict, "email_elsewhere", "this address signs in to another account; ask to be invited under another one")
	ErrEmailUnconfirmed = fault.New(fault.Forbidden, "email_unconfirmed", "confirm your e-mail first")
	ErrRootStays        = fault.New(fault.Conflict, "root_stays", "the root of an account has all rights and cannot be removed")
	ErrRightsAsBefore   = fault.New(fault.Conflict, "rights_unchanged", "these are the rights the member has already")
)

// InviteMember invites an address to the actor's company. Only a root whose own
// address is confirmed may: an account nobody stands behind must not make us
// write to others. Refusals: not_root, email_unconfirmed, lang_unknown,
// right_unknown.
func InviteMember(a Actor, i Invitation, confirmed bool, now time.Time) (Invitation, Event, error) {
	if err := NeedRoot(a); err != nil {
		return i, Event{}, err
	}
	if !confirmed {
		return i, Event{}, ErrEmailUnconfirmed
	}
	if i.Lang != "en" && i.Lang != "zh" {
		return i, Event{}, ErrLangUnknown.On("lang")
	}
	if i.Rights&^AllRights != 0 {
		return i, Event{}, ErrRightUnknown.On("rights")
	}
	i.Account, i.State, i.By, i.Created, i.Version = a.Account, InvitationOpen, a.Person, now, 1
	i.Sent, i.Expires = now, now.Add(InvitedFor)
	return i, i.event(a, EventMemberInvited, now), nil
}

// SendAgain gives an open invitation, also one that has run out, seven new days.
// The caller makes a new link; the former one ends. Refusals: not_root,
// email_unconfirmed, invitation_closed.
func (i Invitation) SendAgain(a Actor, confirmed bool, now time.Time) (Invitation, Event, error) {
	if err := i.mine(a); err != nil {
		return i, Event{}, err
	}
	if !confirmed {
		return i, Event{}, ErrEmailUnconfirmed
	}
	i.By, i.Sent, i.Expires, i.Version = a.Person, now, now.Add(InvitedFor), i.Version+1
	return i, i.event(a, EventInvitationSentAgain, now), nil
}

// Revoke takes an open invitation back. Refusals: not_root, invitation_closed.
func (i Invitation) Revoke(a Actor, now time.Time) (Invitation, Event, error) {
	if err := i.mine(a); err != nil {
		return i, Event{}, err
	}
	i.State, i.Settled, i.Version = InvitationRevoked, now, i.Version+1
	return i, i.event(a, EventInvitationRevoked, now), nil
}

// mine admits the root of the company whose open invitation this is.
func (i Invitation) mine(a Actor) error {
	if err := NeedRoot(a); err != nil {
		return err
	}
	if i.Account != a.Account {
		return fault.ErrNotFound
	}
	if i.State != InvitationOpen {
		return ErrInvitationClosed
	}
	return nil
}

func (i Invitation) event(a Actor, kind EventKind, now time.Time) Event {
	e := a.event(kind, int64(i.ID), now)
	e.Version = i.Version
	e.Data = Data{"email": i.Email, "rights": strings.Join(i.Rights.Names(), " ")}
	return e
}

// MayAccept tells whether an invitation can be accepted by the holder of its
// address. known is the person with that address, nil when there is none.
// Refusals: invitation_revoked, link_used, invitation_ended, already_member,
// email_elsewhere.
func (i Invitation) MayAccept(known *Person, now time.Time) error {
	switch {
	case i.State == InvitationRevoked:
		return ErrInvitationGone
	case i.State == InvitationAccepted:
		return ErrLinkUsed
	case !now.Before(i.Expires):
		return ErrInvitationEnded
	case known != nil && known.Account != i.Account:
		return ErrEmailElsewhere
	case known != nil && known.Suspended.IsZero():
		return ErrAlreadyMember
	}
	return nil
}

// Accept makes the invited person a member. p is new, or the person who was
// removed from this company before: they come back as the same one, so that what
// they did stays theirs. Their event speaks for the invitation too. Refusals:
// MayAccept's, person_name_missing.
func (i Invitation) Accept(from Actor, p Person, known *Person, now time.Time) (Invitation, Person, Event, error) {
	if err := i.MayAccept(known, now); err != nil {
		return i, p, Event{}, err
	}
	if strings.TrimSpace(p.Name) == "" {
		return i, p, Event{}, ErrPersonName.On("name")
	}
	if err := CheckLine(p.Name, 120); err != nil {
		return i, p, Event{}, fault.Of(err).On("name")
	}
	p.Created, p.Version = now, 1
	if known != nil {
		name := p.Name
		p = *known
		p.Name, p.Version = name, known.Version+1
	}
	p.Account, p.Email, p.Role, p.Rights, p.Lang = i.Account, i.Email, Member, i.Rights, i.Lang
	p.Suspended, p.Confirmed = time.Time{}, now
	i.State, i.Settled, i.Person, i.Version = InvitationAccepted, now, p.ID, i.Version+1
	from.Person, from.Account = p.ID, i.Account
	return i, p, p.event(from, EventMemberJoined, now, Data{"name": p.Name, "email": p.Email, "rights": strings.Join(p.Rights.Names(), " ")}), nil
}

// event is the trace of a change of a person, who belongs to the event's account.
func (p Person) event(a Actor, kind EventKind, now time.Time, d Data) Event {
	e := a.event(kind, int64(p.ID), now)
	e.Account, e.Version, e.Data = p.Account, p.Version, d
	return e
}

// member admits the root of the company whose living member this is.
func (p Person) member(a Actor) error {
	if err := NeedRoot(a); err != nil {
		return err
	}
	switch {
	case p.Account != a.Account || !p.Suspended.IsZero():
		return fault.ErrNotFound
	case p.Role == Root:
		return ErrRootStays
	}
	return nil
}

// ChangeRights gives a member other rights, from their next request on.
// Refusals: not_root, not_found, root_stays, right_unknown, rights_unchanged.
func (p Person) ChangeRights(a Actor, to Rights, now time.Time) (Person, Event, error) {
	if err := p.member(a); err != nil {
		return p, Event{}, err
	}
	switch {
	case to&^AllRights != 0:
		return p, Event{}, ErrRightUnknown.On("rights")
	case to == p.Rights:
		return p, Event{}, ErrRightsAsBefore
	}
	from := p.Rights
	p.Rights, p.Version = to, p.Version+1
	return p, p.event(a, EventMemberRightsChanged, now, Data{"name": p.Name,
		"from": strings.Join(from.Names(), " "), "to": strings.Join(to.Names(), " "),
		"gained": strings.Join((to &^ from).Names(), " "), "lost": strings.Join((from &^ to).Names(), " ")}), nil
}

// Remove takes a member out of the company: they sign in no more, and their
// sessions and keys are to end in the same transaction. Refusals: not_root,
// not_found, root_stays.
func (p Person) Remove(a Actor, keys int, now time.Time) (Person, Event, error) {
	if err := p.member(a); err != nil {
		return p, Event{}, err
	}
	p.Suspended, p.Version = now, p.Version+1
	return p, p.event(a, EventMemberRemoved, now, Data{"name": p.Name, "email": p.Email, "keys": keys}), nil
}

package action

import (
	"context"
	"errors"
	"strings"
	"time"

	"examcode/internal/auth"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/store"
)

// linkPrefix begins every one-time link's token.
const linkPrefix = "exl_"

// link is a one-time link that is not stored yet.
type link struct {
	id           exam.TicketID
	hash, sealed []byte
}

func (s *Service) newLink() (link, error) {
	clear, hash := auth.NewToken(linkPrefix)
	l := link{id: exam.TicketID(s.store.IDs().Next()), hash: hash}
	var err error
	l.sealed, err = s.vault.Seal(clear, linkAbout(l.id))
	return l, err
}

func linkAbout(id exam.TicketID) string { return "ticket:" + id.String() }

// ticket reads a link of a kind that is still good. Refusals: link_unknown,
// link_used, link_replaced, link_ended.
func (s *Service) ticket(ctx context.Context, r store.Reader, token string, kind exam.TicketKind) (exam.Ticket, error) {
	t, err := r.Ticket(ctx, auth.HashToken(token))
	switch {
	case errors.Is(err, fault.ErrNotFound) || (err == nil && t.Kind != kind):
		return t, exam.ErrLinkUnknown
	case err != nil:
		return t, err
	}
	return t, t.Open(s.now())
}

// InvitationBy reads the invitation of a link, for its page. Refusals:
// link_unknown, link_replaced, and those of exam's Invitation.MayAccept.
func (s *Service) InvitationBy(ctx context.Context, token string) (store.InvitationRow, error) {
	_, i, err := s.invited(ctx, s.store.Reader(), token)
	return i, err
}

func (s *Service) invited(ctx context.Context, r store.Reader, token string) (exam.Ticket, store.InvitationRow, error) {
	t, bad := s.ticket(ctx, r, token, exam.TicketInvitation)
	if t.Invitation == 0 {
		return t, store.InvitationRow{}, bad
	}
	i, err := r.Invited(ctx, t.Invitation)
	if err != nil {
		return t, i, err
	}
	if t.State == exam.TicketReplaced && i.State == exam.InvitationOpen {
		return t, i, bad
	}
	if err := i.MayAccept(i.Known, s.now()); err != nil {
		return t, i, err
	}
	return t, i, bad
}

// AcceptInvitation makes the holder of an invitation's link a member, with the
// password they chose, and tells who invited them. from carries the channel and
// the reference of the request. Refusals: InvitationBy's, person_name_missing,
// auth.PasswordProblem's.
func (s *Service) AcceptInvitation(ctx context.Context, from exam.Actor, token, name, password string) (exam.Person, error) {
	var i store.InvitationRow
	err := s.store.Snapshot(ctx, func(ctx context.Context, r store.Reader) (err error) { // one instant: used, or not
		_, i, err = s.invited(ctx, r, token)
		return err
	})
	if err != nil {
		return exam.Person{}, err
	}
	var missing error
	if name == "" {
		missing = exam.ErrPersonName.On("name")
	}
	fresh, phc, err := s.newPerson(ctx, exam.Person{Name: name, Email: i.Email}, password, missing)
	if err != nil {
		return fresh, err
	}
	var joined exam.Person
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockInvitations(ctx, i.ID); err != nil {
			return err
		}
		_, i, err := s.invited(ctx, tx.Reader, token)
		if err != nil {
			return err
		}
		n, p, e, err := i.Accept(from, fresh, i.Known, s.now())
		if err != nil {
			return err
		}
		if err := tx.Join(ctx, n, p, phc, e); errors.Is(err, exam.ErrEmailTaken) {
			return exam.ErrEmailElsewhere // they signed up at this very moment
		} else if err != nil {
			return err
		}
		if err := tx.EndInvitationTickets(ctx, n.ID, exam.TicketUsed); err != nil {
			return err
		}
		joined = p
		return tx.Tell(ctx, s.aboutMember(ctx, tx, exam.NoticeMemberJoined, n.By, p, e, MembersPage))
	})
	return joined, err
}

// ForgotPassword owes the person with an address a link to a new password. The
// answer is the same whether there is one, and however many were asked for:
// three an hour are sent to an address. Refusals: email_malformed,
// too_many_tries (of the network).
func (s *Service) ForgotPassword(ctx context.Context, email, network string) error {
	normal, err := auth.NormalEmail(email)
	if err != nil {
		return fault.Of(err).On("email")
	}
	if err := s.take(ctx, counted{"link:net:" + network, limitLinkNetwork}); err != nil {
		return err
	}
	link, err := s.newLink()
	if err != nil {
		return err
	}
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := s.now()
		ok, err := tx.TakeTry(ctx, s.limitName(counted{"link:password:" + normal, limitLinkAddress}), limitLinkAddress, now)
		if err != nil || !ok {
			return err
		}
		p, err := tx.PersonByEmail(ctx, normal)
		if errors.Is(err, fault.ErrNotFound) || (err == nil && !p.Suspended.IsZero()) {
			return nil
		}
		if err != nil {
			return err
		}
		if gone, err := leftMeanwhile(ctx, tx, p); err != nil || gone {
			return err
		}
		return tx.AddTicket(ctx, exam.Ticket{ID: link.id, Kind: exam.TicketPassword, Account: p.Account, Person: p.ID, Email: p.Email, Lang: p.Lang,
			State: exam.TicketOpen, Created: now, Expires: now.Add(exam.PasswordLinkFor)}, link.hash, link.sealed)
	})
}

// PasswordLink tells whose password a link renews. Refusals: link_unknown,
// link_used, link_replaced, link_ended, suspended.
func (s *Service) PasswordLink(ctx context.Context, token string) (exam.Person, error) {
	p, _, err := s.holder(ctx, s.store.Reader(), token, exam.TicketPassword)
	return p, err
}

// holder is the person whom a link of theirs was sent to.
func (s *Service) holder(ctx context.Context, r store.Reader, token string, kind exam.TicketKind) (exam.Person, exam.Ticket, error) {
	t, err := s.ticket(ctx, r, token, kind)
	if err != nil {
		return exam.Person{}, t, err
	}
	p, err := r.Person(ctx, t.Person)
	if err == nil && !p.Suspended.IsZero() {
		err = exam.ErrSuspended
	}
	return p, t, err
}

// RenewPassword sets a new password by a link. All sessions of the person end,
// and so do their other links of this kind; API keys go on. Refusals:
// PasswordLink's, auth.PasswordProblem's.
func (s *Service) RenewPassword(ctx context.Context, from exam.Actor, token, password string) error {
	p, t, err := s.holder(ctx, s.store.Reader(), token, exam.TicketPassword)
	if err != nil {
		return err
	}
	if err := auth.PasswordProblem(password, p.Email); err != nil {
		return fault.Of(err).On("password")
	}
	phc, err := auth.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockHolder(ctx, tx, t); err != nil {
			return err
		}
		p, _, err := s.holder(ctx, tx.Reader, token, exam.TicketPassword)
		if err != nil {
			return err
		}
		return s.setPassword(ctx, tx, from, p, phc, nil)
	})
}

// lockHolder locks a person, whom all their links are about.
func lockHolder(ctx context.Context, tx *store.Tx, t exam.Ticket) error {
	return tx.LockPeople(ctx, db.Exclusive, t.Person)
}

// SendConfirmation owes the actor a link that confirms their e-mail, in place of
// any former one. Refusals: email_confirmed, too_many_tries.
func (s *Service) SendConfirmation(ctx context.Context, who exam.Actor) error {
	p, err := s.store.Reader().Person(ctx, who.Person)
	if err != nil {
		return err
	}
	if !p.Confirmed.IsZero() {
		return ErrEmailConfirmed
	}
	if err := s.take(ctx, counted{"link:email:" + p.Email, limitLinkAddress}); err != nil {
		return err
	}
	link, err := s.newLink()
	if err != nil {
		return err
	}
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if gone, err := leftMeanwhile(ctx, tx, p); err != nil || gone {
			return err
		}
		return s.sendConfirmation(ctx, tx, p, link)
	})
}

// leftMeanwhile locks a person who is to be written to, and tells whether they
// were removed or erased since they were read.
func leftMeanwhile(ctx context.Context, tx *store.Tx, p exam.Person) (bool, error) {
	if err := tx.LockPeople(ctx, db.Shared, p.ID); err != nil {
		return false, err
	}
	now, err := tx.Person(ctx, p.ID)
	return !now.Suspended.IsZero() || now.Email != p.Email, err
}

// ErrEmailConfirmed refuses to confirm twice.
var ErrEmailConfirmed = fault.New(fault.Conflict, "email_confirmed", "this e-mail is confirmed already")

func (s *Service) sendConfirmation(ctx context.Context, tx *store.Tx, p exam.Person, link link) error {
	if err := tx.EndTickets(ctx, p.ID, exam.TicketEmail, exam.TicketReplaced); err != nil {
		return err
	}
	now := s.now()
	return tx.AddTicket(ctx, exam.Ticket{ID: link.id, Kind: exam.TicketEmail, Account: p.Account, Person: p.ID, Email: p.Email, Lang: p.Lang,
		State: exam.TicketOpen, Created: now, Expires: now.Add(exam.EmailLinkFor)}, link.hash, link.sealed)
}

// EmailLink tells whose e-mail a link confirms. Refusals: PasswordLink's.
func (s *Service) EmailLink(ctx context.Context, token string) (exam.Person, error) {
	p, _, err := s.holder(ctx, s.store.Reader(), token, exam.TicketEmail)
	return p, err
}

// ConfirmEmail notes that an address belongs to its person. Refusals:
// PasswordLink's.
func (s *Service) ConfirmEmail(ctx context.Context, from exam.Actor, token string) error {
	_, t, err := s.holder(ctx, s.store.Reader(), token, exam.TicketEmail)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lockHolder(ctx, tx, t); err != nil {
			return err
		}
		p, _, err := s.holder(ctx, tx.Reader, token, exam.TicketEmail)
		if err != nil {
			return err
		}
		if err := tx.EndTickets(ctx, p.ID, exam.TicketEmail, exam.TicketUsed); err != nil {
			return err
		}
		n, e, done, err := p.ConfirmEmail(from, s.now())
		if err != nil || !done {
			return err
		}
		return tx.SavePerson(ctx, n, e)
	})
}

// letter writes the mail of an owed link; nothing is left to send when the link
// is no longer good.
func (s *Service) letter(o store.OwedLink) (m mail.Message, good bool, err error) {
	if o.Gone || o.Sealed == nil || o.Ticket.Open(s.now()) != nil {
		return m, false, nil
	}
	clear, err := s.vault.Open(o.Sealed, linkAbout(o.Ticket.ID))
	if err != nil {
		return m, false, err
	}
	t := o.Ticket
	return s.compose(store.OwedMail{Owed: o.Owed, Email: t.Email, Name: o.Name, Lang: t.Lang, Zone: o.Zone, Notice: exam.Notice{
		Kind: exam.NoticeKind("link_" + string(t.Kind)), Link: exam.TicketKinds[t.Kind] + "?token=" + clear, Created: t.Created,
		Data: exam.Data{"account": o.About, "from": o.From, "rights": strings.Join(o.Rights.Names(), " "), "expires_at": t.Expires.UTC().Format(time.RFC3339)}}}), true, nil
}

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
	"examcode/internal/store"
)

// MembersPage is where the root of a company reads about its people.
const MembersPage = "/enterprise/members"

// actingNow reads the actor anew under a shared lock, so that whoever is removed
// or loses a right at this moment does nothing more afterwards. Refusal:
// not_signed_in for somebody who was removed.
func actingNow(ctx context.Context, tx *store.Tx, who exam.Actor) (exam.Actor, error) {
	if who.Person == 0 {
		return who, nil // the rule refuses nobody
	}
	if err := tx.LockPeople(ctx, db.Shared, who.Person); err != nil {
		return who, err
	}
	i, err := tx.IdentityOf(ctx, who.Person)
	switch {
	case errors.Is(err, fault.ErrNotFound) || (err == nil && i.Suspended):
		return who, exam.ErrNotSignedIn
	case err != nil:
		return who, err
	}
	return actingAs(i, who), nil
}

// actingAs is a person as they are now, on the way by which they came.
func actingAs(i store.Identity, by exam.Actor) exam.Actor {
	i.Actor.Channel, i.Actor.Key, i.Actor.Request = by.Channel, by.Key, by.Request
	return i.Actor
}

// InviteMember invites an address to the actor's company and owes the mail with
// the link. Whether the address has an account elsewhere is not told: that is
// for the holder of the link. Refusals: not_root, email_unconfirmed,
// email_malformed, lang_unknown, right_unknown, already_member, invitation_open,
// too_many_tries.
func (s *Service) InviteMember(ctx context.Context, who exam.Actor, email string, rights exam.Rights, lang string) (exam.Invitation, error) {
	if err := exam.NeedRoot(who); err != nil {
		return exam.Invitation{}, err
	}
	normal, err := auth.NormalEmail(email)
	if err != nil {
		return exam.Invitation{}, fault.Of(err).On("email")
	}
	in := exam.Invitation{ID: exam.InvitationID(s.store.IDs().Next()), Email: normal, Rights: rights, Lang: lang}
	link, err := s.newLink()
	if err != nil {
		return in, err
	}
	var made exam.Invitation
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		me, err := tx.Person(ctx, who.Person)
		if err != nil {
			return err
		}
		i, e, err := exam.InviteMember(who, in, !me.Confirmed.IsZero(), s.now())
		if err != nil {
			return err
		}
		if known, err := tx.PersonByEmail(ctx, normal); err == nil && known.Account == who.Account && known.Suspended.IsZero() {
			return exam.ErrAlreadyMember.On("email")
		} else if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		if err := tx.AddInvitation(ctx, i, e); err != nil {
			return err
		}
		made = i
		return s.sendInvitation(ctx, tx, who, i, link)
	})
	return made, err
}

// sendInvitation makes the invitation's link, in place of any former one.
func (s *Service) sendInvitation(ctx context.Context, tx *store.Tx, who exam.Actor, i exam.Invitation, link link) error {
	if err := s.takeWith(ctx, tx, invitationLimits(who, i.Email)...); err != nil {
		return err
	}
	if err := tx.EndInvitationTickets(ctx, i.ID, exam.TicketReplaced); err != nil {
		return err
	}
	return tx.AddTicket(ctx, exam.Ticket{ID: link.id, Kind: exam.TicketInvitation, Account: i.Account, Invitation: i.ID, Email: i.Email, Lang: i.Lang,
		State: exam.TicketOpen, Created: i.Sent, Expires: i.Expires}, link.hash, link.sealed)
}

// SendInvitationAgain sends an open invitation once more, good for seven new
// days; the former link ends. Refusals: not_root, invitation_closed,
// email_unconfirmed, too_many_tries, not_found.
func (s *Service) SendInvitationAgain(ctx context.Context, who exam.Actor, id exam.InvitationID) (exam.Invitation, error) {
	if err := exam.NeedRoot(who); err != nil {
		return exam.Invitation{}, err
	}
	link, err := s.newLink()
	if err != nil {
		return exam.Invitation{}, err
	}
	return s.changeInvitation(ctx, who, id, func(ctx context.Context, tx *store.Tx, who exam.Actor, i exam.Invitation) (exam.Invitation, exam.Event, error) {
		me, err := tx.Person(ctx, who.Person)
		if err != nil {
			return i, exam.Event{}, err
		}
		i, e, err := i.SendAgain(who, !me.Confirmed.IsZero(), s.now())
		if err != nil {
			return i, e, err
		}
		return i, e, s.sendInvitation(ctx, tx, who, i, link)
	})
}

// RevokeInvitation takes an open invitation back; its link ends at once.
// Refusals: not_root, invitation_closed, not_found.
func (s *Service) RevokeInvitation(ctx context.Context, who exam.Actor, id exam.InvitationID) error {
	_, err := s.changeInvitation(ctx, who, id, func(ctx context.Context, tx *store.Tx, who exam.Actor, i exam.Invitation) (exam.Invitation, exam.Event, error) {
		i, e, err := i.Revoke(who, s.now())
		return i, e, err
	})
	return err
}

func (s *Service) changeInvitation(ctx context.Context, who exam.Actor, id exam.InvitationID,
	change func(context.Context, *store.Tx, exam.Actor, exam.Invitation) (exam.Invitation, exam.Event, error)) (changed exam.Invitation, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockInvitations(ctx, id); err != nil {
			return err
		}
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		old, err := tx.Invitation(ctx, who.Account, id)
		if err != nil {
			return err
		}
		i, e, err := change(ctx, tx, who, old.Invitation)
		if err != nil {
			return err
		}
		changed = i
		return tx.SaveInvitation(ctx, i, e)
	})
	return changed, err
}

// ChangeRights gives a member of the actor's company other rights; they hold
// from the member's next request on. version is the member's as the root saw it,
// 0 for any. Refusals: not_root, not_found, root_stays, right_unknown,
// rights_unchanged, changed_meanwhile.
func (s *Service) ChangeRights(ctx context.Context, who exam.Actor, id exam.PersonID, rights exam.Rights, version int64) error {
	return s.changeMember(ctx, who, id, version, func(ctx context.Context, tx *store.Tx, who exam.Actor, p exam.Person) error {
		n, e, err := p.ChangeRights(who, rights, s.now())
		if err != nil {
			return err
		}
		if err := tx.SavePerson(ctx, n, e); err != nil {
			return err
		}
		return tx.Tell(ctx, s.aboutMember(ctx, tx, exam.NoticeRightsChanged, n.ID, n, e, "/account"))
	})
}

// RemoveMember takes a member out of the actor's company. Their sessions and API
// keys end in the same transaction, and so does being told about its affairs; what they did stays in the record, and they
// can be invited again. version as for ChangeRights. Refusals: not_root,
// not_found, root_stays, changed_meanwhile.
func (s *Service) RemoveMember(ctx context.Context, who exam.Actor, id exam.PersonID, version int64) error {
	return s.changeMember(ctx, who, id, version, func(ctx context.Context, tx *store.Tx, who exam.Actor, p exam.Person) error {
		keys, err := tx.LivingKeys(ctx, id)
		if err != nil {
			return err
		}
		now := s.now()
		n, e, err := p.Remove(who, len(keys), now)
		if err != nil {
			return err
		}
		if err := tx.SavePerson(ctx, n, e); err != nil {
			return err
		}
		if err := tx.EndLoginsOf(ctx, id, nil); err != nil {
			return err
		}
		if err := tx.EndTickets(ctx, id, exam.TicketPassword, exam.TicketReplaced); err != nil {
			return err
		}
		if err := endKeys(ctx, tx, who, keys, now); err != nil {
			return err
		}
		if err := endReceiver(ctx, tx, who, id, now); err != nil {
			return err
		}
		return tx.Tell(ctx, s.aboutMember(ctx, tx, exam.NoticeMemberRemoved, n.ID, n, e, "/"))
	})
}

// endReceiver ends that a member is told about the company's affairs.
func endReceiver(ctx context.Context, tx *store.Tx, who exam.Actor, id exam.PersonID, now time.Time) error {
	named, err := tx.Receivers(ctx, who.Account)
	if err != nil {
		return err
	}
	for _, v := range named {
		if v.Person != id {
			continue
		}
		v, e, err := v.Remove(who, now)
		if err != nil {
			return err
		}
		if err := tx.SaveReceiver(ctx, v, e); err != nil {
			return err
		}
	}
	return nil
}

// endKeys revokes living keys because of something else that ended.
func endKeys(ctx context.Context, tx *store.Tx, who exam.Actor, keys []exam.Key, now time.Time) error {
	for _, k := range keys {
		k, e := k.End(who, now)
		if err := tx.RevokeKey(ctx, k, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) changeMember(ctx context.Context, who exam.Actor, id exam.PersonID, version int64, change func(context.Context, *store.Tx, exam.Actor, exam.Person) error) error {
	if err := exam.NeedRoot(who); err != nil {
		return err
	}
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockPeople(ctx, db.Exclusive, id, who.Person); err != nil {
			return err
		}
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		p, err := tx.Member(ctx, who.Account, id)
		if err != nil {
			return err
		}
		if version != 0 && version != p.Version {
			return exam.ErrChangedMeanwhile
		}
		return change(ctx, tx, who, p.Person)
	})
}

// aboutMember tells somebody what happened to a member.
func (s *Service) aboutMember(ctx context.Context, tx *store.Tx, kind exam.NoticeKind, to exam.PersonID, p exam.Person, e exam.Event, link string) exam.Notice {
	d := exam.Data{"name": p.Name, "email": p.Email, "rights": strings.Join(p.Rights.Names(), " ")}
	if acc, err := tx.Account(ctx, p.Account); err == nil {
		d["account"] = acc.Name
	}
	return exam.Notice{Person: to, Account: p.Account, Kind: kind, About: int64(p.ID), Version: p.Version, Link: link, Data: d, Created: e.At}
}

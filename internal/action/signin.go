package action

import (
	"bytes"
	"context"
	"errors"

	"examcode/internal/auth"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// SignIns lists the actor's living sessions, the last used first; this is the
// one with the token, nil when the actor came by a key.
func (s *Service) SignIns(ctx context.Context, who exam.Actor, token string) (all []store.Login, this *store.Login, err error) {
	now := s.now()
	all, err = s.store.Reader().Logins(ctx, who.Person, now.Add(-SessionIdle), now.Add(-SessionAge))
	hash := auth.HashToken(token)
	for i := range all {
		if bytes.Equal(all[i].Token, hash) {
			this = &all[i]
		}
	}
	return all, this, err
}

// EndSignIn ends one of the actor's sessions by the hash of its token; the next
// request of that browser is nobody's.
func (s *Service) EndSignIn(ctx context.Context, who exam.Actor, hash []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.EndLoginOf(ctx, who.Person, hash) })
}

// EndOtherSignIns ends all sessions of the actor but the one with the token; all
// of them with "".
func (s *Service) EndOtherSignIns(ctx context.Context, who exam.Actor, token string) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.EndLoginsOf(ctx, who.Person, auth.HashToken(token))
	})
}

// ChangePassword gives the actor, who is signed in with the token, another
// password. All their other sessions end, API keys go on. The caller has asked
// for the password that goes. Refusals: auth.PasswordProblem's (on password).
func (s *Service) ChangePassword(ctx context.Context, who exam.Actor, token, password string) error {
	p, err := s.store.Reader().Person(ctx, who.Person)
	if errors.Is(err, fault.ErrNotFound) {
		return exam.ErrNotSignedIn
	}
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
		if err := tx.LockPeople(ctx, db.Exclusive, who.Person); err != nil {
			return err
		}
		p, err := tx.Person(ctx, who.Person)
		if err != nil {
			return err
		}
		return s.setPassword(ctx, tx, who, p, phc, auth.HashToken(token))
	})
}

// setPassword stores a new password, ends all sessions but one, and the links
// that could set another, and tells the person.
func (s *Service) setPassword(ctx context.Context, tx *store.Tx, who exam.Actor, p exam.Person, phc string, but []byte) error {
	n, e, err := p.NewPassword(who, s.now())
	if err != nil {
		return err
	}
	if err := tx.SavePerson(ctx, n, e); err != nil {
		return err
	}
	if err := tx.SetPassword(ctx, n.ID, phc); err != nil {
		return err
	}
	if err := tx.EndLoginsOf(ctx, n.ID, but); err != nil {
		return err
	}
	if err := tx.EndTickets(ctx, n.ID, exam.TicketPassword, exam.TicketUsed); err != nil {
		return err
	}
	return tx.Tell(ctx, s.aboutMember(ctx, tx, exam.NoticePasswordChanged, n.ID, n, e, "/account/sign-ins"))
}

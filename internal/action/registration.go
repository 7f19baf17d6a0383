package action

import (
	"context"
	"maps"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Reserve takes a seat for a registration of the actor, or changes it to
// another session before the cut-off (S17). Asking for the seat one has changes
// nothing. seen is the version of the registration that the actor looked at, if
// they did. Refusals: session_unknown, session_full, session_past,
// session_after_end, session_other_subject, session_other_type, past_cutoff,
// order_expired, not_registered, changed_meanwhile.
func (s *Service) Reserve(ctx context.Context, who exam.Actor, id exam.RegistrationID, to exam.SessionID, seen ...exam.Seen) (exam.Registration, error) {
	var reg exam.Registration
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, id, to)
		if err != nil {
			return err
		}
		if reg = at.reg; reg.State == exam.SeatReserved && reg.Session == to {
			return nil
		}
		if err := exam.FirstSeen(seen).Still(at.reg.Version); err != nil {
			return err
		}
		target, err := tx.Session(ctx, to)
		if err != nil {
			return inputMissing(err, exam.ErrSessionUnknown, "session_id")
		}
		now := s.now()
		g, c, e, err := at.reg.Reserve(who, at.code, target, at.held, at.subject, now)
		if err != nil {
			return err
		}
		if at.held != nil {
			if err := tx.GiveSeat(ctx, at.held.ID); err != nil {
				return err
			}
		}
		if err := tx.TakeSeat(ctx, to); err != nil {
			return err
		}
		kind := exam.NoticeReserved
		if at.held != nil {
			kind = exam.NoticeRescheduled
		}
		reg = g
		return s.save(ctx, tx, g, c, e, kind, &target, now)
	})
	return reg, err
}

// CancelReservation gives the actor's seat back before the cut-off; they stay
// registered. seen is as with Reserve. Refusals: not_reserved, past_cutoff,
// changed_meanwhile.
func (s *Service) CancelReservation(ctx context.Context, who exam.Actor, id exam.RegistrationID, seen ...exam.Seen) (exam.Registration, error) {
	var reg exam.Registration
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, id, 0)
		if err != nil {
			return err
		}
		if err := exam.FirstSeen(seen).Still(at.reg.Version); err != nil {
			return err
		}
		if at.held == nil {
			return exam.ErrNotReserved
		}
		now := s.now()
		g, c, e, err := at.reg.CancelReservation(who, at.code, *at.held, at.subject, now)
		if err != nil {
			return err
		}
		if err := tx.GiveSeat(ctx, at.held.ID); err != nil {
			return err
		}
		reg = g
		return s.save(ctx, tx, g, c, e, exam.NoticeReservationCancelled, at.held, now)
	})
	return reg, err
}

// standing is a registration with all that its verbs need, under lock.
type standing struct {
	reg     exam.Registration
	code    exam.Code
	held    *exam.Session
	subject exam.Subject
}

// lockRegistration locks a registration of the actor (of anybody, for staff) in
// the one order: order, code, registration, sessions.
func (s *Service) lockRegistration(ctx context.Context, tx *store.Tx, who exam.Actor, id exam.RegistrationID, to exam.SessionID) (standing, error) {
	var at standing
	read := func() error {
		regs, err := tx.RegistrationsByID(ctx, id)
		if err != nil {
			return err
		}
		if len(regs) == 0 || (regs[0].Person != who.Person && who.Kind != exam.Operator) {
			return fault.ErrNotFound
		}
		at.reg = regs[0]
		return nil
	}
	if err := read(); err != nil {
		return at, err
	}
	if err := tx.LockOrders(ctx, lockMode(s.now(), at.reg.Expires), at.reg.Order); err != nil {
		return at, err
	}
	if err := tx.LockCodes(ctx, at.reg.Code); err != nil {
		return at, err
	}
	if err := tx.LockRegistrations(ctx, id); err != nil {
		return at, err
	}
	if err := read(); err != nil {
		return at, err
	}
	if err := tx.LockSessions(ctx, at.reg.Session, to); err != nil {
		return at, err
	}
	codes, err := tx.CodesByID(ctx, 0, at.reg.Code)
	if err != nil {
		return at, err
	}
	at.code = codes[0]
	if at.reg.Session != 0 {
		held, err := tx.Session(ctx, at.reg.Session)
		if err != nil {
			return at, err
		}
		at.held = &held
	}
	at.subject, err = tx.Subject(ctx, at.reg.Subject)
	return at, err
}

// save stores a registration with its code and tells the examinee.
func (s *Service) save(ctx context.Context, tx *store.Tx, g exam.Registration, c exam.Code, e exam.Event, kind exam.NoticeKind, at *exam.Session, now time.Time) error {
	if err := tx.SaveCodes(ctx, []exam.Code{c}, []exam.Event{e}); err != nil {
		return err
	}
	if err := tx.SaveRegistration(ctx, g); err != nil {
		return err
	}
	return s.tellExaminee(ctx, tx, g, kind, at, nil, now)
}

// tellExaminee writes a notice about a registration to its examinee.
func (s *Service) tellExaminee(ctx context.Context, tx *store.Tx, g exam.Registration, kind exam.NoticeKind, at *exam.Session, more exam.Data, now time.Time) error {
	sub, err := tx.Subject(ctx, g.Subject)
	if err != nil {
		return err
	}
	return tx.Tell(ctx, noticeOf(g, kind, sub, at, more, now))
}

// noticeOf is a notice about a registration to its examinee.
func noticeOf(g exam.Registration, kind exam.NoticeKind, sub exam.Subject, at *exam.Session, more exam.Data, now time.Time) exam.Notice {
	data := about(sub, at)
	maps.Copy(data, more)
	return exam.Notice{Person: g.Person, Account: g.Account, Kind: kind, About: int64(g.ID), Version: g.Version,
		Link: "/examinee/registrations/" + g.ID.String(), Created: now, Data: data}
}

// about is what notices say of a subject and, unless it is nil, a session.
func about(sub exam.Subject, at *exam.Session) exam.Data {
	data := exam.Data{"subject_en": sub.Name.EN, "subject_zh": sub.Name.ZH}
	if at != nil {
		data["starts_at"], data["minutes"], data["zone"], data["place"] = at.Starts.UTC().Format(time.RFC3339), int(at.Duration/time.Minute), at.Zone, at.Place
	}
	return data
}

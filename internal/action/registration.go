package action

import (
	"context"
	"errors"
	"maps"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// Redemption is what an examinee enters to register with a code.
type Redemption struct {
	Subject  exam.SubjectID
	Text     string // as typed or pasted
	ExamType exam.ExamType
	Network  string // where the request comes from; "" is not limited
}

// RedeemCode registers the actor for a subject by a code (S21, S22). Failed
// tries are limited per person and network, and recorded for the company.
// Refusals: code_mistyped, code_not_usable (all that a stranger may know of a
// dead or unknown text), subject_mismatch, and to its holder code_not_unused,
// code_replaced, order_expired, code_refunded; already_registered,
// subject_unknown, exam_type_unknown, too_many_tries; for the person account_not_verified,
// not_individual.
func (s *Service) RedeemCode(ctx context.Context, who exam.Actor, in Redemption) (exam.Registration, error) {
	if err := exam.NeedExaminee(who); err != nil {
		return exam.Registration{}, err
	}
	text, err := codetext.Parse(in.Text)
	if err != nil {
		return exam.Registration{}, fault.Of(err).On("code")
	}
	tries := []counted{{"redeem:" + who.Person.String(), limitRedeemPerson}}
	network := []counted{}
	if in.Network != "" {
		network = []counted{{"redeem:net:" + in.Network, limitRedeemNetwork}}
	}
	if err := s.open(ctx, network...); err != nil {
		return exam.Registration{}, err
	}
	if err := s.take(ctx, tries...); err != nil {
		return exam.Registration{}, err
	}
	var (
		reg     exam.Registration
		code    exam.Code
		id      = exam.RegistrationID(s.store.IDs().Next())
		lookups = s.vault.Lookups(text)
	)
	once := func(ctx context.Context, tx *store.Tx) (err error) {
		if code, reg, err = s.redeem(ctx, tx, who, lookups, in, id); err == nil {
			err = s.giveBack(ctx, tx, tries...)
		}
		return err
	}
	if err = s.transact(ctx, once); errors.Is(err, exam.ErrAlreadyRegistered) {
		if ended, failed := s.endRegistration(ctx, who, in.Subject); failed != nil {
			return reg, failed
		} else if ended {
			err = s.transact(ctx, once)
		}
	}
	if f := fault.Of(err); f != nil && guessable[f.Reason] {
		if err := s.noteRefusal(ctx, who, code, f.Reason, network); err != nil {
			return reg, err
		}
		return reg, s.tell(ctx, who, code, f)
	}
	if err != nil { // not about the text: the try costs nothing
		if back := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return s.giveBack(ctx, tx, tries...) }); back != nil {
			s.log.Warn("a try was not given back", "error", back)
		}
	}
	return reg, err
}

// endRegistration writes down that a Bound registration of the actor for a
// subject ended with its order (S16), so that it stands in nobody's way. It is
// false when the registration lives.
func (s *Service) endRegistration(ctx context.Context, who exam.Actor, subject exam.SubjectID) (ended bool, err error) {
	g, err := s.store.Reader().LivingRegistration(ctx, who.Person, subject)
	if errors.Is(err, fault.ErrNotFound) {
		return true, nil
	}
	if err != nil || g.State != exam.Registered || s.now().Before(g.Expires) {
		return false, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, g.ID, 0)
		if err != nil || at.reg.State != exam.Registered { // ended meanwhile by the sweep
			return err
		}
		return s.expire(ctx, tx, []exam.Code{at.code}, s.now())
	})
	return err == nil, err
}

// guessable are the refusals that say something about a text, so that trying
// texts must cost something.
var guessable = map[string]bool{
	exam.ErrCodeNotUsable.Reason: true, exam.ErrCodeNotUnused.Reason: true, exam.ErrCodeReplaced.Reason: true,
	exam.ErrOrderExpired.Reason: true, exam.ErrCodeRefunded.Reason: true, exam.ErrSubjectMismatch.Reason: true,
}

// redeem does it in a transaction. The refusal is exact; code is set as soon as
// it is known.
func (s *Service) redeem(ctx context.Context, tx *store.Tx, who exam.Actor, lookups [][]byte, in Redemption, id exam.RegistrationID) (exam.Code, exam.Registration, error) {
	fail := func(c exam.Code, err error) (exam.Code, exam.Registration, error) { return c, exam.Registration{}, err }
	who, err := actingNow(ctx, tx, who)
	if err != nil {
		return fail(exam.Code{}, err)
	}
	sub, err := tx.Subject(ctx, in.Subject)
	if err != nil {
		return fail(exam.Code{}, inputMissing(err, exam.ErrSubjectUnknown, "subject_id"))
	}
	// What does not depend on the text is said before the text is looked at, so
	// that it tells nobody whether a text lives.
	if !sub.Offers(in.ExamType) {
		return fail(exam.Code{}, exam.ErrExamType.On("exam_type"))
	}
	_, living := tx.LivingRegistration(ctx, who.Person, in.Subject)
	if living != nil && !errors.Is(living, fault.ErrNotFound) {
		return fail(exam.Code{}, living)
	}
	found, err := findText(ctx, tx, lookups)
	if living == nil && (err != nil || found.Holder != who.Person) {
		return fail(exam.Code{}, exam.ErrAlreadyRegistered)
	}
	if err != nil {
		return fail(found.Code, err)
	}
	if err := tx.LockOrders(ctx, db.Shared, found.Order); err != nil {
		return fail(found.Code, err)
	}
	if err := tx.LockCodes(ctx, found.ID); err != nil {
		return fail(found.Code, err)
	}
	if found, err = findText(ctx, tx, lookups); err != nil {
		return fail(found.Code, err)
	}
	if found.Replaced {
		return fail(found.Code, exam.ErrCodeReplaced)
	}
	now := s.now()
	code, e, err := found.Redeem(who, id, in.Subject, now)
	if err != nil {
		return fail(found.Code, err)
	}
	earlier, err := tx.SatEarlier(ctx, who.Person, code.Subject)
	if err != nil {
		return fail(found.Code, err)
	}
	reg, err := exam.Register(who, exam.Registration{ID: id}, code, sub, in.ExamType, earlier, now)
	if err != nil {
		return fail(found.Code, err)
	}
	if err := tx.AddRegistration(ctx, reg); err != nil {
		return fail(found.Code, err)
	}
	if err := tx.SaveCodes(ctx, []exam.Code{code}, []exam.Event{e}); err != nil {
		return fail(found.Code, err)
	}
	return code, reg, s.tellExaminee(ctx, tx, reg, exam.NoticeRegistered, nil, nil, now)
}

// findText finds the code of a text under any key of the ring.
func findText(ctx context.Context, tx *store.Tx, lookups [][]byte) (store.Found, error) {
	for _, l := range lookups {
		found, err := tx.FindText(ctx, l)
		if !errors.Is(err, fault.ErrNotFound) {
			return found, err
		}
	}
	return store.Found{}, exam.ErrCodeNotUsable
}

// noteRefusal leaves the refusal in the code's trail for its company; a text
// that nobody has is held against the network instead.
func (s *Service) noteRefusal(ctx context.Context, who exam.Actor, c exam.Code, reason string, network []counted) error {
	if c.ID == 0 {
		return s.take(ctx, network...)
	}
	return s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddEvents(ctx, c.RedeemRefused(who, reason, s.now()))
	})
}

// tell hides from strangers what only people with a tie to the code may know.
func (s *Service) tell(ctx context.Context, who exam.Actor, c exam.Code, f *fault.Error) error {
	tied, err := c.ID != 0 && c.Account == who.Account, error(nil)
	if c.ID != 0 && !tied {
		if tied, err = s.store.Reader().Held(ctx, c.ID, who.Person); err != nil {
			return err
		}
	}
	return fault.Of(exam.Tell(f, tied)).On("code")
}

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

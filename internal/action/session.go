package action

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// CloseSession takes no new reservations for a session; who holds a seat keeps
// it. Staff with the results role. Refusals: session_closed, session_cancelled,
// session_past.
func (s *Service) CloseSession(ctx context.Context, who exam.Actor, id exam.SessionID) (exam.Session, error) {
	return s.changeSession(ctx, id, func(n exam.Session) (exam.Session, exam.Event, error) { return n.Close(who, s.now()) })
}

// ReopenSession takes reservations for a closed session again. Staff with the
// results role. Refusals: session_open, session_cancelled, session_past.
func (s *Service) ReopenSession(ctx context.Context, who exam.Actor, id exam.SessionID) (exam.Session, error) {
	return s.changeSession(ctx, id, func(n exam.Session) (exam.Session, exam.Event, error) { return n.Reopen(who, s.now()) })
}

func (s *Service) changeSession(ctx context.Context, id exam.SessionID, rule func(exam.Session) (exam.Session, exam.Event, error)) (n exam.Session, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockSessions(ctx, id); err != nil {
			return err
		}
		old, err := tx.Session(ctx, id)
		if err != nil {
			return err
		}
		changed, e, err := rule(old)
		if err != nil {
			return err
		}
		n = changed
		return tx.SaveSession(ctx, n, e)
	})
	return n, err
}

// Cancellation is what a cancelled session meant for the people who held a seat.
type Cancellation struct {
	Session exam.Session
	People  int
	Fates   map[exam.Fate]int
}

// errMoreSeats: somebody took a seat while those of a session were being locked.
var errMoreSeats = errors.New("action: a seat was taken meanwhile")

// CancelSession calls a session off, with a reason: everybody in it stays
// registered, their codes are Bound again, their seats are free, and they are
// told; companies are told of codes that no other open session fits. One
// transaction, whatever the number of seats. Staff with the results role.
// Refusals: session_cancelled, session_has_results, reason_missing.
func (s *Service) CancelSession(ctx context.Context, who exam.Actor, id exam.SessionID, why string) (done Cancellation, err error) {
	if err := exam.NeedStaff(who, exam.Results); err != nil {
		return done, err
	}
	for try := 1; ; try++ {
		err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			done, err = s.cancelSession(ctx, tx, who, id, why)
			return err
		})
		if !errors.Is(err, errMoreSeats) {
			return done, err
		}
		// Seats are taken faster than they can be locked: stop that first.
		if try == 3 {
			if _, err := s.CloseSession(ctx, who, id); err != nil && fault.Of(err).Kind != fault.Conflict {
				return done, err
			}
		}
		if try == 10 {
			return done, exam.ErrChangedMeanwhile
		}
	}
}

func (s *Service) cancelSession(ctx context.Context, tx *store.Tx, who exam.Actor, id exam.SessionID, why string) (Cancellation, error) {
	none := Cancellation{}
	seats, err := s.lockSeats(ctx, tx, id)
	if err != nil {
		return none, err
	}
	old, err := tx.Session(ctx, id)
	if err != nil {
		return none, err
	}
	results, err := tx.SatIn(ctx, id)
	if err != nil {
		return none, err
	}
	now := s.now()
	n, e, err := old.Cancel(who, why, len(seats), results, now)
	if err != nil {
		return none, err
	}
	lost, err := s.loseSeats(ctx, tx, who, n, seats, now)
	if err != nil {
		return none, err
	}
	if err := tx.SaveCodes(ctx, lost.codes, lost.events); err != nil {
		return none, err
	}
	if err := tx.SaveRegistrations(ctx, lost.regs); err != nil {
		return none, err
	}
	if err := tx.SaveSession(ctx, n, e); err != nil {
		return none, err
	}
	return Cancellation{n, len(seats), lost.fates}, tx.Tell(ctx, lost.notices...)
}

// lockSeats locks the people of a session in the one order, the session last,
// and reads them as they are then. A seat that was taken meanwhile is not
// locked: then the transaction must begin again.
func (s *Service) lockSeats(ctx context.Context, tx *store.Tx, id exam.SessionID) ([]store.Seat, error) {
	seats, err := tx.Seated(ctx, id)
	if err != nil {
		return nil, err
	}
	ends := make([]time.Time, len(seats))
	orders, codes, regs := map[exam.OrderID]bool{}, make([]exam.CodeID, len(seats)), make([]exam.RegistrationID, len(seats))
	for i, g := range seats {
		orders[g.Order], codes[i], regs[i], ends[i] = true, g.Code, g.ID, g.Expires
	}
	if err := tx.LockOrders(ctx, lockMode(s.now(), ends...), slices.Sorted(maps.Keys(orders))...); err != nil {
		return nil, err
	}
	if err := tx.LockCodes(ctx, codes...); err != nil {
		return nil, err
	}
	if err := tx.LockRegistrations(ctx, regs...); err != nil {
		return nil, err
	}
	if err := tx.LockSessions(ctx, id); err != nil {
		return nil, err
	}
	if seats, err = tx.Seated(ctx, id); err != nil {
		return nil, err
	}
	for _, g := range seats {
		if _, locked := slices.BinarySearch(regs, g.ID); !locked {
			return nil, errMoreSeats
		}
	}
	return seats, nil
}

// losses are the new values of all who lose their seat, and what is told.
type losses struct {
	codes   []exam.Code
	events  []exam.Event
	regs    []exam.Registration
	notices []exam.Notice
	fates   map[exam.Fate]int
}

// loseSeats asks the rule for every seat of a cancelled session.
func (s *Service) loseSeats(ctx context.Context, tx *store.Tx, who exam.Actor, n exam.Session, seats []store.Seat, now time.Time) (losses, error) {
	l := losses{fates: map[exam.Fate]int{}}
	sub, err := tx.Subject(ctx, n.Subject)
	if err != nil {
		return l, err
	}
	next, err := tx.NextSession(ctx, n, now)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return l, err
	}
	ids := make([]exam.CodeID, len(seats))
	for i, g := range seats {
		ids[i] = g.Code
	}
	codes, err := tx.CodesByID(ctx, 0, ids...)
	if err != nil {
		return l, err
	}
	byID := make(map[exam.CodeID]exam.Code, len(codes))
	for _, c := range codes {
		byID[c.ID] = c
	}
	companies := map[exam.AccountID]*hit{}
	for _, seat := range seats {
		g, c, e, err := seat.LoseSeat(who, byID[seat.Code], n, now)
		if err != nil {
			return l, fmt.Errorf("action: registration %s of a cancelled session: %w", seat.ID, err)
		}
		fate := exam.FateOf(g, next.Starts, now)
		l.fates[fate]++
		l.codes, l.events, l.regs = append(l.codes, c), append(l.events, e), append(l.regs, g)
		l.notices = append(l.notices, noticeOf(g, exam.NoticeSessionCancelled, sub, &n, exam.Data{"why": n.Why, "fate": string(fate),
			"company": seat.AccountName, "ends_at": g.Expires.UTC().Format(time.RFC3339), "end_zone": seat.EndZone}, now))
		if companies[g.Account] == nil {
			companies[g.Account] = &hit{}
		}
		companies[g.Account].add(fate)
	}
	told, err := s.tellCompanies(ctx, tx, n, sub, companies, now)
	l.notices = append(l.notices, told...)
	return l, err
}

// hit is how a company's people are hit by a cancelled session.
type hit struct{ people, wait, ended int }

func (h *hit) add(f exam.Fate) {
	h.people++
	switch f {
	case exam.FateWait:
		h.wait++
	case exam.FateEnded:
		h.ended++
	}
}

// tellCompanies writes to the companies some of whose people cannot choose
// another session, because theirs is the order that would have to be extended.
func (s *Service) tellCompanies(ctx context.Context, tx *store.Tx, n exam.Session, sub exam.Subject, companies map[exam.AccountID]*hit, now time.Time) ([]exam.Notice, error) {
	var notices []exam.Notice
	for _, id := range slices.Sorted(maps.Keys(companies)) {
		h := companies[id]
		if h.wait+h.ended == 0 {
			continue
		}
		people, err := s.receiversOf(ctx, tx, id, exam.NoticeKinds[exam.NoticeSeatsLost])
		if err != nil {
			return nil, err
		}
		data := about(sub, &n)
		maps.Copy(data, exam.Data{"people": h.people, "wait": h.wait, "ended": h.ended, "why": n.Why})
		told := exam.Notice{Account: id, Kind: exam.NoticeSeatsLost, About: int64(n.ID), Version: n.Version,
			Link: "/enterprise/codes?subject_id=" + n.Subject.String(), Created: now, Data: data}
		for _, p := range people {
			told.Person = p
			notices = append(notices, told)
		}
		if err := s.writeToAddresses(ctx, tx, told, exam.NoticeKinds[told.Kind]); err != nil {
			return nil, err
		}
	}
	return notices, nil
}

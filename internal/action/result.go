package action

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// resultsAtOnce is how many results share a transaction.
const resultsAtOnce = 200

// RecordResults stores results, each with its own answer, so that one refused
// row holds up no other. Staff with the results role. Refusals per row:
// registration_unknown, not_reserved, result_already_recorded,
// session_not_begun, outcome_unknown, score_…, sat_at_out_of_range.
func (s *Service) RecordResults(ctx context.Context, who exam.Actor, results []exam.Result) ([]Outcome[exam.RegistrationID], error) {
	var broken error // what the rows before it achieved stands, and is told
	return s.eachResult(who, results, func(part []exam.Result) ([]error, error) {
		var refused []error
		if broken == nil {
			broken = s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				refused, err = s.recordResults(ctx, tx, who, part)
				return err
			})
		}
		if broken == nil {
			return refused, nil
		}
		failed := broken
		if k := fault.Of(failed).Kind; k != fault.Internal && k != fault.Unavailable {
			broken = nil
		}
		return slices.Repeat([]error{failed}, len(part)), nil
	})
}

// CheckResults answers what RecordResults would answer now, and writes nothing.
func (s *Service) CheckResults(ctx context.Context, who exam.Actor, results []exam.Result) ([]Outcome[exam.RegistrationID], error) {
	return s.eachResult(who, results, func(part []exam.Result) ([]error, error) {
		r := s.store.Reader()
		at, err := standings(ctx, r, registrationsOf(part))
		if err != nil {
			return nil, err
		}
		refused, _ := judge(who, at, part, s.now())
		return refused, nil
	})
}

// eachResult hands a batch out in parts and gathers the answers.
func (s *Service) eachResult(who exam.Actor, results []exam.Result, do func([]exam.Result) ([]error, error)) ([]Outcome[exam.RegistrationID], error) {
	if err := exam.NeedStaff(who, exam.Results); err != nil {
		return nil, err
	}
	if len(results) < 1 || len(results) > MaxBatch {
		return nil, ErrBatchSize.With("max", MaxBatch).On("results")
	}
	out := make([]Outcome[exam.RegistrationID], 0, len(results))
	for part := range slices.Chunk(results, resultsAtOnce) {
		refused, err := do(part)
		if err != nil {
			return nil, err
		}
		for i, n := range part {
			out = append(out, Outcome[exam.RegistrationID]{ID: n.Registration, Err: refused[i]})
		}
	}
	return out, nil
}

func registrationsOf(results []exam.Result) []exam.RegistrationID {
	ids := map[exam.RegistrationID]bool{}
	for _, n := range results {
		ids[n.Registration] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// standings reads registrations with all that a result needs.
func standings(ctx context.Context, r store.Reader, ids []exam.RegistrationID) (map[exam.RegistrationID]*standing, error) {
	regs, err := r.RegistrationsByID(ctx, ids...)
	if err != nil {
		return nil, err
	}
	codeIDs, sessionIDs := make([]exam.CodeID, len(regs)), map[exam.SessionID]bool{}
	for i, g := range regs {
		codeIDs[i] = g.Code
		if g.Session != 0 {
			sessionIDs[g.Session] = true
		}
	}
	codes, err := r.CodesByID(ctx, 0, slices.Compact(slices.Sorted(slices.Values(codeIDs)))...)
	if err != nil {
		return nil, err
	}
	sessions, err := r.SessionsByID(ctx, slices.Sorted(maps.Keys(sessionIDs))...)
	if err != nil {
		return nil, err
	}
	found, subjects := make(map[exam.RegistrationID]*standing, len(regs)), map[exam.SubjectID]exam.Subject{}
	for _, g := range regs {
		sub, known := subjects[g.Subject]
		if !known {
			if sub, err = r.Subject(ctx, g.Subject); err != nil {
				return nil, err
			}
			subjects[g.Subject] = sub
		}
		at := &standing{reg: g, subject: sub}
		i, has := slices.BinarySearchFunc(codes, g.Code, func(c exam.Code, id exam.CodeID) int { return cmp.Compare(c.ID, id) })
		if !has {
			return nil, fmt.Errorf("action: registration %s without its code", g.ID)
		}
		at.code = codes[i]
		if i, has := slices.BinarySearchFunc(sessions, g.Session, func(n exam.Session, id exam.SessionID) int { return cmp.Compare(n.ID, id) }); has {
			at.held = &sessions[i]
		}
		found[g.ID] = at
	}
	return found, nil
}

// record is one accepted result with the new values it makes.
type record struct {
	standing
	result exam.Result
	kept   bool
	event  exam.Event
}

// judge asks the rule about each result; a second one of the same registration
// meets what the first one made of it.
func judge(who exam.Actor, at map[exam.RegistrationID]*standing, results []exam.Result, now time.Time) ([]error, []record) {
	refused, records := make([]error, len(results)), []record{}
	for i, n := range results {
		was := at[n.Registration]
		if was == nil {
			refused[i] = exam.ErrResultUnknown.On("registration_id")
			continue
		}
		g, c, n, kept, e, err := was.reg.RecordResult(who, was.code, was.held, was.subject, n, now)
		if err != nil {
			refused[i] = err
			continue
		}
		records = append(records, record{standing{g, c, was.held, was.subject}, n, kept, e})
		was.reg, was.code = g, c
	}
	return refused, records
}

// recordResults locks what a part is about in the one order, judges and stores.
func (s *Service) recordResults(ctx context.Context, tx *store.Tx, who exam.Actor, results []exam.Result) ([]error, error) {
	ids := registrationsOf(results)
	at, err := standings(ctx, tx.Reader, ids)
	if err != nil {
		return nil, err
	}
	if err := lockStandings(ctx, tx, at); err != nil {
		return nil, err
	}
	if at, err = standings(ctx, tx.Reader, ids); err != nil {
		return nil, err
	}
	if err := lockHeld(ctx, tx, at); err != nil {
		return nil, err
	}
	now := s.now()
	refused, records := judge(who, at, results, now)
	return refused, s.saveRecords(ctx, tx, records, now)
}

func lockStandings(ctx context.Context, tx *store.Tx, at map[exam.RegistrationID]*standing) error {
	var (
		orders []exam.OrderID
		codes  []exam.CodeID
		regs   []exam.RegistrationID
	)
	for id, a := range at {
		orders, codes, regs = append(orders, a.reg.Order), append(codes, a.reg.Code), append(regs, id)
	}
	if err := tx.LockOrders(ctx, db.Shared, orders...); err != nil {
		return err
	}
	if err := tx.LockCodes(ctx, codes...); err != nil {
		return err
	}
	return tx.LockRegistrations(ctx, regs...)
}

// lockHeld locks the sessions in which locked registrations hold a seat; no
// registration can move any more.
func lockHeld(ctx context.Context, tx *store.Tx, at map[exam.RegistrationID]*standing) error {
	var sessions []exam.SessionID
	for _, a := range at {
		sessions = append(sessions, a.reg.Session)
	}
	return tx.LockSessions(ctx, sessions...)
}

func (s *Service) saveRecords(ctx context.Context, tx *store.Tx, records []record, now time.Time) error {
	var (
		codes   []exam.Code
		events  []exam.Event
		regs    []exam.Registration
		kept    []exam.Result
		notices []exam.Notice
	)
	for _, r := range records {
		codes, events, regs = append(codes, r.code), append(events, r.event), append(regs, r.reg)
		kind := exam.NoticeReturned
		if r.kept {
			kind, kept = exam.NoticeResult, append(kept, r.result)
		} else if err := tx.GiveSeat(ctx, r.held.ID); err != nil {
			return err
		}
		notices = append(notices, noticeOf(r.reg, kind, r.subject, r.held, nil, now))
	}
	if len(records) == 0 {
		return nil
	}
	if err := tx.SaveCodes(ctx, codes, events); err != nil {
		return err
	}
	if err := tx.SaveRegistrations(ctx, regs); err != nil {
		return err
	}
	if err := tx.AddResults(ctx, kept...); err != nil {
		return err
	}
	return tx.Tell(ctx, notices...)
}

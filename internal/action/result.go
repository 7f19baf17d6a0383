package action

import (
	"context"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// RecordResults stores results, each in a transaction of its own, so that one
// refused row holds up no other. Staff with the results role. Refusals per row:
// registration_unknown, not_reserved, result_already_recorded,
// session_not_begun, outcome_unknown, score_…, sat_at_out_of_range.
func (s *Service) RecordResults(ctx context.Context, who exam.Actor, results []exam.Result) ([]Outcome[exam.RegistrationID], error) {
	if err := exam.NeedStaff(who, exam.Results); err != nil {
		return nil, err
	}
	if len(results) < 1 || len(results) > MaxBatch {
		return nil, ErrBatchSize.With("max", MaxBatch).On("results")
	}
	out := make([]Outcome[exam.RegistrationID], len(results))
	var broken error // what the rows before it achieved stands, and is told
	for i, n := range results {
		err := broken
		if err == nil {
			err = s.recordResult(ctx, who, n)
		}
		if f := fault.Of(err); f != nil && (f.Kind == fault.Internal || f.Kind == fault.Unavailable) {
			broken = err
		}
		out[i] = Outcome[exam.RegistrationID]{ID: n.Registration, Err: err}
	}
	return out, nil
}

func (s *Service) recordResult(ctx context.Context, who exam.Actor, n exam.Result) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, n.Registration, 0)
		if err != nil {
			return inputMissing(err, exam.ErrResultUnknown, "registration_id")
		}
		now := s.now()
		g, c, n, kept, e, err := at.reg.RecordResult(who, at.code, at.held, at.subject, n, now)
		if err != nil {
			return err
		}
		if !kept {
			if err := tx.GiveSeat(ctx, at.held.ID); err != nil {
				return err
			}
			return s.save(ctx, tx, g, c, e, exam.NoticeReturned, at.held, now)
		}
		if err := tx.AddResult(ctx, n); err != nil {
			return err
		}
		return s.save(ctx, tx, g, c, e, exam.NoticeResult, at.held, now)
	})
}

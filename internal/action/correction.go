package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// CorrectResult replaces a recorded result, with a reason; the earlier one is
// kept as a version, and the examinee and the company are told. Staff with the
// results role. Refusals: code_not_completed, result_same, reason_missing,
// outcome_unknown, score_…, sat_at_out_of_range, examinee_registered_again.
func (s *Service) CorrectResult(ctx context.Context, who exam.Actor, n exam.Result, why string) (exam.Result, error) {
	if err := exam.NeedStaff(who, exam.Results); err != nil {
		return n, err
	}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := s.lockRegistration(ctx, tx, who, n.Registration, 0)
		if err != nil {
			return err
		}
		var was *exam.Result
		if present, err := tx.Result(ctx, n.Registration); err == nil {
			was = &present.Result
		} else if !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		now := s.now()
		g, c, corrected, kept, e, err := at.reg.CorrectResult(who, at.code, was, at.held, at.subject, n, why, now)
		if err != nil {
			return err
		}
		if err := tx.CorrectResult(ctx, corrected, kept); err != nil {
			return err
		}
		if !kept {
			if err := tx.GiveSeat(ctx, at.held.ID); err != nil {
				return err
			}
		}
		if err := s.save(ctx, tx, g, c, e, exam.NoticeResultCorrected, at.held, now); err != nil {
			if !kept && db.IsUnique(err) {
				return exam.ErrExamineeBack
			}
			return err
		}
		n = corrected
		return s.tellCorrected(ctx, tx, g, at, kept, now)
	})
	return n, err
}

// tellCorrected writes to the company whose examinee's result was corrected.
func (s *Service) tellCorrected(ctx context.Context, tx *store.Tx, g exam.Registration, at standing, kept bool, now time.Time) error {
	link := "/enterprise/codes/" + g.Code.String()
	if kept {
		link += "/result"
	}
	data := about(at.subject, at.held)
	data["name"] = g.Name
	return s.tellAccount(ctx, tx, exam.Notice{Account: g.Account, Kind: exam.NoticeCorrected, About: int64(g.ID), Version: g.Version,
		Link: link, Created: now, Data: data})
}

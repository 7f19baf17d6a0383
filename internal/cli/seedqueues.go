package cli

import (
	"context"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/store"
)

func redemption(sub exam.SubjectID, text string, t exam.ExamType) action.Redemption {
	return action.Redemption{Subject: sub, Text: text, ExamType: t}
}

// planQueues plans what is under way today: unpaid orders, transfers to confirm,
// a payment nobody knows about, and codes somebody looked after.
func (s *seeder) planQueues() {
	order := func(ago time.Duration, company, subject, quantity int, provider, simulate string) {
		s.at(s.end.Add(-ago), func(ctx context.Context) error {
			buyer := s.companies[company]
			o, err := s.actions.BuyCodes(ctx, buyer, s.subjects[subject].ID, quantity)
			if err != nil || provider == "" {
				return err
			}
			_, err = s.actions.PayOrder(ctx, buyer, o.ID, provider, simulate, "")
			return err
		})
	}
	order(21*time.Hour, 0, 5, 20, "", "")
	order(50*time.Hour, 1, 3, 15, "transfer", "")
	order(26*time.Hour, 0, 2, 30, "transfer", "")
	order(5*time.Hour, 0, 4, 10, "sandbox", "unknown")
	order(4*time.Hour, 1, 5, 8, "sandbox", "decline")
	s.at(s.daysAgo(120), func(ctx context.Context) error {
		_, err := s.actions.BuyCodes(ctx, s.companies[0], s.subjects[3].ID, 500)
		return err
	})
	s.at(s.daysAgo(118), func(ctx context.Context) error {
		_, err := s.actions.CloseUnpaidOrders(ctx)
		return err
	})
	s.at(s.daysAgo(5), func(ctx context.Context) error {
		for _, a := range append(append([]exam.Actor{}, s.companies...), s.examinees...) {
			if err := s.actions.ReadAllMessages(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
	s.at(s.daysAgo(2), s.lookAfter)
	s.planRefunds()
	for _, part := range []struct {
		days    float64
		subject int
		seat    bool
	}{{190, 0, true}, {70, 1, true}, {3, 0, true}, {1, 2, false}} {
		s.at(s.daysAgo(part.days), func(ctx context.Context) error { return s.firstExaminee(ctx, part.subject, part.seat) })
	}
}

// firstExaminee takes the next step in the story of the first examinee of the
// list: registers with any code that is left, and takes a seat.
func (s *seeder) firstExaminee(ctx context.Context, subject int, seat bool) error {
	who, sub := s.examinees[0], s.subjects[subject]
	rows, err := s.store.Reader().Codes(ctx, s.companies[0].Account, store.CodeFilter{Subject: sub.ID, State: exam.Unused}, *s.clock, store.Page{Limit: 1})
	if err != nil || len(rows.Items) == 0 {
		return err
	}
	code := rows.Items[0]
	left := s.texts[code.Order]
	reg, err := s.actions.RedeemCode(ctx, who, redemption(sub.ID, left[len(left)-1], exam.Online))
	if err != nil {
		return err
	}
	s.texts[code.Order] = left[:len(left)-1]
	if !seat {
		return nil
	}
	return s.reserve(ctx, who, reg)
}

// lookAfter gives two codes new texts, one of them twice, takes one back from
// its examinee, and lets somebody try codes that are not theirs to use.
func (s *seeder) lookAfter(ctx context.Context) error {
	root := s.companies[0]
	list := func(state exam.CodeState) ([]store.CodeRow, error) {
		rows, err := s.store.Reader().Codes(ctx, root.Account, store.CodeFilter{State: state}, *s.clock, store.Page{Limit: 10})
		return rows.Items, err
	}
	unused, err := list(exam.Unused)
	if err != nil {
		return err
	}
	for _, i := range []int{0, 1, 1} {
		if _, err := s.actions.RegenerateCodes(ctx, root, []exam.CodeID{unused[i].ID}); err != nil {
			return err
		}
	}
	bound, err := list(exam.Bound)
	if err != nil || len(bound) < 2 {
		return err
	}
	if _, err := s.actions.UnbindCodes(ctx, root, []exam.CodeID{bound[0].ID}, true); err != nil {
		return err
	}
	sealed, err := s.store.Reader().Sealed(ctx, root.Account, bound[1].ID)
	if err != nil {
		return err
	}
	text, err := s.vault.OpenCode(int64(bound[1].ID), sealed)
	if err != nil {
		return err
	}
	_, _ = s.actions.RedeemCode(ctx, s.examinees[1], redemption(bound[1].Subject, text.Reveal(), exam.Online)) // is refused, and leaves its trace
	s.file.Tail = bound[1].Tail
	return nil
}

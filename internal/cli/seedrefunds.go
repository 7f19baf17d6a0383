package cli

import (
	"context"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// planRefunds plans a refund of each kind: done, being checked, refused, and one
// by transfer that waits until somebody has sent the money.
func (s *seeder) planRefunds() {
	for _, f := range []struct {
		company, subject, quantity int
		days                       float64 // ago the order was made
		after                      time.Duration
		way, simulate              string
	}{
		{0, 2, 24, 96, 40 * 24 * time.Hour, "sandbox", ""},
		{1, 4, 12, 12, 11*24*time.Hour + 20*time.Hour, "sandbox", "unknown"},
		{0, 3, 18, 20, 17 * 24 * time.Hour, "sandbox", "decline"},
		{1, 0, 30, 45, 43 * 24 * time.Hour, exam.ByTransfer, ""},
	} {
		s.at(s.daysAgo(f.days), func(ctx context.Context) error {
			buyer := s.companies[f.company]
			o, err := s.actions.BuyCodes(ctx, buyer, s.subjects[f.subject].ID, f.quantity)
			if err != nil {
				return err
			}
			p, err := s.actions.PayOrder(ctx, buyer, o.ID, f.way, "", "")
			if err != nil {
				return err
			}
			if p.ByHand() {
				if _, err := s.actions.ConfirmTransfer(ctx, s.cashier, p.ID, p.Amount); err != nil {
					return err
				}
			}
			s.at(s.clock.Add(f.after), func(ctx context.Context) error {
				_, err := s.actions.RefundOrder(ctx, buyer, o.ID, action.RefundRequest{Simulate: f.simulate})
				return err
			})
			return nil
		})
	}
}

package action

import (
	"context"

	"examcode/internal/exam"
)

// RedeemTogether redeems for many people in one batch, for tests.
func (s *Service) RedeemTogether(ctx context.Context, who []exam.Actor, in []Redemption) ([]exam.Registration, []error, error) {
	batch := make([]redemption, len(in))
	for i := range in {
		r, err := s.redemption(who[i], in[i])
		if err != nil {
			return nil, nil, err
		}
		batch[i] = r
	}
	answers, err := s.redeemTogether(ctx, batch)
	regs, errs := make([]exam.Registration, len(answers)), make([]error, len(answers))
	for i, a := range answers {
		regs[i], errs[i] = a.out, a.err
	}
	return regs, errs, err
}

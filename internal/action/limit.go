package action

import (
	"context"
	"time"

	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// Limits on failed tries, per name. Successes cost nothing.
var (
	limitSignInPerson  = auth.Limit{Burst: 10, Per: 90 * time.Second}
	limitSignInNetwork = auth.Limit{Burst: 100, Per: 10 * time.Second}
	limitRedeemPerson  = auth.Limit{Burst: 10, Per: 6 * time.Minute}
	limitRedeemNetwork = auth.Limit{Burst: 30, Per: 2 * time.Minute}
	limitSignUpNetwork = auth.Limit{Burst: 30, Per: time.Minute}
)

// counted is one name that failed tries are counted under.
type counted struct {
	name  string
	limit auth.Limit
}

// admit refuses with too_many_tries when one of the names has used up its tries.
func (s *Service) admit(ctx context.Context, names ...counted) error {
	now := s.now()
	for _, c := range names {
		tat, err := s.store.Reader().LimitAt(ctx, c.name)
		if err != nil {
			return err
		}
		if _, ok, retry := c.limit.Next(now, tat); !ok {
			return exam.ErrTooManyTries.With("until", retry, "seconds", int(retry.Sub(now)/time.Second)+1)
		}
	}
	return nil
}

// countFailure takes one try from each name.
func (s *Service) countFailure(ctx context.Context, tx *store.Tx, names ...counted) error {
	now := s.now()
	for _, c := range names {
		if err := tx.Limit(ctx, c.name, func(tat time.Time) time.Time {
			next, _, _ := c.limit.Next(now, tat)
			return next
		}); err != nil {
			return err
		}
	}
	return nil
}

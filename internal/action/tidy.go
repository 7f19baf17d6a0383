package action

import (
	"context"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// LinksKeptFor is how long a one-time link that has run out is told so; after
// that it is unknown.
const LinksKeptFor = 30 * 24 * time.Hour

const (
	// tidyAtOnce is how many things that are past their period one transaction ends.
	tidyAtOnce = 100
	// tidyMargin is how much older than its period a thing must be to count as left
	// over: what was begun just before a sweep may be written down after it.
	tidyMargin = time.Hour
)

// periods is up to which instant each thing is ended at an instant.
func (s *Service) periods(now time.Time) map[exam.KeptThing]time.Time {
	before := map[exam.KeptThing]time.Time{
		exam.KeptSignIns:   now.Add(-SessionIdle),
		exam.KeptSessions:  now.Add(-SessionAge),
		exam.KeptTries:     now,
		exam.KeptLinks:     now.Add(-LinksKeptFor),
		exam.KeptAnswers:   now.Add(-KeptFor),
		exam.KeptFiles:     now,
		exam.KeptDocuments: now.Add(-s.documentsKept),
	}
	for what, period := range exam.KeptFor {
		before[what] = now.Add(-period)
	}
	return before
}

// Tidy ends what is past its period, and drops what binds nobody any more. It may
// run as often as one likes, by many at once; what it has ended is written down,
// so that what is left over can be found.
func (s *Service) Tidy(ctx context.Context) error {
	if err := s.TidyExports(ctx); err != nil {
		return err
	}
	if err := s.tidyDrafts(ctx); err != nil {
		return err
	}
	if err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.ForgetOldProviderNotices(ctx, s.now().Add(-exam.NoticesKeptFor))
	}); err != nil {
		return err
	}
	for what, before := range s.periods(s.now()) {
		for more := what != exam.KeptFiles; more; {
			err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				more, err = tx.EndOver(ctx, what, before, tidyAtOnce)
				return err
			})
			if err != nil {
				return err
			}
		}
		if err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Swept(ctx, what, before.Add(-tidyMargin))
		}); err != nil {
			return err
		}
	}
	return nil
}

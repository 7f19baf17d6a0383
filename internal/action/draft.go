package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// A draft is dropped so many codes a transaction, so that nobody waits long for
// its locks.
const dropAtOnce = 2000

// draftsTidied is the most drafts that are dropped in one run.
const draftsTidied = 100

// draftMargin is how much longer than it can be confirmed a draft is kept, for
// clocks that differ.
const draftMargin = time.Hour

// dropDrafts drops the oldest drafts of an actor and of their account, beyond
// those that each may have. They are made old first: what is dropped in parts
// can be confirmed at no moment between.
func (s *Service) dropDrafts(ctx context.Context, who exam.Actor) error {
	mine, err := s.store.Reader().NewestDrafts(ctx, who.Account, who.Person, exam.DraftsOfPerson+draftsTidied)
	if err != nil {
		return err
	}
	all, err := s.store.Reader().NewestDrafts(ctx, who.Account, 0, exam.DraftsOfAccount+draftsTidied)
	if err != nil {
		return err
	}
	beyond := append(mine[min(len(mine), exam.DraftsOfPerson):], all[min(len(all), exam.DraftsOfAccount):]...)
	for _, id := range beyond {
		if err := s.dropDraft(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// tidyDrafts drops drafts that nobody confirmed in time.
func (s *Service) tidyDrafts(ctx context.Context) error {
	old, err := s.store.Reader().OldDrafts(ctx, s.now().Add(-exam.BulkKept-draftMargin), draftsTidied)
	for _, id := range old {
		if err := s.dropDraft(ctx, id); err != nil {
			return err
		}
	}
	return err
}

// dropDraft drops a draft in parts, unless it was confirmed meanwhile; one that
// is gone is dropped.
func (s *Service) dropDraft(ctx context.Context, id exam.BulkID) error {
	for more := true; more; {
		err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			more = false
			b, err := tx.LockBulk(ctx, 0, id)
			if err != nil || b.State != exam.BulkDraft {
				return err
			}
			if err := tx.AgeDraft(ctx, id, s.now().Add(-2*exam.BulkKept)); err != nil {
				return err
			}
			more, err = tx.DropDraft(ctx, id, dropAtOnce)
			return err
		})
		if errors.Is(err, fault.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

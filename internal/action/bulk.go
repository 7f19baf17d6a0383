package action

import (
	"context"
	"errors"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// DraftBulk freezes the company's codes of a filter, or those of some ids, for a
// verb that is to be confirmed. Nothing is done to them yet. Of many drafts the
// oldest are dropped. Refusals: bulk_empty, bulk_too_large, bulk_verb_unknown.
func (s *Service) DraftBulk(ctx context.Context, who exam.Actor, verb exam.BulkVerb, f store.CodeFilter, ids []exam.CodeID) (exam.Bulk, error) {
	if len(ids) > MaxBatch {
		return exam.Bulk{}, ErrBatchSize.With("max", MaxBatch).On("ids")
	}
	b := exam.Bulk{ID: exam.BulkID(s.store.IDs().Next()), Verb: verb}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		b, err = s.draft(ctx, tx, who, b, f, ids)
		return err
	})
	if err != nil {
		return b, err
	}
	if err := s.dropDrafts(ctx, who); err != nil {
		s.log.Warn("older drafts were not dropped", "account", who.Account, "error", err) // the next draft drops them
	}
	return b, nil
}

// StartBulk does a verb to all codes of a filter without a draft to be looked at:
// they are frozen and it is confirmed in one step. RunBulk does it.
// Refusals: as with DraftBulk.
func (s *Service) StartBulk(ctx context.Context, who exam.Actor, verb exam.BulkVerb, f store.CodeFilter, newText bool) (exam.Bulk, error) {
	b := exam.Bulk{ID: exam.BulkID(s.store.IDs().Next()), Verb: verb}
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		draft, err := s.draft(ctx, tx, who, b, f, nil)
		if err != nil {
			return err
		}
		next, e, _, err := draft.Begin(who, newText, s.now())
		if err != nil {
			return err
		}
		b = next
		return tx.SaveBulk(ctx, next, e)
	})
	return b, err
}

func (s *Service) draft(ctx context.Context, tx *store.Tx, who exam.Actor, b exam.Bulk, f store.CodeFilter, ids []exam.CodeID) (exam.Bulk, error) {
	now := s.now()
	states, err := tx.CountFrozen(ctx, who.Account, f, ids, now)
	if err != nil {
		return b, err
	}
	b.Total = 0
	for _, n := range states {
		b.Total += int64(n)
	}
	if b, err = exam.DraftBulk(who, b, now); err != nil {
		return b, err
	}
	if err := tx.AddBulk(ctx, b); err != nil {
		return b, err
	}
	return b, tx.FreezeCodes(ctx, b, f, ids, now)
}

// BeginBulk confirms a draft of the actor's company. Asking again changes nothing.
// Refusals: bulk_expired.
func (s *Service) BeginBulk(ctx context.Context, who exam.Actor, id exam.BulkID, newText bool) (exam.Bulk, error) {
	var b exam.Bulk
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		read, err := tx.LockBulk(ctx, who.Account, id)
		if err != nil {
			return err
		}
		next, e, begun, err := read.Begin(who, newText, s.now())
		if b = next; err != nil || !begun {
			return err
		}
		return tx.SaveBulk(ctx, b, e)
	})
	return b, err
}

// RunBulk does the next parts of a confirmed bulk, at most so many; each is a
// transaction of MaxBatch codes. Several may run the same bulk: they take turns.
func (s *Service) RunBulk(ctx context.Context, id exam.BulkID, parts int) error {
	for range parts {
		more, err := s.runPart(ctx, id)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// RunBulks does all that is confirmed, and says how many bulks that were: one
// part of each in turn, so that a large one, or one that fails, keeps no other
// waiting.
func (s *Service) RunBulks(ctx context.Context) (int, error) {
	ids, err := s.store.Reader().RunningBulks(ctx, 100)
	n := len(ids)
	for len(ids) > 0 && ctx.Err() == nil {
		ids = slices.DeleteFunc(ids, func(id exam.BulkID) bool {
			more, failed := s.runPart(ctx, id)
			err = errors.Join(err, failed)
			return failed != nil || !more
		})
	}
	return n, errors.Join(err, ctx.Err())
}

func (s *Service) runPart(ctx context.Context, id exam.BulkID) (more bool, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		more = false
		k, err := tx.LockBulk(ctx, 0, id)
		if err != nil || k.State != exam.BulkRunning {
			return err
		}
		items, err := tx.OpenItems(ctx, id, MaxBatch)
		if err != nil {
			return err
		}
		if len(items) > 0 {
			if err := s.doPart(ctx, tx, k, items); err != nil {
				return err
			}
			if err := tx.SettleItems(ctx, id, items); err != nil {
				return err
			}
		}
		if more = len(items) == MaxBatch; more {
			return nil
		}
		return s.finishBulk(ctx, tx, k)
	})
	return more, err
}

// doPart does the verb to some codes of a bulk and fills in their outcomes. Who
// has lost the right meanwhile is refused for each.
func (s *Service) doPart(ctx context.Context, tx *store.Tx, k exam.Bulk, items []store.BulkItem) error {
	ids, seen := make([]exam.CodeID, len(items)), make([]exam.Seen, len(items))
	for i, item := range items {
		ids[i], seen[i] = item.Code, exam.SeenAt(item.Version)
	}
	b := &batch{refused: map[exam.CodeID]error{}}
	asker, err := tx.IdentityOf(ctx, k.Person)
	if err == nil {
		who := k.Actor(asker.Actor)
		verb := s.regenerating(who)
		if k.Verb == exam.BulkUnbind {
			verb = s.unbinding(who, k.NewText)
		}
		err = s.act(ctx, tx, who, ids, seen, b, verb)
	}
	f := fault.Of(err)
	if err != nil && f.Kind != fault.Forbidden && f.Kind != fault.Unauthenticated {
		return err
	}
	for i := range items {
		items[i].Outcome = store.OutcomeDone
		if err := b.refused[items[i].Code]; err != nil {
			items[i].Outcome = fault.Of(err).Reason
		}
		if f != nil && err != nil {
			items[i].Outcome = f.Reason
		}
	}
	return nil
}

func (s *Service) finishBulk(ctx context.Context, tx *store.Tx, k exam.Bulk) error {
	outcomes, err := tx.BulkOutcomes(ctx, k.ID)
	if err != nil {
		return err
	}
	k, e := k.Finish(exam.TheSchedule(), int64(outcomes[store.OutcomeDone]), s.now())
	return tx.SaveBulk(ctx, k, e)
}

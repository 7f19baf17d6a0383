package action

import (
	"context"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// ReadMessage notes that the actor has read one of their notices.
func (s *Service) ReadMessage(ctx context.Context, who exam.Actor, id exam.MessageID) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Notice(ctx, who.Person, id); err != nil {
			return err
		}
		return tx.MarkRead(ctx, who.Person, s.now(), id)
	})
}

// ReadMessages notes that the actor has read some of their notices; those that
// are not theirs are passed over.
func (s *Service) ReadMessages(ctx context.Context, who exam.Actor, ids []exam.MessageID) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRead(ctx, who.Person, s.now(), ids...)
	})
}

// ReadAllMessages notes that the actor has read all of their notices.
func (s *Service) ReadAllMessages(ctx context.Context, who exam.Actor) error {
	return s.ReadCategory(ctx, who, "")
}

// ReadCategory notes that the actor has read all of their notices of a category.
func (s *Service) ReadCategory(ctx context.Context, who exam.Actor, category string) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkAllRead(ctx, who.Person, category, s.now())
	})
}

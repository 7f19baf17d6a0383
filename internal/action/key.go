package action

import (
	"context"
	"strings"

	"examcode/internal/auth"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// CreateKey makes an API key of the actor; clear is shown once. One that is made
// with another key ends with it. Refusals: key_name_missing, key_unknown (the
// actor's key was revoked meanwhile), not_signed_in.
func (s *Service) CreateKey(ctx context.Context, who exam.Actor, name string) (key exam.Key, clear string, err error) {
	clear, hash := auth.NewToken(auth.KeyPrefix)
	key = exam.Key{ID: exam.KeyID(s.store.IDs().Next()), Name: strings.TrimSpace(name), Tail: clear[len(clear)-4:]}
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		who, err := actingNow(ctx, tx, who)
		if err != nil {
			return err
		}
		if who.Key != 0 {
			if err := tx.LockKey(ctx, db.Shared, who.Key); err != nil {
				return err
			}
			if with, err := tx.Key(ctx, who.Person, who.Key); err != nil {
				return err
			} else if !with.Revoked.IsZero() {
				return exam.ErrKeyUnauthorised
			}
		}
		k, e, err := exam.MakeKey(who, key, s.now())
		if err != nil {
			return err
		}
		key = k
		return tx.AddKey(ctx, k, hash, e)
	})
	return key, clear, err
}

// RevokeKey ends one of the actor's keys at once, and the keys made with it.
func (s *Service) RevokeKey(ctx context.Context, who exam.Actor, id exam.KeyID) error {
	return s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockPeople(ctx, db.Exclusive, who.Person); err != nil {
			return err
		}
		k, err := tx.Key(ctx, who.Person, id)
		if err != nil {
			return err
		}
		now := s.now()
		k, e, err := k.Revoke(who, now)
		if err != nil {
			return err
		}
		below, err := tx.KeysBelow(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.RevokeKey(ctx, k, e); err != nil {
			return err
		}
		return endKeys(ctx, tx, who, below, now)
	})
}

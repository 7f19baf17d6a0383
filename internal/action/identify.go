package action

import (
	"context"
	"errors"
	"time"

	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

// touchEvery is how exactly it is known when a session or key was last used.
const touchEvery = time.Minute

// askers are the ways to learn who asks. Every request does, so those that come
// together are one statement.
type askers struct {
	sessions, keys *combiner[string, store.Identity] // by hash
	uses           *combiner[store.Use, struct{}]
}

// identities is how many statements that find who asks are worth running side by
// side.
const identities = 2

func (s *Service) askers() askers {
	r := s.store.Reader()
	return askers{
		sessions: &combiner[string, store.Identity]{lanes: identities, run: whose(r.IdentitiesBySession)},
		keys:     &combiner[string, store.Identity]{lanes: identities, run: whose(r.IdentitiesByKey)},
		uses:     &combiner[store.Use, struct{}]{lanes: 1, run: s.noteUses},
	}
}

// whose answers each of a batch by a read of them all.
func whose(read func(context.Context, [][]byte) (map[string]store.Identity, error)) func(context.Context, []string) ([]answer[store.Identity], error) {
	return func(ctx context.Context, hashes []string) ([]answer[store.Identity], error) {
		tokens := make([][]byte, len(hashes))
		for i, h := range hashes {
			tokens[i] = []byte(h)
		}
		found, err := read(ctx, tokens)
		if err != nil {
			return nil, err
		}
		answers := make([]answer[store.Identity], len(hashes))
		for i, h := range hashes {
			var ok bool
			if answers[i].out, ok = found[h]; !ok {
				answers[i].err = fault.ErrNotFound
			}
		}
		return answers, nil
	}
}

// bySession reads who holds a session, as it stands. Refusals: not_signed_in.
func (s *Service) bySession(ctx context.Context, hash []byte) (store.Identity, error) {
	i, err := s.ask.sessions.do(ctx, string(hash))
	if errors.Is(err, fault.ErrNotFound) {
		err = exam.ErrNotSignedIn
	}
	return i, err
}

// BySession finds who holds a session token. Refusals: not_signed_in (unknown,
// idle or too old), suspended.
func (s *Service) BySession(ctx context.Context, token string) (store.Identity, error) {
	hash := auth.HashToken(token)
	i, err := s.bySession(ctx, hash)
	now := s.now()
	switch {
	case err != nil:
		return i, err
	case now.Sub(i.Seen) > SessionIdle || now.Sub(i.SignedIn) > SessionAge:
		return i, exam.ErrNotSignedIn
	case i.Suspended:
		return i, exam.ErrSuspended
	case now.Sub(i.Seen) > touchEvery:
		s.touch(ctx, store.Use{Person: i.Person.ID, Login: hash})
	}
	i.Actor.Channel = exam.Console
	return i, nil
}

// ByKey finds who holds an API key. Refusals: key_unknown, suspended.
func (s *Service) ByKey(ctx context.Context, key string) (store.Identity, error) {
	i, err := s.ask.keys.do(ctx, string(auth.HashToken(key)))
	if errors.Is(err, fault.ErrNotFound) {
		return i, exam.ErrKeyUnauthorised
	}
	now := s.now()
	switch {
	case err != nil:
		return i, err
	case i.Suspended:
		return i, exam.ErrSuspended
	case now.Sub(i.Seen) > touchEvery:
		s.touch(ctx, store.Use{Person: i.Person.ID, Key: i.Actor.Key})
	}
	i.Actor.Channel = exam.API
	return i, nil
}

// touch notes a use. A database too busy to take the note is no reason to turn
// the request away.
func (s *Service) touch(ctx context.Context, u store.Use) {
	if _, err := s.ask.uses.do(ctx, u); err != nil {
		s.log.Warn("last use was not noted", "error", err)
	}
}

func (s *Service) noteUses(ctx context.Context, uses []store.Use) ([]answer[struct{}], error) {
	err := s.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.Touch(ctx, uses, s.now()) })
	return make([]answer[struct{}], len(uses)), err
}

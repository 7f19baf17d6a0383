package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// AddLogin stores a signed-in browser by the hash of its token.
func (tx *Tx) AddLogin(ctx context.Context, token []byte, p exam.PersonID, agent string, now time.Time) error {
	if err := tx.seen(ctx, p, now); err != nil {
		return err
	}
	return tx.exec(ctx, 1, "INSERT INTO login (token, person_id, created_at, seen_at, fresh_at, agent) VALUES ($1, $2, $3, $3, $3, $4)",
		token, p, us(now), agent)
}

// seen notes that a person was here. It comes before what is done to their
// sessions and keys, as every lock on a person does.
func (tx *Tx) seen(ctx context.Context, p exam.PersonID, now time.Time) error {
	_, err := tx.tx.Exec(ctx, "UPDATE person SET seen_at = $1 WHERE id = $2", us(now), p)
	return err
}

// Use is a session, or a key, of a person that was used.
type Use struct {
	Person exam.PersonID
	Login  []byte // hash of the session's token
	Key    exam.KeyID
}

// Touch notes uses.
func (tx *Tx) Touch(ctx context.Context, uses []Use, now time.Time) error {
	for part := range slices.Chunk(uses, 500) {
		var people []exam.PersonID
		var logins, keys []any
		for _, u := range part {
			people = append(people, u.Person)
			if u.Login != nil {
				logins = append(logins, u.Login)
			} else {
				keys = append(keys, u.Key)
			}
		}
		if err := tx.LockPeople(ctx, db.Sole, people...); err != nil {
			return err
		}
		for _, t := range []struct {
			text string
			ids  []any
		}{
			{"UPDATE person SET seen_at = $1 WHERE id IN ", anys(people)},
			{"UPDATE login SET seen_at = $1 WHERE token IN ", logins},
			{"UPDATE api_key SET used_at = $1 WHERE id IN ", keys},
		} {
			if len(t.ids) == 0 {
				continue
			}
			ids := repeated(t.ids)
			if _, err := tx.tx.Exec(ctx, t.text+list(2, len(ids)), append([]any{us(now)}, ids...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// FreshenLogin notes that the password was given again; the session goes on
// under another token, and the one it had is nobody's.
func (tx *Tx) FreshenLogin(ctx context.Context, token, next []byte, now time.Time) error {
	return tx.exec(ctx, 1, "UPDATE login SET token = $1, fresh_at = $2, seen_at = $2 WHERE token = $3", next, us(now), token)
}

// EndLogin ends a session; ending an ended one is fine.
func (tx *Tx) EndLogin(ctx context.Context, token []byte) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM login WHERE token = $1", token)
	return err
}

// EndLoginOf ends one session of a person; ending an ended one is fine.
func (tx *Tx) EndLoginOf(ctx context.Context, p exam.PersonID, token []byte) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM login WHERE person_id = $1 AND token = $2", p, token)
	return err
}

// EndLoginsOf ends all sessions of a person but one (or all, with nil).
func (tx *Tx) EndLoginsOf(ctx context.Context, p exam.PersonID, but []byte) error {
	if but == nil {
		but = []byte{}
	}
	_, err := tx.tx.Exec(ctx, "DELETE FROM login WHERE person_id = $1 AND token <> $2", p, but)
	return err
}

// MoveLogins lets all sessions go along with a demonstration's clock that is
// moved, so that nobody is signed out by it.
func (tx *Tx) MoveLogins(ctx context.Context, by time.Duration) error {
	_, err := tx.tx.Exec(ctx, "UPDATE login SET created_at = created_at + $1, seen_at = seen_at + $1, fresh_at = fresh_at + $1", by.Microseconds())
	return err
}

// Login is a signed-in browser as its person sees it.
type Login struct {
	Token   []byte // hash
	Agent   string
	Created time.Time
	Seen    time.Time
}

// Logins lists a person's living sessions, the last used first.
func (r Reader) Logins(ctx context.Context, p exam.PersonID, seenAfter, createdAfter time.Time) ([]Login, error) {
	return all(ctx, r.q, func(row db.Row) (Login, error) {
		var l Login
		err := row.Scan(&l.Token, &l.Agent, (*when)(&l.Created), (*when)(&l.Seen))
		return l, err
	}, `SELECT l.token, l.agent, l.created_at, l.seen_at FROM login l
WHERE l.person_id = $1 AND l.seen_at >= $2 AND l.created_at >= $3 ORDER BY l.seen_at DESC, l.token LIMIT 200`, p, us(seenAfter), us(createdAfter))
}

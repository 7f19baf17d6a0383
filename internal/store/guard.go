package store

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// Limit moves the theoretical arrival time of a named rate limit: next gets the
// stored one (zero when there is none) and returns what to store.
func (tx *Tx) Limit(ctx context.Context, name string, next func(tat time.Time) time.Time) error {
	tat, err := tx.LimitAt(ctx, name)
	if err != nil {
		return err
	}
	_, err = tx.tx.Exec(ctx, "INSERT INTO rate_limit (name, tat) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET tat = excluded.tat", name, next(tat).UnixMicro())
	return err
}

// LimitAt reads the theoretical arrival time of a rate limit; zero when unknown.
func (r Reader) LimitAt(ctx context.Context, name string) (time.Time, error) {
	t, err := one(ctx, r.q, func(row db.Row) (time.Time, error) {
		var t time.Time
		err := row.Scan((*when)(&t))
		return t, err
	}, "SELECT l.tat FROM rate_limit l WHERE l.name = $1", name)
	if errors.Is(err, fault.ErrNotFound) {
		return time.Time{}, nil
	}
	return t, err
}

// ForgetOldLimits drops limits that bind nobody any more.
func (tx *Tx) ForgetOldLimits(ctx context.Context, before time.Time) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM rate_limit WHERE tat < $1", before.UnixMicro())
	return err
}

// Remembered is a request that carried an idempotency key. Status 0 means that
// it is still running, or that its answer was lost.
type Remembered struct {
	Request []byte // hash of what was asked
	Effect  bool   // its change is committed
	Status  int
	Answer  []byte
	Created time.Time
}

// Remember claims a key for a request. known is the earlier claim, nil when the
// key is new.
func (tx *Tx) Remember(ctx context.Context, p exam.PersonID, key string, request []byte, now time.Time) (known *Remembered, err error) {
	n, err := tx.tx.Exec(ctx, `INSERT INTO idempotency (person_id, name, request, effect, status, created_at) VALUES ($1, $2, $3, 0, 0, $4)
ON CONFLICT (person_id, name) DO NOTHING`, p, key, request, us(now))
	if err != nil || n == 1 {
		return nil, err
	}
	r, err := one(ctx, tx.q, func(row db.Row) (Remembered, error) {
		var r Remembered
		var effect int64
		err := row.Scan(&r.Request, &effect, &r.Status, &r.Answer, (*when)(&r.Created))
		r.Effect = effect != 0
		return r, err
	}, "SELECT i.request, i.effect, i.status, i.answer, i.created_at FROM idempotency i WHERE i.person_id = $1 AND i.name = $2", p, key)
	return &r, err
}

// MarkEffect notes, in the transaction of the change itself, that the request
// with a key has taken effect.
func (tx *Tx) MarkEffect(ctx context.Context, p exam.PersonID, key string) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET effect = 1 WHERE person_id = $1 AND name = $2", p, key)
}

// KeepAnswer stores the answer that a repeated request gets.
func (tx *Tx) KeepAnswer(ctx context.Context, p exam.PersonID, key string, status int, answer []byte) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET status = $1, answer = $2 WHERE person_id = $3 AND name = $4", status, answer, p, key)
}

// Retake claims the key of a request that was cut off before it had any effect.
func (tx *Tx) Retake(ctx context.Context, p exam.PersonID, key string, started, now time.Time) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET created_at = $1 WHERE person_id = $2 AND name = $3 AND effect = 0 AND status = 0 AND created_at = $4", us(now), p, key, us(started))
}

// ForgetOldKeys drops idempotency keys made before an instant.
func (tx *Tx) ForgetOldKeys(ctx context.Context, before time.Time) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM idempotency WHERE created_at < $1", us(before))
	return err
}

// Setting reads a value the program keeps about itself; "" when there is none.
func (r Reader) Setting(ctx context.Context, name string) (string, error) {
	v, err := one(ctx, r.q, func(row db.Row) (string, error) {
		var s string
		err := row.Scan(&s)
		return s, err
	}, "SELECT g.value FROM setting g WHERE g.name = $1", name)
	if errors.Is(err, fault.ErrNotFound) {
		return "", nil
	}
	return v, err
}

// SetSettingOnce stores a value unless there is one.
func (tx *Tx) SetSettingOnce(ctx context.Context, name, value string) error {
	_, err := tx.tx.Exec(ctx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)
	return err
}

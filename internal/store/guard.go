package store

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// Limit allows Burst tries at once and then one for each Per, by the generic cell
// rate algorithm: one theoretical arrival time per name is all there is to keep.
type Limit struct {
	Burst int
	Per   time.Duration
}

// TakeTry takes one try of a name; false when there is none, and nothing is
// taken. One statement, so that tries at the same moment count one after another.
func (tx *Tx) TakeTry(ctx context.Context, name string, l Limit, now time.Time) (bool, error) {
	n, err := tx.tx.Exec(ctx, `INSERT INTO rate_limit (name, tat) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
ON CONFLICT (name) DO UPDATE SET tat = CASE WHEN rate_limit.tat > $2 THEN rate_limit.tat ELSE $2 END + $3
WHERE rate_limit.tat + $3 - $2 <= CAST($4 AS BIGINT)`, name, now.UnixMicro(), l.Per.Microseconds(), int64(l.Burst)*l.Per.Microseconds())
	return n == 1, err
}

// GiveTry returns one try to a name.
func (tx *Tx) GiveTry(ctx context.Context, name string, l Limit) error {
	_, err := tx.tx.Exec(ctx, "UPDATE rate_limit SET tat = tat - $1 WHERE name = $2", l.Per.Microseconds(), name)
	return err
}

// LimitOpens is when a name has a try again; the past when it has one now.
func (r Reader) LimitOpens(ctx context.Context, name string, l Limit) (time.Time, error) {
	t, err := one(ctx, r.q, func(row db.Row) (time.Time, error) {
		var t time.Time
		err := row.Scan((*when)(&t))
		return t, err
	}, "SELECT l.tat FROM rate_limit l WHERE l.name = $1", name)
	if errors.Is(err, fault.ErrNotFound) {
		return time.Time{}, nil
	}
	return t.Add(l.Per - time.Duration(l.Burst)*l.Per), err
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
// with a key has taken effect. A claim that another request has taken over since
// is exam.ErrChangedMeanwhile: the change is then the other's to make.
func (tx *Tx) MarkEffect(ctx context.Context, p exam.PersonID, key string, since time.Time) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET effect = 1 WHERE person_id = $1 AND name = $2 AND created_at = $3", p, key, us(since))
}

// KeepAnswer stores the answer that a repeated request gets.
func (tx *Tx) KeepAnswer(ctx context.Context, p exam.PersonID, key string, status int, answer []byte) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET status = $1, answer = $2 WHERE person_id = $3 AND name = $4", status, answer, p, key)
}

// Retake claims the key of a request that was cut off before it had any effect.
func (tx *Tx) Retake(ctx context.Context, p exam.PersonID, key string, started, now time.Time) error {
	return tx.exec(ctx, 1, "UPDATE idempotency SET created_at = $1 WHERE person_id = $2 AND name = $3 AND effect = 0 AND status = 0 AND created_at = $4", us(now), p, key, us(started))
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

// SetSetting stores a value the program keeps about itself.
func (tx *Tx) SetSetting(ctx context.Context, name, value string) error {
	_, err := tx.tx.Exec(ctx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// SetSettingOnce stores a value unless there is one.
func (tx *Tx) SetSettingOnce(ctx context.Context, name, value string) error {
	_, err := tx.tx.Exec(ctx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)
	return err
}

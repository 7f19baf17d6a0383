package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// TakeTry takes one try of a name; false when there is none, and nothing is taken.
func (tx *Tx) TakeTry(ctx context.Context, name string, l Limit, now time.Time) (bool, error) {
	taken, err := tx.TakeTries(ctx, l, map[string]int{name: 1}, now)
	return taken[name], err
}

// TakeTries takes so many tries of each name, all or none of a name's, and tells
// of which. One statement, so that tries at the same moment count one after
// another. Taking no try of a name costs the same as taking one.
func (tx *Tx) TakeTries(ctx context.Context, l Limit, tries map[string]int, now time.Time) (map[string]bool, error) {
	taken := make(map[string]bool, len(tries))
	names := slices.Sorted(maps.Keys(tries))
	for part := range slices.Chunk(names, 500) {
		args := make([]any, 0, 2*round(len(part))+2)
		for _, name := range part {
			args = append(args, name, now.Add(time.Duration(tries[name])*l.Per).UnixMicro())
		}
		args, n := filled(args, 2)
		args = append(args, now.UnixMicro(), int64(l.Burst)*l.Per.Microseconds())
		at, room := fmt.Sprintf("CAST($%d AS BIGINT)", 2*n+1), fmt.Sprintf("CAST($%d AS BIGINT)", 2*n+2)
		had, err := all(ctx, tx.tx, text, `WITH v(name, tat) AS (VALUES `+values(n, "TEXT", "BIGINT")+`)
INSERT INTO rate_limit (name, tat) SELECT v.name, v.tat FROM v WHERE v.name IS NOT NULL ORDER BY v.name
ON CONFLICT (name) DO UPDATE SET tat = CASE WHEN rate_limit.tat > `+at+` THEN rate_limit.tat + excluded.tat - `+at+` ELSE excluded.tat END
WHERE rate_limit.tat + excluded.tat - `+at+` - `+at+` <= `+room+` RETURNING name`, args...)
		if err != nil {
			return nil, err
		}
		for _, name := range had {
			taken[name] = true
		}
	}
	return taken, nil
}

// GiveTry returns one try to a name.
func (tx *Tx) GiveTry(ctx context.Context, name string, l Limit) error {
	_, err := tx.tx.Exec(ctx, "UPDATE rate_limit SET tat = tat - $1 WHERE name = $2", l.Per.Microseconds(), name)
	return err
}

// LimitOpens is when a name has a try again; the past when it has one now.
func (r Reader) LimitOpens(ctx context.Context, name string, l Limit) (time.Time, error) {
	debts, err := r.Debts(ctx, []string{name})
	return l.Opens(debts[name]), err
}

// Opens is when a name that has a debt has a try again.
func (l Limit) Opens(debt time.Time) time.Time {
	if debt.IsZero() {
		return debt
	}
	return debt.Add(l.Per - time.Duration(l.Burst)*l.Per)
}

// Left is how many tries a name that has a debt has left.
func (l Limit) Left(debt, now time.Time) int {
	if !debt.After(now) {
		return l.Burst
	}
	return max(0, l.Burst-int((debt.Sub(now)+l.Per-1)/l.Per))
}

// Debts reads until when names would wait for all their tries to come back; those
// that have lost none are missing.
func (r Reader) Debts(ctx context.Context, names []string) (map[string]time.Time, error) {
	debts := make(map[string]time.Time, len(names))
	for part := range slices.Chunk(names, 512) {
		args := repeated(anys(part))
		type debt struct {
			name string
			at   time.Time
		}
		list, err := all(ctx, r.q, func(row db.Row) (debt, error) {
			var d debt
			err := row.Scan(&d.name, (*when)(&d.at))
			return d, err
		}, "SELECT l.name, l.tat FROM rate_limit l WHERE l.name IN "+list(1, len(args)), args...)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			debts[d.name] = d.at
		}
	}
	return debts, nil
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

// Claim names a request by the person and their key.
type Claim struct {
	Person exam.PersonID
	Key    string
}

// RememberedAmong finds which of some requests were claimed before. SQLite begins a
// CROSS JOIN with its left side: left to itself it reads the whole table for more
// than a hundred and some requests.
func (r Reader) RememberedAmong(ctx context.Context, asked []Claim) (map[Claim]Remembered, error) {
	type row struct {
		Claim
		Remembered
	}
	known := map[Claim]Remembered{}
	for part := range slices.Chunk(asked, 500) {
		args := make([]any, 0, round(len(part))*2)
		for _, c := range part {
			args = append(args, c.Person, c.Key)
		}
		args, n := filled(args, 2)
		list, err := all(ctx, r.q, func(r db.Row) (row, error) {
			var k row
			var effect int64
			err := r.Scan(&k.Person, &k.Key, &k.Request, &effect, &k.Status, &k.Answer, (*when)(&k.Created))
			k.Effect = effect != 0
			return k, err
		}, "WITH v(person_id, name) AS (VALUES "+values(n, "BIGINT", "TEXT")+`)
SELECT i.person_id, i.name, i.request, i.effect, i.status, i.answer, i.created_at FROM v CROSS JOIN idempotency i WHERE i.person_id = v.person_id AND i.name = v.name`, args...)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			known[k.Claim] = k.Remembered
		}
	}
	return known, nil
}

// Kept is a request whose claim, change and answer are one transaction.
type Kept struct {
	Claim
	Request []byte // hash of what was asked
	Status  int
	Answer  []byte
}

// KeepAnswers claims keys and stores the answers, in the transaction of the change
// itself. A key that another request holds is exam.ErrChangedMeanwhile: the change
// is then the other's to make.
func (tx *Tx) KeepAnswers(ctx context.Context, list []Kept, now time.Time) error {
	var args []any
	for _, k := range list {
		args = append(args, k.Person, k.Key, k.Request, k.Status, k.Answer, us(now), 1)
	}
	return tx.execSet(ctx, len(list), db.Set{
		Before: "INSERT INTO idempotency (person_id, name, request, status, answer, created_at, effect) ",
		After:  " ON CONFLICT (person_id, name) DO NOTHING",
		Types:  []string{"BIGINT", "TEXT", "BYTEA", "BIGINT", "BYTEA", "BIGINT", "BIGINT"},
	}, args)
}

// DropClaim takes the claim of a request away that was cut off before it had any
// effect.
func (tx *Tx) DropClaim(ctx context.Context, c Claim, started time.Time) error {
	return tx.exec(ctx, 1, "DELETE FROM idempotency WHERE person_id = $1 AND name = $2 AND effect = 0 AND status = 0 AND created_at = $3", c.Person, c.Key, us(started))
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

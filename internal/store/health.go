package store

import (
	"context"
	"time"
)

// Health is what the program has given up or is late with.
type Health struct {
	Dead    Queue // promises given up or refused for good
	Overdue Queue // promises that nobody kept though they were due an hour ago
	Unknown Queue // payments and refunds a day old whose outcome is not known
	Jobs    int   // jobs given up; the queue forgets them after a week
}

// Health looks at an instant; for the staff of the machine.
func (r Reader) Health(ctx context.Context, now time.Time) (h Health, err error) {
	hour, day := us(now.Add(-time.Hour)), us(now.Add(-24*time.Hour))
	for _, q := range []struct {
		to   *Queue
		sql  string
		args []any
	}{
		{&h.Dead, "SELECT COUNT(*), COALESCE(MIN(w.created_at), 0) FROM owed w WHERE w.state = 'dead'", nil},
		{&h.Overdue, "SELECT COUNT(*), COALESCE(MIN(w.created_at), 0) FROM owed w WHERE w.state = 'owed' AND w.created_at <= $1 AND COALESCE(w.next_at, 0) <= $1 AND w.failing_at IS NULL", []any{hour}},
		{&h.Unknown, `SELECT COUNT(*), COALESCE(MIN(u.since), 0) FROM (
SELECT y.created_at AS since FROM payment y WHERE y.state = 'unknown' UNION ALL
SELECT f.placed_at FROM refund f WHERE f.state = 'refunding' AND f.answer = 'unknown') u WHERE u.since <= $1`, []any{day}},
	} {
		if *q.to, err = one(ctx, r.q, scanQueue, q.sql, q.args...); err != nil {
			return h, err
		}
	}
	h.Jobs, err = one(ctx, r.q, number[int], "SELECT COUNT(*) FROM river_job j WHERE j.state = 'discarded'")
	return h, err
}

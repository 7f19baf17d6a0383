package store_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// What is late or given up is counted with the oldest of it; what waits for its
// next try, or fails and is tried, is neither.
func TestHealth(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s, now := context.Background(), store.New(d, id.NewSource(0, time.Now)), time.UnixMicro(100*time.Hour.Microseconds())
		ago := func(d time.Duration) int64 { return now.Add(-d).UnixMicro() }
		if h, err := s.Reader().Health(ctx, now); err != nil || h != (store.Health{}) {
			t.Fatalf("%+v, %v", h, err)
		}
		err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			for i, o := range []struct {
				channel, state string
				created, next  int64
				failing        any
			}{
				{"mail", "dead", ago(30 * time.Hour), ago(29 * time.Hour), nil},
				{"mail", "owed", ago(2 * time.Hour), ago(2 * time.Hour), nil},
				{"export", "owed", ago(3 * time.Hour), 0, nil},
				{"mail", "owed", ago(2 * time.Hour), ago(-time.Hour), nil},
				{"mail", "owed", ago(2 * time.Hour), ago(2 * time.Hour), ago(2 * time.Hour)},
				{"mail", "owed", ago(time.Minute), ago(time.Minute), nil},
				{"export", "owed", ago(time.Minute), 0, nil},
				{"mail", "sent", ago(9 * time.Hour), ago(9 * time.Hour), nil},
			} {
				if _, err := tx.Exec(ctx, `INSERT INTO owed (id, channel, target_id, account_id, state, created_at, next_at, tries, detail, failing_at)
VALUES ($1, $2, $3, 1, $4, $5, $6, 0, '', $7)`, i+1, o.channel, i+1, o.state, o.created, o.next, o.failing); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, "INSERT INTO river_job (args, kind, max_attempts) VALUES ('{}', 'waits', 1)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h, err := s.Reader().Health(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		if h.Dead.Count != 1 || h.Overdue.Count != 2 || !h.Overdue.Oldest.Equal(now.Add(-3*time.Hour)) || h.Unknown.Count != 0 || h.Jobs != 0 {
			t.Errorf("%+v", h)
		}
	})
}

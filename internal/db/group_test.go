package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"examcode/internal/db"
)

// TestARefusalIsToldAfterTheCommitItRestsOn: one writes, another one of its group
// reads that and is refused for it, a third keeps the group open. When the second
// is answered, everybody can see why.
func TestARefusalIsToldAfterTheCommitItRestsOn(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		if d.Engine() != db.SQLite {
			return // each transaction has a commit of its own
		}
		release := hold(t, d)
		told, seen, stands := make(chan error, 1), 0, 0
		later := make(chan struct{})
		wrote := queue(t, d, 1, func(ctx context.Context, tx *db.Tx) error { return add(ctx, tx, 1) })
		refused := queue(t, d, 2, func(ctx context.Context, tx *db.Tx) error {
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM thing WHERE id = 1").Scan(&seen); err != nil {
				return err
			}
			return errRefused
		})
		go func() {
			err := <-refused
			stands = count(t, d, "id = 1")
			close(later)
			told <- err
		}()
		queue(t, d, 3, func(context.Context, *db.Tx) error {
			select {
			case <-later:
			case <-time.After(200 * time.Millisecond):
			}
			return nil
		})
		release()
		if err := <-told; !errors.Is(err, errRefused) || seen != 1 {
			t.Fatalf("the second was told %v and saw %d", err, seen)
		}
		if stands != 1 {
			t.Error("the second was refused for what is not committed")
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	})
}

// queue begins a transaction and waits until n of them wait.
func queue(t *testing.T, d *db.DB, n int, fn func(context.Context, *db.Tx) error) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- d.Transact(context.Background(), fn) }()
	await(t, func() bool { return db.Waiting(d) >= n })
	return done
}

package db_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// eachHooked opens a database with a table "t" (id) on each engine, with a hook.
func eachHooked(t *testing.T, fn func(t *testing.T, d *db.DB, set func(db.Hook))) {
	dbtest.EachHooked(t, "hooked", func(ctx context.Context, d *db.DB) error {
		return d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "CREATE TABLE t (id BIGINT PRIMARY KEY)")
			return err
		})
	}, fn)
}

func insert(id int64) func(ctx context.Context, tx *db.Tx) error {
	return func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO t (id) VALUES ($1)", id)
		return err
	}
}

func rowsKept(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read().QueryRow(context.Background(), "SELECT COUNT(*) FROM t").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAHookSeesEveryStep(t *testing.T) {
	eachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		var seen []string
		set(func(_ context.Context, at db.Point) error {
			s := string(at.Op)
			if at.Done {
				s += " done"
			}
			seen = append(seen, s)
			return nil
		})
		if err := d.Transact(context.Background(), insert(1)); err != nil {
			t.Fatal(err)
		}
		rowsKept(t, d)
		want := []string{"begin", "begin done", "statement", "statement done", "commit", "commit done", "read", "read done"}
		if !slices.Equal(seen, want) {
			t.Errorf("it saw %q", seen)
		}
	})
}

// TestAFailureAtEachStep: nothing is kept of what failed, what was lost on the
// way of a commit is said to be unknown, and the database goes on.
func TestAFailureAtEachStep(t *testing.T) {
	for _, c := range []struct {
		op   db.Op
		done bool
		want error
		kept int
	}{
		{db.Begin, false, db.ErrUnavailable, 0}, {db.Begin, true, db.ErrUnavailable, 0},
		{db.Statement, false, db.ErrUnavailable, 0}, {db.Statement, true, db.ErrUnavailable, 0},
		{db.Commit, false, db.ErrCommitUnknown, 0}, {db.Commit, true, db.ErrCommitUnknown, 1},
	} {
		t.Run(fmt.Sprint(c.op, c.done), func(t *testing.T) {
			eachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
				set(func(_ context.Context, at db.Point) error {
					if at.Op == c.op && at.Done == c.done {
						return io.ErrUnexpectedEOF
					}
					return nil
				})
				if err := d.Transact(context.Background(), insert(1)); !errors.Is(err, c.want) {
					t.Errorf("%v: %v", c, err)
				}
				set(nil)
				if n := rowsKept(t, d); n != c.kept {
					t.Errorf("%v: %d rows were kept", c, n)
				}
				if err := d.Transact(context.Background(), insert(2)); err != nil {
					t.Errorf("%v: after it: %v", c, err)
				}
			})
		})
	}
}

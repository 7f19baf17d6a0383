package db_test

import (
	"context"
	"fmt"
	"testing"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

func TestStatementsStayCompiled(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	ctx := t.Context()
	compiled := func() int64 {
		n, err := db.Compiled(ctx, d)
		must(t, err)
		return n
	}
	var before int64
	for i := range 20 {
		must(t, execute(ctx, d, insertThing, i))
		if i == 2 {
			before = compiled()
		}
	}
	if n := compiled() - before; n != 0 {
		t.Errorf("a statement that was run again was compiled %d times more", n)
	}
	must(t, execute(ctx, d, "ALTER TABLE thing ADD COLUMN more TEXT NOT NULL DEFAULT 'more'"))
	must(t, execute(ctx, d, insertThing, 100))
	if n := count(t, d, "more = 'more'"); n != 21 {
		t.Errorf("%d rows after a change of the schema", n)
	}
}

// A statement whose rows are being read can be run again beside them, as the
// writing connection may for the job queue.
func TestACompiledStatementIsRunBesideItsRows(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	for i := range 3 {
		must(t, run(d, insertThing, i))
	}
	tx, err := d.Writer().BeginTx(t.Context(), nil)
	must(t, err)
	defer tx.Rollback()
	const text = "SELECT id FROM thing WHERE id >= ? ORDER BY id"
	for range 4 {
		var pairs []string
		outer, err := tx.Query(text, 1)
		must(t, err)
		for outer.Next() {
			var a, b int
			must(t, outer.Scan(&a))
			inner, err := tx.Query(text, a)
			must(t, err)
			for inner.Next() {
				must(t, inner.Scan(&b))
				pairs = append(pairs, fmt.Sprint(a, b))
			}
			must(t, inner.Close())
		}
		must(t, outer.Err())
		if got := fmt.Sprint(pairs); got != "[1 1 1 2 2 2]" {
			t.Errorf("read %s", got)
		}
	}
}

// More texts than a connection keeps are run all the same, and a setting that is
// made again is made again: SQLite compiles a PRAGMA anew each time by itself.
func TestManyTextsAreRun(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	ctx := context.Background()
	for i := range 1200 {
		for range 2 {
			var n int
			must(t, d.Read().QueryRow(ctx, fmt.Sprintf("SELECT %d + $1", i), 1).Scan(&n))
			if n != i+1 {
				t.Fatalf("%d + 1 is %d", i, n)
			}
		}
	}
	for range 3 {
		for _, want := range []int{1, 2} { // which is set as it is compiled
			_, err := d.Writer().Exec(fmt.Sprintf("PRAGMA synchronous = %d", want))
			must(t, err)
			var got int
			must(t, d.Writer().QueryRow("PRAGMA synchronous").Scan(&got))
			if got != want {
				t.Errorf("synchronous is %d, want %d", got, want)
			}
		}
	}
}

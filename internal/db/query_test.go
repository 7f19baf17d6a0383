package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

type (
	codeID int64
	state  string
	hash   []byte
	flag   bool
)

// String masks, as types with secrets do; it must not decide what is stored.
func (s state) String() string  { return "masked" }
func (c codeID) String() string { return "cod_masked" }

var schema = map[db.Engine]string{
	db.SQLite: `CREATE TABLE thing (id INTEGER PRIMARY KEY, state TEXT NOT NULL, hash BLOB, live BOOLEAN NOT NULL DEFAULT TRUE,
		other BIGINT, note TEXT, CONSTRAINT thing_note UNIQUE (note, other))`,
	db.PostgreSQL: `CREATE TABLE thing (id BIGINT PRIMARY KEY, state TEXT NOT NULL, hash BYTEA, live BOOLEAN NOT NULL DEFAULT TRUE,
		other BIGINT, note TEXT, CONSTRAINT thing_note UNIQUE (note, other))`,
}

func prepare(ctx context.Context, d *db.DB) error {
	return execute(ctx, d, schema[d.Engine()])
}

func execute(ctx context.Context, d *db.DB, text string, args ...any) error {
	return d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, text, args...)
		return err
	})
}

func run(d *db.DB, text string, args ...any) error {
	return execute(context.Background(), d, text, args...)
}

func each(t *testing.T, fn func(t *testing.T, ctx context.Context, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.EachFrom(t, "thing", prepare, func(t *testing.T, d *db.DB) { fn(t, t.Context(), d) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *db.DB, where string, args ...any) (n int) {
	t.Helper()
	must(t, d.Read().QueryRow(context.Background(), "SELECT count(*) FROM thing WHERE "+where, args...).Scan(&n))
	return n
}

func TestNamedTypesPassBothWays(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		other, missing := codeID(8), (*codeID)(nil)
		insert := "INSERT INTO thing (id, state, hash, live, other, note) VALUES ($1, $2, $3, $4, $5, $6)"
		must(t, run(d, insert, codeID(7), state("unused"), hash{1, 0, 255}, flag(false), &other, "n"))
		must(t, run(d, insert, 9, "bound", nil, true, missing, (*state)(nil)))

		type row struct {
			ID    codeID
			State state
			Hash  []byte
			Live  bool
			Other *codeID
			Note  *state
		}
		rows, err := d.Read().Query(ctx, "SELECT id, state, hash, live, other, note FROM thing WHERE id >= $1 ORDER BY id", codeID(1))
		must(t, err)
		defer rows.Close()
		var got []row
		for rows.Next() {
			var r row
			must(t, rows.Scan(&r.ID, &r.State, &r.Hash, &r.Live, &r.Other, &r.Note))
			got = append(got, r)
		}
		must(t, rows.Err())
		note := state("n")
		want := []row{{7, "unused", []byte{1, 0, 255}, false, &other, &note}, {9, "bound", nil, true, nil, nil}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What a placeholder holds is the same on its way into any place of a statement.
func TestPlaceholdersKeepTheirType(t *testing.T) {
	d := dbtest.SQLite(t, "thing", prepare)
	for want, arg := range map[string]any{"integer -9007199254740993": int64(-9007199254740993), "text 007": "007", "blob \x00x": []byte("\x00x"), "null ": nil} {
		var kind, value string
		must(t, d.Read().QueryRow(context.Background(), "SELECT typeof($1), COALESCE(CAST($1 AS TEXT), '') WHERE 1 IN ($2, $2) LIMIT $2", arg, 1).Scan(&kind, &value))
		if got := kind + " " + value; got != want {
			t.Errorf("%q came as %q", want, got)
		}
	}
}

func TestAggregatesScan(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		for i := range 3 {
			must(t, run(d, "INSERT INTO thing (id, state, other) VALUES ($1, 'unused', $2)", i, 10))
		}
		var n, sum int64
		var some bool
		var kind state
		q := `SELECT count(*) FILTER (WHERE live), sum(other), EXISTS (SELECT 1 FROM thing WHERE state = $2), CAST($1 AS TEXT) FROM thing`
		must(t, d.Read().QueryRow(ctx, q, state("x"), state("unused")).Scan(&n, &sum, &some, &kind))
		if n != 3 || sum != 30 || !some || kind != "x" {
			t.Errorf("got %d %d %v %q", n, sum, some, string(kind))
		}
	})
}

func TestNoRows(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		var n int64
		q := "SELECT id FROM thing WHERE id = $1"
		if err := d.Read().QueryRow(ctx, q, 1).Scan(&n); err != db.ErrNoRows {
			t.Errorf("reader: %v", err)
		}
		must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			if err := tx.QueryRow(ctx, q, 1).Scan(&n); err != db.ErrNoRows {
				t.Errorf("tx: %v", err)
			}
			_, err := tx.Exec(ctx, "INSERT INTO thing (id, state) VALUES (1, 'unused')")
			return err
		}))
	})
}

func TestForeignTypesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		for _, bad := range []any{dbtest.Clock(), []int64{1}, map[string]int{}, uint64(1), struct{}{}} {
			err := run(d, "INSERT INTO thing (id, state) VALUES (1, $1)", bad)
			if err == nil || !strings.Contains(err.Error(), "argument $1") {
				t.Errorf("%T: %v", bad, err)
			}
		}
	})
}

func TestReadersDoNotWrite(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		if _, err := d.Read().Exec(ctx, "DELETE FROM thing"); err == nil {
			t.Error("Exec on a reader was accepted")
		}
		err := d.Snapshot(ctx, func(ctx context.Context, q db.Querier) error {
			return q.QueryRow(ctx, "INSERT INTO thing (id, state) VALUES (1, 'x') RETURNING id").Scan(new(int64))
		})
		if err == nil {
			t.Error("a snapshot wrote")
		}
	})
}

func TestUnique(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, run(d, "INSERT INTO thing (id, state, note, other) VALUES (1, 'unused', 'a', 5)"))
		must(t, run(d, "CREATE UNIQUE INDEX one_bound ON thing (state) WHERE state = 'bound'"))
		must(t, run(d, "CREATE UNIQUE INDEX one_case ON thing (lower(note))"))
		must(t, run(d, "INSERT INTO thing (id, state) VALUES (50, 'bound')"))
		for _, text := range []string{
			"INSERT INTO thing (id, state) VALUES (1, 'x')",
			"INSERT INTO thing (id, state, note, other) VALUES (2, 'x', 'a', 5)",
			"INSERT INTO thing (id, state) VALUES (2, 'bound')",
			"INSERT INTO thing (id, state, note) VALUES (2, 'x', 'A')",
		} {
			if err := run(d, text); !db.IsUnique(err) {
				t.Errorf("%s: %v", text, err)
			}
		}
		err := run(d, "INSERT INTO thing (id, state) VALUES (3, NULL)")
		if err == nil || db.IsUnique(err) || db.IsUnique(nil) {
			t.Errorf("a NOT NULL violation passed for a unique one: %v", err)
		}
	})
}

func TestSnapshotDoesNotMove(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, d.Snapshot(ctx, func(in context.Context, q db.Querier) error {
			var before, after int
			if err := q.QueryRow(in, "SELECT count(*) FROM thing").Scan(&before); err != nil {
				return err
			}
			must(t, run(d, "INSERT INTO thing (id, state) VALUES (1, 'unused')"))
			if err := q.QueryRow(in, "SELECT count(*) FROM thing").Scan(&after); err != nil {
				return err
			}
			if before != 0 || after != 0 {
				t.Errorf("snapshot saw %d, then %d", before, after)
			}
			return nil
		}))
		if n := count(t, d, "TRUE"); n != 1 {
			t.Errorf("after the snapshot: %d rows", n)
		}
	})
}

var migrations = fstest.MapFS{
	"sqlite/00001_a.sql":   {Data: []byte("-- +goose Up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\n")},
	"postgres/00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id BIGINT PRIMARY KEY);\n")},
	"sqlite/00002_b.sql":   {Data: []byte("-- +goose Up\nCREATE TABLE b (id INTEGER PRIMARY KEY);\n")},
	"postgres/00002_b.sql": {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n")},
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		pending := func(want int) {
			t.Helper()
			if n, err := d.Pending(ctx, migrations); err != nil || n != want {
				t.Fatalf("pending: %d, %v; want %d", n, err, want)
			}
		}
		pending(2)
		others := []*db.DB{d}
		if d.Engine() == db.PostgreSQL { // a second replica starts at the same time
			others = append(others, dbtest.Open(t, db.Config{URL: d.Pool().Config().ConnString()}))
		}
		ended := make(chan error)
		for _, o := range others {
			go func() { ended <- errors.Join(o.Migrate(ctx, migrations), o.MigrateRiver(ctx)) }()
		}
		for range others {
			must(t, <-ended)
		}
		pending(0)
		must(t, d.Migrate(ctx, migrations))
		must(t, d.MigrateRiver(ctx))
		var n int
		must(t, d.Read().QueryRow(ctx, "SELECT count(*) FROM river_job").Scan(&n))
	})
}

// What a snapshot runs is compiled once; as many at once as there are connections,
// and more, do not wait for each other to compile it.
func TestSnapshotsCompileTheirStatementsAfterwards(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				for range 3 {
					n := 0
					err := d.Snapshot(ctx, func(ctx context.Context, q db.Querier) error {
						for k := range 5 {
							at := 0
							if err := q.QueryRow(ctx, fmt.Sprintf("SELECT CAST($1 AS BIGINT) + %d", 5*i+k), 1000).Scan(&at); err != nil {
								return err
							}
							n += at
						}
						return nil
					})
					if want := 5*1000 + 25*i + 10; err != nil || n != want {
						t.Errorf("%d, %v, not %d", n, err, want)
					}
				}
			})
		}
		all.Wait()
	})
}

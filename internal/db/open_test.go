package db_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// exit ends the calling goroutine from within a closure.
func exit(d *db.DB) {
	d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		add(ctx, tx, 1)
		runtime.Goexit()
		return nil
	})
}

const childEnv = "EXAMCODE_TEST_OPEN"

func TestSecondProcessIsRefused(t *testing.T) {
	if path := os.Getenv(childEnv); path != "" { // the second process
		_, err := db.Open(t.Context(), db.Config{Path: path, Now: dbtest.Clock})
		if !errors.Is(err, db.ErrInUse) {
			t.Fatalf("the second process got %v", err)
		}
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name?#%.db")
	d, err := db.Open(t.Context(), db.Config{Path: path, Now: dbtest.Clock})
	must(t, err)
	child := exec.Command(os.Args[0], "-test.run=^TestSecondProcessIsRefused$")
	child.Env = append(os.Environ(), childEnv+"="+path)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	must(t, prepare(t.Context(), d))
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		info, err := os.Stat(name)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
	d.Close()
	again, err := db.Open(t.Context(), db.Config{Path: path, Now: dbtest.Clock})
	must(t, err)
	again.Close()
}

func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "", nil)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "query_only": "0", "cache_size": "-65536", "wal_autocheckpoint": "8192"} {
		var got string
		must(t, d.Writer().QueryRow("PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
}

func TestUnreachableIsUnavailable(t *testing.T) {
	t.Parallel()
	url := "postgres://nobody@127.0.0.1:1/none?connect_timeout=2"
	if _, err := db.Open(t.Context(), db.Config{URL: url, Now: dbtest.Clock}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t, "thing", prepare)
	other := dbtest.Open(t, db.Config{URL: d.Pool().Config().ConnString()})
	err := d.Transact(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		var pid int64
		if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		must(t, other.Read().QueryRow(t.Context(), "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", pid).Scan(new(bool)))
		return add(ctx, tx, 1)
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	must(t, run(d, "INSERT INTO thing (id, state) VALUES (1, 'unused')"))
}

const nodeTable = "CREATE TABLE node (number BIGINT PRIMARY KEY, holder TEXT NOT NULL, until_us BIGINT NOT NULL)"

func TestLeases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if l, err := dbtest.SQLite(t, "", nil).LeaseNode(ctx); err != nil || l.Node() != 0 {
		t.Fatalf("sqlite: %v", err)
	}
	var ahead atomic.Int64 // of the first replica's clock
	clock := func() time.Time { return dbtest.Clock().Add(time.Duration(ahead.Load())) }
	url := dbtest.PostgresURL(t)
	one := dbtest.Open(t, db.Config{URL: url, Now: clock})
	two := dbtest.Open(t, db.Config{URL: url})
	must(t, run(one, nodeTable))
	first, err := one.LeaseNode(ctx)
	must(t, err)
	second, err := two.LeaseNode(ctx)
	must(t, err)
	if first.Node() != 0 || second.Node() != 1 {
		t.Fatalf("numbers %d and %d", first.Node(), second.Node())
	}

	// A lease that ran low is renewed on the spot while nobody else has the number.
	ahead.Add(int64(2 * time.Minute))
	must(t, run(one, "SELECT 1"))
	// Once somebody has it, nothing is written any more.
	must(t, run(two, "UPDATE node SET holder = 'another' WHERE number = 0"))
	must(t, run(one, "SELECT 1"))
	ahead.Add(int64(2 * time.Minute))
	for range 2 {
		if err := run(one, "SELECT 1"); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("with a lost number: %v", err)
		}
	}
	must(t, run(two, "SELECT 1"))

	// A number given back rests a little, an expired one is taken again.
	second.Release(ctx)
	third, err := two.LeaseNode(ctx)
	must(t, err)
	if third.Node() != 2 {
		t.Errorf("third number %d", third.Node())
	}
	third.Release(ctx)
	must(t, run(two, "UPDATE node SET until_us = 1 WHERE number = 1"))
	fourth, err := two.LeaseNode(ctx)
	must(t, err)
	if fourth.Node() != 1 {
		t.Errorf("fourth number %d", fourth.Node())
	}
}

func TestLeasesRunOut(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t, "", nil)
	must(t, run(d, nodeTable))
	must(t, run(d, "INSERT INTO node SELECT n, 'other', 9000000000000000 FROM generate_series(0, 31) AS n"))
	if _, err := d.LeaseNode(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a thirty-third replica: %v", err)
	}
}

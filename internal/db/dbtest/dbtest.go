// Package dbtest gives tests an empty database on each engine. It starts one
// PostgreSQL server per test binary on first need, without any set-up in the
// binary, and takes it down when the process ends, however it ends.
//
// It knows no table; whoever has migrations passes them to EachFrom.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/db"
)

// Clock is the clock of the databases opened here. It stands still; nothing in
// package db but the end of a group and of a lease looks at it.
func Clock() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// Each runs fn as the parallel subtests "sqlite" and "postgres", each on an empty
// database of its own.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachFrom(t, "", nil, fn)
}

// EachFrom is Each on a copy of what prepare made. prepare runs once per engine
// and key in a test binary, so give every prepare a key of its own.
func EachFrom(t *testing.T, key string, prepare func(ctx context.Context, d *db.DB) error, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t, key, prepare))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t, key, prepare))
	})
}

// EachHooked is EachFrom on databases with a hook that can be changed at any time
// with set; there is none at first, nor after set(nil).
func EachHooked(t *testing.T, key string, prepare func(ctx context.Context, d *db.DB) error, fn func(t *testing.T, d *db.DB, set func(db.Hook))) {
	t.Helper()
	for _, e := range []struct {
		name string
		open func(testing.TB, string, func(context.Context, *db.DB) error, ...func(*db.Config)) *db.DB
	}{{"sqlite", SQLite}, {"postgres", Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var hook atomic.Pointer[db.Hook]
			d := e.open(t, key, prepare, func(cfg *db.Config) {
				cfg.Hook = func(ctx context.Context, at db.Point) error {
					if h := hook.Load(); h != nil && *h != nil {
						return (*h)(ctx, at)
					}
					return nil
				}
			})
			fn(t, d, func(h db.Hook) { hook.Store(&h) })
		})
	}
}

// SQLite opens a fresh SQLite database, a copy of what prepare made; prepare may
// be nil. It is closed when the test ends.
// Changes alter what is opened.
func SQLite(t testing.TB, key string, prepare func(ctx context.Context, d *db.DB) error, change ...func(*db.Config)) *db.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	if prepare != nil {
		image, err := templateOf("sqlite", key, func() (string, error) { return sqliteImage(prepare) })
		if err != nil {
			t.Fatalf("prepare %q on sqlite: %v", key, err)
		}
		if err := os.WriteFile(path, []byte(image), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Open(t, changed(db.Config{Path: path}, change))
}

// Postgres opens a fresh PostgreSQL database, a copy of what prepare made;
// prepare may be nil. It is closed and dropped when the test ends.
// Changes alter what is opened.
func Postgres(t testing.TB, key string, prepare func(ctx context.Context, d *db.DB) error, change ...func(*db.Config)) *db.DB {
	t.Helper()
	s := running(t)
	template := "template0"
	if prepare != nil {
		var err error
		template, err = templateOf("postgres", key, func() (string, error) { return s.template(prepare) })
		if err != nil {
			t.Fatalf("prepare %q on postgres: %v", key, err)
		}
	}
	return Open(t, changed(db.Config{URL: s.fresh(t, template)}, change))
}

func changed(cfg db.Config, change []func(*db.Config)) db.Config {
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

// Open opens a database for a test and closes it when the test ends. A missing
// clock becomes Clock.
func Open(t testing.TB, cfg db.Config) *db.DB {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = Clock
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// PostgresURL makes an empty PostgreSQL database and returns its URL; it is
// dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return running(t).fresh(t, "template0")
}

// templates remembers per engine and key what was prepared: the bytes of a
// SQLite file, or the name of a PostgreSQL database.
var templates sync.Map

type template struct {
	once sync.Once
	what string
	err  error
}

func templateOf(engine, key string, build func() (string, error)) (string, error) {
	v, _ := templates.LoadOrStore(engine+":"+key, &template{})
	t := v.(*template)
	t.once.Do(func() { t.what, t.err = build() })
	return t.what, t.err
}

func sqliteImage(prepare func(ctx context.Context, d *db.DB) error) (string, error) {
	dir, err := os.MkdirTemp("", "examcode-sqlite-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := prepared(db.Config{Path: path, Now: Clock}, prepare); err != nil {
		return "", err
	}
	b, err := os.ReadFile(path) // closing has folded the log into the file
	return string(b), err
}

func prepared(cfg db.Config, prepare func(ctx context.Context, d *db.DB) error) error {
	ctx := context.Background()
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	return prepare(ctx, d)
}

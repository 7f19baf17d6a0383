package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// migrationLock is the advisory lock of whoever changes the schema.
const migrationLock = 0x6578616d636f6465

// Migrate applies our migrations that are missing. fsys has a folder "sqlite"
// and a folder "postgres". Replicas that start together take turns.
func (d *DB) Migrate(ctx context.Context, fsys fs.FS) error {
	return d.migration(ctx, func(pool *pgxpool.Pool) error {
		p, done, err := d.provider(fsys, pool)
		if err != nil {
			return err
		}
		defer done()
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("db: migrate: %w", translate(err))
		}
		return nil
	})
}

// MigrateRiver brings the job queue's own tables up to date.
func (d *DB) MigrateRiver(ctx context.Context) error {
	return d.migration(ctx, func(pool *pgxpool.Pool) error {
		var err error
		cfg := &rivermigrate.Config{Logger: d.log}
		if pool == nil {
			var m *rivermigrate.Migrator[*sql.Tx]
			if m, err = rivermigrate.New(riversqlite.New(d.writer), cfg); err == nil {
				_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
			}
		} else {
			m, newErr := rivermigrate.New(riverpgxv5.New(pool), cfg)
			if err = newErr; err == nil {
				_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
			}
		}
		if err != nil {
			return fmt.Errorf("db: migrate the job queue: %w", translate(err))
		}
		return nil
	})
}

// Pending counts our migrations that are not applied. It changes nothing.
func (d *DB) Pending(ctx context.Context, fsys fs.FS) (int, error) {
	p, done, err := d.provider(fsys, d.pool)
	if err != nil {
		return 0, err
	}
	defer done()
	known := "SELECT count(*) FROM sqlite_schema WHERE name = $1"
	if d.engine == PostgreSQL {
		known = "SELECT count(to_regclass($1))"
	}
	var n int
	if err := d.read.QueryRow(ctx, known, goose.DefaultTablename).Scan(&n); err != nil {
		return 0, err
	}
	if n == 0 { // asking goose would create its table
		return len(p.ListSources()), nil
	}
	all, err := p.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("db: %w", translate(err))
	}
	n = 0
	for _, m := range all {
		if m.State == goose.StatePending {
			n++
		}
	}
	return n, nil
}

func (d *DB) provider(fsys fs.FS, pool *pgxpool.Pool) (*goose.Provider, func(), error) {
	sub, err := fs.Sub(fsys, string(d.engine))
	if err != nil {
		return nil, nil, fmt.Errorf("db: migrations: %w", err)
	}
	conn, dialect, done := d.writer, goose.DialectSQLite3, func() {}
	if d.look {
		conn = d.readers
	}
	if pool != nil {
		conn, dialect = stdlib.OpenDBFromPool(pool), goose.DialectPostgres
		done = func() { conn.Close() }
	}
	p, err := goose.NewProvider(dialect, conn, sub, goose.WithSlog(d.log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("db: migrations: %w", err)
	}
	return p, done, nil
}

// migration calls fn with a pool of its own, without statement timeouts, while
// this process alone may change the schema. On SQLite the pool is nil: the lock
// beside the file has settled that already.
func (d *DB) migration(ctx context.Context, fn func(*pgxpool.Pool) error) (err error) {
	if d.engine == SQLite {
		return fn(nil)
	}
	cfg := d.config.Copy()
	cfg.MaxConns = 4
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "0"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return translate(err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Release()
	if err := takeMigrationLock(ctx, conn); err != nil {
		return err
	}
	defer func() {
		var held bool
		q := "SELECT pg_advisory_unlock($1)"
		unlock := conn.QueryRow(context.WithoutCancel(ctx), q, int64(migrationLock)).Scan(&held)
		if unlock == nil && !held {
			unlock = errors.New("db: the migration lock was lost")
		}
		err = errors.Join(err, translate(unlock))
	}()
	return fn(pool)
}

// takeMigrationLock polls: a session that waits inside PostgreSQL would hold up
// CREATE INDEX CONCURRENTLY in the session it waits for.
func takeMigrationLock(ctx context.Context, conn *pgxpool.Conn) error {
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		var got bool
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&got)
		if err != nil {
			return translate(err)
		}
		if got {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

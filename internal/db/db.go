// Package db is the one place that knows database drivers. It opens SQLite or
// PostgreSQL, runs transactions, locks rows, tells a broken unique constraint
// from other errors, migrates, and numbers the replicas; everything above it
// speaks one small Querier and one subset of SQL.
//
// It refuses to know a table of the program (but for "node", which numbers the
// replicas), to build SQL for others, and to hide which errors are worth a
// second try: it tries again itself where that is safe and says so otherwise.
//
// Inside a transaction: touch only the Tx; read all rows before the next
// statement; never go on after a failed statement; have no effect outside,
// because the closure may run again. A breach of the first three is answered
// with an error on both engines alike.
package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Engine names the database in use.
type Engine string

const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Config says what to open: exactly one of Path and URL.
type Config struct {
	Path string           // SQLite file; created with mode 0600 when absent
	URL  string           // postgres://…
	Now  func() time.Time // required; with a monotonic reading in production
	Log  *slog.Logger     // nil discards
	// LookOnly opens an existing database to read it, also while others use it;
	// Transact is refused.
	LookOnly bool
	// Hook is for tests alone.
	Hook Hook
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	look   bool
	now    func() time.Time
	log    *slog.Logger
	read   Querier
	hook   Hook

	// SQLite
	path    string
	writer  *sql.DB
	readers *sql.DB
	group   *grouper
	lock    *os.File

	// PostgreSQL
	pool   *pgxpool.Pool
	config *pgxpool.Config
	leased leaseSlot
}

// Open opens the database and proves that it answers. It does not migrate.
// Reasons: database_in_use, database_unavailable.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Now == nil {
		panic("db: Config.Now is missing")
	}
	if (cfg.Path == "") == (cfg.URL == "") {
		return nil, errors.New("db: give either a file or a database URL")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &DB{now: cfg.Now, log: cfg.Log, look: cfg.LookOnly, hook: cfg.Hook}
	open := d.openSQLite
	from := cfg.Path
	if cfg.URL != "" {
		open, from = d.openPostgres, cfg.URL
	}
	if err := open(ctx, from); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Lanes is how many transactions are worth running side by side when each does
// the work of many: the one writer of SQLite, or two connections.
func (d *DB) Lanes() int {
	if d.engine == SQLite {
		return 1
	}
	return 2
}

// Engine tells which engine is in use. Only cli and tests have a reason to ask.
func (d *DB) Engine() Engine { return d.engine }

// Close waits for the transactions that have begun, refuses those that still
// queue, gives back the replica number and closes every connection.
func (d *DB) Close() {
	if l := d.leased.current(); l != nil {
		l.Release(context.Background())
	}
	if d.group != nil {
		d.group.close()
	}
	if d.readers != nil {
		d.readers.Close()
	}
	if d.writer != nil {
		d.writer.Close()
	}
	if d.lock != nil {
		d.lock.Close()
	}
	if d.pool != nil {
		d.pool.Close()
	}
}

// Writer is SQLite's single writing connection, for the job queue; nil on
// PostgreSQL. Whoever holds it keeps every Transact waiting.
func (d *DB) Writer() *sql.DB { return d.writer }

// Pool is PostgreSQL's pool, for the job queue; nil on SQLite.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Read returns a querier outside any transaction. Its Exec always refuses.
func (d *DB) Read() Querier { return d.read }

// Snapshot runs fn on one unchanging view of the database, taken with the first
// query. Keep it short: it holds a reading connection, and on SQLite keeps the
// log from shrinking.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, q Querier) error) error {
	if err := d.outside(ctx); err != nil {
		return err
	}
	if d.engine == SQLite {
		tx, err := d.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return translate(err)
		}
		defer tx.Rollback()
		return fn(ctx, readOnly{db: d, q: d.hook.querier(Read, sqlQuerier{c: tx})})
	}
	tx, err := d.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return translate(err)
	}
	defer rollback(ctx, tx)
	return fn(ctx, readOnly{db: d, q: d.hook.querier(Read, pgxQuerier{c: tx})})
}

// Transact runs fn in one transaction and returns after the commit. When fn
// returns an error, or a statement failed, nothing has happened. fn may run more
// than once.
//
// On SQLite the closures that wait are committed together; ctx counts until fn
// starts and not after. On PostgreSQL fn runs again after a deadlock or a
// serialization failure.
// Reasons: busy, database_unavailable, commit_unknown.
func (d *DB) Transact(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if err := d.outside(ctx); err != nil {
		return err
	}
	if d.look {
		return errLookOnly
	}
	if d.engine == SQLite {
		return d.group.transact(ctx, d, fn)
	}
	return d.transactPostgres(ctx, fn)
}

var errLookOnly = errors.New("db: this database was opened to look only")

// inside marks the context of a closure that runs in a transaction of db.
type inside struct{ db *DB }

func (d *DB) enter(ctx context.Context) context.Context {
	return context.WithValue(ctx, inside{d}, true)
}

// errNested is a programming error: on SQLite it would wait for itself.
var errNested = errors.New("db: database used inside a transaction; use only the tx there")

func (d *DB) outside(ctx context.Context) error {
	if ctx.Value(inside{d}) != nil {
		return errNested
	}
	return nil
}

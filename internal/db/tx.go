package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tx is a transaction in progress; it lives as long as its closure runs and
// belongs to one goroutine. After the first failed statement it answers only
// with that failure, and Transact returns it even when the closure does not.
type Tx struct {
	q      Querier
	sql    *sql.Tx
	pgx    pgx.Tx
	hook   Hook
	failed error
	open   *txRows
	ended  bool
	asked  int
}

// Statements is how many statements the transaction has run so far, locks among
// them: what a batch costs in round trips.
func (tx *Tx) Statements() int { return tx.asked }

// SQL is the transaction for the job queue on SQLite; nil on PostgreSQL.
// Return the error of every failed use from the closure.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// Pgx is the transaction for the job queue on PostgreSQL; nil on SQLite.
// Return the error of every failed use from the closure.
func (tx *Tx) Pgx() pgx.Tx { return tx.pgx }

var (
	errEnded    = errors.New("db: transaction used after its closure returned")
	errRowsOpen = errors.New("db: statement while rows are still open; read and close them first")
)

// ready refuses what only one of the engines would let pass.
func (tx *Tx) ready() error {
	switch {
	case tx.ended:
		return errEnded
	case tx.failed != nil:
		return fmt.Errorf("db: statement after a failed one: %w", tx.failed)
	case tx.open != nil:
		return tx.fail(errRowsOpen)
	}
	tx.asked++
	return nil
}

func (tx *Tx) fail(err error) error {
	if err != nil && err != ErrNoRows && tx.failed == nil {
		tx.failed = err
	}
	return err
}

// scope keeps a caller's cancellation away from SQLite, where an interrupted
// statement would end the transaction of everybody in the group.
func (tx *Tx) scope(ctx context.Context) context.Context {
	if tx.sql != nil {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Exec runs a statement and returns the number of rows it affected.
func (tx *Tx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := tx.ready(); err != nil {
		return 0, err
	}
	n, err := tx.q.Exec(tx.scope(ctx), text, args...)
	return n, tx.fail(err)
}

// Query runs a query; close its rows before the next statement.
func (tx *Tx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	rows, err := tx.q.Query(tx.scope(ctx), text, args...)
	if err != nil {
		return nil, tx.fail(err)
	}
	tx.open = &txRows{tx: tx, rows: rows}
	return tx.open, nil
}

// QueryRow runs a query for one row; ErrNoRows does not spoil the transaction.
func (tx *Tx) QueryRow(ctx context.Context, text string, args ...any) Row {
	if err := tx.ready(); err != nil {
		return errRow{err}
	}
	return txRow{tx: tx, row: tx.q.QueryRow(tx.scope(ctx), text, args...)}
}

// end closes what the closure left open and answers with its outcome.
func (tx *Tx) end(err error) error {
	if tx.open != nil {
		tx.open.Close()
	}
	tx.ended = true
	if err == nil {
		err = tx.failed
	}
	return err
}

type txRow struct {
	tx  *Tx
	row Row
}

func (r txRow) Scan(dest ...any) error { return r.tx.fail(r.row.Scan(dest...)) }

type txRows struct {
	tx   *Tx
	rows Rows
}

func (r *txRows) Next() bool {
	if r.rows.Next() {
		return true
	}
	r.tx.fail(r.rows.Err())
	r.release()
	return false
}

func (r *txRows) Scan(dest ...any) error { return r.tx.fail(r.rows.Scan(dest...)) }
func (r *txRows) Err() error             { return r.rows.Err() }

func (r *txRows) Close() {
	r.rows.Close()
	r.release()
}

func (r *txRows) release() {
	if r.tx.open == r {
		r.tx.open = nil
	}
}

// LockMode says against whom a row is locked.
type LockMode int

const (
	Shared    LockMode = iota // others may share, nobody may change
	Sole                      // nobody else may lock or change, but new rows may refer to it
	Exclusive                 // nobody else may lock, change or refer to it
)

var strengths = [...]string{Shared: "SHARE", Sole: "NO KEY UPDATE", Exclusive: "UPDATE"}

var tableName = regexp.MustCompile(`^[a-z_]+$`)

// Lock locks rows by id, in id order, until the transaction ends; ids without a
// row are passed over. On SQLite it does nothing: the writer holds everything.
// The table's name comes from code, never from input.
func (tx *Tx) Lock(ctx context.Context, table string, mode LockMode, ids ...int64) error {
	if !tableName.MatchString(table) {
		panic("db: not a table name: " + table)
	}
	if err := tx.ready(); err != nil {
		return err
	}
	if tx.pgx == nil || len(ids) == 0 {
		return nil
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	text := "SELECT id FROM " + table + " WHERE id = ANY($1) ORDER BY id FOR " + strengths[mode]
	return tx.fail(translate(tx.hook.step(ctx, Statement, text, func() error {
		_, err := tx.pgx.Exec(ctx, text, ids)
		return err
	})))
}

// Alone tells that nobody else writes before the transaction ends, so that what
// was read before a lock is so behind it: SQLite has one writer.
func (tx *Tx) Alone() bool { return tx.sql != nil }

// Hurry lets the transaction give up with ErrBusy once it has waited for one lock
// as long as d. On SQLite nobody waits for a lock.
func (tx *Tx) Hurry(ctx context.Context, d time.Duration) error {
	if err := tx.ready(); err != nil || tx.pgx == nil {
		return err
	}
	text := fmt.Sprintf("SET LOCAL lock_timeout = %d", d.Milliseconds())
	return tx.fail(translate(tx.hook.step(ctx, Statement, text, func() error {
		_, err := tx.pgx.Exec(ctx, text)
		return err
	})))
}

package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Row is one row, or ErrNoRows from Scan.
type Row interface {
	Scan(dest ...any) error
}

// Rows are read to their end, checked with Err and closed.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// Querier runs statements. Placeholders are $n; arguments and destinations are
// integers, strings, bools and []byte, named integer and string types, and
// pointers to them for what may be NULL. Other types are refused.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (int64, error) // rows affected
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) Row
}

// ErrNoRows is what Row.Scan returns when there is no row, on both engines.
var ErrNoRows = sql.ErrNoRows

// sqlConn is what *sql.DB and *sql.Tx have in common.
type sqlConn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sqlQuerier speaks SQLite through database/sql.
type sqlQuerier struct {
	c      sqlConn
	steady bool // its texts are
}

func (q sqlQuerier) steadied(text string) string {
	if q.steady {
		return text
	}
	return steady(text)
}

func (q sqlQuerier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	args, err := plain(args)
	if err != nil {
		return 0, err
	}
	r, err := q.c.ExecContext(ctx, q.steadied(text), args...)
	if err != nil {
		return 0, translate(err)
	}
	return r.RowsAffected()
}

func (q sqlQuerier) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	args, err := plain(args)
	if err != nil {
		return nil, err
	}
	r, err := q.c.QueryContext(ctx, q.steadied(text), args...)
	if err != nil {
		return nil, translate(err)
	}
	return sqlRows{r}, nil
}

func (q sqlQuerier) QueryRow(ctx context.Context, text string, args ...any) Row {
	args, err := plain(args)
	if err != nil {
		return errRow{err}
	}
	return scanRow{q.c.QueryRowContext(ctx, q.steadied(text), args...)}
}

type sqlRows struct{ *sql.Rows }

func (r sqlRows) Scan(dest ...any) error { return translate(r.Rows.Scan(dest...)) }
func (r sqlRows) Err() error             { return translate(r.Rows.Err()) }
func (r sqlRows) Close()                 { r.Rows.Close() }

// pgxConn is what *pgxpool.Pool and pgx.Tx have in common.
type pgxConn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// pgxQuerier speaks PostgreSQL natively.
type pgxQuerier struct{ c pgxConn }

func (q pgxQuerier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	args, err := plain(args)
	if err != nil {
		return 0, err
	}
	tag, err := q.c.Exec(ctx, text, args...)
	return tag.RowsAffected(), translate(err)
}

func (q pgxQuerier) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	args, err := plain(args)
	if err != nil {
		return nil, err
	}
	r, err := q.c.Query(ctx, text, args...)
	if err != nil {
		return nil, translate(err)
	}
	return pgxRows{r}, nil
}

func (q pgxQuerier) QueryRow(ctx context.Context, text string, args ...any) Row {
	args, err := plain(args)
	if err != nil {
		return errRow{err}
	}
	return scanRow{q.c.QueryRow(ctx, text, args...)}
}

type pgxRows struct{ pgx.Rows }

func (r pgxRows) Scan(dest ...any) error { return translate(r.Rows.Scan(dest...)) }
func (r pgxRows) Err() error             { return translate(r.Rows.Err()) }

type scanRow struct{ row Row }

func (r scanRow) Scan(dest ...any) error {
	err := r.row.Scan(dest...)
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, sql.ErrNoRows) {
		return ErrNoRows
	}
	return translate(err)
}

type errRow struct{ err error }

func (r errRow) Scan(...any) error { return r.err }

var errReadOnly = errors.New("db: Exec on a reader; write through Transact")

// readOnly is a querier that refuses to write and to be used inside a
// transaction, where it would see a different state than the tx does.
type readOnly struct {
	db *DB
	q  Querier
}

func (r readOnly) Exec(context.Context, string, ...any) (int64, error) {
	return 0, errReadOnly
}

func (r readOnly) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	if err := r.db.outside(ctx); err != nil {
		return nil, err
	}
	return r.q.Query(ctx, text, args...)
}

func (r readOnly) QueryRow(ctx context.Context, text string, args ...any) Row {
	if err := r.db.outside(ctx); err != nil {
		return errRow{err}
	}
	return r.q.QueryRow(ctx, text, args...)
}

//go:build unguarded

package store

import (
	"context"

	"examcode/internal/db"
)

const guarded = false

const versionGuard = ""

const replaceGuard = ""

const onceGuard = ""

// inside is where a transaction reads: on SQLite beside itself, since its one
// writer would hide the race; PostgreSQL needs no help to show it.
func inside(d *db.DB, tx *db.Tx) db.Querier {
	if d.Engine() == db.SQLite {
		return stale{d.Read()}
	}
	return tx
}

// stale reads outside of the transaction, as a program without guards would.
type stale struct{ q db.Querier }

func (s stale) Exec(_ context.Context, sql string, args ...any) (int64, error) {
	return s.q.Exec(context.Background(), sql, args...)
}

func (s stale) Query(_ context.Context, sql string, args ...any) (db.Rows, error) {
	return s.q.Query(context.Background(), sql, args...)
}

func (s stale) QueryRow(_ context.Context, sql string, args ...any) db.Row {
	return s.q.QueryRow(context.Background(), sql, args...)
}

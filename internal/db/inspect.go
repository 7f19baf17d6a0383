package db

import (
	"context"
	"time"
)

// Grade is how a Finding is to be taken.
type Grade string

const (
	Fine     Grade = "ok"
	Doubtful Grade = "warn" // works; something is not as it should be
	Unsafe   Grade = "bad"  // what was acknowledged may be lost
)

// Finding is what one look at how the database keeps things came to.
type Finding struct {
	Grade  Grade
	What   string // that was looked at, as "fsync"
	Says   string // what is the case
	Remedy string // empty when fine
}

// Inspect looks at whether what is committed stays: settings as they are in
// force, the file system, the rights of the role. It changes nothing.
func (d *DB) Inspect(ctx context.Context) ([]Finding, error) {
	if d.engine == SQLite {
		return d.inspectSQLite(ctx)
	}
	return d.inspectPostgres(ctx)
}

// MaxSkew is how far the clock of a database server may be from this machine's.
const MaxSkew = 2 * time.Second

// Skew is how far PostgreSQL's clock is ahead of this machine's (or behind, when
// negative), at least: the time on the way is not counted against it. On SQLite it
// is zero.
func (d *DB) Skew(ctx context.Context) (time.Duration, error) {
	if d.engine == SQLite {
		return 0, nil
	}
	conn, err := d.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	var us int64
	sent := d.now()
	if err := conn.QueryRow(ctx, "SELECT "+nowUs).Scan(&us); err != nil {
		return 0, translate(err)
	}
	there, got := time.UnixMicro(us), d.now()
	switch {
	case there.After(got):
		return there.Sub(got), nil
	case there.Before(sent):
		return there.Sub(sent), nil
	}
	return 0, nil
}

package db

import (
	"context"
	"database/sql"
)

// cached is a SQLite transaction that compiles a statement once for the whole
// group: the members of a group mostly run the same few.
type cached struct {
	tx    *sql.Tx
	stmts map[string]*sql.Stmt // nil value: seen once, not compiled yet
}

func newCached(tx *sql.Tx) *cached {
	return &cached{tx: tx, stmts: map[string]*sql.Stmt{}}
}

// stmt returns the compiled statement, or nil the first time it is seen.
func (c *cached) stmt(ctx context.Context, text string) *sql.Stmt {
	s, seen := c.stmts[text]
	if s != nil {
		return s
	}
	if seen {
		if p, err := c.tx.PrepareContext(ctx, text); err == nil {
			s = p
		}
	}
	c.stmts[text] = s
	return s
}

func (c *cached) close() {
	for _, s := range c.stmts {
		if s != nil {
			s.Close()
		}
	}
	clear(c.stmts)
}

func (c *cached) run(text string) error {
	_, err := c.ExecContext(context.Background(), text)
	return translate(err)
}

func (c *cached) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if s := c.stmt(ctx, text); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return c.tx.ExecContext(ctx, text, args...)
}

func (c *cached) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := c.stmt(ctx, text); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return c.tx.QueryContext(ctx, text, args...)
}

func (c *cached) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := c.stmt(ctx, text); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return c.tx.QueryRowContext(ctx, text, args...)
}

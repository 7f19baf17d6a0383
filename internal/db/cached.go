package db

import (
	"context"
	"database/sql"
	"time"
)

// kept are the statements of SQLite's writing connection that stay compiled from
// one group to the next: compiling is a third of a small transaction's price.
// Only the goroutine that owns the group, or the member whose turn it is, uses it.
type kept struct {
	pool  *sql.DB
	stmts map[string]*sql.Stmt // nil value: seen in a group, not compiled yet
	wants []string
}

func newKept(pool *sql.DB) *kept { return &kept{pool: pool, stmts: map[string]*sql.Stmt{}} }

// seen notes a statement that is not kept; one that comes again is worth it.
func (k *kept) seen(text string) {
	if _, again := k.stmts[text]; again {
		k.wants = append(k.wants, text)
	} else if len(k.stmts) < preparedCap {
		k.stmts[text] = nil
	}
}

// compile compiles what is wanted. The writing connection must be free.
func (k *kept) compile() {
	for _, text := range k.wants {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if s, err := k.pool.PrepareContext(ctx, unnumbered(text)); err == nil {
			k.stmts[text] = s
		}
		cancel()
	}
	k.wants = k.wants[:0]
}

// cached is a SQLite transaction that compiles a statement at most once for the
// whole group: its members mostly run the same few.
type cached struct {
	tx    *sql.Tx
	kept  *kept
	stmts map[string]*sql.Stmt // nil value: seen once, not compiled yet
}

func newCached(tx *sql.Tx, k *kept) *cached {
	return &cached{tx: tx, kept: k, stmts: map[string]*sql.Stmt{}}
}

// stmt returns the compiled statement, or nil the first time it is seen.
func (c *cached) stmt(ctx context.Context, text string) *sql.Stmt {
	s, seen := c.stmts[text]
	if s != nil {
		return s
	}
	if k := c.kept.stmts[text]; k != nil {
		s = c.tx.StmtContext(ctx, k)
		c.stmts[text] = s
		return s
	}
	if !seen {
		c.kept.seen(text)
	}
	if seen {
		if p, err := c.tx.PrepareContext(ctx, unnumbered(text)); err == nil {
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
	return c.tx.ExecContext(ctx, unnumbered(text), args...)
}

func (c *cached) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := c.stmt(ctx, text); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return c.tx.QueryContext(ctx, unnumbered(text), args...)
}

func (c *cached) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := c.stmt(ctx, text); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return c.tx.QueryRowContext(ctx, unnumbered(text), args...)
}

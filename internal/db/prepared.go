package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// preparedCap bounds the statements kept; the program has fewer, but lists of
// many lengths make new texts.
const preparedCap = 512

// prepared is SQLite's reading pool with its statements compiled once per
// connection; compiling costs more than a point read.
type prepared struct {
	pool  *sql.DB
	stmts sync.Map // text → *sql.Stmt
	n     atomic.Int64
}

// stmt returns the compiled statement, or nil when it is to be run as it is.
func (p *prepared) stmt(ctx context.Context, text string) *sql.Stmt {
	if s, ok := p.stmts.Load(text); ok {
		return s.(*sql.Stmt)
	}
	if p.n.Load() >= preparedCap {
		return nil
	}
	s, err := p.pool.PrepareContext(ctx, text)
	if err != nil {
		return nil // running it will say why
	}
	if first, raced := p.stmts.LoadOrStore(text, s); raced {
		s.Close()
		return first.(*sql.Stmt)
	}
	p.n.Add(1)
	return s
}

func (p *prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.pool.ExecContext(ctx, text, args...)
}

func (p *prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := p.stmt(ctx, text); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.pool.QueryContext(ctx, text, args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if s := p.stmt(ctx, text); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.pool.QueryRowContext(ctx, text, args...)
}

// snapshot is one transaction of the reading pool, which runs what is compiled
// already. What it lacks is compiled after its end: to do it before would take a
// second connection, and snapshots that hold one each would wait for each other.
type snapshot struct {
	tx    *sql.Tx
	pool  *prepared
	wants []string
}

func (s *snapshot) stmt(ctx context.Context, text string) *sql.Stmt {
	if p, ok := s.pool.stmts.Load(text); ok {
		return s.tx.StmtContext(ctx, p.(*sql.Stmt))
	}
	s.wants = append(s.wants, text)
	return nil
}

// end gives the connection back and compiles what was wanted.
func (s *snapshot) end(ctx context.Context) {
	s.tx.Rollback()
	for _, text := range s.wants {
		s.pool.stmt(ctx, text)
	}
}

func (s *snapshot) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return s.tx.ExecContext(ctx, text, args...)
}

func (s *snapshot) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if p := s.stmt(ctx, text); p != nil {
		return p.QueryContext(ctx, args...)
	}
	return s.tx.QueryContext(ctx, text, args...)
}

func (s *snapshot) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if p := s.stmt(ctx, text); p != nil {
		return p.QueryRowContext(ctx, args...)
	}
	return s.tx.QueryRowContext(ctx, text, args...)
}

package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// compiledCap bounds the statements that a connection keeps. The program has
// fewer, but lists of many lengths make new texts: then it begins anew.
const compiledCap = 512

// compiled is a connection to SQLite that keeps what it runs again compiled:
// compiling is a third of a small transaction's price, and more than a point
// read. It serves the job queue as well, whose texts nobody else could keep.
//
// database/sql uses a connection by one goroutine at a time.
type compiled struct {
	liteConn
	texts      map[string]*statement
	compilings int64 // how often one was compiled to be kept
}

// statement is one that was run before: once, or so often that it is compiled.
type statement struct {
	stmt liteStmt // nil the first time
	busy bool     // its rows are being read
}

// liteConn and liteStmt are what the driver can do of what database/sql asks for.
type (
	liteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.ExecerContext
		driver.QueryerContext
		driver.Pinger
		driver.SessionResetter
		driver.Validator
	}
	liteStmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
)

// lite opens such connections.
type lite struct{ driver.Connector }

func (l lite) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(liteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("db: %T is not what the driver used to give", c), c.Close())
	}
	return &compiled{liteConn: conn, texts: map[string]*statement{}}, nil
}

// find is the compiled statement of a text, or nil when the text is to be run as
// it is: the first time, while its rows are still being read, and when compiling
// it fails, which running it will explain.
func (c *compiled) find(ctx context.Context, sql string) *statement {
	t := c.texts[sql]
	switch {
	case t == nil:
		if len(c.texts) >= compiledCap {
			c.forget()
		}
		c.texts[sql] = &statement{}
		return nil
	case t.busy:
		return nil
	case t.stmt == nil:
		s, err := c.PrepareContext(ctx, unnumbered(sql))
		if err != nil {
			return nil
		}
		t.stmt = s.(liteStmt)
		c.compilings++
	}
	return t
}

// forget gives up all statements but those in use.
func (c *compiled) forget() {
	for sql, t := range c.texts {
		if t.busy {
			continue
		}
		if t.stmt != nil {
			t.stmt.Close()
		}
		delete(c.texts, sql)
	}
}

func (c *compiled) Close() error {
	c.forget()
	return c.liteConn.Close()
}

func (c *compiled) ExecContext(ctx context.Context, sql string, args []driver.NamedValue) (driver.Result, error) {
	if t := c.find(ctx, sql); t != nil {
		return t.stmt.ExecContext(ctx, args)
	}
	return c.liteConn.ExecContext(ctx, unnumbered(sql), args)
}

func (c *compiled) QueryContext(ctx context.Context, sql string, args []driver.NamedValue) (driver.Rows, error) {
	t := c.find(ctx, sql)
	if t == nil {
		return c.liteConn.QueryContext(ctx, unnumbered(sql), args)
	}
	rows, err := t.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	t.busy = true
	return &compiledRows{rows, t}, nil
}

// compiledRows give their statement back when they are closed.
type compiledRows struct {
	driver.Rows
	of *statement
}

func (r *compiledRows) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	return err
}

package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	poolSize       = 12               // unless the URL says pool_max_conns
	acquireTimeout = 10 * time.Second // for a free connection
	commitTimeout  = 30 * time.Second
	attempts       = 5 // of a closure after deadlocks
)

// sessionDefaults hold unless the URL says otherwise; milliseconds.
var sessionDefaults = map[string]string{
	"application_name":                    "examcode",
	"statement_timeout":                   "30000",
	"idle_in_transaction_session_timeout": "60000",
}

func (d *DB) openPostgres(ctx context.Context, url string) error {
	d.engine = PostgreSQL
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	for name, value := range sessionDefaults {
		if _, given := cfg.ConnConfig.RuntimeParams[name]; !given {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	if d.look { // who looks at everything takes longer than a request
		cfg.ConnConfig.RuntimeParams["statement_timeout"] = "600000"
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = poolSize
	}
	d.config = cfg
	if d.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return translate(err)
	}
	if err := d.pool.Ping(ctx); err != nil {
		return translate(err)
	}
	d.read = readOnly{db: d, q: d.hook.querier(Read, pgxQuerier{c: d.pool})}
	return nil
}

// transactPostgres runs fn again after a deadlock or a serialization failure,
// when it is certain that nothing was committed.
func (d *DB) transactPostgres(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, fn)
		if err == nil || attempt == attempts || !retryable(err) {
			return err
		}
		pause := time.NewTimer(time.Duration(attempt) * (2 + rand.N(10*time.Millisecond)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

func (d *DB) attempt(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if err := d.leased.check(ctx); err != nil {
		return err
	}
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var ptx pgx.Tx
	err = d.hook.step(ctx, Begin, "", func() (err error) {
		ptx, err = conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
		return err
	})
	if ptx != nil {
		defer rollback(ctx, ptx) // does nothing after the commit
	}
	if err != nil {
		return translate(err)
	}
	tx := &Tx{q: d.hook.querier(Statement, pgxQuerier{c: ptx}), pgx: ptx, hook: d.hook}
	err = tx.end(fn(d.enter(ctx), tx))
	if tx.failed != nil && retryable(tx.failed) {
		return tx.failed
	}
	if err != nil {
		return translate(err)
	}
	// The lease may have run out while fn waited for locks.
	if err := d.leased.check(ctx); err != nil {
		return err
	}
	return d.commit(ctx, ptx)
}

func (d *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := d.pool.Acquire(bounded)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, ErrBusy.Wrap(err)
	}
	return nil, translate(err)
}

// commit is not cut short by the caller. It tells a refused commit from one
// whose answer was lost.
func (d *DB) commit(ctx context.Context, ptx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	err := d.hook.step(ctx, Commit, "", func() error { return ptx.Commit(ctx) })
	if err == nil || errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) && !strings.HasPrefix(pe.Code, "57P") {
		return translate(err)
	}
	return ErrCommitUnknown.Wrap(err)
}

func rollback(ctx context.Context, ptx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	ptx.Rollback(ctx)
}

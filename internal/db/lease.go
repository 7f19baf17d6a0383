package db

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"examcode/internal/id"
)

const (
	leaseFor    = 60 * time.Second
	leaseRenew  = 15 * time.Second
	leaseMargin = 10 * time.Second // we stop writing so long before others may take the number
	leaseAnswer = 5 * time.Second  // for the database to answer
	leasePause  = time.Second      // between two tries while callers wait
	leaseCool   = 5 * time.Second  // a number given back rests, for clocks that differ
	leaseLock   = 0x6578616d6e6f6465
)

// Lease is this replica's number among all that run, for the making of ids.
type Lease struct {
	db     *DB
	node   int
	holder string
	pool   *pgxpool.Pool // of one connection: a full main pool must not cost us the lease
	cancel context.CancelFunc
	ended  chan struct{}
	once   sync.Once

	asking sync.Mutex // held by whoever renews; never under mu

	mu    sync.Mutex
	since time.Time // when the last request that succeeded was sent
	tried time.Time // when the last request failed
	err   error     // of that request
	lost  bool      // for good
}

// Node is the number, 0 to 31.
func (l *Lease) Node() int { return l.node }

// LeaseNode takes the lowest free replica number and keeps it until Release or
// Close. While it cannot be kept Transact refuses with database_unavailable; it
// works again when the same number could be renewed, and not before a restart
// when another replica has taken it. On SQLite there is one process and its
// number is 0.
func (d *DB) LeaseNode(ctx context.Context) (*Lease, error) {
	if d.engine == SQLite {
		return &Lease{db: d}, nil
	}
	if d.leased.current() != nil {
		return nil, errors.New("db: this database has its replica number already")
	}
	cfg := d.config.Copy()
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = 1, 0, 0
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, translate(err)
	}
	l := &Lease{db: d, holder: rand.Text(), pool: pool, ended: make(chan struct{})}
	l.since = d.now()
	if l.node, err = l.claim(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	run, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	d.leased.set(l)
	go l.keep(run)
	return l, nil
}

// nowUs is the database's clock in microseconds.
const nowUs = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"

func (l *Lease) claim(ctx context.Context) (node int, err error) {
	ctx, cancel := context.WithTimeout(ctx, leaseAnswer)
	defer cancel()
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(leaseLock)); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT number FROM node WHERE until_us > "+nowUs)
		if err != nil {
			return err
		}
		held, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if node, err = lowestFree(held); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO node (number, holder, until_us) VALUES ($1, $2, "+nowUs+" + $3)"+
			" ON CONFLICT (number) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us",
			int64(node), l.holder, leaseFor.Microseconds())
		return err
	})
	return node, translate(err)
}

func lowestFree(held []int64) (int, error) {
	taken := map[int64]bool{}
	for _, n := range held {
		taken[n] = true
	}
	for n := range int64(id.Nodes) {
		if !taken[n] {
			return int(n), nil
		}
	}
	return 0, ErrUnavailable.Wrap(fmt.Errorf("all %d replica numbers are in use", id.Nodes))
}

// keep renews until the lease is given back or lost.
func (l *Lease) keep(ctx context.Context) {
	defer close(l.ended)
	tick := time.NewTicker(leaseRenew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.asking.Lock()
		err := l.renew(ctx)
		l.asking.Unlock()
		if errors.Is(err, errTaken) {
			return
		}
		if err != nil && ctx.Err() == nil {
			l.db.log.WarnContext(ctx, "replica number not renewed", "node", l.node, "error", err)
		}
	}
}

var errTaken = errors.New("another replica has taken this replica's number; restart this one")

// renew asks for more time under the same number; l.asking is held.
func (l *Lease) renew(ctx context.Context) error {
	if _, err := l.state(); errors.Is(err, errTaken) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, leaseAnswer)
	defer cancel()
	sent := l.db.now()
	tag, err := l.pool.Exec(ctx, "UPDATE node SET until_us = "+nowUs+" + $3 WHERE number = $1 AND holder = $2",
		int64(l.node), l.holder, leaseFor.Microseconds())
	taken := err == nil && tag.RowsAffected() == 0
	if taken {
		err = errTaken
		l.db.log.ErrorContext(ctx, errTaken.Error(), "node", l.node)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.tried, l.err, l.lost = l.db.now(), translate(err), taken
		return l.err
	}
	l.since, l.err = sent, nil
	return nil
}

// state tells whether the number is certainly ours, and the error that stands in
// the way of asking for more time: that it is lost, or that we asked just now.
func (l *Lease) state() (safe bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.db.now()
	switch {
	case l.lost:
		return false, l.err
	case now.Sub(l.since) < leaseFor-leaseMargin:
		return true, nil
	case l.err != nil && now.Sub(l.tried) < leasePause:
		return false, l.err
	}
	return false, nil
}

// check passes while the number is certainly ours. A lease that has run low (a
// process that was stopped, a database that was away) is renewed on the spot.
func (l *Lease) check(ctx context.Context) error {
	safe, err := l.state()
	if safe {
		return nil
	}
	l.asking.Lock()
	defer l.asking.Unlock()
	if safe, err = l.state(); safe {
		return nil
	}
	if err == nil {
		err = l.renew(context.WithoutCancel(ctx))
	}
	if err != nil {
		return ErrUnavailable.Wrap(fmt.Errorf("replica number %d: %w", l.node, err))
	}
	return nil
}

// Release gives the number back; Transact then no longer checks it.
func (l *Lease) Release(ctx context.Context) {
	if l.pool == nil {
		return
	}
	l.once.Do(func() {
		l.cancel()
		<-l.ended
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseAnswer)
		defer cancel()
		_, err := l.pool.Exec(ctx, "UPDATE node SET until_us = "+nowUs+" + $3 WHERE number = $1 AND holder = $2",
			int64(l.node), l.holder, leaseCool.Microseconds())
		if err != nil {
			l.db.log.WarnContext(ctx, "replica number not given back; it is free in a minute", "node", l.node, "error", err)
		}
		l.pool.Close()
		l.db.leased.set(nil)
	})
}

// leaseSlot holds the lease that Transact looks at, if any.
type leaseSlot struct {
	mu sync.Mutex
	l  *Lease
}

func (s *leaseSlot) set(l *Lease) {
	s.mu.Lock()
	s.l = l
	s.mu.Unlock()
}

func (s *leaseSlot) current() *Lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.l
}

func (s *leaseSlot) check(ctx context.Context) error {
	if l := s.current(); l != nil {
		return l.check(ctx)
	}
	return nil
}

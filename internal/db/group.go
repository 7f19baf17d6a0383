package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Limits of a group: what waits is taken at once, nothing is waited for.
const (
	groupCap    = 256
	groupTime   = 5 * time.Millisecond
	queueCap    = 4096
	connTimeout = 10 * time.Second // for the job queue to give the writer back
)

// grouper commits together the SQLite closures that wait. A disk sync is most of
// a small commit's price, and one sync serves the whole group.
//
// One goroutine owns the transaction and gives each caller its turn; the caller
// runs its own closure, so that a panic stays with it. Everybody is answered
// after the commit, the refused as well: a refusal may rest on what another one
// of the group has written, which is not so before the commit and never is when
// that fails.
type grouper struct {
	db      *sql.DB
	now     func() time.Time
	hook    Hook
	queue   chan *member
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
	commits atomic.Int64
	most    atomic.Int64 // members of a group
}

// member is one waiting closure.
type member struct {
	state atomic.Int32
	turn  chan turn  // to the caller: run now, or an error
	ran   chan error // from the caller: how the closure ended
	done  chan error // to the caller: how the commit ended; nil when there was none
}

type turn struct {
	tx  *Tx
	err error
}

const (
	waiting int32 = iota
	taken
	left
)

func (m *member) take() bool  { return m.state.CompareAndSwap(waiting, taken) }
func (m *member) leave() bool { return m.state.CompareAndSwap(waiting, left) }

func newGrouper(db *sql.DB, now func() time.Time, hook Hook) *grouper {
	g := &grouper{
		db: db, now: now, hook: hook,
		queue: make(chan *member, queueCap),
		stop:  make(chan struct{}), stopped: make(chan struct{}),
	}
	g.most.Store(groupCap)
	go g.run()
	return g
}

// Together says how many closures SQLite may commit together; 0 is as ever. It is
// for measuring what grouping is worth; on PostgreSQL it means nothing.
func (d *DB) Together(n int) {
	if d.group == nil {
		return
	}
	if n <= 0 {
		n = groupCap
	}
	d.group.most.Store(int64(n))
}

func (g *grouper) close() {
	g.once.Do(func() { close(g.stop) })
	<-g.stopped
}

var (
	errClosed  = errors.New("db: closed")
	errAborted = errors.New("db: closure did not return")
)

// transact queues fn and waits for the commit of its group.
func (g *grouper) transact(ctx context.Context, d *DB, fn func(context.Context, *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m := &member{turn: make(chan turn, 1), ran: make(chan error, 1), done: make(chan error, 1)}
	select {
	case g.queue <- m:
	default:
		return ErrBusy.Wrap(fmt.Errorf("%d writers are waiting", queueCap))
	}
	var t turn
	select {
	case t = <-m.turn:
	case <-ctx.Done():
		if m.leave() {
			return ctx.Err()
		}
		t = <-m.turn
	case <-g.stopped:
		if m.leave() {
			return ErrUnavailable.Wrap(errClosed)
		}
		t = <-m.turn
	}
	if t.err != nil {
		return t.err
	}
	refused := m.work(d.enter(context.WithoutCancel(ctx)), t.tx, fn)
	err := <-m.done
	switch {
	case refused == nil:
		return err
	case err != nil: // it changed nothing, and nobody knows whether its reason stands
		return ErrUnavailable.Wrap(err)
	}
	return translate(refused) // also what the job queue met in the transaction
}

// work runs the closure and tells the owner how it ended, also when it panics.
func (m *member) work(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) error {
	outcome := errAborted
	defer func() { m.ran <- tx.end(outcome) }()
	outcome = fn(ctx, tx)
	if outcome == nil {
		outcome = tx.failed
	}
	return outcome
}

func (g *grouper) run() {
	defer close(g.stopped)
	for {
		select {
		case <-g.stop:
			return
		case m := <-g.queue:
			g.serve(m)
		}
	}
}

// serve runs one group that begins with first.
func (g *grouper) serve(first *member) {
	conn, tx, err := g.begin()
	if err != nil {
		if first.take() {
			first.turn <- turn{err: err}
		}
		return
	}
	defer conn.Close()
	members, err := g.gather(first, tx)
	if err == nil && len(members) > 0 {
		err = g.commit(tx)
	} else {
		tx.Rollback()
	}
	for _, m := range members {
		m.done <- err
	}
}

// commit ends the group's transaction. A disk that fails while it syncs does not
// say what it has kept.
func (g *grouper) commit(tx *sql.Tx) error {
	err := g.hook.step(context.Background(), Commit, "", tx.Commit)
	g.commits.Add(1)
	if err == nil {
		return nil
	}
	tx.Rollback() // does nothing when Commit was tried
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff != sqlite3.SQLITE_IOERR {
		return translate(err)
	}
	return ErrCommitUnknown.Wrap(err)
}

func (g *grouper) begin() (*sql.Conn, *sql.Tx, error) {
	ctx, cancel := context.WithTimeout(context.Background(), connTimeout)
	defer cancel()
	conn, err := g.db.Conn(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, nil, ErrBusy.Wrap(errors.New("the job queue holds the writer"))
	}
	if err != nil {
		return nil, nil, translate(err)
	}
	var tx *sql.Tx
	err = g.hook.step(context.Background(), Begin, "", func() (err error) {
		tx, err = conn.BeginTx(context.Background(), nil)
		return err
	})
	if err != nil {
		if tx != nil {
			tx.Rollback()
		}
		conn.Close()
		return nil, nil, translate(err)
	}
	return conn, tx, nil
}

// gather gives turns and returns those who wait for the commit. An error means
// that the transaction itself is broken and all of them failed.
//
// The first closure needs no savepoint: when it fails there is nobody to spare,
// and nothing to commit.
func (g *grouper) gather(first *member, tx *sql.Tx) ([]*member, error) {
	run := func(text string) error {
		_, err := tx.Exec(text)
		return translate(err)
	}
	var members []*member
	started := g.now()
	for m := first; m != nil; m = g.next(len(members), started) {
		if !m.take() {
			continue
		}
		spare := len(members) > 0
		if spare {
			if err := run("SAVEPOINT member"); err != nil {
				m.turn <- turn{err: err}
				return members, err
			}
		}
		m.turn <- turn{tx: &Tx{q: g.hook.querier(Statement, sqlQuerier{c: tx}), sql: tx, hook: g.hook}}
		refused := <-m.ran
		if refused != nil && !spare {
			m.done <- nil
			return nil, nil
		}
		members = append(members, m)
		if refused != nil {
			if err := run("ROLLBACK TO member"); err != nil {
				return members, err
			}
		}
		if spare {
			if err := run("RELEASE member"); err != nil {
				return members, err
			}
		}
	}
	return members, nil
}

// next is the next waiting member, or nil when the group is full or nobody waits.
func (g *grouper) next(n int, started time.Time) *member {
	if int64(n) >= g.most.Load() || g.now().Sub(started) >= groupTime {
		return nil
	}
	select {
	case m := <-g.queue:
		return m
	default:
		return nil
	}
}

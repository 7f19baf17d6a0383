package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

const insertThing = "INSERT INTO thing (id, state) VALUES ($1, 'unused')"

func add(ctx context.Context, tx *db.Tx, id int) error {
	_, err := tx.Exec(ctx, insertThing, id)
	return err
}

func TestConcurrentWritersShareCommitsAndSpoilNobody(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		const writers = 200
		var before int64
		release := func() {}
		if d.Engine() == db.SQLite {
			before = db.Commits(d)
			release = hold(t, d)
		}
		errs := make([]error, writers)
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				errs[i] = d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
					if err := add(ctx, tx, i); err != nil {
						return err
					}
					switch i % 10 {
					case 3:
						return errRefused
					case 5:
						return add(ctx, tx, i) // breaks the primary key
					}
					return nil
				})
			})
		}
		if d.Engine() == db.SQLite {
			await(t, func() bool { return db.Waiting(d) >= writers-1 })
		}
		release()
		all.Wait()
		for i, err := range errs {
			switch {
			case i%10 == 3 && !errors.Is(err, errRefused), i%10 == 5 && !db.IsUnique(err),
				i%10 != 3 && i%10 != 5 && err != nil:
				t.Errorf("writer %d: %v", i, err)
			}
		}
		if n := count(t, d, "id % 10 NOT IN (3, 5)"); n != writers*8/10 {
			t.Errorf("%d writers are stored", n)
		}
		if n := count(t, d, "id % 10 IN (3, 5)"); n != 0 {
			t.Errorf("%d refused writers are stored", n)
		}
		if d.Engine() == db.SQLite {
			if n := db.Commits(d) - before; n < 1 || n > writers/10 {
				t.Errorf("%d commits for %d writers", n, writers)
			}
		}
	})
}

var errRefused = errors.New("refused")

// hold keeps SQLite's writer busy until the returned func is called.
func hold(t *testing.T, d *db.DB) (release func()) {
	t.Helper()
	started, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Transact(context.Background(), func(context.Context, *db.Tx) error {
			close(started)
			<-end
			return nil
		})
	}()
	<-started
	return func() {
		close(end)
		must(t, <-ended)
	}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("waited in vain")
}

func TestPanicStaysWithItsCaller(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		caught := func(fn func(tx *db.Tx)) (what any) {
			defer func() { what = recover() }()
			d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := add(ctx, tx, 1); err != nil {
					return err
				}
				fn(tx)
				return nil
			})
			return nil
		}
		var all sync.WaitGroup
		for i := range 20 { // alone and in company
			all.Go(func() { must(t, execute(ctx, d, insertThing, 100+i)) })
		}
		if got := caught(func(*db.Tx) { panic("mine") }); got != "mine" {
			t.Errorf("recovered %v", got)
		}
		all.Wait()
		var kept *db.Tx
		if got := caught(func(tx *db.Tx) { kept = tx; panic("alone") }); got != "alone" {
			t.Errorf("recovered %v", got)
		}
		gone := make(chan struct{})
		go func() { // t.FailNow inside a closure ends its goroutine in this way
			defer close(gone)
			exit(d)
		}()
		<-gone
		if n := count(t, d, "id < 100"); n != 0 {
			t.Errorf("%d rows of panicking closures are stored", n)
		}
		if n := count(t, d, "id >= 100"); n != 20 {
			t.Errorf("%d rows of the others are stored", n)
		}
		must(t, execute(ctx, d, insertThing, 1))
		if kept != nil && d.Engine() == db.SQLite {
			if _, err := kept.Exec(ctx, insertThing, 2); err == nil {
				t.Error("a transaction worked after its closure")
			}
		}
	})
}

func TestFailedStatementSpoilsItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, execute(ctx, d, insertThing, 1))
		err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			must(t, add(ctx, tx, 2))
			first := add(ctx, tx, 1)
			if err := add(ctx, tx, 3); !errors.Is(err, first) {
				t.Errorf("statement after a failed one: %v", err)
			}
			return nil // the failure is swallowed
		})
		if !db.IsUnique(err) {
			t.Errorf("Transact: %v", err)
		}
		err = d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, "SELECT id FROM thing")
			if err != nil || !rows.Next() {
				return errors.New("no rows")
			}
			return add(ctx, tx, 4)
		})
		if err == nil {
			t.Error("a statement ran while rows were open")
		}
		if n := count(t, d, "id > 1"); n != 0 {
			t.Errorf("%d rows stored", n)
		}
	})
}

func TestNestingIsRefused(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			nothing := func(context.Context, *db.Tx) error { return nil }
			if d.Transact(ctx, nothing) == nil {
				t.Error("Transact inside Transact")
			}
			if d.Snapshot(ctx, func(context.Context, db.Querier) error { return nil }) == nil {
				t.Error("Snapshot inside Transact")
			}
			if d.Read().QueryRow(ctx, "SELECT 1").Scan(new(int)) == nil {
				t.Error("Read inside Transact")
			}
			return nil
		}))
	})
}

func TestCallerLeavesWhileQueuedOnly(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	release := hold(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- d.Transact(ctx, func(context.Context, *db.Tx) error {
			t.Error("ran although its caller had left")
			return nil
		})
	}()
	await(t, func() bool { return db.Waiting(d) == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("left with %v", err)
	}
	release()
	ctx, cancel = context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
	must(t, d.Transact(ctx, func(in context.Context, tx *db.Tx) error {
		cancel()
		if in.Err() != nil || in.Value(key{}) != "kept" {
			t.Error("the closure's context ended with its caller's, or lost its values")
		}
		return add(ctx, tx, 1) // even with the caller's own context
	}))
	if n := count(t, d, "id = 1"); n != 1 {
		t.Error("what had begun was not stored")
	}
}

type key struct{}

func TestFullQueueIsBusy(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	release := hold(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4096 {
		all.Go(func() { execute(ctx, d, insertThing, 1) })
	}
	await(t, func() bool { return db.Waiting(d) == 4096 })
	if err := execute(ctx, d, insertThing, 2); !errors.Is(err, db.ErrBusy) {
		t.Errorf("got %v", err)
	}
	cancel()
	all.Wait()
	release()
	must(t, execute(t.Context(), d, insertThing, 3))
}

func TestCloseRefusesTheQueue(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, "thing", prepare)
	d.Close()
	if err := execute(t.Context(), d, insertThing, 1); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("after Close: %v", err)
	}
}

func TestLockOrdersAndRetryAfterDeadlock(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t, "thing", prepare)
	ctx := t.Context()
	for i := range 8 {
		must(t, execute(ctx, d, insertThing, i))
	}
	// Two closures lock the same two rows in opposite order and meet in between.
	var meet sync.WaitGroup
	meet.Add(2)
	var mu sync.Mutex
	runs := 0
	ended := make(chan error)
	for _, order := range [][]int64{{1, 2}, {2, 1}} {
		go func() {
			first := true
			ended <- d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				mu.Lock()
				runs++
				mu.Unlock()
				if err := tx.Lock(ctx, "thing", db.Exclusive, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					meet.Done()
					meet.Wait()
				}
				if err := tx.Lock(ctx, "thing", db.Exclusive, order[1]); err != nil {
					return fmt.Errorf("second lock failed: %v", err) // even when the cause is cut off
				}
				_, err := tx.Exec(ctx, "UPDATE thing SET other = coalesce(other, 0) + 1 WHERE id IN (1, 2)")
				return err
			})
		}()
	}
	must(t, errors.Join(<-ended, <-ended))
	if n := count(t, d, "other = 2"); n != 2 || runs < 3 {
		t.Errorf("%d rows counted twice after %d runs", n, runs)
	}

	// One call locks in id order whatever it is given.
	var all sync.WaitGroup
	for i := range 16 {
		ids := []int64{0, 1, 2, 3, 4, 5, 6, 7, 7, 99}
		if i%2 == 0 {
			slices.Reverse(ids)
		}
		all.Go(func() {
			again := 0
			err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				again++
				return tx.Lock(ctx, "thing", db.LockMode(i/2%2), ids...)
			})
			if err != nil || again > 1 {
				t.Errorf("%v after %d runs", err, again)
			}
		})
	}
	all.Wait()
}

func TestExclusiveLockKeepsOthersOut(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, execute(ctx, d, "INSERT INTO thing (id, state, other) VALUES (1, 'x', 0)"))
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
					if err := tx.Lock(ctx, "thing", db.Exclusive, 1); err != nil {
						return err
					}
					var n int64
					if err := tx.QueryRow(ctx, "SELECT other FROM thing WHERE id = 1").Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, "UPDATE thing SET other = $1 WHERE id = 1", n+1)
					return err
				}))
			})
		}
		all.Wait()
		if count(t, d, "other = 20") != 1 {
			t.Error("an update was lost")
		}
	})
}

package cli

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"examcode/internal/store"
)

// clock is the time that everything goes by: the machine's, or in a demo one
// that was moved ahead of it and goes on from there. What the database measures
// by its own clock (the replica's number) stays with the machine's.
type clock struct {
	machine func() time.Time
	ahead   atomic.Int64 // nanoseconds
	moving  sync.Mutex
}

func (c *clock) Now() time.Time { return c.machine().Add(c.Ahead()) }

// Ahead is how far the clock was moved.
func (c *clock) Ahead() time.Duration { return time.Duration(c.ahead.Load()) }

// aheadSetting keeps how far the clock was moved, in microseconds.
const aheadSetting = "clock_ahead"

// readClock takes over how far the clock of this data was moved. A program that
// forgot it would take back what has happened.
func (y *system) readClock(ctx context.Context) error {
	text, err := y.store.Reader().Setting(ctx, aheadSetting)
	if err != nil || text == "" {
		return err
	}
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errors.New("the setting " + aheadSetting + " in the database cannot be read")
	}
	y.clock.ahead.Store(us * int64(time.Microsecond))
	return nil
}

// demoClock moves the clock of a demo.
type demoClock struct{ *system }

// Ahead is how far the clock was moved.
func (d demoClock) Ahead() time.Duration { return d.clock.Ahead() }

// MoveTo lets the time pass until an instant, day by day, and does what is due
// on each of them, so that what people see is what would have happened. Who is
// signed in stays so. It refuses to go back.
func (d demoClock) MoveTo(ctx context.Context, to time.Time) error {
	d.clock.moving.Lock()
	defer d.clock.moving.Unlock()
	by := to.Sub(d.clock.Now()).Truncate(time.Microsecond)
	if by <= 0 {
		return errors.New("the clock of a demo goes forward only")
	}
	from := d.clock.Ahead()
	ctx = context.WithoutCancel(ctx) // half a move is no place to stop
	err := d.store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SetSetting(ctx, aheadSetting, strconv.FormatInt((from+by).Microseconds(), 10)); err != nil {
			return err
		}
		return tx.MoveLogins(ctx, by)
	})
	if err != nil {
		return err
	}
	for passed := time.Duration(0); passed < by; {
		passed = min(passed+24*time.Hour, by)
		d.clock.ahead.Store(int64(from + passed))
		if err := d.actions.PassTime(ctx); err != nil {
			d.log.Warn("what is due was not all done", "error", err)
		}
	}
	return nil
}

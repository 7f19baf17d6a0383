package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"examcode/internal/db"
	"examcode/internal/fault"
)

// Limits of a combiner: how many calls make a batch, and how many may wait.
const (
	batchCap = 256
	waitCap  = 4096
)

// laneHeld is how long one batch may hold a lane: a line to the database that says
// nothing must not silence everybody.
const laneHeld = 30 * time.Second

// combiner gathers calls that arrive together into batches of one transaction
// each. Nothing is waited for: a call that finds a free lane goes at once, and
// those that come while the lanes are busy make the next batch. A batch runs in
// the goroutine of its first caller, who then hands the lane to the first of
// those that wait.
//
// Calls that clash (the same person, the same text) are never in one batch.
type combiner[I, O any] struct {
	lanes int           // batches at the same moment
	held  time.Duration // the longest for one of them; 0 is laneHeld
	apart atomic.Bool   // every call runs alone, at once
	// run does a batch in one transaction and answers each call, in order. Its
	// error means that nothing was done; calls that were together then run alone.
	run  func(ctx context.Context, batch []I) ([]answer[O], error)
	keys func(I) []string // nil when no calls clash

	mu      sync.Mutex
	busy    int
	waiting []*call[I, O]
}

// answer is what became of one call.
type answer[O any] struct {
	out O
	err error
}

type call[I, O any] struct {
	ctx  context.Context
	in   I
	told chan verdict[O] // one message
}

// verdict ends a wait: with an answer, or with what to do.
type verdict[O any] struct {
	answer[O]
	next next
}

type next int

const (
	answered next = iota
	lead          // the next batch, whose first call this is
	alone
)

// do runs one call, with others that wait. Whoever goes away while they wait has
// asked for nothing. Refusals of its own: busy.
func (c *combiner[I, O]) do(ctx context.Context, in I) (O, error) {
	var none O
	if err := ctx.Err(); err != nil {
		return none, err
	}
	m := &call[I, O]{ctx: ctx, in: in, told: make(chan verdict[O], 1)}
	if c.apart.Load() {
		return c.alone(m)
	}
	c.mu.Lock()
	switch {
	case c.busy < c.lanes:
		c.busy++
		c.mu.Unlock()
		return c.lead(m)
	case len(c.waiting) >= waitCap:
		c.mu.Unlock()
		return none, db.ErrBusy.Wrap(fmt.Errorf("%d calls are waiting", waitCap))
	}
	c.waiting = append(c.waiting, m)
	c.mu.Unlock()
	var v verdict[O]
	select {
	case v = <-m.told:
	case <-ctx.Done():
		if c.leave(m) {
			return none, ctx.Err()
		}
		v = <-m.told
	}
	switch v.next {
	case lead:
		return c.lead(m)
	case alone:
		return c.alone(m)
	}
	return v.out, v.err
}

// lead runs a batch that begins with m, and m by itself when that failed.
func (c *combiner[I, O]) lead(m *call[I, O]) (O, error) {
	if out, err, ok := c.together(m); ok {
		return out, err
	}
	return c.alone(m)
}

// together is not ok when the batch failed for a reason that may be another
// call's. Also when the batch panics, everybody hears and the lane goes on.
func (c *combiner[I, O]) together(m *call[I, O]) (out O, err error, ok bool) {
	batch := c.gather(m)
	others, told := batch[1:], 0
	verdicts := verdict[O]{next: alone}
	defer func() {
		for _, o := range others[told:] {
			o.told <- verdicts
		}
		c.handOver()
	}()
	ins, ctx := make([]I, len(batch)), m.ctx
	for i, b := range batch {
		ins[i] = b.in
	}
	if len(others) > 0 {
		ctx = context.WithoutCancel(ctx) // they stay when the first goes away
	}
	answers, err := c.inTime(ctx, ins)
	if len(others) == 0 {
		if err == nil {
			out, err = answers[0].out, answers[0].err
		}
		return out, err, true
	}
	if err != nil {
		if f := fault.Of(err); f.Kind == fault.Unavailable && f.Reason != db.ErrBusy.Reason {
			verdicts = verdict[O]{answer: answer[O]{err: err}} // it would not go better alone, or nobody knows what was done
			return out, err, true
		}
		return out, err, false
	}
	for i, o := range others {
		o.told <- verdict[O]{answer: answers[i+1]}
		told++
	}
	return answers[0].out, answers[0].err, true
}

// inTime runs a batch that may not hold its lane too long.
func (c *combiner[I, O]) inTime(ctx context.Context, ins []I) ([]answer[O], error) {
	bounded, cancel := context.WithTimeout(ctx, cmp.Or(c.held, laneHeld))
	defer cancel()
	answers, err := c.run(bounded, ins)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = db.ErrUnavailable.Wrap(err)
	}
	return answers, err
}

// alone runs one call in a transaction of its own.
func (c *combiner[I, O]) alone(m *call[I, O]) (O, error) {
	answers, err := c.run(m.ctx, []I{m.in})
	if err != nil {
		var none O
		return none, err
	}
	return answers[0].out, answers[0].err
}

// gather takes those who wait and clash with nobody before them.
func (c *combiner[I, O]) gather(first *call[I, O]) []*call[I, O] {
	batch := []*call[I, O]{first}
	taken := map[string]bool{}
	clashes := func(in I) bool {
		if c.keys == nil {
			return false
		}
		keys := c.keys(in)
		if slices.ContainsFunc(keys, func(k string) bool { return taken[k] }) {
			return true
		}
		for _, k := range keys {
			taken[k] = true
		}
		return false
	}
	clashes(first.in)
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.waiting[:0]
	for _, m := range c.waiting {
		if len(batch) == batchCap || clashes(m.in) {
			rest = append(rest, m)
		} else {
			batch = append(batch, m)
		}
	}
	clear(c.waiting[len(rest):])
	c.waiting = rest
	return batch
}

// handOver lets the first of those who wait lead, or frees the lane.
func (c *combiner[I, O]) handOver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy--
		return
	}
	first := c.waiting[0]
	c.waiting = slices.Delete(c.waiting, 0, 1)
	first.told <- verdict[O]{next: lead}
}

// leave takes a call back out of those who wait; false when it was taken.
func (c *combiner[I, O]) leave(m *call[I, O]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, m)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	return i >= 0
}

package db

import "context"

// Op is what a Point is about.
type Op string

const (
	Begin     Op = "begin"     // a transaction
	Statement Op = "statement" // in a transaction, locks among them
	Commit    Op = "commit"    // of a transaction; on SQLite of the whole group
	Read      Op = "read"      // outside of a transaction, or in a snapshot
)

// Point is a place where a Hook may step in: before a step (Done is false), or
// when it was done and its answer is on the way.
type Point struct {
	Op   Op
	Text string // the SQL of a Statement or Read
	Args []any  // its arguments; not those of a lock
	Done bool
}

// Hook is called at every Point in the goroutine that works there, so that tests
// can stop, break or watch what happens between two steps. Its error before a step
// stands for the step, which then does not happen; after a step it replaces the
// answer. It may panic before a Statement or a Read. ctx is that of the step; on
// SQLite it has no end inside a transaction, and none of its caller at Begin and
// Commit, which the whole group has in common.
type Hook func(ctx context.Context, at Point) error

// step runs do between its two points.
func (h Hook) step(ctx context.Context, op Op, text string, do func() error, args ...any) error {
	if h == nil {
		return do()
	}
	if err := h(ctx, Point{op, text, args, false}); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return h(ctx, Point{op, text, args, true})
}

// querier puts the points around a querier; without a hook it costs nothing.
func (h Hook) querier(op Op, q Querier) Querier {
	if h == nil {
		return q
	}
	return hooked{h, op, q}
}

type hooked struct {
	hook Hook
	op   Op
	q    Querier
}

func (h hooked) Exec(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = h.hook.step(ctx, h.op, text, func() (err error) {
		n, err = h.q.Exec(ctx, text, args...)
		return err
	}, args...)
	return n, translate(err)
}

func (h hooked) Query(ctx context.Context, text string, args ...any) (rows Rows, err error) {
	err = h.hook.step(ctx, h.op, text, func() (err error) {
		rows, err = h.q.Query(ctx, text, args...)
		return err
	}, args...)
	if err != nil && rows != nil {
		rows.Close()
	}
	return rows, translate(err)
}

func (h hooked) QueryRow(ctx context.Context, text string, args ...any) Row {
	return hookedRow{h, ctx, text, args}
}

// hookedRow asks when it is scanned, so that a row is one step.
type hookedRow struct {
	hooked
	ctx  context.Context
	text string
	args []any
}

func (r hookedRow) Scan(dest ...any) error {
	return translate(r.hook.step(r.ctx, r.op, r.text, func() error {
		return r.q.QueryRow(r.ctx, r.text, r.args...).Scan(dest...)
	}, r.args...))
}

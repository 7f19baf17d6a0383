package export

import (
	"cmp"
	"context"
	"errors"
	"iter"
)

// waiting is how many batches may be read before they are written: enough for
// neither side to wait for the other's hiccups.
const waiting = 2

// errCut is a reader that ended before the last batch.
var errCut = errors.New("export: the rows end before their end")

// ahead reads batches while the ones before are worked on; one that is not full
// is the last, and so is an error. A list of one batch is read on the spot.
func ahead[T any](ctx context.Context, full int, read func(context.Context) ([]T, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		first, err := read(ctx)
		if !yield(first, err) || err != nil || len(first) < full {
			return
		}
		reading, stop := context.WithCancel(ctx)
		batches := make(chan batch[T], waiting)
		defer func() { // nothing is read any more when it returns
			stop()
			for range batches {
			}
		}()
		go fill(reading, full, read, batches)
		for {
			b, came := <-batches
			if !came {
				b.err = cmp.Or(ctx.Err(), errCut)
			}
			if b.fell != nil {
				panic(b.fell)
			}
			if !yield(b.rows, b.err) || b.last(full) {
				return
			}
		}
	}
}

// batch is what a read brought; fell is what it panicked with.
type batch[T any] struct {
	rows []T
	err  error
	fell any
}

func (b batch[T]) last(full int) bool { return b.err != nil || b.fell != nil || len(b.rows) < full }

// fill reads until the last batch, or until nobody wants any more.
func fill[T any](ctx context.Context, full int, read func(context.Context) ([]T, error), batches chan<- batch[T]) {
	defer close(batches)
	give := func(b batch[T]) (more bool) {
		select {
		case batches <- b:
			return !b.last(full)
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if fell := recover(); fell != nil {
			give(batch[T]{fell: fell})
		}
	}()
	for more := true; more; {
		rows, err := read(ctx)
		more = give(batch[T]{rows: rows, err: err})
	}
}

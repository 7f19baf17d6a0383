package export

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// counter reads batches of 1, 2, 3, … up to most, and does something else
// instead of its nth read.
func counter(most, full, nth int, instead func() error) func(context.Context) ([]int, error) {
	last, reads := 0, 0
	return func(ctx context.Context) (batch []int, err error) {
		if reads++; reads == nth {
			return nil, instead()
		}
		for ; len(batch) < full && last < most; last++ {
			batch = append(batch, last+1)
		}
		return batch, ctx.Err()
	}
}

// Every row comes once and in order, however the batches end.
func TestRowsAreReadAhead(t *testing.T) {
	for most := range 25 {
		want, empty := 1, 0
		for batch, err := range ahead(context.Background(), 3, counter(most, 3, 0, nil)) {
			if err != nil {
				t.Fatal(err)
			}
			if len(batch) == 0 {
				empty++
			}
			for _, n := range batch {
				if n != want {
					t.Fatalf("%d of %d, want %d", n, most, want)
				}
				want++
			}
		}
		if want != most+1 || empty > 1 {
			t.Errorf("%d rows of %d, %d empty batches", want-1, most, empty)
		}
	}
}

// However a reader ends before its last batch, whoever asks learns that: half a
// list is never a list.
func TestAListIsNeverCutInSilence(t *testing.T) {
	broken := errors.New("broken")
	for nth := range 6 {
		nth++
		ctx, cancel := context.WithCancel(context.Background())
		for name, instead := range map[string]func() error{
			"an error":  func() error { return broken },
			"cancelled": func() error { cancel(); <-ctx.Done(); return ctx.Err() },
			"a panic":   func() error { panic(broken) },
			"gone":      func() error { runtime.Goexit(); return nil },
		} {
			if name == "gone" && nth == 1 {
				continue // the first is read by whoever asks
			}
			err := func() (err error) {
				defer func() {
					if fell := recover(); fell != nil {
						err = fmt.Errorf("fell: %v", fell)
					}
				}()
				for _, err := range ahead(ctx, 3, counter(30, 3, nth, instead)) {
					if err != nil {
						return err
					}
				}
				return nil
			}()
			if err == nil {
				t.Errorf("%s in read %d is not noticed", name, nth)
			}
		}
		cancel()
	}
}

// Nothing is read any more once nobody wants rows.
func TestNothingIsReadInVain(t *testing.T) {
	for wanted := 1; wanted < 9; wanted++ {
		var reading atomic.Bool
		next, n := counter(300, 3, 0, nil), 0
		for range ahead(context.Background(), 3, func(ctx context.Context) ([]int, error) {
			reading.Store(true)
			defer reading.Store(false)
			time.Sleep(time.Millisecond)
			return next(ctx)
		}) {
			if n++; n == wanted {
				break
			}
		}
		if reading.Load() {
			t.Fatal("somebody still reads")
		}
	}
}

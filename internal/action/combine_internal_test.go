package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/fault"
)

// desk is a combiner whose batches wait until they are let go, and remember.
type desk struct {
	*combiner[string, string]
	began   chan []string
	goOn    chan error
	all     sync.WaitGroup
	mu      sync.Mutex
	answers map[string]string
}

func newDesk(t *testing.T) *desk {
	d := &desk{began: make(chan []string, 100), goOn: make(chan error, 100), answers: map[string]string{}}
	d.combiner = &combiner[string, string]{lanes: 1, keys: func(in string) []string { return []string{in[:1]} },
		run: func(_ context.Context, batch []string) ([]answer[string], error) {
			d.began <- slices.Clone(batch)
			if err := <-d.goOn; err != nil {
				return nil, err
			}
			var out []answer[string]
			for _, in := range batch {
				if in == "x!" {
					panic(in)
				}
				out = append(out, answer[string]{out: "did " + in})
			}
			return out, nil
		}}
	t.Cleanup(d.all.Wait)
	return d
}

// ask lets somebody call, and comes back when they wait or lead.
func (d *desk) ask(ctx context.Context, in string, waiting int) {
	d.all.Go(func() {
		said := ""
		defer func() {
			if p := recover(); p != nil {
				said = fmt.Sprint("panic ", p)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.answers[in] = said
		}()
		out, err := d.do(ctx, in)
		if said = out; err != nil {
			said = err.Error()
			if f := fault.Of(err); f.Kind == fault.Unavailable {
				said = f.Reason
			}
		}
	})
	for {
		d.mu.Lock()
		answered := len(d.answers)
		d.mu.Unlock()
		d.combiner.mu.Lock()
		n, busy := len(d.combiner.waiting), d.combiner.busy
		d.combiner.mu.Unlock()
		if n == waiting && busy == 1 && answered == 0 {
			return
		}
	}
}

func (d *desk) expect(t *testing.T, batches ...[]string) {
	t.Helper()
	for _, want := range batches {
		if got := <-d.began; !slices.Equal(got, want) {
			t.Errorf("batch %v, want %v", got, want)
		}
	}
	d.all.Wait()
	if len(d.began) > 0 {
		t.Errorf("one batch more: %v", <-d.began)
	}
}

func (d *desk) said(t *testing.T, in, want string) {
	t.Helper()
	if d.answers[in] != want {
		t.Errorf("%s: %q, want %q", in, d.answers[in], want)
	}
}

func TestCombine(t *testing.T) {
	ctx := context.Background()
	t.Run("those that wait go together, and each gets its own answer", func(t *testing.T) {
		d := newDesk(t)
		for i, in := range []string{"a", "b", "c", "d"} {
			d.ask(ctx, in, i)
		}
		d.goOn <- nil
		d.goOn <- nil
		d.expect(t, []string{"a"}, []string{"b", "c", "d"})
		d.said(t, "a", "did a")
		d.said(t, "d", "did d")
	})
	t.Run("a batch that hears nothing lets its lane go", func(t *testing.T) {
		first, held := make(chan bool), make(chan bool)
		c := &combiner[int, int]{lanes: 1, held: time.Millisecond, run: func(ctx context.Context, batch []int) ([]answer[int], error) {
			if slices.Contains(batch, 0) {
				close(first)
				<-held
				return make([]answer[int], len(batch)), nil
			}
			if slices.Contains(batch, 9) {
				return make([]answer[int], len(batch)), nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		var all sync.WaitGroup
		all.Go(func() { c.do(ctx, 0) })
		<-first
		gone, leave := context.WithCancel(ctx)
		for i := 1; i <= 3; i++ {
			all.Go(func() {
				if _, err := c.do(gone, i); !errors.Is(err, db.ErrUnavailable) {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
		for n := 0; n < 3; {
			c.mu.Lock()
			n = len(c.waiting)
			c.mu.Unlock()
		}
		close(held)
		all.Wait()
		if _, err := c.do(ctx, 4); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("one that came alone: %v", err)
		}
		if _, err := c.do(ctx, 9); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		leave()
		if _, err := c.do(gone, 5); !errors.Is(err, context.Canceled) {
			t.Errorf("one who went away: %v", err)
		}
	})
	t.Run("what clashes goes apart", func(t *testing.T) {
		d := newDesk(t)
		for i, in := range []string{"a", "b1", "b2", "c"} {
			d.ask(ctx, in, i)
		}
		for range 3 {
			d.goOn <- nil
		}
		d.expect(t, []string{"a"}, []string{"b1", "c"}, []string{"b2"})
		d.said(t, "b2", "did b2")
	})
	t.Run("a batch that fails runs again one by one", func(t *testing.T) {
		d := newDesk(t)
		for i, in := range []string{"a", "b", "c"} {
			d.ask(ctx, in, i)
		}
		d.goOn <- nil
		d.goOn <- errors.New("spoilt")
		<-d.began
		<-d.began
		first := <-d.began
		second := <-d.began
		d.goOn <- nil
		d.goOn <- nil
		d.expect(t)
		if got := slices.Sorted(slices.Values(append(first, second...))); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("alone: %v", got)
		}
		d.said(t, "b", "did b")
		d.said(t, "c", "did c")
	})
	t.Run("nobody runs again when the commit is unknown", func(t *testing.T) {
		d := newDesk(t)
		for i, in := range []string{"a", "b", "c"} {
			d.ask(ctx, in, i)
		}
		d.goOn <- nil
		d.goOn <- db.ErrCommitUnknown
		d.expect(t, []string{"a"}, []string{"b", "c"})
		d.said(t, "b", "commit_unknown")
		d.said(t, "c", "commit_unknown")
	})
	t.Run("whoever leaves while waiting has asked for nothing", func(t *testing.T) {
		d := newDesk(t)
		gone, leave := context.WithCancel(ctx)
		d.ask(ctx, "a", 0)
		d.ask(gone, "b", 1)
		leave()
		for d.waits() > 0 {
		}
		d.goOn <- nil
		d.expect(t, []string{"a"})
		d.said(t, "b", context.Canceled.Error())
	})
	t.Run("a panic stays with its own", func(t *testing.T) {
		d := newDesk(t)
		for i, in := range []string{"a", "x!", "c"} {
			d.ask(ctx, in, i)
		}
		for range 3 {
			d.goOn <- nil
		}
		d.expect(t, []string{"a"}, []string{"x!", "c"}, []string{"c"})
		d.said(t, "x!", "panic x!")
		d.said(t, "c", "did c")
	})
	t.Run("the queue is bounded", func(t *testing.T) {
		d := newDesk(t)
		d.ask(ctx, "a", 0)
		d.combiner.mu.Lock()
		for range waitCap {
			d.waiting = append(d.waiting, &call[string, string]{in: "z", ctx: ctx, told: make(chan verdict[string], 1)})
		}
		d.combiner.mu.Unlock()
		if _, err := d.do(ctx, "b"); !errors.Is(err, db.ErrBusy) {
			t.Errorf("%v", err)
		}
		d.combiner.mu.Lock()
		d.waiting = nil
		d.combiner.mu.Unlock()
		d.goOn <- nil
		d.expect(t, []string{"a"})
	})
}

func (d *desk) waits() int {
	d.combiner.mu.Lock()
	defer d.combiner.mu.Unlock()
	return len(d.waiting)
}

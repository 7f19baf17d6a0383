package worker

import (
	"context"
	"log/slog"
	"sync"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// longWork settles what takes minutes beside the queue, a few at a time: a job
// of the queue is ended after two minutes, and one whose process died stands in
// the way of its like. Here the thing's own row says how far it is, and an export's
// who is at work and when that was last true; the sweep hands over again what is
// still owed.
type longWork struct {
	actions *action.Service
	log     *slog.Logger
	waiting chan exam.OwedID
	stop    context.CancelFunc
	running sync.WaitGroup
}

const (
	// filesAtOnce is how many files one process writes. Others wait: memory is what
	// it costs, and mails are not kept waiting by them.
	filesAtOnce = 2
	// issuesAtOnce is how many orders get their codes from one process, so that a
	// redemption waits for the codes of one only.
	issuesAtOnce = 1
)

func startLong(ctx context.Context, actions *action.Service, log *slog.Logger, atOnce int) *longWork {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	w := &longWork{actions: actions, log: log, waiting: make(chan exam.OwedID, 100), stop: stop}
	for range atOnce {
		w.running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case id := <-w.waiting:
					if err := w.actions.Settle(ctx, id); err != nil && ctx.Err() == nil {
						w.log.Warn("long work failed and will be tried again", "owed", id, "error", err)
					}
				}
			}
		})
	}
	return w
}

// take hands a promise over. When too many wait it is left to the sweep.
func (w *longWork) take(id exam.OwedID) {
	select {
	case w.waiting <- id:
	default:
	}
}

// end cancels what runs, which puts it back for the next process, and waits.
func (w *longWork) end(ctx context.Context) {
	w.stop()
	done := make(chan struct{})
	go func() { w.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

package worker

import (
	"context"
	"sync/atomic"

	"github.com/riverqueue/river"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// settleArgs wake somebody for a promise. One for a mail sends all others along
// that are due.
type settleArgs struct {
	Owed int64 `json:"owed"`
}

func (settleArgs) Kind() string { return "settle" }

// settleQueue has workers of its own, so that a slow mail server does not keep
// the schedule waiting.
const settleQueue = "settle"

// mailWorkers is how many connections to the mail server one process has. The
// other workers of the queue are for promises that are no mails.
const mailWorkers = 4

// InsertOpts keep one job per promise between two sweeps. One whose process died
// stands in the way no longer than that.
func (settleArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: settleQueue, UniqueOpts: oneIn(sweepEvery)}
}

type settleWorker struct {
	river.WorkerDefaults[settleArgs]
	actions *action.Service
	files   *longWork
	issues  *longWork
	mailing atomic.Int32 // jobs that send mails just now
}

func (w *settleWorker) Work(ctx context.Context, job *river.Job[settleArgs]) error {
	id := exam.OwedID(job.Args.Owed)
	o, err := w.actions.Promise(ctx, id)
	switch {
	case err != nil:
		return err
	case o.State != exam.OwedOpen:
		return nil
	case o.Channel == exam.ByExport:
		w.files.take(id)
		return nil
	case o.Channel == exam.ByIssue:
		w.issues.take(id)
		return nil
	case o.Channel.Mail():
		if w.mailing.Add(1) > mailWorkers {
			w.mailing.Add(-1)
			return nil // those at work go on until nothing is due, this one included
		}
		defer w.mailing.Add(-1)
	}
	return w.actions.Settle(ctx, id)
}

// sweepArgs find promises that no job is left for.
type sweepArgs struct{}

func (sweepArgs) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	actions *action.Service
	again   func(ctx context.Context, ids []exam.OwedID) error
}

func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	return w.actions.SweepOwed(ctx, w.again)
}

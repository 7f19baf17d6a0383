package worker

import (
	"context"

	"github.com/riverqueue/river"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// settleArgs settle one promise.
type settleArgs struct {
	Owed int64 `json:"owed"`
}

func (settleArgs) Kind() string { return "settle" }

// InsertOpts keep one job per promise at a time.
func (settleArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: oneAtATime}
}

type settleWorker struct {
	river.WorkerDefaults[settleArgs]
	actions *action.Service
	long    *longWork
}

func (w *settleWorker) Work(ctx context.Context, job *river.Job[settleArgs]) error {
	id := exam.OwedID(job.Args.Owed)
	long, err := w.actions.Long(ctx, id)
	if err != nil {
		return err
	}
	if long {
		w.long.take(id)
		return nil
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

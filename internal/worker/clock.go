package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"examcode/internal/action"
)

// clockArgs do what is due by the clock alone.
type clockArgs struct {
	Do string `json:"do"`
}

func (clockArgs) Kind() string { return "clock" }

type clockWorker struct {
	river.WorkerDefaults[clockArgs]
	actions *action.Service
	log     *slog.Logger
}

func (w *clockWorker) Work(ctx context.Context, job *river.Job[clockArgs]) error {
	switch job.Args.Do {
	case "payments":
		return w.actions.AskOpenPayments(ctx, 5*time.Second)
	case "orders":
		n, err := w.actions.CloseUnpaidOrders(ctx)
		if n > 0 {
			w.log.Info("unpaid orders closed", "count", n)
		}
		return err
	case "tidy":
		return w.actions.Tidy(ctx)
	}
	return nil
}

package worker

import (
	"context"
	"log/slog"
	"sync"
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
	busy    sync.Map // what this process does just now
}

func (w *clockWorker) Work(ctx context.Context, job *river.Job[clockArgs]) error {
	if _, busy := w.busy.LoadOrStore(job.Args.Do, true); busy {
		return nil // it takes longer than its interval; the next one is soon enough
	}
	defer w.busy.Delete(job.Args.Do)
	switch job.Args.Do {
	case "payments":
		return w.actions.AskOpenPayments(ctx, 5*time.Second)
	case "refunds":
		return w.actions.AskOpenRefunds(ctx, 5*time.Second)
	case "orders":
		return w.count(ctx, "unpaid orders closed", w.actions.CloseUnpaidOrders)
	case "ends":
		return w.count(ctx, "codes of ended orders expired", w.actions.SweepEnded)
	case "reminders":
		return w.count(ctx, "orders reminded of", w.actions.RemindEnds)
	case "sessions":
		return w.count(ctx, "examinees reminded of their session", w.actions.RemindSessions)
	case "bulks":
		return w.count(ctx, "verbs on many codes continued", w.actions.RunBulks)
	case "tidy":
		return w.actions.Tidy(ctx)
	}
	return nil
}

// count does something and says how often it did, if it did.
func (w *clockWorker) count(ctx context.Context, what string, do func(context.Context) (int, error)) error {
	n, err := do(ctx)
	if n > 0 {
		w.log.Info(what, "count", n)
	}
	return err
}

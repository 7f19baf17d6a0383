package worker

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"examcode/internal/db"
)

// What a process was doing when it was killed stays behind as running. The next
// interval's turn comes all the same, of the schedule and of a promise.
func TestAKilledProcessStandsInTheWayOfNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.comesAgain(clockArgs{Do: "payments"}, &river.InsertOpts{UniqueOpts: oneIn(10 * time.Second), MaxAttempts: 1}, 10*time.Second)
		h.comesAgain(settleArgs{Owed: 7}, &river.InsertOpts{}, sweepEvery)
	})
}

func (h *house) comesAgain(args river.JobArgs, opts *river.InsertOpts, every time.Duration) {
	h.t.Helper()
	ctx, now := context.Background(), time.Now().UTC().Truncate(every)
	insert := func(at time.Time) (inserted bool) {
		h.t.Helper()
		opts.ScheduledAt = at
		if h.queue.sqlite != nil {
			r, err := h.queue.sqlite.Insert(ctx, args, opts)
			h.Must(err)
			return !r.UniqueSkippedAsDuplicate
		}
		r, err := h.queue.pg.Insert(ctx, args, opts)
		h.Must(err)
		return !r.UniqueSkippedAsDuplicate
	}
	if !insert(now) || insert(now.Add(time.Second)) {
		h.t.Errorf("%s: an interval has not one job", args.Kind())
	}
	h.Must(h.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE river_job SET state = 'running', attempt = 1 WHERE kind = $1", args.Kind())
		return err
	}))
	if insert(now.Add(2 * time.Second)) {
		h.t.Errorf("%s: what is running is begun a second time in its interval", args.Kind())
	}
	if !insert(now.Add(every)) {
		h.t.Errorf("%s: a job whose process died keeps the next interval from its own", args.Kind())
	}
}

// A schedule's work that takes longer than its interval is not begun beside itself.
func TestTheScheduleIsNotBegunBesideItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := &clockWorker{actions: h.actions, log: h.log}
		w.busy.Store("orders", true)
		h.Must(w.Work(context.Background(), &river.Job[clockArgs]{Args: clockArgs{Do: "orders"}}))
		if _, busy := w.busy.Load("orders"); !busy {
			t.Error("who passed by ended what the other does")
		}
	})
}

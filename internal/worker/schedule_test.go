package worker

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"examcode/internal/db"
)

// What the schedule was doing when its process was killed stays behind as
// running. The schedule goes on with its next interval all the same.
func TestTheScheduleOutlivesAKilledProcess(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, now := context.Background(), time.Now().UTC().Truncate(10*time.Second)
		insert := func(at time.Time) (inserted bool) {
			t.Helper()
			args, opts := clockArgs{Do: "payments"}, &river.InsertOpts{UniqueOpts: oneIn(10 * time.Second), MaxAttempts: 1, ScheduledAt: at}
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
			t.Error("an interval has not one job")
		}
		h.Must(h.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE river_job SET state = 'running', attempt = 1 WHERE kind = 'clock'")
			return err
		}))
		if insert(now.Add(2 * time.Second)) {
			t.Error("what is running is begun a second time in its interval")
		}
		if !insert(now.Add(10 * time.Second)) {
			t.Error("a job whose process died keeps the next interval from its own")
		}
	})
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

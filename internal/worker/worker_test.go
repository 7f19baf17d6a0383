package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/store"
)

func TestAPurchaseIsWrittenAbout(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.work()
		ids := h.buy()
		if n := h.jobs(); n != int64(len(ids)) {
			t.Errorf("%d jobs for %d mails", n, len(ids))
		}
		h.sent(10*time.Second, ids)
	})
}

// A job may run twice, at once or long after: the mail leaves once.
func TestAJobRunTwiceSendsOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, ids := context.Background(), h.buy()
		w := &settleWorker{actions: h.actions, files: &longWork{}, issues: &longWork{}}
		for range 2 {
			for _, id := range ids {
				if err := w.Work(ctx, &river.Job[settleArgs]{Args: settleArgs{Owed: int64(id)}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		h.work() // the jobs of the purchase are still there
		h.within(10*time.Second, "all jobs are done", func() bool {
			return h.number("SELECT COUNT(*) FROM river_job WHERE kind = 'settle' AND state = 'completed'") == int64(len(ids))
		})
		h.sent(0, ids)
		// What never existed is no trouble.
		if err := w.Work(ctx, &river.Job[settleArgs]{Args: settleArgs{Owed: 7}}); err != nil {
			t.Error(err)
		}
	})
}

// A failed try is repeated later, not at once: the queue itself tries nothing
// again.
func TestATemporaryFailureIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.buy()[0]
		h.post.refuse = 1
		if err := h.actions.SendOwed(context.Background(), id); !errors.Is(err, errAway) {
			t.Fatalf("the failure is told as %v", err)
		}
		if o := h.owed(id); o.State != exam.OwedOpen || o.Tries != 1 || o.Detail != errAway.Error() || !o.Settled.IsZero() || !o.Next.Equal(h.Clock.Now().Add(time.Minute)) {
			t.Errorf("after a failure: %+v", o)
		}
		h.work()
		h.within(10*time.Second, "the job is done", func() bool {
			return h.number("SELECT COUNT(*) FROM river_job WHERE kind = 'settle' AND state = 'completed'") > 0
		})
		if n := h.post.count(id); n != 0 || h.owed(id).Tries != 1 {
			t.Errorf("tried again before its time: sent %d times", n)
		}
		h.Clock.Move(3 * time.Minute)
		if err := (&sweepWorker{actions: h.actions, again: h.queue.wakeAgain}).Work(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		h.sent(20*time.Second, []exam.OwedID{id})
		if o := h.owed(id); o.Tries != 2 || o.Detail != "" || o.Settled.IsZero() || !o.Failing.IsZero() {
			t.Errorf("after a failure and a success: %+v", o)
		}
	})
}

// Losing the whole queue changes nothing but the time it takes.
func TestWithoutItsJobsTheSweepEndsTheSame(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, ids := context.Background(), h.buy()
		lose := func() {
			err := h.db.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "DELETE FROM river_job")
				return err
			})
			if err != nil || h.jobs() != 0 {
				t.Fatal(h.jobs(), err)
			}
		}
		lose()
		sweep := &sweepWorker{actions: h.actions, again: h.queue.wakeAgain}
		if err := sweep.Work(ctx, nil); err != nil || h.jobs() != 0 {
			t.Errorf("a fresh promise is swept up: %d jobs, %v", h.jobs(), err)
		}
		h.Clock.Move(2 * time.Minute)
		open := h.number("SELECT COUNT(*) FROM owed WHERE state = 'owed'")
		for {
			lose()
			stretch, had := time.Now().Truncate(sweepEvery), []int64{}
			for range 2 {
				if err := sweep.Work(ctx, nil); err != nil {
					t.Fatal(err)
				}
				had = append(had, h.jobs())
			}
			if !time.Now().Truncate(sweepEvery).Equal(stretch) {
				continue // the second sweep came in the next stretch, which has jobs of its own
			}
			if had[0] != open || had[1] != open { // again adds nothing
				t.Errorf("%d jobs for %d promises", had, open)
			}
			break
		}
		h.work()
		h.sent(15*time.Second, ids)
		h.within(15*time.Second, "nothing is owed", func() bool { return h.number("SELECT COUNT(*) FROM owed WHERE state = 'owed'") == 0 })
	})
}

// The running worker sweeps by itself when it starts.
func TestTheWorkerSweepsWhenItStarts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.House.Queue.Owed() // promised while nothing took jobs in
		if len(ids) == 0 || h.jobs() != 0 {
			t.Fatalf("%d promises, %d jobs", len(ids), h.jobs())
		}
		h.Clock.Move(2 * time.Minute)
		h.work()
		h.sent(15*time.Second, ids)
	})
}

// What is due by the clock alone is done when the worker starts, by two of them
// as by one: an order that has ended, one that ends soon, a session tomorrow.
func TestS16_S18_TheWorkerLooksAtTheClock(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		buy := func() (exam.Order, []string) { return h.Buy(h.root, h.subject, 3) }
		ended, _ := buy()
		h.Clock.Move(64 * 24 * time.Hour) // so that the one has just ended when the other is about to
		ending, texts := buy()
		who := h.Examinee(true)
		reg, err := h.Redeem(who, h.subject, texts[0])
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Set(ending.RemindAt(60))
		session := h.Session(h.subject, 48*time.Hour, 1)
		if _, err := h.actions.Reserve(context.Background(), who, reg.ID, session.ID); err != nil {
			t.Fatal(err)
		}
		h.Clock.Move(25 * time.Hour)
		h.work()
		h.work()
		count := func(kind exam.NoticeKind) int64 {
			return h.number("SELECT COUNT(*) FROM message WHERE kind = $1", string(kind))
		}
		h.within(15*time.Second, "people are told", func() bool {
			return count(exam.NoticeOrderEnded) > 0 && count(exam.NoticeOrderEnding) > 0 && count(exam.NoticeSessionSoon) > 0
		})
		if n := h.number("SELECT COUNT(*) FROM code WHERE state = 'expired' AND order_id = $1", int64(ended.ID)); n != 3 {
			t.Errorf("%d codes expired", n)
		}
		h.within(15*time.Second, "nothing is owed", func() bool { return h.number("SELECT COUNT(*) FROM owed WHERE state = 'owed'") == 0 })
		for _, kind := range []exam.NoticeKind{exam.NoticeOrderEnded, exam.NoticeOrderEnding, exam.NoticeSessionSoon} {
			if n := count(kind); n != 1 {
				t.Errorf("%s: %d notices", kind, n)
			}
		}
	})
}

func TestARolledBackChangeLeavesNoJob(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, undo := context.Background(), errors.New("undo")
		wake := func(end error, owed ...exam.Owed) error {
			return h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := h.queue.Wake(ctx, tx.DB(), owed); err != nil {
					return err
				}
				return end
			})
		}
		file, codes, mail, letter := exam.Owed{ID: 1, Channel: exam.ByExport}, exam.Owed{ID: 2, Channel: exam.ByIssue}, exam.Owed{ID: 3, Channel: exam.ByMail}, exam.Owed{ID: 4, Channel: exam.ByLetter}
		if err := wake(undo, file, mail); !errors.Is(err, undo) || h.jobs() != 0 {
			t.Errorf("rolled back: %d jobs, %v", h.jobs(), err)
		}
		if err := wake(nil, mail, file, letter, codes, mail); err != nil || h.jobs() != 3 { // one sends all mails
			t.Errorf("committed: %d jobs, %v", h.jobs(), err)
		}
		// A promise that has its job gets no second one, and the change goes on.
		if err := wake(nil, codes, mail); err != nil || h.jobs() != 3 {
			t.Errorf("woken again: %d jobs, %v", h.jobs(), err)
		}
		if err := h.queue.wakeAgain(ctx, []exam.OwedID{codes.ID, 5}); err != nil || h.jobs() != 4 {
			t.Errorf("woken by a sweep: %d jobs, %v", h.jobs(), err)
		}
	})
}

// Changes that arrive together while the worker works: none waits for ever and no
// mail is lost.
func TestManyPurchasesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.work()
		results := make(chan error)
		before := h.number("SELECT COALESCE(MAX(id), 0) FROM owed")
		const buyers = 8
		for range buyers {
			go func() {
				ctx := context.Background()
				o, err := h.actions.BuyCodes(ctx, h.root, h.subject.ID, 2)
				if err == nil {
					_, err = h.actions.PayOrder(ctx, h.root, o.ID, "sandbox", "", "")
				}
				results <- err
			}()
		}
		for range buyers {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		h.within(20*time.Second, "all mails are sent", func() bool {
			return h.number("SELECT COUNT(*) FROM owed WHERE id > $1 AND state = 'sent'", before) >= buyers &&
				h.number("SELECT COUNT(*) FROM owed WHERE id > $1 AND state = 'owed'", before) == 0
		})
		h.post.mu.Lock()
		defer h.post.mu.Unlock()
		for id, n := range h.post.taken {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
	})
}

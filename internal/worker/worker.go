// Package worker runs what must happen after a commit or when time passes. It
// is the only package that knows River. Every job may run twice or be lost: the
// truth is in the owed rows, the orders and the clock, and the sweeps find what
// is still to do there. Job rows carry ids, never texts or addresses.
package worker

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
)

// Queue puts jobs into the transaction of the change that needs them.
type Queue struct {
	sqlite *river.Client[*sql.Tx]
	pg     *river.Client[pgx.Tx]
}

// NewQueue makes a queue that only takes jobs in.
func NewQueue(d *db.DB, log *slog.Logger) (*Queue, error) {
	return newQueue(d, &river.Config{Logger: quiet(log)})
}

func newQueue(d *db.DB, c *river.Config) (*Queue, error) {
	var q Queue
	var err error
	if d.Engine() == db.SQLite {
		q.sqlite, err = river.NewClient(riversqlite.New(d.Writer()), c)
	} else {
		q.pg, err = river.NewClient(riverpgxv5.New(d.Pool()), c)
	}
	return &q, err
}

// Wake adds a job for each promise of a transaction; for its mails only one,
// because whoever sends that sends all that are due.
func (q *Queue) Wake(ctx context.Context, tx *db.Tx, promises []exam.Owed) error {
	var owed []exam.OwedID
	mail := false
	for _, o := range promises {
		if !o.Channel.Mail() || !mail {
			owed = append(owed, o.ID)
		}
		mail = mail || o.Channel.Mail()
	}
	var err error
	if q.sqlite != nil {
		_, err = q.sqlite.InsertManyTx(ctx, tx.SQL(), settleJobs(owed))
	} else {
		_, err = q.pg.InsertManyTx(ctx, tx.Pgx(), settleJobs(owed))
	}
	return err
}

// wakeAgain adds jobs outside of any change, for promises a sweep has found.
func (q *Queue) wakeAgain(ctx context.Context, owed []exam.OwedID) error {
	var err error
	if q.sqlite != nil {
		_, err = q.sqlite.InsertMany(ctx, settleJobs(owed))
	} else {
		_, err = q.pg.InsertMany(ctx, settleJobs(owed))
	}
	return err
}

// settleJobs are one job for each of distinct promises.
func settleJobs(owed []exam.OwedID) []river.InsertManyParams {
	jobs := make([]river.InsertManyParams, len(owed))
	for i, id := range owed {
		jobs[i] = river.InsertManyParams{Args: settleArgs{Owed: int64(id)}}
	}
	return jobs
}

// Worker works until it is stopped.
type Worker struct {
	queue  *Queue
	files  *longWork
	issues *longWork
}

// Start begins to work with the actions. ctx ends the start only; use Stop.
func Start(ctx context.Context, d *db.DB, actions *action.Service, log *slog.Logger) (*Worker, error) {
	w := &Worker{files: startLong(ctx, actions, log, filesAtOnce), issues: startLong(ctx, actions, log, issuesAtOnce)}
	workers := river.NewWorkers()
	river.AddWorker(workers, &settleWorker{actions: actions, files: w.files, issues: w.issues})
	river.AddWorker(workers, &sweepWorker{actions: actions, again: func(ctx context.Context, ids []exam.OwedID) error { return w.queue.wakeAgain(ctx, ids) }})
	river.AddWorker(workers, &clockWorker{actions: actions, log: log})
	c := &river.Config{
		Logger:               quiet(log),
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}, settleQueue: {MaxWorkers: 8}},
		Workers:              workers,
		JobTimeout:           2 * time.Minute,
		RescueStuckJobsAfter: 3 * time.Minute,
		FetchPollInterval:    time.Second,
		PeriodicJobs: []*river.PeriodicJob{
			every(10*time.Second, clockArgs{Do: "payments"}),
			every(10*time.Second, clockArgs{Do: "refunds"}),
			every(5*time.Second, clockArgs{Do: "bulks"}),
			every(time.Minute, clockArgs{Do: "orders"}),
			every(time.Minute, clockArgs{Do: "ends"}),
			every(time.Minute, clockArgs{Do: "reminders"}),
			every(time.Minute, clockArgs{Do: "sessions"}),
			every(sweepEvery, sweepArgs{}),
			every(time.Hour, clockArgs{Do: "tidy"}),
		},
	}
	var err error
	if w.queue, err = newQueue(d, c); err != nil {
		return nil, err
	}
	if w.queue.sqlite != nil {
		return w, w.queue.sqlite.Start(context.WithoutCancel(ctx))
	}
	return w, w.queue.pg.Start(context.WithoutCancel(ctx))
}

// Stop lets running jobs finish until ctx ends, then cancels them.
func (w *Worker) Stop(ctx context.Context) error {
	w.issues.end(ctx)
	w.files.end(ctx)
	stop, cancel := (func(context.Context) error)(nil), (func(context.Context) error)(nil)
	if c := w.queue.sqlite; c != nil {
		stop, cancel = c.Stop, c.StopAndCancel
	} else {
		stop, cancel = w.queue.pg.Stop, w.queue.pg.StopAndCancel
	}
	err := stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		hard, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		return cancel(hard)
	}
	return err
}

func every(d time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) {
		return args, &river.InsertOpts{UniqueOpts: oneIn(d), MaxAttempts: 1}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

// sweepEvery lies between two sweeps for promises that nobody works on.
const sweepEvery = 30 * time.Second

// oneIn keeps one job of its like for each stretch of time. One whose process
// died stands in the way of no later stretch.
func oneIn(d time.Duration) river.UniqueOpts {
	u := oneAtATime
	u.ByPeriod = d
	return u
}

// oneAtATime keeps equal jobs from piling up; a finished one does not stand in
// the way of the next.
var oneAtATime = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}

// quiet keeps River's own news out of the log; its troubles stay.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(atLeastWarn{log.Handler()}) }

type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

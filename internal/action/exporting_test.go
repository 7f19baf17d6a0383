package action_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/mail"
	"examcode/internal/store"
)

// meddling is the service of a second process: when its clock is read for the
// nth time, something happens. From the third to the eighth time a run of 4,100
// rows reads it outside of transactions: between its batches, and before it
// stores the last part.
func (x *exporting) meddling(nth int, happens func()) *action.Service {
	n := 0
	return action.New(action.Config{Store: x.Store, Vault: x.Vault, Mail: x.Outbox, Queue: x.Queue, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
		Compose: func(store.OwedMail) mail.Message { return mail.Message{} },
		Now: func() time.Time {
			if n++; n == nth {
				happens()
			}
			return x.Clock.Now()
		}})
}

// files counts files of exports, and parts of files that no export has.
func (x *exporting) files() (files, strays int64) {
	x.T.Helper()
	return x.count("SELECT COUNT(*) FROM blob b WHERE b.name LIKE 'exp!_%' ESCAPE '!'"),
		x.count("SELECT COUNT(*) FROM blob b WHERE b.name LIKE 'exp!_%' ESCAPE '!' AND NOT EXISTS (SELECT 1 FROM export x WHERE x.blob_id = b.id)")
}

// whole wants an export to be ready with all rows, told once, and nothing left
// over from other runs.
func (x *exporting) whole(e exam.Export, rows int) {
	x.T.Helper()
	e = x.now(e)
	if e.State != exam.ExportReady || e.Rows != int64(rows) {
		x.T.Fatalf("the export is %+v", e)
	}
	ids := column(x.table(e, x.file(x.root, e)), 7)
	if n := len(slices.Compact(slices.Sorted(slices.Values(ids)))); n != rows || len(ids) != rows {
		x.T.Errorf("%d rows, %d of them distinct, want %d", len(ids), n, rows)
	}
	if files, strays := x.files(); files != 1 || strays != 0 {
		x.T.Errorf("%d files, %d of no export", files, strays)
	}
	for what, sql := range map[string]string{
		"ready events": "SELECT COUNT(*) FROM event WHERE kind = 'export.ready' AND object_id = $1",
		"notices":      "SELECT COUNT(*) FROM message WHERE kind = 'export_ready' AND about_id = $1",
		"promises":     "SELECT COUNT(*) FROM owed WHERE channel = 'export' AND state = 'sent' AND target_id = $1",
	} {
		if n := x.count(sql, e.ID); n != 1 {
			x.T.Errorf("%d %s", n, what)
		}
	}
}

const threeBatches = 4100

// TestS20_ARunThatIsCutOffBeginsAgain: at whatever moment the process is asked to
// end, nothing is seen of what was begun, and the next run writes all of it.
func TestS20_ARunThatIsCutOffBeginsAgain(t *testing.T) {
	eachExporting(t, threeBatches, func(t *testing.T, x *exporting) {
		for nth := 3; nth <= 8; nth += 2 {
			e, owed := x.ask(x.root, action.ExportRequest{WithTexts: nth == 5})
			ctx, cancel := context.WithCancel(context.Background())
			if err := x.meddling(nth, cancel).Settle(ctx, owed); err == nil {
				t.Fatalf("cut at %d: nothing is said", nth)
			}
			if now := x.now(e); now.State != exam.ExportWaiting || now.Rows != 0 {
				t.Errorf("cut at %d: %+v", nth, now)
			}
			if files, _ := x.files(); files != 0 {
				t.Errorf("cut at %d: %d files are left", nth, files)
			}
			x.Must(x.Actions.Settle(context.Background(), owed))
			x.whole(e, threeBatches)
			x.Must(x.Actions.Settle(context.Background(), owed)) // and once more
			x.whole(e, threeBatches)
			x.Clock.Move(action.ExportKept)
			x.Must(x.Actions.TidyExports(context.Background()))
		}
	})
}

// TestS20_ARunThatDiesIsTakenOver once it shows no sign of life, not before; and
// a run that only seemed dead changes nothing any more.
func TestS20_ARunThatDiesIsTakenOver(t *testing.T) {
	eachExporting(t, threeBatches, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		e, owed := x.ask(x.root, action.ExportRequest{})
		died := make(chan struct{})
		go func() {
			defer close(died)
			x.meddling(7, runtime.Goexit).Settle(ctx, owed)
		}()
		<-died
		x.Must(x.Actions.Settle(ctx, owed))
		if now := x.now(e); now.State != exam.ExportRunning || now.Run != 1 {
			t.Fatalf("after a death: %+v", now)
		}
		if _, err := x.Actions.OpenExport(ctx, x.root, e.ID); !errors.Is(err, exam.ErrExportOpen) {
			t.Errorf("half a file is given away: %v", err)
		}
		x.Clock.Move(exam.ExportSilence)
		x.Must(x.Actions.Settle(ctx, owed))
		x.whole(e, threeBatches)
		x.Clock.Move(action.ExportKept)
		x.Must(x.Actions.TidyExports(ctx))

		e, owed = x.ask(x.root, action.ExportRequest{})
		x.Must(x.meddling(6, func() {
			x.Clock.Move(2 * exam.ExportSilence)
			x.Must(x.Actions.Settle(ctx, owed))
		}).Settle(ctx, owed))
		x.whole(e, threeBatches)
		if now := x.now(e); now.Run != 2 {
			t.Errorf("%d runs", now.Run)
		}
	})
}

// An export that dies again and again has failed, and its asker is told.
func TestAnExportFailsAfterSomeRuns(t *testing.T) {
	eachExporting(t, 10, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		e, owed := x.ask(x.root, action.ExportRequest{})
		for range exam.ExportRuns {
			ended, cancel := context.WithCancel(ctx)
			if err := x.meddling(5, cancel).Settle(ended, owed); err == nil {
				t.Fatal("nothing is said")
			}
		}
		x.Must(x.Actions.Settle(ctx, owed))
		if e = x.now(e); e.State != exam.ExportFailed || e.Error != "export_failed" {
			t.Errorf("%+v", e)
		}
		if n := x.count("SELECT COUNT(*) FROM message WHERE kind = 'export_failed'"); n != 1 {
			t.Errorf("%d notices", n)
		}
		if files, _ := x.files(); files != 0 {
			t.Errorf("%d files are left", files)
		}
		again, err := x.Actions.RepeatExport(ctx, x.root, e.ID, "zh")
		x.Must(err)
		if again.Filter != e.Filter || again.ID == e.ID || again.Lang != "zh" {
			t.Errorf("run again: %+v", again)
		}
	})
}

// Stopping ends a run within a batch; only the asker and the root may.
func TestAnExportIsStopped(t *testing.T) {
	eachExporting(t, threeBatches, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		one, two := x.Member(x.root, exam.ViewCodes), x.Member(x.root, exam.ViewCodes|exam.ManageCodes)
		e, owed := x.ask(one, action.ExportRequest{})
		if _, err := x.Actions.StopExport(ctx, two, e.ID); !errors.Is(err, exam.ErrNotAllowed) {
			t.Errorf("a colleague stops it: %v", err)
		}
		x.Must(x.meddling(6, func() {
			_, err := x.Actions.StopExport(ctx, one, e.ID)
			x.Must(err)
		}).Settle(ctx, owed))
		if now := x.now(e); now.State != exam.ExportStopped || now.Blob != 0 {
			t.Errorf("stopped: %+v", now)
		}
		x.Must(x.Actions.Settle(ctx, owed))
		if files, _ := x.files(); files != 0 || x.now(e).State != exam.ExportStopped {
			t.Errorf("%d files are left", files)
		}
		if _, err := x.Actions.StopExport(ctx, x.root, e.ID); !errors.Is(err, exam.ErrExportEnded) {
			t.Errorf("stopped twice: %v", err)
		}
		other, _ := x.ask(one, action.ExportRequest{})
		_, err := x.Actions.StopExport(ctx, x.root, other.ID)
		x.Must(err)
	})
}

// An account has three exports under way and no more, also when many are asked
// for at one moment.
func TestExportsAreLimited(t *testing.T) {
	eachExporting(t, 2, func(t *testing.T, x *exporting) {
		var (
			mu    sync.Mutex
			told  = map[string]int{}
			asked sync.WaitGroup
		)
		for range 8 {
			asked.Go(func() {
				_, err := x.Actions.AskExport(context.Background(), x.root, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					told["asked"]++
				} else {
					told[fault.Of(err).Reason]++
				}
			})
		}
		asked.Wait()
		if told["asked"] != exam.ExportsAtOnce || told["export_busy"] != 8-exam.ExportsAtOnce {
			t.Errorf("%v", told)
		}
	})
}

// Files are deleted when their time is over; the record stays. Only long work is
// told by e-mail.
func TestFilesOfExportsEnd(t *testing.T) {
	eachExporting(t, 5, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		mails := func() int64 {
			return x.count("SELECT COUNT(*) FROM owed w JOIN message m ON m.id = w.target_id WHERE w.channel = 'mail' AND w.state = 'owed' AND m.kind = 'export_ready'")
		}
		e := x.ready(x.root, action.ExportRequest{})
		if n := mails(); n != 0 {
			t.Errorf("%d mails for a moment's work", n)
		}
		slow, owed := x.ask(x.root, action.ExportRequest{})
		x.Clock.Move(2 * time.Minute)
		x.Must(x.Actions.Settle(ctx, owed))
		if n := mails(); n != 1 {
			t.Errorf("%d mails for two minutes' work", n)
		}
		x.Clock.Set(e.Kept.Add(-time.Microsecond))
		x.file(x.root, e)
		x.Must(x.Actions.Tidy(ctx))
		x.file(x.root, e)
		x.Clock.Set(e.Kept)
		if _, err := x.Actions.OpenExport(ctx, x.root, e.ID); !errors.Is(err, exam.ErrExportGone) {
			t.Errorf("after its time: %v", err)
		}
		x.Must(x.Actions.Tidy(ctx))
		now := x.now(e)
		if files, strays := x.files(); files != 1 || strays != 0 || now.Blob != 0 || now.Rows != 5 || now.Shown(x.Clock.Now()) != exam.ExportDeleted {
			t.Errorf("%d files, %+v", files, now)
		}
		x.file(x.root, slow)
		x.Clock.Set(e.Kept.Add(-time.Microsecond)) // of a replica whose clock is behind
		if _, err := x.Actions.OpenExport(ctx, x.root, e.ID); !errors.Is(err, exam.ErrExportGone) {
			t.Errorf("after it was tidied away: %v", err)
		}
	})
}

// A filter that this program does not understand exports nothing, rather than
// more than was asked for.
func TestAnUnknownFilterExportsNothing(t *testing.T) {
	eachExporting(t, 2, func(t *testing.T, x *exporting) {
		ctx := context.Background()
		e, owed := x.ask(x.root, action.ExportRequest{Filter: export.Filter{Codes: store.CodeFilter{State: exam.Unused}}})
		x.Must(x.exec("UPDATE export SET asked = '{\"State\":\"unused\",\"Planet\":\"mars\"}' WHERE id = $1", e.ID))
		x.Must(x.Actions.Settle(ctx, owed))
		if e = x.now(e); e.State != exam.ExportFailed || e.Error != "export_filter_unknown" {
			t.Errorf("%+v", e)
		}
	})
}

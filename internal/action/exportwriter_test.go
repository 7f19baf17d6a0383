package action_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// Parts are stored while the next is filled: one that is not stored, whichever it
// is, ends the run, and no file lacks a part.
func TestS20_APartThatIsNotStoredEndsTheRun(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		const rows = 9000 // two parts
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		x := &exporting{House: h, db: d, root: h.Company(true), sub: h.Subject()}
		x.order, x.texts = h.Buy(x.root, x.sub, rows)
		ctx, spoilt := context.Background(), errors.New("spoilt")
		for nth, how := range []func() error{
			func() error { return spoilt },
			func() error { return spoilt },
			func() error { panic(spoilt) },
		} {
			e, owed := x.ask(x.root, action.ExportRequest{WithTexts: true})
			var stored atomic.Int64
			set(func(_ context.Context, at db.Point) error {
				if !at.Done && strings.HasPrefix(at.Text, "INSERT INTO blob_chunk") && stored.Add(1) == int64(nth%2)+1 {
					return how()
				}
				return nil
			})
			fell := func() (fell any) {
				defer func() { fell = recover() }()
				if err := x.Actions.Settle(ctx, owed); err == nil {
					t.Error("nothing is said")
				}
				return nil
			}()
			set(nil)
			if (fell != nil) != (nth == 2) {
				t.Errorf("it ended with %v", fell)
			}
			if now := x.now(e); now.Ended() {
				t.Errorf("without part %d: %+v", nth, now)
			}
			x.Clock.Move(exam.ExportSilence)
			x.Must(x.Actions.Settle(ctx, owed))
			x.whole(e, rows)
			if size := x.now(e).Size; size < store.ChunkSize {
				t.Fatalf("only %d bytes", size)
			}
			x.Clock.Move(action.ExportKept)
			x.Must(x.Actions.TidyExports(ctx))
		}
	})
}

// A run that is stopped waits for the part that is being stored: what becomes of
// that is not lost.
func TestS20_AStoppedRunLeavesNoPartBehind(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		x := &exporting{House: h, db: d, root: h.Company(true), sub: h.Subject()}
		x.order, x.texts = h.Buy(x.root, x.sub, 2400)
		x.Must(d.Transact(t.Context(), func(ctx context.Context, tx *db.Tx) error { // the first part is full within the first batch, the next is not
			_, err := tx.Exec(ctx, "UPDATE subject SET name_en = $1 WHERE id = $2", strings.Repeat("n", 500), x.sub.ID)
			return err
		}))
		_, owed := x.ask(x.root, action.ExportRequest{WithTexts: true})
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var ended atomic.Bool
		set(func(_ context.Context, at db.Point) error {
			if strings.HasPrefix(at.Text, "INSERT INTO blob_chunk") && !at.Done {
				stop()
				time.Sleep(200 * time.Millisecond) // the run hears of it meanwhile
				if ended.Load() {
					t.Error("the run ended before its part")
				}
				panic("spoilt")
			}
			return nil
		})
		fell := func() (fell any) {
			defer func() { fell = recover() }()
			err := x.Actions.Settle(ctx, owed)
			ended.Store(true)
			t.Errorf("it ended with %v", err)
			return nil
		}()
		set(nil)
		if fell == nil {
			t.Error("a part fell and nobody heard")
		}
	})
}

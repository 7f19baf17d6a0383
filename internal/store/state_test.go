package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// site is a company whose rows are written past the program.
type site struct {
	*actiontest.House
	planter
	planted
	t   *testing.T
	ctx context.Context
}

// onSite runs a test with a site on each engine.
func onSite(t *testing.T, test func(t *testing.T, s site)) {
	t.Helper()
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true
		test(t, site{h, planter{t, d, h.Store.IDs()}, plantAll(h, d), t, context.Background()})
	})
}

// again copies a row with other values and returns its id.
func (s site) again(table string, row int64, values set) int64 {
	s.t.Helper()
	values = values.with(set{"id": s.ids.Next()})
	s.Must(copyRow(s.t, s.d, table, row, values))
	return values["id"].(int64)
}

// do changes rows past the program.
func (s site) do(sql string, args ...any) {
	s.t.Helper()
	s.Must(s.d.Transact(s.ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}))
}

// number reads one.
func (s site) number(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.Must(s.d.Read().QueryRow(s.ctx, sql, args...).Scan(&n))
	return n
}

// in runs a change of the program.
func (s site) in(do change) error {
	return s.Store.Transact(s.ctx, do)
}

// refusesLate expects a change that comes too late to be refused.
func refusesLate(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, exam.ErrChangedMeanwhile) {
		t.Errorf("%s: %v, want %v", what, err, exam.ErrChangedMeanwhile)
	}
}

// same expects what a query reads.
func same[T any](t *testing.T, what string, want T) func(got T, err error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

const later = int64(1) << 52 // an instant behind all others

// Drafts of bulks are listed, aged and dropped; what was confirmed is left alone.
func TestOnlyDraftsOfBulksAreDropped(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		running := s.again("bulk", s.bulk, set{"state": "running", "begun_at": 1, "created_at": later})
		done := s.again("bulk", s.bulk, set{"state": "done", "begun_at": 1, "finished_at": 2, "settled": 2})
		same(t, "running", []exam.BulkID{exam.BulkID(running)})(s.Read.RunningBulks(s.ctx, 9))
		same(t, "old drafts", []exam.BulkID{exam.BulkID(s.bulk)})(s.Read.OldDrafts(s.ctx, time.UnixMicro(2), 9))
		same(t, "newest drafts", []exam.BulkID{exam.BulkID(s.bulk)})(s.Read.NewestDrafts(s.ctx, s.root.Account, 0, 9))
		for id, want := range map[int64]int64{running: later, s.bulk: 1} {
			s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
				return tx.AgeDraft(ctx, exam.BulkID(id), time.UnixMicro(9))
			}))
			if at := s.number("SELECT created_at FROM bulk WHERE id = $1", id); at != want {
				t.Errorf("a bulk of %d is now of %d", want, at)
			}
		}
		refusesLate(t, "dropping what is done", s.in(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.DropDraft(ctx, exam.BulkID(done), 9)
			return err
		}))
	})
}

// A run of an export notes its way and its file only while it runs, and a promise
// that is settled is not settled again.
func TestOnlyARunningExportIsWritten(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		e := get[store.ExportRow](t)(s.Read.Export(s.ctx, s.root.Account, exam.ExportID(s.export))).Export
		e.Blob = exam.BlobID(s.blob)
		for what, write := range map[string]change{
			"its way":  func(ctx context.Context, tx *store.Tx) error { return tx.BeatExport(ctx, e, 1, s.Clock.Now()) },
			"its file": func(ctx context.Context, tx *store.Tx) error { return tx.NameBlob(ctx, e) },
			"its end":  func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseExport(ctx, e) },
		} {
			refusesLate(t, what, s.in(write))
		}
		owed := s.plant("owed", set{"channel": "export", "target_id": s.export, "state": "owed", "created_at": 1, "tries": 0, "detail": "", "account_id": s.account})
		for range 2 {
			s.Must(s.in(func(ctx context.Context, tx *store.Tx) error {
				return tx.SettleExport(ctx, e.ID, exam.OwedSent, s.Clock.Now())
			}))
		}
		if n := s.number("SELECT tries FROM owed WHERE id = $1", owed); n != 1 {
			t.Errorf("it was tried %d times", n)
		}
		same(t, "files whose time is over", []store.DeadExport{})(s.Read.DeadExports(s.ctx, s.Clock.Now(), 9))
		same(t, "files whose time is over", []store.DeadExport{{ID: exam.ExportID(s.ready), Blob: exam.BlobID(s.blob)}})(s.Read.DeadExports(s.ctx, s.Clock.Now().Add(time.Hour), 9))
	})
}

// What is refused, owed or open by its state: each is counted in its own alone.
func TestAffairsAreCountedByTheirStates(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		read := func() exam.Affairs {
			return get[exam.Affairs](t)(s.Read.Affairs(s.ctx, get[exam.Person](t)(s.Read.Person(s.ctx, s.root.Person)), s.Clock.Now()))
		}
		held := func() int {
			return get[exam.Affairs](t)(s.Read.Affairs(s.ctx, get[exam.Person](t)(s.Read.Person(s.ctx, s.examinee.Person)), s.Clock.Now())).Files
		}
		before := read()
		s.again("receiver", s.told, set{"state": "removed"})
		s.again("invitation", s.invitation, set{"state": "revoked"})
		same(t, "open invitations", []exam.InvitationID{exam.InvitationID(s.invitation)})(s.Read.OpenInvitationsTo(s.ctx, s.email))
		if diff := cmp.Diff(before, read()); diff != "" {
			t.Errorf("what is over is counted (-before +after):\n%s", diff)
		}
		s.do("UPDATE orders SET state = 'closed' WHERE id = $1", s.pending)
		if n := read().OpenPayments; n != 0 {
			t.Errorf("%d open payments of an order that is closed", n)
		}
		same(t, "orders that wait", 0)(s.Read.PendingOrders(s.ctx, s.root.Account))
		s.do("UPDATE orders SET expires_at = 1 WHERE id = $1", s.order)
		if n := read().Usable; n != 0 {
			t.Errorf("%d of %d codes are usable", n, before.Usable)
		}
		if n := held(); n != 1 {
			t.Errorf("%d kept files", n)
		}
		same(t, "receivers", 2)(len(get[[]exam.Receiver](t)(s.Read.Receivers(s.ctx, s.root.Account))), nil)
	})
}

// Codes are counted by their states; only unused ones get another text or go back.
func TestCodesAreCountedByTheirStates(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		order := exam.OrderID(s.order)
		s.do("UPDATE code SET state = 'expired' WHERE id = $1", s.codes[0])
		s.do("UPDATE stock SET unused = unused - 1, expired = expired + 1 WHERE order_id = $1 AND slot = (SELECT MIN(k.slot) FROM stock k WHERE k.order_id = $1)", s.order)
		same(t, "left", map[exam.OrderID]store.Left{order: {Unused: 2, Bound: 1}})(s.Read.CodesLeft(s.ctx, order))
		same(t, "ended", map[exam.OrderID]store.Left{order: {Unused: 1}})(s.Read.CodesEnded(s.ctx, order))
		same(t, "sold", int64(4))(s.Read.CodesSold(s.ctx, exam.SubjectID(s.subject)))

		over := get[[]exam.Code](t)(s.Read.CodesByID(s.ctx, 0, exam.CodeID(s.codes[0])))[0]
		over.Version, over.Generation = over.Version+1, over.Generation+1
		refusesLate(t, "a new text of an expired code", s.in(func(ctx context.Context, tx *store.Tx) error {
			return tx.ReplaceTexts(ctx, []store.NewText{{Code: over, Lookup: []byte("lookup"), Sealed: []byte("sealed")}}, []exam.Event{{}})
		}))
		f := get[exam.Refund](t)(s.Read.Refund(s.ctx, exam.RefundID(s.refund)))
		f.Try, f.Version, f.Count = 2, f.Version+1, 2
		s.Must(s.in(func(ctx context.Context, tx *store.Tx) error { return tx.AddTry(ctx, f, nil, nil, exam.Event{}) }))
		same(t, "codes of the try", []exam.CodeID{exam.CodeID(s.codes[1]), exam.CodeID(s.codes[2])})(s.Read.RefundCodeIDs(s.ctx, f, 9))
		if stock := get[[]exam.Stock](t)(s.Read.Stock(s.ctx, s.root.Account, store.OrderFilter{ID: order}, s.Clock.Now())); stock[0].RefundAt.IsZero() {
			t.Error("the refund is not seen")
		}
		s.do("UPDATE refund SET state = 'failed', settled_at = 1 WHERE id = $1", s.refund)
		if stock := get[[]exam.Stock](t)(s.Read.Stock(s.ctx, s.root.Account, store.OrderFilter{ID: order}, s.Clock.Now())); !stock[0].RefundAt.IsZero() {
			t.Errorf("a refund that failed was at %v", stock[0].RefundAt)
		}
	})
}

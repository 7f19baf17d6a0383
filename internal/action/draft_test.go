package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

func counting(t *testing.T, d *db.DB, sql string, args ...any) (n int64) {
	t.Helper()
	if err := d.Read().QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDraftsAreFew: the oldest drafts of a person and of an account go, with
// their codes; what is confirmed stays.
func TestDraftsAreFew(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h, ctx := actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), context.Background()
		root := h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 2)
		draft := func(who exam.Actor) exam.Bulk {
			t.Helper()
			return must(h.Actions.DraftBulk(ctx, who, exam.BulkRegenerate, store.CodeFilter{Order: order.ID}, nil))(t)
		}
		begun := draft(root)
		must(h.Actions.BeginBulk(ctx, root, begun.ID, false))(t)
		first := draft(root)
		for range exam.DraftsOfPerson {
			draft(root)
		}
		if n := counting(t, d, "SELECT COUNT(*) FROM bulk"); n != exam.DraftsOfPerson+1 {
			t.Errorf("%d bulks", n)
		}
		if n := counting(t, d, "SELECT COUNT(*) FROM bulk_item"); n != 2*(exam.DraftsOfPerson+1) {
			t.Errorf("%d codes of bulks", n)
		}
		_, err := h.Actions.BeginBulk(ctx, root, first.ID, false)
		want(t, "the dropped one", err, "not_found")
		for range exam.DraftsOfAccount {
			draft(h.Member(root, exam.ViewCodes|exam.ManageCodes))
		}
		if n := counting(t, d, "SELECT COUNT(*) FROM bulk WHERE state = 'draft'"); n != exam.DraftsOfAccount {
			t.Errorf("%d drafts of the account", n)
		}
		if b := must(h.Read.Bulk(ctx, root.Account, begun.ID))(t); b.State != exam.BulkRunning {
			t.Errorf("the confirmed one is %s", b.State)
		}
	})
}

// TestOldDraftsCannotBegin, so that what is dropped in parts is never done in
// part; dropped it is soon after.
func TestOldDraftsCannotBegin(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		s := store.New(d, id.NewSource(0, time.Now))
		h, ctx := actiontest.New(t, s), context.Background()
		root := h.Company(true)
		order, _ := h.Buy(root, h.Subject(), 3)
		f := store.CodeFilter{Order: order.ID}
		b := must(h.Actions.DraftBulk(ctx, root, exam.BulkRegenerate, f, nil))(t)
		h.Clock.Move(exam.BulkKept)
		_, err := h.Actions.BeginBulk(ctx, root, b.ID, false)
		want(t, "after a day", err, "bulk_expired")
		h.Clock.Move(2 * time.Hour)
		young := must(h.Actions.DraftBulk(ctx, root, exam.BulkRegenerate, f, nil))(t)
		h.Must(h.Actions.Tidy(ctx))
		_, err = h.Actions.BeginBulk(ctx, root, b.ID, false)
		want(t, "tidied away", err, "not_found")

		// Half of it is dropped: it can be confirmed no more.
		h.Must(s.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.AgeDraft(ctx, young.ID, h.Clock.Now().Add(-2*exam.BulkKept)); err != nil {
				return err
			}
			more, err := tx.DropDraft(ctx, young.ID, 2)
			if !more {
				t.Error("two of three codes were all")
			}
			return err
		}))
		if n := counting(t, d, "SELECT COUNT(*) FROM bulk_item"); n != 1 {
			t.Errorf("%d codes left", n)
		}
		_, err = h.Actions.BeginBulk(ctx, root, young.ID, false)
		want(t, "half dropped", err, "bulk_expired")
		h.Must(h.Actions.Tidy(ctx))
		if n := counting(t, d, "SELECT COUNT(*) FROM bulk"); n != 0 {
			t.Errorf("%d bulks left", n)
		}
	})
}

// TestBulksTakeTurns: a large one that was confirmed first keeps no small one
// waiting; and one that is started at once was never a draft.
func TestBulksTakeTurns(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h, ctx := actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), context.Background()
		root, sub := h.Company(true), h.Subject()
		var began []exam.Bulk
		for _, n := range []int{1001, 1} {
			order, _ := h.Buy(root, sub, n)
			b := must(h.Actions.StartBulk(ctx, root, exam.BulkRegenerate, store.CodeFilter{Order: order.ID}, false))(t)
			if b.State != exam.BulkRunning || b.Total != int64(n) {
				t.Fatalf("%+v", b)
			}
			began = append(began, b)
		}
		if n, err := h.Actions.RunBulks(ctx); n != 2 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		last := func(b exam.Bulk) int64 {
			return counting(t, d, "SELECT MAX(id) FROM event WHERE object_id = $1 AND kind = $2", int64(b.ID), string(exam.EventBulkFinished))
		}
		if last(began[1]) > last(began[0]) {
			t.Error("the small one waited for the large one")
		}
	})
}

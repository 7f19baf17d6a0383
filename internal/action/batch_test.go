package action_test

import (
	"context"
	"errors"
	"testing"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// bound makes n codes that are bound, each to a registration of its own, and
// returns them with their texts.
func bound(t *testing.T, h *actiontest.House, root exam.Actor, people []exam.Actor, subjects int) (codes []store.CodeRow, texts []string) {
	t.Helper()
	for range subjects {
		sub := h.Subject()
		order, fresh := h.Buy(root, sub, len(people))
		for i, who := range people {
			if _, err := h.Redeem(who, sub, fresh[i]); err != nil {
				t.Fatal(err)
			}
		}
		codes, texts = append(codes, h.Codes(order)...), append(texts, fresh...)
	}
	return codes, texts
}

func idsOf(codes []store.CodeRow) []exam.CodeID {
	ids := make([]exam.CodeID, len(codes))
	for i, c := range codes {
		ids[i] = c.ID
	}
	return ids
}

func people(h *actiontest.House, n int) []exam.Actor {
	list := make([]exam.Actor, n)
	for i := range list {
		list[i] = h.Examinee(true)
	}
	return list
}

func allDone(t *testing.T, out []action.Outcome[exam.CodeID], err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		if o.Err != nil {
			t.Errorf("%s: %v", o.ID, o.Err)
		}
	}
}

// A batch is written as sets: twice as many codes cost not one statement more.
func TestABatchCostsAFewStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root, all := h.Company(true), people(h, 6)
		few, _ := bound(t, h, root, all[:2], 1)
		many, _ := bound(t, h, root, all, 1)
		cost := func(codes []store.CodeRow) int {
			out, err := h.Actions.UnbindCodes(ctx, root, idsOf(codes), true)
			allDone(t, out, err)
			return h.Queue.Statements()
		}
		small, large := cost(few), cost(many)
		if small != large || large > 25 {
			t.Errorf("%d statements for %d codes, %d for %d", small, len(few), large, len(many))
		}
		for _, c := range many {
			now, err := h.Read.Code(ctx, root.Account, c.ID)
			h.Must(err)
			if now.State != exam.Unused || now.Generation != c.Generation+1 || now.Version != c.Version+2 || now.Tail == c.Tail {
				t.Errorf("%+v", now.Code)
			}
		}
		for _, who := range all {
			rows, err := h.Read.Notices(ctx, who.Person, false, store.Page{})
			h.Must(err)
			if n := rows.Items[0]; n.Kind != exam.NoticeUnbound || n.Data["company"] != "Company" || n.Data["subject_zh"] != "云计算工程师" {
				t.Errorf("the examinee was told %+v", n)
			}
		}
	})
}

// What changed since it was seen is left alone and said so; the rest of the
// batch is done. Nobody asks for a version they did not see.
func TestWhatWasSeenIsComparedInsideTheVerb(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root := h.Company(true)
		codes, _ := bound(t, h, root, people(h, 2), 1)
		stale, fresh := exam.SeenAt(codes[0].Version-1), exam.SeenAt(codes[1].Version)
		out, err := h.Actions.UnbindCodes(ctx, root, idsOf(codes), true, stale, fresh)
		h.Must(err)
		if !errors.Is(out[0].Err, exam.ErrChangedMeanwhile) || out[1].Err != nil {
			t.Errorf("unbind: %v, %v", out[0].Err, out[1].Err)
		}
		kept, err := h.Read.Code(ctx, root.Account, codes[0].ID)
		h.Must(err)
		if kept.Version != codes[0].Version || kept.State != exam.Bound {
			t.Errorf("the code that changed was touched: %+v", kept.Code)
		}
		out, err = h.Actions.RegenerateCodes(ctx, root, idsOf(codes[1:]), exam.SeenAt(codes[1].Version))
		h.Must(err)
		if !errors.Is(out[0].Err, exam.ErrChangedMeanwhile) {
			t.Errorf("regenerate: %v", out[0].Err)
		}
		if out, err = h.Actions.RegenerateCodes(ctx, root, idsOf(codes[1:])); err != nil || out[0].Err != nil {
			t.Errorf("without a version: %v, %v", err, out)
		}
	})
}

// The same for seats.
func TestWhatWasSeenIsComparedBeforeASeatMoves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root, who, sub := h.Company(true), h.Examinee(true), h.Subject()
		_, texts := h.Buy(root, sub, 1)
		reg, err := h.Redeem(who, sub, texts[0])
		h.Must(err)
		one, two := h.Session(sub, 100*24*3600e9, 5), h.Session(sub, 101*24*3600e9, 5)
		if _, err := h.Actions.Reserve(ctx, who, reg.ID, one.ID, exam.SeenAt(reg.Version+1)); !errors.Is(err, exam.ErrChangedMeanwhile) {
			t.Errorf("reserve: %v", err)
		}
		held, err := h.Actions.Reserve(ctx, who, reg.ID, one.ID, exam.SeenAt(reg.Version))
		h.Must(err)
		if _, err := h.Actions.Reserve(ctx, who, reg.ID, two.ID, exam.SeenAt(reg.Version)); !errors.Is(err, exam.ErrChangedMeanwhile) {
			t.Errorf("reschedule: %v", err)
		}
		if _, err := h.Actions.CancelReservation(ctx, who, reg.ID, exam.SeenAt(reg.Version)); !errors.Is(err, exam.ErrChangedMeanwhile) {
			t.Errorf("cancel: %v", err)
		}
		if _, err := h.Actions.Reserve(ctx, who, reg.ID, one.ID, exam.SeenAt(reg.Version)); err != nil {
			t.Errorf("asking again for the seat one has: %v", err)
		}
		if _, err := h.Actions.CancelReservation(ctx, who, reg.ID, exam.SeenAt(held.Version)); err != nil {
			t.Error(err)
		}
	})
}

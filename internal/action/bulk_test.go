package action_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestS24_ManyCodesAtOnce: a filter is frozen when the verb is drafted; what
// changed since is left alone and counted, each code has its outcome, and the
// outcomes open their rows.
func TestS24_ManyCodesAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root, who := h.Company(true), people(h, 3)
		sub := h.Subject()
		order, texts := h.Buy(root, sub, 5)
		var regs []exam.Registration
		for i := range who {
			reg, err := h.Redeem(who[i], sub, texts[i])
			h.Must(err)
			regs = append(regs, reg)
		}
		b, err := h.Actions.DraftBulk(ctx, root, exam.BulkUnbind, store.CodeFilter{Order: order.ID}, nil)
		h.Must(err)
		states, err := h.Read.BulkStates(ctx, b.ID)
		h.Must(err)
		if diff := cmp.Diff(map[string]int{"unused": 2, "bound": 3}, states); diff != "" || b.Total != 5 {
			t.Errorf("frozen %d: %s", b.Total, diff)
		}
		// One of the bound ones reserves while the page is read.
		_, err = h.Actions.Reserve(ctx, who[0], regs[0].ID, h.Session(sub, 100*24*3600e9, 1).ID)
		h.Must(err)
		h.Must(h.Actions.RunBulk(ctx, b.ID, 9)) // nobody has confirmed it: nothing happens
		for range 2 {                           // the second confirmation changes nothing
			if b, err = h.Actions.BeginBulk(ctx, root, b.ID, true); err != nil {
				t.Fatal(err)
			}
			h.Must(h.Actions.RunBulk(ctx, b.ID, 9))
		}
		b, err = h.Read.Bulk(ctx, root.Account, b.ID)
		h.Must(err)
		outcomes, err := h.Read.BulkOutcomes(ctx, b.ID)
		h.Must(err)
		if diff := cmp.Diff(map[string]int{"done": 2, "code_not_bound": 2, "changed_meanwhile": 1}, outcomes); diff != "" || b.State != exam.BulkDone || b.Settled != 5 {
			t.Errorf("%s, %d settled: %s", b.State, b.Settled, diff)
		}
		for outcome, n := range outcomes {
			rows, err := h.Read.Codes(ctx, root.Account, store.CodeFilter{Bulk: b.ID, Outcome: outcome}, h.Clock.Now(), store.Page{})
			h.Must(err)
			if len(rows.Items) != n {
				t.Errorf("%s opens %d rows, want %d", outcome, len(rows.Items), n)
			}
		}
		if _, err := h.Read.Bulk(ctx, h.Company(true).Account, b.ID); fault.Of(err).Kind != fault.NotFound {
			t.Errorf("another company sees it: %v", err)
		}
	})
}

// Who lost the right after confirming does no more; too much, nothing and
// nonsense are refused before anything is written.
func TestBulkRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root := h.Company(true)
		viewer := h.Member(root, exam.ViewCodes)
		order, _ := h.Buy(root, h.Subject(), 2)
		for _, c := range []struct {
			who  exam.Actor
			verb exam.BulkVerb
			f    store.CodeFilter
			want string
		}{
			{viewer, exam.BulkUnbind, store.CodeFilter{}, "not_allowed"},
			{root, "burn", store.CodeFilter{}, "bulk_verb_unknown"},
			{root, exam.BulkRegenerate, store.CodeFilter{State: exam.Bound}, "bulk_empty"},
		} {
			if _, err := h.Actions.DraftBulk(ctx, c.who, c.verb, c.f, nil); fault.Of(err) == nil || fault.Of(err).Reason != c.want {
				t.Errorf("%s: %v, want %s", c.verb, err, c.want)
			}
		}
		manager := h.Member(root, exam.ViewCodes|exam.ManageCodes)
		b, err := h.Actions.DraftBulk(ctx, manager, exam.BulkRegenerate, store.CodeFilter{Order: order.ID}, nil)
		h.Must(err)
		_, err = h.Actions.BeginBulk(ctx, manager, b.ID, false)
		h.Must(err)
		p, err := h.Read.Person(ctx, manager.Person)
		h.Must(err)
		h.Must(h.Actions.RemoveMember(ctx, root, manager.Person, p.Version))
		if n, err := h.Actions.RunBulks(ctx); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		outcomes, err := h.Read.BulkOutcomes(ctx, b.ID)
		h.Must(err)
		if diff := cmp.Diff(map[string]int{"not_signed_in": 2}, outcomes); diff != "" {
			t.Error(diff)
		}
	})
}

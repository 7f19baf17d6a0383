package store_test

import (
	"context"
	"errors"
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

// Codes are stored for the order as it was read, or not at all.
func TestCodesOfAnOrderThatChangedAreNotStored(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		s := h.Service(func(c *action.Config) { c.IssuePart = 2 })
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		o, err := s.BuyCodes(ctx, root, sub.ID, 5)
		h.Must(err)
		_, err = s.PayOrder(ctx, root, o.ID, "sandbox", "", "")
		h.Must(err)
		o, err = h.Read.AnyOrder(ctx, o.ID)
		h.Must(err)
		issue := func(was exam.Order) error {
			return h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				return tx.IssueCodes(ctx, was, was.IssueMore(2), nil, h.Clock.Now())
			})
		}
		ahead, behind, earlier := o, o, o
		ahead.Issued++
		behind.Issued--
		earlier.Version--
		for what, was := range map[string]exam.Order{"more codes": ahead, "fewer codes": behind, "another version": earlier} {
			if err := issue(was); !errors.Is(err, exam.ErrChangedMeanwhile) {
				t.Errorf("an order with %s than there are: %v", what, err)
			}
		}
		for _, f := range []store.CodeFilter{{}, {Number: o.Number[:5]}, {Order: o.ID + 1}, {Subject: sub.ID}} {
			if n, err := h.Read.IssuingOf(ctx, root.Account, f); err != nil || n.ID != 0 {
				t.Errorf("%+v names %s, %v", f, n.ID, err)
			}
		}
		for _, f := range []store.CodeFilter{{Number: o.Number}, {Order: o.ID}, {Order: o.ID, Number: o.Number}} {
			if n, err := h.Read.IssuingOf(ctx, root.Account, f); err != nil || n.ID != o.ID {
				t.Errorf("%+v names %s, %v", f, n.ID, err)
			}
			if n, err := h.Read.IssuingOf(ctx, h.Company(true).Account, f); err != nil || n.ID != 0 {
				t.Errorf("somebody else's %+v names %s, %v", f, n.ID, err)
			}
		}
		h.Must(s.IssueCodes(ctx, o.ID))
		if n, err := h.Read.IssuingOf(ctx, root.Account, store.CodeFilter{Order: o.ID}); err != nil || n.ID != 0 {
			t.Errorf("a whole order is named: %s, %v", n.ID, err)
		}
	})
}

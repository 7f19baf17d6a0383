package store_test

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

// TestS18_OneRowForEachThreshold: the database itself keeps a reminder from being
// recorded twice for one end of an order; another end begins anew.
func TestS18_OneRowForEachThreshold(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true // rows are written past the program
		o, _ := h.Buy(h.Company(true), h.Subject(), 1)
		first := exam.Reminder{Order: o.ID, Ends: o.Expires, Days: 90, State: exam.ReminderTold, At: h.Clock.Now()}
		next, later := first, first
		next.Days, later.Ends = 60, o.Expires.AddDate(0, 6, 0)
		add := func(want int, list ...exam.Reminder) {
			t.Helper()
			err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				added, err := tx.AddReminders(ctx, list)
				if len(added) != want {
					t.Errorf("%d recorded, want %d", len(added), want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		add(1, first)
		add(1, first, next)
		add(1, later)
		add(0, first, next, later)
		for _, values := range []string{"90, 'told'", "0, 'told'", "15, 'lost'"} {
			err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO reminder (order_id, expires_at, days, state, at) VALUES ($1, $2, "+values+", 1)", int64(o.ID), o.Expires.UnixMicro())
				return err
			})
			if err == nil {
				t.Errorf("(%s) is stored", values)
			}
		}
		if got := mustRead(h.Read.Reminders(ctx, o.ID))(t)[o.ID]; len(got) != 2 || got[0].Days != 90 || got[1].Days != 60 {
			t.Errorf("%+v", got)
		}
	})
}

func mustRead[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

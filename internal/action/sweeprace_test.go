package action_test

import (
	"context"
	"strings"
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

// TestTheSweepStandsInNobodysWay: a registration that ended with its order stands
// in the way of a new code; the sweep ends it between the look and the lock, and
// the new code is redeemed all the same.
func TestTheSweepStandsInNobodysWay(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		_, old := h.Buy(root, sub, 1)
		_, err := h.Redeem(who, sub, old[0])
		h.Must(err)
		h.Clock.Move(400 * 24 * time.Hour)
		_, fresh := h.Buy(root, sub, 1)
		swept := false
		set(func(_ context.Context, at db.Point) error {
			if swept || at.Op != db.Read || !at.Done || !strings.Contains(at.Text, "FROM registration g WHERE g.person_id") {
				return nil
			}
			swept = true
			_, err := h.Actions.SweepEnded(context.Background())
			return err
		})
		_, err = h.Actions.RedeemCode(context.Background(), who, action.Redemption{Subject: sub.ID, Text: fresh[0], ExamType: exam.Online})
		if err != nil || !swept {
			t.Errorf("the new code was refused (swept between: %v): %v", swept, err)
		}
	})
}

// TestASeatLostDuringTheSweep: a session is cancelled when the sweep has found
// nothing to expire in an order and is about to write its end down. The code that
// is Bound by that is expired by the same sweep. SQLite's one writer cannot be
// stopped there: the session is cancelled before.
func TestASeatLostDuringTheSweep(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		root, sub, who, staff := h.Company(true), h.Subject(), h.Examinee(true), h.Admin
		o, texts := h.Buy(root, sub, 1)
		reg, err := h.Redeem(who, sub, texts[0])
		h.Must(err)
		n := h.Session(sub, 48*time.Hour, 1)
		_, err = h.Actions.Reserve(context.Background(), who, reg.ID, n.ID)
		h.Must(err)
		h.Clock.Move(400 * 24 * time.Hour)
		cancel := func() error {
			_, err := h.Actions.CancelSession(context.Background(), staff, n.ID, "The hall is flooded")
			return err
		}
		begun := 0
		if d.Engine() == db.SQLite {
			h.Must(cancel())
		} else {
			set(func(_ context.Context, at db.Point) error {
				if at.Op == db.Begin && !at.Done {
					if begun++; begun == 2 {
						return cancel()
					}
				}
				return nil
			})
		}
		expired, err := h.Actions.SweepEnded(context.Background())
		set(nil)
		if err != nil || expired != 1 {
			t.Errorf("%d codes expired: %v", expired, err)
		}
		if o, err = h.Read.Order(context.Background(), o.Account, o.ID); err != nil || o.Swept.IsZero() {
			t.Errorf("the end is not written down: %v", err)
		}
	})
}

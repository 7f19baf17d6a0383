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

package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/store"
)

// TestZ3_AnEndIsWrittenDownAgainAfterAClockWentBack: a seat that is lost, and a
// refund that is declined, while the clock shows a time before an end that was
// written down already, leave nothing behind that no sweep looks for.
func TestZ3_AnEndIsWrittenDownAgainAfterAClockWentBack(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject(func(s *exam.Subject) { s.CancelCutoff = 0 })
		holder := h.Examinee(true)
		svc := h.Service(func(c *action.Config) { c.ReviewAbove = []money.Amount{{Minor: 1, Currency: "USD"}} })
		seated, texts := h.Buy(root, sub, 1)
		refunded, _ := h.Buy(root, sub, 1)
		reg := must(h.Redeem(holder, sub, texts[0]))(t)
		h.Clock.Set(seated.Expires.Add(-2 * time.Hour))
		session := h.Session(sub, time.Hour, 1)
		must(svc.Reserve(ctx, holder, reg.ID, session.ID))(t)
		f := must(svc.RefundOrder(ctx, root, refunded.ID, action.RefundRequest{}))(t)

		h.Clock.Set(seated.Expires)
		must(svc.SweepEnded(ctx))(t)
		h.Clock.Set(seated.Expires.Add(-90 * time.Minute))
		must(svc.CancelReservation(ctx, holder, reg.ID))(t)
		must(svc.DeclineRefund(ctx, h.Admin, f.ID, "not plausible"))(t)
		h.Clock.Set(seated.Expires)
		if n := must(svc.SweepEnded(ctx))(t); n != 2 {
			t.Errorf("%d codes expired when the end came again, want 2", n)
		}
	})
}

// TestZ4_TrailsRunForwards: what a clock that went back, or another replica's,
// says does not put an event before the one that it follows.
func TestZ4_TrailsRunForwards(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		order, texts := h.Buy(root, sub, 2)
		codes := h.Codes(order)
		must(h.Redeem(h.Examinee(true), sub, texts[0]))(t)
		h.Clock.Move(-time.Hour)
		must(h.Actions.UnbindCodes(ctx, root, []exam.CodeID{codes[0].ID}, true))(t)
		h.Clock.Move(-time.Hour)
		must(h.Actions.RefundOrder(ctx, root, order.ID, action.RefundRequest{}))(t)
		for _, object := range []int64{int64(order.ID), int64(codes[0].ID), int64(codes[1].ID)} {
			trail := must(h.Read.TrailOf(ctx, store.Page{Limit: 200}, object))(t)
			for i, e := range trail.Items[1:] {
				if newer := trail.Items[i]; newer.At.Before(e.At) {
					t.Errorf("%s is of %s, %s before it of %s", newer.Kind, newer.At, e.Kind, e.At)
				}
			}
		}
	})
}

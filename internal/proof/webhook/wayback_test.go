package webhook

import (
	"context"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
	"examcode/internal/web"
	"examcode/internal/web/account"
	"examcode/internal/web/webtest"
)

// The page that the payer comes back to grants nothing, whatever the address says,
// whoever opens it and by whatever method (T12).
func TestTheWayBackGrantsNothing(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		ctx := context.Background()
		web.Mount(w.Kit, account.Options{})
		root, stranger, sub := w.Company(true), w.Company(true), w.Subject()
		o, err := w.Actions.BuyCodes(ctx, root, sub.ID, 2)
		w.Must(err)
		p, err := w.Actions.PayOrder(ctx, root, o.ID, "sandbox", sandbox.SettlesLate, "")
		w.Must(err)
		w.Clock.Move(time.Minute) // the provider has the money; nobody has asked yet
		before, err := w.Read.TrailOf(ctx, store.Page{Limit: 200}, int64(o.ID), int64(p.ID))
		w.Must(err)
		tries := 0
		for _, b := range []*webtest.Browser{w.As(root), w.As(stranger), w.Browser()} {
			for _, page := range []string{"/enterprise/orders/" + o.ID.String() + "/result", "/enterprise/orders/" + o.ID.String()} {
				for _, words := range []string{"", "?success=true", "?state=paid&payment=succeeded&redirect_status=succeeded", "?session_id=cs_live_1&payment_intent=" + p.ProviderRef,
					"?reference=" + p.Reference + "&amount=24000&currency=USD&status=succeeded&signature=00", "?state=paid&state=paid"} {
					b.Get(page + words)
					b.Post(page+words, "state", "paid", "reference", p.Reference, "amount", "24000", "simulate", "")
					tries += 2
				}
			}
		}
		after, err := w.Read.TrailOf(ctx, store.Page{Limit: 200}, int64(o.ID), int64(p.ID))
		w.Must(err)
		q, err := w.Read.Order(ctx, root.Account, o.ID)
		w.Must(err)
		if q.State != exam.Pending || len(after.Items) != len(before.Items) || len(w.Codes(o)) != 0 {
			t.Errorf("after %d tries the order is %s, with %d events more and %d codes", tries, q.State, len(after.Items)-len(before.Items), len(w.Codes(o)))
		}
	})
}

package action_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
)

// silent is a sandbox that does not answer questions while it is down.
type silent struct {
	sandbox.Provider
	down  bool
	asked int
}

func (s *silent) Ask(ctx context.Context, c pay.Charge, now time.Time) (pay.Outcome, error) {
	if s.asked++; s.down {
		return pay.Outcome{}, errLost
	}
	return s.Provider.Ask(ctx, c, now)
}

func charged(p exam.Payment, s pay.State) pay.Notice {
	return sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: p.Reference, Amount: p.Amount}, s, p.Created)
}

func refunded(f exam.Refund, s pay.State) pay.Notice {
	return sandbox.Told(pay.Notice{About: pay.AboutRefund, Reference: f.Reference, Amount: f.Amount}, s, f.Placed)
}

func heard(t *testing.T, what string, n exam.ProviderNotice, state exam.HeardState, detail string) {
	t.Helper()
	if n.State != state || n.Detail != detail || (n.Version != 0) != (state == exam.HeardNews) {
		t.Errorf("%s: %s %q made version %d, want %s %q", what, n.State, n.Detail, n.Version, state, detail)
	}
}

// A notice makes us ask the provider, once; what it says itself is not believed.
func TestNoticesOfPayments(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		s := &silent{Provider: sandbox.New(actiontest.Secret)}
		h.Actions = h.Service(func(c *action.Config) { c.Providers = []pay.Provider{s, transfer.New()} })
		pays := func(way, simulate string) (exam.Order, exam.Payment) {
			o := must(h.Actions.BuyCodes(ctx, root, sub.ID, 3))(t)
			return o, must(h.Actions.PayOrder(ctx, root, o.ID, way, simulate, ""))(t)
		}
		state := func(o exam.Order, want exam.OrderState) {
			t.Helper()
			if q := must(h.Read.Order(ctx, root.Account, o.ID))(t); q.State != want {
				t.Errorf("the order is %s, want %s", q.State, want)
			}
		}
		o, p := pays("sandbox", sandbox.SettlesLate)
		heard(t, "succeeded, while the provider says pending", h.Hear(charged(p, pay.Succeeded)), exam.HeardNothing, "")
		state(o, exam.Pending)
		h.Clock.Move(sandbox.Late)
		n := charged(p, pay.Succeeded)
		heard(t, "the same again", h.Hear(n), exam.HeardNothing, "") // known, and not asked about
		if s.asked != 1 {
			t.Errorf("asked %d times", s.asked)
		}
		n.ID = "evt_new"
		s.down = true
		raw := sandbox.Write(n)
		_, err := h.Actions.HearProvider(ctx, "sandbox", actiontest.Signed(pay.Sign(actiontest.Secret, raw, h.Clock.Now())), raw)
		want(t, "a provider that does not answer", err, "provider_silent")
		s.down = false
		n.ProviderRef = "sbx_other"
		heard(t, "of another charge", h.Hear(n), exam.HeardQuarantined, exam.MisfitObject)
		n.ID, n.ProviderRef = "evt_newer", ""
		n = sandbox.Told(n, pay.Succeeded, h.Clock.Now())
		n.ID = "evt_newer"
		first := h.Hear(n)
		heard(t, "when it has settled", first, exam.HeardNews, "")
		if again := h.Hear(n); again != first {
			t.Errorf("again: %+v, first %+v", again, first)
		}
		state(o, exam.Paid)
		equal(t, "payment", kinds(t, h, int64(p.ID)), exam.EventPaymentStarted, exam.EventPaymentUpdated, exam.EventPaymentUpdated)
		heard(t, "late news", h.Hear(charged(p, pay.Pending)), exam.HeardNothing, "")
		heard(t, "failed after all", h.Hear(charged(p, pay.Failed)), exam.HeardQuarantined, exam.MisfitState)
		state(o, exam.Paid)

		o, p = pays("sandbox", sandbox.SettlesLate)
		h.Clock.Move(sandbox.Late)
		other := charged(p, pay.Succeeded)
		other.Amount.Minor--
		heard(t, "another amount", h.Hear(other), exam.HeardQuarantined, exam.MisfitAmount)
		other.ID, other.Amount = "evt_currency", money.Amount{Minor: p.Amount.Minor, Currency: "EUR"}
		heard(t, "another currency", h.Hear(other), exam.HeardQuarantined, exam.MisfitCurrency)
		_, byHand := pays("transfer", "")
		heard(t, "another provider's payment", h.Hear(charged(byHand, pay.Succeeded)), exam.HeardUnknown, "")
		stranger := charged(p, pay.Succeeded)
		stranger.ID, stranger.Reference = "evt_stranger", "pay_0000000000001"
		heard(t, "nobody's payment", h.Hear(stranger), exam.HeardUnknown, "")
		heard(t, "of a kind that is not known", h.Hear(pay.Notice{ID: "evt_kind", About: "customer", State: "created"}), exam.HeardNothing, "")
		state(o, exam.Pending)
		if rows := must(h.Read.Quarantined(ctx, 10))(t); len(rows) != 4 || rows[0].OrderNumber != o.Number || rows[0].DueMinor != p.Amount.Minor {
			t.Errorf("set aside: %+v", rows)
		}
		if _, err := h.Actions.HearProvider(ctx, "transfer", actiontest.Signed(""), nil); err == nil {
			t.Error("a provider without notices is heard")
		}
		h.Clock.Move(exam.NoticesKeptFor + time.Second)
		if err := h.Actions.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if rows := must(h.Read.Quarantined(ctx, 10))(t); len(rows) != 0 {
			t.Errorf("still kept: %+v", rows)
		}
	})
}

// Refunds are told of alike; a try that was refused and followed stays behind.
func TestNoticesOfRefunds(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		o, _ := h.Buy(root, sub, 2)
		refund := func(simulate string) exam.Refund {
			return must(h.Actions.RefundOrder(ctx, root, o.ID, action.RefundRequest{Simulate: simulate}))(t)
		}
		first := refund(sandbox.Decline)
		heard(t, "refused", h.Hear(refunded(first, pay.Failed)), exam.HeardNothing, "")
		second := refund(sandbox.SettlesLate)
		early := refunded(first, pay.Pending)
		heard(t, "late news of the first try", h.Hear(early), exam.HeardNothing, "")
		heard(t, "the first try succeeded after all", h.Hear(refunded(first, pay.Succeeded)), exam.HeardQuarantined, exam.MisfitState)
		h.Clock.Move(sandbox.Late)
		n := refunded(second, pay.Succeeded)
		heard(t, "the second has settled", h.Hear(n), exam.HeardNews, "")
		if f := must(h.Read.Refund(ctx, first.ID))(t); f.State != exam.RefundDone || f.Reference != second.Reference {
			t.Errorf("the refund is %+v", f)
		}
		for _, e := range must(h.Read.Trail(ctx, root.Account, "", store.Page{Limit: 5}))(t).Items {
			if e.Kind == exam.EventRefundDone && e.Channel != exam.Noticed {
				t.Errorf("done by %s", e.Channel)
			}
		}
		heard(t, "again", h.Hear(n), exam.HeardNews, "")
		next := refunded(second, pay.Succeeded)
		next.ID, next.Reference = "evt_next", first.ID.String()+"-3"
		heard(t, "a try there was not", h.Hear(next), exam.HeardUnknown, "")
	})
}

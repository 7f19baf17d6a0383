package operator

import (
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/money"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
)

// pays starts a payment of a new order.
func (w *world) pays(root exam.Actor, s exam.Subject, n int, way, simulate string) (exam.Order, exam.Payment) {
	w.T.Helper()
	o, err := w.Actions.BuyCodes(w.ctx, root, s.ID, n)
	w.Must(err)
	p, err := w.Actions.PayOrder(w.ctx, root, o.ID, way, simulate, "")
	w.Must(err)
	return o, p
}

func TestConfirmingATransfer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, root, sub := w.as(exam.Money), w.Company(true), w.Subject()
		o, p := w.pays(root, sub, 50, "transfer", "")
		b.Get("/operator/money").Is(200, "Transfers 1", o.Number, "USD 6,000.00", "Confirm receipt", "Bank transfer", "Waiting")
		b.Get("/operator/money?q="+o.Number).Is(200, "Search: "+o.Number, "USD 6,000.00")
		b.Get("/operator/money?q="+p.Reference).Is(200, o.Number)
		b.Get("/operator/money?q=EC-0").Is(200, "No payment matches EC-0 here.")
		page := b.Get(paymentPath(p.ID)).Is(200, "Payment of order "+o.Number, p.Reference, "A bank transfer has no provider to ask.", "Awaiting payment")
		page.Without("Ask the provider again Waiting")
		path := paymentPath(p.ID) + "/confirm"
		form := b.Get(path).Is(200, "USD 6,000.00 received for "+o.Number+"?", "50 codes become usable now, valid through 4 Mar 2027 (UTC).", "This cannot be taken back.", "Company, now, by message and e-mail.", "Not yet")
		version := form.Hidden("version")
		b.In(lang.ZH).Get(path).Is(200, "确认已收到订单 "+o.Number+" 的 6,000.00 美元？", "50 个考试码立即可用，有效期至 2027年3月4日（UTC）。", "暂不确认")

		for typed, says := range map[string]string{
			"":             "Enter the amount in USD as printed on the statement",
			"lots":         "Enter the amount in USD as printed on the statement",
			"-6000":        "Enter the amount in USD as printed on the statement",
			"6.000,00":     "Enter the amount in USD as printed on the statement",
			"6000.001":     "Enter the amount in USD as printed on the statement",
			"EUR 6,000.00": "Enter the amount in USD as printed on the statement",
			"5900":         "USD 5,900.00 is USD 100.00 less than the USD 6,000.00 of the order. Nothing was confirmed.",
			"6,000.01":     "USD 6,000.01 is USD 0.01 more than the USD 6,000.00 of the order. Nothing was confirmed.",
		} {
			b.Post(path, "version", version, "amount", typed).Is(422, "There is a problem", says, "Wait until the rest has arrived").Has(`value="` + typed + `"`)
		}
		b.In(lang.ZH).Post(path, "version", version, "amount", "5900").Is(422, "到账 5,900.00 美元，比订单金额 6,000.00 美元少 100.00 美元，未确认。")
		b.Post(path, "version", "9", "amount", "6000").Is(409, "Nothing was done.").Has(`value="6000"`)
		if q, _ := w.Read.AnyOrder(w.ctx, o.ID); q.State != exam.Pending {
			t.Fatalf("the order is %s after refusals", q.State)
		}

		b.Post(path, "version", version, "amount", " USD ６,000.00 ").Goes(paymentPath(p.ID))
		b.Get(paymentPath(p.ID)).Is(200, "Order "+o.Number+" is Paid: 50 codes are usable, and Company has been told.", "Received", "The money has been received already.", "The outcome of this payment is known.")
		counts, err := w.Read.CodeCounts(w.ctx, root.Account, store.CodeFilter{Order: o.ID}, w.Clock.Now())
		if err != nil || counts["unused"] != 50 {
			t.Errorf("%v codes, %v", counts, err)
		}
		// Once more does nothing.
		b.Post(path, "version", version, "amount", "6000").Is(409, "This changed while you were reading: Staff money saved it on", "Received")
		b.Get(path).Goes(paymentPath(p.ID))
		b.Get(paymentPath(p.ID)).Is(200, "This payment does not wait for a confirmation.")
		b.Get("/operator/money").Is(200, "Transfers 0", "No money is waiting for you.")
		b.Get("/operator/money?tab=all").Is(200, o.Number)

		// A year later the order has ended.
		w.after(400 * 24 * time.Hour)
		w.as(exam.Money).Get(paymentPath(p.ID)).Is(200, "State of the order Ended")
	})
}

// A notice that does not fit is shown where payments are checked, and changes nothing.
func TestNoticesThatDoNotFitAreShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, root, sub := w.as(exam.Money), w.Company(true), w.Subject()
		o, p := w.pays(root, sub, 2, "sandbox", "late")
		b.Get("/operator/money?tab=checks").Is(200).Unseen("Provider notices that do not fit")
		n := pay.Notice{About: pay.AboutCharge, Reference: p.Reference, Amount: money.Amount{Minor: 1, Currency: "USD"}}
		w.Hear(sandbox.Told(n, pay.Succeeded, w.Clock.Now()))
		b.Get("/operator/money?tab=checks").Is(200, "Provider notices that do not fit", o.Number, "The amount", "USD 0.01", "USD 240.00", "Nothing was changed.")
		b.In(lang.ZH).Get("/operator/money?tab=checks").Is(200, "与记录不符的支付通知", "金额", "0.01 美元")
		if q, _ := w.Read.AnyOrder(w.ctx, o.ID); q.State != exam.Pending {
			t.Errorf("the order is %s", q.State)
		}
		back, f := w.pays(root, sub, 1, "sandbox", "")
		r, err := w.Actions.RefundOrder(w.ctx, root, back.ID, action.RefundRequest{})
		w.Must(err)
		w.Hear(sandbox.Told(pay.Notice{About: pay.AboutRefund, Reference: r.Reference, Amount: f.Amount}, pay.Failed, w.Clock.Now()))
		b.In(lang.EN).Get("/operator/money?tab=checks").Is(200, "The outcome", back.Number).Has(refundPath(r.ID))
	})
}

func TestAskingTheProviderAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, root, sub := w.as(exam.Money), w.Company(true), w.Subject()
		o, unknown := w.pays(root, sub, 2, "sandbox", "unknown")
		b.Get("/operator/money?tab=checks").Is(200, "Payments being checked 1", o.Number, "Being checked", "Sandbox").Without("Confirm receipt")
		b.Get(paymentPath(unknown.ID)).Is(200, "The outcome is not known", "Ask the provider again", "Only bank transfers are confirmed by hand.")
		b.Get(paymentPath(unknown.ID) + "/confirm").Goes(paymentPath(unknown.ID))
		b.Post(paymentPath(unknown.ID)+"/confirm", "version", "1", "amount", "240").Is(409, "Nothing was done.")
		b.Post(paymentPath(unknown.ID) + "/ask").Goes(paymentPath(unknown.ID))
		b.Get(paymentPath(unknown.ID)).Is(200, "The provider could not say what became of the payment of order "+o.Number)

		o, late := w.pays(root, sub, 2, "sandbox", "late")
		b.Post(paymentPath(late.ID) + "/ask").Goes(paymentPath(late.ID))
		b.Get(paymentPath(late.ID)).Is(200, "has not decided yet", "Waiting")
		w.after(time.Minute)
		b.Post(paymentPath(late.ID) + "/ask").Goes(paymentPath(late.ID))
		b.Get(paymentPath(late.ID)).Is(200, "The provider has the money. Order "+o.Number+" is Paid.", "Received").Without("The outcome is not known")
		b.In(lang.ZH).Get(paymentPath(late.ID)).Is(200, "已到账", "沙箱支付")
		b.Post(paymentPath(late.ID) + "/ask").Goes(paymentPath(late.ID))

		_, refused := w.pays(root, sub, 2, "sandbox", "decline")
		b.Get(paymentPath(refused.ID)).Is(200, "Not paid").Without("The outcome is not known")
	})
}

func TestTypedAmount(t *testing.T) {
	for typed, want := range map[string]string{"USD 6,000.00": "6,000.00", "6 000.00usd": "6000.00", "６，０００．００": "6,000.00", " 12 ": "12", "EUR 5": "EUR5", "": ""} {
		if got := typedAmount(typed, "USD"); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

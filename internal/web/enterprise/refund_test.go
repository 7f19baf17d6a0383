package enterprise

import (
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

// S12–S14: the page is the confirmation, tells what stays out and why, and does
// only what it has shown; afterwards it shows that refund.
func TestS12_S13_S14_RefundPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := refundOf(w.order.ID)
		w.get(w.root, orders).Is(200, "Refund").Has(`href="` + address + `"`)
		w.get(w.viewer, orders).Is(200).Lacks(`href="` + address + `"`)
		ask := w.get(w.root, address).Is(200, "Refund 4 codes of order "+w.order.Number+": USD 480.00?", "An order can be refunded once.", "The 4 codes that stay can never be refunded",
			"Bound 1: somebody is registered with them. Unbind first", "Reserved 1", "Completed 2", "Update the amount", "Refund USD 480.00", "Do not refund")
		w.browser(w.root).In(lang.ZH).Get(address).Is(200, "退款订单 "+w.order.Number+" 中的 4 个考试码，共 480.00 美元？", "每个订单只能退款一次", "先解绑")
		if n := strings.Count(ask.Body, `name="code"`); n != 4 {
			t.Errorf("%d tick boxes", n)
		}

		form := ask.Form()
		form["code"] = []string{w.unused.String(), w.replaced.String()}
		w.browser(w.root).Submit(address, form).Is(409, "Nothing was done.", "Refund 2 codes", "Refund USD 240.00", "Unused 2: not ticked.")
		form = ask.Form("do", "update")
		form["code"] = []string{w.unused.String(), w.replaced.String()}
		updated := w.browser(w.root).Submit(address, form).Is(200, "Refund 2 codes", "Refund USD 240.00")
		w.browser(w.root).Submit(address, ask.Form()).Is(422, "tick at least one")
		if c := w.state(t, w.unused); c.State != exam.Unused {
			t.Fatalf("the code is %s", c.State)
		}

		form = updated.Form("simulate", "unknown")
		form["code"] = []string{w.unused.String(), w.replaced.String()}
		for range 2 {
			w.browser(w.root).Submit(address, form).Goes(address)
		}
		w.get(w.root, address).Is(200, "Refund of order "+w.order.Number, "Being checked", "USD 240.00", "nothing is refunded twice", "An order can be refunded once.").Lacks("btn-danger")
		w.browser(w.root).In(lang.ZH).Get(address).Is(200, "结果确认中", "不会重复退款")
		if c := w.state(t, w.unused); c.State != exam.Refunding {
			t.Errorf("the code is %s", c.State)
		}
		w.get(w.root, orders).Is(200, "Being checked")
		w.get(w.root, orderOf(w.order.ID)).Is(200, "Being checked", "asked for a refund; codes: 2, amount USD 240.00")
		w.get(w.viewer, address).Is(200, "Being checked")
		w.get(w.other, address).Is(404)
	})
}

// A refund asks for the password again, and so does its form.
func TestRefundNeedsAFreshSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := refundOf(w.order.ID)
		form := w.get(w.root, address).Form()
		form["code"] = []string{w.unused.String()}
		w.Clock.Move(6 * time.Minute)
		again := "/sign-in/again?next=" + strings.ReplaceAll(address, "/", "%2F")
		w.get(w.root, address).Goes(again)
		w.browser(w.root).Submit(address, form).Goes(again)
		if c := w.state(t, w.unused); c.State != exam.Unused {
			t.Errorf("the code is %s", c.State)
		}
	})
}

// A refused refund says so and is tried again from the same page.
func TestS13_ARefusedRefundOnItsPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := refundOf(w.order.ID)
		form := w.get(w.root, address).Form("simulate", "decline", "do", "update")
		form["code"] = []string{w.unused.String()}
		form = w.browser(w.root).Submit(address, form).Is(200, "Refund 1 code").Form("simulate", "decline")
		form["code"] = []string{w.unused.String()}
		w.browser(w.root).Submit(address, form).Goes(address)
		w.get(w.root, address).Is(200, "The last try was not made.", "keeps it the one refund of this order", "Refund USD 480.00")
		w.get(w.viewer, address).Is(200, "was not made; its codes went back to the order.").Lacks("btn-danger")
	})
}

// A choice of which nothing can be refunded any more is no choice of all.
func TestARefundWhoseTicksWentStale(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := refundOf(w.order.ID)
		form := w.get(w.root, address).Form("do", "update")
		form["code"] = []string{w.unused.String()}
		if _, err := w.Redeem(w.Examinee(true), w.cloud, w.texts[w.unused]); err != nil {
			t.Fatal(err)
		}
		w.browser(w.root).Submit(address, form).Is(200, "No ticked code of order "+w.order.Number+" can be refunded any more", "Unused 3: not ticked.").Unseen("USD 360.00", "are in it")
		delete(form, "do")
		w.browser(w.root).Submit(address, form).Is(409, "Nothing was done.", "can be refunded any more").Unseen("USD 360.00")
		w.get(w.root, address).Is(200, "Refund 3 codes", "Refund USD 360.00")
	})
}

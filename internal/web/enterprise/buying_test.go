package enterprise

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/webtest"
)

func (w *world) orderCount(t *testing.T, a exam.Actor) int {
	t.Helper()
	n, err := w.Read.OrderCounts(context.Background(), a.Account, store.OrderFilter{}, w.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sum(n)
}

// S1: a refusal says which of the two conditions fails and where it is mended.
func TestS1_WhoMayBuy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.get(w.root, subjects).Is(200, "Enterprise verification Verified", "User type Root account", "Purchase now", "USD 120.00", "Sessions can be changed until 24 hours before the start. Who does not come uses up the code.")
		buyer := w.Member(w.root, exam.BuyCodes)
		w.get(buyer, subjects).Is(200, "User type Member, whom the root has allowed to buy", "Purchase now")
		for _, c := range []struct {
			who  exam.Actor
			says string
			mend string
		}{
			{w.unverified, "Codes are sold to verified companies only.", `href="` + verification + `"`},
			{w.viewer, "Only the root of the account buys, or a member whom the root has allowed to.", "Ask Root"},
		} {
			for address, form := range map[string]url.Values{buyOf(w.cloud.ID): nil, checkOf(w.cloud.ID, 5): nil, subjects + "/" + w.cloud.ID.String() + "/check": {"quantity": {"5"}}} {
				a := w.send(c.who, address, form)
				a.Is(403, c.says)
				if !strings.Contains(a.Body, c.mend) || strings.Contains(a.Body, "Purchase now") {
					t.Errorf("%s: %s", address, a.Main)
				}
			}
			w.get(c.who, subjects).Is(200, c.says)
			if n := w.orderCount(t, c.who); c.who == w.unverified && n != 0 {
				t.Errorf("%d orders", n)
			}
		}
	})
}

// S3, S4: subject, quantity, check with verification and user type, order,
// payment; at each step what was typed is kept and said what is wrong with it.
func TestS3_S4_Buy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, bad := range []string{"", "0", "-3", "abc", "1.5", "100001"} {
			a := w.get(w.root, subjects+"/"+w.cloud.ID.String()+"/check?quantity="+bad)
			a.Is(422, "There is a problem", "How many codes for Cloud Associate?")
			if !strings.Contains(a.Body, `aria-invalid="true"`) || !strings.Contains(a.Body, `value="`+bad+`"`) {
				t.Errorf("quantity %q is not kept with its refusal", bad)
			}
		}
		w.get(w.root, checkOf(w.data.ID, 41)).Is(422, "40")
		w.get(w.root, checkOf(w.cloud.ID, 1)[:len(checkOf(w.cloud.ID, 1))-1]+url.QueryEscape("１，０００")).Is(200, "USD 120,000.00")

		check := w.get(w.root, checkOf(w.cloud.ID, 50))
		check.Is(200, "Quantity 50", "Total USD 6,000.00", "Through 6 Mar 2027 (UTC) if paid today", "Enterprise verification Verified", "User type Root account", "Way to pay", "Outcome to simulate")
		address := subjects + "/" + w.cloud.ID.String() + "/check"
		before := w.orderCount(t, w.root)
		for _, c := range []struct {
			field, value string
			status       int
		}{{"provider", "cash", 422}, {"simulate", "explode", 422}, {"quantity", "0", 422}, {"version", "99", 409}} {
			form := check.Form("provider", "sandbox", "simulate", "decline")
			form.Set(c.field, c.value)
			a := w.browser(w.root).Submit(address, form)
			a.Is(c.status)
			switch {
			case c.status == 409:
				a.Is(409, "This changed while you were reading", "Nothing was done.")
				fallthrough
			case c.field == "provider":
				if !strings.Contains(a.Body, `<option value="decline" selected`) {
					t.Errorf("%s: what was chosen is not kept", c.field)
				}
			}
		}
		if n := w.orderCount(t, w.root); n != before {
			t.Fatalf("refused forms placed %d orders", n-before)
		}
		again := w.browser(w.root).Submit(address, check.Form("provider", "sandbox"))
		if again.Goes(checkOf(w.cloud.ID, 50)); !again.Notice {
			t.Error("a form that was refused is sent again, and nothing is said")
		}
		check = w.get(w.root, again.To)
		done := w.browser(w.root).Submit(address, check.Form("provider", "sandbox", "simulate", "succeed"))
		w.get(w.root, done.To).Is(200, "Payment received", "50 codes for Cloud Associate are ready.", "View exam codes", "Received")
		if n := w.orderCount(t, w.root); n != before+1 {
			t.Errorf("%d orders", n-before)
		}
	})
}

// A double click, a reload and the back button buy once.
func TestAFormBuysOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := subjects + "/" + w.cloud.ID.String() + "/check"
		form := w.get(w.root, checkOf(w.cloud.ID, 5)).Form("provider", "sandbox")
		before := w.orderCount(t, w.root)
		answers := make([]webtest.Answer, 4)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.browser(w.root).Submit(address, form) })
		}
		all.Wait()
		answers = append(answers, w.browser(w.root).Submit(address, form))
		for _, a := range answers {
			a.Goes(answers[0].To)
		}
		if n := w.orderCount(t, w.root); n != before+1 {
			t.Errorf("%d orders were placed", n-before)
		}
		form.Set("quantity", "6")
		w.browser(w.root).Submit(address, form).Goes(answers[0].To)
		if n := w.orderCount(t, w.root); n != before+1 {
			t.Errorf("the form that was sent, changed and sent again placed %d orders", n-before)
		}
		w.browser(w.root).Submit(address, w.get(w.root, checkOf(w.cloud.ID, 5)).Form("provider", "sandbox"))
		if n := w.orderCount(t, w.root); n != before+2 {
			t.Errorf("a new form makes a new order: %d", n-before)
		}
	})
}

// E5 for every outcome, and the way on from each.
func TestOutcomesOfAPayment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		buy := func(way, simulate string) (exam.OrderID, webtest.Answer) {
			form := w.get(w.root, checkOf(w.cloud.ID, 2)).Form("provider", way, "simulate", simulate)
			a := w.browser(w.root).Submit(subjects+"/"+w.cloud.ID.String()+"/check", form)
			id := exam.ParseID[exam.OrderID](strings.TrimSuffix(strings.TrimPrefix(a.To, orders+"/"), "/result"))
			return id, w.get(w.root, a.To)
		}
		_, a := buy("sandbox", "unknown")
		a.Is(200, "The payment is being checked", "You have not been charged twice", "Do not pay again", "Refresh")
		_, a = buy("sandbox", "late")
		a.Is(200, "Waiting for the provider", "Refresh")
		id, a := buy("transfer", "decline")
		a.Is(200, "Waiting for your transfer", "Reference pay_", "Amount USD 240.00", "Copy")
		if strings.Contains(a.Main, "Try again") {
			t.Error("a transfer that is waited for is offered to be paid again")
		}
		w.get(w.root, orderOf(id)+"/pay").Goes(orderOf(id) + "/result")
		w.browser(w.root).Submit(orderOf(id)+"/pay", url.Values{"provider": {"sandbox"}}).Goes(orderOf(id) + "/result")

		id, a = buy("sandbox", "decline")
		a.Is(200, "The payment did not succeed", "Nothing was bought and nothing was charged. The order stays until 7 Mar 2026, 12:00 (UTC)", "Try again")
		again := w.get(w.root, orderOf(id)+"/pay")
		again.Is(200, "Pay USD 240.00")
		w.browser(w.root).Submit(orderOf(id)+"/pay", again.Form("provider", "gold")).Is(422, "Pay USD 240.00")
		form := again.Form("provider", "sandbox")
		w.browser(w.root).Submit(orderOf(id)+"/pay", form).Goes(orderOf(id) + "/result")
		w.browser(w.root).Submit(orderOf(id)+"/pay", form).Goes(orderOf(id) + "/result")
		w.get(w.root, orderOf(id)+"/result").Is(200, "Payment received", "Reference pay_")
		w.get(w.root, orderOf(id)).Is(200, "Not paid", "Received", "Unused 2")
	})
}

// A pending order is closed after a confirmation, and only as it was read.
func TestCloseOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := orderOf(w.transfer.ID) + "/close"
		page := w.get(w.root, address)
		page.Is(200, "Close order "+w.transfer.Number+"?", "Nothing was charged.", "A transfer already on its way will be paid back by hand")
		w.browser(w.root).Submit(address, page.Form("version", "7")).Is(409, "This changed while you were reading: the order is Awaiting payment now. Nothing was done.")
		form := w.get(w.root, address).Form()
		for range 2 {
			a := w.browser(w.root).Submit(address, form)
			a.Goes(orderOf(w.transfer.ID))
			if !a.Notice {
				t.Error("no notice")
			}
		}
		w.get(w.root, orderOf(w.transfer.ID)).Is(200, "Closed", "Not paid")
		w.get(w.root, orderOf(w.transfer.ID)+"/result").Is(200, "The order is closed", "Purchase exam codes")
		w.get(w.root, address).Is(409)

		w.Clock.Move(23 * time.Hour)
		w.signInAgain()
		w.get(w.root, orderOf(w.unpaid.ID)+"/pay").Is(200, "Pay USD 360.00")
	})
}

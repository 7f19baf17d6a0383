package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// The whole way: purchase, redeem, reserve, result, statistics.
func TestJourney(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		subject := w.subject("EX-100")

		w.get("buyer", "/me").want(200).field("account.verification", "verified").field("role", "root").field("buy.allowed", true)
		placed := w.post("buyer", "/orders", `{"subject_id":"`+subject+`","quantity":3}`).want(201).
			field("state", "pending").field("total.minor", 36000).field("total.currency", "USD").field("paid_at", nil).field("expires_at", nil)
		order := placed.text("id")
		if at := placed.Header().Get("Location"); at != "/api/v1/orders/"+order {
			t.Errorf("Location %q", at)
		}
		w.post("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox"}`).want(200).field("state", "succeeded")
		number := w.get("buyer", "/orders/"+order).want(200).field("state", "paid").field("expired", false).
			field("paid_at", "2026-03-02T09:00:00Z").field("expires_at", "2027-03-02T16:00:00Z").text("number")
		message := w.get("buyer", "/messages?unread=true").want(200).list("items")[0].(map[string]any)
		if message["kind"] != "verification_approved" && message["kind"] != "order_paid" {
			t.Errorf("message %v", message)
		}
		w.post("buyer", "/messages/"+message["id"].(string)+"/read", "").want(200)
		w.post("buyer", "/messages/read", "").want(204)
		w.get("buyer", "/me").want(200).field("unread", 0)

		codes := w.codesOf("buyer", order)
		if len(codes) != 3 {
			t.Fatalf("%d codes", len(codes))
		}
		code := codes[0]
		masked := w.get("buyer", "/codes/"+code).want(200).field("state", "unused").field("order_number", number).text("text_masked")
		text := w.reveal("buyer", code)
		if !strings.HasSuffix(text, masked[len(masked)-4:]) || strings.Contains(masked, text[:4]) {
			t.Errorf("text %s shown as %s", text, masked)
		}
		w.get("buyer", "/codes/"+code+"/result").refused(409, "code_not_completed")

		made := w.redeem("lina", subject, strings.ToLower(text)).want(201).field("state", "registered").field("attempt", "first")
		registration := made.text("id")
		w.get("buyer", "/codes/"+code).want(200).field("state", "bound").field("holder", "lina").field("registration_id", registration)
		w.redeem("lina", subject, w.reveal("buyer", codes[1])).refused(409, "already_registered")

		session := w.session(subject, 72*time.Hour, 2)
		late := w.session(subject, 90*time.Hour, 2)
		w.get("lina", "/sessions?subject_id="+subject+"&exam_type=online").want(200).field("next_cursor", nil)
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+session+`"}`).want(200).
			field("state", "reserved").field("session.seats_left", 1)
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+late+`"}`).want(200).field("session.id", late)
		w.delete("lina", "/registrations/"+registration+"/reservation").want(200).field("state", "registered")
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+session+`"}`).want(200)
		w.get("buyer", "/codes/"+code).want(200).field("state", "reserved")
		w.post("buyer", "/codes/"+code+"/unbind", "").refused(409, "code_reserved")
		w.get("lina", "/registrations/"+registration+"/result").refused(409, "code_not_completed")

		result := `{"registration_id":"` + registration + `","outcome":"passed","score":812}`
		w.post("results", "/results", result).refused(409, "session_not_begun")
		*w.clock = w.clock.Add(74 * time.Hour)
		w.post("results", "/results", result).want(200).field("done", 1)
		w.post("results", "/results", result).refused(409, "result_already_recorded")
		for who, path := range map[string]string{"lina": "/registrations/" + registration + "/result", "buyer": "/codes/" + code + "/result"} {
			w.get(who, path).want(200).field("outcome", "passed").field("score", 812).field("sat_at", "2026-03-05T09:00:00Z")
		}
		w.get("buyer", "/overview").want(200).field("codes.purchased", 3).field("codes.used", 1).field("codes.completed", 1).field("codes.unused", 2).
			field("registrations", 1).field("sat", 1).field("passed", 1)
		examinees := w.get("buyer", "/examinees?name=LIN&exam_type=online&attempt=first").want(200).list("items")
		if x := examinees[0].(map[string]any); len(examinees) != 1 || x["name"] != "lina" || x["code_id"] != code || x["outcome"] != "passed" {
			t.Errorf("examinees %v", examinees)
		}
		if other := w.get("buyer", "/examinees?name=somebody").want(200).list("items"); len(other) != 0 {
			t.Errorf("examinees %v", other)
		}
		kinds := []string{}
		for _, e := range w.get("buyer", "/codes/"+code+"/events").want(200).list("items") {
			kinds = append(kinds, e.(map[string]any)["kind"].(string))
		}
		if got := strings.Join(kinds, " "); got != "code.completed code.reserved code.reservation_cancelled code.rescheduled code.reserved code.redeemed code.revealed order.paid order.placed" {
			t.Errorf("events %s", got)
		}
		if all := w.get("audit", "/events?kind=code.redeemed&account_id="+w.people["buyer"].Account.String()).want(200).list("items"); len(all) != 1 {
			t.Errorf("trail %v", all)
		}
	})
}

// A transfer is confirmed by staff, with the very amount.
func TestTransfer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		subject := w.subject("EX-100")
		order := w.post("buyer", "/orders", `{"subject_id":"`+subject+`","quantity":2}`).want(201).text("id")
		w.post("buyer", "/orders/"+order+"/pay", `{"provider":"transfer","simulate":"late"}`).refused(422, "simulate_unknown").on("simulate")
		payment := w.post("buyer", "/orders/"+order+"/pay", `{"provider":"transfer"}`).want(200).field("state", "pending").text("id")
		w.post("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox"}`).refused(409, "payment_in_flight")
		w.post("buyer", "/payments/"+payment+"/confirm", `{"amount":{"minor":24000,"currency":"USD"}}`).refused(403, "not_operator")
		w.post("review", "/payments/"+payment+"/confirm", `{"amount":{"minor":24000,"currency":"USD"}}`).refused(403, "not_allowed")
		w.post("money", "/payments/"+payment+"/confirm", `{"amount":{"minor":23900,"currency":"USD"}}`).refused(409, "payment_amount_differs").on("amount")
		waiting := w.get("money", "/payments?state=pending&provider=transfer").want(200).list("items")
		if len(waiting) != 1 || waiting[0].(map[string]any)["order_id"] != order {
			t.Errorf("waiting %v", waiting)
		}
		w.post("money", "/payments/"+payment+"/confirm", `{"amount":{"minor":24000,"currency":"USD"}}`).want(200).field("state", "succeeded").field("order_state", "paid")
		w.post("money", "/payments/"+payment+"/confirm", `{"amount":{"minor":24000,"currency":"USD"}}`).refused(409, "payment_not_waiting")
		if n := len(w.codesOf("buyer", order)); n != 2 {
			t.Errorf("%d codes", n)
		}
		// A declined payment leaves the order to be paid or cancelled.
		order = w.post("buyer", "/orders", `{"subject_id":"`+subject+`","quantity":1}`).want(201).text("id")
		w.post("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox","simulate":"decline"}`).want(200).field("state", "failed")
		w.post("buyer", "/orders/"+order+"/cancel", "").want(200).field("state", "closed")
		w.post("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox"}`).refused(409, "order_closed")
	})
}

// S19: the parts of a search combine; S25: an old text finds its code, and is dead.
func TestCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("rival", true)
		w.person("lina", true)
		a, b := w.subject("EX-100"), w.subject("EX-200")
		first, second := w.bought("buyer", a, 4), w.bought("buyer", b, 2)
		codes := w.codesOf("buyer", first)
		text := w.reveal("buyer", codes[0])
		number := w.get("buyer", "/orders/"+second).text("number")
		w.redeem("lina", a, text).want(201)

		for query, want := range map[string]int{
			"":                                  6,
			"?subject_id=" + a:                  4,
			"?subject_id=" + a + "&state=bound": 1,
			"?state=unused":                     5,
			"?order_number=" + number:           2,
			"?order_id=" + first:                4,
			"?order_id=" + first + "&order_number=" + number: 0,
			"?code=" + text: 1,
			"?code=" + strings.ToLower(text[15:]) + "&state=bound": 1,
			"?code=" + text + "&state=unused":                      0,
			"?state=expired":                                       0,
			"?ends_within=366":                                     6,
			"?ends_within=30":                                      0,
		} {
			if got := len(w.get("buyer", "/codes"+query).want(200).list("items")); got != want {
				t.Errorf("codes%s: %d, want %d", query, got, want)
			}
		}
		w.get("buyer", "/codes/counts?subject_id="+a).want(200).field("purchased", 4).field("bound", 1).field("used", 1)
		if got := w.get("rival", "/codes?code="+text).want(200).list("items"); len(got) != 0 {
			t.Errorf("a rival finds %v", got)
		}

		// Bulk verbs answer each.
		body := fmt.Sprintf(`{"ids":[%q,%q,"cod_nonsense",%q]}`, codes[0], codes[1], w.codesOf("buyer", second)[0])
		g := w.post("buyer", "/codes/unbind", body).want(200).field("done", 1).field("refused", 3)
		reasons := ""
		for _, o := range g.list("items") {
			if r, ok := o.(map[string]any)["refused"].(map[string]any); ok {
				reasons += r["reason"].(string) + " "
			}
		}
		if reasons != "code_not_bound not_found code_not_bound " {
			t.Errorf("reasons %s", reasons)
		}
		w.post("rival", "/codes/regenerate", `{"ids":["`+codes[0]+`"]}`).want(200).field("done", 0)
		w.post("buyer", "/codes/"+codes[0]+"/regenerate", "").want(200).field("state", "unused")
		if got := w.get("buyer", "/codes?code="+text).want(200).list("items"); len(got) != 1 || got[0].(map[string]any)["id"] != codes[0] {
			t.Errorf("the replaced text finds %v", got)
		}
		// The former holder has a tie and is told; a stranger is not.
		w.redeem("lina", a, text).refused(409, "code_replaced").on("code")
		w.person("stranger", true)
		w.redeem("stranger", a, text).refused(409, "code_not_usable").on("code")
		refusals := 0
		for _, e := range w.get("buyer", "/codes/"+codes[0]+"/events").want(200).list("items") {
			if e := e.(map[string]any); e["kind"] == "code.redeem_refused" {
				refusals++
				if e["actor"] != nil {
					t.Errorf("the company learns who tried: %v", e)
				}
			}
		}
		if refusals != 2 {
			t.Errorf("%d refusals in the trail", refusals)
		}
		// Unbind with a new text in one step.
		fresh := w.reveal("buyer", codes[0])
		w.redeem("lina", a, fresh).want(201)
		w.post("buyer", "/codes/"+codes[0]+"/unbind", `{"new_text":true}`).want(200).field("state", "unused")
		if w.reveal("buyer", codes[0]) == fresh {
			t.Error("the text is the one the examinee knows")
		}
		// S16: the end needs no job.
		*w.clock = w.clock.AddDate(1, 0, 1)
		w.get("buyer", "/codes/"+codes[0]).want(200).field("state", "expired")
		w.get("buyer", "/orders?state=expired").want(200)
		w.get("buyer", "/orders/"+first).want(200).field("state", "paid").field("expired", true)
		w.post("buyer", "/codes/"+codes[0]+"/regenerate", "").refused(409, "order_expired")
		w.get("buyer", "/overview").want(200).field("codes.expired", 6).field("codes.used", 0)
	})
}

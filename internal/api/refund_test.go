package api_test

import (
	"strings"
	"testing"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestS12_S13_S14_RefundsOverTheAPI: preview, refund, the refund of the order,
// and once for ever.
func TestS12_S13_S14_RefundsOverTheAPI(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("other", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		order := w.bought("buyer", subject, 4)
		codes := w.codesOf("buyer", order)
		w.redeem("lina", subject, w.reveal("buyer", codes[0])).want(201)
		address := "/orders/" + order + "/refund"

		preview := w.get("buyer", address).want(200).field("allowed", true).field("amount.minor", 36000).field("refundable_count", 3).field("excluded_count", 1)
		out := preview.list("excluded")
		if len(out) != 1 || len(preview.list("refundable")) != 3 || out[0].(map[string]any)["reason"] != "code_bound" || out[0].(map[string]any)["code"].(map[string]any)["id"] != codes[0] {
			t.Errorf("stays out: %v", out)
		}
		mark := preview.text("mark")
		w.get("other", address).refused(404, "not_found")
		w.post("other", address, "").refused(404, "not_found")
		w.post("buyer", address, `{"code_ids":["`+codes[0]+`"]}`).refused(409, "refund_choice")
		w.post("buyer", address, `{"code_ids":[]}`).refused(409, "nothing_to_refund")
		w.post("buyer", address, `{"code_ids":["`+codes[1]+`"],"mark":"`+mark+`"}`).refused(409, "changed_meanwhile")
		w.post("buyer", address, `{"simulate":"earthquake"}`).refused(422, "simulate_unknown")

		refused := w.post("buyer", address, `{"code_ids":["`+codes[1]+`"],"simulate":"decline"}`).want(200).field("state", "failed").field("detail", "declined").field("code_count", 1)
		w.get("buyer", "/codes/"+codes[1]).want(200).field("state", "unused")
		made := w.post("buyer", address, `{"mark":"`+mark+`","simulate":"unknown"}`).want(200).field("state", "refunding").field("checking", true).field("amount.minor", 36000)
		if made.text("id") != refused.text("id") || made.text("reference") == refused.text("reference") || len(made.list("code_ids")) != 3 {
			t.Error("another try is another refund, or has the same reference")
		}
		w.post("buyer", address, "").refused(409, "refund_already_made")
		w.get("buyer", address).want(200).field("allowed", false).field("reason", "refund_already_made").field("refund.state", "refunding")
		w.get("buyer", "/orders/"+order).want(200).field("refund.state", "refunding").field("refund.amount.minor", 36000)
		if list := w.get("buyer", "/orders").want(200).list("items"); list[0].(map[string]any)["refund"] == nil {
			t.Error("the list shows no refund")
		}
		w.get("buyer", "/codes/"+codes[1]).want(200).field("state", "refunding")
	})
}

// TestARefundNamesAllCodesOfALargeOrder: 100,000 ids are read.
func TestARefundNamesAllCodesOfALargeOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		order := w.bought("buyer", w.subject("EX-100"), 1)
		ids := strings.Repeat(`"`+w.codesOf("buyer", order)[0]+`",`, 100_000)
		w.post("buyer", "/orders/"+order+"/refund", `{"code_ids":[`+strings.TrimSuffix(ids, ",")+`]}`).want(200).field("state", "refunded").field("code_count", 1)
	})
}

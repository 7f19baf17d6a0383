package api_test

import (
	"context"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// A large order tells how many of its codes there are; what needs all of them is
// refused until then.
func TestAnOrderTellsHowFarItIsIssued(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		id := w.post("buyer", "/orders", `{"subject_id":"`+w.subject("EX-100")+`","quantity":50}`).want(201).field("issued", 0).text("id")
		w.post("buyer", "/orders/"+id+"/pay", `{"provider":"sandbox"}`).want(200).field("state", "succeeded")
		w.get("buyer", "/orders/"+id).want(200).field("state", "paid").field("quantity", 50).field("issued", 20)
		if n := len(w.codesOf("buyer", id)); n != 20 {
			t.Errorf("%d codes are listed", n)
		}
		w.get("buyer", "/orders/"+id+"/refund").want(200).field("allowed", false).field("reason", "order_being_issued")
		w.post("buyer", "/orders/"+id+"/refund", "").refused(409, "order_being_issued")
		w.post("buyer", "/exports", `{"kind":"codes","format":"csv","filter":{"order_number":"`+w.get("buyer", "/orders/"+id).text("number")+`"}}`).refused(409, "order_being_issued")
		if err := w.actions.IssueCodes(context.Background(), exam.ParseID[exam.OrderID](id)); err != nil {
			t.Fatal(err)
		}
		w.get("buyer", "/orders/"+id).want(200).field("issued", 50)
		w.get("buyer", "/orders/"+id+"/refund").want(200).field("allowed", true).field("refundable_count", 50)
		if n := len(w.codesOf("buyer", id)); n != 50 {
			t.Errorf("%d codes are listed", n)
		}
	})
}

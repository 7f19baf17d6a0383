package exam_test

import (
	"testing"

	"pgregory.net/rapid"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/money"
)

// However an order's codes are cut into parts, each place is issued once and the
// prices sum up to the total.
func TestPartsAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := examtest.Order()
		o.Quantity, o.Issued = rapid.IntRange(1, 3000).Draw(t, "quantity"), 0
		o.Total.Minor = rapid.Int64Range(1, 1_000_000_007).Draw(t, "total")
		var sum int64
		for parts := 0; o.Issuing(); parts++ {
			most := rapid.IntRange(1, exam.IssuePart).Draw(t, "most")
			n := o.IssueMore(most)
			if n.Issued <= o.Issued || n.Issued > o.Issued+most || n.Version != o.Version {
				t.Fatalf("%d issued, then %d of at most %d more", o.Issued, n.Issued, most)
			}
			for place := o.Issued; place < n.Issued; place++ {
				sum += money.Share(o.Total.Minor, o.Quantity, place)
			}
			o = n
		}
		if o.Issued != o.Quantity || sum != o.Total.Minor || o.IssueMore(5) != o {
			t.Fatalf("%d of %d issued for %d of %d", o.Issued, o.Quantity, sum, o.Total.Minor)
		}
	})
}

// What is about all codes of an order waits until it has them all.
func TestAPartIssuedOrderIsNotWhole(t *testing.T) {
	o := examtest.Order()
	if o.Issuing() || o.NeedWhole() != nil {
		t.Error("an order with all its codes is not whole")
	}
	o.Issued--
	if err := o.NeedWhole(); !o.Issuing() || reason(err) != "order_being_issued" {
		t.Errorf("two of three codes: %v", err)
	}
	if err := exam.MayRefund(examtest.Root(), o, "", examtest.Now); reason(err) != "order_being_issued" {
		t.Errorf("a refund: %v", err)
	}
	if err := exam.MayRefund(examtest.Root(), o, "", o.Expires); reason(err) != "order_expired" {
		t.Errorf("a refund of one that has ended: %v", err)
	}
	if _, _, err := o.End(exam.TheSchedule(), 1, 0, o.Expires); reason(err) != "order_being_issued" {
		t.Errorf("its end: %v", err)
	}
	o.State = exam.Pending
	if o.Issuing() {
		t.Error("an order that waits for its payment is being issued")
	}
}

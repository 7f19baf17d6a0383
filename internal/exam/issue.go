package exam

import "examcode/internal/fault"

// IssuePart is the most codes of one order that come into being in one moment,
// the first ones with the payment. The rest of a larger order follows part by
// part, so that redemptions get their turn between two of them.
const IssuePart = 1_000

// ErrOrderBeingIssued refuses what is about all codes of an order while some of
// them are still to come.
var ErrOrderBeingIssued = fault.New(fault.Conflict, "order_being_issued", "the codes of this order are still being issued")

// IssueMore is the paid order with the next of its codes, at most so many. Which
// they are follows from their place in the order alone, so that no code is issued
// twice and none is left out, whoever goes on. The order's payment is the event of
// all of them: this makes no new version.
func (o Order) IssueMore(most int) Order {
	o.Issued += min(most, o.Quantity-o.Issued)
	return o
}

// Issuing tells whether codes of the paid order are still to come.
func (o Order) Issuing() bool { return o.State == Paid && o.Issued < o.Quantity }

// NeedWhole refuses what is about all codes of an order while some of them are
// still to come.
func (o Order) NeedWhole() error {
	if o.Issuing() {
		return ErrOrderBeingIssued.With("issued", o.Issued, "quantity", o.Quantity)
	}
	return nil
}

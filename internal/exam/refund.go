package exam

import (
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

// RefundState is where the one refund of an order stands.
type RefundState string

const (
	RefundReview  RefundState = "review"
	RefundOnWay   RefundState = "refunding"
	RefundDone    RefundState = "refunded"
	RefundRefused RefundState = "failed" // the provider definitely refused; may be tried again
)

// Refund is the one refund of an order (S13), with the codes that are in it.
type Refund struct {
	ID        RefundID
	Order     OrderID
	Account   AccountID
	Reference string
	Amount    money.Amount
	State     RefundState
	Codes     []CodeID
	Created   time.Time
	Settled   time.Time
	Version   int64
}

// LeftOut is a code that stays out of a refund, and why.
type LeftOut struct {
	Code   Code
	Reason string
}

var (
	ErrNotRefunding      = fault.New(fault.Conflict, "code_not_refunding", "this code is in no open refund")
	ErrRefundAlreadyMade = fault.New(fault.Conflict, "refund_already_made", "an order can be refunded once")
	ErrNothingToRefund   = fault.New(fault.Conflict, "nothing_to_refund", "no unused code is left to refund")
	ErrRefundChoice      = fault.New(fault.Conflict, "refund_choice", "a chosen code cannot be refunded")
)

// RefundSet decides what is in a refund (S12–S14): the chosen codes, or all
// unused ones when nothing is chosen; everything else stays out with the reason
// word. The amount is the sum of the prices paid.
func RefundSet(a Actor, o Order, codes []Code, chosen []CodeID, now time.Time) (in []Code, out []LeftOut, amount money.Amount, err error) {
	amount.Currency = o.Total.Currency
	if a.Account != o.Account {
		return nil, nil, amount, fault.ErrNotFound
	}
	pick := map[CodeID]bool{}
	for _, id := range chosen {
		pick[id] = true
	}
	for _, c := range codes {
		refusal := c.needUnused(now)
		wanted := len(chosen) == 0 || pick[c.ID]
		switch {
		case refusal == nil && wanted:
			in = append(in, c)
			amount.Minor += c.PricePaid.Minor
		case refusal == nil:
			out = append(out, LeftOut{c, "not_chosen"})
		default:
			out = append(out, LeftOut{c, fault.Of(refusal).Reason})
			if pick[c.ID] {
				err = ErrRefundChoice
			}
		}
		delete(pick, c.ID)
	}
	switch {
	case NeedRight(a, RefundCodes) != nil:
		err = NeedRight(a, RefundCodes)
	case o.State != Paid:
		err = ErrOrderNotPaid
	case o.Ended(now):
		err = ErrOrderExpired
	case len(pick) > 0:
		err = ErrRefundChoice
	case err == nil && len(in) == 0:
		err = ErrNothingToRefund
	}
	return in, out, amount, err
}

package store

import (
	"context"
	"errors"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// Issued is a new code with its text as it is kept: sealed, and as a lookup value.
type Issued struct {
	exam.Code
	Lookup, Sealed []byte
}

// PayOrder stores that an order is paid and, in the same moment, the codes that
// are issued with it; the order's event speaks for all its codes. Those that are
// still to come are owed.
func (tx *Tx) PayOrder(ctx context.Context, o exam.Order, e exam.Event, codes []Issued) error {
	if err := tx.exec(ctx, 1, "UPDATE orders SET state = $1, paid_at = $2, expires_at = $3, first_code = $4, issued = $5, version = $6 WHERE id = $7 AND version = $8",
		o.State, us(o.PaidAt), us(o.Expires), o.FirstCode, o.Issued, o.Version, o.ID, o.Version-1); err != nil {
		return err
	}
	if err := tx.addCodes(ctx, codes); err != nil {
		return err
	}
	if o.Issuing() {
		if err := tx.owe(ctx, exam.ByIssue, int64(o.ID), o.Account, o.PaidAt); err != nil {
			return err
		}
	}
	return tx.AddEvents(ctx, e)
}

// IssueCodes stores the next codes of a paid order, as many as the order is ahead
// of how it was; when it changed meanwhile nothing is stored. The first statement
// is the order's lock. With the last of the codes the promise is settled.
func (tx *Tx) IssueCodes(ctx context.Context, was, o exam.Order, codes []Issued, now time.Time) error {
	if err := tx.exec(ctx, 1, "UPDATE orders SET issued = $1 WHERE id = $2 AND version = $3 AND issued = $4", o.Issued, o.ID, was.Version, was.Issued); err != nil {
		return err
	}
	if err := tx.addCodes(ctx, codes); err != nil || o.Issuing() {
		return err
	}
	return tx.settlePromise(ctx, exam.ByIssue, int64(o.ID), exam.OwedSent, now)
}

// IssuingOf finds the order that a filter names while its codes are being issued;
// the zero Order when there is none.
func (r Reader) IssuingOf(ctx context.Context, account exam.AccountID, f CodeFilter) (exam.Order, error) {
	if f.Order == 0 && f.Number == "" {
		return exam.Order{}, nil
	}
	b := orderWhere(account, OrderFilter{ID: f.Order, Number: f.Number}, time.Time{})
	b.and("o.state = 'paid' AND o.issued < o.quantity")
	o, err := one(ctx, r.q, scanOrder, "SELECT "+orderColumns+" FROM orders o WHERE "+b.String(), b.args...)
	if errors.Is(err, fault.ErrNotFound) {
		return exam.Order{}, nil
	}
	return o, err
}

// addCodes stores new codes of one order.
func (tx *Tx) addCodes(ctx context.Context, codes []Issued) error {
	if len(codes) == 0 {
		return nil
	}
	args := make([]any, 0, len(codes)*len(issuedTypes))
	for _, c := range codes {
		args = append(args, c.ID, c.Order, c.Account, c.Subject, c.State, c.PricePaid.Minor, c.PricePaid.Currency,
			us(c.Expires), c.Lookup, c.Sealed, c.Tail, c.Generation, us(c.Changed), c.Version)
	}
	if err := tx.execSet(ctx, len(codes), db.Set{
		Before: "INSERT INTO code (id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, changed_at, version) ",
		Types:  issuedTypes,
	}, args); err != nil {
		return err
	}
	tx.moved(codes[0].Account, codes[0].Order, "", exam.Unused, len(codes))
	return nil
}

// issuedTypes are those of the columns of a code with its text.
var issuedTypes = []string{"BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "TEXT", "BIGINT", "BYTEA", "BYTEA", "TEXT", "BIGINT", "BIGINT", "BIGINT"}

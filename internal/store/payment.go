package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const paymentColumns = "y.id, y.order_id, y.account_id, y.provider, y.reference, y.amount, y.currency, y.state, y.provider_ref, y.redirect_url, y.detail, y.simulate, y.created_at, y.settled_at, y.version"

func paymentFields(p *exam.Payment) []any {
	return []any{&p.ID, &p.Order, &p.Account, &p.Provider, &p.Reference, &p.Amount.Minor, &p.Amount.Currency, &p.State, &p.ProviderRef,
		&p.RedirectURL, &p.Detail, &p.Simulate, (*when)(&p.Created), (*when)(&p.Settled), &p.Version}
}

func scanPayment(row db.Row) (exam.Payment, error) {
	var p exam.Payment
	err := row.Scan(paymentFields(&p)...)
	return p, err
}

// Payments lists the tries to pay an order of an account, newest first.
func (r Reader) Payments(ctx context.Context, account exam.AccountID, order exam.OrderID) ([]exam.Payment, error) {
	return all(ctx, r.q, scanPayment, "SELECT "+paymentColumns+" FROM payment y WHERE y.account_id = $1 AND y.order_id = $2 ORDER BY y.id DESC LIMIT 200", account, order)
}

// Payment reads one payment of any account; for staff and for the schedule.
func (r Reader) Payment(ctx context.Context, id exam.PaymentID) (exam.Payment, error) {
	return one(ctx, r.q, scanPayment, "SELECT "+paymentColumns+" FROM payment y WHERE y.id = $1", id)
}

// LivePayment tells whether an order has a payment that is or may become money.
func (r Reader) LivePayment(ctx context.Context, order exam.OrderID) (bool, error) {
	n, err := one(ctx, r.q, number[int], "SELECT COUNT(*) FROM payment y WHERE y.order_id = $1 AND y.state <> 'failed'", order)
	return n > 0, err
}

// PaymentRow is a payment with what the money queue shows beside it.
type PaymentRow struct {
	exam.Payment
	OrderNumber string
	AccountName string
	Quantity    int
	SubjectName exam.Names
	OrderState  exam.OrderState
}

// PaymentFilter narrows the list of payments; zero fields do not.
type PaymentFilter struct {
	Provider string
	State    exam.PaymentState
	Open     bool   // pending or unknown
	Search   string // order number or reference, whole
}

// PaymentRows lists payments of all accounts, newest first; for staff.
func (r Reader) PaymentRows(ctx context.Context, f PaymentFilter, page Page) (Rows[PaymentRow], error) {
	var b query
	if f.Provider != "" {
		b.and("y.provider = ?", f.Provider)
	}
	if f.State != "" {
		b.and("y.state = ?", f.State)
	}
	if f.Open {
		b.and("y.state IN ('pending', 'unknown')")
	}
	if f.Search != "" {
		s := b.arg(f.Search)
		b.and("y.id IN (SELECT p.id FROM payment p WHERE p.reference = " + s + " UNION SELECT q.id FROM orders n JOIN payment q ON q.order_id = n.id WHERE n.number = " + s + ")")
	}
	return paged(ctx, r.q, &b, page, "SELECT "+paymentColumns+`, o.number, a.name, o.quantity, s.name_en, s.name_zh, o.state FROM payment y
JOIN orders o ON o.id = y.order_id JOIN account a ON a.id = y.account_id JOIN subject s ON s.id = o.subject_id`, "y.id",
		func(p PaymentRow) int64 { return int64(p.ID) }, scanPaymentRow)
}

func scanPaymentRow(row db.Row) (PaymentRow, error) {
	var p PaymentRow
	err := row.Scan(append(paymentFields(&p.Payment), &p.OrderNumber, &p.AccountName, &p.Quantity, &p.SubjectName.EN, &p.SubjectName.ZH, &p.OrderState)...)
	return p, err
}

// PaymentRow reads one payment with its order; for staff.
func (r Reader) PaymentRow(ctx context.Context, id exam.PaymentID) (PaymentRow, error) {
	return one(ctx, r.q, scanPaymentRow, "SELECT "+paymentColumns+`, o.number, a.name, o.quantity, s.name_en, s.name_zh, o.state FROM payment y
JOIN orders o ON o.id = y.order_id JOIN account a ON a.id = y.account_id JOIN subject s ON s.id = o.subject_id WHERE y.id = $1`, id)
}

// OpenPayments lists payments to ask the provider about: not by hand, created
// before an instant, after a payment, oldest first.
func (r Reader) OpenPayments(ctx context.Context, createdBefore time.Time, after exam.PaymentID, limit int) ([]exam.Payment, error) {
	return all(ctx, r.q, scanPayment, "SELECT "+paymentColumns+` FROM payment y
WHERE y.state IN ('pending', 'unknown') AND y.provider <> $4 AND y.created_at <= $1 AND y.id > $2 ORDER BY y.id LIMIT $3`, us(createdBefore), after, limit, exam.ByTransfer)
}

// AddPayment stores the intent to pay, before the provider is asked. A second
// live payment of an order is exam.ErrPaymentInFlight.
func (tx *Tx) AddPayment(ctx context.Context, p exam.Payment, e exam.Event) error {
	n, err := tx.tx.Exec(ctx, `INSERT INTO payment (id, order_id, account_id, provider, reference, amount, currency, state, provider_ref, redirect_url, detail, simulate, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (order_id) WHERE state <> 'failed' DO NOTHING`,
		p.ID, p.Order, p.Account, p.Provider, p.Reference, p.Amount.Minor, p.Amount.Currency, p.State, p.ProviderRef, p.RedirectURL, p.Detail, p.Simulate, us(p.Created), p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return exam.ErrPaymentInFlight
	}
	return tx.AddEvents(ctx, e)
}

// SavePayment stores what was learned about a payment.
func (tx *Tx) SavePayment(ctx context.Context, p exam.Payment, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE payment SET state = $1, provider_ref = $2, redirect_url = $3, detail = $4, settled_at = $5, version = $6 WHERE id = $7 AND version = $8",
		p.State, p.ProviderRef, p.RedirectURL, p.Detail, us(p.Settled), p.Version, p.ID, p.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const orderColumns = "o.id, o.number, o.account_id, o.buyer_id, o.subject_id, o.quantity, o.unit_price, o.total, o.currency, o.state, o.zone, o.created_at, o.paid_at, o.expires_at, o.closed_at, o.swept_at, COALESCE(o.first_code, 0), o.issued, o.version"

func orderFields(o *exam.Order) []any {
	return []any{&o.ID, &o.Number, &o.Account, &o.Buyer, &o.Subject, &o.Quantity, &o.UnitPrice.Minor, &o.Total.Minor, &o.Total.Currency,
		&o.State, &o.Zone, (*when)(&o.Created), (*when)(&o.PaidAt), (*when)(&o.Expires), (*when)(&o.ClosedAt), (*when)(&o.Swept), &o.FirstCode, &o.Issued, &o.Version}
}

func scanOrder(row db.Row) (exam.Order, error) {
	var o exam.Order
	err := row.Scan(orderFields(&o)...)
	o.UnitPrice.Currency = o.Total.Currency
	return o, err
}

// OrderRow is an order with what lists show beside it.
type OrderRow struct {
	exam.Order
	SubjectName exam.Names
	Unused      int // codes left
	Payment     exam.PaymentState
	Refund      exam.RefundState
	Checking    bool // its provider has not said what became of the refund
	AccountName string
}

func scanOrderRow(row db.Row) (OrderRow, error) {
	var o OrderRow
	var answer exam.PaymentState
	var provider string
	fields := append(orderFields(&o.Order), &o.SubjectName.EN, &o.SubjectName.ZH, &o.Unused, &o.Payment, &o.Refund, &answer, &provider, &o.AccountName)
	err := row.Scan(fields...)
	o.UnitPrice.Currency = o.Total.Currency
	o.Checking = exam.Refund{State: o.Refund, Answer: answer, Provider: provider}.Checking()
	return o, err
}

const orderRowSelect = "SELECT " + orderColumns + `, s.name_en, s.name_zh,
(SELECT CAST(COALESCE(SUM(k.unused), 0) AS BIGINT) FROM stock k WHERE k.account_id = o.account_id AND k.order_id = o.id),
COALESCE((SELECT y.state FROM payment y WHERE y.order_id = o.id ORDER BY y.id DESC LIMIT 1), ''),
COALESCE(f.state, ''), COALESCE(f.answer, ''), COALESCE(b.provider, ''), a.name
FROM orders o LEFT JOIN refund f ON f.order_id = o.id LEFT JOIN payment b ON b.id = f.payment_id JOIN subject s ON s.id = o.subject_id JOIN account a ON a.id = o.account_id`

// Order reads an order of an account.
func (r Reader) Order(ctx context.Context, account exam.AccountID, id exam.OrderID) (exam.Order, error) {
	return one(ctx, r.q, scanOrder, "SELECT "+orderColumns+" FROM orders o WHERE o.account_id = $1 AND o.id = $2", account, id)
}

// OrderRow reads an order of an account as lists show it.
func (r Reader) OrderRow(ctx context.Context, account exam.AccountID, id exam.OrderID) (OrderRow, error) {
	return one(ctx, r.q, scanOrderRow, orderRowSelect+" WHERE o.account_id = $1 AND o.id = $2", account, id)
}

// AnyOrder reads an order of any account; for staff and for the schedule.
func (r Reader) AnyOrder(ctx context.Context, id exam.OrderID) (exam.Order, error) {
	return one(ctx, r.q, scanOrder, "SELECT "+orderColumns+" FROM orders o WHERE o.id = $1", id)
}

// OrderFilter narrows a list of orders; zero fields do not.
type OrderFilter struct {
	ID         exam.OrderID
	Number     string
	NumberPart string // a part of the number
	Subject    exam.SubjectID
	State      string // pending, paid, ended, closed
	// Those paid at or after PaidFrom and before PaidBefore; zero does not narrow.
	PaidFrom, PaidBefore time.Time
	EndsBy               time.Time // those that have not ended and do so by this instant
}

// Orders lists an account's orders, newest first.
func (r Reader) Orders(ctx context.Context, account exam.AccountID, f OrderFilter, now time.Time, page Page) (Rows[OrderRow], error) {
	b := orderWhere(account, f, now)
	return paged(ctx, r.q, b, page, orderRowSelect, "o.id", func(o OrderRow) int64 { return int64(o.ID) }, scanOrderRow)
}

func orderWhere(account exam.AccountID, f OrderFilter, now time.Time) *query {
	var b query
	b.and("o.account_id = ?", account)
	if f.ID != 0 {
		b.and("o.id = ?", f.ID)
	}
	if f.Number != "" {
		b.and("o.number = ?", f.Number)
	}
	if f.NumberPart != "" {
		b.and("o.number LIKE ? ESCAPE '!'", part(f.NumberPart))
	}
	if !f.PaidFrom.IsZero() {
		b.and("o.paid_at >= ?", us(f.PaidFrom))
	}
	if !f.PaidBefore.IsZero() {
		b.and("o.paid_at < ?", us(f.PaidBefore))
	}
	if !f.EndsBy.IsZero() {
		b.and("o.state = 'paid' AND o.expires_at > ? AND o.expires_at <= ?", us(now), us(f.EndsBy))
	}
	if f.Subject != 0 {
		b.and("o.subject_id = ?", f.Subject)
	}
	switch f.State {
	case "ended":
		b.and("o.state = 'paid' AND o.expires_at <= ?", us(now))
	case string(exam.Paid):
		b.and("o.state = 'paid' AND o.expires_at > ?", us(now))
	case "":
	default:
		b.and("o.state = ?", f.State)
	}
	return &b
}

// OrderCounts counts an account's orders by shown state under a filter, its own
// State left aside.
func (r Reader) OrderCounts(ctx context.Context, account exam.AccountID, f OrderFilter, now time.Time) (map[string]int, error) {
	f.State = ""
	b := orderWhere(account, f, now)
	at := b.arg(us(now))
	return counts(ctx, r.q, "SELECT CASE WHEN o.state = 'paid' AND o.expires_at <= "+at+" THEN 'ended' ELSE o.state END, COUNT(*) FROM orders o WHERE "+b.String()+" GROUP BY 1", b.args...)
}

// counts reads rows of a word and a number.
func counts(ctx context.Context, q db.Querier, sql string, args ...any) (map[string]int, error) {
	type pair struct {
		word string
		n    int
	}
	list, err := all(ctx, q, func(row db.Row) (pair, error) {
		var p pair
		err := row.Scan(&p.word, &p.n)
		return p, err
	}, sql, args...)
	m := make(map[string]int, len(list))
	for _, p := range list {
		m[p.word] += p.n
	}
	return m, err
}

// PendingOrders counts an account's orders that wait for their payment.
func (r Reader) PendingOrders(ctx context.Context, account exam.AccountID) (int, error) {
	return one(ctx, r.q, number[int], "SELECT COUNT(*) FROM orders o WHERE o.account_id = $1 AND o.state = 'pending'", account)
}

// UnpaidOrders lists pending orders created before an instant that have no live
// payment, by id, after an id.
func (r Reader) UnpaidOrders(ctx context.Context, createdBefore time.Time, after exam.OrderID, limit int) ([]exam.OrderID, error) {
	return all(ctx, r.q, number[exam.OrderID], `SELECT o.id FROM orders o WHERE o.state = 'pending' AND o.created_at <= $1 AND o.id > $2
AND NOT EXISTS (SELECT 1 FROM payment y WHERE y.order_id = o.id AND y.state <> 'failed') ORDER BY o.id LIMIT $3`, us(createdBefore), after, limit)
}

// AddOrder stores a new order. taken is true, and nothing is written, when its
// number exists.
func (tx *Tx) AddOrder(ctx context.Context, o exam.Order, e exam.Event) (taken bool, err error) {
	n, err := tx.tx.Exec(ctx, `INSERT INTO orders (id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (number) DO NOTHING`,
		o.ID, o.Number, o.Account, o.Buyer, o.Subject, o.Quantity, o.UnitPrice.Minor, o.Total.Minor, o.Total.Currency, o.State, o.Zone, us(o.Created), o.Version)
	if err != nil || n == 0 {
		return err == nil, err
	}
	return false, tx.AddEvents(ctx, e)
}

// SaveOrder stores the next version of an order that is not being paid.
func (tx *Tx) SaveOrder(ctx context.Context, o exam.Order, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE orders SET state = $1, closed_at = $2, version = $3 WHERE id = $4 AND version = $5",
		o.State, us(o.ClosedAt), o.Version, o.ID, o.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const providerNoticeColumns = `h.id, h.provider, h.event, h.refund, h.reference, h.claimed, h.amount, h.currency, h.number, h.state, h.detail, COALESCE(h.object_id, 0),
COALESCE(h.object_version, 0), h.created_at, h.received_at`

func providerNoticeFields(n *exam.ProviderNotice, refund *int64) []any {
	return []any{&n.ID, &n.Provider, &n.Event, refund, &n.Reference, &n.Claimed, &n.Amount.Minor, &n.Amount.Currency, &n.Number, &n.State, &n.Detail, &n.Object,
		&n.Version, (*when)(&n.Created), (*when)(&n.Received)}
}

// ProviderNotice reads a provider's notice by the provider's id of it.
func (r Reader) ProviderNotice(ctx context.Context, provider, event string) (exam.ProviderNotice, error) {
	return one(ctx, r.q, func(row db.Row) (n exam.ProviderNotice, err error) {
		var refund int64
		err = row.Scan(providerNoticeFields(&n, &refund)...)
		n.Refund = refund != 0
		return n, err
	}, "SELECT "+providerNoticeColumns+" FROM provider_notice h WHERE h.provider = $1 AND h.event = $2", provider, event)
}

// AddProviderNotice keeps a provider's notice in the transaction of its effect;
// false when it is kept already, and then it must have no effect again.
func (tx *Tx) AddProviderNotice(ctx context.Context, n exam.ProviderNotice) (bool, error) {
	refund := 0
	if n.Refund {
		refund = 1
	}
	added, err := tx.tx.Exec(ctx, `INSERT INTO provider_notice (id, provider, event, refund, reference, claimed, amount, currency, number, state, detail, object_id, object_version, created_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (provider, event) DO NOTHING`,
		n.ID, n.Provider, n.Event, refund, n.Reference, n.Claimed, n.Amount.Minor, n.Amount.Currency, n.Number, n.State, n.Detail, null(exam.HeardID(n.Object)),
		null(exam.HeardID(n.Version)), n.Created.UnixMicro(), us(n.Received))
	return added == 1, err
}

// ForgetOldProviderNotices drops what was received before an instant.
func (tx *Tx) ForgetOldProviderNotices(ctx context.Context, before time.Time) error {
	_, err := tx.tx.Exec(ctx, "DELETE FROM provider_notice WHERE received_at < $1", us(before))
	return err
}

// QuarantinedRow is a notice that was set aside, with what it is about.
type QuarantinedRow struct {
	exam.ProviderNotice
	OrderNumber string
	DueMinor    int64 // of our payment or refund
	DueCurrency string
}

// Quarantined lists the newest notices that were set aside, up to limit; for staff.
func (r Reader) Quarantined(ctx context.Context, limit int) ([]QuarantinedRow, error) {
	return all(ctx, r.q, func(row db.Row) (n QuarantinedRow, err error) {
		var refund int64
		err = row.Scan(append(providerNoticeFields(&n.ProviderNotice, &refund), &n.OrderNumber, &n.DueMinor, &n.DueCurrency)...)
		n.Refund = refund != 0
		return n, err
	}, "SELECT "+providerNoticeColumns+`, COALESCE(o.number, ''), COALESCE(f.amount, y.amount, 0), COALESCE(f.currency, y.currency, '') FROM provider_notice h
LEFT JOIN payment y ON y.id = h.object_id AND h.refund = 0 LEFT JOIN refund f ON f.id = h.object_id AND h.refund = 1
LEFT JOIN orders o ON o.id = COALESCE(f.order_id, y.order_id) WHERE h.state = 'quarantined' ORDER BY h.id DESC LIMIT $1`, limit)
}

// PaymentByReference reads a provider's payment by our reference of it.
func (r Reader) PaymentByReference(ctx context.Context, provider, reference string) (exam.Payment, error) {
	return one(ctx, r.q, scanPayment, "SELECT "+paymentColumns+" FROM payment y WHERE y.reference = $1 AND y.provider = $2", reference, provider)
}

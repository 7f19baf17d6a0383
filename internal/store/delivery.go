package store

import (
	"context"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// Deliveries is which mails staff look at.
type Deliveries string

const (
	DeliveryWaiting Deliveries = "owed"    // not tried yet, or about to be
	DeliveryFailing Deliveries = "failing" // tried in vain and tried again
	DeliveryDead    Deliveries = "dead"    // refused for good or given up
	DeliverySent    Deliveries = "sent"
)

var deliveryWhere = map[Deliveries]string{
	DeliveryWaiting: "w.state = 'owed' AND w.failing_at IS NULL",
	DeliveryFailing: "w.state = 'owed' AND w.failing_at IS NOT NULL",
	DeliveryDead:    "w.state = 'dead'",
	DeliverySent:    "w.state = 'sent'",
}

// isMail is true of owed mails w. Said so, no index of channels is taken for the
// narrowest: it has all mails that were ever sent.
const isMail = "COALESCE(w.channel, '') IN ('mail', 'letter', 'link')"

// DeliveryRow is an owed mail as staff see it; Person is zero for addresses
// without an account.
type DeliveryRow struct {
	exam.Owed
	Kind        exam.NoticeKind
	Person      exam.PersonID
	Email       string
	Name        string
	AccountName string
}

func scanDelivery(row db.Row) (DeliveryRow, error) {
	var d DeliveryRow
	err := row.Scan(append(owedFields(&d.Owed), &d.Kind, &d.Person, &d.Email, &d.Name, &d.AccountName)...)
	return d, err
}

const deliverySelect = "SELECT " + owedColumns + `, COALESCE(m.kind, l.kind, 'link'), COALESCE(p.id, 0), COALESCE(t.email, p.email, v.email, ''), COALESCE(p.name, v.label, ''), COALESCE(a.name, '')
FROM owed w LEFT JOIN message m ON w.channel = 'mail' AND m.id = w.target_id LEFT JOIN ticket t ON w.channel = 'link' AND t.id = w.target_id
LEFT JOIN person p ON p.id = COALESCE(m.person_id, t.person_id)
LEFT JOIN letter l ON w.channel = 'letter' AND l.id = w.target_id LEFT JOIN receiver v ON v.id = l.receiver_id
LEFT JOIN account a ON a.id = COALESCE(p.account_id, v.account_id, t.account_id)`

// Deliveries lists mails, newest first, those to an address with email not "";
// for staff.
func (r Reader) Deliveries(ctx context.Context, which Deliveries, email string, page Page) (Rows[DeliveryRow], error) {
	var b query
	b.and(isMail)
	if where := deliveryWhere[which]; where != "" {
		b.and(where)
	}
	if email != "" {
		b.and(`((w.channel = 'mail' AND w.target_id IN (SELECT q.id FROM message q JOIN person s ON s.id = q.person_id WHERE s.email = ?))
OR (w.channel = 'letter' AND w.target_id IN (SELECT k.id FROM letter k JOIN receiver u ON u.id = k.receiver_id WHERE u.email = ?))
OR (w.channel = 'link' AND w.target_id IN (SELECT d.id FROM ticket d WHERE d.email = ?)))`, email, email, email)
	}
	return paged(ctx, r.q, &b, page, deliverySelect, "w.id", func(d DeliveryRow) int64 { return int64(d.ID) }, scanDelivery)
}

// Delivery reads one mail as staff see it.
func (r Reader) Delivery(ctx context.Context, id exam.OwedID) (DeliveryRow, error) {
	return one(ctx, r.q, scanDelivery, deliverySelect+" WHERE w.id = $1", id)
}

// DeliveryCounts counts mails that are not sent; for staff.
func (r Reader) DeliveryCounts(ctx context.Context) (map[Deliveries]int, error) {
	n := map[Deliveries]int{}
	for _, d := range []Deliveries{DeliveryWaiting, DeliveryFailing, DeliveryDead} {
		c, err := one(ctx, r.q, number[int], "SELECT COUNT(*) FROM owed w WHERE "+isMail+" AND "+deliveryWhere[d])
		if err != nil {
			return nil, err
		}
		n[d] = c
	}
	return n, nil
}

package store

import (
	"context"
	"time"

	"examcode/internal/exam"
)

// Affairs counts what an erasing of a person has to know, at an instant.
func (r Reader) Affairs(ctx context.Context, p exam.Person, now time.Time) (exam.Affairs, error) {
	var f exam.Affairs
	for _, q := range []struct {
		to   *int
		sql  string
		args []any
	}{
		{&f.Registrations, "SELECT COUNT(*) FROM registration g WHERE g.person_id = $1", []any{p.ID}},
		{&f.Bound, "SELECT COUNT(*) FROM registration g WHERE g.person_id = $1 AND g.state = 'registered'", []any{p.ID}},
		{&f.Reserved, "SELECT COUNT(*) FROM registration g WHERE g.person_id = $1 AND g.state = 'reserved'", []any{p.ID}},
		{&f.Results, "SELECT COUNT(*) FROM registration g JOIN result t ON t.registration_id = g.id WHERE g.person_id = $1", []any{p.ID}},
		{&f.Notices, "SELECT COUNT(*) FROM message m WHERE m.person_id = $1", []any{p.ID}},
		{&f.Keys, "SELECT COUNT(*) FROM api_key k WHERE k.person_id = $1", []any{p.ID}},
		{&f.SignIns, "SELECT COUNT(*) FROM login l WHERE l.person_id = $1", []any{p.ID}},
		{&f.Submissions, "SELECT COUNT(*) FROM verification v WHERE v.account_id = $1 AND v.person_id = $2", []any{p.Account, p.ID}},
		{&f.Documents, "SELECT COUNT(*) FROM verification v WHERE v.account_id = $1 AND v.person_id = $2 AND v.document_id IS NOT NULL", []any{p.Account, p.ID}},
		{&f.Receivers, "SELECT COUNT(*) FROM receiver v WHERE v.state <> 'removed' AND (v.person_id = $1 OR v.email = $2)", []any{p.ID, p.Email}},
		{&f.Invitations, "SELECT COUNT(*) FROM invitation i WHERE i.state = 'open' AND i.email = $1", []any{p.Email}},
		{&f.Orders, "SELECT COUNT(*) FROM orders o WHERE o.account_id = $1 AND o.buyer_id = $2", []any{p.Account, p.ID}},
		{&f.Files, `SELECT COUNT(*) FROM export x WHERE x.kept_until > $1 AND x.blob_id IS NOT NULL
AND x.account_id IN (SELECT g.account_id FROM registration g WHERE g.person_id = $2)`, []any{us(now), p.ID}},
		{&f.OpenPayments, "SELECT COUNT(*) FROM payment y JOIN orders o ON o.id = y.order_id WHERE o.account_id = $1 AND o.state = 'pending' AND y.state IN ('pending', 'unknown')", []any{p.Account}},
		{&f.OpenRefunds, "SELECT COUNT(*) FROM refund f WHERE f.account_id = $1 AND f.state IN ('review', 'refunding')", []any{p.Account}},
		{&f.Usable, "SELECT COUNT(*) FROM code c WHERE c.account_id = $1 AND c.state IN ('unused', 'bound') AND c.expires_at > $2", []any{p.Account, us(now)}},
		{&f.Roots, "SELECT COUNT(*) FROM person q WHERE q.account_id = $1 AND q.id <> $2 AND q.role = 'root' AND q.suspended_at IS NULL", []any{p.Account, p.ID}},
		{&f.Colleagues, "SELECT COUNT(*) FROM person q WHERE q.account_id = $1 AND q.id <> $2 AND q.suspended_at IS NULL", []any{p.Account, p.ID}},
	} {
		n, err := one(ctx, r.q, number[int], q.sql, q.args...)
		if err != nil {
			return f, err
		}
		*q.to = n
	}
	return f, nil
}

// Living lists the registrations of a person that are not over.
func (r Reader) Living(ctx context.Context, p exam.PersonID) ([]exam.Registration, error) {
	return all(ctx, r.q, scanRegistration, "SELECT "+registrationColumns+" FROM registration g WHERE g.person_id = $1 AND g.state IN ('registered', 'reserved') ORDER BY g.id", p)
}

// OpenInvitationsTo lists the open invitations to an address, of all accounts.
func (r Reader) OpenInvitationsTo(ctx context.Context, email string) ([]exam.InvitationID, error) {
	return all(ctx, r.q, number[exam.InvitationID], "SELECT i.id FROM invitation i WHERE i.email = $1 AND i.state = 'open' ORDER BY i.id", email)
}

package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// affairs counts of person $1 of account $2 with e-mail $3 at instant $4, in the
// order in which Affairs scans. One question, whatever there is: codes are counted
// by their orders.
const affairs = `SELECT
(SELECT COUNT(*) FROM registration g WHERE g.person_id = $1),
(SELECT COUNT(*) FROM registration g WHERE g.person_id = $1 AND g.state = 'registered'),
(SELECT COUNT(*) FROM registration g WHERE g.person_id = $1 AND g.state = 'reserved'),
(SELECT COUNT(*) FROM registration g JOIN result t ON t.registration_id = g.id WHERE g.person_id = $1),
(SELECT COUNT(*) FROM message m WHERE m.person_id = $1),
(SELECT COUNT(*) FROM api_key k WHERE k.person_id = $1),
(SELECT COUNT(*) FROM login l WHERE l.person_id = $1),
(SELECT COUNT(*) FROM verification v WHERE v.account_id = $2 AND v.person_id = $1),
(SELECT COUNT(*) FROM verification v WHERE v.account_id = $2 AND v.person_id = $1 AND v.document_id IS NOT NULL),
(SELECT COUNT(*) FROM receiver v WHERE v.state <> 'removed' AND (v.person_id = $1 OR v.email = $3)),
(SELECT COUNT(*) FROM invitation i WHERE i.state = 'open' AND i.email = $3),
(SELECT COUNT(*) FROM orders o WHERE o.account_id = $2 AND o.buyer_id = $1),
(SELECT COUNT(*) FROM export x WHERE x.kept_until > $4 AND x.blob_id IS NOT NULL
 AND x.account_id IN (SELECT g.account_id FROM registration g WHERE g.person_id = $1)),
(SELECT COUNT(*) FROM payment y JOIN orders o ON o.id = y.order_id WHERE o.account_id = $2 AND o.state = 'pending' AND y.state IN ('pending', 'unknown')),
(SELECT COUNT(*) FROM refund f WHERE f.account_id = $2 AND f.state IN ('review', 'refunding')),
(SELECT CAST(COALESCE(SUM(k.unused + k.bound), 0) AS BIGINT) FROM orders o JOIN stock k ON k.account_id = o.account_id AND k.order_id = o.id
 WHERE o.account_id = $2 AND o.state = 'paid' AND o.expires_at > $4),
(SELECT COUNT(*) FROM person q WHERE q.account_id = $2 AND q.id <> $1 AND q.role = 'root' AND q.suspended_at IS NULL),
(SELECT COUNT(*) FROM person q WHERE q.account_id = $2 AND q.id <> $1 AND q.suspended_at IS NULL)`

// Affairs counts what an erasing of a person has to know, at an instant.
func (r Reader) Affairs(ctx context.Context, p exam.Person, now time.Time) (exam.Affairs, error) {
	return one(ctx, r.q, func(row db.Row) (f exam.Affairs, err error) {
		err = row.Scan(&f.Registrations, &f.Bound, &f.Reserved, &f.Results, &f.Notices, &f.Keys, &f.SignIns, &f.Submissions, &f.Documents, &f.Receivers,
			&f.Invitations, &f.Orders, &f.Files, &f.OpenPayments, &f.OpenRefunds, &f.Usable, &f.Roots, &f.Colleagues)
		return f, err
	}, affairs, p.ID, p.Account, p.Email, us(now))
}

// Living lists the registrations of a person that are not over.
func (r Reader) Living(ctx context.Context, p exam.PersonID) ([]exam.Registration, error) {
	return all(ctx, r.q, scanRegistration, "SELECT "+registrationColumns+" FROM registration g WHERE g.person_id = $1 AND g.state IN ('registered', 'reserved') ORDER BY g.id", p)
}

// OpenInvitationsTo lists the open invitations to an address, of all accounts.
func (r Reader) OpenInvitationsTo(ctx context.Context, email string) ([]exam.InvitationID, error) {
	return all(ctx, r.q, number[exam.InvitationID], "SELECT i.id FROM invitation i WHERE i.email = $1 AND i.state = 'open' ORDER BY i.id", email)
}

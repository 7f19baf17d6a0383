package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const ticketColumns = "t.id, t.kind, t.account_id, COALESCE(t.person_id, 0), COALESCE(t.invitation_id, 0), t.email, t.lang, t.state, t.created_at, t.expires_at"

func ticketFields(t *exam.Ticket) []any {
	return []any{&t.ID, &t.Kind, &t.Account, &t.Person, &t.Invitation, &t.Email, &t.Lang, &t.State, (*when)(&t.Created), (*when)(&t.Expires)}
}

// Ticket finds a one-time link by the hash of its token.
func (r Reader) Ticket(ctx context.Context, token []byte) (exam.Ticket, error) {
	return one(ctx, r.q, func(row db.Row) (exam.Ticket, error) {
		var t exam.Ticket
		err := row.Scan(ticketFields(&t)...)
		return t, err
	}, "SELECT "+ticketColumns+" FROM ticket t WHERE t.token = $1", token)
}

// AddTicket stores a one-time link by the hash of its token and owes its mail.
// The sealed token is there until that mail is settled.
func (tx *Tx) AddTicket(ctx context.Context, t exam.Ticket, token, sealed []byte) error {
	if err := tx.exec(ctx, 1, `INSERT INTO ticket (id, token, sealed, kind, account_id, person_id, invitation_id, email, lang, state, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, t.ID, token, sealed, t.Kind, t.Account, null(t.Person), null(t.Invitation), t.Email, t.Lang, t.State,
		us(t.Created), us(t.Expires)); err != nil {
		return err
	}
	return tx.owe(ctx, exam.ByLink, int64(t.ID), t.Account, t.Created)
}

// EndTickets ends the open links of a kind that a person was sent.
func (tx *Tx) EndTickets(ctx context.Context, p exam.PersonID, kind exam.TicketKind, as exam.TicketState) error {
	_, err := tx.tx.Exec(ctx, "UPDATE ticket SET state = $1, sealed = NULL WHERE person_id = $2 AND kind = $3 AND state = 'open'", as, p, kind)
	return err
}

// EndInvitationTickets ends the open links of an invitation.
func (tx *Tx) EndInvitationTickets(ctx context.Context, i exam.InvitationID, as exam.TicketState) error {
	_, err := tx.tx.Exec(ctx, "UPDATE ticket SET state = $1, sealed = NULL WHERE invitation_id = $2 AND state = 'open'", as, i)
	return err
}

// OwedLink is the mail of a one-time link that is owed.
type OwedLink struct {
	exam.Owed
	Ticket exam.Ticket
	Sealed []byte // nil when the link is no longer good
	Name   string // of the receiver; "" for somebody invited
	From   string // who invites
	Rights exam.Rights
	About  string // name of the account
	Zone   string // of the account
	Gone   bool   // the receiver was removed
}

// OwedLink reads one owed mail of a link with all it needs.
func (r Reader) OwedLink(ctx context.Context, id exam.OwedID) (OwedLink, error) {
	return one(ctx, r.q, func(row db.Row) (OwedLink, error) {
		var (
			o         OwedLink
			suspended time.Time
		)
		fields := append(append(owedFields(&o.Owed), ticketFields(&o.Ticket)...), &o.Sealed, &o.Name, &o.From, &o.Rights, &o.About, &o.Zone, (*when)(&suspended))
		err := row.Scan(fields...)
		o.Gone = !suspended.IsZero()
		return o, err
	}, "SELECT "+owedColumns+", "+ticketColumns+`, t.sealed,
COALESCE(p.name, ''), COALESCE(b.name, ''), COALESCE(i.rights, 0), a.name, a.zone, p.suspended_at
FROM owed w JOIN ticket t ON t.id = w.target_id JOIN account a ON a.id = t.account_id
LEFT JOIN person p ON p.id = t.person_id LEFT JOIN invitation i ON i.id = t.invitation_id LEFT JOIN person b ON b.id = i.by_id
WHERE w.channel = 'link' AND w.id = $1`, id)
}

// forgetSealed drops the token of a link whose mail is settled.
func (tx *Tx) forgetSealed(ctx context.Context, t exam.TicketID) error {
	_, err := tx.tx.Exec(ctx, "UPDATE ticket SET sealed = NULL WHERE id = $1", t)
	return err
}

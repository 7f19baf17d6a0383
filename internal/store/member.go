package store

import (
	"context"
	"errors"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

// LockPeople locks people: shared for what they do, exclusive for what changes
// who they are. Their sessions and keys are touched after that only.
func (tx *Tx) LockPeople(ctx context.Context, mode db.LockMode, ids ...exam.PersonID) error {
	return lock(ctx, tx.tx, "person", mode, ids)
}

// SavePerson stores a change of a person.
func (tx *Tx) SavePerson(ctx context.Context, p exam.Person, e exam.Event) error {
	if err := tx.exec(ctx, 1, `UPDATE person SET name = $1, role = $2, rights = $3, lang = $4, suspended_at = $5, confirmed_at = $6, version = $7
WHERE id = $8 AND version = $9`, p.Name, p.Role, p.Rights, p.Lang, us(p.Suspended), us(p.Confirmed), p.Version, p.ID, p.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// SetPassword is part of a change of a person, which has the event.
func (tx *Tx) SetPassword(ctx context.Context, p exam.PersonID, password string) error {
	return tx.exec(ctx, 1, "UPDATE person SET password = $1 WHERE id = $2", password, p)
}

// Colleague is a person of an account as the account's people see them.
type Colleague struct {
	exam.Person
	Keys int // living API keys
}

const colleagueSelect = "SELECT " + personColumns + `, (SELECT COUNT(*) FROM api_key k WHERE k.person_id = p.id AND k.revoked_at IS NULL)
FROM person p WHERE p.account_id = $1 AND p.suspended_at IS NULL`

func scanColleague(row db.Row) (Colleague, error) {
	var c Colleague
	err := row.Scan(append(personFields(&c.Person), &c.Keys)...)
	return c, err
}

// Members lists the people who belong to an account, oldest first.
func (r Reader) Members(ctx context.Context, account exam.AccountID) ([]Colleague, error) {
	return all(ctx, r.q, scanColleague, colleagueSelect+" ORDER BY p.id LIMIT 1000", account)
}

// Member reads one of the people who belong to an account.
func (r Reader) Member(ctx context.Context, account exam.AccountID, id exam.PersonID) (Colleague, error) {
	return one(ctx, r.q, scanColleague, colleagueSelect+" AND p.id = $2", account, id)
}

// known is nil when there is no such person.
func (r Reader) known(ctx context.Context, email string) (*exam.Person, error) {
	p, err := r.PersonByEmail(ctx, email)
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	return &p, err
}

// InvitationRow is an invitation with what its reader wants to know.
type InvitationRow struct {
	exam.Invitation
	AccountName string
	Zone        string // of the account
	ByName      string
	Known       *exam.Person // who has the address already; of Invited only
}

const invitationSelect = `SELECT i.id, i.account_id, i.email, i.rights, i.lang, i.state, i.by_id, i.sent_at, i.expires_at, i.settled_at, COALESCE(i.person_id, 0), i.created_at, i.version,
a.name, a.zone, b.name FROM invitation i JOIN account a ON a.id = i.account_id JOIN person b ON b.id = i.by_id`

func scanInvitation(row db.Row) (InvitationRow, error) {
	var i InvitationRow
	err := row.Scan(&i.ID, &i.Account, &i.Email, &i.Rights, &i.Lang, &i.State, &i.By, (*when)(&i.Sent), (*when)(&i.Expires), (*when)(&i.Settled), &i.Person, (*when)(&i.Created), &i.Version,
		&i.AccountName, &i.Zone, &i.ByName)
	return i, err
}

// Invitations lists the invitations of an account, newest first.
func (r Reader) Invitations(ctx context.Context, account exam.AccountID, state exam.InvitationState, page Page) (Rows[InvitationRow], error) {
	var b query
	b.and("i.account_id = ?", account)
	if state != "" {
		b.and("i.state = ?", state)
	}
	return paged(ctx, r.q, &b, page, invitationSelect, "i.id", func(i InvitationRow) int64 { return int64(i.ID) }, scanInvitation)
}

// Invitation reads one invitation of an account.
func (r Reader) Invitation(ctx context.Context, account exam.AccountID, id exam.InvitationID) (InvitationRow, error) {
	return one(ctx, r.q, scanInvitation, invitationSelect+" WHERE i.account_id = $1 AND i.id = $2", account, id)
}

// Invited reads an invitation for the holder of its link, with the person who
// has its address, if there is one.
func (r Reader) Invited(ctx context.Context, id exam.InvitationID) (InvitationRow, error) {
	i, err := one(ctx, r.q, scanInvitation, invitationSelect+" WHERE i.id = $1", id)
	if err != nil {
		return i, err
	}
	i.Known, err = r.known(ctx, i.Email)
	return i, err
}

// AddInvitation stores a new invitation; a second open one for the same address
// is exam.ErrInvitationOpen.
func (tx *Tx) AddInvitation(ctx context.Context, i exam.Invitation, e exam.Event) error {
	n, err := tx.tx.Exec(ctx, `INSERT INTO invitation (id, account_id, email, rights, lang, state, by_id, sent_at, expires_at, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (account_id, email) WHERE state = 'open' DO NOTHING`,
		i.ID, i.Account, i.Email, i.Rights, i.Lang, i.State, i.By, us(i.Sent), us(i.Expires), us(i.Created), i.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return exam.ErrInvitationOpen.On("email")
	}
	return tx.AddEvents(ctx, e)
}

// SaveInvitation stores that an invitation was sent again or revoked.
func (tx *Tx) SaveInvitation(ctx context.Context, i exam.Invitation, e exam.Event) error {
	if err := tx.saveInvitation(ctx, i); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

func (tx *Tx) saveInvitation(ctx context.Context, i exam.Invitation) error {
	return tx.exec(ctx, 1, "UPDATE invitation SET state = $1, by_id = $2, sent_at = $3, expires_at = $4, settled_at = $5, person_id = $6, version = $7 WHERE id = $8 AND version = $9",
		i.State, i.By, us(i.Sent), us(i.Expires), us(i.Settled), null(i.Person), i.Version, i.ID, i.Version-1)
}

// Join stores that an invitation was accepted by a new person, or by one who
// was removed before; the person's event speaks for both.
func (tx *Tx) Join(ctx context.Context, i exam.Invitation, p exam.Person, password string, e exam.Event) error {
	if p.Version == 1 {
		if err := tx.AddPerson(ctx, p, password, e); err != nil {
			return err
		}
		return tx.saveInvitation(ctx, i)
	}
	if err := tx.SavePerson(ctx, p, e); err != nil {
		return err
	}
	if err := tx.SetPassword(ctx, p.ID, password); err != nil {
		return err
	}
	return tx.saveInvitation(ctx, i)
}

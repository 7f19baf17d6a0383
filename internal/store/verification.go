package store

import (
	"context"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const verificationColumns = "v.id, v.account_id, v.person_id, v.kind, v.legal_name, v.registration_number, v.country, v.document_kind, COALESCE(v.document_id, 0), v.state, v.reason, v.note, v.submitted_at, v.decided_at, COALESCE(v.decided_by, 0), v.version"

// VerificationRow is a verification with who sent it. The sealed document
// number is for the reviewer's page alone.
type VerificationRow struct {
	exam.Verification
	AccountName  string
	PersonName   string
	Email        string
	SealedNumber []byte
}

func scanVerification(row db.Row) (VerificationRow, error) {
	var v VerificationRow
	err := row.Scan(&v.ID, &v.Account, &v.Person, &v.Kind, &v.LegalName, &v.RegNumber, &v.Country, &v.DocumentKind, &v.Document,
		&v.State, &v.Reason, &v.Note, (*when)(&v.Submitted), (*when)(&v.Decided), &v.DecidedBy, &v.Version,
		&v.AccountName, &v.PersonName, &v.Email, &v.SealedNumber)
	return v, err
}

const verificationSelect = "SELECT " + verificationColumns + `, a.name, p.name, p.email, v.document_number
FROM verification v JOIN account a ON a.id = v.account_id JOIN person p ON p.id = v.person_id`

// Verification reads one submission; for staff.
func (r Reader) Verification(ctx context.Context, id exam.VerificationID) (VerificationRow, error) {
	return one(ctx, r.q, scanVerification, verificationSelect+" WHERE v.id = $1", id)
}

// VerificationsOf lists an account's submissions, newest first.
func (r Reader) VerificationsOf(ctx context.Context, a exam.AccountID) ([]VerificationRow, error) {
	return all(ctx, r.q, scanVerification, verificationSelect+" WHERE v.account_id = $1 ORDER BY v.id DESC LIMIT 100", a)
}

// Verifications lists submissions of all accounts; state "" is every state.
func (r Reader) Verifications(ctx context.Context, state exam.VerificationState, page Page) (Rows[VerificationRow], error) {
	var b query
	if state != "" {
		b.and("v.state = ?", state)
	}
	return paged(ctx, r.q, &b, page, verificationSelect, "v.id", func(v VerificationRow) int64 { return int64(v.ID) }, scanVerification)
}

// OldestWaiting is the submission that waits longest, but for some.
func (r Reader) OldestWaiting(ctx context.Context, but exam.VerificationID) (VerificationRow, error) {
	return one(ctx, r.q, scanVerification, verificationSelect+" WHERE v.state = 'waiting' AND v.id <> $1 ORDER BY v.id LIMIT 1", but)
}

// AddVerification stores a submission and the account's new standing.
func (tx *Tx) AddVerification(ctx context.Context, v exam.Verification, sealed []byte, a exam.Account, e exam.Event) error {
	var number any
	if sealed != nil {
		number = sealed
	}
	if err := tx.exec(ctx, 1, `INSERT INTO verification (id, account_id, person_id, kind, legal_name, registration_number, country, document_kind, document_number, document_id, state, reason, note, submitted_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', $12, $13)`,
		v.ID, v.Account, v.Person, v.Kind, v.LegalName, v.RegNumber, v.Country, v.DocumentKind, number, null(v.Document), v.State, us(v.Submitted), v.Version); err != nil {
		return err
	}
	if err := tx.saveAccount(ctx, a); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// SaveVerification stores the decision and the account's new standing.
func (tx *Tx) SaveVerification(ctx context.Context, v exam.Verification, a exam.Account, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE verification SET state = $1, reason = $2, note = $3, decided_at = $4, decided_by = $5, version = $6 WHERE id = $7 AND version = $8",
		v.State, v.Reason, v.Note, us(v.Decided), null(v.DecidedBy), v.Version, v.ID, v.Version-1); err != nil {
		return err
	}
	if err := tx.saveAccount(ctx, a); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

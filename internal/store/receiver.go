package store

import (
	"context"
	"strings"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const receiverColumns = "v.id, v.account_id, COALESCE(v.person_id, 0), v.email, v.label, v.lang, v.categories, v.state, v.asked_at, v.confirmed_at, v.created_at, v.ended_at, v.version"

// categories scans words separated by spaces.
type categories struct{ to *[]string }

func (c categories) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*c.to = strings.Fields(v)
	case []byte:
		*c.to = strings.Fields(string(v))
	}
	return nil
}

func receiverFields(v *exam.Receiver) []any {
	return []any{&v.ID, &v.Account, &v.Person, &v.Email, &v.Label, &v.Lang, categories{&v.Categories}, &v.State,
		(*when)(&v.Asked), (*when)(&v.Confirmed), (*when)(&v.Created), (*when)(&v.Ended), &v.Version}
}

func scanReceiver(row db.Row) (exam.Receiver, error) {
	var v exam.Receiver
	err := row.Scan(receiverFields(&v)...)
	return v, err
}

// Receivers lists who else is told about an account's affairs, oldest first,
// without those who were removed.
func (r Reader) Receivers(ctx context.Context, account exam.AccountID) ([]exam.Receiver, error) {
	return all(ctx, r.q, scanReceiver, "SELECT "+receiverColumns+" FROM receiver v WHERE v.account_id = $1 AND v.state <> 'removed' ORDER BY v.id", account)
}

// Receiver reads one receiver of an account, also a removed one.
func (r Reader) Receiver(ctx context.Context, account exam.AccountID, id exam.ReceiverID) (exam.Receiver, error) {
	return one(ctx, r.q, scanReceiver, "SELECT "+receiverColumns+" FROM receiver v WHERE v.account_id = $1 AND v.id = $2", account, id)
}

// AnyReceiver reads a receiver of any account, for those who hold its link.
func (r Reader) AnyReceiver(ctx context.Context, id exam.ReceiverID) (exam.Receiver, error) {
	return one(ctx, r.q, scanReceiver, "SELECT "+receiverColumns+" FROM receiver v WHERE v.id = $1", id)
}

// AddReceiver stores a new receiver; one that the account has already is
// exam.ErrReceiverKnown.
func (tx *Tx) AddReceiver(ctx context.Context, v exam.Receiver, e exam.Event) error {
	n, err := tx.tx.Exec(ctx, `INSERT INTO receiver (id, account_id, person_id, email, label, lang, categories, state, asked_at, confirmed_at, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`, v.ID, v.Account, null(v.Person), v.Email, v.Label, v.Lang,
		strings.Join(v.Categories, " "), v.State, us(v.Asked), us(v.Confirmed), us(v.Created), v.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return exam.ErrReceiverKnown.On("email")
	}
	return tx.AddEvents(ctx, e)
}

// SaveReceiver stores a changed receiver.
func (tx *Tx) SaveReceiver(ctx context.Context, v exam.Receiver, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE receiver SET label = $1, lang = $2, categories = $3, state = $4, asked_at = $5, confirmed_at = $6, ended_at = $7, version = $8 WHERE id = $9 AND version = $10",
		v.Label, v.Lang, strings.Join(v.Categories, " "), v.State, us(v.Asked), us(v.Confirmed), us(v.Ended), v.Version, v.ID, v.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// Write owes a mail about a notice to receivers without an account, once each.
func (tx *Tx) Write(ctx context.Context, n exam.Notice, to ...exam.Receiver) error {
	for _, v := range to {
		id := exam.LetterID(tx.ids.Next())
		written, err := tx.tx.Exec(ctx, `INSERT INTO letter (id, receiver_id, kind, about_id, about_version, link, data, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (receiver_id, kind, about_id, about_version) DO NOTHING`,
			id, v.ID, n.Kind, n.About, n.Version, n.Link, dataText(n.Data), us(n.Created))
		if err != nil {
			return err
		}
		if written == 0 {
			continue
		}
		if err := tx.owe(ctx, exam.ByLetter, int64(id), v.Account, n.Created); err != nil {
			return err
		}
	}
	return nil
}

package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const accountColumns = "a.id, a.kind, a.name, a.zone, a.verified, a.created_at, a.version"

func scanAccount(row db.Row) (exam.Account, error) {
	var a exam.Account
	err := row.Scan(&a.ID, &a.Kind, &a.Name, &a.Zone, &a.Verified, (*when)(&a.Created), &a.Version)
	return a, err
}

// Account reads one account.
func (r Reader) Account(ctx context.Context, id exam.AccountID) (exam.Account, error) {
	return one(ctx, r.q, scanAccount, "SELECT "+accountColumns+" FROM account a WHERE a.id = $1", id)
}

// Accounts lists accounts of a kind (of all, with ""), newest first.
func (r Reader) Accounts(ctx context.Context, kind exam.AccountKind, page Page) (Rows[exam.Account], error) {
	var b query
	if kind != "" {
		b.and("a.kind = ?", kind)
	}
	return paged(ctx, r.q, &b, page, "SELECT "+accountColumns+" FROM account a", "a.id",
		func(a exam.Account) int64 { return int64(a.ID) }, scanAccount)
}

// AddAccount stores a new account with its first person. A taken e-mail is
// exam.ErrEmailTaken.
func (tx *Tx) AddAccount(ctx context.Context, a exam.Account, p exam.Person, password string, e exam.Event) error {
	if err := tx.exec(ctx, 1, `INSERT INTO account (id, kind, name, zone, verified, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)`, a.ID, a.Kind, a.Name, a.Zone, a.Verified, us(a.Created), a.Version); err != nil {
		return err
	}
	return tx.AddPerson(ctx, p, password, e)
}

// saveAccount is part of a verification's change; the event is the verification's.
func (tx *Tx) saveAccount(ctx context.Context, a exam.Account) error {
	return tx.exec(ctx, 1, "UPDATE account SET name = $1, zone = $2, verified = $3, version = $4 WHERE id = $5 AND version = $6",
		a.Name, a.Zone, a.Verified, a.Version, a.ID, a.Version-1)
}

const personColumns = "p.id, p.account_id, p.email, p.name, p.role, p.rights, p.lang, p.theme, p.created_at, p.suspended_at, p.confirmed_at, p.seen_at, p.erased_at, p.version"

func scanPerson(row db.Row) (exam.Person, error) {
	var p exam.Person
	err := row.Scan(personFields(&p)...)
	return p, err
}

func personFields(p *exam.Person) []any {
	return []any{&p.ID, &p.Account, &p.Email, &p.Name, &p.Role, &p.Rights, &p.Lang, &p.Theme, (*when)(&p.Created), (*when)(&p.Suspended),
		(*when)(&p.Confirmed), (*when)(&p.Seen), (*when)(&p.Erased), &p.Version}
}

// AddPerson stores a new person of an account; a taken e-mail is exam.ErrEmailTaken.
func (tx *Tx) AddPerson(ctx context.Context, p exam.Person, password string, e exam.Event) error {
	n, err := tx.tx.Exec(ctx, `INSERT INTO person (id, account_id, email, name, password, role, rights, lang, theme, created_at, confirmed_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (email) DO NOTHING`,
		p.ID, p.Account, p.Email, p.Name, password, p.Role, p.Rights, p.Lang, p.Theme, us(p.Created), us(p.Confirmed), p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return exam.ErrEmailTaken.On("email")
	}
	return tx.AddEvents(ctx, e)
}

// SetSettings changes what a person sees, nothing they own: it has no event.
func (tx *Tx) SetSettings(ctx context.Context, id exam.PersonID, lang, theme string) error {
	return tx.exec(ctx, 1, "UPDATE person SET lang = $1, theme = $2 WHERE id = $3", lang, theme, id)
}

// Person reads one person.
func (r Reader) Person(ctx context.Context, id exam.PersonID) (exam.Person, error) {
	return one(ctx, r.q, scanPerson, "SELECT "+personColumns+" FROM person p WHERE p.id = $1", id)
}

// People lists the people of an account, oldest first.
func (r Reader) People(ctx context.Context, account exam.AccountID) ([]exam.Person, error) {
	return all(ctx, r.q, scanPerson, "SELECT "+personColumns+" FROM person p WHERE p.account_id = $1 ORDER BY p.id LIMIT 1000", account)
}

// Credentials is what signing in needs.
type Credentials struct {
	Person   exam.PersonID
	Password string // PHC text
	Lang     string
}

// CredentialsOf finds the person with a normalised e-mail.
func (r Reader) CredentialsOf(ctx context.Context, email string) (Credentials, error) {
	return one(ctx, r.q, func(row db.Row) (Credentials, error) {
		var c Credentials
		err := row.Scan(&c.Person, &c.Password, &c.Lang)
		return c, err
	}, "SELECT p.id, p.password, p.lang FROM person p WHERE p.email = $1", email)
}

// Identity is who is behind a session or a key, read in one statement.
type Identity struct {
	Actor     exam.Actor
	Person    exam.Person
	Account   exam.Account
	Seen      time.Time // of the session or key
	Fresh     time.Time // last time the password was given; sessions only
	SignedIn  time.Time
	KeyName   string
	Suspended bool
}

func scanIdentity(row db.Row, more ...any) (Identity, error) {
	var i Identity
	fields := append(append(personFields(&i.Person), &i.Account.ID, &i.Account.Kind, &i.Account.Name, &i.Account.Zone, &i.Account.Verified,
		(*when)(&i.Account.Created), &i.Account.Version, (*when)(&i.SignedIn), (*when)(&i.Seen), (*when)(&i.Fresh), &i.Actor.Key, &i.KeyName), more...)
	if err := row.Scan(fields...); err != nil {
		return i, err
	}
	p := i.Person
	i.Suspended = !p.Suspended.IsZero()
	i.Actor.Person, i.Actor.Account, i.Actor.Kind, i.Actor.Role = p.ID, p.Account, i.Account.Kind, p.Role
	i.Actor.Rights, i.Actor.Verified, i.Actor.Name = p.Rights, i.Account.Verified, p.Name
	return i, nil
}

func identity(row db.Row) (Identity, error) { return scanIdentity(row) }

const identitySelect = "SELECT " + personColumns + ", " + accountColumns

// IdentityOf reads a person as an actor without a session.
func (r Reader) IdentityOf(ctx context.Context, id exam.PersonID) (Identity, error) {
	return one(ctx, r.q, identity, identitySelect+`, 0, 0, 0, 0, ''
FROM person p JOIN account a ON a.id = p.account_id WHERE p.id = $1`, id)
}

// IdentitiesOf is IdentityOf for many; who does not exist is missing.
func (r Reader) IdentitiesOf(ctx context.Context, ids ...exam.PersonID) ([]Identity, error) {
	return byID(ctx, r.q, identity, identitySelect+", 0, 0, 0, 0, '' FROM person p JOIN account a ON a.id = p.account_id", "p.id", ids)
}

// IdentitiesBySession finds who hold session tokens, by their hashes; a token that
// nobody holds is missing.
func (r Reader) IdentitiesBySession(ctx context.Context, tokens [][]byte) (map[string]Identity, error) {
	return r.identitiesBy(ctx, tokens, `, l.created_at, l.seen_at, l.fresh_at, 0, '', l.token
FROM login l JOIN person p ON p.id = l.person_id JOIN account a ON a.id = p.account_id WHERE l.token IN `)
}

// IdentitiesByKey finds who hold living API keys, by their hashes; a key that
// nobody holds is missing.
func (r Reader) IdentitiesByKey(ctx context.Context, tokens [][]byte) (map[string]Identity, error) {
	return r.identitiesBy(ctx, tokens, `, k.created_at, COALESCE(k.used_at, 0), 0, k.id, k.name, k.token
FROM api_key k JOIN person p ON p.id = k.person_id JOIN account a ON a.id = p.account_id WHERE k.revoked_at IS NULL AND k.token IN `)
}

func (r Reader) identitiesBy(ctx context.Context, tokens [][]byte, where string) (map[string]Identity, error) {
	type holder struct {
		token []byte
		Identity
	}
	found := make(map[string]Identity, len(tokens))
	for part := range slices.Chunk(tokens, 512) {
		args := repeated(anys(part))
		list, err := all(ctx, r.q, func(row db.Row) (h holder, err error) {
			h.Identity, err = scanIdentity(row, &h.token)
			return h, err
		}, identitySelect+where+list(1, len(args)), args...)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			found[string(h.token)] = h.Identity
		}
	}
	return found, nil
}

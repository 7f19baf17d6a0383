package store

import (
	"context"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const keyColumns = "k.id, COALESCE(k.parent_id, 0), k.person_id, k.account_id, k.name, k.tail, k.created_at, k.used_at, k.revoked_at"

func scanKey(row db.Row) (exam.Key, error) {
	var k exam.Key
	err := row.Scan(&k.ID, &k.Parent, &k.Person, &k.Account, &k.Name, &k.Tail, (*when)(&k.Created), (*when)(&k.Used), (*when)(&k.Revoked))
	return k, err
}

// Keys lists the API keys of a person, newest first.
func (r Reader) Keys(ctx context.Context, p exam.PersonID) ([]exam.Key, error) {
	return all(ctx, r.q, scanKey, "SELECT "+keyColumns+" FROM api_key k WHERE k.person_id = $1 ORDER BY k.id DESC LIMIT 200", p)
}

// Key reads one key of a person.
func (r Reader) Key(ctx context.Context, p exam.PersonID, id exam.KeyID) (exam.Key, error) {
	return one(ctx, r.q, scanKey, "SELECT "+keyColumns+" FROM api_key k WHERE k.person_id = $1 AND k.id = $2", p, id)
}

// AddKey stores a new key by the hash of its text.
func (tx *Tx) AddKey(ctx context.Context, k exam.Key, token []byte, e exam.Event) error {
	if err := tx.exec(ctx, 1, "INSERT INTO api_key (id, parent_id, token, person_id, account_id, name, tail, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		k.ID, null(k.Parent), token, k.Person, k.Account, k.Name, k.Tail, us(k.Created)); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// RevokeKey stores that a key is revoked.
func (tx *Tx) RevokeKey(ctx context.Context, k exam.Key, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", us(k.Revoked), k.ID); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// LockKey locks a key: shared to make another with it, exclusive to revoke it.
func (tx *Tx) LockKey(ctx context.Context, mode db.LockMode, id exam.KeyID) error {
	return lock(ctx, tx.tx, "api_key", mode, []exam.KeyID{id})
}

// KeysBelow lists the living keys that were made with a key, and with those.
func (r Reader) KeysBelow(ctx context.Context, id exam.KeyID) ([]exam.Key, error) {
	return all(ctx, r.q, scanKey, `WITH RECURSIVE made (id) AS (
SELECT c.id FROM api_key c WHERE c.parent_id = $1 UNION SELECT c.id FROM api_key c JOIN made m ON c.parent_id = m.id)
SELECT `+keyColumns+" FROM api_key k WHERE k.revoked_at IS NULL AND k.id IN (SELECT m.id FROM made m) ORDER BY k.id", id)
}

// LivingKeys lists all keys of a person that are not revoked.
func (r Reader) LivingKeys(ctx context.Context, p exam.PersonID) ([]exam.Key, error) {
	return all(ctx, r.q, scanKey, "SELECT "+keyColumns+" FROM api_key k WHERE k.person_id = $1 AND k.revoked_at IS NULL ORDER BY k.id", p)
}

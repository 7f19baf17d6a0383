package store

import (
	"context"
	"fmt"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// keeping is a rule that ends what is past its period: rows for which over is
// true, where $1 is the instant before which they are too old.
type keeping struct {
	name  exam.KeptThing
	table string // with the alias that over uses
	over  string
	end   []string // statements on one row, $1 its id, when it is ended by id; else
	all   string   // one statement on all of them, $1 as above
	trail bool     // the names in its events are forgotten too
}

const pseudonymous = "LIKE 'erased-%@erased.invalid' ESCAPE '!'"

var keepings = []keeping{
	{name: exam.KeptSignIns, table: "login l", over: "l.seen_at < $1", all: "DELETE FROM login WHERE seen_at < $1"},
	{name: exam.KeptSessions, table: "login l", over: "l.created_at < $1", all: "DELETE FROM login WHERE created_at < $1"},
	{name: exam.KeptTries, table: "rate_limit l", over: "l.tat < $1", all: "DELETE FROM rate_limit WHERE tat < $1"},
	{name: exam.KeptLinks, table: "ticket t", over: "t.expires_at < $1", all: "DELETE FROM ticket WHERE expires_at < $1"},
	{name: exam.KeptAnswers, table: "idempotency i", over: "i.created_at < $1", all: "DELETE FROM idempotency WHERE created_at < $1"},
	{name: exam.KeptResultFiles, table: "result_file f", over: "f.created_at < $1", all: "DELETE FROM result_file WHERE created_at < $1"},
	{name: exam.KeptSearches, table: "export x", over: "x.asked <> '' AND x.finished_at < $1 AND (x.state <> 'ready' OR x.kept_until < $1)",
		all: "UPDATE export SET asked = '' WHERE asked <> '' AND finished_at < $1 AND (state <> 'ready' OR kept_until < $1)"},
	{name: exam.KeptFiles, table: "export x", over: "x.blob_id IS NOT NULL AND x.state = 'ready' AND x.kept_until < $1"},
	{name: exam.KeptLetters, table: "letter l", over: "l.data <> '{}' AND l.created_at < $1", end: []string{
		"UPDATE owed SET state = 'cancelled', detail = '', failing_at = NULL, settled_at = COALESCE(settled_at, created_at) WHERE channel = 'letter' AND target_id = $1 AND state IN ('owed', 'dead')",
		"UPDATE letter SET data = '{}', link = '' WHERE id = $1"}},
	{name: exam.KeptRefusals, table: "owed w", over: "w.state = 'dead' AND w.detail <> '' AND w.settled_at < $1", end: []string{"UPDATE owed SET detail = '' WHERE id = $1"}},
	{name: exam.KeptDocuments, table: "verification v", over: "(v.document_id IS NOT NULL OR v.document_number IS NOT NULL) AND v.decided_at < $1"},
	{name: exam.KeptReceivers, table: "receiver v", over: "v.state = 'removed' AND (v.label <> '' OR (v.email <> '' AND v.email NOT " + pseudonymous + ")) AND v.ended_at < $1", trail: true, end: []string{
		"UPDATE receiver SET label = '', email = CASE WHEN email = '' THEN '' ELSE 'erased-' || CAST(id AS TEXT) || '@erased.invalid' END WHERE id = $1"}},
	{name: exam.KeptInvitations, table: "invitation i", over: "i.state <> 'accepted' AND i.email NOT " + pseudonymous + " AND COALESCE(i.settled_at, i.expires_at) < $1", trail: true, end: []string{
		"UPDATE invitation SET email = 'erased-' || CAST(id AS TEXT) || '@erased.invalid', settled_at = COALESCE(settled_at, expires_at), version = CASE WHEN state = 'open' THEN version + 1 ELSE version END, state = 'revoked' WHERE id = $1"}},
}

// EndOver ends up to limit things of a kind that are older than an instant; more
// tells that there may be others.
func (tx *Tx) EndOver(ctx context.Context, what exam.KeptThing, before time.Time, limit int) (more bool, err error) {
	for _, k := range keepings {
		if k.name != what {
			continue
		}
		if k.all != "" {
			return false, tx.run(ctx, []any{us(before)}, k.all)
		}
		alias := k.table[len(k.table)-1:]
		ids, err := all(ctx, tx.q, number[int64], "SELECT "+alias+".id FROM "+k.table+" WHERE "+k.over+" ORDER BY "+alias+".id LIMIT $2", us(before), limit)
		if err != nil || len(ids) == 0 {
			return false, err
		}
		if k.trail {
			if err := tx.forgetInTrail(ctx, ids); err != nil {
				return false, err
			}
		}
		for _, id := range ids {
			if err := tx.run(ctx, []any{id}, k.end...); err != nil {
				return false, err
			}
			if what == exam.KeptDocuments {
				if err := tx.dropDocument(ctx, id); err != nil {
					return false, err
				}
			}
		}
		return len(ids) == limit, nil
	}
	return false, fmt.Errorf("store: nothing is kept as %q", what)
}

// dropDocument forgets number and file of a decided verification.
func (tx *Tx) dropDocument(ctx context.Context, id int64) error {
	blob, err := one(ctx, tx.q, number[exam.BlobID], "SELECT COALESCE(v.document_id, 0) FROM verification v WHERE v.id = $1", id)
	if err != nil {
		return err
	}
	if err := tx.run(ctx, []any{id}, "UPDATE verification SET document_id = NULL, document_number = NULL WHERE id = $1"); err != nil || blob == 0 {
		return err
	}
	return tx.run(ctx, []any{blob}, "DELETE FROM blob_chunk WHERE blob_id = $1", "DELETE FROM blob WHERE id = $1")
}

// Swept notes that nothing of a kind is older than an instant any more.
func (tx *Tx) Swept(ctx context.Context, what exam.KeptThing, before time.Time) error {
	_, err := tx.tx.Exec(ctx, "INSERT INTO swept (name, before_us) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET before_us = excluded.before_us", what, us(before))
	return err
}

// nothingOver looks for what is older than the last sweep of its kind left.
func (r Reader) nothingOver(ctx context.Context) (Verified, error) {
	v := Verified{ID: "D-1", Says: "nothing is kept past its period"}
	type mark struct {
		name   exam.KeptThing
		before int64
	}
	marks, err := all(ctx, r.q, func(row db.Row) (m mark, err error) {
		return m, row.Scan(&m.name, &m.before)
	}, "SELECT s.name, s.before_us FROM swept s ORDER BY s.name")
	if err != nil {
		return v, err
	}
	for _, m := range marks {
		for _, k := range keepings {
			if k.name != m.name {
				continue
			}
			n, err := one(ctx, r.q, number[int64], "SELECT COUNT(*) FROM "+k.table+" WHERE "+k.over, m.before)
			if err != nil {
				return v, err
			}
			v.Checked++
			v.Violations += n
		}
	}
	return v, nil
}

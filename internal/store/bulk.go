package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const bulkSelect = "SELECT k.id, k.account_id, k.person_id, k.verb, k.new_text, k.state, k.total, k.settled, k.channel, COALESCE(k.key_id, 0), k.request, k.created_at, k.begun_at, k.finished_at, k.version FROM bulk k"

func scanBulk(row db.Row) (exam.Bulk, error) {
	var (
		b     exam.Bulk
		texts int64
	)
	err := row.Scan(&b.ID, &b.Account, &b.Person, &b.Verb, &texts, &b.State, &b.Total, &b.Settled, &b.Channel, &b.Key, &b.Request,
		(*when)(&b.Created), (*when)(&b.Begun), (*when)(&b.Finished), &b.Version)
	b.NewText = texts != 0
	return b, err
}

// Bulk reads a bulk of an account (of any, with zero).
func (r Reader) Bulk(ctx context.Context, account exam.AccountID, id exam.BulkID) (exam.Bulk, error) {
	return one(ctx, r.q, scanBulk, bulkSelect+" WHERE k.id = $1 AND (k.account_id = $2 OR $2 = 0)", id, int64(account))
}

// RunningBulks lists the bulks that are confirmed and not finished, oldest first.
func (r Reader) RunningBulks(ctx context.Context, limit int) ([]exam.BulkID, error) {
	return all(ctx, r.q, number[exam.BulkID], "SELECT k.id FROM bulk k WHERE k.state = 'running' ORDER BY k.id LIMIT $1", limit)
}

// BulkStates counts the codes of a bulk by the state they were frozen in.
func (r Reader) BulkStates(ctx context.Context, id exam.BulkID) (map[string]int, error) {
	return counts(ctx, r.q, "SELECT i.state, COUNT(*) FROM bulk_item i WHERE i.bulk_id = $1 GROUP BY i.state", id)
}

// BulkOutcomes counts the codes of a bulk by outcome: exam's BulkItem words.
func (r Reader) BulkOutcomes(ctx context.Context, id exam.BulkID) (map[string]int, error) {
	return counts(ctx, r.q, "SELECT i.outcome, COUNT(*) FROM bulk_item i WHERE i.bulk_id = $1 GROUP BY i.outcome", id)
}

// BulkItem is one code of a bulk: the version it was frozen in and, once it is
// settled, OutcomeDone or the reason of its refusal.
type BulkItem struct {
	Code    exam.CodeID
	Version int64
	Outcome string
}

// OutcomeDone is the outcome of a code that was changed.
const OutcomeDone = "done"

// OpenItems lists codes of a bulk without an outcome, by id.
func (r Reader) OpenItems(ctx context.Context, id exam.BulkID, limit int) ([]BulkItem, error) {
	return all(ctx, r.q, func(row db.Row) (BulkItem, error) {
		var i BulkItem
		err := row.Scan(&i.Code, &i.Version)
		return i, err
	}, "SELECT i.code_id, i.version FROM bulk_item i WHERE i.bulk_id = $1 AND i.outcome = '' ORDER BY i.code_id LIMIT $2", id, limit)
}

// LockBulk locks a bulk and reads it; before orders.
func (tx *Tx) LockBulk(ctx context.Context, account exam.AccountID, id exam.BulkID) (exam.Bulk, error) {
	if err := lock(ctx, tx.tx, "bulk", db.Exclusive, []exam.BulkID{id}); err != nil {
		return exam.Bulk{}, err
	}
	return tx.Bulk(ctx, account, id)
}

// AddBulk stores a draft, which is no change to anything yet and has no event.
func (tx *Tx) AddBulk(ctx context.Context, b exam.Bulk) error {
	return tx.exec(ctx, 1, `INSERT INTO bulk (id, account_id, person_id, verb, new_text, state, total, settled, channel, key_id, request, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12)`, b.ID, b.Account, b.Person, b.Verb, bit(b.NewText), b.State, b.Total, b.Channel, null(b.Key), b.Request, us(b.Created), b.Version)
}

// FreezeCodes writes down the codes of a filter, or those of some ids under it,
// as the items of a bulk.
func (tx *Tx) FreezeCodes(ctx context.Context, b exam.Bulk, f CodeFilter, ids []exam.CodeID, now time.Time) error {
	q, err := tx.frozen(ctx, b.Account, f, ids, now)
	if err != nil {
		return err
	}
	sql := "INSERT INTO bulk_item (bulk_id, code_id, version, state, outcome) SELECT CAST(" + q.arg(b.ID) + " AS BIGINT), c.id, c.version, " +
		"CASE WHEN c.state IN ('unused', 'bound') AND c.expires_at <= " + q.arg(us(now)) + " THEN 'expired' ELSE c.state END, '' FROM code c WHERE " + q.String()
	return tx.exec(ctx, int(b.Total), sql, q.args...)
}

// CountFrozen counts the codes that FreezeCodes would write down, by state.
func (r Reader) CountFrozen(ctx context.Context, account exam.AccountID, f CodeFilter, ids []exam.CodeID, now time.Time) (map[string]int, error) {
	q, err := r.frozen(ctx, account, f, ids, now)
	if err != nil {
		return nil, err
	}
	at := q.arg(us(now))
	return counts(ctx, r.q, "SELECT CASE WHEN c.state IN ('unused', 'bound') AND c.expires_at <= "+at+" THEN 'expired' ELSE c.state END, COUNT(*) FROM code c WHERE "+q.String()+" GROUP BY 1", q.args...)
}

func (r Reader) frozen(ctx context.Context, account exam.AccountID, f CodeFilter, ids []exam.CodeID, now time.Time) (*query, error) {
	first, last, err := r.codeRange(ctx, account, f)
	if err != nil {
		return nil, err
	}
	q := codeWhere(account, f, first, last, now)
	if len(ids) > 0 {
		first := len(q.args) + 1
		for _, id := range ids {
			q.args = append(q.args, id)
		}
		q.where = append(q.where, "c.id IN "+list(first, len(ids)))
	}
	return q, nil
}

// SettleItems stores the outcomes of codes of a bulk, each once.
func (tx *Tx) SettleItems(ctx context.Context, id exam.BulkID, items []BulkItem) error {
	var args []any
	for _, i := range items {
		args = append(args, id, i.Code, i.Outcome)
	}
	if err := tx.execSet(ctx, len(items), db.Set{
		Before: "WITH v(bulk_id, code_id, outcome) AS (",
		After: `)
UPDATE bulk_item SET outcome = v.outcome FROM v WHERE bulk_item.bulk_id = v.bulk_id AND bulk_item.code_id = v.code_id AND bulk_item.outcome = ''`,
		Types: []string{"BIGINT", "BIGINT", "TEXT"},
	}, args); err != nil {
		return err
	}
	_, err := tx.tx.Exec(ctx, "UPDATE bulk SET settled = settled + $1 WHERE id = $2", int64(len(items)), id)
	return err
}

// SaveBulk stores the next version of a bulk.
func (tx *Tx) SaveBulk(ctx context.Context, b exam.Bulk, e exam.Event) error {
	if err := tx.exec(ctx, 1, `UPDATE bulk SET person_id = $1, new_text = $2, state = $3, channel = $4, key_id = $5, request = $6, begun_at = $7, finished_at = $8, version = $9
WHERE id = $10 AND version = $11`, b.Person, bit(b.NewText), b.State, b.Channel, null(b.Key), b.Request, us(b.Begun), us(b.Finished), b.Version, b.ID, b.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// OldDrafts lists drafts made before an instant, oldest first.
func (r Reader) OldDrafts(ctx context.Context, before time.Time, limit int) ([]exam.BulkID, error) {
	return all(ctx, r.q, number[exam.BulkID], "SELECT k.id FROM bulk k WHERE k.state = 'draft' AND k.created_at < $1 ORDER BY k.created_at, k.id LIMIT $2", us(before), limit)
}

// NewestDrafts lists the drafts of an account, newest first, up to limit: those
// of one person, or of all with zero.
func (r Reader) NewestDrafts(ctx context.Context, account exam.AccountID, person exam.PersonID, limit int) ([]exam.BulkID, error) {
	return all(ctx, r.q, number[exam.BulkID], "SELECT k.id FROM bulk k WHERE k.account_id = $1 AND k.state = 'draft' AND (k.person_id = $2 OR $2 = 0) ORDER BY k.id DESC LIMIT $3",
		account, int64(person), limit)
}

// AgeDraft makes a draft one of an instant so long ago that it can no more be
// confirmed and is dropped in time.
func (tx *Tx) AgeDraft(ctx context.Context, id exam.BulkID, created time.Time) error {
	_, err := tx.tx.Exec(ctx, "UPDATE bulk SET created_at = $1 WHERE id = $2 AND state = 'draft' AND created_at > $1", us(created), id)
	return err
}

// DropDraft drops at most so many codes of a locked draft, and with its last
// codes the draft itself; more tells that some are left.
func (tx *Tx) DropDraft(ctx context.Context, id exam.BulkID, limit int) (more bool, err error) {
	n, err := tx.tx.Exec(ctx, "DELETE FROM bulk_item WHERE bulk_id = $1 AND code_id IN (SELECT i.code_id FROM bulk_item i WHERE i.bulk_id = $1 ORDER BY i.code_id LIMIT $2)", id, limit)
	if err != nil || n == int64(limit) {
		return true, err
	}
	return false, tx.exec(ctx, 1, "DELETE FROM bulk WHERE id = $1 AND state = 'draft'", id)
}

// bit is a truth as the database keeps it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

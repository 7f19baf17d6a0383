package store

import (
	"context"
	"fmt"
	"time"

	"examcode/internal/exam"
)

// leaving is a person who is being erased, as they were, with the things that
// trail and notices name them by.
type leaving struct {
	exam.Person
	kind exam.AccountKind
	now  time.Time

	things   []int64          // themselves, their keys, receivers, invitations, registrations
	accounts []exam.AccountID // whose people may have been told about them
}

// erasing is everything that is forgotten of a person, in order: what refers to
// a thing goes before the thing.
var erasing = []struct {
	name string
	do   func(tx *Tx, ctx context.Context, g leaving) error
}{
	{"mails", (*Tx).eraseMails},
	{"trail", (*Tx).eraseTrail},
	{"told", (*Tx).eraseTold},
	{"own", (*Tx).eraseOwn},
	{"receivers", (*Tx).eraseReceivers},
	{"invitations", (*Tx).eraseInvitations},
	{"verification", (*Tx).eraseVerification},
	{"registrations", (*Tx).eraseRegistrations},
	{"account", (*Tx).eraseAccount},
}

// ErasePerson forgets a person: was is who they were, n what is left. Their
// living registrations are over and their row is locked.
func (tx *Tx) ErasePerson(ctx context.Context, was, n exam.Person, kind exam.AccountKind, e exam.Event) error {
	g := leaving{Person: was, kind: kind, now: n.Erased}
	var err error
	if g.things, err = all(ctx, tx.q, number[int64], `SELECT k.id FROM api_key k WHERE k.person_id = $1 UNION SELECT v.id FROM receiver v WHERE v.person_id = $1 OR v.email = $2
UNION SELECT i.id FROM invitation i WHERE i.person_id = $1 OR i.email = $2 UNION SELECT g.id FROM registration g WHERE g.person_id = $1`, was.ID, was.Email); err != nil {
		return err
	}
	g.things = append(g.things, int64(was.ID))
	if g.accounts, err = all(ctx, tx.q, number[exam.AccountID], "SELECT g.account_id FROM registration g WHERE g.person_id = $1 UNION SELECT p.account_id FROM person p WHERE p.id = $1", was.ID); err != nil {
		return err
	}
	for _, step := range erasing {
		if step.name == leftOut {
			continue
		}
		if err := step.do(tx, ctx, g); err != nil {
			return err
		}
	}
	if err := tx.exec(ctx, 1, `UPDATE person SET email = $1, name = $2, password = '', lang = '', theme = $3, suspended_at = $4, erased_at = $5, confirmed_at = NULL, seen_at = NULL, rights = 0, version = $6
WHERE id = $7 AND version = $8`, n.Email, n.Name, n.Theme, us(n.Suspended), us(n.Erased), n.Version, n.ID, was.Version); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// run runs statements with the same arguments.
func (tx *Tx) run(ctx context.Context, args []any, statements ...string) error {
	for _, sql := range statements {
		if _, err := tx.tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	return nil
}

// eraseMails cancels what is still owed to the person, and forgets what a mail
// server said about their address.
func (tx *Tx) eraseMails(ctx context.Context, g leaving) error {
	for _, m := range []struct {
		args  []any
		which string
	}{
		{[]any{g.ID}, "channel = 'mail' AND target_id IN (SELECT m.id FROM message m WHERE m.person_id = $1)"},
		{[]any{g.ID, g.Email}, "channel = 'link' AND target_id IN (SELECT t.id FROM ticket t WHERE t.person_id = $1 OR t.email = $2)"},
		{[]any{g.Email}, "channel = 'letter' AND target_id IN (SELECT l.id FROM letter l JOIN receiver v ON v.id = l.receiver_id WHERE v.email = $1)"},
	} {
		if err := tx.run(ctx, m.args, "UPDATE owed SET detail = '' WHERE detail <> '' AND "+m.which); err != nil {
			return err
		}
		sql := "UPDATE owed SET state = 'cancelled', failing_at = NULL, settled_at = " + fmt.Sprint(g.now.UnixMicro()) + " WHERE state IN ('owed', 'dead') AND " + m.which
		if err := tx.run(ctx, m.args, sql); err != nil {
			return err
		}
	}
	return tx.run(ctx, nil, "UPDATE mail_server SET detail = ''")
}

// eraseTrail puts the pseudonym in place of the names in events about them.
func (tx *Tx) eraseTrail(ctx context.Context, g leaving) error {
	for len(g.things) > 0 {
		part := g.things[:min(400, len(g.things))]
		g.things = g.things[len(part):]
		if err := tx.forgetInTrail(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// eraseOwn deletes what was the person's alone.
func (tx *Tx) eraseOwn(ctx context.Context, g leaving) error {
	if err := tx.run(ctx, []any{g.ID},
		"DELETE FROM message WHERE person_id = $1",
		"DELETE FROM mail_off WHERE person_id = $1",
		"DELETE FROM login WHERE person_id = $1",
		"DELETE FROM idempotency WHERE person_id = $1",
		"DELETE FROM api_key WHERE person_id = $1",
		"DELETE FROM result_file WHERE person_id = $1"); err != nil {
		return err
	}
	return tx.run(ctx, []any{g.ID, g.Email}, "DELETE FROM ticket WHERE person_id = $1 OR email = $2")
}

// eraseReceivers ends that they are told about accounts.
func (tx *Tx) eraseReceivers(ctx context.Context, g leaving) error {
	if err := tx.run(ctx, []any{g.Email}, "UPDATE letter SET data = '{}', link = '' WHERE receiver_id IN (SELECT v.id FROM receiver v WHERE v.email = $1)"); err != nil {
		return err
	}
	return tx.run(ctx, []any{g.ID, g.Email, us(g.now)}, `UPDATE receiver SET state = 'removed', label = '', version = CASE WHEN state = 'removed' THEN version ELSE version + 1 END, ended_at = COALESCE(ended_at, CAST($3 AS BIGINT)),
email = CASE WHEN email = '' THEN '' ELSE 'erased-' || CAST(id AS TEXT) || '@erased.invalid' END WHERE person_id = $1 OR email = $2`)
}

// eraseInvitations takes back what they were invited to, and forgets the address.
func (tx *Tx) eraseInvitations(ctx context.Context, g leaving) error {
	return tx.run(ctx, []any{g.ID, g.Email, us(g.now)}, `UPDATE invitation SET email = 'erased-' || CAST(id AS TEXT) || '@erased.invalid',
settled_at = COALESCE(settled_at, CAST($3 AS BIGINT)), version = CASE WHEN state = 'open' THEN version + 1 ELSE version END,
state = CASE WHEN state = 'open' THEN 'revoked' ELSE state END WHERE person_id = $1 OR email = $2`)
}

// eraseVerification forgets what they sent to show who they are. What a company
// is called and registered as is the company's and stays.
func (tx *Tx) eraseVerification(ctx context.Context, g leaving) error {
	blobs, err := all(ctx, tx.q, number[exam.BlobID], "SELECT v.document_id FROM verification v WHERE v.account_id = $1 AND v.person_id = $2 AND v.document_id IS NOT NULL", g.Account, g.ID)
	if err != nil {
		return err
	}
	if err := tx.run(ctx, []any{g.Account, g.ID}, `UPDATE account SET version = version + 1, verified = 'none' WHERE id = $1
AND EXISTS (SELECT 1 FROM verification v WHERE v.account_id = $1 AND v.person_id = $2 AND v.state = 'waiting')`); err != nil {
		return err
	}
	if err := tx.run(ctx, []any{g.Account, g.ID, us(g.now), exam.VerificationWithdrawn}, `UPDATE verification SET decided_at = COALESCE(decided_at, CAST($3 AS BIGINT)), reason = CASE WHEN state = 'waiting' THEN $4 ELSE reason END, state = CASE WHEN state = 'waiting' THEN 'rejected' ELSE state END,
version = version + 1, note = '', document_number = NULL, document_id = NULL, document_kind = '', legal_name = CASE WHEN kind = 'individual' THEN '' ELSE legal_name END
WHERE account_id = $1 AND person_id = $2`); err != nil {
		return err
	}
	for _, b := range blobs {
		if err := tx.run(ctx, []any{b}, "DELETE FROM blob_chunk WHERE blob_id = $1", "DELETE FROM blob WHERE id = $1"); err != nil {
			return err
		}
	}
	return nil
}

// eraseRegistrations takes their name from what companies and staff see.
func (tx *Tx) eraseRegistrations(ctx context.Context, g leaving) error {
	return tx.run(ctx, []any{g.ID, exam.ErasedName, folded(exam.ErasedName)}, "UPDATE registration SET name = $2, name_folded = $3 WHERE person_id = $1")
}

// eraseAccount takes their name from an account that is theirs alone.
func (tx *Tx) eraseAccount(ctx context.Context, g leaving) error {
	if g.kind != exam.Individual {
		return nil
	}
	return tx.run(ctx, []any{g.Account, exam.ErasedName}, "UPDATE account SET name = $2, zone = 'UTC', verified = 'none', version = version + 1 WHERE id = $1")
}

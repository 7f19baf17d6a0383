package store

import (
	"context"

	"examcode/internal/exam"
)

// TellMany is Tell for a set, with few statements: a notice that was told before
// is passed over, the others owe their e-mails.
func (tx *Tx) TellMany(ctx context.Context, notices []exam.Notice) error {
	for len(notices) > 0 {
		part := notices[:min(500, len(notices))]
		notices = notices[len(part):]
		first := tx.ids.Block(len(part))
		args := make([]any, 0, len(part)*9)
		for i, n := range part {
			args = append(args, first+int64(i), n.Person, n.Account, n.Kind, n.About, n.Version, n.Link, dataText(n.Data), us(n.Created))
		}
		told, err := all(ctx, tx.q, number[int64], `INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at)
VALUES `+values(len(part), "", "", "", "", "", "", "", "", "")+` ON CONFLICT (person_id, kind, about_id, about_version) DO NOTHING RETURNING id`, args...)
		if err != nil {
			return err
		}
		if err := tx.oweMails(ctx, told, part[0]); err != nil {
			return err
		}
	}
	return nil
}

// oweMails owes the e-mails of notices that are told in this transaction.
func (tx *Tx) oweMails(ctx context.Context, told []int64, like exam.Notice) error {
	if len(told) == 0 {
		return nil
	}
	first := tx.ids.Block(len(told))
	args := make([]any, 0, len(told)*4)
	for i, target := range told {
		args = append(args, first+int64(i), exam.ByMail, target, us(like.Created))
	}
	owed, err := all(ctx, tx.q, number[exam.OwedID], `WITH v(id, channel, target_id, created_at) AS (VALUES `+values(len(told), "BIGINT", "TEXT", "BIGINT", "BIGINT")+`)
INSERT INTO owed (id, channel, target_id, state, created_at, tries, detail)
SELECT v.id, v.channel, v.target_id, 'owed', v.created_at, 0, '' FROM v WHERE true ON CONFLICT (channel, target_id) DO NOTHING RETURNING id`, args...)
	tx.owed = append(tx.owed, owed...)
	return err
}

package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const messageColumns = "m.id, m.person_id, m.account_id, m.kind, m.about_id, m.about_version, m.link, m.data, m.created_at, m.read_at"

func scanNotice(row db.Row) (exam.Notice, error) {
	var n exam.Notice
	err := row.Scan(&n.ID, &n.Person, &n.Account, &n.Kind, &n.About, &n.Version, &n.Link, jsonData{&n.Data}, (*when)(&n.Created), (*when)(&n.Read))
	return n, err
}

// Tell puts notices into the message centre and owes their e-mails, once each:
// a notice that was told before is passed over, and so is one to a person who was
// erased. The mail to a person who wants
// none of the category is settled from the start, unless the kind is one that
// nobody can refuse.
func (tx *Tx) Tell(ctx context.Context, notices ...exam.Notice) error {
	return tx.tell(ctx, true, notices...)
}

// Note is Tell for what is not worth an e-mail: that is settled from the start.
func (tx *Tx) Note(ctx context.Context, notices ...exam.Notice) error {
	return tx.tell(ctx, false, notices...)
}

func (tx *Tx) tell(ctx context.Context, mail bool, notices ...exam.Notice) error {
	if len(notices) == 0 {
		return nil
	}
	var args []any
	first := tx.ids.Block(len(notices))
	for i, n := range notices {
		args = append(args, first+int64(i), n.Person, n.Account, n.Kind, n.About, n.Version, n.Link, dataText(n.Data), us(n.Created))
	}
	var told []int64
	if err := tx.tx.QuerySet(ctx, db.Set{
		Before: "WITH v(id, person_id, account_id, kind, about_id, about_version, link, data, created_at) AS (",
		After: `)
INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at)
SELECT v.id, v.person_id, v.account_id, v.kind, v.about_id, v.about_version, v.link, v.data, v.created_at FROM v JOIN person p ON p.id = v.person_id WHERE p.erased_at IS NULL
ON CONFLICT (person_id, kind, about_id, about_version) DO NOTHING RETURNING id`,
		Types: []string{"BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "BIGINT", "TEXT", "TEXT", "BIGINT"},
	}, args, into(&told, number[int64])); err != nil {
		return err
	}
	off, err := tx.mailOffAmong(ctx, notices)
	if err != nil {
		return err
	}
	mails := make([]exam.Owed, len(told))
	for i, id := range told {
		n := notices[id-first]
		mails[i] = exam.Owed{Channel: exam.ByMail, Target: id, Account: n.Account, State: exam.OwedOpen, Created: n.Created, Next: n.Created}
		switch {
		case !mail:
			mails[i].Detail = "told in the message centre alone"
		case off[wish{n.Person, exam.NoticeKinds[n.Kind]}] && !n.Kind.Mandatory():
			mails[i].Detail = "the person wants no mail about this"
		default:
			continue
		}
		mails[i].State, mails[i].Settled = exam.OwedSuperseded, n.Created
	}
	return tx.addOwed(ctx, mails)
}

// wish is a person's wish for no mail about a category.
type wish struct {
	person   exam.PersonID
	category string
}

// mailOffAmong reads the wishes of those who are told what can be refused.
func (tx *Tx) mailOffAmong(ctx context.Context, notices []exam.Notice) (map[wish]bool, error) {
	args, seen := []any{}, map[exam.PersonID]bool{}
	for _, n := range notices {
		if !n.Kind.Mandatory() && !seen[n.Person] {
			seen[n.Person] = true
			args = append(args, n.Person)
		}
	}
	off := map[wish]bool{}
	if len(args) == 0 {
		return off, nil
	}
	wishes, err := all(ctx, tx.q, func(row db.Row) (wish, error) {
		var w wish
		err := row.Scan(&w.person, &w.category)
		return w, err
	}, "SELECT f.person_id, f.category FROM mail_off f WHERE f.person_id IN "+list(1, round(len(args))), repeated(args)...)
	for _, w := range wishes {
		off[w] = true
	}
	return off, err
}

// NoticeFilter narrows a message centre; zero fields do not.
type NoticeFilter struct {
	Unread   bool
	Category string
}

// Notices lists a person's message centre, newest first.
func (r Reader) Notices(ctx context.Context, p exam.PersonID, unread bool, page Page) (Rows[exam.Notice], error) {
	return r.NoticesBy(ctx, p, NoticeFilter{Unread: unread}, page)
}

// NoticesBy lists what a filter leaves of a person's message centre, newest first.
func (r Reader) NoticesBy(ctx context.Context, p exam.PersonID, f NoticeFilter, page Page) (Rows[exam.Notice], error) {
	var b query
	b.and("m.person_id = ?", p)
	if f.Unread {
		b.and("m.read_at IS NULL")
	}
	const sel = "SELECT " + messageColumns + " FROM message m"
	key := func(n exam.Notice) int64 { return int64(n.ID) }
	if f.Category == "" {
		return paged(ctx, r.q, &b, page, sel, "m.id", key, scanNotice)
	}
	rest := b.clone()
	rest.and(kindIn(&rest, f.Category))
	return walked(ctx, r.q, "message m", "m.id", &b, &rest, page, sel, key, scanNotice)
}

// kindIn is true of messages m of a category; of none when there is no such one.
func kindIn(b *query, category string) string {
	marks := []string{"''"}
	for _, k := range exam.KindsOf(category) {
		marks = append(marks, b.arg(k))
	}
	return "m.kind IN (" + strings.Join(marks, ", ") + ")"
}

// Notice reads one notice of a person.
func (r Reader) Notice(ctx context.Context, p exam.PersonID, id exam.MessageID) (exam.Notice, error) {
	return one(ctx, r.q, scanNotice, "SELECT "+messageColumns+" FROM message m WHERE m.person_id = $1 AND m.id = $2", p, id)
}

// Unread counts a person's unread notices, up to 100.
func (r Reader) Unread(ctx context.Context, p exam.PersonID) (int, error) {
	return one(ctx, r.q, number[int], "SELECT COUNT(*) FROM (SELECT m.id FROM message m WHERE m.person_id = $1 AND m.read_at IS NULL LIMIT 100) u", p)
}

// MarkRead notes that a person has read notices of theirs; again is fine, and
// those of others are passed over.
func (tx *Tx) MarkRead(ctx context.Context, p exam.PersonID, now time.Time, ids ...exam.MessageID) error {
	for part := range slices.Chunk(ids, 500) {
		args := []any{us(now), p}
		for _, i := range part {
			args = append(args, i)
		}
		if _, err := tx.tx.Exec(ctx, "UPDATE message SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND id IN "+list(3, len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// MarkAllRead notes that a person has read everything, of a category or of all
// with "".
func (tx *Tx) MarkAllRead(ctx context.Context, p exam.PersonID, category string, now time.Time) error {
	b := query{args: []any{us(now)}}
	b.and("m.person_id = ?", p)
	b.and("m.read_at IS NULL")
	if category != "" {
		b.and(kindIn(&b, category))
	}
	_, err := tx.tx.Exec(ctx, "UPDATE message SET read_at = $1 WHERE id IN (SELECT m.id FROM message m WHERE "+b.String()+")", b.args...)
	return err
}

// MailOff lists the categories that a person wants no mail about.
func (r Reader) MailOff(ctx context.Context, p exam.PersonID) ([]string, error) {
	return all(ctx, r.q, text, "SELECT f.category FROM mail_off f WHERE f.person_id = $1 ORDER BY f.category", p)
}

// SetMailOff changes what a person gets mail about, nothing they own: it has no
// event.
func (tx *Tx) SetMailOff(ctx context.Context, p exam.PersonID, categories []string) error {
	if _, err := tx.tx.Exec(ctx, "DELETE FROM mail_off WHERE person_id = $1", p); err != nil {
		return err
	}
	for _, c := range categories {
		if _, err := tx.tx.Exec(ctx, "INSERT INTO mail_off (person_id, category) VALUES ($1, $2) ON CONFLICT (person_id, category) DO NOTHING", p, c); err != nil {
			return err
		}
	}
	return nil
}

func text(row db.Row) (string, error) {
	var s string
	err := row.Scan(&s)
	return s, err
}

package store

import (
	"context"
	"slices"
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
// a notice that was told before is passed over.
func (tx *Tx) Tell(ctx context.Context, notices ...exam.Notice) error {
	return tx.tell(ctx, true, notices...)
}

// Note is Tell for what is not worth an e-mail: that is settled from the start.
func (tx *Tx) Note(ctx context.Context, notices ...exam.Notice) error {
	return tx.tell(ctx, false, notices...)
}

func (tx *Tx) tell(ctx context.Context, mail bool, notices ...exam.Notice) error {
	for part := range slices.Chunk(notices, 500) {
		args := make([]any, 0, len(part)*9)
		first := tx.ids.Block(len(part))
		for i, n := range part {
			args = append(args, first+int64(i), n.Person, n.Account, n.Kind, n.About, n.Version, n.Link, dataText(n.Data), us(n.Created))
		}
		told, err := all(ctx, tx.tx, number[int64], `INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at)
VALUES `+values(len(part), "", "", "", "", "", "", "", "", "")+` ON CONFLICT (person_id, kind, about_id, about_version) DO NOTHING RETURNING id`, args...)
		if err != nil {
			return err
		}
		if mail {
			err = tx.owe(ctx, exam.ByMail, part[0].Created, told...)
		} else {
			err = tx.addOwed(ctx, exam.Owed{Channel: exam.ByMail, State: exam.OwedSuperseded, Created: part[0].Created, Settled: part[0].Created, Detail: "told in the message centre alone"}, told)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// owe promises that a channel settles targets, each once.
func (tx *Tx) owe(ctx context.Context, channel exam.OwedChannel, now time.Time, targets ...int64) error {
	return tx.addOwed(ctx, exam.Owed{Channel: channel, State: exam.OwedOpen, Created: now}, targets)
}

// addOwed stores what is, or is not, owed to each of some targets.
func (tx *Tx) addOwed(ctx context.Context, o exam.Owed, targets []int64) error {
	for part := range slices.Chunk(targets, 500) {
		args := make([]any, 0, len(part)*8)
		first := tx.ids.Block(len(part))
		for i, target := range part {
			args = append(args, first+int64(i), o.Channel, target, o.State, us(o.Created), us(o.Settled), 0, o.Detail)
		}
		owed, err := all(ctx, tx.tx, number[exam.OwedID], `INSERT INTO owed (id, channel, target_id, state, created_at, settled_at, tries, detail)
VALUES `+values(len(part), "", "", "", "", "", "", "", "")+` ON CONFLICT (channel, target_id) DO NOTHING RETURNING id`, args...)
		if err != nil {
			return err
		}
		if o.State == exam.OwedOpen {
			tx.owed = append(tx.owed, owed...)
		}
	}
	return nil
}

// Notices lists a person's message centre, newest first.
func (r Reader) Notices(ctx context.Context, p exam.PersonID, unread bool, page Page) (Rows[exam.Notice], error) {
	var b query
	b.and("m.person_id = ?", p)
	if unread {
		b.and("m.read_at IS NULL")
	}
	return paged(ctx, r.q, &b, page, "SELECT "+messageColumns+" FROM message m", "m.id",
		func(n exam.Notice) int64 { return int64(n.ID) }, scanNotice)
}

// Notice reads one notice of a person.
func (r Reader) Notice(ctx context.Context, p exam.PersonID, id exam.MessageID) (exam.Notice, error) {
	return one(ctx, r.q, scanNotice, "SELECT "+messageColumns+" FROM message m WHERE m.person_id = $1 AND m.id = $2", p, id)
}

// Unread counts a person's unread notices, up to 100.
func (r Reader) Unread(ctx context.Context, p exam.PersonID) (int, error) {
	return one(ctx, r.q, number[int], "SELECT COUNT(*) FROM (SELECT m.id FROM message m WHERE m.person_id = $1 AND m.read_at IS NULL LIMIT 100) u", p)
}

// MarkRead notes that a person has read one of their notices; again is fine.
func (tx *Tx) MarkRead(ctx context.Context, p exam.PersonID, id exam.MessageID, now time.Time) error {
	_, err := tx.tx.Exec(ctx, "UPDATE message SET read_at = $1 WHERE person_id = $2 AND id = $3 AND read_at IS NULL", us(now), p, id)
	return err
}

// MarkAllRead notes that a person has read everything.
func (tx *Tx) MarkAllRead(ctx context.Context, p exam.PersonID, now time.Time) error {
	_, err := tx.tx.Exec(ctx, "UPDATE message SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL", us(now), p)
	return err
}

// OwedMail is an e-mail to send: the notice and who gets it.
type OwedMail struct {
	exam.Owed
	Notice exam.Notice
	Email  string
	Name   string
	Lang   string
	Zone   string // of the receiver's account
}

// OwedChannel tells by what a promise is settled.
func (r Reader) OwedChannel(ctx context.Context, id exam.OwedID) (exam.OwedChannel, error) {
	return one(ctx, r.q, func(row db.Row) (exam.OwedChannel, error) {
		var c exam.OwedChannel
		err := row.Scan(&c)
		return c, err
	}, "SELECT w.channel FROM owed w WHERE w.id = $1", id)
}

// OwedMail reads one owed e-mail with all it needs.
func (r Reader) OwedMail(ctx context.Context, id exam.OwedID) (OwedMail, error) {
	return one(ctx, r.q, func(row db.Row) (OwedMail, error) {
		var o OwedMail
		n := &o.Notice
		err := row.Scan(&o.ID, &o.Channel, &o.Target, &o.State, (*when)(&o.Created), (*when)(&o.Settled), &o.Tries, &o.Detail,
			&n.ID, &n.Person, &n.Account, &n.Kind, &n.About, &n.Version, &n.Link, jsonData{&n.Data}, (*when)(&n.Created), (*when)(&n.Read),
			&o.Email, &o.Name, &o.Lang, &o.Zone)
		return o, err
	}, `SELECT w.id, w.channel, w.target_id, w.state, w.created_at, w.settled_at, w.tries, w.detail, `+messageColumns+`, p.email, p.name, p.lang, a.zone
FROM owed w JOIN message m ON m.id = w.target_id JOIN person p ON p.id = m.person_id JOIN account a ON a.id = p.account_id WHERE w.id = $1 AND w.channel = 'mail'`, id)
}

// OpenOwed lists what is still owed and was promised before an instant, after
// an id, oldest first.
func (r Reader) OpenOwed(ctx context.Context, createdBefore time.Time, after exam.OwedID, limit int) ([]exam.OwedID, error) {
	return all(ctx, r.q, number[exam.OwedID], "SELECT w.id FROM owed w WHERE w.state = 'owed' AND w.created_at <= $1 AND w.id > $2 ORDER BY w.id LIMIT $3", us(createdBefore), after, limit)
}

// OwedCounts counts owed things by state; for staff.
func (r Reader) OwedCounts(ctx context.Context) (map[string]int, error) {
	return counts(ctx, r.q, "SELECT w.state, COUNT(*) FROM owed w WHERE w.state IN ('owed', 'dead') GROUP BY w.state")
}

// SettleOwed stores how a try ended; only an open one can be settled.
func (tx *Tx) SettleOwed(ctx context.Context, o exam.Owed) error {
	if o.Channel == exam.ByLink && o.State != exam.OwedOpen {
		if err := tx.forgetSealed(ctx, exam.TicketID(o.Target)); err != nil {
			return err
		}
	}
	return tx.exec(ctx, 1, "UPDATE owed SET state = $1, settled_at = $2, tries = $3, detail = $4 WHERE id = $5 AND state = 'owed'",
		o.State, us(o.Settled), o.Tries, o.Detail, o.ID)
}

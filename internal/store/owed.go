package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// owe promises that a channel settles a target, once.
func (tx *Tx) owe(ctx context.Context, channel exam.OwedChannel, target int64, account exam.AccountID, now time.Time) error {
	return tx.addOwed(ctx, []exam.Owed{{Channel: channel, Target: target, Account: account, State: exam.OwedOpen, Created: now, Next: now}})
}

// addOwed stores what is, or is not, owed.
func (tx *Tx) addOwed(ctx context.Context, promises []exam.Owed) error {
	if len(promises) == 0 {
		return nil
	}
	var args []any
	first := tx.ids.Block(len(promises))
	for i, o := range promises {
		next := o.Next
		if next.IsZero() {
			next = time.UnixMicro(0)
		}
		args = append(args, first+int64(i), o.Channel, o.Target, o.Account, o.State, us(o.Created), us(o.Settled), us(next), 0, o.Detail)
	}
	var added []exam.OwedID
	if err := tx.tx.QuerySet(ctx, db.Set{
		Before: "INSERT INTO owed (id, channel, target_id, account_id, state, created_at, settled_at, next_at, tries, detail) ",
		After:  " ON CONFLICT (channel, target_id) DO NOTHING RETURNING id",
		Types:  []string{"BIGINT", "TEXT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT"},
	}, args, into(&added, number[exam.OwedID])); err != nil {
		return err
	}
	for _, id := range added {
		if o := promises[int64(id)-first]; o.State == exam.OwedOpen {
			o.ID = id
			tx.owed = append(tx.owed, o)
		}
	}
	return nil
}

const owedColumns = "w.id, w.channel, w.target_id, w.account_id, w.state, w.created_at, w.settled_at, w.tries, w.detail, w.next_at, w.failing_at"

func owedFields(o *exam.Owed) []any {
	return []any{&o.ID, &o.Channel, &o.Target, &o.Account, &o.State, (*when)(&o.Created), (*when)(&o.Settled), &o.Tries, &o.Detail, (*when)(&o.Next), (*when)(&o.Failing)}
}

// Promise reads one promise.
func (r Reader) Promise(ctx context.Context, id exam.OwedID) (exam.Owed, error) {
	return one(ctx, r.q, func(row db.Row) (exam.Owed, error) {
		var o exam.Owed
		err := row.Scan(owedFields(&o)...)
		return o, err
	}, "SELECT "+owedColumns+" FROM owed w WHERE w.id = $1", id)
}

// OwedMail is an e-mail to send: the notice and who gets it. A letter goes to a
// receiver without an account; its notice then has no person.
type OwedMail struct {
	exam.Owed
	Notice   exam.Notice
	Email    string
	Name     string
	Lang     string
	Zone     string // of the receiver's account
	Account  string // name of the account it is about; letters only
	Receiver exam.Receiver
	Removed  bool   // who gets it was removed
	Stop     string // path of the page that stops such mails; "" when they cannot be
}

// OwedMail reads one owed e-mail with all it needs.
func (r Reader) OwedMail(ctx context.Context, id exam.OwedID) (OwedMail, error) {
	o, err := r.Promise(ctx, id)
	if err != nil {
		return OwedMail{Owed: o}, err
	}
	if o.Channel == exam.ByLetter {
		return r.owedLetter(ctx, o)
	}
	return one(ctx, r.q, func(row db.Row) (OwedMail, error) {
		m := OwedMail{Owed: o}
		n, suspended := &m.Notice, time.Time{}
		err := row.Scan(&n.ID, &n.Person, &n.Account, &n.Kind, &n.About, &n.Version, &n.Link, jsonData{&n.Data}, (*when)(&n.Created), (*when)(&n.Read),
			&m.Email, &m.Name, &m.Lang, (*when)(&suspended), &m.Zone)
		m.Removed = !suspended.IsZero()
		return m, err
	}, "SELECT "+messageColumns+`, p.email, p.name, p.lang, p.suspended_at, a.zone
FROM message m JOIN person p ON p.id = m.person_id JOIN account a ON a.id = p.account_id WHERE m.id = $1`, o.Target)
}

func (r Reader) owedLetter(ctx context.Context, o exam.Owed) (OwedMail, error) {
	return one(ctx, r.q, func(row db.Row) (OwedMail, error) {
		m := OwedMail{Owed: o}
		n := &m.Notice
		err := row.Scan(append(receiverFields(&m.Receiver), &n.Kind, &n.About, &n.Version, &n.Link, jsonData{&n.Data}, (*when)(&n.Created), &m.Account, &m.Zone)...)
		m.Email, m.Name, m.Lang, n.Account = m.Receiver.Email, m.Receiver.Label, m.Receiver.Lang, m.Receiver.Account
		m.Removed = m.Receiver.State == exam.ReceiverRemoved
		return m, err
	}, "SELECT "+receiverColumns+`, l.kind, l.about_id, l.about_version, l.link, l.data, l.created_at, a.name, a.zone
FROM letter l JOIN receiver v ON v.id = l.receiver_id JOIN account a ON a.id = v.account_id WHERE l.id = $1`, o.Target)
}

// OpenOwed lists what is still owed and was promised before an instant, after
// an id, oldest first.
func (r Reader) OpenOwed(ctx context.Context, createdBefore time.Time, after exam.OwedID, limit int) ([]exam.OwedID, error) {
	return all(ctx, r.q, number[exam.OwedID], "SELECT w.id FROM owed w WHERE w.state = 'owed' AND w.created_at <= $1 AND w.id > $2 ORDER BY w.id LIMIT $3", us(createdBefore), after, limit)
}

// OpenOther is OpenOwed without the mails, which know when they are due.
func (r Reader) OpenOther(ctx context.Context, createdBefore time.Time, after exam.OwedID, limit int) ([]exam.OwedID, error) {
	return all(ctx, r.q, number[exam.OwedID], `SELECT w.id FROM owed w WHERE w.state = 'owed' AND w.channel NOT IN ('mail', 'letter', 'link') AND w.created_at <= $1 AND w.id > $2
ORDER BY w.id LIMIT $3`, us(createdBefore), after, limit)
}

const dueMail = "w.state = 'owed' AND " + isMail + " AND w.next_at <= $1 AND w.held_until <= $1"

// DueMail lists mails that are due and that nobody tries just now, the longest
// due first.
func (r Reader) DueMail(ctx context.Context, now time.Time, limit int) ([]exam.OwedID, error) {
	return all(ctx, r.q, number[exam.OwedID], "SELECT w.id FROM owed w WHERE "+dueMail+" ORDER BY w.next_at, w.id LIMIT $2", us(now), limit)
}

// mailWindow is among how many due mails turns are dealt.
const mailWindow = 5_000

// HoldMail takes mails that are due, for one who tries them until an instant;
// nobody else gets them before. Accounts take turns, so that many mails of one do
// not keep those of another waiting; turns are dealt among the mails that are due
// the longest, so that a backlog of any size is taken at the same pace.
func (tx *Tx) HoldMail(ctx context.Context, now, until time.Time, limit int) ([]exam.OwedID, error) {
	ids, err := all(ctx, tx.q, number[exam.OwedID], `UPDATE owed SET held_until = $2 WHERE state = 'owed' AND held_until <= $1 AND id IN (
SELECT x.id FROM (SELECT w.id, ROW_NUMBER() OVER (PARTITION BY w.account_id ORDER BY w.next_at, w.id) AS turn
FROM (SELECT w.id, w.account_id, w.next_at FROM owed w WHERE `+dueMail+` ORDER BY w.next_at, w.id LIMIT $4) w) x
ORDER BY x.turn, x.id LIMIT $3) RETURNING id`, us(now), us(until), limit, mailWindow)
	slices.Sort(ids)
	return ids, err
}

// HoldOneMail takes one mail, due or not, unless it is settled or held.
func (tx *Tx) HoldOneMail(ctx context.Context, id exam.OwedID, now, until time.Time) (bool, error) {
	n, err := tx.tx.Exec(ctx, "UPDATE owed SET held_until = $1 WHERE id = $2 AND state = 'owed' AND held_until <= $3", us(until), id, us(now))
	return n == 1, err
}

// ReleaseMail gives back mails that were held and not tried.
func (tx *Tx) ReleaseMail(ctx context.Context, ids ...exam.OwedID) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.tx.Exec(ctx, "UPDATE owed SET held_until = 0 WHERE id IN "+list(1, len(ids)), anys(ids)...)
	return err
}

// SettleOwed stores how a try ended and gives the promise back; only an open one
// can be settled.
func (tx *Tx) SettleOwed(ctx context.Context, o exam.Owed) error {
	if o.Channel == exam.ByLink && o.State != exam.OwedOpen {
		if err := tx.forgetSealed(ctx, exam.TicketID(o.Target)); err != nil {
			return err
		}
	}
	next := o.Next
	if next.IsZero() {
		next = time.UnixMicro(0)
	}
	return tx.exec(ctx, 1, "UPDATE owed SET state = $1, settled_at = $2, tries = $3, detail = $4, next_at = $5, failing_at = $6, held_until = 0 WHERE id = $7 AND state = 'owed'",
		o.State, us(o.Settled), o.Tries, o.Detail, us(next), us(o.Failing), o.ID)
}

// settlePromise ends, with the change that keeps it, the promise of a channel for
// its target, if it is still open.
func (tx *Tx) settlePromise(ctx context.Context, channel exam.OwedChannel, target int64, state exam.OwedState, now time.Time) error {
	_, err := tx.tx.Exec(ctx, "UPDATE owed SET state = $1, settled_at = $2, tries = tries + 1 WHERE channel = $3 AND target_id = $4 AND state = 'owed'", state, us(now), channel, target)
	return err
}

// SendAgain stores that a promise is due again.
func (tx *Tx) SendAgain(ctx context.Context, o exam.Owed, was exam.OwedState, e exam.Event) error {
	if err := tx.exec(ctx, 1, "UPDATE owed SET state = $1, settled_at = NULL, tries = $2, next_at = $3, failing_at = NULL WHERE id = $4 AND state = $5",
		o.State, o.Tries, us(o.Next), o.ID, was); err != nil {
		return err
	}
	tx.owed = append(tx.owed, o)
	return tx.AddEvents(ctx, e)
}

// SendAllAgain makes every mail that failed or was given up due at an instant,
// and returns how many.
func (tx *Tx) SendAllAgain(ctx context.Context, dead bool, now time.Time) (int, error) {
	which := "state = 'owed' AND failing_at IS NOT NULL"
	if dead {
		which = "state = 'dead'"
	}
	n, err := tx.tx.Exec(ctx, "UPDATE owed SET state = 'owed', settled_at = NULL, tries = 0, next_at = $1, failing_at = NULL WHERE channel IN ('mail', 'letter', 'link') AND "+which, us(now))
	return int(n), err
}

// MailServer reads how the way out for mails is; the zero value is well.
func (r Reader) MailServer(ctx context.Context) (exam.MailServer, error) {
	list, err := all(ctx, r.q, func(row db.Row) (exam.MailServer, error) {
		var s exam.MailServer
		err := row.Scan((*when)(&s.Failing), (*when)(&s.Next), &s.Tries, &s.Detail)
		return s, err
	}, "SELECT x.failing_at, x.next_at, x.tries, x.detail FROM mail_server x WHERE x.name = 'smtp'")
	if err != nil || len(list) == 0 {
		return exam.MailServer{}, err
	}
	return list[0], nil
}

// SaveMailServer stores how the way out is, unless it changed meanwhile.
func (tx *Tx) SaveMailServer(ctx context.Context, was, is exam.MailServer) error {
	switch {
	case was.Failing.IsZero() && is.Failing.IsZero():
		return nil
	case was.Failing.IsZero():
		_, err := tx.tx.Exec(ctx, "INSERT INTO mail_server (name, failing_at, next_at, tries, detail) VALUES ('smtp', $1, $2, $3, $4) ON CONFLICT (name) DO NOTHING",
			us(is.Failing), us(is.Next), is.Tries, is.Detail)
		return err
	case is.Failing.IsZero():
		_, err := tx.tx.Exec(ctx, "DELETE FROM mail_server WHERE name = 'smtp'")
		return err
	}
	return tx.exec(ctx, 1, "UPDATE mail_server SET next_at = $1, tries = $2, detail = $3 WHERE name = 'smtp' AND next_at = $4",
		us(is.Next), is.Tries, is.Detail, us(was.Next))
}

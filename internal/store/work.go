package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// Queue is how much waits for somebody, and since when; the zero instant when
// nothing does.
type Queue struct {
	Count  int
	Oldest time.Time
}

// Work is everything that waits for the programme's staff.
type Work struct {
	Verifications Queue // submissions in review
	Transfers     Queue // bank transfers to find on the account
	Checks        Queue // payments whose outcome is not known
	RefundReviews Queue // refunds held for review
	RefundChecks  Queue // refunds whose outcome is not known
	RefundsToSend Queue // refunds that people send
	Results       Queue // sessions that are over and lack a result
	MailOwed      Queue // e-mails not yet sent, without those that fail
	MailFailing   Queue // e-mails that were tried in vain and are tried again
	MailDead      Queue // e-mails refused for good
}

// sessionOver is true of sessions n that have ended by an instant.
//
// The bound on the start alone is what the index of starts can use.
const sessionOver = "n.starts_at <= ? AND n.starts_at + CAST(n.minutes AS BIGINT) * 60000000 <= ?"

// waiting begins a statement with the sessions, as w, that hold a seat without a
// result: those to come among them, but none of the past that is settled. Each is
// found behind the one before it in the index of such seats.
const waiting = `WITH RECURSIVE w(id) AS (SELECT MIN(g.session_id) FROM registration g WHERE g.state = 'reserved'
UNION ALL SELECT (SELECT MIN(h.session_id) FROM registration h WHERE h.state = 'reserved' AND h.session_id > w.id) FROM w WHERE w.id IS NOT NULL)
`

// Work counts what waits at an instant; for staff.
func (r Reader) Work(ctx context.Context, now time.Time) (Work, error) {
	var (
		w    Work
		over query
	)
	over.and(sessionOver, us(now), us(now))
	for _, q := range []struct {
		to   *Queue
		sql  string
		args []any
	}{
		{&w.Verifications, "SELECT COUNT(*), COALESCE(MIN(v.submitted_at), 0) FROM verification v WHERE v.state = 'waiting'", nil},
		{&w.Transfers, "SELECT COUNT(*), COALESCE(MIN(y.created_at), 0) FROM payment y WHERE y.provider = $1 AND y.state = 'pending'", []any{exam.ByTransfer}},
		{&w.Checks, "SELECT COUNT(*), COALESCE(MIN(y.created_at), 0) FROM payment y WHERE y.state = 'unknown'", nil},
		{&w.RefundReviews, "SELECT COUNT(*), COALESCE(MIN(f.asked_at), 0) FROM refund f WHERE f.state = 'review'", nil},
		{&w.RefundChecks, "SELECT COUNT(*), COALESCE(MIN(f.placed_at), 0) FROM refund f JOIN payment y ON y.id = f.payment_id WHERE f.state = 'refunding' AND f.answer = 'unknown' AND y.provider <> $1", []any{exam.ByTransfer}},
		{&w.RefundsToSend, "SELECT COUNT(*), COALESCE(MIN(f.placed_at), 0) FROM refund f JOIN payment y ON y.id = f.payment_id WHERE f.state = 'refunding' AND y.provider = $1", []any{exam.ByTransfer}},
		{&w.Results, waiting + "SELECT COUNT(*), COALESCE(MIN(n.starts_at), 0) FROM w JOIN session n ON n.id = w.id WHERE " + over.String(), over.args},
		{&w.MailOwed, "SELECT COUNT(*), COALESCE(MIN(w.created_at), 0) FROM owed w WHERE w.state = 'owed' AND w.failing_at IS NULL AND " + isMail, nil},
		{&w.MailFailing, "SELECT COUNT(*), COALESCE(MIN(w.failing_at), 0) FROM owed w WHERE w.state = 'owed' AND w.failing_at IS NOT NULL AND " + isMail, nil},
		{&w.MailDead, "SELECT COUNT(*), COALESCE(MIN(w.created_at), 0) FROM owed w WHERE w.state = 'dead' AND " + isMail, nil},
	} {
		n, err := one(ctx, r.q, scanQueue, q.sql, q.args...)
		if err != nil {
			return w, err
		}
		*q.to = n
	}
	return w, nil
}

func scanQueue(row db.Row) (Queue, error) {
	var q Queue
	err := row.Scan(&q.Count, (*when)(&q.Oldest))
	return q, err
}

// WaitingRow is a submission in review; Earlier counts what the account sent
// before.
type WaitingRow struct {
	VerificationRow
	Earlier int
}

// WaitingVerifications lists the submissions that wait longest, up to limit;
// for staff.
func (r Reader) WaitingVerifications(ctx context.Context, limit int) ([]WaitingRow, error) {
	return all(ctx, r.q, func(row db.Row) (WaitingRow, error) {
		var w WaitingRow
		v := &w.VerificationRow
		err := row.Scan(&v.ID, &v.Account, &v.Person, &v.Kind, &v.LegalName, &v.RegNumber, &v.Country, &v.DocumentKind, &v.Document,
			&v.State, &v.Reason, &v.Note, (*when)(&v.Submitted), (*when)(&v.Decided), &v.DecidedBy, &v.Version,
			&v.AccountName, &v.PersonName, &v.Email, &w.Earlier)
		return w, err
	}, "SELECT "+verificationColumns+`, a.name, p.name, p.email,
(SELECT COUNT(*) FROM verification e WHERE e.account_id = v.account_id AND e.id < v.id)
FROM verification v JOIN account a ON a.id = v.account_id JOIN person p ON p.id = v.person_id
WHERE v.state = 'waiting' ORDER BY v.id LIMIT $1`, limit)
}

// SessionsLackingResults lists the sessions that are over at an instant and
// lack a result, the longest over first, up to limit; for staff.
func (r Reader) SessionsLackingResults(ctx context.Context, now time.Time, limit int) ([]SessionRow, error) {
	var b query
	b.and(sessionOver, us(now), us(now))
	return all(ctx, r.q, scanSessionRow, waiting+sessionRowSelect+" JOIN w ON w.id = n.id WHERE "+b.String()+" ORDER BY n.starts_at, n.id LIMIT "+b.arg(limit), b.args...)
}

const sessionRowSelect = "SELECT " + sessionColumns + `, s.name_en, s.name_zh,
(SELECT COUNT(*) FROM registration g WHERE g.session_id = n.id AND g.state = 'reserved')
FROM session n JOIN subject s ON s.id = n.subject_id`

// SessionRow reads one session as lists show it; for staff.
func (r Reader) SessionRow(ctx context.Context, id exam.SessionID) (SessionRow, error) {
	return one(ctx, r.q, scanSessionRow, sessionRowSelect+" WHERE n.id = $1", id)
}

// CodesSold counts the codes that were ever issued for a subject.
func (r Reader) CodesSold(ctx context.Context, s exam.SubjectID) (int64, error) {
	return one(ctx, r.q, number[int64], "SELECT CAST(COALESCE(SUM(o.quantity), 0) AS BIGINT) FROM orders o WHERE o.subject_id = $1 AND o.state = 'paid'", s)
}

package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// zoneSlack is more than any zone's clock ever moves, so that what is searched
// by elapsed days holds everything that is due by local ones.
const zoneSlack = 26 * time.Hour

func daysAhead(now time.Time, days int) time.Time {
	return now.Add(time.Duration(days)*24*time.Hour + zoneSlack)
}

// EndingOrders lists up to limit paid orders, by their end, that may have a
// reminder due at an instant which is not recorded; exam.Remind tells. after
// continues behind one of them.
func (r Reader) EndingOrders(ctx context.Context, now time.Time, after *exam.Order, limit int) ([]exam.Order, error) {
	var b query
	b.and("o.state = 'paid' AND o.swept_at IS NULL AND o.expires_at > ? AND o.expires_at <= ?", us(now), us(daysAhead(now, exam.ReminderDays[0])))
	reached := "CASE"
	for _, days := range slices.Backward(exam.ReminderDays) {
		reached += " WHEN o.expires_at <= CAST(" + b.arg(us(daysAhead(now, days))) + " AS BIGINT) THEN CAST(" + b.arg(days) + " AS BIGINT)"
	}
	b.where = append(b.where, "NOT EXISTS (SELECT 1 FROM reminder d WHERE d.order_id = o.id AND d.expires_at = o.expires_at AND d.days <= "+reached+" END)")
	return r.ending(ctx, &b, after, limit)
}

const reminderColumns = "d.order_id, d.expires_at, d.days, d.state, d.at"

func scanReminder(row db.Row) (exam.Reminder, error) {
	var d exam.Reminder
	err := row.Scan(&d.Order, (*when)(&d.Ends), &d.Days, &d.State, (*when)(&d.At))
	return d, err
}

// Reminders lists what became of the reminders of orders' present ends, by order,
// the earliest first.
func (r Reader) Reminders(ctx context.Context, ids ...exam.OrderID) (map[exam.OrderID][]exam.Reminder, error) {
	found := map[exam.OrderID][]exam.Reminder{}
	for part := range slices.Chunk(ids, 500) {
		some, err := all(ctx, r.q, scanReminder, "SELECT "+reminderColumns+` FROM reminder d JOIN orders o ON o.id = d.order_id AND o.expires_at = d.expires_at
WHERE d.order_id IN `+list(1, len(part))+" ORDER BY d.order_id, d.days DESC", anys(part)...)
		if err != nil {
			return nil, err
		}
		for _, d := range some {
			found[d.Order] = append(found[d.Order], d)
		}
	}
	return found, nil
}

// AddReminders records reminders and returns those that nobody had recorded.
func (tx *Tx) AddReminders(ctx context.Context, reminders []exam.Reminder) ([]exam.Reminder, error) {
	var added []exam.Reminder
	var args []any
	for _, d := range reminders {
		args = append(args, d.Order, us(d.Ends), d.Days, d.State, us(d.At))
	}
	err := tx.tx.QuerySet(ctx, db.Set{
		Before: "INSERT INTO reminder (order_id, expires_at, days, state, at) ",
		After:  " ON CONFLICT (order_id, expires_at, days) DO NOTHING RETURNING order_id, expires_at, days, state, at",
		Types:  []string{"BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT"},
	}, args, into(&added, scanReminder))
	return added, err
}

// SeatsToRemind lists reserved registrations, by id after an id, whose session
// starts within a day and a bit and whose examinee was not reminded of it.
func (r Reader) SeatsToRemind(ctx context.Context, now time.Time, after exam.RegistrationID, limit int) ([]exam.RegistrationID, error) {
	return all(ctx, r.q, number[exam.RegistrationID], `SELECT g.id FROM session n JOIN registration g ON g.session_id = n.id
WHERE n.starts_at > $1 AND n.starts_at <= $2 AND g.state = 'reserved' AND g.id > $3
AND NOT EXISTS (SELECT 1 FROM message m WHERE m.person_id = g.person_id AND m.kind = $4 AND m.about_id = g.id AND m.about_version = n.id)
ORDER BY g.id LIMIT $5`, us(now), us(daysAhead(now, 1)), after, string(exam.NoticeSessionSoon), limit)
}

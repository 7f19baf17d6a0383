package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// stockSelect sums the codes of each order by stored state.
const stockSelect = `SELECT o.id, o.subject_id, o.issued, o.paid_at, o.expires_at, o.zone, COALESCE((SELECT f.created_at FROM refund f WHERE f.order_id = o.id AND f.state <> 'failed'), 0),
` + stockSums + `, CAST(SUM(k.gone) AS BIGINT)
FROM orders o JOIN stock k ON k.account_id = o.account_id AND k.order_id = o.id WHERE `

// Stock reads what became of the codes of a company's paid orders under a
// filter, its State left aside.
func (r Reader) Stock(ctx context.Context, account exam.AccountID, f OrderFilter, now time.Time) ([]exam.Stock, error) {
	f.State = ""
	b := orderWhere(account, f, now)
	b.and("o.state = 'paid'")
	return all(ctx, r.q, func(row db.Row) (exam.Stock, error) {
		s := exam.Stock{Codes: map[exam.CodeState]int{}}
		n := make([]int, len(stockColumns))
		fields := []any{&s.Order, &s.Subject, &s.Quantity, (*when)(&s.Paid), (*when)(&s.Ends), &s.Zone, (*when)(&s.RefundAt)}
		for i := range n {
			fields = append(fields, &n[i])
		}
		err := row.Scan(append(fields, &s.Gone)...)
		for i, state := range stockColumns {
			if n[i] != 0 {
				s.Codes[exam.Code{State: state, Expires: s.Ends}.Effective(now)] += n[i]
			}
		}
		return s, err
	}, stockSelect+b.String()+" GROUP BY o.id ORDER BY o.id", b.args...)
}

// stockCounts adds up the codes of orders by state.
func stockCounts(stocks []exam.Stock) map[string]int {
	m := map[string]int{}
	for _, s := range stocks {
		for state, n := range s.Codes {
			if n > 0 {
				m[string(state)] += n
			}
		}
	}
	return m
}

// flows reads how many codes of a company went out, and did not come back, from
// each of some midnights UTC until the next; the last one ends the last.
func (r Reader) flows(ctx context.Context, account exam.AccountID, at []time.Time) ([]exam.Flow, error) {
	var b query
	flows, n := make([]exam.Flow, max(0, len(at)-1)), 0
	for i := range flows {
		flows[i].Since = at[i]
		for _, s := range stretches(at[i], at[i+1]) {
			b.args = append(b.args, int64(i), s.days, s.first, s.last)
			n++
		}
	}
	if n == 0 {
		return flows, nil
	}
	_, err := all(ctx, r.q, func(row db.Row) (struct{}, error) {
		var i, gone int
		err := row.Scan(&i, &gone)
		if err == nil {
			flows[i].Gone += gone
		}
		return struct{}{}, err
	}, "WITH m(n, days, first_day, last_day) AS (VALUES "+values(n, "BIGINT", "BIGINT", "BIGINT", "BIGINT")+`)
SELECT m.n, (SELECT CAST(COALESCE(SUM(f.gone), 0) AS BIGINT) FROM flow f WHERE f.account_id = `+b.arg(account)+` AND f.days = m.days AND f.day >= m.first_day AND f.day < m.last_day) FROM m`, b.args...)
	return flows, err
}

// pace reads how many codes of each subject went out between two midnights UTC.
func (r Reader) pace(ctx context.Context, account exam.AccountID, since, until time.Time) (map[exam.SubjectID]int, error) {
	pace := map[exam.SubjectID]int{}
	var (
		b     query
		parts []string
	)
	of := b.arg(account)
	for _, s := range stretches(since, until) {
		parts = append(parts, "SELECT f.subject_id AS subject_id, f.gone AS gone FROM flow f WHERE f.account_id = "+of+" AND f.days = "+b.arg(s.days)+" AND f.day >= "+b.arg(s.first)+" AND f.day < "+b.arg(s.last))
	}
	_, err := all(ctx, r.q, func(row db.Row) (struct{}, error) {
		var (
			subject exam.SubjectID
			gone    int
		)
		err := row.Scan(&subject, &gone)
		pace[subject] = gone
		return struct{}{}, err
	}, "SELECT x.subject_id, CAST(SUM(x.gone) AS BIGINT) FROM ("+strings.Join(parts, " UNION ALL ")+") x GROUP BY x.subject_id", b.args...)
	return pace, err
}

// stretch is a row of times of as many days, from a day until another.
type stretch struct{ days, first, last int64 }

// stretches are the days from one midnight UTC until another: as many together as
// can be, and single ones before and after.
func stretches(since, before time.Time) (list []stretch) {
	first, last := since.UnixMicro()/dayLength, before.UnixMicro()/dayLength
	from, until := (first+spanDays-1)/spanDays*spanDays, last/spanDays*spanDays
	if from >= until {
		from, until = last, last
	}
	for _, s := range []stretch{{1, first, from}, {spanDays, from, until}, {1, until, last}} {
		if s.first < s.last {
			list = append(list, s)
		}
	}
	return list
}

// Overview is a company's numbers at one instant (S6, S8).
type Overview struct {
	Codes    map[string]int // by effective state
	Orders   map[string]int // by the state people read
	Subjects []SubjectStats // of which there are codes, most registrations first
	Stock    []exam.Stock
	Flows    []exam.Flow            // from each of the instants asked for until the next, the last until now
	Pace     map[exam.SubjectID]int // codes gone since exam.PaceSince
}

// All adds the subjects' numbers up.
func (o Overview) All() (n SubjectStats) {
	for _, s := range o.Subjects {
		n.Registrations, n.Sat, n.Passed, n.Absent = n.Registrations+s.Registrations, n.Sat+s.Sat, n.Passed+s.Passed, n.Absent+s.Absent
	}
	return n
}

// Overview reads a company's numbers as they are at one moment: they agree with
// each other. Flows begin at the given midnights UTC, oldest first.
func (r Reader) Overview(ctx context.Context, account exam.AccountID, now time.Time, back []time.Time) (o Overview, err error) {
	err = r.Snapshot(ctx, func(ctx context.Context, r Reader) error {
		if o.Orders, err = r.OrderCounts(ctx, account, OrderFilter{}, now); err != nil {
			return err
		}
		if o.Stock, err = r.Stock(ctx, account, OrderFilter{}, now); err != nil {
			return err
		}
		o.Codes = stockCounts(o.Stock)
		// Nothing happened after now: the day that is not over counts as a whole one.
		end := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if o.Flows, err = r.flows(ctx, account, append(slices.Clone(back), end)); err != nil {
			return err
		}
		if o.Pace, err = r.pace(ctx, account, exam.PaceSince(now), end); err != nil {
			return err
		}
		o.Subjects, err = r.subjectStats(ctx, account, o.Stock)
		return err
	})
	return o, err
}

package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// stockSelect sums the codes of each order by stored state.
const stockSelect = `SELECT o.id, o.subject_id, o.issued, o.paid_at, o.expires_at, o.zone, COALESCE((SELECT f.created_at FROM refund f WHERE f.order_id = o.id AND f.state <> 'failed'), 0),
` + stockSums + `
FROM orders o JOIN stock k ON k.account_id = o.account_id AND k.order_id = o.id WHERE `

// Stock reads what became of the codes of a company's paid orders under a
// filter, its State left aside, without their flows.
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
		err := row.Scan(fields...)
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

// flow is how many codes of an order went out and came back in the n-th period.
type flow struct {
	order     exam.OrderID
	n         int
	out, back int
}

func scanFlow(row db.Row) (flow, error) {
	var f flow
	err := row.Scan(&f.order, &f.n, &f.out, &f.back)
	return f, err
}

// flows counts each period [since, until) of a list by order: whole days from
// what is kept of them, parts of days from the registrations of the orders for
// which something happened on that day.
func (r Reader) flows(ctx context.Context, account exam.AccountID, periods [][2]time.Time) ([]flow, error) {
	var days, parts []any
	for n, p := range periods {
		since, until := p[0].UnixMicro(), p[1].UnixMicro()
		first, last := (since+dayLength-1)/dayLength, until/dayLength
		if first > last { // both within one day
			parts = append(parts, int64(n), last, since, until)
			continue
		}
		days = append(days, int64(n), first, last)
		if since < first*dayLength {
			parts = append(parts, int64(n), first-1, since, first*dayLength)
		}
		if last*dayLength < until {
			parts = append(parts, int64(n), last, last*dayLength, until)
		}
	}
	var list []flow
	if len(days) > 0 {
		b := query{args: days}
		whole, err := all(ctx, r.q, scanFlow, "WITH m(n, first_day, last_day) AS (VALUES "+values(len(days)/3, "BIGINT", "BIGINT", "BIGINT")+`)
SELECT f.order_id, m.n, CAST(SUM(f.went) AS BIGINT), CAST(SUM(f.came) AS BIGINT) FROM m JOIN flow f ON f.account_id = `+b.arg(account)+` AND f.day >= m.first_day AND f.day < m.last_day
GROUP BY f.order_id, m.n`, b.args...)
		if err != nil {
			return nil, err
		}
		list = whole
	}
	if len(parts) == 0 {
		return list, nil
	}
	b := query{args: parts}
	of := b.arg(account)
	some, err := all(ctx, r.q, scanFlow, "WITH m(n, day, since_us, until_us) AS (VALUES "+values(len(parts)/4, "BIGINT", "BIGINT", "BIGINT", "BIGINT")+`)
SELECT x.order_id, x.n, (SELECT COUNT(*) FROM registration g WHERE g.account_id = `+of+` AND g.order_id = x.order_id AND g.created_at >= x.since_us AND g.created_at < x.until_us),
(SELECT COUNT(*) FROM registration g WHERE g.account_id = `+of+` AND g.order_id = x.order_id AND g.cancelled_at IS NOT NULL AND g.cancelled_at >= x.since_us AND g.cancelled_at < x.until_us AND g.cancelled_at < g.expires_at)
FROM (SELECT DISTINCT f.order_id, m.n, m.since_us, m.until_us FROM m JOIN flow f ON f.account_id = `+of+" AND f.day = m.day) x", b.args...)
	return append(list, some...), err
}

// Overview is a company's numbers at one instant (S6, S8).
type Overview struct {
	Codes    map[string]int // by effective state
	Orders   map[string]int // by the state people read
	Subjects []SubjectStats // of which there are codes, most registrations first
	Stock    []exam.Stock   // with their flows
	Pace     map[exam.SubjectID]int
}

// All adds the subjects' numbers up.
func (o Overview) All() (n SubjectStats) {
	for _, s := range o.Subjects {
		n.Registrations, n.Sat, n.Passed, n.Absent = n.Registrations+s.Registrations, n.Sat+s.Sat, n.Passed+s.Passed, n.Absent+s.Absent
	}
	return n
}

// Overview reads a company's numbers as they are at one moment: they agree with
// each other. Flows reach back over the given instants, oldest first.
func (r Reader) Overview(ctx context.Context, account exam.AccountID, now time.Time, back []time.Time) (o Overview, err error) {
	err = r.Snapshot(ctx, func(ctx context.Context, r Reader) error {
		if o.Orders, err = r.OrderCounts(ctx, account, OrderFilter{}, now); err != nil {
			return err
		}
		if o.Stock, err = r.Stock(ctx, account, OrderFilter{}, now); err != nil {
			return err
		}
		o.Codes = stockCounts(o.Stock)
		if err = r.addFlows(ctx, account, &o, now, back); err != nil {
			return err
		}
		o.Subjects, err = r.subjectStats(ctx, account, o.Stock)
		return err
	})
	return o, err
}

// addFlows gives the stocks their flows up to each of the instants, and the
// subjects their pace.
func (r Reader) addFlows(ctx context.Context, account exam.AccountID, o *Overview, now time.Time, back []time.Time) error {
	// Nothing happened after now: the day that is not over counts as a whole one.
	periods := [][2]time.Time{{now.Add(-exam.PaceWindow), now.Truncate(24 * time.Hour).Add(24 * time.Hour)}}
	at, since := map[exam.OrderID]*exam.Stock{}, now
	for i := range o.Stock {
		s := &o.Stock[i]
		at[s.Order] = s
		if len(back) > 0 && s.Ends.After(back[0]) && s.Paid.Before(since) { // the others have none left by then
			since = s.Paid
		}
	}
	since = since.Truncate(24 * time.Hour)
	for _, t := range back {
		if since.Before(t) {
			periods = append(periods, [2]time.Time{since, t})
			since = t
		}
	}
	list, err := r.flows(ctx, account, periods)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b flow) int { return cmp.Compare(a.n, b.n) })
	o.Pace = map[exam.SubjectID]int{}
	for _, f := range list {
		s := at[f.order]
		switch {
		case s == nil: // of no paid order, which verify reports
			continue
		case f.n == 0:
			o.Pace[s.Subject] += f.out - f.back
			continue
		}
		s.Flows = append(s.Flows, exam.Flow{Until: periods[f.n][1], Out: f.out, Back: f.back})
	}
	return nil
}

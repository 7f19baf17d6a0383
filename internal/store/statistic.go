package store

import (
	"context"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// countedStates are the stored states that are counted; the other codes of an
// order are unused.
var countedStates = []exam.CodeState{exam.Bound, exam.Reserved, exam.Completed, exam.Refunding, exam.Refunded, exam.Expired}

// stockSelect counts the codes of each order by state, from the index of account
// and state alone: an order's codes are one range of ids.
var stockSelect = func() string {
	var b strings.Builder
	b.WriteString("SELECT o.id, o.subject_id, o.quantity, o.paid_at, o.expires_at, o.zone, COALESCE((SELECT f.created_at FROM refund f WHERE f.order_id = o.id AND f.state <> 'failed'), 0)")
	for _, s := range countedStates {
		b.WriteString(", (SELECT COUNT(*) FROM code c WHERE c.account_id = o.account_id AND c.state = '" + string(s) + "' AND c.id >= o.first_code AND c.id < o.first_code + o.quantity)")
	}
	return b.String() + " FROM orders o WHERE "
}()

// Stock reads what became of the codes of a company's paid orders under a
// filter, its State left aside, without their flows.
func (r Reader) Stock(ctx context.Context, account exam.AccountID, f OrderFilter, now time.Time) ([]exam.Stock, error) {
	f.State = ""
	b := orderWhere(account, f, now)
	b.and("o.state = 'paid'")
	return all(ctx, r.q, func(row db.Row) (exam.Stock, error) {
		s := exam.Stock{Codes: map[exam.CodeState]int{}}
		n := make([]int, len(countedStates))
		fields := []any{&s.Order, &s.Subject, &s.Quantity, (*when)(&s.Paid), (*when)(&s.Ends), &s.Zone, (*when)(&s.RefundAt)}
		for i := range n {
			fields = append(fields, &n[i])
		}
		err := row.Scan(fields...)
		left := s.Quantity
		for i, state := range countedStates {
			left -= n[i]
			s.Codes[exam.Code{State: state, Expires: s.Ends}.Effective(now)] += n[i]
		}
		s.Codes[exam.Code{State: exam.Unused, Expires: s.Ends}.Effective(now)] += left
		return s, err
	}, stockSelect+b.String()+" ORDER BY o.id", b.args...)
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
	n         int64
	out, back int
}

// flows counts, for the orders that were valid at some moment of it, each period
// [since, until) of a list.
func (r Reader) flows(ctx context.Context, account exam.AccountID, periods [][2]time.Time) ([]flow, error) {
	var args []any
	for n, p := range periods {
		args = append(args, int64(n), p[0].UnixMicro(), p[1].UnixMicro())
	}
	b := query{args: args}
	b.and("o.account_id = ? AND o.state = 'paid' AND o.paid_at < m.until_us AND o.expires_at > m.since_us AND (m.since_us > 0 OR o.expires_at > m.until_us)", account)
	return all(ctx, r.q, func(row db.Row) (flow, error) {
		var f flow
		err := row.Scan(&f.order, &f.n, &f.out, &f.back)
		return f, err
	}, `WITH m(n, since_us, until_us) AS (VALUES `+values(len(periods), "BIGINT", "BIGINT", "BIGINT")+`)
SELECT o.id, m.n,
(SELECT COUNT(*) FROM registration g WHERE g.account_id = o.account_id AND g.order_id = o.id AND g.created_at >= m.since_us AND g.created_at < m.until_us),
(SELECT COUNT(*) FROM registration g WHERE g.account_id = o.account_id AND g.order_id = o.id AND g.cancelled_at IS NOT NULL AND g.cancelled_at >= m.since_us AND g.cancelled_at < m.until_us AND g.cancelled_at < o.expires_at)
FROM orders o JOIN m ON 1 = 1 WHERE `+b.String()+" ORDER BY o.id, m.n", b.args...)
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
	periods := [][2]time.Time{{now.Add(-exam.PaceWindow), now.Add(time.Microsecond)}}
	since := time.UnixMicro(0)
	for _, t := range back {
		periods = append(periods, [2]time.Time{since, t})
		since = t
	}
	list, err := r.flows(ctx, account, periods)
	if err != nil {
		return err
	}
	at := map[exam.OrderID]*exam.Stock{}
	for i := range o.Stock {
		at[o.Stock[i].Order] = &o.Stock[i]
	}
	o.Pace = map[exam.SubjectID]int{}
	for _, f := range list {
		s := at[f.order]
		if f.n == 0 {
			o.Pace[s.Subject] += f.out - f.back
			continue
		}
		s.Flows = append(s.Flows, exam.Flow{Until: periods[f.n][1], Out: f.out, Back: f.back})
	}
	return nil
}

package store

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// How many rows share what is counted of one thing on PostgreSQL, so that
// transactions about codes of one order, or of one subject of a company, seldom
// wait for each other's commit. SQLite has one writer and needs one.
const (
	slots     = 4
	flowSlots = 8
)

// dayLength is a day of the flows, in microseconds.
const dayLength = 24 * int64(time.Hour/time.Microsecond)

// spanDays is how many days are kept together, beside each of them, so that a
// year of flows by months is some 120 numbers and not 365.
const spanDays = 8

// counted is what a transaction has changed of what is counted. The verbs that
// write codes, registrations and results note it; it is written once, when the
// transaction is about to commit and holds every other lock it needs.
type counted struct {
	stock   map[stockKey]*[8]int
	flow    map[flowKey]*int
	outcome map[outcomeKey]*[3]int
}

type (
	stockKey struct {
		account exam.AccountID
		order   exam.OrderID
	}
	flowKey struct {
		account   exam.AccountID
		days, day int64 // how many, and the first since 1970
		subject   exam.SubjectID
	}
	outcomeKey struct {
		account exam.AccountID
		sat     int64
		subject exam.SubjectID
	}
)

// stockColumns are the states in the order of their columns; behind them is how
// many codes are gone: redeemed, without those that came back.
var stockColumns = []exam.CodeState{exam.Unused, exam.Bound, exam.Reserved, exam.Completed, exam.Refunding, exam.Refunded, exam.Expired}

// stockSums sums each of them over some rows k.
const stockSums = `CAST(SUM(k.unused) AS BIGINT), CAST(SUM(k.bound) AS BIGINT), CAST(SUM(k.reserved) AS BIGINT), CAST(SUM(k.completed) AS BIGINT),
CAST(SUM(k.refunding) AS BIGINT), CAST(SUM(k.refunded) AS BIGINT), CAST(SUM(k.expired) AS BIGINT)`

func noted[K comparable, V any](m *map[K]*V, key K) *V {
	if *m == nil {
		*m = map[K]*V{}
	}
	if (*m)[key] == nil {
		(*m)[key] = new(V)
	}
	return (*m)[key]
}

// moved notes that n codes of an order went from one stored state to another; ""
// is where new ones come from.
func (c *counted) moved(account exam.AccountID, order exam.OrderID, from, to exam.CodeState, n int) {
	if from == to {
		return
	}
	row := noted(&c.stock, stockKey{account, order})
	if i := slices.Index(stockColumns, from); i >= 0 {
		row[i] -= n
	}
	row[slices.Index(stockColumns, to)] += n
}

// went notes that a code of an order was redeemed.
func (c *counted) went(g exam.Registration) { c.flowed(g, g.Created, 1) }

// came notes that a code came back to its order; not when that had ended.
func (c *counted) came(g exam.Registration) {
	if g.Cancelled.Before(g.Expires) {
		c.flowed(g, g.Cancelled, -1)
	}
}

// flowed notes that n codes of a registration's order went out at an instant.
func (c *counted) flowed(g exam.Registration, at time.Time, n int) {
	noted(&c.stock, stockKey{g.Account, g.Order})[len(stockColumns)] += n
	day := at.UnixMicro() / dayLength
	for _, days := range []int64{1, spanDays} {
		*noted(&c.flow, flowKey{g.Account, days, day / days * days, g.Subject}) += n
	}
}

// resulted notes that there are n results more.
func (c *counted) resulted(t resultKey, n int) {
	i := slices.Index([]exam.Outcome{exam.Passed, exam.Failed, exam.Absent}, t.outcome)
	noted(&c.outcome, outcomeKey{t.account, t.sat.UnixMicro(), t.subject})[i] += n
}

// resultKey is what a result is counted under.
type resultKey struct {
	account exam.AccountID
	subject exam.SubjectID
	sat     time.Time
	outcome exam.Outcome
}

func scanResultKey(row db.Row) (resultKey, error) {
	var t resultKey
	err := row.Scan(&t.account, &t.subject, (*when)(&t.sat), &t.outcome)
	return t, err
}

// settle writes what the transaction has changed. Rows are written in one order,
// so that two transactions that count the same things never wait for each other.
func (tx *Tx) settle(ctx context.Context) error {
	slot, flowSlot := int64(0), int64(0)
	if tx.tx.Pgx() != nil {
		slot, flowSlot = rand.Int64N(slots), rand.Int64N(flowSlots)
	}
	var rows [][]any
	for _, k := range sorted(tx.counted.stock, func(a, b stockKey) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.order, b.order))
	}) {
		row := []any{k.account, k.order, slot}
		for _, n := range tx.counted.stock[k] {
			row = append(row, int64(n))
		}
		rows = append(rows, row)
	}
	if err := tx.add(ctx, "stock", "account_id, order_id, slot", "unused, bound, reserved, completed, refunding, refunded, expired, gone", rows); err != nil {
		return err
	}
	rows = nil
	for _, k := range sorted(tx.counted.flow, func(a, b flowKey) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.days, b.days), cmp.Compare(a.day, b.day), cmp.Compare(a.subject, b.subject))
	}) {
		if n := *tx.counted.flow[k]; n != 0 {
			rows = append(rows, []any{k.account, k.days, k.day, k.subject, flowSlot, int64(n)})
		}
	}
	if err := tx.add(ctx, "flow", "account_id, days, day, subject_id, slot", "gone", rows); err != nil {
		return err
	}
	rows = nil
	for _, k := range sorted(tx.counted.outcome, func(a, b outcomeKey) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.sat, b.sat), cmp.Compare(a.subject, b.subject))
	}) {
		n := tx.counted.outcome[k]
		rows = append(rows, []any{k.account, k.sat, k.subject, int64(n[0]), int64(n[1]), int64(n[2])})
	}
	return tx.add(ctx, "outcome", "account_id, sat_at, subject_id", "passed, failed, absent", rows)
}

func sorted[K comparable, V any](m map[K]V, by func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), by)
}

// add adds numbers to the rows of a table of counts, which begin to be there
// with what they first have.
func (tx *Tx) add(ctx context.Context, table, key, numbers string, rows [][]any) error {
	sum := strings.Builder{}
	for i, n := range strings.Split(numbers, ", ") {
		if i > 0 {
			sum.WriteString(", ")
		}
		sum.WriteString(n + " = " + table + "." + n + " + excluded." + n)
	}
	var args []any
	for _, row := range rows {
		args = append(args, row...)
	}
	if len(args) == 0 {
		return nil
	}
	_, err := tx.tx.ExecSet(ctx, db.Set{
		Before: "INSERT INTO " + table + " (" + key + ", " + numbers + ") ",
		After:  " ON CONFLICT (" + key + ") DO UPDATE SET " + sum.String(),
		Types:  slices.Repeat([]string{"BIGINT"}, len(rows[0])),
	}, args)
	return err
}

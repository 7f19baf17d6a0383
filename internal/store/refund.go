package store

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
)

const refundColumns = `f.id, f.order_id, f.account_id, f.payment_id, y.provider, y.reference, f.asked_by, f.try, f.reference, f.amount, f.currency, f.codes, f.state, f.answer,
COALESCE(f.held_above, 0), f.provider_ref, f.detail, f.note, f.simulate, f.created_at, f.asked_at, f.placed_at, f.settled_at, f.version`

const refundSelect = "SELECT " + refundColumns + " FROM refund f JOIN payment y ON y.id = f.payment_id"

func refundFields(f *exam.Refund) []any {
	return []any{&f.ID, &f.Order, &f.Account, &f.Payment, &f.Provider, &f.Charge, &f.AskedBy, &f.Try, &f.Reference, &f.Amount.Minor, &f.Amount.Currency, &f.Count, &f.State, &f.Answer,
		&f.HeldAbove, &f.ProviderRef, &f.Detail, &f.Note, &f.Simulate, (*when)(&f.Created), (*when)(&f.Asked), (*when)(&f.Placed), (*when)(&f.Settled), &f.Version}
}

func scanRefund(row db.Row) (exam.Refund, error) {
	var f exam.Refund
	err := row.Scan(refundFields(&f)...)
	return f, err
}

// Refund reads one refund of any account; for staff and for the schedule.
func (r Reader) Refund(ctx context.Context, id exam.RefundID) (exam.Refund, error) {
	return one(ctx, r.q, scanRefund, refundSelect+" WHERE f.id = $1", id)
}

// RefundOf reads the refund of an order of an account; the zero Refund when
// there is none.
func (r Reader) RefundOf(ctx context.Context, account exam.AccountID, order exam.OrderID) (exam.Refund, error) {
	f, err := one(ctx, r.q, scanRefund, refundSelect+" WHERE f.account_id = $1 AND f.order_id = $2", account, order)
	if errors.Is(err, fault.ErrNotFound) {
		return exam.Refund{}, nil
	}
	return f, err
}

// RefundsOf reads the refunds of some orders of an account, by order.
func (r Reader) RefundsOf(ctx context.Context, account exam.AccountID, orders []exam.OrderID) (map[exam.OrderID]exam.Refund, error) {
	of := map[exam.OrderID]exam.Refund{}
	if len(orders) == 0 {
		return of, nil
	}
	args := []any{account}
	for _, o := range orders {
		args = append(args, o)
	}
	list, err := all(ctx, r.q, scanRefund, refundSelect+" WHERE f.account_id = $1 AND f.order_id IN "+list(2, len(orders)), args...)
	for _, f := range list {
		of[f.Order] = f
	}
	return of, err
}

// RefundCodeIDs lists the codes of a refund's last try, by id, up to limit.
func (r Reader) RefundCodeIDs(ctx context.Context, f exam.Refund, limit int) ([]exam.CodeID, error) {
	return all(ctx, r.q, number[exam.CodeID], "SELECT u.code_id FROM refund_code u WHERE u.refund_id = $1 AND u.try = $2 ORDER BY u.code_id LIMIT $3", f.ID, f.Try, limit)
}

// CodeTallies counts the codes of a paid order by their state at an instant, and
// names the first of them.
func (r Reader) CodeTallies(ctx context.Context, o exam.Order, now time.Time) ([]exam.Tally, exam.CodeID, error) {
	first, last, err := r.codeRange(ctx, o.Account, CodeFilter{Order: o.ID})
	if err != nil || first == 0 {
		return nil, 0, err
	}
	tallies, err := all(ctx, r.q, func(row db.Row) (exam.Tally, error) {
		var l exam.Tally
		err := row.Scan(&l.State, &l.Count, &l.Paid, &l.Places, &l.Mixed)
		return l, err
	}, `SELECT CASE WHEN c.state IN ('unused', 'bound') AND c.expires_at <= $1 THEN 'expired' ELSE c.state END, COUNT(*), CAST(SUM(c.price) AS BIGINT),
CAST(SUM(c.id - $2) AS BIGINT), CAST(SUM((((c.id - $2) * $4 + $5) % $6) * (((c.id - $2) * $4 + $5) % $6) % $7) AS BIGINT)
FROM code c WHERE c.id >= $2 AND c.id < $3 GROUP BY 1`, us(now), first, last, exam.MixFactor, exam.MixPlus, exam.MixPrime, exam.MixSquare)
	return tallies, exam.CodeID(first), err
}

// RefundableCodes lists codes of an order for its refund, newest first, up to
// limit: those that can be in it, or those that stay out.
func (r Reader) RefundableCodes(ctx context.Context, o exam.Order, can bool, now time.Time, limit int) ([]CodeRow, error) {
	first, last, err := r.codeRange(ctx, o.Account, CodeFilter{Order: o.ID})
	if err != nil {
		return nil, err
	}
	var b query
	b.and("c.account_id = ? AND c.id >= ? AND c.id < ?", o.Account, first, last)
	if can {
		b.and("c.state = 'unused' AND c.expires_at > ?", us(now))
	} else {
		b.and("(c.state <> 'unused' OR c.expires_at <= ?)", us(now))
	}
	return all(ctx, r.q, scanCodeRow, codeRowSelect+" WHERE "+b.String()+" ORDER BY c.id DESC LIMIT "+b.arg(limit), b.args...)
}

// AddTry stores a try of a refund with its codes: the chosen ones, or every
// unused one of the order when none is chosen. Its first try makes the refund; a
// second refund of an order is exam.ErrRefundAlreadyMade.
func (tx *Tx) AddTry(ctx context.Context, f exam.Refund, chosen []exam.CodeID, moves []exam.Move, e exam.Event) error {
	args := []any{f.ID, f.Payment, f.AskedBy, f.Try, f.Reference, f.Amount.Minor, f.Amount.Currency, f.Count, f.State, f.Answer,
		null(f.HeldAbove), f.Simulate, us(f.Asked), us(f.Placed), f.Version}
	if f.Try == 1 {
		n, err := tx.tx.Exec(ctx, `INSERT INTO refund (id, payment_id, asked_by, try, reference, amount, currency, codes, state, answer, held_above, simulate, asked_at, placed_at, version,
order_id, account_id, created_at, provider_ref, detail, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, '', '', '')`+onceGuard,
			append(args, f.Order, f.Account, us(f.Created))...)
		if err != nil {
			return err
		}
		if n == 0 {
			return exam.ErrRefundAlreadyMade
		}
	} else if err := tx.exec(ctx, 1, `UPDATE refund SET payment_id = $2, asked_by = $3, try = $4, reference = $5, amount = $6, currency = $7, codes = $8, state = $9, answer = $10, held_above = $11,
simulate = $12, asked_at = $13, placed_at = $14, version = $15, provider_ref = '', detail = '', note = '', settled_at = NULL WHERE id = $1 AND version = $15 - 1`, args...); err != nil {
		return err
	}
	if err := tx.takeIn(ctx, f, chosen); err != nil {
		return err
	}
	return tx.moveCodes(ctx, f, moves, e)
}

// takeIn notes the codes of a try.
func (tx *Tx) takeIn(ctx context.Context, f exam.Refund, chosen []exam.CodeID) error {
	if len(chosen) == 0 {
		first, last, err := tx.codeRange(ctx, f.Account, CodeFilter{Order: f.Order})
		if err != nil {
			return err
		}
		return tx.exec(ctx, f.Count, "INSERT INTO refund_code (refund_id, try, code_id) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), c.id FROM code c WHERE c.id >= $3 AND c.id < $4 AND c.state = 'unused'",
			f.ID, f.Try, first, last)
	}
	var args []any
	for _, c := range chosen {
		args = append(args, f.ID, f.Try, c)
	}
	return tx.execSet(ctx, len(chosen), db.Set{
		Before: "INSERT INTO refund_code (refund_id, try, code_id) ",
		Types:  []string{"BIGINT", "BIGINT", "BIGINT"},
	}, args)
}

// SaveRefund stores the next version of a refund, with what it does to the codes
// of its try.
func (tx *Tx) SaveRefund(ctx context.Context, f exam.Refund, moves []exam.Move, e exam.Event) error {
	if err := tx.exec(ctx, 1, `UPDATE refund SET state = $1, answer = $2, provider_ref = $3, detail = $4, note = $5, placed_at = $6, settled_at = $7, version = $8 WHERE id = $9 AND version = $10`,
		f.State, f.Answer, f.ProviderRef, f.Detail, f.Note, us(f.Placed), us(f.Settled), f.Version, f.ID, f.Version-1); err != nil {
		return err
	}
	return tx.moveCodes(ctx, f, moves, e)
}

// moveCodes writes the refund's event and moves the codes of its try.
func (tx *Tx) moveCodes(ctx context.Context, f exam.Refund, moves []exam.Move, e exam.Event) error {
	if err := tx.AddEvents(ctx, e); err != nil {
		return err
	}
	for _, m := range moves {
		if err := tx.moveAll(ctx, f, m); err != nil {
			return err
		}
	}
	if n := len(moves); n > 0 && moves[n-1].To == exam.Unused {
		return tx.sweepOrders(ctx, f.Order)
	}
	return nil
}

// moveAll takes one step with every code of a try. An order may have 100,000
// codes: they move in one statement, and their events, alike but for the code,
// are written in another.
func (tx *Tx) moveAll(ctx context.Context, f exam.Refund, m exam.Move) error {
	const set = "(SELECT u.code_id FROM refund_code u WHERE u.refund_id = $1 AND u.try = $2)"
	if err := tx.exec(ctx, f.Count, "UPDATE code SET state = $3, changed_at = $4, version = version + 1 WHERE id IN "+set+" AND state = $5",
		f.ID, f.Try, m.To, us(m.Event.At), m.From); err != nil {
		return err
	}
	tx.moved(f.Account, f.Order, m.From, m.To, f.Count)
	first, last, err := tx.codeRange(ctx, f.Account, CodeFilter{Order: f.Order})
	if err != nil {
		return err
	}
	data := maps.Clone(m.Event.Data)
	data["tail"] = "TAIL"
	head, rest, _ := strings.Cut(dataText(data), "TAIL")
	v := m.Event
	return tx.exec(ctx, f.Count, `INSERT INTO event (id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, key_id, request, data)
SELECT CAST($3 AS BIGINT) + c.id - CAST($4 AS BIGINT), CAST($5 AS TEXT), c.id, c.version, `+forwards("CAST($6 AS BIGINT)")+`, c.account_id, NULL, CAST($7 AS BIGINT), CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($10 AS TEXT),
CAST($11 AS TEXT) || c.tail || CAST($12 AS TEXT) FROM code c LEFT JOIN event b ON b.object_id = c.id AND b.version = c.version - 1 WHERE c.id IN `+set,
		f.ID, f.Try, tx.ids.Block(int(last-first)), first, string(v.Kind), v.At.UnixMicro(), null(v.Actor), string(v.Channel), null(v.Key), v.Request, head, rest)
}

// RefundRow is a refund with what the money queue shows beside it.
type RefundRow struct {
	exam.Refund
	OrderNumber string
	AccountName string
	Quantity    int // of the order
	SubjectName exam.Names
	AskedName   string
}

const refundRowSelect = "SELECT " + refundColumns + `, o.number, a.name, o.quantity, s.name_en, s.name_zh, p.name FROM refund f JOIN payment y ON y.id = f.payment_id
JOIN orders o ON o.id = f.order_id JOIN account a ON a.id = f.account_id JOIN subject s ON s.id = o.subject_id JOIN person p ON p.id = f.asked_by`

func scanRefundRow(row db.Row) (RefundRow, error) {
	var f RefundRow
	err := row.Scan(append(refundFields(&f.Refund), &f.OrderNumber, &f.AccountName, &f.Quantity, &f.SubjectName.EN, &f.SubjectName.ZH, &f.AskedName)...)
	return f, err
}

// RefundRow reads one refund with its order; for staff.
func (r Reader) RefundRow(ctx context.Context, id exam.RefundID) (RefundRow, error) {
	return one(ctx, r.q, scanRefundRow, refundRowSelect+" WHERE f.id = $1", id)
}

// RefundFilter narrows the list of refunds; zero fields do not.
type RefundFilter struct {
	State  exam.RefundState
	Open   bool   // under review or on its way
	Search string // order number or reference, whole
}

// RefundRows lists refunds of all accounts, newest first; for staff.
func (r Reader) RefundRows(ctx context.Context, f RefundFilter, page Page) (Rows[RefundRow], error) {
	var b query
	if f.State != "" {
		b.and("f.state = ?", f.State)
	}
	if f.Open {
		b.and("f.state IN ('review', 'refunding')")
	}
	if f.Search != "" {
		s := b.arg(f.Search)
		b.and("f.id IN (SELECT p.id FROM refund p WHERE p.reference = " + s + " UNION SELECT q.id FROM orders n JOIN refund q ON q.order_id = n.id WHERE n.number = " + s + ")")
	}
	return paged(ctx, r.q, &b, page, refundRowSelect, "f.id", func(f RefundRow) int64 { return int64(f.ID) }, scanRefundRow)
}

// OpenRefunds lists refunds to ask the provider about: not by hand, placed before
// an instant, after a refund, oldest first.
func (r Reader) OpenRefunds(ctx context.Context, placedBefore time.Time, after exam.RefundID, limit int) ([]exam.Refund, error) {
	return all(ctx, r.q, scanRefund, refundSelect+" WHERE f.state = 'refunding' AND y.provider <> $1 AND f.placed_at <= $2 AND f.id > $3 ORDER BY f.id LIMIT $4",
		exam.ByTransfer, us(placedBefore), after, limit)
}

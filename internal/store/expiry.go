package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// EndedOrders lists up to limit paid orders that have ended by an instant and
// whose end is not written down yet, the longest ended first; after continues
// behind one of them.
func (r Reader) EndedOrders(ctx context.Context, now time.Time, after *exam.Order, limit int) ([]exam.Order, error) {
	var b query
	b.and("o.state = 'paid' AND o.swept_at IS NULL AND o.expires_at <= ?", us(now))
	return r.ending(ctx, &b, after, limit)
}

// ending lists paid orders by their end.
func (r Reader) ending(ctx context.Context, b *query, after *exam.Order, limit int) ([]exam.Order, error) {
	if after != nil {
		b.and("(o.expires_at, o.id) > (CAST(? AS BIGINT), CAST(? AS BIGINT))", us(after.Expires), after.ID)
	}
	return all(ctx, r.q, scanOrder, "SELECT "+orderColumns+" FROM orders o WHERE "+b.String()+" ORDER BY o.expires_at, o.id LIMIT "+b.arg(limit), b.args...)
}

// OrdersByID reads orders of any account in id order; those that do not exist
// are missing.
func (r Reader) OrdersByID(ctx context.Context, ids ...exam.OrderID) ([]exam.Order, error) {
	return byID(ctx, r.q, scanOrder, "SELECT "+orderColumns+" FROM orders o", "o.id", ids)
}

// LeftCodes lists the codes of a paid order that are stored as Unused or Bound,
// by id, after an id.
func (r Reader) LeftCodes(ctx context.Context, o exam.OrderID, after exam.CodeID, limit int) ([]exam.Code, error) {
	return all(ctx, r.q, scanCode, "SELECT "+codeColumns+` FROM code c
WHERE c.id >= (SELECT o.first_code FROM orders o WHERE o.id = $1) AND c.id < (SELECT o.first_code + o.quantity FROM orders o WHERE o.id = $1)
AND c.id > $2 AND c.state IN ('unused', 'bound') ORDER BY c.id LIMIT $3`, o, after, limit)
}

// Left is how many codes of an order are Unused and Bound, or ended as such.
type Left struct{ Unused, Bound int }

// Sum is how many these are together.
func (l Left) Sum() int { return l.Unused + l.Bound }

// CodesLeft counts the codes of paid orders that are stored as Unused or Bound;
// orders without any are missing.
func (r Reader) CodesLeft(ctx context.Context, ids ...exam.OrderID) (map[exam.OrderID]Left, error) {
	return r.left(ctx, ids, `SELECT o.id, COUNT(*) FILTER (WHERE c.state = 'unused'), COUNT(*) FILTER (WHERE c.state = 'bound')
FROM orders o JOIN code c ON c.account_id = o.account_id AND c.state IN ('unused', 'bound') AND c.id >= o.first_code AND c.id < o.first_code + o.quantity
WHERE o.id IN `, " GROUP BY o.id")
}

// CodesEnded counts the codes of orders that are stored as Expired: those that
// ended unused, and those that ended with a registration.
func (r Reader) CodesEnded(ctx context.Context, ids ...exam.OrderID) (map[exam.OrderID]Left, error) {
	left, err := r.left(ctx, ids, `SELECT o.id,
(SELECT COUNT(*) FROM code c WHERE c.account_id = o.account_id AND c.state = 'expired' AND c.id >= o.first_code AND c.id < o.first_code + o.quantity),
(SELECT COUNT(*) FROM registration g WHERE g.code_id >= o.first_code AND g.code_id < o.first_code + o.quantity AND g.why = 'expired')
FROM orders o WHERE o.id IN `, "")
	for id, l := range left {
		l.Unused -= l.Bound
		left[id] = l
	}
	return left, err
}

func (r Reader) left(ctx context.Context, ids []exam.OrderID, sql, end string) (map[exam.OrderID]Left, error) {
	type row struct {
		id exam.OrderID
		Left
	}
	counted := make(map[exam.OrderID]Left, len(ids))
	for part := range slices.Chunk(ids, 500) {
		some, err := all(ctx, r.q, func(from db.Row) (row, error) {
			var n row
			err := from.Scan(&n.id, &n.Unused, &n.Bound)
			return n, err
		}, sql+list(1, len(part))+end, anys(part)...)
		if err != nil {
			return nil, err
		}
		for _, n := range some {
			counted[n.id] = n.Left
		}
	}
	return counted, nil
}

// EndOrders stores that the ends of orders are written down.
func (tx *Tx) EndOrders(ctx context.Context, orders []exam.Order, events []exam.Event) error {
	var args []any
	for _, o := range orders {
		args = append(args, o.ID, us(o.Swept), o.Version)
	}
	if err := tx.execSet(ctx, len(orders), db.Set{
		Before: "WITH v(id, swept_at, version) AS (",
		After: `)
UPDATE orders SET swept_at = v.swept_at, version = v.version FROM v WHERE orders.id = v.id AND orders.version = v.version - 1`,
		Types: []string{"BIGINT", "BIGINT", "BIGINT"},
	}, args); err != nil {
		return err
	}
	return tx.AddEvents(ctx, events...)
}

// sweepAgain brings orders back among those whose end is to be written down when
// one of their codes became Unused or Bound that was not: a session that was
// cancelled after the end, say. It asks no clock: that may have gone back.
func (tx *Tx) sweepAgain(ctx context.Context, codes []exam.Code, events []exam.Event) error {
	ends := func(state exam.CodeState) bool { return state == exam.Unused || state == exam.Bound }
	var late []exam.OrderID
	for i, c := range codes {
		if ends(c.State) && !ends(cameFrom(events[i])) && !slices.Contains(late, c.Order) {
			late = append(late, c.Order)
		}
	}
	return tx.sweepOrders(ctx, late...)
}

// sweepOrders lets the ends of orders be written down, once more if they are. It
// looks first: the orders may be locked as shared, and a change of none would ask
// for a stronger lock all the same.
func (tx *Tx) sweepOrders(ctx context.Context, ids ...exam.OrderID) error {
	slices.Sort(ids)
	for part := range slices.Chunk(ids, 500) {
		part, err := all(ctx, tx.q, number[exam.OrderID], "SELECT o.id FROM orders o WHERE o.id IN "+list(1, len(part))+" AND o.swept_at IS NOT NULL ORDER BY o.id", anys(part)...)
		if err != nil {
			return err
		}
		if len(part) == 0 {
			continue
		}
		if _, err := tx.tx.Exec(ctx, "UPDATE orders SET swept_at = NULL WHERE id IN "+list(1, len(part))+" AND swept_at IS NOT NULL", anys(part)...); err != nil {
			return err
		}
	}
	return nil
}

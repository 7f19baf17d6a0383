package crash

import (
	"context"
	"fmt"
	"strings"

	"examcode/internal/db"
)

// thing names something the program keeps.
type thing struct {
	kind string // order, code, registration, refund (by its order) or export
	id   int64
}

// promise is how a thing is by what was acknowledged, and how an unanswered call
// may have left it.
type promise struct{ is, maybe string }

// effect is what a call does to a thing, when it is done.
type effect struct {
	on thing
	is string
}

// ask is a call that changes something.
type ask struct {
	token, method, path, body, key string
	effects                        []effect
	makes                          string // the kind of thing that it makes; "" for none
	made                           string // how that is when it is made
	order                          int64  // whose refund it is, for a refund
}

// ledger is what one client was promised. It lives outside of the program.
type ledger struct {
	things map[thing]promise
	floor  int64 // no thing of a smaller id was touched since the last look
	open   *ask  // the call without an answer
}

// expect notes what a call may do, before it is made.
func (l *ledger) expect(a *ask) {
	for _, e := range a.effects {
		p := l.things[e.on]
		p.maybe = e.is
		l.things[e.on] = p
	}
}

// done notes that a call was acknowledged.
func (l *ledger) done(a *ask) {
	for _, e := range a.effects {
		l.things[e.on] = promise{is: e.is}
	}
}

// refused notes that a call did nothing.
func (l *ledger) refused(a *ask) {
	for _, e := range a.effects {
		l.things[e.on] = promise{is: l.things[e.on].is}
	}
}

// queries read the things of one client from the smallest id on. What is on its
// way is written as what it will be.
var queries = []string{
	"SELECT 'order', o.id, o.state FROM orders o WHERE o.subject_id = $1 AND o.id >= $3 AND o.account_id = $2",
	"SELECT 'code', c.id, c.state || '/' || CAST(c.generation AS TEXT) FROM code c WHERE c.subject_id = $1 AND c.order_id >= $3 AND c.account_id = $2",
	"SELECT 'registration', g.id, g.state FROM registration g WHERE g.subject_id = $1 AND g.order_id >= $3 AND g.account_id = $2",
	"SELECT 'refund', f.order_id, f.state FROM refund f JOIN orders o ON o.id = f.order_id WHERE o.subject_id = $1 AND f.order_id >= $3 AND f.account_id = $2",
	"SELECT 'export', x.id, 'asked' FROM export x WHERE CAST($1 AS BIGINT) IS NOT NULL AND x.id >= $3 AND x.account_id = $2",
}

// look reads what is there.
func (w *teller) look(ctx context.Context, d *db.DB, floor int64) (map[thing]string, error) {
	there := map[thing]string{}
	for _, q := range queries {
		rows, err := d.Read().Query(ctx, q, w.subject, w.account, floor)
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, q)
		}
		for rows.Next() {
			var n thing
			var is string
			if err := rows.Scan(&n.kind, &n.id, &is); err != nil {
				return nil, err
			}
			there[n] = strings.Replace(is, "refunding", "refunded", 1)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		rows.Close()
	}
	return there, nil
}

// missing lists what was acknowledged and is not there, or not like that.
func (l *ledger) missing(there map[thing]string, floor int64) (missing []string) {
	for n, p := range l.things {
		if is, here := there[n]; n.id >= floor && (!here || is != p.is && is != p.maybe) {
			missing = append(missing, fmt.Sprintf("%s %d is %q and was acknowledged as %q (unanswered: %q)", n.kind, n.id, is, p.is, p.maybe))
		}
	}
	return missing
}

// surplus lists things of a kind that are there and were never told of.
func (l *ledger) surplus(there map[thing]string, kind string) (surplus []thing) {
	for n := range there {
		if _, known := l.things[n]; n.kind == kind && !known {
			surplus = append(surplus, n)
		}
	}
	return surplus
}

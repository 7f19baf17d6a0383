package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// Codes lists an account's codes, newest first. States are those of the instant.
//
// A page costs what it shows, whatever there is: one state or one subject is an
// index; what orders know (which codes have ended, how many are in which state) is
// asked of the orders first, and only those with codes to show are opened; a text's
// end, a name or a job name their codes.
func (r Reader) Codes(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time, page Page) (Rows[CodeRow], error) {
	switch {
	case f.Tail != "" || f.Holder != "":
		return r.codesNamed(ctx, account, f, now, page)
	case f == (CodeFilter{Bulk: f.Bulk, Outcome: f.Outcome}) && f.Bulk != 0:
		ids, err := r.bulkCodes(ctx, f, page)
		if err != nil {
			return Rows[CodeRow]{}, err
		}
		return r.codesAmong(ctx, codeWhere(account, CodeFilter{}, 0, 0, now), page, ids)
	case f.ofOrders():
		ids, err := r.codesOfOrders(ctx, account, f, now, page)
		if err != nil {
			return Rows[CodeRow]{}, err
		}
		f.Order, f.Number = 0, "" // which the ids are of
		return r.codesAmong(ctx, codeWhere(account, f, 0, 0, now), page, ids)
	}
	first, last, err := r.codeRange(ctx, account, f)
	if err != nil {
		return Rows[CodeRow]{}, err
	}
	return paged(ctx, r.q, codeWhere(account, f, first, last, now), page, codeRowSelect, "c.id", codeKey, scanCodeRow)
}

func codeKey(c CodeRow) int64 { return int64(c.ID) }

// ofOrders tells whether a filter asks only for what orders know, and for more
// than one index of codes answers.
func (f CodeFilter) ofOrders() bool {
	if f != (CodeFilter{Subject: f.Subject, Order: f.Order, Number: f.Number, EndsBy: f.EndsBy, State: f.State, Used: f.Used}) {
		return false
	}
	timed := f.Used || f.State == exam.Unused || f.State == exam.Bound || f.State == exam.Expired
	return timed || f.State != "" && f.Subject != 0 || f.Order != 0 || f.Number != "" || !f.EndsBy.IsZero()
}

// lot is a paid order with the number of its codes in each stored state.
type lot struct {
	first, last int64 // ids of its codes: [first, last)
	ends        time.Time
	n           [7]int
}

func scanLot(row db.Row) (lot, error) {
	var l lot
	fields := []any{&l.first, &l.last, (*when)(&l.ends)}
	for i := range l.n {
		fields = append(fields, &l.n[i])
	}
	err := row.Scan(fields...)
	l.last += l.first
	return l, err
}

// fewLots is how many orders are looked at first, which mostly fill a page, and
// manyLots how many in each query after that.
const fewLots, manyLots = 8, 200

// lots reads up to most paid orders that a filter leaves, in the direction of a
// page from an id of a code on.
func (r Reader) lots(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time, page Page, most int) ([]lot, error) {
	b := orderWhere(account, OrderFilter{ID: f.Order, NumberPart: f.Number, Subject: f.Subject, EndsBy: f.EndsBy}, now)
	b.and("o.state = 'paid' AND o.first_code IS NOT NULL")
	switch {
	case page.Newer != 0:
		b.and("o.first_code + o.quantity - 1 > ?", page.Newer)
	case page.Older != 0:
		b.and("o.first_code < ?", page.Older)
	}
	sql := fmt.Sprintf(`SELECT x.first_code, x.quantity, x.expires_at, %s
FROM (SELECT o.id, o.account_id, o.first_code, o.quantity, o.expires_at FROM orders o WHERE %s ORDER BY o.first_code %s LIMIT %d) x
JOIN stock k ON k.account_id = x.account_id AND k.order_id = x.id GROUP BY x.id, x.first_code, x.quantity, x.expires_at ORDER BY x.first_code %s`, stockSums, b, page.direction(), most, page.direction())
	return all(ctx, r.q, scanLot, sql, b.args...)
}

// wanted are the stored states of an order's codes that a filter shows at an
// instant.
func (f CodeFilter) wanted(l lot, now time.Time) (states []exam.CodeState) {
	for i, stored := range stockColumns {
		state := exam.Code{State: stored, Expires: l.ends}.Effective(now)
		shown := f.State == "" || state == f.State
		if f.Used {
			shown = slices.Contains(exam.Used, state)
		}
		if shown && l.n[i] > 0 {
			states = append(states, stored)
		}
	}
	return states
}

// span is a range of codes in one state.
type span struct {
	first, last int64
	state       exam.CodeState
	n           int // how many there are
}

// codesOfOrders finds the codes of a page, and one more, order by order.
func (r Reader) codesOfOrders(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time, page Page) ([]exam.CodeID, error) {
	need := page.limit() + 1
	var (
		ids   []exam.CodeID
		spans []span
		sum   int // of the spans
	)
	open := func() error {
		some, err := r.codesOfSpans(ctx, account, spans, page, need)
		ids, spans, sum = append(ids, some...), nil, 0
		return err
	}
	for at, most := page, fewLots; ; most = manyLots {
		lots, err := r.lots(ctx, account, f, now, at, most)
		if err != nil {
			return nil, err
		}
		for _, l := range lots {
			if page.Newer != 0 {
				at.Newer = l.last - 1
			} else {
				at.Older = l.first
			}
			for _, s := range f.wanted(l, now) {
				n := l.n[slices.Index(stockColumns, s)]
				spans, sum = append(spans, span{l.first, l.last, s, n}), sum+n
			}
			if sum >= need {
				if err := open(); err != nil {
					return nil, err
				}
			}
			if len(ids) >= need {
				return ids[:need], nil
			}
		}
		if len(lots) < most {
			err := open()
			return ids[:min(need, len(ids))], err
		}
	}
}

// codesOfSpans finds the first codes of some spans, in the direction of a page. A
// long span is read no further than the page; short ones are read together.
func (r Reader) codesOfSpans(ctx context.Context, account exam.AccountID, spans []span, page Page, need int) ([]exam.CodeID, error) {
	var (
		ids   []exam.CodeID
		short []span
	)
	for _, s := range spans {
		if page.Newer != 0 {
			s.first = max(s.first, page.Newer+1)
		} else if page.Older != 0 {
			s.last = min(s.last, page.Older)
		}
		if s.n < need {
			short = append(short, s)
			continue
		}
		some, err := all(ctx, r.q, number[exam.CodeID], "SELECT c.id FROM code c WHERE c.account_id = $1 AND c.state = $2 AND c.id >= $3 AND c.id < $4 ORDER BY c.id "+page.direction()+" LIMIT $5",
			account, s.state, s.first, s.last, need)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	for part := range slices.Chunk(short, 100) {
		var b query
		of, selects := b.arg(account), make([]string, len(part))
		for i, s := range part {
			selects[i] = "SELECT c.id FROM code c WHERE c.account_id = " + of + " AND c.state = " + b.arg(s.state) + " AND c.id >= " + b.arg(s.first) + " AND c.id < " + b.arg(s.last)
		}
		some, err := all(ctx, r.q, number[exam.CodeID], strings.Join(selects, " UNION ALL "), b.args...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	inDirection(ids, page)
	return ids, nil
}

// bulkCodes finds the codes of a page of a job's outcome, and one more.
func (r Reader) bulkCodes(ctx context.Context, f CodeFilter, page Page) ([]exam.CodeID, error) {
	var b query
	b.and("i.bulk_id = ? AND i.outcome = ?", f.Bulk, f.Outcome)
	page.narrow(&b, "i.code_id")
	return all(ctx, r.q, number[exam.CodeID], fmt.Sprintf("SELECT i.code_id FROM bulk_item i WHERE %s ORDER BY i.code_id %s LIMIT %d", &b, page.direction(), page.limit()+1), b.args...)
}

// mostNamed is up to how many rows a name or the end of a text may lead to
// before the list is walked instead: such a name is never far.
const mostNamed = 10_000

// codesNamed lists the codes that the end of a text, or a part of an examinee's
// name, leads to. Names are searched in an index of the account's names alone.
func (r Reader) codesNamed(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time, page Page) (Rows[CodeRow], error) {
	var (
		ids []exam.CodeID
		err error
	)
	if f.Tail != "" {
		ids, err = all(ctx, r.q, number[exam.CodeID], "SELECT c.id FROM code c WHERE c.tail = $1 ORDER BY c.id LIMIT $2", f.Tail, mostNamed)
	} else {
		ids, err = all(ctx, r.q, number[exam.CodeID], "SELECT g.code_id FROM registration g WHERE g.account_id = $1 AND g.name_folded LIKE $2 ESCAPE '!' AND g.state <> 'cancelled' LIMIT $3",
			account, part(folded(f.Holder)), mostNamed)
	}
	if err != nil {
		return Rows[CodeRow]{}, err
	}
	first, last, err := r.codeRange(ctx, account, f)
	if err != nil {
		return Rows[CodeRow]{}, err
	}
	if len(ids) == mostNamed {
		return paged(ctx, r.q, codeWhere(account, f, first, last, now), page, codeRowSelect, "c.id", codeKey, scanCodeRow)
	}
	if f.Tail == "" {
		f.Holder = "" // who led to the ids; nobody holds what has ended
	}
	b := codeWhere(account, f, first, last, now)
	if f.Tail == "" {
		b.and("(c.state <> 'bound' OR c.expires_at > ?)", us(now))
	}
	inDirection(ids, page)
	return r.codesAmong(ctx, b, page, slices.Compact(ids))
}

// codesAmong is among for codes.
func (r Reader) codesAmong(ctx context.Context, where *query, page Page, ids []exam.CodeID) (Rows[CodeRow], error) {
	return among(ctx, r.q, where, page, ids, codeRowSelect, "c.id", codeKey, scanCodeRow)
}

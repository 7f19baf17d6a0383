package store

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"examcode/internal/db"
)

// MaxLimit is the most rows one page has.
const MaxLimit = 200

// Page asks for one page of a list that is ordered by id, newest first. Older
// continues after a row's id, Newer goes back before it; both zero is the start.
type Page struct {
	Older, Newer int64
	Limit        int // 0 is 50; at most MaxLimit
}

// Rows is one page. Older and Newer are the ids to continue from; zero where
// there is nothing more.
type Rows[T any] struct {
	Items        []T
	Older, Newer int64
}

func (p Page) limit() int {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > MaxLimit:
		return MaxLimit
	}
	return p.Limit
}

// direction is the order in which a page is read.
func (p Page) direction() string {
	if p.Newer != 0 {
		return "ASC"
	}
	return "DESC"
}

// narrow adds where a page begins to the conditions of its list.
func (p Page) narrow(b *query, column string) {
	switch {
	case p.Newer != 0:
		b.and(column+" > ?", p.Newer)
	case p.Older != 0:
		b.and(column+" < ?", p.Older)
	}
	if len(b.where) == 0 {
		b.and("1 = 1")
	}
}

// paged reads a page: sel is everything before WHERE, column the qualified
// id column, key the id of a row.
func paged[T any](ctx context.Context, q db.Querier, b *query, p Page, sel, column string, key func(T) int64, scan func(db.Row) (T, error)) (Rows[T], error) {
	p.narrow(b, column)
	where, order := ofAccount(b.String(), column, p.direction())
	sql := fmt.Sprintf("%s WHERE %s ORDER BY %s LIMIT %d", sel, where, order, p.limit()+1)
	items, err := all(ctx, q, scan, sql, b.args...)
	if err != nil {
		return Rows[T]{}, err
	}
	return turned(items, p, key), nil
}

var pinsAccount = regexp.MustCompile(`\b([a-z])\.account_id = (\$\d+)`)

// ofAccount lets a page of an account's rows be read by an index that begins with
// the account. Where one company has most rows, PostgreSQL's planner would go back
// from the newest of all until it has a page of that company's, whatever others
// have bought since. An account that may be one of two, which here are the same,
// sorts before the id, and no index of ids alone does that.
func ofAccount(where, column, direction string) (string, string) {
	order := column + " " + direction
	m := pinsAccount.FindStringSubmatch(where)
	if m == nil || !strings.HasPrefix(column, m[1]+".") {
		return where, order
	}
	return pinsAccount.ReplaceAllString(where, "$1.account_id IN ($2, $2)"), m[1] + ".account_id " + direction + ", " + order
}

// turned makes a page of the rows that were read for it, and one more where there
// are more, in its direction.
func turned[T any](items []T, p Page, key func(T) int64) Rows[T] {
	n := p.limit()
	more := len(items) > n
	if more {
		items = items[:n]
	}
	r := Rows[T]{Items: items}
	if p.Newer != 0 {
		slices.Reverse(items)
	}
	if len(items) == 0 { // back to the row that led here
		switch {
		case p.Newer != 0:
			r.Older = max(p.Newer, p.Newer+1) // beyond the highest there is none
		case p.Older != 0:
			r.Newer = p.Older - 1
		}
		return r
	}
	first, last := key(items[0]), key(items[len(items)-1])
	if p.Newer != 0 {
		r.Older = last
		if more {
			r.Newer = first
		}
		return r
	}
	if more {
		r.Older = last
	}
	if p.Older != 0 {
		r.Newer = first
	}
	return r
}

// inDirection sorts ids as a page reads them.
func inDirection[I ~int64](ids []I, page Page) {
	slices.SortFunc(ids, func(a, b I) int {
		if page.Newer != 0 {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(b, a)
	})
}

// among is paged for the rows that meet conditions among those with some ids, which
// are in the direction of the page.
func among[T any, I ~int64](ctx context.Context, q db.Querier, where *query, p Page, ids []I, sel, column string, key func(T) int64, scan func(db.Row) (T, error)) (Rows[T], error) {
	ids = slices.DeleteFunc(ids, func(id I) bool {
		return p.Newer != 0 && int64(id) <= p.Newer || p.Newer == 0 && p.Older != 0 && int64(id) >= p.Older
	})
	items, need := []T{}, p.limit()+1
	for part := range slices.Chunk(ids, 500) {
		b := where.clone()
		b.in(column, anys(part))
		some, err := all(ctx, q, scan, fmt.Sprintf("%s WHERE %s ORDER BY %s %s LIMIT %d", sel, &b, column, p.direction(), need-len(items)), b.args...)
		if err != nil {
			return Rows[T]{}, err
		}
		if items = append(items, some...); len(items) >= need {
			break
		}
	}
	return turned(items, p, key), nil
}

// window is how many rows are looked at in one query of a list that an index
// narrows too little, and windows how many such queries a page makes at most.
const window, windows = 2_000, 10

// walked is paged for a list whose further conditions, rest, few rows may meet: it
// walks the rows of an index, from is their table with its alias and driver what
// the index narrows them by, and stops after some thousands. A page that is not
// full then says where to go on, and may be empty.
func walked[T any](ctx context.Context, q db.Querier, from, column string, driver, rest *query, p Page, sel string, key func(T) int64, scan func(db.Row) (T, error)) (Rows[T], error) {
	var (
		items = []T{}
		at    = p
		end   bool
	)
	for range windows {
		b := driver.clone()
		at.narrow(&b, column)
		where, order := b.String(), column+" "+p.direction()
		if at.Older == 0 && at.Newer == 0 { // where others may have more, and newer
			where, order = ofAccount(where, column, p.direction())
		}
		var lowest, highest, n int64
		err := q.QueryRow(ctx, fmt.Sprintf("SELECT COALESCE(MIN(x.id), 0), COALESCE(MAX(x.id), 0), COUNT(*) FROM (SELECT %s AS id FROM %s WHERE %s ORDER BY %s LIMIT %d) x",
			column, from, where, order, window), b.args...).Scan(&lowest, &highest, &n)
		if err != nil {
			return Rows[T]{}, err
		}
		end = n < window
		if n > 0 {
			b = rest.clone()
			b.and(column+" >= ?", lowest)
			b.and(column+" <= ?", highest)
			if p.Newer != 0 {
				at.Newer = highest
			} else {
				at.Older = lowest
			}
			some, err := all(ctx, q, scan, fmt.Sprintf("%s WHERE %s ORDER BY %s %s LIMIT %d", sel, &b, column, p.direction(), p.limit()+1-len(items)), b.args...)
			if err != nil {
				return Rows[T]{}, err
			}
			items = append(items, some...)
		}
		if end || len(items) > p.limit() {
			break
		}
	}
	full := len(items) > p.limit()
	r := turned(items, p, key)
	if !end && !full { // there may be more, further on
		if p.Newer != 0 {
			r.Newer = at.Newer
		} else {
			r.Older = at.Older
		}
	}
	return r, nil
}

package store

import (
	"context"
	"fmt"
	"slices"

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

// paged reads a page: select is everything before WHERE, column the qualified
// id column, key the id of a row.
func paged[T any](ctx context.Context, q db.Querier, b *query, p Page, sel, column string, key func(T) int64, scan func(db.Row) (T, error)) (Rows[T], error) {
	order := "DESC"
	switch {
	case p.Newer != 0:
		order = "ASC"
		b.and(column+" > ?", p.Newer)
	case p.Older != 0:
		b.and(column+" < ?", p.Older)
	}
	if len(b.where) == 0 {
		b.and("1 = 1")
	}
	n := p.limit()
	sql := fmt.Sprintf("%s WHERE %s ORDER BY %s %s LIMIT %d", sel, b, column, order, n+1)
	items, err := all(ctx, q, scan, sql, b.args...)
	if err != nil {
		return Rows[T]{}, err
	}
	more := len(items) > n
	if more {
		items = items[:n]
	}
	r := Rows[T]{Items: items}
	if order == "ASC" {
		slices.Reverse(items)
	}
	if len(items) == 0 {
		return r, nil
	}
	first, last := key(items[0]), key(items[len(items)-1])
	if order == "ASC" {
		r.Older = last
		if more {
			r.Newer = first
		}
		return r, nil
	}
	if more {
		r.Older = last
	}
	if p.Older != 0 {
		r.Newer = first
	}
	return r, nil
}

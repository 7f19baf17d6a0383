package db

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
)

// Set is a statement about many rows. The rows stand between Before and After as
// a query whose columns have the types of Types, each BIGINT, TEXT or BYTEA: what
// an INSERT takes, or the body of a WITH. The text has no other placeholders.
//
// PostgreSQL gets all rows at once, as a list for each column, so that sets of all
// sizes are one text that stays planned. SQLite gets them in parts whose numbers
// are powers of two, so that a few texts stay compiled.
type Set struct {
	Before, After string
	Types         []string
}

// rows is how many there are of so many arguments.
func (s Set) rows(args []any) int {
	if len(args)%len(s.Types) != 0 {
		panic(fmt.Sprintf("db: %d arguments for rows of %d columns", len(args), len(s.Types)))
	}
	return len(args) / len(s.Types)
}

// partRows is how many rows SQLite gets at most with one statement: more would
// save little, and it keeps a journal of every page that a statement of several
// rows has touched.
const partRows = 32

// parts are the texts of statements for n rows, for SQLite.
var parts sync.Map // part → string

type part struct {
	before, after string
	rows          int
}

// part is the statement for n rows, with placeholders in order. A bare one would
// make SQLite compile the statement anew each time (steady).
func (s Set) part(n int) string {
	key := part{s.Before, s.After, n}
	if text, known := parts.Load(key); known {
		return text.(string)
	}
	row := "(" + strings.Repeat("+?, ", len(s.Types)-1) + "+?)"
	text := s.Before + "VALUES " + strings.Repeat(row+", ", n-1) + row + s.After
	parts.Store(key, text)
	return text
}

// all is the statement for a list for each column.
func (s Set) all() string {
	marks := make([]string, len(s.Types))
	for i, t := range s.Types {
		marks[i] = fmt.Sprintf("CAST($%d AS %s[])", i+1, t)
	}
	return s.Before + "SELECT * FROM unnest(" + strings.Join(marks, ", ") + ")" + s.After
}

// check tells whether each value is of its column's type: SQLite would make
// another of it, or keep it as it is.
func (s Set) check(args []any) error {
	for i, a := range args {
		want := s.Types[i%len(s.Types)]
		var got string
		switch a.(type) {
		case nil:
			continue
		case int64:
			got = "BIGINT"
		case string:
			got = "TEXT"
		case []byte:
			got = "BYTEA"
		}
		if got != want {
			return fmt.Errorf("db: %T in column %d of a set, which is of type %s", a, i%len(s.Types)+1, want)
		}
	}
	return nil
}

// lists are the columns of rows that were checked.
func (s Set) lists(args []any) []any {
	lists := make([]any, len(s.Types))
	for i, t := range s.Types {
		switch t {
		case "BIGINT":
			lists[i] = column(args, i, len(s.Types), func(n int64) pgtype.Int8 { return pgtype.Int8{Int64: n, Valid: true} })
		case "TEXT":
			lists[i] = column(args, i, len(s.Types), func(s string) pgtype.Text { return pgtype.Text{String: s, Valid: true} })
		case "BYTEA":
			lists[i] = column(args, i, len(s.Types), func(b []byte) []byte { return b })
		}
	}
	return lists
}

// column is every width-th argument from the first on, as a list for PostgreSQL;
// nil is NULL.
func column[V, T any](args []any, first, width int, of func(V) T) pgtype.FlatArray[T] {
	list := make(pgtype.FlatArray[T], 0, len(args)/width)
	for i := first; i < len(args); i += width {
		var v T
		if args[i] != nil {
			v = of(args[i].(V))
		}
		list = append(list, v)
	}
	return list
}

// ExecSet runs a statement about rows, whose columns are the arguments one row
// after the other, and returns the number of rows it affected.
func (tx *Tx) ExecSet(ctx context.Context, s Set, args []any) (affected int64, err error) {
	err = tx.set(ctx, s, args, func(ctx context.Context, q Querier, text string, args []any) error {
		n, err := q.Exec(ctx, text, args...)
		affected += n
		return err
	})
	return affected, err
}

// QuerySet is ExecSet for a statement that returns rows, which scan gets one by one.
func (tx *Tx) QuerySet(ctx context.Context, s Set, args []any, scan func(Row) error) error {
	return tx.set(ctx, s, args, func(ctx context.Context, q Querier, text string, args []any) error {
		rows, err := q.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// set runs a statement about rows as one step.
func (tx *Tx) set(ctx context.Context, s Set, args []any, do func(ctx context.Context, q Querier, text string, args []any) error) error {
	if err := tx.ready(); err != nil {
		return err
	}
	if s.rows(args) == 0 {
		return nil
	}
	args, err := plain(args)
	if err != nil {
		return tx.fail(err)
	}
	if err := s.check(args); err != nil {
		return tx.fail(err)
	}
	ctx = tx.scope(ctx)
	if tx.pgx != nil {
		text, lists := s.all(), s.lists(args)
		return tx.fail(translate(tx.hook.step(ctx, Statement, text, func() error {
			return do(ctx, pgxQuerier{c: tx.pgx}, text, lists)
		}, lists...)))
	}
	width := len(s.Types)
	return tx.fail(translate(tx.hook.step(ctx, Statement, s.part(1), func() error {
		for left := args; len(left) > 0; {
			n := partRows
			for n*width > len(left) {
				n /= 2
			}
			if err := do(ctx, sqlQuerier{c: tx.sql, steady: true}, s.part(n), left[:n*width]); err != nil {
				return err
			}
			left = left[n*width:]
		}
		return nil
	}, args[:width]...)))
}

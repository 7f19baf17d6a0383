package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"examcode/internal/db"
	"examcode/internal/id"
)

// set gives columns values.
type set map[string]any

// breach is a statement that the database itself must refuse. The same statement
// with the healed values passes, which proves that nothing else is wrong with it.
type breach struct {
	what   string
	as     string // unique, check, foreign key
	table  string
	row    int64 // copied under a new id, or changed
	change bool
	values set
	healed set
}

// keyOf is the column that names a row of a table in these tests, "" when none does.
func keyOf(table string) string {
	switch table {
	case "result", "result_version":
		return "registration_id"
	case "reminder":
		return "order_id"
	case "blob_chunk", "login", "idempotency", "mail_off":
		return ""
	}
	return "id"
}

// errUndo rolls back what was only tried.
var errUndo = errors.New("undo")

// try writes a breach and takes it back; it returns what the database said.
func try(t *testing.T, d *db.DB, b breach, values set) error {
	t.Helper()
	write := changing
	if !b.change {
		write = copying(t)
	}
	sql, args := write(d, b.table, b.row, values)
	err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if err := once(ctx, tx, sql, args); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// copyRow writes a row again with other values.
func copyRow(t *testing.T, d *db.DB, table string, row int64, values set) error {
	t.Helper()
	sql, args := copying(t)(d, table, row, values)
	return d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error { return once(ctx, tx, sql, args) })
}

func once(ctx context.Context, tx *db.Tx, sql string, args []any) error {
	n, err := tx.Exec(ctx, sql, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows: %s", n, sql)
	}
	return err
}

// given are values as arguments behind the first, each with its type.
func given(d *db.DB, row int64, values set) (exprs map[string]string, args []any) {
	exprs, args = map[string]string{}, []any{row}
	for name, v := range values {
		as := "BIGINT"
		switch v.(type) {
		case string:
			as = "TEXT"
		case []byte:
			if as = "BLOB"; d.Engine() == db.PostgreSQL {
				as = "BYTEA"
			}
		}
		args = append(args, v)
		exprs[name] = fmt.Sprintf("CAST($%d AS %s)", len(args), as)
	}
	return exprs, args
}

func changing(d *db.DB, table string, row int64, values set) (string, []any) {
	exprs, args := given(d, row, values)
	sets := []string{}
	for name, e := range exprs {
		sets = append(sets, name+" = "+e)
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + keyOf(table) + " = $1", args
}

func copying(t *testing.T) func(d *db.DB, table string, row int64, values set) (string, []any) {
	return func(d *db.DB, table string, row int64, values set) (string, []any) {
		exprs, args := given(d, row, values)
		columns, from := []string{}, []string{}
		for _, l := range schema(t, d) {
			if rest, ok := strings.CutPrefix(l, table+": column "); ok {
				name := strings.Fields(rest)[0]
				columns = append(columns, name)
				if e := exprs[name]; e != "" {
					name = e
				}
				from = append(from, name)
			}
		}
		return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(from, ", ") + " FROM " + table + " WHERE id = $1", args
	}
}

func refusedAs(err error, as string) bool {
	if as == "unique" {
		return db.IsUnique(err)
	}
	return strings.Contains(strings.ToLower(err.Error()), as+" constraint")
}

// breaches tries each and what is in order in its place.
func breaches(t *testing.T, d *db.DB, ids *id.Source, list []breach) {
	t.Helper()
	for _, b := range list {
		values := set{}
		if !b.change {
			values["id"] = ids.Next()
		}
		maps.Copy(values, b.values)
		if err := try(t, d, b, values); err == nil {
			t.Errorf("%s is stored", b.what)
		} else if !refusedAs(err, b.as) {
			t.Errorf("%s is refused, but not by a %s: %v", b.what, b.as, err)
		}
		maps.Copy(values, b.healed)
		if err := try(t, d, b, values); err != nil {
			t.Errorf("%s: what is in order is refused too: %v", b.what, err)
		}
	}
}

package db_test

import (
	"context"
	"fmt"
	"testing"

	"examcode/internal/db"
)

var addThings = db.Set{
	Before: "INSERT INTO thing (id, state, hash, other, note) ",
	After:  " ON CONFLICT (id) DO NOTHING RETURNING id, state, hash, other, note",
	Types:  []string{"BIGINT", "TEXT", "BYTEA", "BIGINT", "TEXT"},
}

var markThings = db.Set{
	Before: "WITH v(id, state, was) AS (",
	After:  ") UPDATE thing SET state = v.state, other = v.id FROM v WHERE thing.id = v.id AND thing.state = v.was",
	Types:  []string{"BIGINT", "TEXT", "TEXT"},
}

func TestASetIsEachOfItsRows(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		must(t, run(d, insertThing, 2))
		var got []string
		must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
			got = nil
			rows := []any{
				codeID(1), state("unused"), hash{0, 255}, nil, "a",
				codeID(2), state("spoilt"), nil, 7, "is there already",
				codeID(3), state("bound"), []byte(nil), int64(-9007199254740993), nil,
			}
			return tx.QuerySet(ctx, addThings, rows, func(row db.Row) error {
				var (
					id    int64
					state string
					hash  []byte
					other *int64
					note  *string
				)
				err := row.Scan(&id, &state, &hash, &other, &note)
				got = append(got, fmt.Sprintf("%d %s %v %t %t", id, state, hash, other == nil, note == nil))
				return err
			})
		}))
		if want := "[1 unused [0 255] true false 3 bound [] false true]"; fmt.Sprint(got) != want {
			t.Errorf("added %v, want %s", got, want)
		}
		if n := count(t, d, "other = -9007199254740993 AND hash IS NULL OR id = 1 AND note = 'a'"); n != 2 {
			t.Errorf("%d of 2 rows are as they were given", n)
		}
		var changed, none int64
		must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if changed, err = tx.ExecSet(ctx, markThings, []any{3, "used", "bound", 1, "used", "bound", 2, "used", "unused", 9, "used", "unused"}); err != nil {
				return err
			}
			none, err = tx.ExecSet(ctx, markThings, nil)
			return err
		}))
		if changed != 2 || none != 0 || count(t, d, "state = 'used' AND other = id AND id IN (2, 3)") != 2 {
			t.Errorf("%d rows changed, and %d of none", changed, none)
		}
	})
}

func TestASetWithABadRowIsNotStored(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		plain := addThings
		plain.After = ""
		for name, bad := range map[string][]any{
			"twice":   {1, "unused", nil, nil, nil, 1, "unused", nil, nil, nil},
			"missing": {1, "unused", nil, nil, nil, 2, nil, nil, nil, nil},
			"type":    {1, "unused", nil, nil, nil, 2, "unused", nil, "seven", nil},
		} {
			err := d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				tx.ExecSet(ctx, plain, bad) // what it says is not heard
				return nil
			})
			if err == nil || db.IsUnique(err) != (name == "twice") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := count(t, d, "true"); n != 0 {
			t.Errorf("%d rows are stored", n)
		}
	})
}

func TestSetsOfAllSizes(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, d *db.DB) {
		next := int64(1)
		for n := range 70 {
			var rows []any
			for range n {
				rows = append(rows, next, "unused", nil, nil, nil)
				next++
			}
			var ids []int64
			must(t, d.Transact(ctx, func(ctx context.Context, tx *db.Tx) error {
				ids = nil
				return tx.QuerySet(ctx, addThings, rows, func(row db.Row) error {
					var id int64
					err := row.Scan(&id, new(string), new([]byte), new(*int64), new(*string))
					ids = append(ids, id)
					return err
				})
			}))
			if len(ids) != n || n > 0 && ids[n-1] != next-1 {
				t.Fatalf("%d rows came to %v", n, ids)
			}
		}
	})
}

func TestASetIsOneStep(t *testing.T) {
	eachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		steps := 0
		set(func(_ context.Context, at db.Point) error {
			if at.Op == db.Statement && !at.Done {
				steps++
			}
			return nil
		})
		must(t, d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.ExecSet(ctx, db.Set{Before: "INSERT INTO t (id) ", Types: []string{"BIGINT"}}, []any{1, 2, 3})
			return err
		}))
		if n := rowsKept(t, d); n != 3 || steps != 1 {
			t.Errorf("%d rows in %d steps", n, steps)
		}
	})
}

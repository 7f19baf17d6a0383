package store_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/store/storetest"
)

// query reads rows of as many texts as one statement selects.
func query(t *testing.T, d *db.DB, columns int, sql string, args ...any) [][]string {
	t.Helper()
	rows, err := d.Read().Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var all [][]string
	for rows.Next() {
		row, into := make([]string, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

// schema describes every table of ours in lines that do not tell the engine.
func schema(t *testing.T, d *db.DB) []string {
	t.Helper()
	describe, tables := sqliteTable, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if d.Engine() == db.PostgreSQL {
		describe, tables = postgresTable, "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'"
	}
	var lines []string
	for _, r := range query(t, d, 1, tables) {
		if strings.HasPrefix(r[0], "river_") || strings.HasPrefix(r[0], "goose_") {
			continue
		}
		for _, l := range describe(t, d, r[0]) {
			lines = append(lines, r[0]+": "+l)
		}
	}
	slices.Sort(lines)
	return lines
}

func sqliteTable(t *testing.T, d *db.DB, table string) (lines []string) {
	sql := query(t, d, 1, "SELECT sql FROM sqlite_schema WHERE name = $1", table)[0][0]
	if !strings.HasSuffix(sql, "STRICT") {
		lines = append(lines, "is not STRICT")
	}
	primary := map[string]string{}
	for _, c := range query(t, d, 4, "SELECT name, type, CAST(pk AS TEXT), CASE WHEN \"notnull\" = 1 OR pk > 0 THEN ' NOT NULL' ELSE '' END FROM pragma_table_info($1)", table) {
		lines = append(lines, "column "+c[0]+" "+class(c[1])+c[3])
		if c[2] != "0" {
			primary[c[2]] = c[0]
		}
	}
	var key []string
	for i := 1; primary[fmt.Sprint(i)] != ""; i++ {
		key = append(key, primary[fmt.Sprint(i)])
	}
	lines = append(lines, "primary ("+strings.Join(key, ", ")+")")
	for _, i := range query(t, d, 4, "SELECT name, origin, CAST(\"unique\" AS TEXT), COALESCE((SELECT s.sql FROM sqlite_schema s WHERE s.name = l.name), '') FROM pragma_index_list($1) l WHERE origin <> 'pk'", table) {
		var columns []string
		for _, c := range query(t, d, 1, "SELECT name || CASE WHEN \"desc\" = 1 THEN ' DESC' ELSE '' END FROM pragma_index_xinfo($1) WHERE key = 1 ORDER BY seqno", i[0]) {
			columns = append(columns, c[0])
		}
		_, where, _ := strings.Cut(i[3], " WHERE ")
		name := i[0]
		if i[1] == "u" {
			name = "" // PostgreSQL names it otherwise
		}
		lines = append(lines, index(name, i[2] == "1", columns, where))
	}
	keys, order := map[string][3][]string{}, []string{}
	for _, f := range query(t, d, 4, "SELECT CAST(id AS TEXT), \"table\", \"from\", \"to\" FROM pragma_foreign_key_list($1) ORDER BY id, seq", table) {
		k := keys[f[0]]
		if k[0] == nil {
			order = append(order, f[0])
		}
		keys[f[0]] = [3][]string{{f[1]}, append(k[1], f[2]), append(k[2], f[3])}
	}
	for _, id := range order {
		k := keys[id]
		lines = append(lines, fmt.Sprintf("foreign key (%s) references %s(%s)", strings.Join(k[1], ", "), k[0][0], strings.Join(k[2], ", ")))
	}
	for rest := sql; ; {
		at := strings.Index(rest, "CHECK (")
		if at < 0 {
			return lines
		}
		rest = rest[at+len("CHECK "):]
		lines = append(lines, "check "+plain(rest[:closing(rest)]))
	}
}

// closing is where the parenthesis that text begins with is closed.
func closing(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func postgresTable(t *testing.T, d *db.DB, table string) (lines []string) {
	for _, c := range query(t, d, 3, "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT), CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1", table) {
		lines = append(lines, "column "+c[0]+" "+class(c[1])+c[2])
	}
	for _, i := range query(t, d, 6, `SELECT CAST(CAST(x.indexrelid AS BIGINT) AS TEXT), CASE WHEN EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u')) THEN '' ELSE CAST(c.relname AS TEXT) END,
CAST(x.indisunique AS TEXT), CAST(x.indisprimary AS TEXT), COALESCE(pg_get_expr(x.indpred, x.indrelid), ''), pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_class r ON r.oid = x.indrelid WHERE r.relname = CAST($1 AS TEXT)`, table) {
		list := i[5][strings.Index(i[5], "("):]
		columns := strings.Split(strings.Trim(list[:closing(list)], "()"), ", ")
		if i[3] == "true" {
			lines = append(lines, "primary ("+strings.Join(columns, ", ")+")")
			continue
		}
		lines = append(lines, index(i[1], i[2] == "true", columns, i[4]))
	}
	for _, c := range query(t, d, 2, "SELECT CAST(k.contype AS TEXT), pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid WHERE r.relname = CAST($1 AS TEXT) AND k.contype IN ('f', 'c')", table) {
		if c[0] == "f" {
			lines = append(lines, strings.NewReplacer("FOREIGN KEY", "foreign key", "REFERENCES", "references").Replace(c[1]))
			continue
		}
		lines = append(lines, "check "+plain(strings.TrimPrefix(c[1], "CHECK ")))
	}
	return lines
}

func index(name string, unique bool, columns []string, where string) string {
	s := "index " + name
	if unique {
		s = "unique " + s
	}
	s += " (" + strings.Join(columns, ", ") + ")"
	if where != "" {
		s += " where " + plain(where)
	}
	return s
}

// class is what a type means to the program. PostgreSQL's integer is too small
// and stays what it is.
func class(engine string) string {
	switch engine {
	case "INTEGER", "bigint":
		return "number"
	case "BLOB", "bytea":
		return "bytes"
	case "TEXT", "text":
		return "text"
	}
	return "of type " + engine
}

var (
	anyOf   = regexp.MustCompile(`= any ?\(array\[([^\]]*)\]\)`)
	between = regexp.MustCompile(`(\w+) between (\d+) and (\d+)`)
	casts   = regexp.MustCompile(`::\w+`)
)

// plain writes a condition as both engines would: PostgreSQL keeps it parsed.
func plain(condition string) string {
	s := strings.ToLower(strings.Join(strings.Fields(condition), " "))
	s = casts.ReplaceAllString(s, "")
	s = anyOf.ReplaceAllString(s, "in ($1)")
	s = between.ReplaceAllString(s, "$1 >= $2 and $1 <= $3")
	return strings.NewReplacer("(", "", ")", "").Replace(s)
}

func TestBothEnginesHaveTheSameSchema(t *testing.T) {
	lite := dbtest.SQLite(t, "store", storetest.Prepare)
	pg := dbtest.Postgres(t, "store", storetest.Prepare)
	want := schema(t, lite)
	if len(want) < 250 {
		t.Fatalf("only %d lines describe the schema", len(want))
	}
	if d := cmp.Diff(want, schema(t, pg)); d != "" {
		t.Fatalf("PostgreSQL (+) is not as SQLite (-):\n%s", d)
	}
	for _, kind := range []string{": column ", ": primary (", ": index ", ": unique index ", " where ", ": foreign key ", ": check "} {
		if !slices.ContainsFunc(want, func(l string) bool { return strings.Contains(l, kind) }) {
			t.Errorf("no line has %q", kind)
		}
	}
	// Each small difference is seen.
	for _, c := range []struct{ on, sql, seen string }{
		{"sqlite", "CREATE INDEX only_here ON code (tail)", "index only_here (tail)"},
		{"sqlite", "CREATE TABLE loose (id INTEGER PRIMARY KEY)", "loose: is not STRICT"},
		{"sqlite", "CREATE UNIQUE INDEX one_price ON code (price) WHERE state = 'unused'", "unique index one_price (price) where state = 'unused'"},
		{"postgres", "ALTER TABLE code ALTER COLUMN holder_id SET NOT NULL", "column holder_id number NOT NULL"},
		{"postgres", "ALTER TABLE code ALTER COLUMN price TYPE INTEGER", "column price of type integer"},
		{"postgres", "ALTER TABLE refund ADD CHECK (amount < 1000)", "check amount < 1000"},
		{"postgres", "ALTER TABLE event ADD FOREIGN KEY (account_id) REFERENCES account (id)", "foreign key (account_id) references account(id)"},
	} {
		d := lite
		if c.on == "postgres" {
			d = pg
		}
		before := schema(t, d)
		if err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, c.sql)
			return err
		}); err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		if !slices.ContainsFunc(schema(t, d), func(l string) bool { return strings.Contains(l, c.seen) && !slices.Contains(before, l) }) {
			t.Errorf("%s is not seen as %q", c.sql, c.seen)
		}
	}
}

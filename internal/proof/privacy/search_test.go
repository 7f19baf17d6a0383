package privacy

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// place is a column, or the file of the embedded database.
type place string

// dump reads every column of every table, whoever's table it is, and tells each
// value with its place.
func dump(t *testing.T, d *db.DB, each func(table string, columns []string, row [][]byte)) {
	t.Helper()
	ctx := context.Background()
	for _, table := range tables(t, d) {
		if d.Engine() == db.SQLite {
			rows, err := d.Writer().QueryContext(ctx, "SELECT * FROM \""+table+"\"")
			if err != nil {
				t.Fatal(err)
			}
			columns, err := rows.Columns()
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				values, to := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					to[i] = &values[i]
				}
				if err := rows.Scan(to...); err != nil {
					t.Fatal(err)
				}
				each(table, columns, texts(values))
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		rows, err := d.Pool().Query(ctx, "SELECT * FROM \""+table+"\"")
		if err != nil {
			t.Fatal(err)
		}
		columns := []string{}
		for _, f := range rows.FieldDescriptions() {
			columns = append(columns, f.Name)
		}
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			each(table, columns, texts(values))
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func tables(t *testing.T, d *db.DB) (names []string) {
	t.Helper()
	sql := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if d.Engine() == db.PostgreSQL {
		sql = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'"
	}
	rows, err := d.Read().Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	if len(names) < 30 {
		t.Fatalf("only %d tables", len(names))
	}
	return names
}

func texts(values []any) [][]byte {
	row := make([][]byte, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			row[i] = v
		case string:
			row[i] = []byte(v)
		default:
			row[i] = fmt.Append(nil, v)
		}
	}
	return row
}

// opened is a value in clear where the key ring opens it for its row.
func (w *town) opened(table, column string, columns []string, row [][]byte, i int) []byte {
	about := ""
	id := func(name string) (n int64) {
		for k, c := range columns {
			if c == name {
				_, _ = fmt.Sscan(string(row[k]), &n)
			}
		}
		return n
	}
	switch table + "." + column {
	case "verification.document_number":
		about = "verification:" + exam.VerificationID(id("id")).String()
	case "ticket.sealed":
		about = "ticket:" + exam.TicketID(id("id")).String()
	case "blob_chunk.data":
		if clear := w.openedChunk(exam.BlobID(id("blob_id")), id("part"), row[i]); clear != nil {
			return clear
		}
	}
	if about != "" && row[i] != nil {
		if clear, err := w.Vault.Open(row[i], about); err == nil {
			return []byte(clear)
		}
	}
	return row[i]
}

// openedChunk opens a part of an export's file, which knows its place and
// whether it is the last.
func (w *town) openedChunk(blob exam.BlobID, part int64, sealed []byte) []byte {
	for _, end := range []string{"more", "end"} {
		if clear, err := w.Vault.Open(sealed, fmt.Sprintf("blob:%d:%d:%s", int64(blob), part, end)); err == nil {
			return []byte(clear)
		}
	}
	return nil
}

// found counts the values that hold a token, by token and place.
func (w *town) found(t *testing.T, d *db.DB, people []*person) map[string]map[place]int {
	t.Helper()
	hits := map[string]map[place]int{}
	note := func(value []byte, at place) {
		low := bytes.ToLower(value)
		for _, p := range people {
			if bytes.Contains(low, []byte(p.token)) {
				if hits[p.token] == nil {
					hits[p.token] = map[place]int{}
				}
				hits[p.token][at]++
			}
		}
	}
	dump(t, d, func(table string, columns []string, row [][]byte) {
		for i, c := range columns {
			if row[i] != nil {
				note(w.opened(table, c, columns, row, i), place(table+"."+c))
			}
		}
	})
	if d.Engine() == db.SQLite {
		note(databaseFile(t, d), "the file")
	}
	return hits
}

// databaseFile is the embedded database as it lies on the disk, with the space of
// what was deleted given back.
func databaseFile(t *testing.T, d *db.DB) []byte {
	t.Helper()
	for _, sql := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := d.Writer().Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var seq int
	var name, path string
	if err := d.Writer().QueryRow("PRAGMA database_list").Scan(&seq, &name, &path); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 4096 || binary.BigEndian.Uint32(all[28:32]) == 0 {
		t.Fatalf("%s is no database", path)
	}
	if wal, err := os.ReadFile(path + "-wal"); err == nil {
		all = append(all, wal...)
	}
	return all
}

// told lists places with their counts.
func told(places map[place]int) string {
	var list []string
	for p, n := range places {
		list = append(list, fmt.Sprintf("%s: %d", p, n))
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

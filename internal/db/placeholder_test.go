package db

import "testing"

func TestUnnumbered(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"":         "",
		"INSERT INTO t (a, b) VALUES (CAST($1 AS TEXT), $2), ($3, $4)": "INSERT INTO t (a, b) VALUES (CAST(? AS TEXT), ?), (?, ?)",
		"UPDATE t SET a = $2 WHERE b = $1":                             "UPDATE t SET a = $2 WHERE b = $1",
		"UPDATE t SET a = $1 WHERE b = $2 AND c < $1":                  "UPDATE t SET a = $1 WHERE b = $2 AND c < $1",
		"VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)":                  "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
		"SELECT $2": "SELECT $2",
	} {
		if got := unnumbered(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Package sheet writes tables for spreadsheet programs: CSV and XLSX, row by
// row, with the memory of one row however many there are.
//
// What people typed must never run when a colleague opens the file. In XLSX
// every text is an inline string cell and there is no way to write a formula,
// so texts stay exactly as they are: leading zeros, long numbers, a name that
// begins with "=". CSV has no types; a spreadsheet program decides by the first
// sign of a cell. So where a cell, or what a program with another separator
// would take for a cell, begins with = + - @, their full-width forms, a tab, a
// line break or a NUL, an apostrophe is put before it, and every field is
// quoted (RFC 4180). Numbers of ours are written as they are.
//
// The package knows none of the programme's nouns and reads no files.
package sheet

import (
	"io"
	"strconv"
)

// Cell is a text or a whole number. The zero Cell is empty.
type Cell struct {
	text   string
	number bool
}

// Text is a cell that stays what it is.
func Text(s string) Cell { return Cell{text: s} }

// Number is a cell that can be summed.
func Number(n int64) Cell { return Cell{strconv.FormatInt(n, 10), true} }

// String is the cell as people read it.
func (c Cell) String() string { return c.text }

// Column is a head and a width in characters; CSV has no widths.
type Column struct {
	Head  string
	Width int
}

// Writer takes the rows of one table, then is closed; the file is whole only
// after Close returned nil. It belongs to one goroutine.
type Writer interface {
	Row(cells ...Cell) error
	Close() error
}

// Book is a Writer that can have further tables after the first.
type Book interface {
	Writer
	// Next ends the present table and begins another.
	Next(name string, columns []Column) error
}

// Formats that New writes.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// Mime is a format's media type.
func Mime(format string) string {
	if format == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// New begins a file of a format with its first table. A CSV file holds one
// table alone: its Next drops all that follows.
func New(w io.Writer, format, name string, columns []Column) (Book, error) {
	if format == XLSX {
		return newXLSX(w, name, columns, maxRows)
	}
	return newCSV(w, columns)
}

package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"golang.org/x/text/width"
)

// ErrNoTable says that a file is no table of texts.
var ErrNoTable = errors.New("sheet: not a table")

// Line is a row of a file with the number of its line.
type Line struct {
	N     int
	Cells []string
}

// Read reads a table of separated values as people's programs write it: UTF-8 or
// UTF-16 with a byte order mark, else UTF-8, else GB 18030; separated by commas,
// semicolons or tabs. Empty lines are left out, cells trimmed, and at most limit
// lines are read.
func Read(content []byte, limit int) ([]Line, error) {
	text, err := decode(content)
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return nil, ErrNoTable
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes, r.Comma = -1, true, separator(first)
	var lines []Line
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return nil, ErrNoTable
		}
		n, _ := r.FieldPos(0)
		empty := true
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
			empty = empty && cells[i] == ""
		}
		if empty {
			continue
		}
		if lines = append(lines, Line{n, cells}); len(lines) >= limit {
			return lines, nil
		}
	}
}

func decode(content []byte) ([]byte, error) {
	marked := bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) || bytes.HasPrefix(content, []byte("\ufeff"))
	switch {
	case marked:
		text, _, err := transform.Bytes(unicode.BOMOverride(encoding.Nop.NewDecoder()), content)
		return text, err
	case utf8.Valid(content):
		return content, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
	if err == nil && bytes.ContainsRune(text, utf8.RuneError) {
		err = ErrNoTable
	}
	return text, err
}

// separator is what stands most often in a head line.
func separator(head []byte) rune {
	best, most := ',', bytes.Count(head, []byte(","))
	for _, s := range ";\t" {
		if n := bytes.Count(head, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

// Plain is a text as heads and words are compared: lower case, half width,
// without spaces, dashes and underscores.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '\u00a0', '\u3000':
			return -1
		}
		return r
	}, strings.ToLower(width.Fold.String(s)))
}

// Whole reads a cell that holds a whole number, in half or full width. A sign
// counts; anything else than one number is an error, never a guess.
func Whole(s string) (int, error) { return strconv.Atoi(strings.TrimSpace(width.Fold.String(s))) }

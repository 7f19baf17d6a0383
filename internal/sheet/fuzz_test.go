package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// bomb is a small archive that unpacks to much.
func bomb() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 50 {
		w, _ := z.Create("xl/worksheets/sheet" + strconv.Itoa(i) + ".xml")
		w.Write(bytes.Repeat([]byte("a,"), 1<<15))
	}
	z.Close()
	return b.Bytes()
}

// What is read of a file is bounded by the file and by the limit, stands in the
// order of its lines, and is text; packed files are not unpacked but refused.
func FuzzTable(f *testing.F) {
	f.Add([]byte("a,b\r\n1,2"), 9)
	f.Add([]byte("\ufeffa;b\n\"x\ny\";2\n"), 9)
	f.Add([]byte("\xff\xfea\x00,\x00b\x00"), 9)
	f.Add([]byte("\xb1\xe0\xba\xc5\t\xbd\xe1\xb9\xfb"), 9)
	f.Add([]byte("=1+1,\"\"\""), 1)
	f.Add(bomb(), 50)
	f.Add([]byte("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>"), 9)
	f.Fuzz(func(t *testing.T, content []byte, limit int) {
		limit = 1 + max(limit, -(limit+1))%100
		lines, err := Read(content, limit)
		if err != nil && (!errors.Is(err, ErrNoTable) || lines != nil) && utf8.Valid(content) {
			t.Fatalf("refused with %v and %v", err, lines)
		}
		if bytes.HasPrefix(content, []byte("PK\x03\x04")) && bytes.IndexByte(content, 0) >= 0 && utf8.Valid(content) && err == nil {
			t.Fatal("an archive is read")
		}
		total, last := 0, 0
		for _, l := range lines {
			if l.N <= last {
				t.Fatalf("line %d follows line %d", l.N, last)
			}
			last = l.N
			for _, c := range l.Cells {
				total += len(c)
				if strings.ContainsRune(c, 0) || c != strings.TrimSpace(c) {
					t.Fatalf("line %d has the cell %q", l.N, c)
				}
			}
		}
		if len(lines) > limit || total > 3*len(content)+3 {
			t.Fatalf("%d bytes and a limit of %d gave %d lines of %d bytes", len(content), limit, len(lines), total)
		}
	})
}

// A written CSV file reads back by our own reader and the standard one: the same
// rows and columns, each cell as it was but for what keeps it from running.
func FuzzCSV(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[len(hostile)-1-i], int64(i-3))
	}
	f.Fuzz(func(t *testing.T, a, b string, n int64) {
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		var out bytes.Buffer
		w, err := New(&out, CSV, "x", []Column{{"A", 9}, {"B", 9}, {"N", 9}})
		if err == nil {
			err = errors.Join(w.Row(Text(a), Text(b), Number(n)), w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, err := Read(out.Bytes(), 10)
		if err != nil || len(lines) != 2 || len(lines[1].Cells) != 3 {
			t.Fatalf("%q and %q read back as %v, %v", a, b, lines, err)
		}
		for i, want := range []string{a, b, strconv.FormatInt(n, 10)} {
			if i < 2 {
				if want = harmless(want); runs.MatchString(want) {
					t.Fatalf("%q would run", want)
				}
			}
			want = strings.TrimSpace(strings.ReplaceAll(want, "\r\n", "\n"))
			if got := strings.TrimSpace(strings.ReplaceAll(lines[1].Cells[i], "\r\n", "\n")); got != want {
				t.Fatalf("cell %d: %q reads back as %q", i, want, got)
			}
		}
	})
}

var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescape reads the format's own escapes, as spreadsheet programs do.
func unescape(s string) string {
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 16)
		return string(rune(n))
	})
}

// A written XLSX file is well-formed, holds each text as an inline text that
// reads back, and no formula.
func FuzzXLSX(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, "Codes: [all]", int64(i-3))
	}
	f.Fuzz(func(t *testing.T, text, name string, n int64) {
		text = strings.ToValidUTF8(text, "")
		var out bytes.Buffer
		w, err := New(&out, XLSX, strings.ToValidUTF8(name, ""), []Column{{"A", 9}, {"N", 9}})
		if err == nil {
			err = errors.Join(w.Row(Text(text), Number(n)), w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, part := range z.File {
			in, err := part.Open()
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, texts(t, part.Name, in)...)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
				return utf8.RuneError
			}
			return r
		}, clip(text))
		heads := 2
		if want == "" {
			want = "N" // an empty cell is left out
			heads = 1
		}
		if len(cells) <= heads || unescape(cells[heads]) != want {
			t.Fatalf("%q reads back as %q", want, cells)
		}
	})
}

// texts are the inline texts of a part, which must be well-formed and without
// formulas and document types.
func texts(t *testing.T, name string, in io.Reader) (found []string) {
	d := xml.NewDecoder(in)
	inside := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch token := token.(type) {
		case xml.Directive:
			t.Fatalf("%s has a document type", name)
		case xml.StartElement:
			if token.Name.Local == "f" {
				t.Fatalf("%s has a formula", name)
			}
			if inside = token.Name.Local == "t"; inside {
				found = append(found, "")
			}
		case xml.EndElement:
			inside = false
		case xml.CharData:
			if inside {
				found[len(found)-1] += string(token)
			}
		}
	}
}

// A cell that is read as a number holds just that number.
func FuzzWhole(f *testing.F) {
	for _, s := range []string{"12", "１２", " 7 ", "-3", "1.0", "1e3", "0x1", "1_000", "9223372036854775808", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Whole(s)
		if err != nil {
			return
		}
		if again, err := Whole(strconv.Itoa(n)); err != nil || again != n {
			t.Fatalf("%q is %d, which is %d, %v", s, n, again, err)
		}
		if Plain(strconv.Itoa(n)) != strings.ReplaceAll(strconv.Itoa(n), "-", "") {
			t.Fatalf("%d is plainly %q", n, Plain(strconv.Itoa(n)))
		}
	})
}

package sheet

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of the format: rows of one table, and UTF-16 units of one cell.
const (
	maxRows = 1 << 20
	maxCell = 32767
)

// xlsxFile streams a workbook: each table is one entry of the archive, written
// as its rows come; what names the tables is written at the end. A table that
// is full goes on in another one.
type xlsxFile struct {
	zip     *zip.Writer
	part    *bufio.Writer // the table being written
	names   []string
	name    string
	columns []Column
	rows    int // of this table, its head included
	most    int
	line    []byte
}

func newXLSX(w io.Writer, name string, columns []Column, most int) (*xlsxFile, error) {
	x := &xlsxFile{zip: zip.NewWriter(w), most: most}
	x.zip.RegisterCompressor(zip.Deflate, squeeze)
	return x, x.begin(name, columns)
}

// packers are compressors for another entry: each holds more than a megabyte.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is ours
	}
	return w
}}

type packer struct{ *flate.Writer }

func squeeze(w io.Writer) (io.WriteCloser, error) {
	p := packers.Get().(*flate.Writer)
	p.Reset(w)
	return packer{p}, nil
}

func (p packer) Close() error {
	defer packers.Put(p.Writer)
	return p.Writer.Close()
}

func (x *xlsxFile) begin(name string, columns []Column) error {
	x.name, x.columns, x.rows = name, columns, 0
	x.names = append(x.names, sheetName(name, x.names))
	w, err := x.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", len(x.names)))
	if err != nil {
		return err
	}
	x.part = bufio.NewWriterSize(w, 32<<10)
	var b strings.Builder
	b.WriteString(declaration + `<worksheet xmlns="` + spreadsheet + `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	for i, c := range columns {
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, max(c.Width, 6))
	}
	b.WriteString(`</cols><sheetData>`)
	if _, err := x.part.WriteString(b.String()); err != nil {
		return err
	}
	heads := make([]Cell, len(columns))
	for i, c := range columns {
		heads[i] = Text(c.Head)
	}
	return x.write(heads, ` s="1"`)
}

func (x *xlsxFile) end() error {
	if _, err := x.part.WriteString(`</sheetData></worksheet>`); err != nil {
		return err
	}
	return x.part.Flush()
}

func (x *xlsxFile) Row(cells ...Cell) error {
	if x.rows == x.most {
		if err := x.Next(x.name, x.columns); err != nil {
			return err
		}
	}
	return x.write(cells, "")
}

func (x *xlsxFile) Next(name string, columns []Column) error {
	if err := x.end(); err != nil {
		return err
	}
	return x.begin(name, columns)
}

// write writes a row in which every cell says where it stands: empty ones are
// left out.
func (x *xlsxFile) write(cells []Cell, style string) error {
	x.rows++
	line := append(x.line[:0], `<row r="`...)
	line = strconv.AppendInt(line, int64(x.rows), 10)
	line = append(line, `">`...)
	for i, c := range cells {
		if c.text == "" {
			continue
		}
		line = append(line, `<c r="`...)
		line = append(line, letters(i)...)
		line = strconv.AppendInt(line, int64(x.rows), 10)
		line = append(line, '"')
		line = append(line, style...)
		if c.number {
			line = append(line, `><v>`...)
			line = append(line, c.text...)
			line = append(line, `</v></c>`...)
			continue
		}
		line = append(line, ` t="inlineStr"><is><t xml:space="preserve">`...)
		line = appendText(line, clip(c.text))
		line = append(line, `</t></is></c>`...)
	}
	x.line = append(line, `</row>`...)
	_, err := x.part.Write(x.line)
	return err
}

// letters names a column, counted from 0: A, B, … Z, AA.
func letters(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return letters(i/26-1) + string(rune('A'+i%26))
}

// bare are the bytes that stand in XML as they are, whatever follows.
var bare = func() (bare [256]bool) {
	for b := byte(' '); b <= '~'; b++ {
		bare[b] = b != '&' && b != '<' && b != '>' && b != '_'
	}
	return bare
}()

// appendText escapes a text for XML. Signs that XML cannot hold become U+FFFD,
// and a text that looks like the format's own escape is kept from being read so.
func appendText(b []byte, s string) []byte {
	for len(s) > 0 {
		n := 0
		for n < len(s) && bare[s[n]] {
			n++
		}
		if b, s = append(b, s[:n]...), s[n:]; s == "" {
			break
		}
		r, n := utf8.DecodeRuneInString(s)
		b, s = appendSign(b, r, s), s[n:]
	}
	return b
}

// appendSign escapes one sign, with which the text begins.
func appendSign(b []byte, r rune, s string) []byte {
	switch {
	case r == '&':
		return append(b, "&amp;"...)
	case r == '<':
		return append(b, "&lt;"...)
	case r == '>':
		return append(b, "&gt;"...)
	case r == '\r':
		return append(b, "_x000D_"...)
	case r == '_' && escapeLike(s):
		return append(b, "_x005F_"...)
	case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
		return utf8.AppendRune(b, utf8.RuneError)
	}
	return utf8.AppendRune(b, r)
}

// escapeLike tells whether a text begins as _x0041_ does.
func escapeLike(s string) bool {
	return len(s) >= 7 && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}

// clip shortens a text to what a cell holds.
func clip(s string) string {
	if len(s) <= maxCell {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > maxCell {
			return s[:i]
		}
	}
	return s
}

// sheetName makes a name that the format takes and no earlier table has.
func sheetName(name string, taken []string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, name))
	base := strings.TrimSpace(string(clean[:min(len(clean), 24)]))
	if base == "" {
		base = "Sheet"
	}
	for n, s := 1, base; ; n++ {
		if n > 1 {
			s = fmt.Sprintf("%s (%d)", base, n)
		}
		free := true
		for _, t := range taken {
			free = free && !strings.EqualFold(t, s)
		}
		if free {
			return s
		}
	}
}

const (
	declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relations   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageRels = "http://schemas.openxmlformats.org/package/2006/relationships"
	contentType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// Close writes what names the tables, and the archive's directory.
func (x *xlsxFile) Close() error {
	if err := x.end(); err != nil {
		return err
	}
	var types, sheets, rels strings.Builder
	for i, name := range x.names {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, contentType)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, strings.ReplaceAll(string(appendText(nil, name)), `"`, "&quot;"), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relations, n)
	}
	styles := len(x.names) + 1
	for _, part := range []struct{ name, text string }{
		{"xl/workbook.xml", `<workbook xmlns="` + spreadsheet + `" xmlns:r="` + relations + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + spreadsheet + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>` +
			`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`},
		{"xl/_rels/workbook.xml.rels", fmt.Sprintf(`<Relationships xmlns="%s">%s<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, packageRels, rels.String(), styles, relations)},
		{"_rels/.rels", `<Relationships xmlns="` + packageRels + `"><Relationship Id="rId1" Type="` + relations + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + contentType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + contentType + `styles+xml"/>` + types.String() + `</Types>`},
	} {
		w, err := x.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, declaration+part.text); err != nil {
			return err
		}
	}
	return x.zip.Close()
}

package sheet

import (
	"bufio"
	"io"
	"strings"
)

// csvFile writes UTF-8 with a byte order mark, so that programs that guess by
// the machine's language read Chinese.
type csvFile struct {
	w     *bufio.Writer
	line  []byte
	ended bool // further tables are dropped
}

func newCSV(w io.Writer, columns []Column) (*csvFile, error) {
	c := &csvFile{w: bufio.NewWriterSize(w, 32<<10)}
	if _, err := c.w.WriteString("\ufeff"); err != nil {
		return nil, err
	}
	heads := make([]Cell, len(columns))
	for i, col := range columns {
		heads[i] = Text(col.Head)
	}
	return c, c.Row(heads...)
}

func (c *csvFile) Row(cells ...Cell) error {
	if c.ended {
		return nil
	}
	line := c.line[:0]
	for i, cell := range cells {
		if i > 0 {
			line = append(line, ',')
		}
		switch {
		case cell.number:
			line = append(line, cell.text...)
		case cell.text != "":
			text := cell.text
			if !calm(text) {
				text = strings.ReplaceAll(harmless(text), `"`, `""`)
			}
			line = append(line, '"')
			line = append(line, text...)
			line = append(line, '"')
		}
	}
	c.line = append(line, '\r', '\n')
	_, err := c.w.Write(c.line)
	return err
}

func (c *csvFile) Next(string, []Column) error {
	c.ended = true
	return nil
}

func (c *csvFile) Close() error { return c.w.Flush() }

// risky are the signs a formula begins with, and those that some programs skip
// or take for one.
const risky = "=+-@＝＋－＠\t\r\n\x00"

// separators end a cell for some program or language setting, or are skipped
// before a cell's first sign.
const separators = ",;|\t\r\n \u00a0\u3000\ufeff\"'"

// Kinds of bytes for calm.
const (
	quiet = iota
	space
	sign // risky at the beginning of a cell
	loud // risky elsewhere too, or a part of what may be
)

var kinds = func() (kinds [256]byte) {
	for _, b := range []byte(risky) {
		kinds[b] = sign
	}
	for _, r := range risky + separators {
		if r > '~' {
			kinds[string(r)[0]] = loud // whatever begins like it
		}
	}
	for _, b := range []byte(separators) {
		if b <= '~' {
			kinds[b] = loud
		}
	}
	kinds[0], kinds[' '] = loud, space
	return kinds
}()

// calm tells quickly of most texts that they stand in a cell as they are:
// harmless would not change them, and there is no quote to double.
func calm(s string) bool {
	begins := true
	for i := range len(s) {
		switch kinds[s[i]] {
		case loud:
			return false
		case sign:
			if begins {
				return false
			}
		case space:
			continue
		}
		begins = false
	}
	return true
}

// harmless puts an apostrophe before every sign that could begin a formula: at
// the beginning, and after what another program takes for the end of a cell.
func harmless(s string) string {
	if !strings.ContainsAny(s, risky) {
		return s
	}
	var b strings.Builder
	begins := true
	for _, r := range s {
		if begins && strings.ContainsRune(risky, r) {
			b.WriteByte('\'')
		}
		if r != 0 {
			b.WriteRune(r)
		}
		spaced := r == ' ' || r == '\u00a0' || r == '\u3000'
		begins = !spaced && strings.ContainsRune(separators, r) || spaced && begins
	}
	return b.String()
}

package export

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"examcode/internal/sheet"
	"examcode/internal/store"
)

// WriteCopy writes a person's copy as a ZIP file: data.json with everything, and
// each part that has rows as a table. read may be called more than once; nothing
// is held but one row.
func WriteCopy(w io.Writer, made time.Time, read func(each func(store.Copied) error) error) error {
	z := zip.NewWriter(w)
	part, err := z.CreateHeader(&zip.FileHeader{Name: "data.json", Method: zip.Deflate, Modified: made})
	if err != nil {
		return err
	}
	if err := writeJSON(part, made, read); err != nil {
		return err
	}
	var (
		table   sheet.Book
		section string
	)
	end := func() error {
		if table == nil {
			return nil
		}
		return table.Close()
	}
	err = read(func(c store.Copied) error {
		if c.Section != section {
			if err := end(); err != nil {
				return err
			}
			file, err := z.CreateHeader(&zip.FileHeader{Name: c.Section + ".csv", Method: zip.Deflate, Modified: made})
			if err != nil {
				return err
			}
			columns := []sheet.Column{}
			for _, h := range store.Heads(c.Section) {
				columns = append(columns, sheet.Column{Head: h})
			}
			if table, err = sheet.New(file, sheet.CSV, c.Section, columns); err != nil {
				return err
			}
			section = c.Section
		}
		cells := make([]sheet.Cell, len(c.Fields))
		for i, f := range c.Fields {
			cells[i] = cellOf(f.Value)
		}
		return table.Row(cells...)
	})
	if err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	return z.Close()
}

func cellOf(v any) sheet.Cell {
	switch v := v.(type) {
	case nil:
		return sheet.Cell{}
	case int64:
		return sheet.Number(v)
	case time.Time:
		return sheet.Text(v.UTC().Format(time.RFC3339))
	case json.RawMessage:
		return sheet.Text(string(v))
	}
	return sheet.Text(fmt.Sprint(v))
}

// writeJSON writes one object: made_at, and each part with its rows in order.
func writeJSON(w io.Writer, made time.Time, read func(each func(store.Copied) error) error) error {
	if _, err := fmt.Fprintf(w, "{\n\"made_at\": %q", made.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	section := ""
	if err := read(func(c store.Copied) error {
		row, err := json.Marshal(RowOf(c))
		if err != nil {
			return err
		}
		before := ",\n"
		if c.Section != section {
			if before = fmt.Sprintf(",\n%q: [\n", c.Section); section != "" {
				before = "\n]" + before
			}
			section = c.Section
		}
		_, err = fmt.Fprintf(w, "%s%s", before, row)
		return err
	}); err != nil {
		return err
	}
	last := "\n}\n"
	if section != "" {
		last = "\n]" + last
	}
	_, err := io.WriteString(w, last)
	return err
}

// RowOf is one thing of a copy by the names of its fields.
func RowOf(c store.Copied) map[string]any {
	row := make(map[string]any, len(c.Fields))
	for _, f := range c.Fields {
		row[f.Name] = f.Value
		if t, is := f.Value.(time.Time); is {
			row[f.Name] = t.UTC().Format(time.RFC3339)
		}
	}
	return row
}

// Package export says what an exported file holds: its columns and their words
// in the asker's language, its rows, and the filter it was made from, as data
// and as a sentence. Whoever shows the same list elsewhere shows the same rows.
//
// It reads what it is told to and decides nothing: who may have a file, and
// when it is written, is said by exam and action.
package export

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/sheet"
	"examcode/internal/store"
)

// ErrFilter is a stored filter that this program does not understand; to leave
// a part out would export more than was asked for.
var ErrFilter = fault.New(fault.Internal, "export_filter_unknown", "the stored filter is not understood")

// Filter is what an export lists; the one that is not of its kind is zero.
type Filter struct {
	Codes     store.CodeFilter
	Examinees store.ExamineeFilter
}

// Freeze writes the filter of a kind as data, whatever fields it has.
func (f Filter) Freeze(kind exam.ExportKind) (string, error) {
	var v any = f.Codes
	if kind == exam.ExportExaminees {
		v = f.Examinees
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// Thaw reads what Freeze wrote.
func Thaw(kind exam.ExportKind, text string) (f Filter, err error) {
	var v any = &f.Codes
	if kind == exam.ExportExaminees {
		v = &f.Examinees
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return f, ErrFilter.Wrap(err)
	}
	return f, nil
}

// Count is how many rows a filter has at an instant.
func Count(ctx context.Context, r store.Reader, account exam.AccountID, kind exam.ExportKind, f Filter, now time.Time) (int64, error) {
	if kind == exam.ExportExaminees {
		return r.CountExaminees(ctx, account, f.Examinees, now)
	}
	return r.CountCodes(ctx, account, f.Codes, now)
}

// Source is where the rows of a file come from.
type Source struct {
	Store store.Reader
	// Text opens the text of a code; called only for exports with texts.
	Text func(id exam.CodeID, sealed []byte) (string, error)
	// Batch is how many rows one query reads; 0 is 2,000.
	Batch int
	// Beat is told after each batch how many rows there are so far, and ends the
	// work by an error.
	Beat func(rows int64) error
}

// Locale is how the file of an export speaks at an instant.
func Locale(e exam.Export, now time.Time) lang.Locale {
	return lang.Locale{Lang: lang.Match(e.Lang, ""), Zone: lang.Zone(e.Zone), Now: now}
}

// Write writes the file of an export and returns how many rows it has. States
// are those of the instant. Rows are read in short queries from the newest to
// the oldest, so that a row is told as it was when it was read, each once, and
// what comes into being meanwhile is not told.
func Write(ctx context.Context, w io.Writer, e exam.Export, s Source, now time.Time) (rows int64, err error) {
	l := Locale(e, now)
	f, err := Thaw(e.Kind, e.Filter)
	if err != nil {
		return 0, err
	}
	if s.Batch == 0 {
		s.Batch = 2000
	}
	about, err := Describe(ctx, s.Store, l, e.Account, e.Kind, f)
	if err != nil {
		return 0, err
	}
	columns := Columns(e.Kind)
	book, err := sheet.New(w, string(e.Format), l.T("export.kind."+string(e.Kind)), heads(l, columns))
	if err != nil {
		return 0, err
	}
	if e.Kind == exam.ExportExaminees {
		rows, err = s.examinees(ctx, book, e, f.Examinees, l)
	} else {
		rows, err = s.codes(ctx, book, e, f.Codes, l)
	}
	if err != nil {
		return rows, err
	}
	if err := legend(book, l, e, columns, about, rows); err != nil {
		return rows, err
	}
	return rows, book.Close()
}

func (s Source) codes(ctx context.Context, book sheet.Writer, e exam.Export, f store.CodeFilter, l lang.Locale) (int64, error) {
	line, list := newCodeLine(l), s.Store.CodeLines(e.Account, f, l.Now, e.WithTexts, s.Batch)
	return each(ctx, s, list.Next, func(c *store.CodeLine) (err error) {
		text := ""
		if e.WithTexts {
			if text, err = s.Text(c.ID, c.Sealed); err != nil {
				return err
			}
		}
		return book.Row(line.cells(c, text)...)
	})
}

func (s Source) examinees(ctx context.Context, book sheet.Writer, e exam.Export, f store.ExamineeFilter, l lang.Locale) (int64, error) {
	line, older := examineeLine{l: l}, exam.RegistrationID(0)
	next := func(ctx context.Context) ([]store.RegistrationRow, error) {
		batch, err := s.Store.ExamineeBatch(ctx, e.Account, f, l.Now, older, s.Batch)
		if len(batch) > 0 {
			older = batch[len(batch)-1].ID
		}
		return batch, err
	}
	return each(ctx, s, next, func(g *store.RegistrationRow) error { return book.Row(line.cells(g)...) })
}

// each writes the rows of a list, batch by batch, and counts them.
func each[T any](ctx context.Context, s Source, next func(context.Context) ([]T, error), write func(*T) error) (rows int64, err error) {
	for batch, err := range ahead(ctx, s.Batch, next) {
		if err != nil {
			return rows, err
		}
		for i := range batch {
			if err := write(&batch[i]); err != nil {
				return rows, err
			}
			rows++
		}
		if err := s.Beat(rows); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

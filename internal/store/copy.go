package store

import (
	"context"
	"strconv"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// Copied is one thing that is kept about a person, as their copy shows it.
type Copied struct {
	Section string
	Fields  []CopiedField
}

// CopiedID is a number that other programs must not round.
type CopiedID int64

func (i CopiedID) String() string { return strconv.FormatInt(int64(i), 10) }

// MarshalText writes it as a text.
func (i CopiedID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// CopiedField is a named value: a string, an int64, a CopiedID, a time.Time or a
// json.RawMessage, nil where there is none; []byte is sealed, for the one who has
// the keys.
type CopiedField struct {
	Name  string
	Value any
}

// copyKind is how a column is read.
type copyKind int

const (
	asText copyKind = iota
	asNumber
	asInstant
	asSealed
	asID
	asEvent  // facts of an event whose kind is the column before
	asNotice // facts of a notice whose kind is the column before
)

type copyColumn struct {
	name, sql string
	as        copyKind
}

// copySection is a part of a copy. Its statement ends with what belongs to the
// person $1.
type copySection struct {
	name    string
	columns []copyColumn
	from    string
	staff   string // the same for staff, who act on accounts that are not theirs; "" is the same
}

// Sections names the parts of a copy, in order.
func Sections() []string {
	names := make([]string, len(copySections))
	for i, s := range copySections {
		names[i] = s.name
	}
	return names
}

// Heads names the fields of a part.
func Heads(section string) []string {
	for _, s := range copySections {
		if s.name == section {
			heads := make([]string, len(s.columns))
			for i, c := range s.columns {
				heads[i] = c.name
			}
			return heads
		}
	}
	return nil
}

// CopyOf reads all that is kept about a person, part by part, the oldest first,
// and nothing that names anybody else. Nothing is held in memory but one row.
func (r Reader) CopyOf(ctx context.Context, p exam.Person, kind exam.AccountKind, each func(Copied) error) error {
	for _, s := range copySections {
		sql := "SELECT "
		for i, c := range s.columns {
			if i > 0 {
				sql += ", "
			}
			sql += c.sql
		}
		from := s.from
		if kind == exam.Operator && s.staff != "" {
			from = s.staff
		}
		if err := stream(ctx, r.q, func(row db.Row) error {
			fields, err := s.scan(row, p)
			if err != nil {
				return err
			}
			return each(Copied{s.name, fields})
		}, sql+" "+from, p.ID); err != nil {
			return err
		}
	}
	return nil
}

func (s copySection) scan(row db.Row, p exam.Person) ([]CopiedField, error) {
	to := make([]any, len(s.columns))
	for i, c := range s.columns {
		switch c.as {
		case asText:
			to[i] = new(string)
		case asNumber, asID:
			to[i] = new(int64)
		case asInstant:
			to[i] = new(when)
		case asSealed:
			to[i] = new([]byte)
		default:
			to[i] = &jsonData{new(exam.Data)}
		}
	}
	if err := row.Scan(to...); err != nil {
		return nil, err
	}
	fields := make([]CopiedField, len(s.columns))
	for i, c := range s.columns {
		fields[i].Name = c.name
		switch v := to[i].(type) {
		case *string:
			fields[i].Value = *v
		case *int64:
			fields[i].Value = *v
			if c.as == asID {
				fields[i].Value = CopiedID(*v)
			}
		case *when:
			if t := time.Time(*v); !t.IsZero() {
				fields[i].Value = t
			}
		case *[]byte:
			if *v != nil {
				fields[i].Value = *v
			}
		case *jsonData:
			kind, _ := fields[i-1].Value.(string)
			names := exam.EventNames[exam.EventKind(kind)]
			if c.as == asNotice {
				names = exam.NoticeNames[exam.NoticeKind(kind)]
			}
			fields[i].Value = knownFacts(*v.to, names, p.Name, p.Email)
		}
	}
	return fields, nil
}

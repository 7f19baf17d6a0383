package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// AddResultFile keeps an uploaded file of results, and drops those made before
// an instant.
func (tx *Tx) AddResultFile(ctx context.Context, f exam.ResultFile, e exam.Event, before time.Time) error {
	if _, err := tx.tx.Exec(ctx, "DELETE FROM result_file WHERE created_at < $1", us(before)); err != nil {
		return err
	}
	if err := tx.exec(ctx, 1, "INSERT INTO result_file (id, session_id, person_id, name, content, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
		f.ID, null(f.Session), f.Person, f.Name, f.Content, us(f.Created)); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// ResultFile reads an uploaded file of results; for staff.
func (r Reader) ResultFile(ctx context.Context, id exam.ResultFileID) (exam.ResultFile, error) {
	return one(ctx, r.q, func(row db.Row) (exam.ResultFile, error) {
		var f exam.ResultFile
		err := row.Scan(&f.ID, &f.Session, &f.Person, &f.Name, &f.Content, (*when)(&f.Created))
		return f, err
	}, "SELECT f.id, COALESCE(f.session_id, 0), f.person_id, f.name, f.content, f.created_at FROM result_file f WHERE f.id = $1", id)
}

// Sitter is somebody with a seat or a result in a session that has begun.
type Sitter struct {
	Registration exam.RegistrationID
	Session      exam.SessionID
	Email, Name  string
	Result       *exam.Result
}

// Sitters finds who sits, by registration or by normalised e-mail, in sessions
// that began by an instant; for staff.
func (r Reader) Sitters(ctx context.Context, ids []exam.RegistrationID, emails []string, now time.Time) ([]Sitter, error) {
	found := []Sitter{}
	read := func(column string, values []any) error {
		for part := range slices.Chunk(values, 500) {
			some, err := all(ctx, r.q, scanSitter, `SELECT g.id, g.session_id, p.email, g.name, COALESCE(t.outcome, ''), COALESCE(t.score, -1)
FROM registration g JOIN person p ON p.id = g.person_id JOIN session n ON n.id = g.session_id LEFT JOIN result t ON t.registration_id = g.id
WHERE `+column+" IN "+list(1, len(part))+" AND n.starts_at <= "+list(len(part)+1, 1)+" ORDER BY g.id", append(part, us(now))...)
			if err != nil {
				return err
			}
			found = append(found, some...)
		}
		return nil
	}
	if err := read("g.id", anys(ids)); err != nil {
		return nil, err
	}
	return found, read("p.email", anys(emails))
}

func scanSitter(row db.Row) (Sitter, error) {
	var (
		s     Sitter
		t     exam.Result
		score int
	)
	err := row.Scan(&s.Registration, &s.Session, &s.Email, &s.Name, &t.Outcome, &score)
	if t.Outcome != "" {
		if score >= 0 {
			t.Score = &score
		}
		s.Result = &t
	}
	return s, err
}

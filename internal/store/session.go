package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const sessionColumns = "n.id, n.subject_id, n.exam_type, n.starts_at, n.minutes, n.zone, n.place, n.seats, n.taken, n.created_at, n.version"

func scanSession(row db.Row) (exam.Session, error) {
	var (
		s       exam.Session
		minutes int64
	)
	err := row.Scan(&s.ID, &s.Subject, &s.ExamType, (*when)(&s.Starts), &minutes, &s.Zone, &s.Place, &s.Seats, &s.Taken, (*when)(&s.Created), &s.Version)
	s.Duration = time.Duration(minutes) * time.Minute
	return s, err
}

// Session reads one session.
func (r Reader) Session(ctx context.Context, id exam.SessionID) (exam.Session, error) {
	return one(ctx, r.q, scanSession, "SELECT "+sessionColumns+" FROM session n WHERE n.id = $1", id)
}

// SessionFilter narrows a list of sessions; zero fields do not.
type SessionFilter struct {
	Subject  exam.SubjectID
	ExamType exam.ExamType
	From, To time.Time // starts in [From, To)
	Past     bool      // latest first, for what is over
}

// SessionRow is a session with what lists show beside it.
type SessionRow struct {
	exam.Session
	SubjectName exam.Names
	NoResult    int // reserved registrations without a result
}

func scanSessionRow(row db.Row) (SessionRow, error) {
	var (
		s       SessionRow
		minutes int64
	)
	err := row.Scan(&s.ID, &s.Subject, &s.ExamType, (*when)(&s.Starts), &minutes, &s.Zone, &s.Place, &s.Seats, &s.Taken, (*when)(&s.Created), &s.Version,
		&s.SubjectName.EN, &s.SubjectName.ZH, &s.NoResult)
	s.Duration = time.Duration(minutes) * time.Minute
	return s, err
}

// Sessions lists sessions by start (soonest first, or latest first when Past),
// up to limit; after continues behind a session's start and id.
func (r Reader) Sessions(ctx context.Context, f SessionFilter, after *exam.Session, limit int) ([]SessionRow, error) {
	var b query
	b.and("1 = 1")
	if f.Subject != 0 {
		b.and("n.subject_id = ?", f.Subject)
	}
	if f.ExamType != "" {
		b.and("n.exam_type = ?", f.ExamType)
	}
	if !f.From.IsZero() {
		b.and("n.starts_at >= ?", us(f.From))
	}
	if !f.To.IsZero() {
		b.and("n.starts_at < ?", us(f.To))
	}
	dir, cmp := "ASC", ">"
	if f.Past {
		dir, cmp = "DESC", "<"
	}
	if after != nil {
		b.and("(n.starts_at, n.id) "+cmp+" (CAST(? AS BIGINT), CAST(? AS BIGINT))", us(after.Starts), after.ID)
	}
	return all(ctx, r.q, scanSessionRow, "SELECT "+sessionColumns+`, s.name_en, s.name_zh,
(SELECT COUNT(*) FROM registration g WHERE g.session_id = n.id AND g.state = 'reserved')
FROM session n JOIN subject s ON s.id = n.subject_id WHERE `+b.String()+" ORDER BY n.starts_at "+dir+", n.id "+dir+" LIMIT "+b.arg(limit), b.args...)
}

// AddSession stores a new session.
func (tx *Tx) AddSession(ctx context.Context, s exam.Session, e exam.Event) error {
	if err := tx.exec(ctx, 1, `INSERT INTO session (id, subject_id, exam_type, starts_at, minutes, zone, place, seats, taken, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)`,
		s.ID, s.Subject, s.ExamType, us(s.Starts), int64(s.Duration/time.Minute), s.Zone, s.Place, s.Seats, us(s.Created), s.Version); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

// TakeSeat takes one seat; a full session is exam.ErrSessionFull. It is part of
// a reservation, whose event speaks for both.
func (tx *Tx) TakeSeat(ctx context.Context, id exam.SessionID) error {
	n, err := tx.tx.Exec(ctx, "UPDATE session SET taken = taken + 1 WHERE id = $1 AND taken < seats", id)
	if err == nil && n == 0 {
		err = exam.ErrSessionFull
	}
	return err
}

// GiveSeat gives one seat back.
func (tx *Tx) GiveSeat(ctx context.Context, id exam.SessionID) error {
	return tx.exec(ctx, 1, "UPDATE session SET taken = taken - 1 WHERE id = $1 AND taken > 0", id)
}

package store

import (
	"context"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const subjectColumns = "s.id, s.code, s.name_en, s.name_zh, s.about_en, s.about_zh, s.price, s.currency, s.exam_types, s.cancel_cutoff, s.no_show, s.pass_mark, s.max_quantity, s.created_at, s.retired_at, s.version"

func scanSubject(row db.Row) (exam.Subject, error) {
	var (
		s      exam.Subject
		types  string
		cutoff int64
	)
	err := row.Scan(&s.ID, &s.Code, &s.Name.EN, &s.Name.ZH, &s.About.EN, &s.About.ZH, &s.Price.Minor, &s.Price.Currency,
		&types, &cutoff, &s.NoShow, &s.PassMark, &s.MaxQuantity, (*when)(&s.Created), (*when)(&s.Retired), &s.Version)
	for _, t := range strings.Fields(types) {
		s.ExamTypes = append(s.ExamTypes, exam.ExamType(t))
	}
	s.CancelCutoff = time.Duration(cutoff) * time.Hour
	return s, err
}

func typesText(types []exam.ExamType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " ")
}

// Subject reads one subject, on sale or not.
func (r Reader) Subject(ctx context.Context, id exam.SubjectID) (exam.Subject, error) {
	return one(ctx, r.q, scanSubject, "SELECT "+subjectColumns+" FROM subject s WHERE s.id = $1", id)
}

// SubjectsByID reads some subjects in id order; those that do not exist are missing.
func (r Reader) SubjectsByID(ctx context.Context, ids ...exam.SubjectID) ([]exam.Subject, error) {
	return byID(ctx, r.q, scanSubject, "SELECT "+subjectColumns+" FROM subject s", "s.id", ids)
}

// Subjects lists all subjects by code; a programme has few.
func (r Reader) Subjects(ctx context.Context) ([]exam.Subject, error) {
	return all(ctx, r.q, scanSubject, "SELECT "+subjectColumns+" FROM subject s ORDER BY s.code LIMIT 1000")
}

// SubjectsOnSale lists what can be bought at an instant.
func (r Reader) SubjectsOnSale(ctx context.Context, now time.Time) ([]exam.Subject, error) {
	return all(ctx, r.q, scanSubject, "SELECT "+subjectColumns+" FROM subject s WHERE s.retired_at IS NULL OR s.retired_at > $1 ORDER BY s.code LIMIT 1000", us(now))
}

// SubjectPage pages through the subjects, for the API; on sale only with a
// non-zero instant.
func (r Reader) SubjectPage(ctx context.Context, onSaleAt time.Time, page Page) (Rows[exam.Subject], error) {
	var b query
	if !onSaleAt.IsZero() {
		b.and("(s.retired_at IS NULL OR s.retired_at > ?)", us(onSaleAt))
	}
	return paged(ctx, r.q, &b, page, "SELECT "+subjectColumns+" FROM subject s", "s.id",
		func(s exam.Subject) int64 { return int64(s.ID) }, scanSubject)
}

// AddSubject stores a new subject; a taken code is exam.ErrSubjectTaken.
func (tx *Tx) AddSubject(ctx context.Context, s exam.Subject, e exam.Event) error {
	n, err := tx.tx.Exec(ctx, `INSERT INTO subject (id, code, name_en, name_zh, about_en, about_zh, price, currency, exam_types, cancel_cutoff, no_show, pass_mark, max_quantity, created_at, retired_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (code) DO NOTHING`,
		s.ID, s.Code, s.Name.EN, s.Name.ZH, s.About.EN, s.About.ZH, s.Price.Minor, s.Price.Currency, typesText(s.ExamTypes),
		int64(s.CancelCutoff/time.Hour), s.NoShow, s.PassMark, s.MaxQuantity, us(s.Created), us(s.Retired), s.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return exam.ErrSubjectTaken.On("code")
	}
	return tx.AddEvents(ctx, e)
}

// SaveSubject stores the next version of a subject.
func (tx *Tx) SaveSubject(ctx context.Context, s exam.Subject, e exam.Event) error {
	taken, err := one(ctx, tx.q, number[int], "SELECT COUNT(*) FROM subject s WHERE s.code = $1 AND s.id <> $2", s.Code, s.ID)
	if err != nil {
		return err
	}
	if taken > 0 {
		return exam.ErrSubjectTaken.On("code")
	}
	if err := tx.exec(ctx, 1, `UPDATE subject SET code = $1, name_en = $2, name_zh = $3, about_en = $4, about_zh = $5, price = $6, currency = $7,
exam_types = $8, cancel_cutoff = $9, no_show = $10, pass_mark = $11, max_quantity = $12, retired_at = $13, version = $14 WHERE id = $15 AND version = $16`,
		s.Code, s.Name.EN, s.Name.ZH, s.About.EN, s.About.ZH, s.Price.Minor, s.Price.Currency, typesText(s.ExamTypes),
		int64(s.CancelCutoff/time.Hour), s.NoShow, s.PassMark, s.MaxQuantity, us(s.Retired), s.Version, s.ID, s.Version-1); err != nil {
		return err
	}
	return tx.AddEvents(ctx, e)
}

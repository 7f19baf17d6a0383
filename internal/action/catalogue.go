package action

import (
	"context"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// AddSubject puts a new subject on sale.
func (s *Service) AddSubject(ctx context.Context, who exam.Actor, sub exam.Subject) (exam.Subject, error) {
	sub.ID = exam.SubjectID(s.store.IDs().Next())
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, e, err := exam.AddSubject(who, trimmed(sub), s.now())
		if err != nil {
			return err
		}
		sub = n
		return tx.AddSubject(ctx, n, e)
	})
	return sub, err
}

// ChangeSubject replaces a subject's fields. to.Version is the version that was
// looked at; another one is changed_meanwhile. What was sold stays as sold.
func (s *Service) ChangeSubject(ctx context.Context, who exam.Actor, to exam.Subject) (exam.Subject, error) {
	return s.changeSubject(ctx, to.ID, func(sub exam.Subject) (exam.Subject, exam.Event, error) {
		return sub.Change(who, trimmed(to), s.now())
	})
}

// RetireSubject takes a subject off sale from now on.
func (s *Service) RetireSubject(ctx context.Context, who exam.Actor, id exam.SubjectID) (exam.Subject, error) {
	return s.changeSubject(ctx, id, func(sub exam.Subject) (exam.Subject, exam.Event, error) {
		return sub.Retire(who, s.now())
	})
}

func (s *Service) changeSubject(ctx context.Context, id exam.SubjectID, rule func(exam.Subject) (exam.Subject, exam.Event, error)) (sub exam.Subject, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		old, err := tx.Subject(ctx, id)
		if err != nil {
			return err
		}
		n, e, err := rule(old)
		if err != nil {
			return err
		}
		sub = n
		return tx.SaveSubject(ctx, n, e)
	})
	return sub, err
}

func trimmed(s exam.Subject) exam.Subject {
	for _, t := range []*string{&s.Code, &s.Name.EN, &s.Name.ZH, &s.About.EN, &s.About.ZH} {
		*t = strings.TrimSpace(*t)
	}
	return s
}

// AddSession opens a session of a subject.
func (s *Service) AddSession(ctx context.Context, who exam.Actor, n exam.Session) (exam.Session, error) {
	n.ID = exam.SessionID(s.store.IDs().Next())
	n.Place = strings.TrimSpace(n.Place)
	err := s.transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		sub, err := tx.Subject(ctx, n.Subject)
		if err != nil {
			return inputMissing(err, exam.ErrSubjectUnknown, "subject_id")
		}
		added, e, err := exam.AddSession(who, n, sub, s.now())
		if err != nil {
			return err
		}
		n = added
		return tx.AddSession(ctx, n, e)
	})
	return n, err
}

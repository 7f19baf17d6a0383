package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Registration is somebody's enrolment for a subject.
type Registration struct {
	ID        string    `json:"id"`
	SubjectID string    `json:"subject_id"`
	ExamType  string    `json:"exam_type" enum:"online,test_center"`
	Attempt   string    `json:"attempt" enum:"first,retake"`
	State     string    `json:"state" enum:"registered,reserved,completed,cancelled"`
	Session   *Session  `json:"session,omitempty"`
	ExpiresAt time.Time `json:"expires_at" doc:"A session must start before it"`
}

func showRegistration(g store.RegistrationRow) Registration {
	r := Registration{ID: g.ID.String(), SubjectID: g.Subject.String(), ExamType: string(g.ExamType), Attempt: g.Attempt,
		State: string(g.State), ExpiresAt: instant(g.Expires)}
	if g.Session != nil {
		n := showSession(*g.Session)
		r.Session = &n
	}
	return r
}

// Result is what came of a sitting.
type Result struct {
	Outcome string    `json:"outcome" enum:"passed,failed,absent"`
	Score   *int      `json:"score"`
	SatAt   time.Time `json:"sat_at"`
}

// showResult answers with a result; without one there is nothing to view (S23).
func showResult(t *exam.Result) (*body[Result], error) {
	if t == nil {
		return nil, exam.ErrCodeNotComplete
	}
	return &body[Result]{Result{Outcome: string(t.Outcome), Score: t.Score, SatAt: instant(t.SatAt)}}, nil
}

func (s *server) registrations() {
	type input struct {
		Body struct {
			SubjectID string `json:"subject_id"`
			Code      string `json:"code" doc:"The text of an exam code, as typed or pasted"`
			ExamType  string `json:"exam_type" enum:"online,test_center"`
		} `nameHint:"RegistrationRequest"`
	}
	op := s.operation(httpd.Examinee, http.MethodPost, "/registrations", "Redeem an exam code: register for a subject")
	op.DefaultStatus, op.Metadata[keepsItself] = http.StatusCreated, true
	show := func(g exam.Registration) *created[Registration] {
		return made("/registrations/"+g.ID.String(), showRegistration(store.RegistrationRow{Registration: g}))
	}
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Registration], error) {
		if err := exam.NeedExaminee(who); err != nil {
			return nil, err
		}
		subject, err := fieldID[exam.SubjectID]("subject_id", in.Body.SubjectID)
		if err != nil {
			return nil, err
		}
		g, err := s.Actions.RedeemCode(ctx, who, action.Redemption{Subject: subject, Text: in.Body.Code,
			ExamType: exam.ExamType(in.Body.ExamType), Network: httpd.From(ctx).Network,
			Once: keeping(ctx, s, who, show)})
		return show(g), err
	})
	add(s, s.operation(httpd.Examinee, http.MethodGet, "/registrations", "One's registrations, newest first"),
		func(ctx context.Context, who exam.Actor, in *Paging) (*body[List[Registration]], error) {
			return list(s, "registrations", *in, func(p store.Page) (store.Rows[store.RegistrationRow], error) {
				return s.Store.RegistrationsOf(ctx, who.Person, p)
			}, showRegistration)
		})
	add(s, s.operation(httpd.Examinee, http.MethodGet, "/registrations/{id}", "One registration"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Registration], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			return s.registration(ctx, who, id, err)
		})
	add(s, s.operation(httpd.Examinee, http.MethodGet, "/registrations/{id}/result", "What came of a registration"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Result], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			if err != nil {
				return nil, err
			}
			g, err := s.Store.Registration(ctx, who.Person, id)
			if err != nil {
				return nil, err
			}
			return showResult(g.Result)
		})
	type seat struct {
		Item
		Body struct {
			SessionID string `json:"session_id"`
		} `nameHint:"ReservationRequest"`
	}
	add(s, s.operation(httpd.Examinee, http.MethodPut, "/registrations/{id}/reservation", "Take a seat, or change to another session"),
		func(ctx context.Context, who exam.Actor, in *seat) (*body[Registration], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Store.Registration(ctx, who.Person, id); err != nil {
				return nil, err
			}
			session, err := fieldID[exam.SessionID]("session_id", in.Body.SessionID)
			if err == nil {
				_, err = s.Actions.Reserve(ctx, who, id, session)
			}
			return s.registration(ctx, who, id, err)
		})
	add(s, s.operation(httpd.Examinee, http.MethodDelete, "/registrations/{id}/reservation", "Give the seat back; the registration stays"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Registration], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			if err == nil {
				_, err = s.Actions.CancelReservation(ctx, who, id)
			}
			return s.registration(ctx, who, id, err)
		})
}

// registration answers with a registration of the actor, unless something was refused.
func (s *server) registration(ctx context.Context, who exam.Actor, id exam.RegistrationID, refused error) (*body[Registration], error) {
	if refused != nil {
		return nil, refused
	}
	g, err := s.Store.Registration(ctx, who.Person, id)
	return &body[Registration]{showRegistration(g)}, err
}

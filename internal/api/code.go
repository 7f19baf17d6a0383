package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"examcode/internal/action"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Code is an exam code; its text is shown masked.
type Code struct {
	ID             string    `json:"id"`
	OrderID        string    `json:"order_id"`
	OrderNumber    string    `json:"order_number"`
	SubjectID      string    `json:"subject_id"`
	State          string    `json:"state" enum:"unused,bound,reserved,completed,refunding,refunded,expired"`
	TextMasked     string    `json:"text_masked" example:"••••-••••-••••-K7QF"`
	ExpiresAt      time.Time `json:"expires_at"`
	Holder         string    `json:"holder,omitempty" doc:"Name of the examinee who redeemed it"`
	RegistrationID string    `json:"registration_id,omitempty"`
}

func (s *server) showCode(c store.CodeRow) Code {
	n := Code{ID: c.ID.String(), OrderID: c.Order.String(), OrderNumber: c.OrderNumber, SubjectID: c.Subject.String(),
		State: string(c.Effective(s.Now())), TextMasked: codetext.Mask(c.Tail), ExpiresAt: instant(c.Expires)}
	if n.State != string(exam.Expired) {
		n.Holder, n.RegistrationID = c.HolderName, c.Registration.String()
	}
	return n
}

func (s *server) codePage(ctx context.Context, who exam.Actor, f store.CodeFilter, p Paging) (*body[List[Code]], error) {
	return list(s, "codes", p, func(p store.Page) (store.Rows[store.CodeRow], error) {
		return s.Store.Codes(ctx, who.Account, f, s.Now(), p)
	}, s.showCode)
}

// CodeSearch narrows a list of codes; the parts combine (S19).
type CodeSearch struct {
	Code        string `query:"code" doc:"The whole text, as typed or pasted, or its last four symbols"`
	CodeID      string `query:"code_id"`
	SubjectID   string `query:"subject_id"`
	OrderID     string `query:"order_id"`
	OrderNumber string `query:"order_number" doc:"The whole number or a part of it"`
	State       string `query:"state" enum:"unused,bound,reserved,completed,refunding,refunded,expired,used" doc:"used is bound, reserved or completed"`
	Holder      string `query:"holder" doc:"A part of the examinee's name, in any case and width"`
	BulkID      string `query:"bulk_id" doc:"The codes of a job, with one outcome"`
	Outcome     string `query:"outcome" doc:"With bulk_id: done, or a reason"`
	Ends
}

// Ends narrows a list to what ends soon.
type Ends struct {
	Within int `query:"ends_within" minimum:"1" maximum:"366" doc:"Only orders that have not ended and do so within so many days, in the company's zone" example:"90"`
}

// by is the latest end that counts; zero when every end does.
func (e Ends) by(now time.Time, zone *time.Location) (time.Time, error) {
	if e.Within == 0 {
		return time.Time{}, nil
	}
	return exam.EndsWithin(e.Within, now, zone)
}

// search reads the filter.
func (s *server) search(ctx context.Context, who exam.Actor, in CodeSearch) (f store.CodeFilter, err error) {
	f = store.CodeFilter{Number: strings.ToUpper(strings.TrimSpace(in.OrderNumber)), State: exam.CodeState(in.State), Holder: strings.TrimSpace(in.Holder)}
	if in.State == "used" {
		f.State, f.Used = "", true
	}
	if f.Subject, err = subjectFilter(in.SubjectID); err != nil {
		return f, err
	}
	if f.Order, err = filterID[exam.OrderID]("order_id", in.OrderID); err != nil {
		return f, err
	}
	if f.Code, err = filterID[exam.CodeID]("code_id", in.CodeID); err != nil {
		return f, err
	}
	if in.Within != 0 {
		zone, err := s.zoneOf(ctx, who)
		if err == nil {
			f.EndsBy, err = in.Ends.by(s.Now(), zone)
		}
		if err != nil {
			return f, err
		}
	}
	if f.Bulk, err = filterID[exam.BulkID]("bulk_id", in.BulkID); err != nil {
		return f, err
	}
	if f.Outcome = in.Outcome; f.Outcome != "" && f.Bulk == 0 {
		return f, ErrUnknownField.On("outcome") // it says nothing without a job
	}
	text := strings.TrimSpace(in.Code)
	if text == "" {
		return f, nil
	}
	asked := f.Code
	if f, _, err = s.Actions.NarrowByText(ctx, who, f, text); asked != 0 && f.Code != asked {
		f.Code = action.Nobody // two different codes
	}
	return f, err
}

// one reads the code that a path names.
func (s *server) code(ctx context.Context, who exam.Actor, id string) (store.CodeRow, error) {
	n, err := pathID[exam.CodeID](id)
	if err != nil {
		return store.CodeRow{}, err
	}
	return s.Store.Code(ctx, who.Account, n)
}

func (s *server) codes() {
	view := httpd.WithRight(exam.ViewCodes)
	type filter struct {
		Paging
		CodeSearch
	}
	add(s, s.operation(view, http.MethodGet, "/codes", "The company's codes, newest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Code]], error) {
			f, err := s.search(ctx, who, in.CodeSearch)
			if err != nil {
				return nil, err
			}
			return s.codePage(ctx, who, f, in.Paging)
		})
	add(s, s.operation(view, http.MethodGet, "/codes/counts", "How many codes of a search are in each state; its own state is left aside"),
		func(ctx context.Context, who exam.Actor, in *CodeSearch) (*body[CodeCounts], error) {
			f, err := s.search(ctx, who, *in)
			if err != nil {
				return nil, err
			}
			n, err := s.Store.CodeCounts(ctx, who.Account, f, s.Now())
			return &body[CodeCounts]{countCodes(n)}, err
		})
	add(s, s.operation(view, http.MethodGet, "/codes/{id}", "One code"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Code], error) {
			c, err := s.code(ctx, who, in.ID)
			return &body[Code]{s.showCode(c)}, err
		})
	add(s, s.operation(view, http.MethodGet, "/codes/{id}/result", "What came of a completed code"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Result], error) {
			c, err := s.code(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			if c.Effective(s.Now()) != exam.Completed {
				return nil, exam.ErrCodeNotComplete
			}
			g, err := s.Store.RegistrationOfCode(ctx, who.Account, c.ID)
			if err != nil {
				return nil, err
			}
			return showResult(g.Result)
		})
	type trail struct {
		Item
		Paging
	}
	add(s, s.operation(view, http.MethodGet, "/codes/{id}/events", "What happened to a code and its order, newest first"),
		func(ctx context.Context, who exam.Actor, in *trail) (*body[List[Event]], error) {
			c, err := s.code(ctx, who, in.ID)
			if err != nil {
				return nil, err
			}
			return list(s, "events", in.Paging, func(p store.Page) (store.Rows[store.TrailEntry], error) {
				return s.Store.TrailOf(ctx, p, int64(c.ID), int64(c.Order))
			}, func(e store.TrailEntry) Event { return showEvent(who, e) })
		})
	s.codeVerbs()
}

package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// CodeCounts counts codes by state. Used is bound, reserved and completed
// together (S6).
type CodeCounts struct {
	Purchased int `json:"purchased"`
	Used      int `json:"used"`
	Unused    int `json:"unused"`
	Bound     int `json:"bound"`
	Reserved  int `json:"reserved"`
	Completed int `json:"completed"`
	Refunding int `json:"refunding"`
	Refunded  int `json:"refunded"`
	Expired   int `json:"expired"`
}

func countCodes(n map[string]int) CodeCounts {
	at := func(s exam.CodeState) int { return n[string(s)] }
	c := CodeCounts{Unused: at(exam.Unused), Bound: at(exam.Bound), Reserved: at(exam.Reserved), Completed: at(exam.Completed),
		Refunding: at(exam.Refunding), Refunded: at(exam.Refunded), Expired: at(exam.Expired)}
	c.Used = c.Bound + c.Reserved + c.Completed
	for _, k := range n {
		c.Purchased += k
	}
	return c
}

// Overview is the company's numbers (S6, S8).
type Overview struct {
	Codes         CodeCounts    `json:"codes"`
	Registrations int           `json:"registrations"`
	Sat           int           `json:"sat"`
	Passed        int           `json:"passed"`
	Subjects      []SubjectStat `json:"subjects" nullable:"false"`
}

// SubjectStat is the numbers of one subject.
type SubjectStat struct {
	SubjectID     string   `json:"subject_id"`
	Registrations int      `json:"registrations"`
	Sat           int      `json:"sat"`
	Passed        int      `json:"passed"`
	PassRate      *float64 `json:"pass_rate" doc:"passed ÷ sat, from 0 to 1; null when nobody sat"`
}

// Examinee is one registration made with a code of the company (S26).
type Examinee struct {
	RegistrationID string     `json:"registration_id"`
	Name           string     `json:"name"`
	SubjectID      string     `json:"subject_id"`
	ExamType       string     `json:"exam_type"`
	Attempt        string     `json:"attempt" enum:"first,retake"`
	State          string     `json:"state" enum:"registered,reserved,completed,cancelled"`
	Outcome        string     `json:"outcome,omitempty" enum:"passed,failed,absent"`
	Score          *int       `json:"score,omitempty"`
	SatAt          *time.Time `json:"sat_at,omitempty"`
	CodeID         string     `json:"code_id"`
}

func showExaminee(g store.RegistrationRow) Examinee {
	x := Examinee{RegistrationID: g.ID.String(), Name: g.Name, SubjectID: g.Subject.String(), ExamType: string(g.ExamType),
		Attempt: g.Attempt, State: string(g.State), CodeID: g.Code.String()}
	if g.Result != nil {
		x.Outcome, x.Score, x.SatAt = string(g.Result.Outcome), g.Result.Score, maybe(g.Result.SatAt)
	}
	return x
}

func (s *server) statistics() {
	view := httpd.WithRight(exam.ViewCodes)
	add(s, s.operation(view, http.MethodGet, "/overview", "The company's numbers"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[Overview], error) {
			now := s.Now()
			codes, err := s.Store.CodeCounts(ctx, who.Account, store.CodeFilter{}, now)
			if err != nil {
				return nil, err
			}
			stats, err := s.Store.StatsBySubject(ctx, who.Account, now)
			if err != nil {
				return nil, err
			}
			o := Overview{Codes: countCodes(codes), Subjects: []SubjectStat{}}
			for _, t := range stats {
				x := SubjectStat{SubjectID: t.Subject.String(), Registrations: t.Registrations, Sat: t.Sat, Passed: t.Passed}
				if t.Sat > 0 {
					rate := float64(t.Passed) / float64(t.Sat)
					x.PassRate = &rate
				}
				o.Subjects = append(o.Subjects, x)
				o.Registrations += t.Registrations
				o.Sat += t.Sat
				o.Passed += t.Passed
			}
			return &body[Overview]{o}, nil
		})
	type filter struct {
		Paging
		Name      string `query:"name" doc:"A part of the name, in any case"`
		SubjectID string `query:"subject_id"`
		ExamType  string `query:"exam_type" enum:"online,test_center"`
		Attempt   string `query:"attempt" enum:"first,retake"`
		Outcome   string `query:"outcome" enum:"sat,passed,failed,absent"`
	}
	add(s, s.operation(view, http.MethodGet, "/examinees", "The people registered with the company's codes, newest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Examinee]], error) {
			subject, err := subjectFilter(in.SubjectID)
			if err != nil {
				return nil, err
			}
			f := store.ExamineeFilter{Name: in.Name, Outcome: in.Outcome, Subject: subject, ExamType: exam.ExamType(in.ExamType), Attempt: in.Attempt}
			return list(s, "examinees", in.Paging, func(p store.Page) (store.Rows[store.RegistrationRow], error) {
				return s.Store.Examinees(ctx, who.Account, f, s.Now(), p)
			}, showExaminee)
		})
}

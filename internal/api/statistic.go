package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
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
	Subjects      []SubjectStat `json:"subjects" nullable:"false" doc:"The subjects of which there are codes"`
	Forecast      Forecast      `json:"forecast"`
	Ending        []MonthEnd    `json:"ending" nullable:"false" doc:"The codes that end in this month and the next ones, by month of the company's zone"`
}

// Forecast is what becomes of unused codes at the pace of the last days.
type Forecast struct {
	PaceDays int           `json:"pace_days" doc:"Over how many days UTC before today the pace is measured"`
	Redeemed int           `json:"redeemed" doc:"Codes redeemed in these days and today, without those taken back"`
	Lost     int           `json:"lost" doc:"Codes that will end unused"`
	LostBy   *time.Time    `json:"lost_by" doc:"The end of the last order that loses codes"`
	Course   []UnusedPoint `json:"course" nullable:"false" doc:"Unused codes at the first midnight UTC of each month of the company's zone, and now"`
}

// UnusedPoint is how many codes are unused at an instant.
type UnusedPoint struct {
	At     time.Time `json:"at"`
	Unused int       `json:"unused"`
	Most   int       `json:"most" doc:"How many would be if nobody used one any more"`
}

// MonthEnd counts codes that end in one month.
type MonthEnd struct {
	Month  string `json:"month" example:"2027-03"`
	Unused int    `json:"unused"`
	Bound  int    `json:"bound"`
}

// months is how many months the overview looks back and ahead.
const months = 12

func showOverview(o store.Overview, now time.Time, zone *time.Location) Overview {
	all := o.All()
	x := Overview{Codes: countCodes(o.Codes), Registrations: all.Registrations, Sat: all.Sat, Passed: all.Passed, Subjects: []SubjectStat{}, Ending: []MonthEnd{}}
	for _, t := range o.Subjects {
		one := SubjectStat{SubjectID: t.Subject.String(), Registrations: t.Registrations, Sat: t.Sat, Passed: t.Passed}
		if t.Sat > 0 {
			rate := float64(t.Passed) / float64(t.Sat)
			one.PassRate = &rate
		}
		x.Subjects = append(x.Subjects, one)
	}
	course, outlook := exam.UnusedCourse(o.Stock, o.Flows, o.Pace, now, months, months+1, zone)
	x.Forecast = Forecast{PaceDays: int(exam.PaceWindow / (24 * time.Hour)), Lost: outlook.Lost, LostBy: maybe(outlook.By), Course: []UnusedPoint{}}
	for _, n := range o.Pace {
		x.Forecast.Redeemed += n
	}
	for _, p := range course {
		x.Forecast.Course = append(x.Forecast.Course, UnusedPoint{instant(p.At), p.Left, p.Most})
	}
	for _, m := range exam.Ending(o.Stock, now, months+1, zone) {
		x.Ending = append(x.Ending, MonthEnd{m.Month.In(zone).Format("2006-01"), m.Unused, m.Bound})
	}
	return x
}

// zoneOf is the zone of the company that asks.
func (s *server) zoneOf(ctx context.Context, who exam.Actor) (*time.Location, error) {
	a, err := s.Store.Account(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	return lang.Zone(a.Zone), nil
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

// ExamineeSearch narrows a list of examinees; the parts combine (S26).
type ExamineeSearch struct {
	Name      string `query:"name" doc:"A part of the name, in any case"`
	SubjectID string `query:"subject_id"`
	ExamType  string `query:"exam_type" enum:"online,test_center"`
	Attempt   string `query:"attempt" enum:"first,retake"`
	Outcome   string `query:"outcome" enum:"sat,passed,failed,absent"`
	SatFrom   string `query:"sat_from" doc:"First day of the exam, in the company's zone" example:"2027-01-14"`
	SatTo     string `query:"sat_to" doc:"Last day of the exam, in the company's zone" example:"2027-01-31"`
}

func (s *server) examineeSearch(ctx context.Context, who exam.Actor, in ExamineeSearch) (f store.ExamineeFilter, err error) {
	f = store.ExamineeFilter{Name: in.Name, Outcome: in.Outcome, ExamType: exam.ExamType(in.ExamType), Attempt: in.Attempt}
	if f.Subject, err = subjectFilter(in.SubjectID); err != nil {
		return f, err
	}
	zone, err := s.zoneOf(ctx, who)
	if err != nil {
		return f, err
	}
	f.SatFrom, f.SatBefore, err = exam.ReadDays(in.SatFrom, in.SatTo, zone, "sat_from", "sat_to")
	return f, err
}

func (s *server) statistics() {
	view := httpd.WithRight(exam.ViewCodes)
	add(s, s.operation(view, http.MethodGet, "/overview", "The company's numbers"),
		func(ctx context.Context, who exam.Actor, _ *nothing) (*body[Overview], error) {
			now := s.Now()
			zone, err := s.zoneOf(ctx, who)
			if err != nil {
				return nil, err
			}
			o, err := s.Store.Overview(ctx, who.Account, now, exam.CourseBack(now, months, zone))
			return &body[Overview]{showOverview(o, now, zone)}, err
		})
	type filter struct {
		Paging
		ExamineeSearch
	}
	add(s, s.operation(view, http.MethodGet, "/examinees", "The people registered with the company's codes, newest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Examinee]], error) {
			f, err := s.examineeSearch(ctx, who, in.ExamineeSearch)
			if err != nil {
				return nil, err
			}
			return list(s, "examinees", in.Paging, func(p store.Page) (store.Rows[store.RegistrationRow], error) {
				return s.Store.Examinees(ctx, who.Account, f, s.Now(), p)
			}, showExaminee)
		})
}

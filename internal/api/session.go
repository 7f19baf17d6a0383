package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Session is a date, a place and a number of seats.
type Session struct {
	ID        string    `json:"id"`
	SubjectID string    `json:"subject_id"`
	ExamType  string    `json:"exam_type" enum:"online,test_center"`
	StartsAt  time.Time `json:"starts_at"`
	Minutes   int       `json:"duration_minutes"`
	Zone      string    `json:"zone" doc:"IANA time zone of the place"`
	Place     string    `json:"place"`
	Seats     int       `json:"seats"`
	SeatsLeft int       `json:"seats_left"`
	State     string    `json:"state" enum:"open,closed,cancelled" doc:"Seats can be taken when open; a cancelled session has nobody in it"`
	Reason    string    `json:"reason,omitempty" doc:"Why it was cancelled"`
}

func showSession(n exam.Session) Session {
	return Session{ID: n.ID.String(), SubjectID: n.Subject.String(), ExamType: string(n.ExamType), StartsAt: instant(n.Starts),
		Minutes: int(n.Duration / time.Minute), Zone: n.Zone, Place: n.Place, Seats: n.Seats, SeatsLeft: n.Left(), State: string(n.State()), Reason: n.Why}
}

// SessionFields are what a session is made of.
type SessionFields struct {
	SubjectID string    `json:"subject_id"`
	ExamType  string    `json:"exam_type" enum:"online,test_center"`
	StartsAt  time.Time `json:"starts_at"`
	Minutes   int       `json:"duration_minutes" minimum:"10" maximum:"600"`
	Zone      string    `json:"zone,omitempty" doc:"IANA time zone of the place; UTC when left out"`
	Place     string    `json:"place,omitempty"`
	Seats     int       `json:"seats" minimum:"1" maximum:"10000"`
}

func (s *server) sessions() {
	type filter struct {
		Paging
		SubjectID string    `query:"subject_id"`
		ExamType  string    `query:"exam_type" enum:"online,test_center"`
		From      time.Time `query:"from" doc:"Starts at or after; now when left out"`
		To        time.Time `query:"to" doc:"Starts before"`
	}
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/sessions", "Sessions, soonest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Session]], error) {
			subject, err := subjectFilter(in.SubjectID)
			if err != nil {
				return nil, err
			}
			if in.From.IsZero() {
				in.From = s.Now()
			}
			f := store.SessionFilter{Subject: subject, ExamType: exam.ExamType(in.ExamType), From: in.From, To: in.To,
				Open: !who.Staff(exam.Results)} // who reserves is offered what can be reserved
			return s.sessionPage(ctx, f, in.Paging)
		})
	add(s, s.operation(httpd.SignedIn, http.MethodGet, "/sessions/{id}", "One session"),
		func(ctx context.Context, _ exam.Actor, in *Item) (*body[Session], error) {
			id, err := pathID[exam.SessionID](in.ID)
			if err != nil {
				return nil, err
			}
			n, err := s.Store.Session(ctx, id)
			return &body[Session]{showSession(n)}, err
		})
	type input struct{ Body SessionFields }
	op := s.operation(httpd.Staff(exam.Results), http.MethodPost, "/sessions", "Open a session")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Session], error) {
		b := in.Body
		subject, err := fieldID[exam.SubjectID]("subject_id", b.SubjectID)
		if err != nil {
			return nil, err
		}
		if b.Zone == "" {
			b.Zone = "UTC"
		}
		n, err := s.Actions.AddSession(ctx, who, exam.Session{Subject: subject, ExamType: exam.ExamType(b.ExamType), Starts: instant(b.StartsAt),
			Duration: time.Duration(b.Minutes) * time.Minute, Zone: b.Zone, Place: b.Place, Seats: b.Seats})
		return made("/sessions/"+n.ID.String(), showSession(n)), err
	})
}

// sessionVerbs change sessions that exist.
func (s *server) sessionVerbs() {
	results := httpd.Staff(exam.Results)
	type cancel struct {
		Item
		Body struct {
			Reason string `json:"reason" doc:"The people who held a seat read it"`
		} `nameHint:"CancelSessionRequest"`
	}
	add(s, s.operation(results, http.MethodPost, "/sessions/{id}/cancel", "Call a session off: everybody in it stays registered and is told"),
		func(ctx context.Context, who exam.Actor, in *cancel) (*body[CancelledSession], error) {
			id, err := pathID[exam.SessionID](in.ID)
			if err != nil {
				return nil, err
			}
			done, err := s.Actions.CancelSession(ctx, who, id, in.Body.Reason)
			return &body[CancelledSession]{CancelledSession{Session: showSession(done.Session), People: done.People, Choose: done.Fates[exam.FateChoose],
				Wait: done.Fates[exam.FateWait], Ended: done.Fates[exam.FateEnded]}}, err
		})
	for verb, do := range map[string]struct {
		says string
		run  func(context.Context, exam.Actor, exam.SessionID) (exam.Session, error)
	}{
		"close":  {"Take no new reservations; who holds a seat keeps it", s.Actions.CloseSession},
		"reopen": {"Take reservations again", s.Actions.ReopenSession},
	} {
		add(s, s.operation(results, http.MethodPost, "/sessions/{id}/"+verb, do.says),
			func(ctx context.Context, who exam.Actor, in *Item) (*body[Session], error) {
				id, err := pathID[exam.SessionID](in.ID)
				if err != nil {
					return nil, err
				}
				n, err := do.run(ctx, who, id)
				return &body[Session]{showSession(n)}, err
			})
	}
}

// CancelledSession is what calling a session off meant for its people.
type CancelledSession struct {
	Session Session `json:"session"`
	People  int     `json:"people" doc:"Who held a seat"`
	Choose  int     `json:"can_choose" doc:"Of them: another open session starts before their code ends"`
	Wait    int     `json:"no_session" doc:"Of them: no other open session starts before their code ends"`
	Ended   int     `json:"code_ended" doc:"Of them: the code's order has ended, so the code is expired"`
}

// sessionPage reads a page of sessions; the cursor is the last one's start and id.
func (s *server) sessionPage(ctx context.Context, f store.SessionFilter, p Paging) (*body[List[Session]], error) {
	at, err := s.place("sessions", p.Cursor, 2)
	if err != nil {
		return nil, err
	}
	var after *exam.Session
	if at != nil {
		after = &exam.Session{Starts: time.UnixMicro(at[0]), ID: exam.SessionID(at[1])}
	}
	rows, err := s.Store.Sessions(ctx, f, after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &body[List[Session]]{List[Session]{Items: []Session{}}}
	for i, n := range rows {
		if i == p.Limit {
			last := rows[i-1]
			out.Body.NextCursor = s.next("sessions", last.Starts.UnixMicro(), int64(last.ID))
			break
		}
		out.Body.Items = append(out.Body.Items, showSession(n.Session))
	}
	return out, nil
}

package examinee

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/webtest"
)

// world is the program around these pages, with a company that has codes.
type world struct {
	*webtest.World
	chen        exam.Actor // root of the company
	cloud, data exam.Subject
}

// each runs a test in a world of its own on each engine: a company with codes,
// staff, and two subjects. Cloud is sat both ways, changeable until 24 hours
// before; Data is online only, changeable until the start, and a no-show gives
// the code back.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	webtest.Each(t, func(t *testing.T, on *webtest.World) {
		w := &world{World: on}
		w.Clock.Set(time.Date(2026, time.November, 21, 8, 4, 0, 0, time.UTC))
		Mount(w.Kit)
		w.Admin = w.Staff(exam.Admin)
		w.chen = w.verify(w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example"))
		w.cloud = w.Subject(func(s *exam.Subject) {
			s.Code, s.About, s.PassMark = "CLOUD", exam.Names{EN: "Clouds and <b>rain</b>.", ZH: "云和雨。"}, 600
		})
		w.data = w.Subject(func(s *exam.Subject) {
			s.Code, s.Name, s.ExamTypes = "DATA", exam.Names{EN: "Data Engineer", ZH: "数据工程师"}, []exam.ExamType{exam.Online}
			s.CancelCutoff, s.NoShow, s.PassMark = 0, exam.GivenBack, 500
		})
		test(t, w)
	})
}

// join opens an account that is not verified.
func (w *world) join(kind exam.AccountKind, name, email string) exam.Actor {
	w.T.Helper()
	return w.Join(action.SignUp{Kind: kind, AccountName: "Xinghe Technology", Name: name, Email: email, Zone: "Asia/Shanghai", Lang: "en"})
}

func (w *world) verify(who exam.Actor) exam.Actor {
	w.T.Helper()
	return w.Verify(who, exam.Verification{LegalName: who.Name, RegNumber: "9137 0000", Country: "CN", DocumentKind: "passport", DocumentNumber: "G1234567"})
}

// examinee is somebody who may redeem.
func (w *world) examinee(name, email string) exam.Actor {
	w.T.Helper()
	return w.verify(w.join(exam.Individual, name, email))
}

// codes buys codes of a subject and returns their texts.
func (w *world) codes(s exam.Subject, n int) []string {
	w.T.Helper()
	_, texts := w.Buy(w.chen, s, n)
	return texts
}

// session opens a session of Cloud at a test centre in Shanghai.
func (w *world) session(at time.Time, seats int) exam.Session {
	w.T.Helper()
	return w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: at, Duration: 90 * time.Minute, Zone: "Asia/Shanghai", Place: "Hall 1", Seats: seats})
}

func (w *world) sessionOf(n exam.Session) exam.Session {
	w.T.Helper()
	n, err := w.Actions.AddSession(context.Background(), w.Admin, n)
	w.Must(err)
	return n
}

// register redeems a code of Cloud for the test centre.
func (w *world) register(who exam.Actor, text string) exam.Registration {
	w.T.Helper()
	g, err := w.Actions.RedeemCode(context.Background(), who, action.Redemption{Subject: w.cloud.ID, Text: text, ExamType: exam.TestCenter})
	w.Must(err)
	return g
}

func (w *world) reserve(who exam.Actor, g exam.Registration, s exam.Session) {
	w.T.Helper()
	_, err := w.Actions.Reserve(context.Background(), who, g.ID, s.ID)
	w.Must(err)
}

func (w *world) row(who exam.Actor, id exam.RegistrationID) store.RegistrationRow {
	w.T.Helper()
	row, err := w.Read.Registration(context.Background(), who.Person, id)
	w.Must(err)
	return row
}

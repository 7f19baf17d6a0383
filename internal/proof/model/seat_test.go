package model

import (
	"context"
	"slices"
	"time"

	"examcode/internal/exam"
)

// addSession opens a session at any distance, before or after the orders' ends.
func (s *seq) addSession() {
	if len(s.m.sessions) >= 8 {
		panic(nothing{})
	}
	in := []time.Duration{30 * time.Minute, 2 * time.Hour, 36 * time.Hour, 10 * 24 * time.Hour, 80 * 24 * time.Hour, 330 * 24 * time.Hour, 366 * 24 * time.Hour, 380 * 24 * time.Hour}
	n := &session{kind: exam.Online, starts: s.m.now.Add(in[s.below(len(in))]).Truncate(time.Minute), minutes: 90, seats: 1 + s.below(4)}
	if s.oneIn(4) {
		n.kind = exam.TestCenter
	}
	if o := s.m.orders; s.oneIn(5) && len(o) > 0 && o[len(o)-1].state == "paid" { // just before, or at, an order's end
		n.starts = o[len(o)-1].ends.Add(-time.Duration(s.below(2)) * time.Minute)
	}
	var made exam.Session
	word, _ := s.call(func(ctx context.Context) (err error) {
		made, err = s.w.svc.AddSession(ctx, s.staff.who, exam.Session{Subject: s.subject.ID, ExamType: n.kind, Starts: n.starts,
			Duration: time.Duration(n.minutes) * time.Minute, Zone: "UTC", Place: "Hall 1", Seats: n.seats})
		return err
	})
	want := ""
	if !n.starts.After(s.m.now) {
		want = "start_in_past"
	}
	s.same("add a session", word, want)
	if want == "" {
		n.id = made.ID
		s.m.sessions = append(s.m.sessions, n)
	}
}

// someReg is mostly a registration in a state.
func (s *seq) someReg(state string) *registration {
	if s.oneIn(4) {
		return pick(s, s.m.regs)
	}
	return pick(s, slices.DeleteFunc(slices.Clone(s.m.regs), func(g *registration) bool { return g.state != state }))
}

// aim notes a verb on a registration's code, if no other has it by now.
func (s *seq) aim(verb string, g *registration) {
	s.touch(g.code.order)
	s.touchSeat(g.at)
	if g.code.last == g {
		s.hit(verb, g.code)
	}
}

func (s *seq) holder(g *registration) *person {
	if s.oneIn(20) {
		return s.examinees[s.below(4)]
	}
	return g.who
}

func (s *seq) reserve()    { s.take("reserve", s.someReg("registered")) }
func (s *seq) reschedule() { s.take("reschedule", s.someReg("reserved")) }

func (s *seq) take(verb string, g *registration) {
	open := slices.DeleteFunc(slices.Clone(s.m.sessions), func(n *session) bool { return n.kind != g.kind || n.cancelled || n == g.at })
	if s.oneIn(8) || len(open) == 0 {
		open = s.m.sessions
	}
	to := pick(s, open)
	p, seen := s.holder(g), []exam.Seen(nil)
	if s.oneIn(12) {
		seen = []exam.Seen{exam.SeenAt(g.version - 1)}
	}
	s.aim(verb, g)
	s.touchSeat(to)
	word, died := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.Reserve(ctx, p.who, g.id, to.id, seen...)
		return err
	})
	if died == "" {
		s.same(verb, word, s.m.reserve(p, g, to, seen != nil))
	}
}

func (s *seq) cancelSeat() {
	g := s.someReg("reserved")
	p, seen := s.holder(g), []exam.Seen(nil)
	if s.oneIn(12) {
		seen = []exam.Seen{exam.SeenAt(g.version + 1)}
	}
	s.aim("cancel", g)
	word, died := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.CancelReservation(ctx, p.who, g.id, seen...)
		return err
	})
	if died == "" {
		s.same("cancel a reservation", word, s.m.release(p, g, seen != nil))
	}
}

// drawn is a result: mostly one that fits.
func (s *seq) drawn(g *registration) (result, exam.Result) {
	r := result{outcome: []string{"passed", "failed", "absent", "absent"}[s.below(4)], score: -1, version: 1}
	if r.outcome != "absent" && s.oneIn(2) {
		r.score = map[string]int{"passed": 60 + s.below(200), "failed": s.below(60)}[r.outcome]
	}
	switch s.below(30) {
	case 0:
		r.outcome = "slept"
	case 1:
		r.score = 59 + s.below(2)
	case 2:
		r.score = 1001
	case 3:
		r.at = s.m.now.Add(time.Duration(s.below(2)) * time.Second)
	}
	n := exam.Result{Outcome: exam.Outcome(r.outcome), SatAt: r.at}
	if g != nil {
		n.Registration = g.id
	}
	if r.score >= 0 {
		n.Score = &r.score
	}
	return r, n
}

// verbOf is the golden file's verb for a result.
func (s *seq) verbOf(r result, kept, back string) string {
	if r.outcome == "absent" && s.m.returns {
		return back
	}
	return kept
}

func (s *seq) record() {
	var (
		list    []*registration
		rs      []result
		results []exam.Result
		p       = s.clerk()
	)
	for range 1 + s.below(2)*s.below(4) {
		g := s.someReg("reserved")
		r, n := s.drawn(g)
		s.aim(s.verbOf(r, "result", "no-show return"), g)
		list, rs, results = append(list, g), append(rs, r), append(results, n)
	}
	if s.oneIn(15) {
		_, n := s.drawn(nil)
		n.Registration = exam.RegistrationID(s.w.Store.IDs().Next())
		list, rs, results = append(list, nil), append(rs, result{}), append(results, n)
	}
	var answers []error
	word, died := s.call(func(ctx context.Context) error {
		out, err := s.w.svc.RecordResults(ctx, p.who, results)
		for _, o := range out {
			answers = append(answers, o.Err)
		}
		return err
	})
	if died != "" {
		return
	}
	want := s.m.staff(p)
	if s.same("record results", word, want); want != "" {
		return
	}
	for i, g := range list {
		s.same("record a result", s.reason(answers[i]), s.m.record(g, rs[i]))
	}
}

func (s *seq) correct() {
	g := s.someReg("completed")
	p, why := s.clerk(), "marked again"
	if s.oneIn(12) {
		why = ""
	}
	r, n := s.drawn(g)
	s.aim(s.verbOf(r, "correction", "no-show later"), g)
	word, died := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.CorrectResult(ctx, p.who, n, why)
		return err
	})
	if died == "" {
		s.same("correct a result", word, s.m.correct(p, g, r, why))
	}
}

func (s *seq) cancelSession() {
	n, p, why := pick(s, s.m.sessions), s.clerk(), "the hall is closed"
	if s.oneIn(8) {
		why = ""
	}
	s.touchSeat(n)
	for _, g := range s.m.regs {
		if slices.Contains(g.was, n) {
			s.aim("seat lost", g)
		}
	}
	word, died := s.call(func(ctx context.Context) error {
		_, err := s.w.svc.CancelSession(ctx, p.who, n.id, why)
		return err
	})
	if died == "" {
		s.same("cancel a session", word, s.m.cancelSession(p, n, why))
	}
}

func (s *seq) closeSession() {
	n, p, again := pick(s, s.m.sessions), s.clerk(), s.oneIn(2)
	s.touchSeat(n)
	word, _ := s.call(func(ctx context.Context) (err error) {
		if again {
			_, err = s.w.svc.ReopenSession(ctx, p.who, n.id)
		} else {
			_, err = s.w.svc.CloseSession(ctx, p.who, n.id)
		}
		return err
	})
	s.same("close a session", word, s.m.closeSession(p, n, again))
}

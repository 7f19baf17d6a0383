package model

import (
	"examcode/internal/exam"
	"examcode/internal/store"
)

// compare holds what was touched against the reference, after each command that
// did something; what refusals touched waits for the next of these, or for three
// more. Now and then everything is compared.
func (s *seq) compare() {
	s.n++
	if s.n%50 == 0 {
		s.compareAll()
	} else if !s.did && s.n%4 != 0 {
		return
	}
	s.did = false
	for _, o := range s.orders {
		s.compareCodes(o)
		s.compareOrder(o)
		if s.n%5 == 0 {
			s.compareCounts(o)
		}
	}
	s.compareSeats()
	s.orders, s.seats = s.orders[:0], s.seats[:0]
}

// compareAll holds everything of the company against the reference.
func (s *seq) compareAll() {
	s.touch(s.m.orders...)
	s.touchSeat(s.m.sessions...)
	s.compareResults()
	s.compareOverview()
}

func (s *seq) compareCodes(o *order) {
	ids := make([]exam.CodeID, len(o.codes))
	for i, c := range o.codes {
		ids[i] = c.id
	}
	got, err := s.w.Read.CodesByID(s.ctx, 0, ids...)
	s.w.Must(err)
	if len(got) != len(o.codes) {
		s.t.Fatalf("%d codes, not %d", len(got), len(o.codes))
	}
	var regs []exam.RegistrationID
	for i, c := range o.codes {
		g, reg, holder := got[i], exam.RegistrationID(0), exam.PersonID(0)
		if c.reg != nil {
			reg, holder = c.reg.id, c.reg.who.who.Person
		}
		if string(g.State) != c.state || g.Version != c.version+c.base() || g.Generation != c.gen || g.Registration != reg || g.Holder != holder || g.PricePaid.Minor != price || !g.Expires.Equal(o.ends) {
			s.t.Fatalf("the code is %+v, not %s, version %d, generation %d, registration %d of %d, ends %s", g, c.state, c.version+c.base(), c.gen, reg, holder, o.ends)
		}
		if string(g.Effective(s.m.now)) != c.is(s.m.now) {
			s.t.Fatalf("the code counts as %s, not %s", g.Effective(s.m.now), c.is(s.m.now))
		}
		if c.last != nil {
			regs = append(regs, c.last.id)
		}
	}
	s.compareRegs(o, regs)
}

// base is the version of a code that nothing has happened to.
func (c *code) base() int64 { return 0 }

func (s *seq) compareRegs(o *order, ids []exam.RegistrationID) {
	if len(ids) == 0 {
		return
	}
	rows, err := s.w.Read.RegistrationsByID(s.ctx, ids...)
	s.w.Must(err)
	at := map[exam.RegistrationID]exam.Registration{}
	for _, g := range rows {
		at[g.ID] = g
	}
	for _, c := range o.codes {
		if c.last == nil {
			continue
		}
		g, want, session := at[c.last.id], c.last, exam.SessionID(0)
		if want.at != nil {
			session = want.at.id
		}
		if string(g.State) != want.state || g.Version != want.version || g.Person != want.who.who.Person || g.Session != session || g.ExamType != want.kind {
			s.t.Fatalf("the registration is %+v, not %s, version %d, session %d", g, want.state, want.version, session)
		}
	}
}

// compareOrder holds an order's money against the reference, and the bank's.
func (s *seq) compareOrder(o *order) {
	account := s.company[0].who.Account
	got, err := s.w.Read.Order(s.ctx, account, o.id)
	s.w.Must(err)
	if string(got.State) != o.state || got.Total.Minor != price*int64(o.quantity) || !got.Expires.Equal(o.ends) || got.Swept.IsZero() == o.swept {
		s.t.Fatalf("the order is %+v, not %s, swept %v, ends %s", got, o.state, o.swept, o.ends)
	}
	if len(o.payments) > 0 && (s.n%4 == 0 || o.state != "paid") {
		s.comparePayments(o)
	}
	if o.refund == nil {
		return
	}
	f, err := s.w.Read.RefundOf(s.ctx, account, o.id)
	s.w.Must(err)
	want := o.refund
	if f.ID != want.id || string(f.State) != want.state || f.Try != want.try || f.Amount.Minor != want.amount || f.Count != len(want.codes) {
		s.t.Fatalf("the refund is %+v, not %s, try %d, %d codes for %d", f, want.state, want.try, len(want.codes), want.amount)
	}
}

func (s *seq) comparePayments(o *order) {
	list, err := s.w.Read.Payments(s.ctx, s.company[0].who.Account, o.id)
	s.w.Must(err)
	if len(list) != len(o.payments) {
		s.t.Fatalf("%d payments, not %d", len(list), len(o.payments))
	}
	for _, got := range list {
		for _, want := range o.payments {
			if want.id == got.ID && want.state != string(got.State) {
				s.t.Fatalf("the payment is %+v, not %s", got, want.state)
			}
		}
	}
}

func (s *seq) compareCounts(o *order) {
	got, err := s.w.Read.CodeCounts(s.ctx, s.company[0].who.Account, store.CodeFilter{Order: o.id}, s.m.now)
	s.w.Must(err)
	s.sameCounts(got, o.counts(s.m.now))
}

func (s *seq) sameCounts(got, want map[string]int) {
	for _, state := range exam.CodeStates {
		if got[string(state)] != want[string(state)] {
			s.t.Fatalf("the counts are %v, not %v", got, want)
		}
	}
}

func (s *seq) compareSeats() {
	if len(s.seats) == 0 {
		return
	}
	want := map[exam.SessionID]*session{}
	var ids []exam.SessionID
	for _, n := range s.seats {
		ids, want[n.id] = append(ids, n.id), n
	}
	got, err := s.w.Read.SessionsByID(s.ctx, ids...)
	s.w.Must(err)
	for _, n := range got {
		if w := want[n.ID]; n.Taken != w.taken || n.Closed.IsZero() == w.closed || n.Cancelled.IsZero() == w.cancelled {
			s.t.Fatalf("the session is %+v, not %d taken, closed %v, cancelled %v", n, w.taken, w.closed, w.cancelled)
		}
	}
}

func (s *seq) compareResults() {
	for _, g := range s.m.regs {
		if g.result == nil {
			continue
		}
		got, err := s.w.Read.Result(s.ctx, g.id)
		s.w.Must(err)
		score := -1
		if got.Score != nil {
			score = *got.Score
		}
		if string(got.Outcome) != g.result.outcome || score != g.result.score || !got.SatAt.Equal(g.result.at) {
			s.t.Fatalf("the result is %+v, not %+v", got, *g.result)
		}
	}
}

// compareOverview holds the company's numbers against a count of its codes (S6).
func (s *seq) compareOverview() {
	got, err := s.w.Read.Overview(s.ctx, s.company[0].who.Account, s.m.now, nil)
	s.w.Must(err)
	codes, regs, sat, passed, absent := map[string]int{}, 0, 0, 0, 0
	for _, o := range s.m.orders {
		for state, n := range o.counts(s.m.now) {
			codes[state] += n
		}
	}
	for _, g := range s.m.regs {
		if g.state != "cancelled" && g.code.is(s.m.now) != "expired" {
			regs++
		}
		if g.result == nil {
			continue
		}
		switch g.result.outcome {
		case "passed":
			passed, sat = passed+1, sat+1
		case "failed":
			sat++
		case "absent":
			absent++
		}
	}
	s.sameCounts(got.Codes, codes)
	if n := got.All(); n.Registrations != regs || n.Sat != sat || n.Passed != passed || n.Absent != absent {
		s.t.Fatalf("the overview has %+v, not %d registrations, %d sat, %d passed, %d absent", n, regs, sat, passed, absent)
	}
}

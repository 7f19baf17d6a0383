package model

import (
	"slices"
	"time"

	"examcode/internal/exam"
)

const (
	tries    = 10
	tryAgain = 6 * time.Minute
)

// take takes a try at a text; false when none is left.
func (p *person) take(now time.Time) bool {
	if p.tried && p.tat.Add(tryAgain).Sub(now) > tries*tryAgain {
		return false
	}
	if !p.tried || p.tat.Before(now) {
		p.tat = now
	}
	p.tat, p.tried = p.tat.Add(tryAgain), true
	return true
}

func (p *person) giveBack() { p.tat = p.tat.Add(-tryAgain) }

// typed is what somebody enters: the text of a code, one that it had, or what is
// nobody's.
type typed struct {
	code     *code
	dead     bool
	mistyped bool
	other    bool // for another subject than the code's
	kind     exam.ExamType
}

// redeem binds a code. costs tells whether the try is gone.
func (m *reference) redeem(p *person, in typed) (word string) {
	switch {
	case p.kind != "examinee":
		return "not_individual"
	case !p.verified:
		return "account_not_verified"
	case in.mistyped:
		return "code_mistyped"
	case !p.take(m.now):
		return "too_many_tries"
	}
	word = m.useText(p, in)
	switch word {
	case "", "exam_type_unknown", "already_registered":
		p.giveBack()
	case "code_not_unused", "code_replaced", "order_expired", "code_refunded":
		if in.code == nil || !in.code.knew[p] {
			return "code_not_usable"
		}
	}
	return word
}

func (m *reference) useText(p *person, in typed) string {
	if in.kind != exam.Online && in.kind != exam.TestCenter {
		return "exam_type_unknown"
	}
	c := in.code
	if g := m.living(p); g != nil && !in.other && (c == nil || c.reg == nil || c.reg.who != p) {
		if g.state != "registered" || m.now.Before(g.code.order.ends) {
			return "already_registered"
		}
		g.code.expire()
	}
	switch {
	case c == nil:
		return "code_not_usable"
	case in.dead:
		return "code_replaced"
	case c.state == "refunding" || c.state == "refunded":
		return "code_refunded"
	case c.is(m.now) == "expired":
		return "order_expired"
	case c.state != "unused":
		return "code_not_unused"
	case in.other:
		return "subject_mismatch"
	}
	g := &registration{code: c, who: p, state: "registered", kind: in.kind, attempt: "first", version: 1, reminded: map[*session]bool{}}
	for _, e := range m.regs {
		if e.who == p && e.result != nil && e.result.outcome != "absent" {
			g.attempt = "retake"
		}
	}
	m.regs = append(m.regs, g)
	c.reg, c.last, c.knew[p] = g, g, true
	c.move("bound")
	return ""
}

// unbind takes a code back from its examinee.
func (m *reference) unbind(c *code, newText bool) string {
	switch c.is(m.now) {
	case "bound":
	case "reserved":
		return "code_reserved"
	case "expired":
		return "order_expired"
	default:
		return "code_not_bound"
	}
	c.reg.state = "cancelled"
	c.reg.version++
	c.reg = nil
	c.move("unused")
	if newText {
		return m.regenerate(c)
	}
	return ""
}

func (m *reference) regenerate(c *code) string {
	switch {
	case c.state == "refunding" || c.state == "refunded":
		return "code_refunded"
	case c.is(m.now) == "expired":
		return "order_expired"
	case c.state != "unused":
		return "code_not_unused"
	}
	c.gen++
	if c.text != "" {
		c.dead, c.text = append(c.dead, c.text), ""
	}
	c.move("unused")
	return ""
}

// reserve takes a seat or changes it.
func (m *reference) reserve(p *person, g *registration, to *session, stale bool) string {
	if g.who != p {
		return "not_found"
	}
	if g.state == "reserved" && g.at == to {
		return ""
	}
	switch {
	case stale:
		return "changed_meanwhile"
	case g.state == "registered" && g.code.is(m.now) == "expired":
		return "order_expired"
	case g.state == "reserved" && !m.now.Before(g.at.starts.Add(-m.cutoff)):
		return "past_cutoff"
	case g.state == "reserved" && !m.now.Before(g.code.order.ends):
		return "order_expired"
	case g.state != "registered" && g.state != "reserved":
		return "not_registered"
	case to.kind != g.kind:
		return "session_other_type"
	case to.cancelled:
		return "session_cancelled"
	case !to.starts.After(m.now):
		return "session_past"
	case to.closed:
		return "session_closed"
	case !to.starts.Before(g.code.order.ends):
		return "session_after_end"
	case to.taken >= to.seats:
		return "session_full"
	}
	if g.state == "reserved" {
		g.at.taken--
	}
	to.taken++
	g.state, g.at, g.since = "reserved", to, m.now
	g.was = append(g.was, to)
	g.version++
	g.code.move("reserved")
	return ""
}

// seatGone puts a registration back to waiting for a session.
func (m *reference) seatGone(g *registration) {
	g.at.taken--
	g.state, g.at, g.since = "registered", nil, time.Time{}
	g.version++
	g.code.move("bound")
	m.back(g.code)
}

func (m *reference) release(p *person, g *registration, stale bool) string {
	switch {
	case g.who != p:
		return "not_found"
	case stale:
		return "changed_meanwhile"
	case g.state != "reserved":
		return "not_reserved"
	case !m.now.Before(g.at.starts.Add(-m.cutoff)):
		return "past_cutoff"
	}
	m.seatGone(g)
	return ""
}

// check refuses results that contradict themselves; the pass mark is 60.
func (r result) check() string {
	switch {
	case r.outcome != "passed" && r.outcome != "failed" && r.outcome != "absent":
		return "outcome_unknown"
	case r.outcome == "absent" && r.score >= 0:
		return "score_of_absent"
	case r.score < 0:
		return ""
	case r.score > 1000:
		return "score_out_of_range"
	case (r.score >= 60) != (r.outcome == "passed"):
		return "score_contradicts"
	}
	return ""
}

// record ends a reservation with a result.
func (m *reference) record(g *registration, r result) string {
	switch {
	case g == nil:
		return "registration_unknown"
	case g.state == "completed":
		return "result_already_recorded"
	case g.state != "reserved":
		return "not_reserved"
	case m.now.Before(g.at.starts):
		return "session_not_begun"
	}
	if r.at.IsZero() {
		r.at = g.at.starts
	}
	if r.at.Before(g.at.starts) || r.at.After(m.now) {
		return "sat_at_out_of_range"
	}
	if word := r.check(); word != "" {
		return word
	}
	if r.outcome == "absent" && m.returns && !g.code.order.over(m.now) {
		m.seatGone(g)
		return ""
	}
	g.state, g.result = "completed", &r
	g.version++
	g.code.move("completed")
	return ""
}

// correct replaces a result.
func (m *reference) correct(p *person, g *registration, r result, why string) string {
	if word := m.staff(p); word != "" {
		return word
	}
	if g.state != "completed" {
		return "code_not_completed"
	}
	if r.at.IsZero() {
		r.at = g.result.at
	}
	switch {
	case r.at.Before(g.at.starts) || r.at.After(m.now):
		return "sat_at_out_of_range"
	case r.outcome == g.result.outcome && r.score == g.result.score && r.at.Equal(g.result.at):
		return "result_same"
	}
	if word := r.check(); word != "" {
		return word
	}
	if why == "" {
		return "reason_missing"
	}
	if r.outcome == "absent" && m.returns && !g.code.order.over(m.now) {
		if m.living(g.who) != nil {
			return "examinee_registered_again"
		}
		g.result = nil
		m.seatGone(g)
		return ""
	}
	g.result = &r
	g.version++
	g.code.move("completed")
	return ""
}

// cancelSession takes everybody's seat.
func (m *reference) cancelSession(p *person, n *session, why string) string {
	if word := m.staff(p); word != "" {
		return word
	}
	if n.cancelled {
		return "session_cancelled"
	}
	held := slices.DeleteFunc(slices.Clone(m.regs), func(g *registration) bool { return g.at != n })
	if slices.ContainsFunc(held, func(g *registration) bool { return g.state == "completed" }) {
		return "session_has_results"
	}
	if why == "" {
		return "reason_missing"
	}
	for _, g := range held {
		m.seatGone(g)
	}
	n.cancelled = true
	return ""
}

func (m *reference) closeSession(p *person, n *session, again bool) string {
	if word := m.staff(p); word != "" {
		return word
	}
	switch {
	case n.cancelled:
		return "session_cancelled"
	case n.closed && !again:
		return "session_closed"
	case !n.closed && again:
		return "session_open"
	case !n.starts.After(m.now):
		return "session_past"
	}
	n.closed = !again
	return ""
}

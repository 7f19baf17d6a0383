package model

import (
	"slices"
	"time"

	"examcode/internal/exam"
)

// reference is what the world should be. It is one company's: other companies
// have no part in it.
type reference struct {
	now     time.Time
	zone    *time.Location
	cutoff  time.Duration // of the subject
	returns bool          // a no-show gives the code back
	most    int           // codes in one order
	held    int64         // a refund above it waits for review
	price   int64

	orders   []*order
	sessions []*session
	regs     []*registration

	// wrong is a rule the reference gets wrong on purpose, for the control.
	wrong string
}

type person struct {
	who      exam.Actor // as they were when they last looked
	kind     string     // company, examinee, staff
	rights   exam.Rights
	root     bool
	removed  bool
	verified bool
	version  int64
	tat      time.Time // when the redemption tries they took are forgotten
	tried    bool
}

type order struct {
	id        exam.OrderID
	buyer     *person
	quantity  int
	state     string
	placed    time.Time
	paid      time.Time
	ends      time.Time
	swept     bool
	codes     []*code
	payments  []*payment
	refund    *refund
	reminders map[int]string
}

type code struct {
	id      exam.CodeID
	order   *order
	state   string
	gen     int64
	version int64
	reg     *registration
	last    *registration // the last one it had
	knew    map[*person]bool
	text    string // as long as somebody looked
	textGen int64
	dead    []string
}

type registration struct {
	id       exam.RegistrationID
	code     *code
	who      *person
	state    string
	kind     exam.ExamType
	attempt  string
	at       *session
	was      []*session // all it ever held
	since    time.Time  // of the reservation
	result   *result
	version  int64
	reminded map[*session]bool
}

type result struct {
	outcome string
	score   int // -1 for none
	at      time.Time
	version int64
}

type session struct {
	id        exam.SessionID
	kind      exam.ExamType
	starts    time.Time
	minutes   int
	seats     int
	taken     int
	closed    bool
	cancelled bool
}

type payment struct {
	id       exam.PaymentID
	provider string
	state    string
}

type refund struct {
	id     exam.RefundID
	state  string
	try    int64
	codes  []*code
	amount int64
	by     string // provider
	answer string
}

// over tells whether an order's end is reached.
func (o *order) over(now time.Time) bool { return o.state == "paid" && !now.Before(o.ends) }

// is is the state that counts now.
func (c *code) is(now time.Time) string {
	if (c.state == "unused" || c.state == "bound") && !now.Before(c.order.ends) {
		return "expired"
	}
	return c.state
}

// move takes the code one step on.
func (c *code) move(state string) {
	c.state = state
	c.version++
}

// endOf is the start of the day after the same date a year later.
func (m *reference) endOf(paid time.Time) time.Time {
	y, mon, d := paid.In(m.zone).Date()
	if mon == time.February && d == 29 {
		d = 28
	}
	return time.Date(y+1, mon, d+1, 0, 0, 0, 0, m.zone)
}

func (m *reference) remindAt(o *order, days int) time.Time {
	y, mon, d := o.ends.In(m.zone).Date()
	return time.Date(y, mon, d-days, 0, 0, 0, 0, m.zone)
}

// company is what refuses a company's act: right is needed, lack says that it is
// missing. given tells that the actor is looked at before the database is asked.
func (m *reference) company(p *person, right exam.Rights, lack string, given bool) string {
	has := func(r exam.Rights) bool { return p.root || r&right == right }
	switch {
	case given && p.kind != "company":
		return "not_enterprise"
	case given && !has(p.who.Rights):
		return lack
	case p.removed:
		return "not_signed_in"
	case p.kind != "company":
		return "not_enterprise"
	case !has(p.rights):
		return lack
	}
	return ""
}

// staff is what refuses an act of the staff.
func (m *reference) staff(p *person) string {
	if p.kind != "staff" {
		return "not_operator"
	}
	return ""
}

// left counts codes that are stored as unused or bound.
func (o *order) left() int {
	n := 0
	for _, c := range o.codes {
		if c.state == "unused" || c.state == "bound" {
			n++
		}
	}
	return n
}

// counts are the numbers of an order's codes by state.
func (o *order) counts(now time.Time) map[string]int {
	n := map[string]int{}
	for _, c := range o.codes {
		n[c.is(now)]++
	}
	return n
}

// living is the registration a person has, which stands in the way of another.
func (m *reference) living(p *person) *registration {
	i := slices.IndexFunc(m.regs, func(g *registration) bool {
		return g.who == p && (g.state == "registered" || g.state == "reserved")
	})
	if i < 0 {
		return nil
	}
	return m.regs[i]
}

// expire writes down that a code has ended.
func (c *code) expire() {
	if c.reg != nil {
		c.reg.state = "cancelled"
		c.reg.version++
		c.reg = nil
	}
	c.move("expired")
}

// back notes that a code became unused or bound again; after the end the order
// is swept once more.
func (m *reference) back(c *code) {
	if !m.now.Before(c.order.ends) {
		c.order.swept = false
	}
}

// sweep writes down all ends.
func (m *reference) sweep() {
	for _, o := range m.orders {
		if !o.over(m.now) || o.swept {
			continue
		}
		for _, c := range o.codes {
			if c.state == "unused" || c.state == "bound" {
				c.expire()
			}
		}
		o.swept = true
	}
}

var thresholds = []int{90, 60, 30, 15}

// remind records what is due of every order, and tells of how many.
func (m *reference) remind() int {
	told := 0
	for _, o := range m.orders {
		if o.state != "paid" || o.over(m.now) || o.swept {
			continue
		}
		due := slices.DeleteFunc(slices.Clone(thresholds), func(days int) bool { return m.now.Before(m.remindAt(o, days)) })
		for i, days := range due {
			if _, known := o.reminders[days]; known {
				continue
			}
			switch {
			case i < len(due)-1:
				o.reminders[days] = "superseded"
			case o.left() == 0:
				o.reminders[days] = "not_needed"
			default:
				o.reminders[days] = "told"
				told++
			}
		}
	}
	return told
}

// remindSeats is how many examinees are told of their session now.
func (m *reference) remindSeats() int {
	told := 0
	for _, g := range m.regs {
		if g.state != "reserved" || g.reminded[g.at] {
			continue
		}
		before := g.at.starts.AddDate(0, 0, -1)
		if g.since.Before(before) && !m.now.Before(before) && m.now.Before(g.at.starts) {
			g.reminded[g.at] = true
			told++
		}
	}
	return told
}

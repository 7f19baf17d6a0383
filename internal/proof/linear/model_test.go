package linear

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"examcode/internal/exam"
)

// mostCodes and the seats of each order's sessions bound the model.
const (
	mostCodes  = 6
	manySeats  = 2 // in the second session; the first has one
	sessionsOf = 2
)

// code is one code of the model.
type code struct {
	state   exam.CodeState
	gen     int64
	version int64
	holder  int   // 1 and up; 0 for nobody
	reg     int64 // 0 for nobody's, or for one that nobody has been told of yet
	session int   // 1 and up; 0 for none
}

// order is the model's object: codes, and the refund that took some of them.
type order struct {
	codes [mostCodes]code
	ask   int64 // of the refund that is on its way, or is done
	done  bool
}

// lives tells whether a person is registered for the order's subject.
func (o *order) lives(person int) bool {
	for _, c := range o.codes {
		if c.holder == person {
			return true
		}
	}
	return false
}

// taken counts the seats that are held in a session.
func (o *order) taken(session int) int {
	n := 0
	for _, c := range o.codes {
		if c.session == session {
			n++
		}
	}
	return n
}

// input is what a client asked for; the fields that matter depend on the verb.
type input struct {
	verb    string
	code    int
	person  int
	gen     int64 // of the text
	reg     int64
	session int
	newText bool
	whole   bool  // refund of every unused code, not of one
	ask     int64 // number of the refund's request
	decline bool
}

// answer is what the client was told.
type answer struct {
	reason  string // of a refusal
	unknown bool
	reg     int64
	seen    code
	taken   int
}

// model begins with n unused codes.
func model(n int) porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			var o order
			for i := range n {
				o.codes[i] = code{state: exam.Unused, gen: 1}
			}
			return o
		},
		Step: func(state, in, out any) (bool, any) {
			o, a := state.(order), out.(answer)
			before := o
			may := steps[in.(input).verb](&o, in.(input), a)
			switch {
			case a.unknown && may.done, a.reason == "" && may.done:
				return true, o
			case a.unknown:
				return true, before
			}
			return a.reason != "" && may.refuses(a.reason), before
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v → %+v", in, out) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
}

// verdict is what the model allows: the change it made, or one of some refusals.
type verdict struct {
	done    bool
	reasons []string
}

func (v verdict) refuses(reason string) bool {
	for _, r := range v.reasons {
		if r == reason {
			return true
		}
	}
	return false
}

var did = verdict{done: true}

func refused(reasons ...string) verdict { return verdict{reasons: reasons} }

var steps = map[string]func(o *order, in input, a answer) verdict{
	"redeem": redeem, "unbind": unbind, "regenerate": regenerate, "reserve": reserve,
	"cancel": cancel, "ask": ask, "settle": settle, "look": look, "seats": seats,
}

// redeem: a stranger is told one neutral word, whatever is wrong with the text.
func redeem(o *order, in input, a answer) verdict {
	c, lives := &o.codes[in.code], o.lives(in.person)
	why := ""
	switch {
	case in.gen != c.gen:
		why = "code_replaced"
	case c.state == exam.Refunding || c.state == exam.Refunded:
		why = "code_refunded"
	case c.state != exam.Unused:
		why = "code_not_unused"
	}
	switch {
	case why != "" && lives:
		return refused(why, "code_not_usable", "already_registered")
	case why != "":
		return refused(why, "code_not_usable")
	case lives:
		return refused("already_registered")
	}
	c.state, c.holder, c.reg = exam.Bound, in.person, a.reg
	c.version++
	return did
}

func unbind(o *order, in input, _ answer) verdict {
	c := &o.codes[in.code]
	switch c.state {
	case exam.Bound:
	case exam.Reserved:
		return refused("code_reserved")
	default:
		return refused("code_not_bound")
	}
	c.state, c.holder, c.reg = exam.Unused, 0, 0
	c.version++
	if in.newText {
		c.gen++
		c.version++
	}
	return did
}

func regenerate(o *order, in input, _ answer) verdict {
	c := &o.codes[in.code]
	switch c.state {
	case exam.Unused:
		c.gen++
		c.version++
		return did
	case exam.Refunding, exam.Refunded:
		return refused("code_refunded")
	}
	return refused("code_not_unused")
}

// mine tells whether the registration is the code's; maybe is true when the code
// has one of the person that nobody has been told of.
func mine(c *code, in input) (is, maybe bool) {
	if c.holder != in.person {
		return false, false
	}
	return c.reg == in.reg, c.reg == 0
}

func reserve(o *order, in input, a answer) verdict {
	c := &o.codes[in.code]
	is, maybe := mine(c, in)
	if maybe && a.reason != "not_registered" {
		c.reg, is = in.reg, true
	}
	room := [...]int{1: 1, 2: manySeats}
	switch {
	case !is:
		return refused("not_registered")
	case c.session == in.session:
		return did
	case o.taken(in.session) >= room[in.session]:
		return refused("session_full")
	}
	c.state, c.session = exam.Reserved, in.session
	c.version++
	return did
}

func cancel(o *order, in input, a answer) verdict {
	c := &o.codes[in.code]
	is, maybe := mine(c, in)
	if maybe && a.reason == "" {
		c.reg, is = in.reg, true
	}
	if !is || c.session == 0 {
		return refused("not_reserved")
	}
	c.state, c.session = exam.Bound, 0
	c.version++
	return did
}

// ask takes unused codes into the order's one refund.
func ask(o *order, in input, _ answer) verdict {
	if o.ask != 0 {
		return refused("refund_already_made")
	}
	found := 0
	for i := range o.codes {
		c := &o.codes[i]
		if c.state == exam.Unused && (in.whole || i == in.code) {
			c.state = exam.Refunding
			c.version++
			found++
		}
	}
	switch {
	case found > 0:
		o.ask = in.ask
		return did
	case in.whole:
		return refused("nothing_to_refund")
	}
	return refused("refund_choice")
}

// settle is the provider's answer to a refund: the codes are gone, or back.
func settle(o *order, in input, _ answer) verdict {
	if o.ask != in.ask || o.done {
		return refused()
	}
	to := exam.Refunded
	if in.decline {
		to, o.ask = exam.Unused, 0
	}
	o.done = !in.decline
	for i := range o.codes {
		if c := &o.codes[i]; c.state == exam.Refunding {
			c.state = to
			c.version++
		}
	}
	return did
}

func look(o *order, in input, a answer) verdict {
	c := &o.codes[in.code]
	if c.holder != 0 && c.reg == 0 {
		c.reg = a.seen.reg // now it is told
	}
	if *c != a.seen {
		return refused()
	}
	return did
}

func seats(o *order, in input, a answer) verdict {
	if o.taken(in.session) != a.taken {
		return refused()
	}
	return did
}

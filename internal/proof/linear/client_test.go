package linear

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// client is one of the many who act at once.
type client struct {
	*world
	number int
	rand   *rand.Rand
}

// weights are how often a client asks for what, in a hundred.
var weights = []struct {
	verb string
	n    int
}{{"redeem", 25}, {"unbind", 13}, {"regenerate", 9}, {"reserve", 13}, {"cancel", 9}, {"refund", 2}, {"look", 22}, {"seats", 7}}

func (c *client) verb() string {
	n := c.rand.IntN(100)
	for _, w := range weights {
		if n -= w.n; n < 0 {
			return w.verb
		}
	}
	return "look"
}

// act asks one thing of an object and notes call, answer and times.
func (c *client) act(o *object) {
	in := input{verb: c.verb(), code: c.rand.IntN(len(o.codes)), person: 1 + c.rand.IntN(len(c.people)), session: 1 + c.rand.IntN(sessionsOf)}
	door := c.doors[c.rand.IntN(len(c.doors))]
	ctx, done := context.WithCancel(context.Background())
	defer done()
	if c.rand.IntN(80) == 0 { // a client that gives up
		time.AfterFunc(time.Duration(c.rand.IntN(6000))*time.Microsecond, done)
	}
	switch in.verb {
	case "redeem":
		text := ""
		in.gen, text = c.text(o, in.code)
		c.note(o, in, func() (a answer, err error) {
			g, err := door.RedeemCode(ctx, c.who(in), action.Redemption{Subject: o.subject.ID, Text: text, ExamType: exam.Online})
			if err == nil {
				a.reg = int64(g.ID)
			}
			return a, err
		})
	case "unbind":
		in.newText = c.rand.IntN(2) == 0
		c.note(o, in, func() (answer, error) {
			return answer{}, single(door.UnbindCodes(ctx, c.root, []exam.CodeID{o.codes[in.code]}, in.newText))
		})
	case "regenerate":
		c.note(o, in, func() (answer, error) {
			return answer{}, single(door.RegenerateCodes(ctx, c.root, []exam.CodeID{o.codes[in.code]}))
		})
	case "reserve", "cancel":
		held := c.holding(o, in.code)
		if held.reg == 0 {
			return
		}
		in.reg, in.person = held.reg, held.person
		c.note(o, in, func() (a answer, err error) {
			if in.verb == "reserve" {
				_, err = door.Reserve(ctx, c.who(in), exam.RegistrationID(in.reg), o.sessions[in.session])
			} else {
				_, err = door.CancelReservation(ctx, c.who(in), exam.RegistrationID(in.reg))
			}
			return a, err
		})
	case "refund":
		c.refund(ctx, door, o, in)
	case "look":
		c.look(ctx, o, in)
	case "seats":
		c.note(o, in, func() (answer, error) {
			n, err := c.house.Read.Session(ctx, o.sessions[in.session])
			return answer{taken: n.Taken}, err
		})
	}
}

func (c *client) who(in input) exam.Actor { return c.people[in.person-1] }

// single is the refusal of a batch of one.
func single(out []action.Outcome[exam.CodeID], err error) error {
	if err != nil {
		return err
	}
	return out[0].Err
}

// text is a text of a code: mostly the newest known one, now and then an old one.
func (c *client) text(o *object, at int) (int64, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	gens := make([]int64, 0, len(o.texts[at]))
	for g := range o.texts[at] {
		gens = append(gens, g)
	}
	slices.Sort(gens)
	g := gens[len(gens)-1]
	if c.rand.IntN(8) == 0 {
		g = gens[c.rand.IntN(len(gens))]
	}
	return g, o.texts[at][g]
}

// holding is a registration made with a code, mostly the last one.
func (c *client) holding(o *object, at int) holding {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.regs[at])
	switch {
	case n == 0:
		return holding{}
	case c.rand.IntN(8) == 0:
		return o.regs[at][c.rand.IntN(n)]
	}
	return o.regs[at][n-1]
}

// note does it and puts it into the history.
func (c *client) note(o *object, in input, do func() (answer, error)) {
	call := c.now()
	a, err := do()
	back := c.now()
	if !c.judge(&a, err) {
		return
	}
	if in.verb == "redeem" && a.reg != 0 && !a.unknown {
		o.mu.Lock()
		o.note(in.code, holding{a.reg, in.person})
		o.mu.Unlock()
	}
	o.add(c.operation(in, a, call, back))
}

func (c *client) operation(in input, a answer, call, back int64) porcupine.Operation {
	if a.unknown {
		back = math.MaxInt64
		c.run.Count("unknown", 1)
	}
	c.run.Count("ops", 1)
	return porcupine.Operation{ClientId: c.number, Input: in, Output: a, Call: call, Return: back}
}

// judge tells an answer from none; false when the try did not count at all.
func (c *client) judge(a *answer, err error) bool {
	f := fault.Of(err)
	switch {
	case err == nil:
	case f.Reason == "too_many_tries":
		c.forgetTries()
		return false
	case errors.Is(err, context.Canceled), f.Kind == fault.Unavailable, proof.Unguarded() && (f.Kind == fault.Internal || f.Reason == "changed_meanwhile"):
		a.unknown = true
	case f.Kind == fault.Internal:
		c.t.Errorf("an answer is a defect: %v", err)
		return false
	default:
		a.reason = f.Reason
	}
	if c.rand.IntN(200) == 0 { // an answer that is lost on its way
		a.unknown = true
	}
	return true
}

// forgetTries opens the limits on tries again: they are not the question here.
func (c *client) forgetTries() {
	c.run.Count("limits", 1)
	c.house.Must(c.house.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EndOver(ctx, exam.KeptTries, c.house.Clock.Now().AddDate(10, 0, 0), 100_000)
		return err
	}))
}

// look reads a code and its text at one instant.
func (c *client) look(ctx context.Context, o *object, in input) {
	text := ""
	c.note(o, in, func() (a answer, err error) {
		var sealed []byte
		err = c.house.Store.Snapshot(ctx, func(ctx context.Context, r store.Reader) error {
			found, err := r.CodesByID(ctx, 0, o.codes[in.code])
			if err != nil {
				return err
			}
			k := found[0]
			a.seen = code{state: k.State, gen: k.Generation, version: k.Version, reg: int64(k.Registration),
				holder: 1 + slices.IndexFunc(c.people, func(p exam.Actor) bool { return p.Person == k.Holder })}
			if k.State == exam.Reserved {
				regs, err := r.RegistrationsByID(ctx, k.Registration)
				if err != nil {
					return err
				}
				a.seen.session = slices.Index(o.sessions[:], regs[0].Session)
			}
			sealed, err = r.Sealed(ctx, c.root.Account, k.ID)
			return err
		})
		if err == nil {
			plain, err := c.house.Vault.OpenCode(int64(o.codes[in.code]), sealed)
			c.house.Must(err)
			text = plain.Reveal()
			o.learn(in.code, a.seen, text)
		}
		return a, err
	})
}

// refund is two steps, with the provider between them; both happen between the
// call and the answer, and each is checked by itself.
func (c *client) refund(ctx context.Context, door *action.Service, o *object, in input) {
	in.verb, in.whole, in.decline, in.ask = "ask", c.rand.IntN(2) == 0, c.rand.IntN(2) == 0, c.world.number()
	what := action.RefundRequest{}
	if !in.whole {
		what.Chosen = []exam.CodeID{o.codes[in.code]}
	}
	if in.decline {
		what.Simulate = "decline"
	}
	call := c.now()
	f, err := door.RefundOrder(ctx, c.root, o.order.ID, what)
	back := c.now()
	var a answer
	if !c.judge(&a, err) {
		return
	}
	ops := []porcupine.Operation{c.operation(in, a, call, back)}
	if a.reason == "" && (a.unknown || f.State != exam.RefundOnWay) {
		in.verb = "settle"
		ops = append(ops, c.operation(in, a, call, back))
	}
	o.add(ops...)
}

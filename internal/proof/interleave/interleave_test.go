package interleave

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/fault"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

const exclusive = db.Exclusive

// quick is how many schedules there are when nobody asks for more; a pair has so
// many before it is another one's turn.
const (
	quick   = 60
	atATime = 10
)

func TestMain(m *testing.M) {
	result := m.Run()
	proof.Sweep()
	os.Exit(result)
}

// TestInterleavings: whatever the way in which two commands on one thing are
// interleaved, they end as if one had come after the other.
func TestInterleavings(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		run := proof.Begin(t, "interleave", string(d.Engine()), quick)
		set(hook)
		w := newWorld(t, run, d)
		for _, name := range []string{"pairs", "schedules", "deadlocks", "inversions", "violations"} {
			run.Count(name, 0)
		}
		pairs, chance, verified := w.pairs(), run.Rand(1), time.Now()
		for i := 0; run.Next(); i++ {
			p := pairs[i/atATime%len(pairs)]
			if p.serial == nil {
				w.serially(p)
			}
			w.check(p.next(chance))
			if time.Since(verified) > 2*time.Minute {
				w.verify()
				verified = time.Now()
			}
		}
		if proof.Unguarded() || t.Failed() {
			return
		}
		if d.Engine() == db.PostgreSQL {
			w.planted()
		}
		out, err := proof.WithoutGuards(t, "^TestInterleavings$/^"+strings.TrimPrefix(t.Name(), "TestInterleavings/")+"$", run.Seed())
		if err == nil || !strings.Contains(out, notSerial) && !strings.Contains(out, inverted) {
			t.Fatalf("without guards nothing was seen: %v\n%s", err, out)
		}
		run.Set("control", "caught")
	})
}

// pair is two commands from one start, with what comes of them one after the
// other, how many steps each has, and the schedules that are still to be played.
type pair struct {
	start  string
	both   [2]command
	serial map[string]bool
	steps  [2]int
	deck   []schedule
}

// schedule is one way to interleave a pair: which of the two begins, and how many
// steps each turn has.
type schedule struct {
	*pair
	swapped bool
	plan    []int
}

// pairs are all of them, in an order of chance; the control is about two races.
func (w *world) pairs() []*pair {
	var all []*pair
	for _, start := range starts {
		for i, a := range commands[start] {
			for _, b := range commands[start][i:] {
				race := a.name + b.name
				if !proof.Unguarded() || race == "redeemredeem too" || start == "bound" && race == "unbind with a new textreserve" {
					all = append(all, &pair{start: start, both: [2]command{a, b}})
				}
			}
		}
	}
	chance := w.run.Rand(2)
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// serially plays a pair one after the other, both ways, and lays out every
// schedule with at most two stops, in an order of chance.
func (w *world) serially(p *pair) {
	p.serial = map[string]bool{}
	for _, swapped := range []bool{false, true} {
		ended, what := w.play1(schedule{p, swapped, []int{free}})
		p.serial[what] = true
		for i, a := range ended {
			p.steps[i] = max(p.steps[i], a.steps)
		}
	}
	for _, swapped := range []bool{false, true} {
		begins, follows := p.steps[0], p.steps[1]
		if swapped {
			begins, follows = follows, begins
		}
		for k := 1; k < begins; k++ {
			for l := 1; l < follows; l++ {
				p.deck = append(p.deck, schedule{p, swapped, []int{k, l}})
			}
			p.deck = append(p.deck, schedule{p, swapped, []int{k, free}})
		}
	}
	chance := w.run.Rand(3)
	chance.Shuffle(len(p.deck), func(i, j int) { p.deck[i], p.deck[j] = p.deck[j], p.deck[i] })
	w.run.Count("pairs", 1)
}

// next is the pair's next schedule; when all are played, ones with more stops.
func (p *pair) next(chance *rand.Rand) schedule {
	if n := len(p.deck); n > 0 {
		s := p.deck[n-1]
		p.deck = p.deck[:n-1]
		return s
	}
	s := schedule{p, chance.IntN(2) == 0, nil}
	for range 3 + chance.IntN(3) {
		s.plan = append(s.plan, 1+chance.IntN(max(p.steps[0], p.steps[1])))
	}
	return s
}

// play1 plays one schedule on a kit of its own; the actors come in the order of
// the pair, with what both were told and what is stored then.
func (w *world) play1(s schedule) ([2]*actor, string) {
	k := w.kit(s.start)
	var do [2]func(context.Context) error
	for i := range do {
		c := s.both[i]
		if s.swapped {
			c = s.both[1-i]
		}
		do[i] = func(ctx context.Context) error { return c.do(ctx, w, k) }
	}
	ended := w.play(s.plan, do)
	if s.swapped {
		ended[0], ended[1] = ended[1], ended[0]
	}
	return ended, w.told(ended[0]) + "\n" + w.told(ended[1]) + "\n" + w.picture(k)
}

// told is the word an actor got. That a payment is on its way and that it has
// arrived are one refusal here: the order is taken.
func (w *world) told(a *actor) string {
	if a.told == nil {
		return "done"
	}
	f := fault.Of(a.told)
	switch {
	case f.Kind == fault.Internal, f.Kind == fault.Unavailable:
		return "DEFECT " + f.Error()
	case f.Reason == "payment_in_flight":
		return "order_not_pending"
	}
	return f.Reason
}

const notSerial = "is like neither one after the other"

// inverted is said of a lock that is taken before one it should follow.
const inverted = "is locked after"

// check plays a schedule and judges it.
func (w *world) check(s schedule) {
	ended, what := w.play1(s)
	at := fmt.Sprintf("%s: %s × %s, swapped %v, %v", s.start, s.both[0].name, s.both[1].name, s.swapped, s.plan)
	w.run.Count("schedules", 1)
	if w.deadlocks > 0 {
		w.run.Count("deadlocks", 1)
		w.t.Errorf("%s: both wait for each other", at)
	}
	for i, a := range ended {
		for _, inversion := range a.order.inversions {
			w.run.Count("inversions", 1)
			w.t.Errorf("%s: in %s %s", at, s.both[i].name, inversion)
		}
	}
	if !s.serial[what] {
		w.run.Count("violations", 1)
		w.t.Errorf("%s %s:\n%s\n\nbut one after the other:", at, notSerial, what)
		for serial := range s.serial {
			w.t.Log(serial + "\n")
		}
	}
}

// planted plays a command that takes its locks backwards: the recorder must name
// it, and the scheduler must see both wait for each other.
func (w *world) planted() {
	quiet := &pair{start: "unused", both: [2]command{backwards, refund("refund one", true)}}
	w.serially(quiet)
	w.run.Count("pairs", -1) // it is none of the program's
	deadlocks, inversions := 0, 0
	for k := 1; k < quiet.steps[0]; k++ {
		for l := 1; l < quiet.steps[1]; l++ {
			ended, _ := w.play1(schedule{quiet, false, []int{k, l}})
			deadlocks += w.deadlocks
			inversions += len(ended[0].order.inversions)
		}
	}
	if deadlocks == 0 || inversions == 0 {
		w.t.Errorf("locks in the wrong order: %d deadlocks and %d inversions were seen", deadlocks, inversions)
	}
}

// verify asks in the middle of a long run whether what must always hold does.
func (w *world) verify() {
	_, err := w.h.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			w.t.Errorf("%s: %d of %d break it, the first is %d: %s", v.ID, v.Violations, v.Checked, v.First, v.Says)
		}
	})
	w.h.Must(err)
}

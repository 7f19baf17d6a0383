package model

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// commands are drawn as often as they are listed.
func (s *seq) commands() []command {
	weighted := []command{
		{"buy", 4, s.buy}, {"pay", 7, s.pay}, {"ask payment", 2, s.askPayment}, {"confirm transfer", 2, s.confirmTransfer}, {"cancel order", 1, s.cancelOrder},
		{"close unpaid", 1, s.closeUnpaid}, {"buy under a key", 2, s.keyedBuy}, {"plan refund", 2, s.planRefund}, {"refund", 4, s.refund}, {"review", 3, s.review},
		{"ask refund", 3, s.askRefund}, {"refund by hand", 2, s.byHand}, {"redeem", 12, s.redeem}, {"unbind", 4, s.unbind}, {"regenerate", 4, s.regenerate},
		{"reveal", 1, s.reveal}, {"rights", 1, s.right}, {"add session", 3, s.addSession}, {"reserve", 9, s.reserve}, {"reschedule", 3, s.reschedule},
		{"cancel seat", 3, s.cancelSeat}, {"record", 6, s.record}, {"correct", 4, s.correct}, {"cancel session", 1, s.cancelSession}, {"close session", 1, s.closeSession},
		{"pass time", 5, s.pass}, {"pass to an end", 2, s.passEnd}, {"sweep", 2, s.sweep}, {"remind", 2, s.remind}, {"settle", 1, s.settle}, {"arm", 2, s.arm},
	}
	var all []command
	for _, c := range weighted {
		all = append(all, slices.Repeat([]command{c}, c.often)...)
	}
	return all
}

type command struct {
	name  string
	often int
	do    func()
}

// property is one sequence: random commands, then everything comes to rest.
func (w *world) property(t *rapid.T) {
	w.restart()
	s := w.start(t)
	all := s.commands()
	for range 3 {
		s.addSession()
	}
	s.buyBy(s.ctx, s.company[0], 4)
	s.payBy(s.company[0], s.m.orders[0], "sandbox", "")
	t.Repeat(map[string]func(*rapid.T){"command": func(*rapid.T) {
		s.command(all[s.below(len(all))])
	}})
	s.rest()
	w.count("sequences")
}

// command gives one command; one that has nothing to be about is none.
func (s *seq) command(c command) {
	defer func() {
		if r := recover(); r != nil {
			if _, none := r.(nothing); !none {
				panic(r)
			}
		}
	}()
	s.t.Logf("%s", c.name)
	c.do()
	s.w.count("commands")
	s.compare()
}

// setRapid sets what rapid does before it begins to check.
func setRapid(t testing.TB, name string, value any) {
	if err := flag.Set("rapid."+name, fmt.Sprint(value)); err != nil {
		t.Fatal(err)
	}
}

// rapidOnce keeps one world from reading another's seed.
var rapidOnce sync.Mutex

// check runs a few sequences from a seed.
func (w *world) check(t rapid.TB, tb testing.TB, seed uint64, sequences int) {
	rapidOnce.Lock()
	held := true
	setRapid(tb, "seed", seed)
	setRapid(tb, "checks", sequences)
	rapid.Check(t, func(t *rapid.T) {
		if held {
			held = false
			rapidOnce.Unlock()
		}
		w.property(t)
	})
}

const (
	sequences = 10 // of one round
	perWorld  = 40 // rounds, then a new database
)

// sideBySide is how many worlds a long run has at once on an engine. Some commands
// act on a whole database, so each has its own, and a stream of chance of its own. A
// command costs PostgreSQL three times as much of the processors.
var sideBySide = map[string]int{"sqlite": 5, "postgres": 2}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil { // worlds wait for each other's databases, not for processors
		panic(err)
	}
	debug.SetGCPercent(400) // little of what a command needs outlives it
	os.Exit(m.Run())
}

func TestModel(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err == nil { // what a disk does is another's subject
		t.Setenv("TMPDIR", "/dev/shm")
	}
	setRapid(t, "steps", 150)
	setRapid(t, "shrinktime", 20*time.Second)
	caught, all := "", matrix(t)
	if mutated() {
		setRapid(t, "nofailfile", true)
		setRapid(t, "shrinktime", time.Duration(0))
	} else {
		caught = control(t)
	}
	for engine, open := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, met := proof.Begin(t, "model", engine, 3), cells{}
			var mu sync.Mutex
			t.Run("worlds", func(t *testing.T) {
				n := 1
				if r.Long() {
					n = sideBySide[engine]
				}
				for i := range n {
					t.Run(fmt.Sprint(i+1), func(t *testing.T) {
						t.Parallel()
						worlds(t, r, uint64(i+1), open, func(c cells) {
							mu.Lock()
							defer mu.Unlock()
							maps.Copy(met, c)
						})
					})
				}
				if r.Budget() >= forMutants && engine == "sqlite" && !mutated() {
					t.Run("mutants", func(t *testing.T) {
						t.Parallel()
						killMutants(t)
						r.Set("mutants", len(mutants))
					})
				}
			})
			states, hit, missed := met.seen(all)
			r.Set("states", fmt.Sprintf("%d/%d", states, len(exam.CodeStates)))
			r.Set("cells", fmt.Sprintf("%d/%d", hit, len(all)))
			r.Set("violations", 0)
			r.Set("control", caught)
			slices.Sort(missed)
			t.Logf("not met:\n%s", strings.Join(missed, "\n"))
		})
	}
}

// opener opens an empty database.
type opener func(testing.TB, string, func(context.Context, *db.DB) error, ...func(*db.Config)) *db.DB

var engines = map[string]opener{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}

// worlds are one after the other, from one stream of chance.
func worlds(t *testing.T, r *proof.Run, stream uint64, open opener, seen func(cells)) {
	rand := r.Rand(stream)
	for more := r.Next(); more; {
		more = t.Run("world", func(t *testing.T) {
			w := newWorld(t, store.New(open(t, "store", storetest.Prepare), id.NewSource(0, time.Now)), r)
			for range perWorld {
				w.check(named{t}, t, rand.Uint64(), sequences)
				if more = r.Next(); !more {
					break
				}
			}
			seen(w.cells)
		}) && more
	}
}

// named gives every world's sequences one name, and so one folder of fail files.
type named struct{ *testing.T }

func (named) Name() string { return "TestModel" }

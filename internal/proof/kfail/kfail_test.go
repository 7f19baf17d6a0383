package kfail

import (
	"context"
	"errors"
	"flag"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// still are the methods that change nothing, or belong to what keyed commands
// are said with here; OpenProgramme opens a database that is empty.
var still = strings.Fields(`WaysToPay ExportKeptFor Asked CheckResults Document DocumentNumber EmailLink Erasing FindAnyCode InvitationBy Kept
NarrowByText OpenExport PasswordLink PlanRefund Promise SignIns Stoppable Remember KeepAnswer ReleaseKey Apart OpenProgramme`)

// TestEveryCommandIsTried: a method of the service is a command here or still.
func TestEveryCommandIsTried(t *testing.T) {
	known := slices.Clone(still)
	for _, c := range commands() {
		known = append(known, c.name)
	}
	has := reflect.TypeFor[*action.Service]()
	for m := range has.Methods() {
		if !slices.Contains(known, m.Name) {
			t.Errorf("action.Service.%s is not tried", m.Name)
		}
	}
	for _, name := range known {
		if _, ok := has.MethodByName(name); !ok {
			t.Errorf("action.Service has no %s", name)
		}
	}
}

var only = flag.String("command", "", "the one command to try")

func TestKthFailure(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		r := proof.Begin(t, "kfail", string(d.Engine()), 1)
		w := newWorld(t, store.New(d, id.NewSource(0, time.Now)), d, set)
		r.Set("commands", len(commands()))
		r.Set("points", int64(0))
		r.Set("passed", int64(0)) // different ones, of those known
		r.Set("known", int64(0))
		r.Set("kinds", len(kinds))
		var violations, leaks int64
		for round := 0; r.Next(); round++ {
			for i, c := range commands() {
				if *only != "" && c.name != *only || round > 0 && r.Over() {
					continue
				}
				x := &trial{world: w, command: c, run: r, shift: i + round, stride: stride}
				known := x.all()
				if round == 0 {
					r.Count("known", int64(known))
				}
				if round < stride {
					r.Count("passed", x.passed)
				}
				violations, leaks = violations+x.violations, leaks+x.leaks
			}
		}
		caught := controls(w)
		r.Set("violations", violations)
		r.Set("leaks", leaks)
		r.Set("control", caught)
		if caught != "caught" {
			t.Error("the harness does not see what it looks for")
		}
	})
}

// stride is how many calls are gone on by: 13 rounds try each of them, and 52
// with every kind.
const stride = 13

// trial is one command with each of its calls failing.
type trial struct {
	*world
	command
	run        *proof.Run
	shift      int // of the kinds over the calls, so that rounds take turns
	stride     int // how many calls are gone on by: a quick run tries some of them
	want       census
	violations int64
	leaks      int64
	passed     int64 // points tried
	quiet      bool  // a control: what is wrong is counted and not told
}

func (x *trial) wrong(format string, args ...any) {
	x.violations++
	if !x.quiet {
		x.T.Errorf("%s %s: "+format, append([]any{x.name, x.mode}, args...)...)
	}
}

// all learns from an undisturbed run what the command does, then disturbs it. It
// returns how many calls there are.
func (x *trial) all() int {
	if x.clock {
		x.calm()
	}
	calls, _, _ := x.point(0, "before")
	for k := 1 + x.shift%x.stride; k <= calls; k += x.stride {
		if x.clock {
			x.calm()
		}
		how := kinds[(k+x.shift)%len(kinds)]
		if _, hit, _ := x.point(k, how); !hit && len(x.want) > 0 {
			return calls // it took another way and has ended before
		}
		if x.violations > 0 {
			break
		}
		x.passed++
		if x.run != nil {
			x.run.Count("points", 1)
		}
	}
	x.verify()
	x.stay()
	return calls
}

// point says the command with its k-th call failing, says it again, lets
// everything come to rest, and compares; k 0 disturbs nothing.
func (x *trial) point(k int, how kind) (calls int, hit bool, where string) {
	ctx := context.Background()
	x.provider.set("ok")
	if x.before != nil {
		x.before(x.world)
		x.heal()
	}
	before := x.census()
	x.provider.set(x.mode)
	if x.mode == "" {
		x.provider.set("ok")
	}
	do, key := x.prepare(x.world), x.fresh("key")
	err := x.say(x.breaker.arm(ctx, k, how), key, do)
	calls, hit, where = x.breaker.disarm()
	if k == 0 && err != nil {
		x.wrong("undisturbed it fails: %v", err)
	}
	if hit && err != nil && !strings.HasPrefix(where, "mail") {
		f := fault.Of(err)
		if f.Kind == fault.Internal && !errors.Is(err, context.Canceled) && !errors.Is(err, errPanicked) {
			x.wrong("call %d (%s, %s) is told as a defect: %v", k, where, how, err)
		}
	}
	x.Clock.Move(2 * time.Minute)
	_ = x.say(ctx, key, do) // refused or done, the data tells
	x.heal()
	got := x.census().since(before)
	switch {
	case k == 0:
		x.want = got
	case !maps.Equal(got, x.want) && !x.loose:
		x.wrong("call %d (%s, %s) and again ends in another state: error %v\nit differs by %s", k, where, how, err, got.since(x.want))
	}
	if lost := x.orphans(); len(lost) > 0 {
		x.wrong("call %d (%s, %s): the provider has %v, and nobody here knows", k, where, how, lost)
		clear(x.provider.all)
	}
	if p := x.db.Pool(); p != nil && p.Stat().AcquiredConns() != 0 {
		x.leaks++
		x.T.Errorf("%s: call %d (%s, %s) keeps a connection", x.name, k, where, how)
	}
	return calls, hit, where
}

// request is what a keyed command asks for, hashed.
var request = []byte("the same request, hashed 32 bytes")[:32]

var errPanicked = errors.New("kfail: it panicked as planned")

// say says a command as its caller does: under its key when it has one. The
// planned panic ends in it, as in the middleware.
func (x *trial) say(ctx context.Context, key string, do run) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case planned{}:
			err = errPanicked
		default:
			panic(p)
		}
	}()
	if !x.keyed {
		return do(ctx)
	}
	once, known, err := x.do.Remember(ctx, x.root, key, request)
	if err != nil || known.Status != 0 {
		return err
	}
	err = do(once)
	after := context.WithoutCancel(ctx)
	if err == nil || action.Lasting(err) {
		return errors.Join(err, x.do.KeepAnswer(after, x.root, key, 200, []byte("{}")))
	}
	return errors.Join(err, x.do.ReleaseKey(after, x.root, key))
}

// verify asks whether all still holds.
func (x *trial) verify() {
	if _, err := x.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			x.wrong("%s is broken %d times: %s", v.ID, v.Violations, v.Says)
		}
	}); err != nil {
		x.wrong("%v", err)
	}
}

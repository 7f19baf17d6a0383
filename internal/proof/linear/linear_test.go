package linear

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"examcode/internal/db"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// The size of a round: orders of one to six codes, and who acts on them.
const (
	orders   = 20
	clients  = 24
	perOrder = 150 // operations
	verdicts = 60 * time.Second
)

func TestMain(m *testing.M) {
	result := m.Run()
	proof.Sweep()
	os.Exit(result)
}

// TestLinear: there is one order of all operations on an order's codes in which
// each is answered as the model answers it, and which agrees with real time.
func TestLinear(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		run := proof.Begin(t, "linear", string(d.Engine()), 1)
		w := newWorld(t, run, d)
		caught := false
		verified := time.Now()
		var judge sync.WaitGroup
		for n := uint64(0); run.Next(); n++ {
			histories := w.round(run, n)
			judge.Wait()
			judge.Go(func() { // while the next round goes on
				check(t, run, histories)
				caught = caught || planted(histories)
			})
			if time.Since(verified) > 2*time.Minute {
				w.verify()
				verified = time.Now()
			}
		}
		judge.Wait()
		if proof.Unguarded() || t.Failed() {
			return
		}
		run.Set("result", porcupine.Ok)
		if !caught {
			t.Error("a planted second winner, or a planted stale look, was not seen")
		}
		out, err := proof.WithoutGuards(t, "^TestLinear$/^"+strings.TrimPrefix(t.Name(), "TestLinear/")+"$", run.Seed())
		if err == nil || !strings.Contains(out, notLinear) {
			t.Fatalf("without guards nothing was seen: %v\n%s", err, out)
		}
		run.Set("control", porcupine.Illegal)
	})
}

// history is what was noted of an object that began with n codes.
type history struct {
	n   int
	ops []porcupine.Operation
}

// round buys orders and lets the clients act on them; some are hotter than others.
func (w *world) round(run *proof.Run, n uint64) []history {
	chance := run.Rand(n)
	objects := make([]*object, orders)
	var all sync.WaitGroup
	for i := range objects {
		n := 1 + chance.IntN(mostCodes)
		run.Count("codes", int64(n))
		all.Go(func() { objects[i] = w.buy(n) })
	}
	all.Wait()
	for i := range clients {
		c := &client{world: w, number: i, rand: run.Rand(chance.Uint64())}
		all.Go(func() {
			for range orders * perOrder / clients {
				c.act(objects[min(c.rand.IntN(orders), c.rand.IntN(orders))])
			}
		})
	}
	all.Wait()
	histories := make([]history, orders)
	for i, o := range objects {
		histories[i] = history{len(o.codes), o.history}
	}
	return histories
}

const notLinear = "an order's history is not linearizable"

// check holds every history against the model. Of a violation it keeps the
// picture.
func check(t *testing.T, run *proof.Run, histories []history) {
	t.Helper()
	for _, h := range histories {
		result, info := porcupine.CheckOperationsVerbose(model(h.n), h.ops, verdicts)
		if result == porcupine.Ok {
			continue
		}
		run.Set("result", result)
		path := filepath.Join(t.ArtifactDir(), fmt.Sprintf("linear-%s-%d.html", strings.ReplaceAll(t.Name(), "/", "-"), run.Seed()))
		if err := porcupine.VisualizePath(model(h.n), info, path); err != nil {
			t.Error(err)
		}
		t.Errorf("%s (%s), see %s (kept with -artifacts)\n%s", notLinear, result, path, stuck(info, h))
		return
	}
}

// stuck says how far the longest order of a history goes, and what cannot follow.
func stuck(info porcupine.LinearizationInfo, h history) string {
	var longest []porcupine.Operation
	for _, some := range info.PartialLinearizationsOperations()[0] {
		if len(some) > len(longest) {
			longest = some
		}
	}
	m, said := model(h.n), &strings.Builder{}
	state := m.Init()
	in := map[string]bool{}
	for i, op := range longest {
		in[fmt.Sprint(op)] = true
		if i >= len(longest)-12 {
			fmt.Fprintf(said, "%d–%d client %d: %s\n", op.Call, op.Return, op.ClientId, m.DescribeOperation(op.Input, op.Output))
		}
		_, state = m.Step(state, op.Input, op.Output)
	}
	fmt.Fprintf(said, "then: %s\nwhat cannot follow:\n", m.DescribeState(state))
	rest := slices.DeleteFunc(slices.Clone(h.ops), func(op porcupine.Operation) bool { return in[fmt.Sprint(op)] })
	slices.SortFunc(rest, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	for _, op := range rest[:min(6, len(rest))] {
		fmt.Fprintf(said, "%d–%d client %d: %s\n", op.Call, op.Return, op.ClientId, m.DescribeOperation(op.Input, op.Output))
	}
	return said.String()
}

// planted tells whether the checker sees a history that was spoiled: a second
// person wins a code in the moment that another does, and a look that answers
// what was so before.
func planted(histories []history) bool {
	twice, stale := false, false
	for _, h := range histories {
		for i, op := range h.ops {
			in, a := op.Input.(input), op.Output.(answer)
			if a.unknown || a.reason != "" {
				continue
			}
			switch {
			case in.verb == "redeem" && !twice:
				in.person = 1 + in.person%6
				a.reg++
				second := op
				second.Input, second.Output = in, a
				twice = illegal(h.n, append(h.ops[:len(h.ops):len(h.ops)], second))
			case in.verb == "look" && !stale && a.seen.version > 0:
				a.seen.version--
				spoiled := append([]porcupine.Operation{}, h.ops...)
				spoiled[i].Output = a
				stale = illegal(h.n, spoiled)
			}
		}
		if twice && stale {
			return true
		}
	}
	return false
}

func illegal(n int, ops []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(model(n), ops, verdicts) == porcupine.Illegal
}

// verify asks in the middle of a long run whether what must always hold does.
func (w *world) verify() {
	_, err := w.house.Store.Verify(context.Background(), func(v store.Verified) {
		if v.Violations > 0 {
			w.t.Errorf("%s: %d of %d break it, the first is %d: %s", v.ID, v.Violations, v.Checked, v.First, v.Says)
		}
	})
	w.house.Must(err)
}

package race

import (
	"context"
	"fmt"
	"testing"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/proof"
)

// TestRaces: of many clients who want what only one can have, one gets it.
func TestRaces(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run := proof.Begin(t, "race", "postgres", 1)
		races(t, run, newWorld(t, run, dbtest.PostgresURL(t)), 2)
		if t.Failed() {
			return
		}
		control := proof.Program(t, "-tags", "unguarded")
		quiet := counts{}
		w := newWorld(t, run, dbtest.PostgresURL(t))
		for range 3 {
			if len(w.round(quiet, control, 2)) > 0 {
				run.Set("control", "caught")
				return
			}
		}
		t.Error("without guards nothing was seen")
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run := proof.Begin(t, "race", "sqlite", 1)
		races(t, run, newWorld(t, run, ""), 1)
	})
}

// counts are figures that nobody reads.
type counts map[string]int64

func (c counts) Count(name string, n int64) { c[name] += n }

func races(t *testing.T, run *proof.Run, w *world, replicas int) {
	program := proof.Program(t)
	tally := counts{}
	for _, name := range []string{"races", "requests", "server_errors", "deadlocks"} {
		run.Count(name, 0)
	}
	both := pairOf{run, tally}
	rounds := int64(0)
	for ; run.Next(); rounds++ {
		for _, wrong := range w.round(both, program, replicas) {
			t.Error(wrong)
		}
	}
	if tally["races"] > 0 {
		run.Set("scenarios", tally["races"]/rounds)
		run.Set("winners", fmt.Sprintf("%.3f", float64(tally["winners"])/float64(tally["races"])))
	}
}

// pairOf counts twice.
type pairOf [2]counter

func (p pairOf) Count(name string, n int64) {
	for _, c := range p {
		c.Count(name, n)
	}
}

// round makes what the races are about, runs the servers and the races, stops
// them, and lets the program verify what is stored. It returns what is wrong.
func (w *world) round(run counter, program string, replicas int) (wrong []string) {
	w.open()
	w.house()
	w.forgive()
	all := w.scenarios()
	before := w.deadlocks()
	w.d.Close()

	servers := make([]*replica, replicas)
	args := w.storage()
	if w.url != "" {
		args = append(args, "--allow-unsafe-database") // the tests' server does without fsync
	}
	for i := range servers {
		servers[i] = start(w.t, program, args...)
	}
	for _, s := range all {
		for _, text := range w.play(run, s, servers) {
			wrong = append(wrong, s.name+": "+text)
		}
	}
	for _, s := range servers {
		wrong = append(wrong, s.stop(w.t)...)
	}
	wrong = append(wrong, verify(program, w.storage()...)...)
	w.open()
	defer w.d.Close()
	if n := w.deadlocks() - before; n > 0 {
		run.Count("deadlocks", n)
		wrong = append(wrong, fmt.Sprintf("%d deadlocks", n))
	}
	return wrong
}

// play runs one race and judges it.
func (w *world) play(run counter, s scenario, servers []*replica) (wrong []string) {
	replies := fire(servers, s.shots)
	winners, said := 0, map[string]int{}
	for _, r := range replies {
		wrong = append(wrong, r.faults(run)...)
		said[fmt.Sprintf("%d %s", r.status, r.reason)]++
		if r.won() && !r.aside {
			winners++
		}
	}
	if s.won != nil {
		winners = s.won(replies)
	}
	run.Count("races", 1)
	run.Count("winners", int64(winners))
	if winners != 1 {
		wrong = append(wrong, fmt.Sprintf("%d winners: %v", winners, said))
	}
	if s.then != nil {
		wrong = append(wrong, s.then(servers, replies)...)
	}
	return wrong
}

// deadlocks is how many PostgreSQL has seen in this database.
func (w *world) deadlocks() int64 {
	if w.d.Engine() == db.SQLite {
		return 0
	}
	var n int64
	err := w.d.Pool().QueryRow(context.Background(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	w.h.Must(err)
	return n
}

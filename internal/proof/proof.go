// Package proof is what the harnesses that try to break the program share: how
// long to try, the seed that tries the same again, and the line each prints.
//
// A harness is an ordinary test in a package of its own beneath this one. Under
// make test it tries a few rounds; under make prove it tries for the seconds that
// PROVE_SECONDS gives to each of its runs. PROVE_SEED repeats a run, and
// PROVE_REPORT names the file that gets a JSON line for every run.
//
// It refuses to decide what is right: that is for each harness, and at its end
// for the invariants of store.Verify.
package proof

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Run is one run of a harness, on one engine where engines matter. Its methods
// may be called by many goroutines at once.
type Run struct {
	t       testing.TB
	name    string
	seed    uint64
	rounds  int
	seconds int
	began   time.Time

	mu     sync.Mutex
	names  []string
	values map[string]any
}

// Begin begins a run, and prints its line when the test ends. quick is how many
// rounds it has when nobody asked for more. of, when not empty, tells the run from
// others of the harness, as the engine it is on.
func Begin(t testing.TB, name, of string, quick int) *Run {
	t.Helper()
	r := &Run{t: t, name: name, rounds: quick, began: time.Now(), values: map[string]any{}, seed: rand.Uint64()}
	var err error
	if s := os.Getenv("PROVE_SEED"); s != "" {
		if r.seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("PROVE_SEED is no number: %v", err)
		}
	}
	if s := os.Getenv("PROVE_SECONDS"); s != "" {
		if r.seconds, err = strconv.Atoi(s); err != nil || r.seconds < 1 {
			t.Fatalf("PROVE_SECONDS is no number of seconds: %q", s)
		}
	}
	if of != "" {
		r.Set("of", of)
	}
	r.Set("rounds", int64(0))
	t.Cleanup(r.end)
	return r
}

// Long tells whether somebody asked for more than the quick rounds.
func (r *Run) Long() bool { return r.seconds > 0 }

// Budget is how long a long run may take; zero for a quick one.
func (r *Run) Budget() time.Duration { return time.Duration(r.seconds) * time.Second }

// Over tells whether the time of a long run is over, for rounds that can end early.
func (r *Run) Over() bool { return r.Long() && time.Since(r.began) >= r.Budget() }

// Next tells whether there is another round: quick ones are counted, a long run
// goes on until its time is over and has at least one.
func (r *Run) Next() bool {
	if r.t.Failed() {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n, _ := r.values["rounds"].(int64)
	if n > 0 && r.Over() || !r.Long() && n >= int64(r.rounds) {
		return false
	}
	r.values["rounds"] = n + 1
	return true
}

// Seed is what the run's chance comes from, for a library with chance of its own.
func (r *Run) Seed() uint64 { return r.seed }

// Rand is a source of chance of the run; each stream is another one.
func (r *Run) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, stream)) }

// Count adds to a figure of the line.
func (r *Run) Count(name string, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.values[name].(int64)
	if !known {
		r.names = append(r.names, name)
	}
	r.values[name] = before + n
}

// Set puts a figure or a word into the line.
func (r *Run) Set(name string, value any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.values[name]; !known {
		r.names = append(r.names, name)
	}
	r.values[name] = value
}

func (r *Run) value(name string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, _ := r.values[name].(int64)
	return n
}

// end prints the line, for people to the test's log and for prove to the report.
func (r *Run) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	seconds := time.Since(r.began).Round(100 * time.Millisecond).Seconds()
	var line strings.Builder
	fmt.Fprintf(&line, "%s", r.name)
	for _, n := range r.names {
		fmt.Fprintf(&line, " %s=%v", n, r.values[n])
	}
	result := "ok"
	if r.t.Failed() {
		result = "FAILED"
	} else if r.t.Skipped() {
		result = "SKIPPED"
	}
	fmt.Fprintf(&line, " seconds=%g seed=%d result=%s", seconds, r.seed, result)
	r.t.Log(line.String())
	r.report(map[string]any{"harness": r.name, "values": r.values, "seconds": seconds, "seed": r.seed, "result": result, "line": line.String()})
}

func (r *Run) report(entry map[string]any) {
	path := os.Getenv("PROVE_REPORT")
	if path == "" {
		return
	}
	text, err := json.Marshal(entry)
	if err != nil {
		r.t.Errorf("report: %v", err)
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Errorf("report: %v", err)
		return
	}
	defer f.Close()
	if _, err := f.Write(append(text, '\n')); err != nil {
		r.t.Errorf("report: %v", err)
	}
}

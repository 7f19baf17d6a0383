package bench

import (
	"context"
	"time"
)

// Work is one thing that is measured.
type Work interface {
	// Name is what the work is called in the table and by --only.
	Name() string
	// Prepare makes what the rounds use up and says who runs against whom.
	Prepare(ctx context.Context, b *Bench) (Contest, error)
}

// Contest is our side and the floors it is compared with, which take turns.
type Contest struct {
	Ours   Side
	Floors []Floor
	Checks []Check
}

// Side does one round and returns what it did. What it needs for that is made
// before Go, by Ready, which is not measured.
type Side struct {
	Name  string
	Ready func(ctx context.Context) error
	Go    func(ctx context.Context) (Round, error)
}

// Floor is a side to be compared with.
type Floor struct {
	Side
	Metric Metric // Rate without one
	Goal   Goal
	Also   []Also
}

// Also is a further comparison with the same rounds of a floor.
type Also struct {
	Name   string
	Metric Metric
	Goal   Goal
}

// Check compares two measures of our own side, or one with a number.
type Check struct {
	Name string
	Of   func(r Round) (ours, against float64)
	Unit string
	Goal Goal
}

// Metric is what of a round is compared.
type Metric string

const (
	Rate Metric = "rate" // operations a second
	P50  Metric = "p50"  // of the latencies
	P99  Metric = "p99"

	Memory   Metric = "memory"   // most in the round, beyond what was there before
	Resident Metric = "resident" // of an idle process
	Size     Metric = "size"     // of a file
	First    Metric = "first"    // until the first byte
)

// units are what a metric is counted in.
var units = map[Metric]string{Rate: "/s", P50: "ms p50", P99: "ms p99", Memory: "MiB", Resident: "MiB idle", Size: "MiB", First: "ms"}

// Goal is what a ratio should be: at least, or at most. The zero Goal is none.
type Goal struct {
	Most  bool
	Value float64
}

// AtLeast and AtMost make goals.
func AtLeast(v float64) Goal { return Goal{Value: v} }
func AtMost(v float64) Goal  { return Goal{Most: true, Value: v} }

// met tells whether a ratio reaches the goal.
func (g Goal) met(ratio float64) bool {
	switch {
	case g.Value == 0:
		return true
	case g.Most:
		return ratio <= g.Value
	}
	return ratio >= g.Value
}

// Round is what one side did in one round.
type Round struct {
	Ops       int
	Latencies []time.Duration // of each operation, when they were taken; sorted by measure
	Took      time.Duration   // set by measure unless the side knows better
	CPU       time.Duration   // of this process, user and system
	Idle      int64           // bytes resident before the round
	Peak      int64           // most bytes resident in the round
	First     time.Duration   // until the first byte, of files
	Stall     time.Duration   // longest time without any operation's end
	Resident  int64           // bytes of another process, idle
	Size      int64           // bytes of its program
	Samples   []Sample        // of what takes long
}

func (r Round) rate() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Ops) / r.Took.Seconds()
}

// cpuEach is the CPU an operation took, in microseconds.
func (r Round) cpuEach() float64 { return float64(r.CPU/time.Microsecond) / float64(max(1, r.Ops)) }

// quantile of sorted latencies; zero without any.
func (r Round) quantile(q float64) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[min(len(r.Latencies)-1, int(q*float64(len(r.Latencies))))]
}

func (r Round) metric(m Metric) float64 {
	switch m {
	case P50:
		return millis(r.quantile(0.50))
	case P99:
		return millis(r.quantile(0.99))
	case Memory:
		return mib(r.Peak - r.Idle)
	case Resident:
		return mib(r.Resident)
	case Size:
		return mib(r.Size)
	case First:
		return millis(r.First)
	}
	return r.rate()
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func mib(n int64) float64            { return float64(n) / (1 << 20) }

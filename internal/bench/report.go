package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
)

// steady is how far a floor's rounds may lie apart, as a share of their median.
const steady = 0.25

// Row is one line of the table: our side against one floor.
type Row struct {
	Work    string    `json:"work"`
	Against string    `json:"against"`
	Unit    string    `json:"unit"` // "/s" or "ms", …
	Ours    float64   `json:"ours"` // medians
	Floor   float64   `json:"floor"`
	Ratios  []float64 `json:"ratios"` // one a round
	Ratio   float64   `json:"ratio"`  // their median
	Spread  float64   `json:"floor_spread"`
	Goal    string    `json:"goal,omitempty"`
	Verdict string    `json:"verdict"` // met, missed, floor unsteady, or "" without a goal
	P50     float64   `json:"p50_ms"`
	P99     float64   `json:"p99_ms"`
	CPU     float64   `json:"cpu_us"` // of this process, an operation; not of a database server
	Theirs  float64   `json:"floor_cpu_us"`
	Peak    int64     `json:"peak_bytes"`
}

// Report is what a run found.
type Report struct {
	Engine   string   `json:"engine"`
	Version  string   `json:"engine_version"`
	Settings []string `json:"settings"` // what of the engine loosens or slows it
	Cores    int      `json:"cores"`
	Memory   int64    `json:"memory_bytes"`
	Go       string   `json:"go"`
	Date     string   `json:"date"`
	Codes    int      `json:"codes"`
	Rounds   int      `json:"rounds"`
	Rows     []Row    `json:"rows"`
}

// about fills in what the figures were taken on.
func (rep *Report) about(ctx context.Context, b *Bench) {
	rep.Cores, rep.Go, rep.Memory = runtime.NumCPU(), runtime.Version(), status("/proc/meminfo", "MemTotal:")
	if b.house == nil {
		return
	}
	rep.Version, _ = b.house.floor.Version(ctx)
	found, _ := b.house.DB.Inspect(ctx)
	for _, f := range found {
		if f.Remedy != "" {
			rep.Settings = append(rep.Settings, f.What+" "+f.Says)
		}
	}
}

// judge makes the rows of a work from the rounds of its sides, ours first.
func judge(work string, c Contest, got [][]Round) []Row {
	ours := got[0]
	var rows []Row
	for i, f := range c.Floors {
		for _, a := range append([]Also{{f.Name, cmp.Or(f.Metric, Rate), f.Goal}}, f.Also...) {
			of := func(r Round) float64 { return r.metric(a.Metric) }
			theirs := values(got[i+1], of)
			r := compare(values(ours, of), theirs, a.Goal)
			r.Work, r.Against, r.Unit = work, a.Name, units[a.Metric]
			if r.Spread = spread(theirs); r.Spread > steady {
				r.Verdict, r.Ratio = "floor unsteady", 0
			}
			r.Theirs = median(values(got[i+1], Round.cpuEach))
			rows = append(rows, r.with(ours))
		}
	}
	for _, k := range c.Checks {
		mine, against := make([]float64, len(ours)), make([]float64, len(ours))
		for n := range ours {
			mine[n], against[n] = k.Of(ours[n])
		}
		r := compare(mine, against, k.Goal)
		r.Work, r.Against, r.Unit = work, k.Name, k.Unit
		rows = append(rows, r.with(ours))
	}
	if len(rows) == 0 {
		r := Row{Work: work, Unit: "/s", Ours: median(values(ours, Round.rate))}
		rows = append(rows, r.with(ours))
	}
	return rows
}

// compare divides round by round. A goal is missed only when the median and four
// of five rounds miss it.
func compare(ours, floor []float64, g Goal) Row {
	r := Row{Ours: median(ours), Floor: median(floor)}
	missed := 0
	for i := range ours {
		if floor[i] == 0 {
			return r
		}
		ratio := ours[i] / floor[i]
		r.Ratios = append(r.Ratios, ratio)
		if !g.met(ratio) {
			missed++
		}
	}
	r.Ratio = median(r.Ratios)
	if g.Value == 0 {
		return r
	}
	r.Goal, r.Verdict = fmt.Sprintf("≥ %g", g.Value), "met"
	if g.Most {
		r.Goal = fmt.Sprintf("≤ %g", g.Value)
	}
	if !g.met(r.Ratio) && missed*5 >= len(ours)*4 {
		r.Verdict = "missed"
	}
	return r
}

// with adds what was measured of our side beside the ratio.
func (r Row) with(ours []Round) Row {
	r.P50 = median(values(ours, func(x Round) float64 { return x.metric(P50) }))
	r.P99 = median(values(ours, func(x Round) float64 { return x.metric(P99) }))
	r.CPU = median(values(ours, Round.cpuEach))
	for _, x := range ours {
		r.Peak = max(r.Peak, x.Peak)
	}
	return r
}

func values(rounds []Round, of func(Round) float64) []float64 {
	list := make([]float64, len(rounds))
	for i, r := range rounds {
		list[i] = of(r)
	}
	return list
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	if n := len(s) / 2; len(s)%2 == 1 {
		return s[n]
	} else {
		return (s[n-1] + s[n]) / 2
	}
}

// spread is (most − least) / median.
func spread(list []float64) float64 {
	m := median(list)
	if m == 0 {
		return 0
	}
	return (slices.Max(list) - slices.Min(list)) / m
}

// JSON writes the report for programs.
func (rep *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(rep)
}

// Table writes the report for people.
func (rep *Report) Table(out io.Writer) error {
	fmt.Fprintf(out, "%s %s, %d codes, median of %d rounds; %d cores, %d MiB, %s\n", rep.Engine, rep.Version, rep.Codes, rep.Rounds, rep.Cores, rep.Memory>>20, rep.Go)
	for _, s := range rep.Settings {
		fmt.Fprintf(out, "mind: %s\n", s)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tagainst\tours\tfloor\tratio\tgoal\t\tp50 ms\tp99 ms\tCPU µs\tits floor\tpeak MiB")
	for _, r := range rep.Rows {
		ratio := "-"
		if r.Ratio != 0 {
			ratio = short(r.Ratio)
		}
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", r.Work, r.Against, short(r.Ours), r.Unit, short(r.Floor), ratio, r.Goal, r.Verdict, short(r.P50), short(r.P99), short(r.CPU), short(r.Theirs), r.Peak>>20)
	}
	return w.Flush()
}

// short is a number with three digits that say something.
func short(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

package bench

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// rounds are rounds of so many operations a second.
func rounds(rates ...float64) []Round {
	list := make([]Round, len(rates))
	for i, r := range rates {
		list[i] = Round{Ops: int(r), Took: time.Second}
	}
	return list
}

func contest(g Goal) Contest { return Contest{Floors: []Floor{{Side: Side{Name: "floor"}, Goal: g}}} }

func TestRatios(t *testing.T) {
	for _, c := range []struct {
		name        string
		goal        Goal
		ours, floor []Round
		ratio       float64
		verdict     string
	}{
		{"met", AtLeast(0.8), rounds(900, 900, 900, 900, 900), rounds(1000, 1000, 1000, 1000, 1000), 0.9, "met"},
		{"missed", AtLeast(0.8), rounds(500, 500, 500, 500, 900), rounds(1000, 1000, 1000, 1000, 1000), 0.5, "missed"},
		{"three rounds of five miss", AtLeast(0.8), rounds(700, 700, 700, 900, 900), rounds(1000, 1000, 1000, 1000, 1000), 0.7, "met"},
		{"a ratio is of one round", AtLeast(0.8), rounds(900, 1080, 990), rounds(1000, 1200, 1100), 0.9, "met"},
		{"the floor is unsteady", AtLeast(0.8), rounds(900, 900, 900), rounds(1000, 700, 1000), 0, "floor unsteady"},
		{"no goal", Goal{}, rounds(500), rounds(1000), 0.5, ""},
		{"at most", AtMost(2), rounds(3000), rounds(1000), 3, "missed"},
	} {
		got := judge("work", contest(c.goal), [][]Round{c.ours, c.floor})
		if len(got) != 1 || got[0].Ratio != c.ratio || got[0].Verdict != c.verdict {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var r Round
	for i := range 100 {
		r.Latencies = append(r.Latencies, time.Duration(i+1)*time.Millisecond)
	}
	if r.metric(P50) != 51 || r.metric(P99) != 100 {
		t.Errorf("p50 %g, p99 %g", r.metric(P50), r.metric(P99))
	}
	if (Round{}).metric(P99) != 0 || median([]float64{4, 1, 3, 2}) != 2.5 || spread([]float64{8, 10, 12}) != 0.4 {
		t.Error("few or no values")
	}
}

func TestTheReportIsWritten(t *testing.T) {
	rep := Report{Engine: "sqlite", Rows: judge("work", contest(AtLeast(0.5)), [][]Round{rounds(900), rounds(1000)})}
	var table, program bytes.Buffer
	if rep.Table(&table) != nil || rep.JSON(&program) != nil {
		t.Fatal("not written")
	}
	if !strings.Contains(table.String(), "0.90") || !strings.Contains(table.String(), "≥ 0.5") {
		t.Errorf("%s", &table)
	}
	var back Report
	if err := json.Unmarshal(program.Bytes(), &back); err != nil || back.Rows[0].Ratio != 0.9 {
		t.Errorf("%v: %s", err, &program)
	}
}

func TestEveryPlaceIsVisitedOnce(t *testing.T) {
	for _, n := range []int{1, 2, 3, 50, 1000, 50_000} {
		seen := map[int]bool{}
		for i := range n {
			seen[i*stride(n)%n] = true
		}
		if len(seen) != n {
			t.Errorf("of %d places %d are visited", n, len(seen))
		}
	}
}

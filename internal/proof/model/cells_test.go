package model

import (
	"os"
	"strings"
	"testing"
	"time"
)

// cells are the meetings of a verb with a code in a state, before, at and after
// its order's end, as exam's golden file of all of them lists.
type cells map[string]bool

// hit notes that a verb was aimed at a code. What it met is the stored state.
func (s *seq) hit(verb string, list ...*code) {
	for _, c := range list {
		s.w.cells[section(s.m.now, c.order.ends)+" "+c.state+" "+verb] = true
	}
}

func section(now, ends time.Time) string {
	switch now.Compare(ends) {
	case -1:
		return "before the end"
	case 0:
		return "at the end"
	}
	return "a day later"
}

// matrix reads exam's golden file.
func matrix(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../exam/testdata/states.golden")
	if err != nil {
		t.Fatal(err)
	}
	all, at := map[string]bool{}, ""
	for line := range strings.Lines(string(text)) {
		if head, ok := strings.CutPrefix(line, "# "); ok {
			at = strings.TrimSpace(head)
			continue
		}
		state, rest, _ := strings.Cut(line, "×")
		verb, _, _ := strings.Cut(strings.ReplaceAll(rest, "✗", "→"), "→")
		all[at+" "+strings.TrimSpace(state)+" "+strings.TrimSpace(verb)] = true
	}
	return all
}

// seen counts the states and the cells that were met, and lists what was not.
func (c cells) seen(all map[string]bool) (states, hit int, missed []string) {
	met := map[string]bool{}
	for cell := range all {
		if !c[cell] {
			missed = append(missed, cell)
			continue
		}
		hit++
		for _, at := range []string{"before the end ", "at the end ", "a day later "} {
			if rest, ok := strings.CutPrefix(cell, at); ok {
				state, _, _ := strings.Cut(rest, " ")
				met[state] = true
			}
		}
	}
	return len(met), hit, missed
}

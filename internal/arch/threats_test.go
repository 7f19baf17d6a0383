package arch

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// threats is how many threats are looked at: T1 to T41.
const threats = 41

// threatFaults compares docs/threats.md with the tests there are: # | what could
// happen | what stands against it | shown by | open. Every threat has a row, an
// answer, and a test or an admission.
func threatFaults(text string, tests map[string]bool) (faults []string) {
	rows := map[int][]string{}
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if n, is := strings.CutPrefix(strings.TrimSpace(cells[0]), "T"); is && len(cells) == 5 {
			if i, err := strconv.Atoi(n); err == nil {
				rows[i] = cells
			}
		}
	}
	for n := 1; n <= threats; n++ {
		say := func(what string) { faults = append(faults, "T"+strconv.Itoa(n)+": "+what) }
		row, is := rows[n]
		if !is {
			say("has no row")
			continue
		}
		shown, open := words(row[3]), strings.TrimSpace(row[4])
		if strings.TrimSpace(row[1]) == "" || strings.TrimSpace(row[2]) == "" {
			say("needs what could happen and what stands against it")
		}
		if len(shown) == 0 && open == "" {
			say("is neither shown nor admitted")
		}
		for _, name := range shown {
			if _, is := tests[name]; !is {
				say("there is no test " + name)
			}
		}
	}
	return faults
}

// The table of threats is true.
func TestTheThreatsAreTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/threats.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range threatFaults(string(text), testsByName(t)) {
		t.Error(f)
	}
}

// The check sees a missing row, a test that is not there and one that is neither
// shown nor admitted.
func TestAFalseThreatIsSeen(t *testing.T) {
	row := "| T1 | guessed | random | `TestA` | |"
	tests := map[string]bool{"TestA": true}
	for _, c := range []struct {
		text string
		want int // faults of T1 itself
	}{
		{row, 0},
		{"", 1},
		{strings.Replace(row, "TestA", "TestB", 1), 1},
		{strings.Replace(row, "`TestA`", "", 1), 1},
		{strings.Replace(row, "`TestA` | ", "| not built ", 1), 0},
		{strings.Replace(row, "random", "", 1), 1},
	} {
		n := 0
		for _, f := range threatFaults(c.text, tests) {
			if regexp.MustCompile(`^T1:`).MatchString(f) {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%q: %d faults are seen, want %d", c.text, n, c.want)
		}
	}
}

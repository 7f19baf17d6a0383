package mutant

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// killer is the test that misses a guard. Of some guards nothing can be seen, for
// a reason; of others no test is known yet: they are open, and admitted.
type killer struct {
	Pkg, Test string
	Why       string // nothing can be seen, because
	Open      bool
}

const list = "testdata/killers.txt"

// killers reads the list: "ID => package test", "ID => - why nothing can be seen",
// or "ID => ? open".
func killers(path string) (map[string]killer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]killer{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		id, by, ok := strings.Cut(s.Text(), " => ")
		pkg, test, both := strings.Cut(by, " ")
		if !ok || !both {
			return nil, fmt.Errorf("mutant: not a line of killers: %q", s.Text())
		}
		switch pkg {
		case "-":
			all[id] = killer{Why: test}
		case "?":
			all[id] = killer{Open: true}
		default:
			all[id] = killer{Pkg: pkg, Test: test}
		}
	}
	return all, s.Err()
}

// keep writes the list, sorted.
func keep(path string, all map[string]killer) error {
	var lines []string
	for id, k := range all {
		if k.Why != "" {
			k.Pkg, k.Test = "-", k.Why
		} else if k.Open {
			k.Pkg, k.Test = "?", "open"
		}
		lines = append(lines, id+" => "+k.Pkg+" "+k.Test+"\n")
	}
	slices.Sort(lines)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644)
}

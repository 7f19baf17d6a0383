package mutant

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// killer is the test that misses a guard, or the reason why none can.
type killer struct {
	Pkg, Test string
	Why       string // changes nothing that can be seen, because
}

const list = "testdata/killers.txt"

// killers reads the list: ID => package test, or ID => - why none can.
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
		if all[id] = (killer{Pkg: pkg, Test: test}); pkg == "-" {
			all[id] = killer{Why: test}
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
		}
		lines = append(lines, id+" => "+k.Pkg+" "+k.Test+"\n")
	}
	slices.Sort(lines)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644)
}

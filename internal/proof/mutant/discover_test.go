package mutant

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestDiscover finds a killer for each mutant that has none; make mutants runs it.
func TestDiscover(t *testing.T) {
	which := os.Getenv("MUTANTS")
	if which == "" {
		t.Skip("make mutants runs it")
	}
	pick := regexp.MustCompile(which)
	p, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	path := os.Getenv("MUTANTS_OUT")
	if f, err := os.Open(path); err == nil {
		for s := bufio.NewScanner(f); s.Scan(); {
			id, _, _ := strings.Cut(s.Text(), " => ")
			known[id] = true
		}
		f.Close()
	}
	out, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	dir := t.TempDir()
	overlay, err := p.Overlay(dir)
	if err != nil {
		t.Fatal(err)
	}
	type in struct{ pkg, tests, binary string }
	var tries []in
	for i, s := range strings.Fields(os.Getenv("MUTANTS_IN")) {
		pkg, tests, _ := strings.Cut(s, ":")
		if tests == "" {
			tests = "."
		}
		b := filepath.Join(dir, fmt.Sprintf("tests%d", i))
		if err := Build(root, overlay, pkg, b); err != nil {
			t.Fatal(err)
		}
		if by, err := p.Kill(context.Background(), len(p.Mutants)-1, b, pkg, "^TestNone$"); err != nil || by != "" {
			t.Fatal(by, err)
		}
		tries = append(tries, in{pkg, tests, b})
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	turns := make(chan bool, 2)
	for i, m := range p.Mutants {
		if known[m.ID] || !pick.MatchString(m.ID) {
			continue
		}
		wg.Add(1)
		turns <- true
		go func() {
			defer func() { <-turns; wg.Done() }()
			line := "SURVIVED"
			for _, in := range tries {
				by, err := p.Kill(context.Background(), i, in.binary, in.pkg, in.tests)
				if err != nil {
					line = "ERROR " + strings.ReplaceAll(err.Error(), "\n", "|")
				} else if by != "" {
					line = in.pkg + " " + by
				} else {
					continue
				}
				break
			}
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(out, "%s => %s\n", m.ID, line)
		}()
	}
	wg.Wait()
}

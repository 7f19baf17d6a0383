//go:build mutants

package mutant

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// surely is Kill by a test that fails with the mutant once more, and not without.
func (p *Program) surely(i int, binary, pkg, names string) (string, error) {
	by, err := p.Kill(context.Background(), i, binary, pkg, names)
	if by == "" || err != nil {
		return by, err
	}
	if again, err := p.Kill(context.Background(), i, binary, pkg, "^"+by+"$"); again == "" || err != nil {
		return "", err
	}
	if without, err := p.Kill(context.Background(), none, binary, pkg, "^"+by+"$"); without != "" || err != nil {
		return "", err
	}
	return by, nil
}

// TestDiscover looks for a test for every guard that has none yet, notes the others
// as open, and takes off the list what is gone: make mutants. MUTANTS is a regular expression of ids, and
// MUTANTS_IN the packages to try, each perhaps with :tests.
func TestDiscover(t *testing.T) {
	p, pick := read(t), regexp.MustCompile(os.Getenv("MUTANTS"))
	known, err := killers(list)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	left, now := prepare(t, p), map[string]killer{}
	for _, m := range p.Mutants {
		if k, is := known[m.ID]; is && !(k.Open && pick.MatchString(m.ID)) {
			now[m.ID] = k
		}
	}
	var mu sync.Mutex
	save := func() {
		if err := keep(list, now); err != nil {
			t.Error(err)
		}
	}
	defer save()
	for _, in := range strings.Fields(os.Getenv("MUTANTS_IN")) {
		pkg, names, _ := strings.Cut(in, ":")
		if names == "" {
			names = "."
		}
		binary := left.of(pkg)
		var wg sync.WaitGroup
		turns := make(chan bool, 2)
		for i, m := range p.Mutants {
			mu.Lock()
			_, has := now[m.ID]
			mu.Unlock()
			if has || !pick.MatchString(m.ID) {
				continue
			}
			turns <- true
			wg.Go(func() {
				defer func() { <-turns }()
				by, err := p.surely(i, binary, pkg, names)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				} else if by != "" {
					now[m.ID] = killer{Pkg: pkg, Test: by}
					save()
				}
			})
		}
		wg.Wait()
	}
	for _, m := range p.Mutants {
		if _, has := now[m.ID]; !has && pick.MatchString(m.ID) {
			now[m.ID] = killer{Open: true}
			t.Logf("survived: %s", m.ID)
		}
	}
}

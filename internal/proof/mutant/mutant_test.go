package mutant

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"examcode/internal/proof"
)

const root = "../../.."

func read(t *testing.T) *Program {
	t.Helper()
	p, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every guard of the program is known with the test that misses it.
func TestEveryGuardHasItsKiller(t *testing.T) {
	known, err := killers(list)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range read(t).Mutants {
		if there[m.ID] {
			t.Errorf("twice: %s", m.ID)
		}
		there[m.ID] = true
		if _, is := known[m.ID]; !is {
			t.Errorf("no test is known to miss it; make mutants looks for one: %s", m.ID)
		}
	}
	for id := range known {
		if !there[id] {
			t.Errorf("gone from the program; make mutants takes it off the list: %s", id)
		}
	}
}

// tests are the built tests of packages, with every mutant in them.
type tests struct {
	t       *testing.T
	dir     string
	overlay string
	built   map[string]string
}

func prepare(t *testing.T, p *Program) *tests {
	t.Helper()
	dir := t.TempDir()
	overlay, err := p.Overlay(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &tests{t, dir, overlay, map[string]string{}}
}

func (b *tests) of(pkg string) string {
	b.t.Helper()
	if b.built[pkg] == "" {
		out := filepath.Join(b.dir, strings.ReplaceAll(pkg, "/", "_"))
		if err := Build(root, b.overlay, pkg, out); err != nil {
			b.t.Fatal(err)
		}
		b.built[pkg] = out
	}
	return b.built[pkg]
}

// TestMutants takes guards away and expects the tests that are known to miss them
// to fail: some of the rules' in a quick run, in a long one all that time allows.
func TestMutants(t *testing.T) {
	p := read(t)
	known, err := killers(list)
	if err != nil {
		t.Fatal(err)
	}
	r := proof.Begin(t, "mutants", "", 20)
	r.Set("guards", len(p.Mutants))
	unseen, open := 0, 0
	for _, k := range known {
		if k.Open {
			open++
		} else if k.Why != "" {
			unseen++
		}
	}
	r.Set("unseen", unseen)
	r.Set("open", open)
	r.Count("survived", 0)
	b := prepare(t, p)
	order := r.Rand(0).Perm(len(p.Mutants))
	for _, i := range order {
		k := known[p.Mutants[i].ID]
		if k.Test == "" || !r.Long() && k.Pkg != "internal/exam" {
			continue
		}
		if !r.Next() {
			break
		}
		by, err := p.Kill(context.Background(), i, b.of(k.Pkg), k.Pkg, "^"+k.Test+"$")
		if err != nil {
			t.Fatal(err)
		}
		r.Count("tried", 1)
		if by == "" {
			r.Count("survived", 1)
			t.Errorf("%s does not miss it: %s", k.Test, p.Mutants[i].ID)
			continue
		}
		r.Count("killed", 1)
	}
}

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
	which := os.Getenv("MUTANTS")
	if which == "" {
		t.Skip("make mutants runs it")
	}
	p, pick := read(t), regexp.MustCompile(which)
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

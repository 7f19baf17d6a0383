package mutant

import (
	"context"
	"path/filepath"
	"strings"
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

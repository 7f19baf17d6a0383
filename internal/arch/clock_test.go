package arch

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// glances lists where a file looks at the wall clock itself. Only the command
// line may: everything else is told the time, so that tests can tell it too.
func glances(f file) []string {
	p := packageOf(f.path)
	if p == "cli" || strings.HasPrefix(p, "cmd/") || support(p) {
		return nil
	}
	name := localName(f.syntax, "time")
	if name == "." {
		return []string{f.path + ": imports time without its name"}
	}
	var at []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok && name != "" && x.Name == name && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
			at = append(at, f.at(s)+": time."+s.Sel.Name)
		}
		return true
	})
	return at
}

func TestOnlyTheCommandLineLooksAtTheClock(t *testing.T) {
	for _, f := range program(t) {
		for _, g := range glances(f) {
			t.Errorf("%s: take a clock, func() time.Time, or a now instead", g)
		}
	}
}

func TestAGlanceAtTheClockIsSeen(t *testing.T) {
	for source, want := range map[string]int{
		"import \"time\"\nvar t = time.Now()":                                   1,
		"import \"time\"\nvar clock = time.Now":                                 1,
		"import \"time\"\nfunc f(s time.Time) { time.Since(s); time.Until(s) }": 2,
		"import clock \"time\"\nvar t = clock.Now()":                            1,
		"import . \"time\"\nvar t = Now()":                                      1,
		"import \"time\"\nvar d = time.Second":                                  0,
		"type c struct{ Now int }\nvar time c\nvar n = time.Now":                0,
	} {
		if got := glances(snippet(t, "action", source)); len(got) != want {
			t.Errorf("%q: %q", source, got)
		}
	}
	if got := glances(snippet(t, "cli", "import \"time\"\nvar t = time.Now()")); len(got) != 0 {
		t.Errorf("cli may look: %q", got)
	}
}

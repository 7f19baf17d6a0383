package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"examcode/internal/api"
	"examcode/internal/httpd"
	"examcode/internal/vault"
	"examcode/internal/web"
	"examcode/internal/web/account"
	"examcode/internal/web/page"
)

// rules is how many rules the guide has: S1 to S26.
const rules = 26

// guideRow is one rule of docs/guide.md.
type guideRow struct {
	rule                int
	pages, calls, tests []string
}

var quoted = regexp.MustCompile("`([^`]+)`")

func words(cell string) (found []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		found = append(found, m[1])
	}
	return found
}

// readGuide reads the table: rule | what it says | page | API call | tests.
func readGuide(text string) (rows []guideRow) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			continue
		}
		rule, is := strings.CutPrefix(strings.TrimSpace(cells[0]), "S")
		n, err := strconv.Atoi(rule)
		if !is || err != nil {
			continue
		}
		rows = append(rows, guideRow{n, words(cells[2]), words(cells[3]), words(cells[4])})
	}
	return rows
}

// guideFaults compares the table with what is there: routes and tests. A test
// maps to whether it runs on both engines.
func guideFaults(rows []guideRow, routes []string, tests map[string]bool) (faults []string) {
	say := func(rule int, what string) { faults = append(faults, "S"+strconv.Itoa(rule)+": "+what) }
	for n := 1; n <= rules; n++ {
		i := slices.IndexFunc(rows, func(r guideRow) bool { return r.rule == n })
		if i < 0 {
			say(n, "has no row")
			continue
		}
		row, engines := rows[i], false
		if len(row.pages) == 0 || len(row.calls) == 0 {
			say(n, "needs a page and an API call")
		}
		for _, route := range slices.Concat(row.pages, row.calls) {
			if !slices.Contains(routes, route) {
				say(n, "there is no route "+route)
			}
		}
		for _, name := range row.tests {
			both, is := tests[name]
			if !is {
				say(n, "there is no test "+name)
			}
			if !regexp.MustCompile(`^Test(S\d+_)*S` + strconv.Itoa(n) + `_`).MatchString(name) {
				say(n, name+" does not carry its number")
			}
			engines = engines || both
		}
		if !engines {
			say(n, "no test of it runs on both engines")
		}
	}
	return faults
}

// testsByName finds every test and fuzz target of the program, and whether it runs on each engine.
func testsByName(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, is := decl.(*ast.FuncDecl); is && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz")) {
				found[fn.Name.Name] = found[fn.Name.Name] || onEach(fn)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// onEach tells whether a test calls one of the functions that run it on both
// engines: storetest.Each and those made of it, each…
func onEach(fn *ast.FuncDecl) (both bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		both = both || strings.HasPrefix(strings.ToLower(name), "each")
		return !both
	})
	return both
}

// everyRoute lists what the program answers, as "METHOD path".
func everyRoute() (routes []string) {
	g := httpd.NewRegistry(httpd.Config{Log: slog.New(slog.DiscardHandler)})
	web.Mount(&page.Kit{Registry: g}, account.Options{})
	var keys *vault.Vault // only named: nothing is served here
	api.Mount(g, api.Deps{Cursor: keys.Sign, Seal: keys.Seal, Open: keys.Open})
	for _, r := range g.Routes() {
		routes = append(routes, r.Method+" "+strings.TrimSuffix(r.Pattern, "{$}"))
	}
	return routes
}

// The guide's table is true: every rule has a row, every row's pages and calls are
// answered, and its tests exist, one of them at least on both engines.
func TestTheGuideIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range guideFaults(readGuide(string(text)), everyRoute(), testsByName(t)) {
		t.Error(f)
	}
}

// The check sees a missing row, route and test, a wrong number and a single engine.
func TestAFalseGuideIsSeen(t *testing.T) {
	row := "| S1 | buy | `GET /a` | `POST /b` | `TestS1_A` |"
	routes, tests := []string{"GET /a", "POST /b"}, map[string]bool{"TestS1_A": true, "TestS1_B": false, "TestS2_A": true}
	for _, c := range []struct {
		text string
		want int // faults of S1 itself
	}{
		{row, 0},
		{"", 1},
		{strings.Replace(row, "/a", "/c", 1), 1},
		{strings.Replace(row, "`POST /b`", "", 1), 1},
		{strings.Replace(row, "S1_A", "S1_C", 1), 2},
		{strings.Replace(row, "S1_A", "S1_B", 1), 1},
		{strings.Replace(row, "S1_A", "S2_A", 1), 1},
	} {
		n := 0
		for _, f := range guideFaults(readGuide(c.text), routes, tests) {
			if strings.HasPrefix(f, "S1:") {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%q: %d faults are seen, want %d", c.text, n, c.want)
		}
	}
}

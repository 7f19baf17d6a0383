package arch

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "examcode/internal/action"
	_ "examcode/internal/auth"
	_ "examcode/internal/codetext"
	_ "examcode/internal/db"
	"examcode/internal/fault"
	_ "examcode/internal/httpd"
	"examcode/internal/lang"
	_ "examcode/internal/pay"
)

// source parses every Go file of the program that is not a test.
func source(t *testing.T) map[string]*ast.File {
	t.Helper()
	parsed, set := map[string]*ast.File{}, token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		parsed[path] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// literal is the text of a string literal, "" for every other expression.
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		s, _ := strconv.Unquote(l.Value)
		return s
	}
	return ""
}

// newReason is the reason of a call of fault.New (New, within fault), else "".
func newReason(e ast.Expr, file string) string {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 3 {
		return ""
	}
	switch fn := call.Fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := fn.X.(*ast.Ident); ok && x.Name == "fault" && fn.Sel.Name == "New" {
			return literal(call.Args[1])
		}
	case *ast.Ident:
		if fn.Name == "New" && filepath.Base(filepath.Dir(file)) == "fault" {
			return literal(call.Args[1])
		}
	}
	return ""
}

// declaredIn finds every reason in the source: reason → names of its variables.
// Two packages may call their variables alike, so a name has several reasons.
func declaredIn(files map[string]*ast.File) (reasons map[string]string, variables map[string][]string) {
	reasons, variables = map[string]string{}, map[string][]string{}
	for path, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, v := range spec.Values {
				if r := newReason(v, path); r != "" {
					reasons[r] = path
					variables[spec.Names[i].Name] = append(variables[spec.Names[i].Name], r)
				}
			}
			return true
		})
	}
	return reasons, variables
}

// Every refusal has its sentence in every language, also those of packages that
// this test does not import.
func TestEveryReasonHasItsSentence(t *testing.T) {
	reasons, _ := declaredIn(source(t))
	for _, e := range fault.Declared() {
		if reasons[e.Reason] == "" {
			t.Errorf("%s is declared where this test does not look: only package variables declare reasons", e.Reason)
		}
	}
	if len(reasons) < len(fault.Declared()) || len(fault.Declared()) < 100 {
		t.Fatalf("%d reasons in the source, %d declared", len(reasons), len(fault.Declared()))
	}
	for _, l := range lang.All {
		for r, path := range reasons {
			if !(lang.Locale{Lang: l}).Has("fault." + r) {
				t.Errorf("%s: fault.%s of %s has no text", l, r, path)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// placeholders reads what the sentences ask for: reason → names.
func placeholders(t *testing.T) map[string][]string {
	t.Helper()
	names, err := filepath.Glob("../lang/catalogue/*.en.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no catalogue: %v", err)
	}
	asked := map[string][]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, text := range texts {
			reason, ok := strings.CutPrefix(key, "fault.")
			sentence, plain := text.(string)
			if !ok || !plain {
				continue
			}
			for _, p := range placeholder.FindAllStringSubmatch(sentence, -1) {
				asked[reason] = append(asked[reason], p[1])
			}
		}
	}
	return asked
}

// A refusal whose sentence has placeholders is returned with them, everywhere:
// its variable is followed by With and their names, or only compared.
func TestReasonsBringTheirPlaceholders(t *testing.T) {
	files := source(t)
	_, variables := declaredIn(files)
	asked := placeholders(t)
	checked := 0
	for path, f := range files {
		var above []ast.Node
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				above = above[:len(above)-1]
				return true
			}
			above = append(above, n)
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			for _, reason := range variables[id.Name] {
				if len(asked[reason]) == 0 {
					continue
				}
				given, used := use(above)
				if !used {
					continue
				}
				checked++
				for _, name := range asked[reason] {
					if !slices.Contains(given, name) {
						t.Errorf("%s: %s is returned without %q, which the sentence of %s needs", path, id.Name, name, reason)
					}
				}
			}
			return true
		})
	}
	if checked < 10 {
		t.Fatalf("only %d uses were found", checked)
	}
}

// use looks at what surrounds a variable, innermost last: the names With gives
// it, and whether it is used as a refusal at all.
func use(above []ast.Node) (given []string, used bool) {
	i := len(above) - 2
	if sel, ok := above[i].(*ast.SelectorExpr); ok && sel.Sel == above[i+1] { // exam.ErrX
		i--
	}
	switch n := above[i].(type) {
	case *ast.ValueSpec:
		return nil, false // its declaration
	case *ast.CallExpr:
		fn, ok := n.Fun.(*ast.SelectorExpr)
		return nil, !ok || fn.Sel.Name != "Is"
	case *ast.SelectorExpr:
		call, ok := above[i-1].(*ast.CallExpr)
		if n.Sel.Name != "With" || !ok {
			return nil, n.Sel.Name != "Reason" && n.Sel.Name != "Kind"
		}
		for j := 0; j < len(call.Args); j += 2 {
			given = append(given, literal(call.Args[j]))
		}
	}
	return given, true
}

package mutant

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mutant is one guard taken away.
type Mutant struct {
	ID  string // file, function, rule, how many of its words before it, and its words
	SQL *words // of statements and of the schema: what is said otherwise while running
}

// words are replaced wherever a statement or a file of the schema has them.
type words struct {
	File string // of the schema; empty for statements
	From int    // where in the file
	Old  string
	New  string
}

// rule finds what it changes in the syntax.
type rule struct {
	name string
	in   []string // folders from the root
	find func(f *file, n ast.Node) []change
}

// change is one guard in the source. Those of the language become an expression
// that asks at run time whether its mutant is on; inner gives the text of what is
// within, with the changes there.
type change struct {
	at   ast.Node
	make func(on string, inner func(ast.Node) string) string
	sql  *words
	was  string
}

// file is a source with the mutants found in it.
type file struct {
	name   string // from the root
	source []byte
	set    *token.FileSet
	syntax *ast.File
	found  []located
}

type located struct {
	change
	number int // of the mutant
}

func (f *file) at(p token.Pos) int { return f.set.Position(p).Offset }

func (f *file) text(n ast.Node) string { return string(f.source[f.at(n.Pos()):f.at(n.End())]) }

var rules = []rule{
	{"refusal", []string{"internal/exam", "internal/action", "internal/auth", "internal/vault", "internal/codetext", "internal/money", "internal/pay"}, refusals},
	{"boundary", []string{"internal/exam"}, boundaries},
	{"lock", []string{"internal/action"}, locks},
	{"where", []string{"internal/store"}, conditions},
}

// Program is the source with all its mutants.
type Program struct {
	Mutants []Mutant
	root    string
	files   []*file
}

// Read finds every mutant of the program below a root, in a stable order.
func Read(root string) (*Program, error) {
	p := &Program{root: root}
	files := map[string]*file{}
	for _, r := range rules {
		for _, dir := range r.in {
			paths, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
			if err != nil {
				return nil, err
			}
			for _, path := range paths {
				if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "guard_off") {
					continue
				}
				if files[path] == nil {
					if files[path], err = parse(root, path); err != nil {
						return nil, err
					}
					p.files = append(p.files, files[path])
				}
				p.look(files[path], r)
			}
		}
	}
	schema, err := constraints(root)
	p.Mutants = append(p.Mutants, schema...)
	return p, err
}

func parse(root, path string) (*file, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, source: source, set: token.NewFileSet()}
	f.syntax, err = parser.ParseFile(f.set, path, source, parser.SkipObjectResolution|parser.ParseComments)
	return f, err
}

// look adds what a rule finds in a file.
func (p *Program) look(f *file, r rule) {
	seen := map[string]int{}
	for _, d := range f.syntax.Decls {
		of := "-"
		if fn, ok := d.(*ast.FuncDecl); ok {
			of = fn.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if n == nil {
				return false
			}
			for _, c := range r.find(f, n) {
				was := c.was
				if was == "" {
					was = f.text(c.at)
				}
				was = short(was)
				seen[of+" "+was]++
				id := fmt.Sprintf("%s %s %s %d: %s", f.name, of, r.name, seen[of+" "+was], was)
				f.found = append(f.found, located{c, len(p.Mutants)})
				p.Mutants = append(p.Mutants, Mutant{id, c.sql})
			}
			return true
		})
	}
}

var blank = regexp.MustCompile(`\s+`)

func short(s string) string {
	s = blank.ReplaceAllString(s, " ")
	if len(s) > 120 {
		s = s[:120]
	}
	return strings.TrimSpace(s)
}

var reason = regexp.MustCompile(`^Err[A-Z]`)

// refuses tells whether a branch names a refusal of the vocabulary.
func refuses(body []ast.Stmt) bool {
	found := false
	for _, s := range body {
		ast.Inspect(s, func(n ast.Node) bool {
			if i, ok := n.(*ast.Ident); ok && (reason.MatchString(i.Name) || i.Name == "errEmail") {
				found = true
			}
			return !found
		})
	}
	return found
}

// handled are conditions that pass an error on, which are no guards.
var handled = regexp.MustCompile(`^(err|[a-z]+) [!=]= nil$|^errors\.(Is|As)\(`)

// refusals makes a refusing branch unreachable.
func refusals(f *file, n ast.Node) []change {
	never := func(e ast.Expr) []change {
		if handled.MatchString(f.text(e)) {
			return nil
		}
		return []change{{at: e, make: func(on string, inner func(ast.Node) string) string {
			return "(!" + on + " && (" + inner(e) + "))"
		}}}
	}
	switch n := n.(type) {
	case *ast.IfStmt:
		if refuses(n.Body.List) {
			return never(n.Cond)
		}
	case *ast.SwitchStmt:
		if n.Tag != nil {
			return nil
		}
		var all []change
		for _, s := range n.Body.List {
			if c := s.(*ast.CaseClause); len(c.List) == 1 && refuses(c.Body) {
				all = append(all, never(c.List[0])...)
			}
		}
		return all
	}
	return nil
}

// boundaries moves the limit of a comparison by one.
func boundaries(f *file, n ast.Node) []change {
	either := func(n ast.Node, other func(inner func(ast.Node) string) string) []change {
		return []change{{at: n, make: func(on string, inner func(ast.Node) string) string {
			return "(" + on + " && " + other(inner) + " || !" + on + " && " + inner(n) + ")"
		}}}
	}
	switch n := n.(type) {
	case *ast.BinaryExpr:
		other := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[n.Op]
		if other == "" || strings.Contains(f.text(n), "len(") {
			return nil
		}
		return either(n, func(inner func(ast.Node) string) string { return inner(n.X) + " " + other + " " + inner(n.Y) })
	case *ast.CallExpr:
		s, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) != 1 {
			return nil
		}
		other := map[string]string{"Before": "After", "After": "Before"}[s.Sel.Name]
		if other == "" {
			return nil
		}
		return either(n, func(inner func(ast.Node) string) string {
			return "!" + inner(s.X) + "." + other + "(" + inner(n.Args[0]) + ")"
		})
	}
	return nil
}

// locks leaves a lock out.
func locks(f *file, n ast.Node) []change {
	c, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(s.Sel.Name, "Lock") || s.Sel.Name == "LockBulk" || f.text(s.X) != "tx" {
		return nil
	}
	return []change{{at: c, make: func(on string, inner func(ast.Node) string) string {
		return "func() error { if " + on + " { return nil }; return " + inner(c) + " }()"
	}}}
}

// guards are conditions in statements that keep others' rows, other versions and
// other states out. The parameter stays in use, so that only the guard is gone.
var guards = regexp.MustCompile(`(?:[a-z_]+\.)?(account_id|person_id|version|state|created_at|taken|seats|holder_id|revoked_at|suspended_at|tat|expires_at|cancelled_at)( \+ 1)? (=|<>|<|<=|>|>=) (\$[0-9]+|'[a-z]+'|[a-z]+\.version - 1|(?:[a-z_]+\.)?seats)`)

// conditions makes a condition of a statement true.
func conditions(f *file, n ast.Node) []change {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return nil
	}
	text, err := strconv.Unquote(l.Value)
	if err != nil {
		return nil
	}
	where := strings.Index(text, "WHERE ")
	if where < 0 {
		return nil
	}
	var all []change
	for _, m := range guards.FindAllStringIndex(text, -1) {
		if m[0] < where {
			continue
		}
		was := text[m[0]:m[1]]
		all = append(all, change{at: n, was: was, sql: &words{Old: text, New: text[:m[0]] + "(" + was + " OR 1 = 1)" + text[m[1]:]}})
	}
	return all
}

var (
	check  = regexp.MustCompile(`CHECK \(`)
	unique = regexp.MustCompile(`CREATE UNIQUE INDEX|UNIQUE \([a-z_, ]+\)|(?: NOT NULL)? UNIQUE(?:,|\n)`)
)

// constraints takes a constraint of the schema away, on one engine.
func constraints(root string) ([]Mutant, error) {
	var all []Mutant
	for _, engine := range []string{"sqlite", "postgres"} {
		paths, err := filepath.Glob(filepath.Join(root, "internal/store/migrations", engine, "*.sql"))
		if err != nil {
			return nil, err
		}
		slices.Sort(paths)
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return nil, err
			}
			all = append(all, constraintsIn(name, string(source))...)
		}
	}
	return all, nil
}

var table = regexp.MustCompile(`(?:CREATE TABLE|ALTER TABLE) ([a-z_]+)`)

func constraintsIn(name, source string) []Mutant {
	if i := strings.Index(source, "-- +goose Down"); i >= 0 {
		source = source[:i]
	}
	var all []Mutant
	seen := map[string]int{}
	add := func(from, to int, new string) {
		line := source[strings.LastIndex(source[:from], "\n")+1:]
		line, _, _ = strings.Cut(line, "\n")
		of := "-"
		if m := table.FindAllStringSubmatch(source[:from], -1); m != nil {
			of = m[len(m)-1][1]
		}
		seen[of+line]++
		all = append(all, Mutant{fmt.Sprintf("%s %s constraint %d: %s", name, of, seen[of+line], short(line)), &words{filepath.Base(filepath.Dir(name)) + "/" + filepath.Base(name), from, source[from:to], new}})
	}
	for _, m := range check.FindAllStringIndex(source, -1) {
		add(m[0], m[1], "CHECK (1 = 1 OR ")
	}
	for _, m := range unique.FindAllStringIndex(source, -1) {
		switch text := source[m[0]:m[1]]; {
		case text == "CREATE UNIQUE INDEX":
			add(m[0], m[1], "CREATE INDEX")
		case strings.HasPrefix(text, "UNIQUE ("):
			add(m[0], m[1], "CHECK (1 = 1)")
		default:
			add(m[0], m[1], strings.Replace(text, " UNIQUE", "", 1))
		}
	}
	return all
}

package mutant

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Overlay writes the program with all its mutants into a folder, none of them on,
// and returns the file that tells go's overlay of it. One build serves them all:
// the environment says which is on.
func (p *Program) Overlay(dir string) (string, error) {
	replace, n := map[string]string{}, 0
	put := func(name, text string) error {
		path, err := filepath.Abs(filepath.Join(p.root, name))
		if err != nil {
			return err
		}
		n++
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", n))
		return os.WriteFile(replace[path], []byte(text), 0o600)
	}
	packages := map[string]string{}
	for _, f := range p.files {
		if !slices.ContainsFunc(f.found, func(l located) bool { return l.make != nil }) {
			continue
		}
		packages[filepath.Dir(f.name)] = f.syntax.Name.Name
		if err := put(f.name, f.mutated(0, len(f.source), nil)); err != nil {
			return "", err
		}
	}
	for folder, name := range packages {
		if err := put(filepath.Join(folder, "mutant.go"), fmt.Sprintf(asking, name)); err != nil {
			return "", err
		}
	}
	source, err := os.ReadFile(filepath.Join(p.root, "internal/db/query.go"))
	if err != nil {
		return "", err
	}
	text := querier.ReplaceAllString(string(source), "$0\n\ttext = mutant(text)")
	if strings.Count(text, "mutant(text)") != 6 {
		return "", fmt.Errorf("mutant: db's queriers have changed: their statements cannot be said otherwise")
	}
	if err := put("internal/db/query.go", text); err != nil {
		return "", err
	}
	if err := put("internal/db/mutant.go", saying); err != nil {
		return "", err
	}
	if err := put("internal/store/migrations/migrations.go", schema); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// mutated is the text between two offsets with the outermost changes in it made,
// but for those that ask for their own inside.
func (f *file) mutated(from, to int, but []int) string {
	var out strings.Builder
	at := from
	for _, l := range f.outermost(from, to, but) {
		a, b := f.at(l.at.Pos()), f.at(l.at.End())
		out.Write(f.source[at:a])
		out.WriteString(l.make(fmt.Sprintf("mutant(%d)", l.number), func(n ast.Node) string {
			return f.mutated(f.at(n.Pos()), f.at(n.End()), append(slices.Clone(but), l.number))
		}))
		at = b
	}
	out.Write(f.source[at:to])
	return out.String()
}

// outermost are the changes between two offsets that lie in no other, in order;
// of two at the same place the first.
func (f *file) outermost(from, to int, but []int) []located {
	var in []located
	for _, l := range f.found {
		if a, b := f.at(l.at.Pos()), f.at(l.at.End()); l.make != nil && !slices.Contains(but, l.number) && a >= from && b <= to {
			in = append(in, l)
		}
	}
	slices.SortStableFunc(in, func(x, y located) int {
		if d := f.at(x.at.Pos()) - f.at(y.at.Pos()); d != 0 {
			return d
		}
		return f.at(y.at.End()) - f.at(x.at.End())
	})
	var out []located
	end := from
	for _, l := range in {
		if f.at(l.at.Pos()) >= end {
			out, end = append(out, l), f.at(l.at.End())
		}
	}
	return out
}

// Build compiles a package's tests with every mutant in it.
func Build(root, overlay, pkg, out string) error {
	c := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", out, "./"+pkg)
	c.Dir = root
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("mutant: %s does not build with its mutants: %w\n%s", pkg, err, text)
	}
	return nil
}

var querier = regexp.MustCompile(`(?m)^func \(q (sql|pgx)Querier\) (Exec|Query|QueryRow)\(.*\{$`)

// asking tells a package which mutant is on.
const asking = `package %s

import (
	"os"
	"strconv"
)

var theMutant = func() int {
	if n, err := strconv.Atoi(os.Getenv("MUTANT")); err == nil {
		return n
	}
	return -1
}()

func mutant(n int) bool { return n == theMutant }
`

// saying changes the words of statements.
const saying = `package db

import (
	"os"
	"strings"
)

var mutantOld, mutantNew = os.Getenv("MUTANT_OLD"), os.Getenv("MUTANT_NEW")

func mutant(text string) string {
	if mutantOld == "" || os.Getenv("MUTANT_FILE") != "" {
		return text
	}
	return strings.ReplaceAll(text, mutantOld, mutantNew)
}
`

// schema changes the words of a migration.
const schema = `package migrations

import (
	"embed"
	"io/fs"
	"os"
	"strconv"
	"testing/fstest"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

var FS = func() fs.FS {
	said := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if from, _ := strconv.Atoi(os.Getenv("MUTANT_FROM")); path == os.Getenv("MUTANT_FILE") {
			text = []byte(string(text[:from]) + os.Getenv("MUTANT_NEW") + string(text[from+len(os.Getenv("MUTANT_OLD")):]))
		}
		said[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		panic(err)
	}
	return said
}()
`

package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file is one parsed Go file of the program.
type file struct {
	path   string // relative to this folder
	syntax *ast.File
	set    *token.FileSet
}

// at is where a node stands, as path:line.
func (f file) at(n ast.Node) string { return f.set.Position(n.Pos()).String() }

// program parses every Go file of the program that is not a test, whatever its
// build tags say.
func program(t *testing.T) []file {
	t.Helper()
	var files []file
	set := token.NewFileSet()
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			files = append(files, file{filepath.ToSlash(path), f, set})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

// snippet parses Go source as a file of a package of the program.
func snippet(t *testing.T, pkg, source string) file {
	t.Helper()
	set := token.NewFileSet()
	path := "../" + pkg + "/snippet.go"
	f, err := parser.ParseFile(set, path, "package p\n"+source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file{path, f, set}
}

// supports are the packages that exist for tests alone.
var supports = []string{"action/actiontest", "db/dbtest", "exam/examtest", "mail/mailtest", "pay/paytest", "store/storetest", "web/webtest"}

func support(pkg string) bool {
	return slices.Contains(supports, pkg) || pkg == "proof" || strings.HasPrefix(pkg, "proof/")
}

// localName is what a file calls an imported package, "" when it does not.
func localName(f *ast.File, path string) string {
	for _, s := range f.Imports {
		if s.Path.Value != `"`+path+`"` {
			continue
		}
		if s.Name != nil {
			return s.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

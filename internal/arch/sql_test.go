package arch

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var statement = regexp.MustCompile(`^\s*(SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|PRAGMA)\s`)

// statements lists where a file outside of store and db holds SQL.
func statements(f file) []string {
	p := packageOf(f.path)
	if p == "store" || p == "db" || p == "db/dbtest" || p == "bench/floor" {
		return nil
	}
	if strings.HasPrefix(packageOf(f.path), "proof/") {
		return nil // harnesses know what they break
	}
	var at []string
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && statement.MatchString(literal(e)) {
			at = append(at, fmt.Sprintf("%s: %.40q", f.at(n), literal(e)))
		}
		return true
	})
	return at
}

func TestStatementsLiveInTheStore(t *testing.T) {
	seen := 0
	for _, f := range program(t) {
		for _, s := range statements(f) {
			t.Errorf("%s: SQL belongs into internal/store", s)
		}
		moved := f
		moved.path = "../elsewhere/" + filepath.Base(f.path)
		if packageOf(f.path) == "store" {
			seen += len(statements(moved))
		}
	}
	if seen < 100 {
		t.Errorf("only %d statements are seen in the store itself", seen)
	}
	for _, bad := range []string{"SELECT 1", "\\n  UPDATE orders SET x = 1", "WITH v AS (x) y", "DELETE FROM a", "INSERT INTO a VALUES (1)"} {
		if len(statements(snippet(t, "action", "var s = \""+bad+"\""))) != 1 {
			t.Errorf("%q passes", bad)
		}
	}
	for _, good := range []string{"With a smile", "SELECTED", "update the order", "DELETE"} {
		if got := statements(snippet(t, "action", "var s = \""+good+"\"")); len(got) != 0 {
			t.Errorf("%q is refused", got)
		}
	}
}

// foreign is SQL that only one engine knows, or that the two read differently.
var foreign = []struct {
	what *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`(?i)\bILIKE\b`), "ILIKE is PostgreSQL's"},
	{regexp.MustCompile(`(?i)\bGLOB\b|\bREGEXP\b|\bSIMILAR TO\b`), "patterns beyond LIKE differ"},
	{regexp.MustCompile(`(?i)\bnow\s*\(|\bCURRENT_(TIMESTAMP|TIME|DATE)\b|\bLOCALTIME`), "the program says what time it is"},
	{regexp.MustCompile(`(?i)\b(strftime|datetime|julianday|unixepoch|to_char|to_timestamp|date_trunc|date_part|extract)\s*\(|\bINTERVAL\s`), "times are numbers"},
	{regexp.MustCompile(`::`), ":: is PostgreSQL's; use CAST"},
	{regexp.MustCompile(`(?i)\bSELECT\s+(DISTINCT\s+)?([a-z_]+\.)?\*|,\s*[a-z_]+\.\*`), "name the columns"},
	{regexp.MustCompile(`\bOFFSET\b`), "pages continue from a row, not from a count"},
	{regexp.MustCompile(`(?i)->|#>|@>|<@|\?\||\?&|&&|\bjsonb?_|\bjsonb?\b`), "JSON is text to the database"},
	{regexp.MustCompile(`(?i)\bANY\s*\(|\bARRAY\b|\[\]|\bunnest\b`), "there are no arrays"},
	{regexp.MustCompile(`(?i)\bAUTOINCREMENT\b|\bSERIAL\b|\bnextval\b|\blast_insert_rowid\b`), "ids are made by the program"},
	{regexp.MustCompile(`(?i)\b(IFNULL|NVL|GROUP_CONCAT|string_agg|random|gen_random_uuid|greatest|least|iif|instr|strpos)\s*\(`), "only one engine has this function"},
	{regexp.MustCompile(`(?i)\bINSERT OR\b|\bREPLACE INTO\b|\bROWID\b|\bFOR (UPDATE|SHARE)\b|\bIS (NOT )?DISTINCT\b`), "only one engine has this"},
	{regexp.MustCompile("`|\\[[a-z_]+\\]|\"[a-z_]+\""), "names are not quoted"},
}

var (
	sqlWord   = regexp.MustCompile(`\b(SELECT|FROM|WHERE|JOIN|AND|OR|SET|VALUES|UPDATE|INSERT|DELETE|ORDER BY|GROUP BY|LIMIT|OFFSET|LIKE|ILIKE|CASE|CAST|COALESCE|COUNT|IN|EXISTS|IS NULL|NOT)\b|[=<>]\s*[$?]`)
	likeWord  = regexp.MustCompile(`(?i)\bLIKE\b`)
	likeAs    = regexp.MustCompile(`(?i)\bLIKE\b\s+\S+(\s*\|\|\s*\S+)*\s+ESCAPE\s+'`)
	sqlString = regexp.MustCompile(`'[^']*'`)
)

// unportable says what is wrong with a piece of SQL. marks tells that the query
// builder gets it, which replaces each ? by the number of an argument.
func unportable(sql string, marks bool) []string {
	var why []string
	if n := len(likeWord.FindAllString(sql, -1)); n != len(likeAs.FindAllString(sql, -1)) {
		why = append(why, "LIKE says its ESCAPE, or the engines differ")
	}
	if slices.ContainsFunc(sqlString.FindAllString(sql, -1), func(text string) bool { return strings.Contains(text, "$") }) {
		why = append(why, "a $ in a text would be taken for a placeholder; give the text as an argument")
	}
	sql = sqlString.ReplaceAllString(sql, "''")
	if !marks && strings.Contains(sql, "?") {
		why = append(why, "placeholders are $1…; ? is for the query builder")
	}
	for _, f := range foreign {
		if f.what.MatchString(sql) {
			why = append(why, f.why)
		}
	}
	return why
}

// constants are the string constants of files, by name.
func constants(files []file) map[string]*ast.BasicLit {
	found := map[string]*ast.BasicLit{}
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				for i, v := range spec.Values {
					if l, ok := v.(*ast.BasicLit); ok && literal(l) != "" {
						found[spec.Names[i].Name] = l
					}
				}
			}
			return true
		})
	}
	return found
}

// impure lists what files of the store say that both engines do not read alike.
func impure(files ...file) []string {
	var said []string
	known, built := constants(files), map[*ast.BasicLit]bool{}
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "and" {
				return true
			}
			marks := 0
			ast.Inspect(call.Args[0], func(n ast.Node) bool {
				l, ok := n.(*ast.BasicLit)
				if name, named := n.(*ast.Ident); named {
					l, ok = known[name.Name]
				}
				if ok {
					built[l] = true
					marks += strings.Count(sqlString.ReplaceAllString(literal(l), ""), "?")
				}
				return true
			})
			if marks != len(call.Args)-1 {
				said = append(said, fmt.Sprintf("%s: %d marks for %d arguments", f.at(call), marks, len(call.Args)-1))
			}
			return true
		})
	}
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || !sqlWord.MatchString(literal(l)) {
				return true
			}
			for _, why := range unportable(literal(l), built[l]) {
				said = append(said, f.at(l)+": "+why)
			}
			return true
		})
	}
	return said
}

func TestStatementsAreReadAlikeByBothEngines(t *testing.T) {
	var files []file
	for _, f := range program(t) {
		if packageOf(f.path) == "store" {
			files = append(files, f)
		}
	}
	for _, s := range impure(files...) {
		t.Error(s)
	}
}

func TestMigrationsLeaveNothingToTheEngine(t *testing.T) {
	files, err := filepath.Glob("../store/migrations/*/*.sql")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// How a table lies in the file is each engine's own affair.
		for _, why := range unportable(strings.ReplaceAll(string(b), ") WITHOUT ROWID, STRICT;", ") STRICT;"), false) {
			t.Errorf("%s: %s", path, why)
		}
	}
}

func TestUnportableStatementsAreSeen(t *testing.T) {
	for _, bad := range []string{
		`SELECT c.id FROM code c WHERE c.tail ILIKE $1`, `SELECT now()`, `UPDATE code SET at = CURRENT_TIMESTAMP WHERE id = $1`,
		`SELECT $1::BIGINT`, `SELECT c.id FROM code c WHERE c.id = ?`, `SELECT * FROM code`, `SELECT c.* FROM code c`, `SELECT c.id, o.* FROM code c`,
		`SELECT c.id FROM code c LIMIT 10 OFFSET 20`, `SELECT e.data->>'tail' FROM event e`, `SELECT c.id FROM code c WHERE c.id = ANY($1)`,
		`SELECT e.id FROM event e WHERE e.data @> $1`, `CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); SELECT 1`,
		`SELECT a.id FROM account a WHERE a.name LIKE $1`, `SELECT a.id FROM account a WHERE a.name LIKE $1 ESCAPE '!' OR a.zone LIKE $2`,
		`SELECT COUNT(*), strftime('%s') FROM code`, `INSERT OR IGNORE INTO code (id) VALUES ($1)`, `SELECT IFNULL(c.id, 0) FROM code c`,
		`SELECT c.id FROM code c WHERE c.id = $1 FOR UPDATE`, `SELECT "id" FROM code`, `SELECT c.id FROM code c WHERE c.tail = '$1'`,
	} {
		if got := impure(snippet(t, "store", fmt.Sprintf("var s = %q", bad))); len(got) == 0 {
			t.Errorf("%s passes", bad)
		}
	}
	for bad, source := range map[string]string{
		"a mark without an argument": `func f(b *query) { b.and("a.id = ? AND a.kind = ?", 1) }`,
		"a constant with a mark":     `const c = "a.id = ?"; func f(b *query) { b.and("a.kind = ? AND " + c, 1) }`,
		"a mark outside the builder": `func f(b *query) { b.or("a.id = ?", 1) }`,
	} {
		if len(impure(snippet(t, "store", source))) == 0 {
			t.Errorf("%s passes", bad)
		}
	}
	for _, good := range []string{
		`func f(b *query) { b.and("a.id = ? AND a.kind = ?", 1, 2) }`,
		`const late = "a.at > ?"; func f(b *query, c string) { b.and(c + " = ? AND " + late, 1, 2) }`,
		`var s = "INSERT INTO code (id) VALUES ($1) ON CONFLICT (id) DO NOTHING RETURNING id"`,
		`var s = "SELECT COUNT(*) FILTER (WHERE c.state = 'a?b') FROM code c WHERE c.tail LIKE $1 || '%' ESCAPE '!'"`,
		`var s = "is this a question?"`,
	} {
		if got := impure(snippet(t, "store", good)); len(got) != 0 {
			t.Errorf("%s is refused: %q", good, got)
		}
	}
}

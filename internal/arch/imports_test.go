package arch

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows are what a package may import: packages of the program, and modules
// (or parts of them) of others.
type arrows struct{ house, modules string }

// picture is who leans on whom, exactly: an arrow that is not here fails, and so
// does one that is here and no longer drawn. Test files are free.
var picture = map[string]arrows{
	"cmd/examcode": {house: "cli"},

	// The dictionary: no I/O, nobody else's code.
	"fault":    {},
	"money":    {},
	"id":       {},
	"codetext": {house: "fault"},
	"exam":     {house: "fault id money"},

	// Tools that know nothing of the programme's nouns.
	"auth":             {"fault", "golang.org/x/crypto/argon2"},
	"vault":            {"codetext", "github.com/tink-crypto/tink-go/v2"},
	"lang":             {"fault money", "github.com/nicksnyder/go-i18n/v2 golang.org/x/text"},
	"pay":              {house: "fault money"},
	"pay/sandbox":      {house: "money pay"},
	"pay/transfer":     {house: "pay"},
	"mail":             {"exam fault lang money store", "github.com/wneessen/go-mail"},
	"db":               {"fault id", "github.com/jackc/pgx/v5 github.com/jackc/puddle/v2 github.com/pressly/goose/v3 github.com/riverqueue/river/riverdriver github.com/riverqueue/river/rivermigrate modernc.org/sqlite"},
	"store":            {"db exam fault id", "golang.org/x/text/width"},
	"store/migrations": {},
	"sheet":            {modules: "golang.org/x/text"},
	"export":           {house: "codetext exam fault lang sheet store"},
	"action":           {house: "auth codetext db exam export fault mail money pay sheet store vault"},
	"worker":           {"action db exam", "github.com/jackc/pgx/v5 github.com/riverqueue/river"},
	"httpd":            {house: "action exam fault lang store"},
	"api":              {"action codetext exam export fault httpd lang money pay sheet store", "github.com/danielgtaylor/huma/v2"},
	"web":              {house: "httpd web/account web/enterprise web/examinee web/operator web/page web/static"},
	"web/static":       {},
	"web/view":         {"lang money web/static", "github.com/a-h/templ"},
	"web/view/story":   {"lang money web/view", "github.com/a-h/templ"},
	"web/page":         {"action codetext exam fault httpd lang money store web/view", "github.com/a-h/templ"},
	"web/account":      {"action exam export fault httpd lang mail store web/page web/view", "github.com/a-h/templ golang.org/x/text"},
	"web/enterprise":   {"action codetext exam export fault httpd lang pay store web/page web/view", "github.com/a-h/templ"},
	"web/examinee":     {"action codetext exam fault httpd lang store web/page web/view", "github.com/a-h/templ"},
	"web/operator":     {"action auth codetext exam fault httpd lang money sheet store web/page web/view", "github.com/a-h/templ"},
	"bench":            {house: "action auth bench/floor codetext db exam httpd money store vault"},
	"bench/floor":      {"db", "github.com/jackc/pgx/v5 modernc.org/sqlite"},
	"cli":              {house: "action api auth bench db exam fault httpd id lang mail money pay pay/sandbox pay/transfer store store/migrations vault web web/account web/page worker"},
	"arch":             {},

	// For tests alone.
	"action/actiontest": {house: "action db exam mail money pay pay/sandbox pay/transfer store vault"},
	"db/dbtest":         {"db", "github.com/jackc/pgx/v5"},
	"exam/examtest":     {house: "exam money"},
	"mail/mailtest":     {"mail", "github.com/emersion/go-sasl github.com/emersion/go-smtp"},
	"access":            {},
	"journey":           {},
	"pay/paytest":       {"fault money pay", "github.com/google/go-cmp"},
	"store/storetest":   {house: "db db/dbtest id store store/migrations"},
	"proof":             {},
	"web/webtest":       {house: "action/actiontest exam httpd lang store store/storetest web/page"},
}

// faces talk to the outside; below them nobody knows that they exist. Those who
// may import a face are listed with it.
var faces = map[string]string{
	"api":            "cli",
	"cli":            "cmd/examcode",
	"worker":         "cli",
	"web":            "cli",
	"web/account":    "cli web",
	"web/enterprise": "web",
	"web/examinee":   "web",
	"web/operator":   "web",
}

// pure packages use the standard library only; auth may hash passwords.
var pure = []string{"exam", "fault", "money", "id", "codetext", "auth"}

// drivers speak to a database; they are known to those listed.
var drivers = map[string]string{
	"database/sql":             "db worker bench/floor",
	"github.com/jackc/pgx":     "db worker db/dbtest bench/floor",
	"github.com/riverqueue":    "db worker",
	"modernc.org/sqlite":       "db bench/floor",
	"github.com/pressly/goose": "db",
	"database/sql/driver":      "db",
}

// drawn is what the packages really import: package → paths, with the program's
// own packages named as in the picture.
func drawn(files []file) map[string][]string {
	got := map[string][]string{}
	for _, f := range files {
		p := packageOf(f.path)
		if strings.HasPrefix(p, "proof/") { // harnesses: test files and what serves them alone
			continue
		}
		if _, known := got[p]; !known {
			got[p] = nil
		}
		for _, s := range f.syntax.Imports {
			to, _ := strconv.Unquote(s.Path.Value)
			to = strings.TrimPrefix(to, "examcode/internal/")
			if !slices.Contains(got[p], to) {
				got[p] = append(got[p], to)
			}
		}
	}
	return got
}

// packageOf names the package a file belongs to.
func packageOf(file string) string {
	dir := filepath.ToSlash(filepath.Dir(file))
	if rest, ok := strings.CutPrefix(dir, "../../"); ok {
		return rest
	}
	return strings.TrimPrefix(dir, "../")
}

// ofOthers tells whether an import is neither the program's nor Go's own.
func ofOthers(to string) bool {
	host, _, _ := strings.Cut(to, "/")
	return strings.Contains(host, ".")
}

func below(to, module string) bool { return to == module || strings.HasPrefix(to, module+"/") }

// differences compares the picture with what is drawn, in sentences.
func differences(picture map[string]arrows, drawn map[string][]string) []string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	for p, imports := range drawn {
		a, known := picture[p]
		if !known {
			say("package %s is new: give it a line in picture, in internal/arch/imports_test.go, and say what it may import", p)
			continue
		}
		house, modules := strings.Fields(a.house), strings.Fields(a.modules)
		unused := slices.Concat(house, modules)
		for _, to := range imports {
			if _, ours := drawn[to]; !ours && !ofOthers(to) {
				continue
			}
			at := slices.IndexFunc(unused, func(x string) bool { return x == to || (ofOthers(x) && below(to, x)) })
			switch {
			case at >= 0:
				unused = slices.Delete(unused, at, at+1)
			case !slices.Contains(house, to) && !slices.ContainsFunc(modules, func(m string) bool { return below(to, m) }):
				say("%s imports %s, a new arrow: if it is meant, add it to the line of %s in picture, in internal/arch/imports_test.go", p, to, p)
			}
		}
		for _, x := range unused {
			say("%s does not import %s any more: take it out of the line of %s in picture, in internal/arch/imports_test.go", p, x, p)
		}
	}
	for p := range picture {
		if _, exists := drawn[p]; !exists {
			say("package %s is gone: take its line out of picture, in internal/arch/imports_test.go", p)
		}
	}
	slices.Sort(said)
	return said
}

// trespasses lists the arrows that no picture may allow.
func trespasses(drawn map[string][]string) []string {
	var said []string
	may := func(list, p string) bool { return slices.Contains(strings.Fields(list), p) }
	for p, imports := range drawn {
		for _, to := range imports {
			if users, face := faces[to]; face && !may(users, p) {
				said = append(said, fmt.Sprintf("%s imports the face %s; only %s may", p, to, users))
			}
			if slices.Contains(pure, p) && ofOthers(to) && (p != "auth" || !below(to, "golang.org/x/crypto")) {
				said = append(said, fmt.Sprintf("%s imports %s, but leans on the standard library alone", p, to))
			}
			for d, users := range drivers {
				if (below(to, d) || strings.HasPrefix(to, d+"/v")) && !may(users, p) {
					said = append(said, fmt.Sprintf("%s imports the driver %s; only %s may", p, to, users))
				}
			}
			if strings.HasSuffix(path.Base(to), "test") && to != "testing" && strings.Contains(to, "/") && !ofOthers(to) && !support(p) && len(drawn[to]) > 0 {
				said = append(said, fmt.Sprintf("%s imports %s, which is for tests", p, to))
			}
		}
	}
	slices.Sort(said)
	return said
}

func TestTheImportsAreAsPictured(t *testing.T) {
	got := drawn(program(t))
	for _, s := range slices.Concat(differences(picture, got), trespasses(got)) {
		t.Error(s)
	}
}

func TestAnotherPictureIsSeen(t *testing.T) {
	plan := map[string]arrows{"exam": {house: "fault"}, "fault": {}, "store": {"exam", "modernc.org/sqlite"}, "gone": {}}
	got := map[string][]string{"exam": {"fault", "store", "time"}, "fault": {"github.com/a/b"}, "store": {"exam"}, "new": nil}
	want := []string{
		"exam imports store, a new arrow", "fault imports github.com/a/b, a new arrow", "package gone is gone",
		"package new is new", "store does not import modernc.org/sqlite any more",
	}
	said := differences(plan, got)
	if len(said) != len(want) {
		t.Fatalf("said %q", said)
	}
	for i := range want {
		if !strings.HasPrefix(said[i], want[i]) || !strings.Contains(said[i], "internal/arch/imports_test.go") {
			t.Errorf("%q does not say %q and where to change it", said[i], want[i])
		}
	}
}

func TestTrespassesAreSeen(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"action", "api"}, {"store", "cli"}, {"web/enterprise", "web/operator"}, {"action", "worker"}, {"httpd", "web"},
		{"exam", "golang.org/x/text/language"}, {"auth", "github.com/jackc/pgx/v5"}, {"codetext", "github.com/tink-crypto/tink-go/v2/prf"},
		{"store", "github.com/jackc/pgx/v5/pgxpool"}, {"action", "database/sql"}, {"cli", "modernc.org/sqlite"}, {"action", "github.com/riverqueue/river"},
		{"action", "store/storetest"},
	} {
		if len(trespasses(map[string][]string{c.from: {c.to}, "store/storetest": {"store"}})) == 0 {
			t.Errorf("%s → %s passes", c.from, c.to)
		}
	}
	if said := trespasses(map[string][]string{"cli": {"web", "api"}, "auth": {"golang.org/x/crypto/argon2"}, "worker": {"github.com/riverqueue/river"},
		"action/actiontest": {"store/storetest"}, "store/storetest": {"store"}, "lang": {"testing", "golang.org/x/text/language"}}); len(said) != 0 {
		t.Errorf("honest arrows are refused: %q", said)
	}
}

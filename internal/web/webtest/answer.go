package webtest

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Answer is what came back. Its checks end the test when the status is not the
// expected one, and report everything else that is wrong.
type Answer struct {
	t    testing.TB
	what string

	Status int
	To     string // of a redirect
	Notice bool   // the next page has something to say
	Header http.Header
	Body   string
	Page   string // the words people see, the window's title first
	Main   string // those of the main part; Page when there is none
}

var (
	unseen = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>`)
	tag    = regexp.MustCompile(`<(?:[^>"]|"[^"]*")*>`)
	spaces = regexp.MustCompile(`\s+`)
	inputs = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// forbidden never leaves the program: a label without a translation, what the
// content policy would not run, and verbs that templates or fmt could not fill.
var forbidden = []string{"⟦", " style=", "<script>", "javascript:", "<no value>", "%!"}

func words(markup string) string {
	seen := tag.ReplaceAllString(unseen.ReplaceAllString(markup, " "), " ")
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(seen), " "))
}

func (a *Answer) isHTML() bool { return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") }

// document tells whether the body is a file that somebody sent.
func (a *Answer) document() bool {
	kind := a.Header.Get("Content-Type")
	return kind == "application/pdf" || strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "text/csv") || strings.Contains(kind, "spreadsheet")
}

// mainPart is the mark-up of the page's main part.
func (a *Answer) mainPart() (string, bool) {
	_, main, found := strings.Cut(a.Body, "<main")
	main, _, _ = strings.Cut(main, "</main>")
	return "<main" + main, found
}

func (a *Answer) read() {
	if a.document() {
		return
	}
	a.Page = words(a.Body)
	a.Main = a.Page
	if main, found := a.mainPart(); found {
		a.Main = words(main)
	}
}

// faults is what no page may have.
func (a *Answer) faults() []string {
	var said []string
	if a.document() {
		return nil
	}
	for _, bad := range forbidden {
		if at := strings.Index(a.Body, bad); at >= 0 {
			said = append(said, fmt.Sprintf("%q in the page: …%s…", bad, a.Body[max(0, at-80):min(len(a.Body), at+80)]))
		}
	}
	if _, main, _ := strings.Cut(a.Body, "<main"); a.isHTML() && strings.Count(main, "btn-primary") > 1 {
		said = append(said, "more than one primary button")
	}
	if strings.Contains(a.Body, " hx-trigger=") && !strings.Contains(a.Body, "htmx") {
		said = append(said, "a part that looks again without the script that does it")
	}
	return said
}

// Is expects a status, and sentences that people see in the main part.
func (a Answer) Is(status int, sentences ...string) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, want %d: %s %s", a.what, a.Status, status, a.To, a.Main)
	}
	for _, s := range sentences {
		if !strings.Contains(a.Main, s) {
			a.t.Errorf("%s: no %q in: %s", a.what, s, a.Main)
		}
	}
	return a
}

// Outside expects sentences that people see around the main part: the window's
// title, the bar, the footer.
func (a Answer) Outside(sentences ...string) Answer {
	a.t.Helper()
	main, _ := a.mainPart()
	around := words(strings.Replace(a.Body, main, " ", 1))
	for _, s := range sentences {
		if !strings.Contains(around, s) {
			a.t.Errorf("%s: no %q in: %s", a.what, s, around)
		}
	}
	return a
}

// Has expects pieces of mark-up.
func (a Answer) Has(pieces ...string) Answer {
	a.t.Helper()
	for _, p := range pieces {
		if !strings.Contains(a.Body, p) {
			a.t.Errorf("%s: no %s", a.what, p)
		}
	}
	return a
}

// Without expects words to be nowhere: people do not see them, and the mark-up
// does not hold them.
func (a Answer) Without(words ...string) Answer {
	a.t.Helper()
	return a.Unseen(words...).Lacks(words...)
}

// Unseen expects people not to see words anywhere on the page.
func (a Answer) Unseen(words ...string) Answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.Page, w) {
			a.t.Errorf("%s: %q is seen in: %s", a.what, w, a.Page)
		}
	}
	return a
}

// Lacks expects the mark-up to hold no such pieces; people may well see the
// words, when they are escaped.
func (a Answer) Lacks(pieces ...string) Answer {
	a.t.Helper()
	for _, p := range pieces {
		if at := strings.Index(a.Body, p); at >= 0 {
			a.t.Errorf("%s: %q is in the mark-up: …%s…", a.what, p, a.Body[max(0, at-80):min(len(a.Body), at+len(p)+80)])
		}
	}
	return a
}

// Leads expects a redirect after a change or to another page, and returns its
// address.
func (a Answer) Leads() string {
	a.t.Helper()
	if a.Status != http.StatusSeeOther || a.To == "" {
		a.t.Fatalf("%s: status %d to %q, want a redirect: %s", a.what, a.Status, a.To, a.Main)
	}
	return a.To
}

// Goes is Leads to an address that is known.
func (a Answer) Goes(to string) string {
	a.t.Helper()
	if a.Leads() != to {
		a.t.Fatalf("%s: goes to %q, want %q", a.what, a.To, to)
	}
	return a.To
}

// Form is what the main part's form would send untouched, with changes given as
// name, value.
func (a Answer) Form(pairs ...string) url.Values {
	a.t.Helper()
	main, found := a.mainPart()
	if !found || a.Status != http.StatusOK && a.Status != http.StatusConflict {
		a.t.Fatalf("%s: no form: status %d: %s", a.what, a.Status, a.Main)
	}
	f := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(main, -1) {
		f.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Hidden is the value of a hidden field of the main part.
func (a Answer) Hidden(name string) string {
	a.t.Helper()
	main, _ := a.mainPart()
	for _, m := range inputs.FindAllStringSubmatch(main, -1) {
		if m[1] == name {
			return html.UnescapeString(m[2])
		}
	}
	a.t.Fatalf("%s: no hidden %s", a.what, name)
	return ""
}

package webtest

import (
	"net/http"
	"strings"
	"testing"
)

func answered(kind, body string) Answer {
	a := Answer{Status: 200, Header: http.Header{"Content-Type": {kind}}, Body: body}
	a.read()
	return a
}

// What no page may have is seen, once each; a good page and a sent file pass.
func TestFaultsAreSeen(t *testing.T) {
	for body, want := range map[string]string{
		`<main><a class="btn-primary">A</a></main><b class="btn-primary">`: "more than one primary button",
		`<main><p style="x">`:                 "style=",
		`<main>⟦orders.title⟧`:                "⟦",
		`<main><script>alert(1)</script>`:     "<script>",
		`<main><a href="javascript:alert()">`: "javascript:",
		`<main>%!d(string=x)`:                 "%!",
		`<main><no value>`:                    "<no value>",
		`<main><p hx-trigger="every 2s">`:     "looks again",
	} {
		a := answered("text/html; charset=utf-8", body)
		if said := a.faults(); len(said) != 1 || !strings.Contains(said[0], want) {
			t.Errorf("%s: %q, want one with %q", body, said, want)
		}
	}
	for kind, body := range map[string]string{
		"text/html; charset=utf-8": `<a class="btn-primary">in the bar</a><main><a class="btn-primary">A</a><script src="/a.js"></script></main>`,
		"text/html":                `<script src="/htmx.min.js" defer></script><main><p hx-trigger="every 2s">`,
		"application/pdf":          "%PDF-1.4 <script>%!",
	} {
		a := answered(kind, body)
		if said := a.faults(); len(said) != 0 {
			t.Errorf("%s: %q", body, said)
		}
	}
}

func TestWordsAreThoseThatAreSeen(t *testing.T) {
	a := answered("text/html", `<title>T</title><nav title="a > b">Bar</nav><main id="m"><h1>Tom &amp;
		<b>Li</b></h1><svg><title>icon</title></svg><input type="hidden" name="next" value="/a?b&amp;c"></main><footer>Foot</footer>`)
	if a.Page != "T Bar Tom & Li Foot" || a.Main != "Tom & Li" {
		t.Errorf("page %q, main %q", a.Page, a.Main)
	}
	a.t = t
	a.Is(200, "Tom & Li").Outside("Bar", "Foot", "T").Has("&amp;").Without("icons", "Eve").Unseen("icon").Lacks("Tom & Li")
	if f := a.Form("x", "1"); f.Get("next") != "/a?b&c" || f.Get("x") != "1" || a.Hidden("next") != "/a?b&c" {
		t.Errorf("%v", f)
	}
}

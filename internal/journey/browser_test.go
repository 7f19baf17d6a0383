package journey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"examcode/internal/lang"
)

// shots names a folder for pictures of every page, at 1280 and 320 px.
const shots = "EXAMCODE_SHOTS"

// chromium starts one browser for a test. Without it the test is skipped; where
// CI is set it fails.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is not installed")
		}
		t.Skip("NOT TESTED IN A BROWSER: Chromium is not installed")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.WindowSize(1280, 900),
		chromedp.Flag("lang", "en-US"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	return browser
}

// tooWide is how wide the page is when it has to be moved sideways to be read, the
// numbers of its charts open.
const tooWide = `(() => {
	const shut = [...document.querySelectorAll(".chart-numbers:not([open])")], open = (yes) => shut.forEach(d => { d.open = yes });
	open(true);
	const wide = document.documentElement.scrollWidth;
	open(false);
	return wide > innerWidth ? String(wide) : "";
})()`

// brokenBadge is a short state in a list that does not stand on one line.
const brokenBadge = `[...document.querySelectorAll(".rows .st")].filter(e => e.textContent.trim().length < 5 && e.clientHeight > 2.5 * parseFloat(getComputedStyle(e).fontSize)).map(e => e.textContent.trim())[0] ?? ""`

// person sits before a browser window of their own and reads one language.
type person struct {
	t      *testing.T
	tab    context.Context
	base   string
	locale lang.Locale
	watch  *watch
	pages  int
	seen   map[string]bool // pages looked at, by name
}

// sitDown opens a window, with cookies of its own.
func sitDown(t *testing.T, browser context.Context, base string, of lang.Lang, scripts bool) *person {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &person{t: t, tab: tab, base: base, locale: lang.Locale{Lang: of, Zone: time.UTC}, watch: &watch{base: base}, seen: map[string]bool{}}
	if err := chromedp.Listen(tab, p.watch.note); err != nil {
		t.Fatal(err)
	}
	p.do("sit down", ask(log.Enable, cdp.Empty{}), ask(audits.Enable, cdp.Empty{}), ask(runtime.Enable, cdp.Empty{}), ask(network.Enable, network.EnableParams{}),
		ask(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}))
	return p
}

// ask is a command of the browser's protocol as an action.
func ask[P, R any](command cdp.Command[P, R], params P) action {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	})
}

type action = chromedp.Action[chromedp.Void]

// watch collects what a browser complains of and whom it asks.
type watch struct {
	base string
	mu   sync.Mutex
	bad  []string
}

// refusedForm is what the console says of a form that was refused; that is the
// right answer to a wrong input.
const refusedForm = "the server responded with a status of 422"

func (w *watch) note(event any) {
	bad := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			said, _ := json.Marshal(e.Args)
			bad = "console: " + string(said)
		}
	case *runtime.EventExceptionThrown:
		bad = "exception: " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.URL
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, refusedForm) {
			bad = "log: " + e.Entry.Text + " " + e.Entry.URL
		}
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			said, _ := json.Marshal(e.Issue.Details.ContentSecurityPolicyIssueDetails)
			bad = "policy: " + string(said)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, w.base+"/") && !strings.HasPrefix(u, "data:") && u != "about:blank" {
			bad = "another host: " + u
		}
	}
	if bad != "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.bad = append(w.bad, bad)
	}
}

// taken is what was noted since the last time.
func (w *watch) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	bad := w.bad
	w.bad = nil
	return bad
}

// say is a text of the program in the person's language.
func (p *person) say(key string, pairs ...any) string { return p.locale.T(key, pairs...) }

// do runs browser actions; none takes long.
func (p *person) do(what string, actions ...action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v at %s\n%s", what, err, p.address(), p.main())
	}
}

// travel runs actions that lead to another page, and looks at that page.
func (p *person) travel(name string, status int64, actions ...action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		p.t.Fatalf("%s: %v at %s\n%s", name, err, p.address(), p.main())
	}
	if answer.Status != status {
		p.t.Fatalf("%s: status %d, want %d, at %s\n%s", name, answer.Status, status, p.address(), p.main())
	}
	p.look(name)
}

// look checks what holds for every page; at both widths when it is new.
func (p *person) look(name string) {
	p.t.Helper()
	p.pages++
	// What draws a chart sets its size from the script, which the policy allows.
	if text := p.text(`(d => { d.querySelectorAll(".chart").forEach(e => e.remove()); return d.outerHTML })(document.documentElement.cloneNode(true))`); strings.Contains(text, "⟦") || strings.Contains(text, " style=") {
		p.t.Errorf("%s at %s: a missing text or an inline style", name, p.address())
	}
	if p.seen[name] {
		return
	}
	p.seen[name] = true
	for _, width := range []int64{320, 1280} {
		p.do(name, chromedp.EmulateViewport(width, 900))
		if wide := p.text(tooWide); wide != "" {
			p.t.Errorf("%s at %s: %s px wide in a window of %d", name, p.address(), wide, width)
		}
		if broken := p.text(brokenBadge); broken != "" && width > 992 {
			p.t.Errorf("%s at %s: %s stands on two lines", name, p.address(), broken)
		}
		p.picture(fmt.Sprintf("%s-%02d-%s-%d.png", p.locale.Lang, p.pages, name, width))
	}
}

func (p *person) picture(name string) {
	dir := os.Getenv(shots)
	if dir == "" {
		return
	}
	png := find(p, name, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// text is the value of an expression; the inspector may evaluate even where the
// page may not.
func (p *person) text(expression string) string {
	p.t.Helper()
	return find(p, expression, chromedp.Evaluate[string](expression))
}

// find runs an action that brings something back.
func find[T any](p *person, what string, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatalf("%s: %v at %s", what, err, p.address())
	}
	return v
}

// address is where the window is, without the host.
func (p *person) address() string {
	at, err := chromedp.Run(p.tab, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	if u, err := url.Parse(at); err == nil {
		return u.RequestURI()
	}
	return at
}

// main is what can be read on the page.
func (p *person) main() string {
	text, err := chromedp.Run(p.tab, chromedp.Evaluate[string](`(document.querySelector("main") || document.body).innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// reads wants a text on the page.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	page := p.main()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			p.t.Fatalf("%q is not on %s:\n%s", text, p.address(), page)
		}
	}
}

// finder finds what a person would point at: by its visible words, in main
// before elsewhere, and inside the row or card that holds some other words.
const finder = `((words, inside, kinds) => {
	const norm = s => s.replace(/\s+/g, " ").trim();
	const said = e => { const c = e.cloneNode(true); c.querySelectorAll(".visually-hidden,[aria-hidden=true],svg,kbd,.unread").forEach(x => x.remove()); return norm(c.textContent) };
	const seen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
	const main = document.querySelector("main");
	for (const root of [main, document]) for (const e of root.querySelectorAll(kinds)) {
		if (!seen(e) || said(e) !== words) continue;
		if (inside) { const row = e.closest("tr, article, li, .card"); if (!row || !norm(row.textContent).includes(inside)) continue }
		return e;
	}
	return null;
})`

func call(words, inside, kinds string) string {
	args, _ := json.Marshal([]string{words, inside, kinds})
	return finder + "(..." + string(args) + ")"
}

// point is where to click for some words; the page scrolls there.
func (p *person) point(words, inside, kinds string) (x, y float64) {
	p.t.Helper()
	at := find(p, "pointing at "+words, chromedp.Evaluate[[]float64](`(e => { if (!e) return []; e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2] })(`+call(words, inside, kinds)+`)`))
	if len(at) == 0 {
		p.t.Fatalf("nothing says %q (in %q) on %s:\n%s", words, inside, p.address(), p.main())
	}
	return at[0], at[1]
}

// click follows the link or presses the button with these words and arrives at a
// page.
func (p *person) click(name, words string) { p.t.Helper(); p.clickIn(name, "", words) }

func (p *person) clickIn(name, inside, words string) {
	p.t.Helper()
	x, y := p.point(words, inside, "a[href], button")
	p.travel(name, 200, chromedp.MouseClickXY(x, y))
}

// refused is click where the form comes back.
func (p *person) refused(name, words string) {
	p.t.Helper()
	x, y := p.point(words, "", "a[href], button")
	p.travel(name, 422, chromedp.MouseClickXY(x, y))
}

// press presses something that opens on the same page.
func (p *person) press(words string) {
	p.t.Helper()
	x, y := p.point(words, "", "button, summary")
	p.do(words, chromedp.MouseClickXY(x, y))
}

// tick chooses the answer with these words.
func (p *person) tick(words string) {
	p.t.Helper()
	x, y := p.point(words, "", "label")
	p.do(words, chromedp.MouseClickXY(x, y))
}

// fill types into the field with a label, in place of what is there.
func (p *person) fill(label, value string) {
	p.t.Helper()
	x, y := p.point(label, "", "label")
	all := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Commands: []string{"selectAll"}}
	p.do(label, chromedp.MouseClickXY(x, y), ask(input.DispatchKeyEvent, all), ask(input.InsertText, input.InsertTextParams{Text: value}))
}

// pick chooses an option of the list with a label.
func (p *person) pick(label, option string) {
	p.t.Helper()
	args, _ := json.Marshal(option)
	if p.text(`(l => { const s = document.getElementById(l.htmlFor), o = [...s.options].find(o => o.text === `+string(args)+`); if (!o) return ""; s.value = o.value; return "picked" })(`+call(label, "", "label")+`)`) == "" {
		p.t.Fatalf("%s has no %q on %s", label, option, p.address())
	}
}

// open types an address.
func (p *person) open(name, path string) {
	p.t.Helper()
	p.travel(name, 200, chromedp.Navigate(p.base+path))
}

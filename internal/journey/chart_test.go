package journey_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"examcode/internal/lang"
)

// painted tells of every chart how many colours its picture has; one that was
// not drawn has none.
const painted = `JSON.stringify([...document.querySelectorAll(".chart")].map(e => {
	const c = e.querySelector("canvas"); if (!c) return 0;
	const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data, seen = new Set();
	for (let i = 0; i < d.length; i += 4) if (d[i + 3]) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
	return Math.min(seen.size, 3);
}))`

// shifted adds up what moved on the page since it was opened.
const shifted = `new Promise(done => { let sum = 0; new PerformanceObserver(l => { for (const e of l.getEntries()) sum += e.value }).observe({type: "layout-shift", buffered: true}); setTimeout(() => { window.shifted = sum }, 200) }), ""`

// paper is the text of the page as it would be printed.
func (p *person) paper(t *testing.T) string {
	t.Helper()
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Fatal("pdftotext is not installed: run tools/need.sh")
	}
	pdf := find(p, "print", chromedp.PrintToPDF())
	read := exec.Command(reader, "-layout", "-", "-")
	read.Stdin = strings.NewReader(string(pdf))
	text, err := read.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// TestChartsAndPaper: pictures are drawn under the strict policy, move nothing
// and follow the scheme; without scripts and on paper there are the numbers.
func TestChartsAndPaper(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	d := startDemo(t, privateDir(t), "")
	for _, of := range []lang.Lang{lang.EN, lang.ZH} {
		t.Run(string(of), func(t *testing.T) {
			p := sitDown(t, browser, d.base, of, true)
			s := &story{person: p, demo: d}
			s.signIn(buyer)
			for address, charts := range map[string]string{"/enterprise/": "[3,3]", "/enterprise/statistics": "[3,3]", "/enterprise/statistics?name=nobody": "[]"} {
				s.open("chart "+address, address)
				p.do("wide", chromedp.EmulateViewport(1280, 900))
				if got := p.text(painted); got != charts {
					t.Errorf("%s: colours of charts %s, want %s", address, got, charts)
				}
				p.do("again", chromedp.Navigate(d.base+address))
				p.text(shifted)
				time.Sleep(300 * time.Millisecond)
				if got := p.text(`String(window.shifted < 0.01)`); got != "true" { // a font that settles late is not seen
					t.Errorf("%s: moved by %s", address, p.text(`String(window.shifted)`))
				}
			}
			s.schemes(t)
			s.onPaper(t)
			s.withoutScripts(t)
			if bad := p.watch.taken(); len(bad) > 0 {
				t.Errorf("the browser complained:\n%s", strings.Join(bad, "\n"))
			}
		})
	}
}

// schemes: a chart is drawn anew when the person changes between light and dark.
func (s *story) schemes(t *testing.T) {
	t.Helper()
	s.open("overview", "/enterprise/")
	picture := `document.querySelector("canvas").toDataURL()`
	// scheme changes the scheme and waits until the picture is another one than before.
	scheme := func(value, before string) (now string) {
		s.do(value, ask(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}}))
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if now = s.text(picture); len(now) > 2000 && now != before {
				return now
			}
			if time.Now().After(end) {
				t.Errorf("the picture does not follow the scheme %s", value)
				return now
			}
		}
	}
	dark := scheme("dark", scheme("light", ""))
	scheme("light", dark)
}

// onPaper: receipts and lists print their facts and their filter, and nothing to
// click on.
func (s *story) onPaper(t *testing.T) {
	t.Helper()
	s.open("orders", "/enterprise/orders?state=paid")
	receipt, number := s.text(`document.querySelector('a[href$="/receipt"]').getAttribute("href")`), s.text(`document.querySelector("tbody th").innerText.trim()`)
	s.open("receipt", receipt)
	paper := s.paper(t)
	for _, want := range []string{s.say("enterprise.receipt.title", "number", number), "Northwind Certification Ltd", "91310000MA1FL0X123", s.say("enterprise.receipt.received"), s.say("enterprise.receipt.means"), receipt} {
		if !strings.Contains(paper, want) {
			t.Errorf("the printed receipt lacks %q: %s", want, paper)
		}
	}
	for _, never := range []string{s.say("enterprise.nav.statistics"), s.say("enterprise.receipt.back"), s.say("frame.switch_person"), s.say("enterprise.receipt.hint")} {
		if strings.Contains(paper, never) {
			t.Errorf("the printed receipt has %q", never)
		}
	}
	s.open("filtered by a long word", "/enterprise/codes?holder="+strings.Repeat("y", 300))
	s.open("bound", "/enterprise/codes?state=bound&rows=100")
	paper = s.paper(t)
	if state := s.say("enterprise.chip.state", "value", s.say("state.code.bound")); !strings.Contains(paper, s.say("list.active")+": "+state) {
		t.Errorf("the printed list does not tell its filter %q: %s", state, paper)
	}
	if n := strings.Count(paper, s.say("enterprise.holder")); n < 2 {
		t.Errorf("the head of a printed list of some pages stands there %d times", n)
	}
	s.open("overview", "/enterprise/")
	paper = s.paper(t)
	if want := s.say("enterprise.overview.most"); !strings.Contains(paper, want) {
		t.Errorf("the numbers of a chart are not printed: %s", paper)
	}
}

// withoutScripts: there is no empty picture, and every number.
func (s *story) withoutScripts(t *testing.T) {
	t.Helper()
	s.do("no scripts", ask(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	s.open("plain statistics", "/enterprise/statistics")
	if got := s.text(`String([...document.querySelectorAll(".chart")].filter(e => getComputedStyle(e).display !== "none").length)`); got != "0" {
		t.Errorf("%s empty pictures", got)
	}
	s.reads(s.say("enterprise.statistics.rates"), s.say("state.result.passed"))
}

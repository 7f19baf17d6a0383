package enterprise

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/web/page"
)

// world is a company with codes in every state its examinees can bring about,
// and people who may see less of it.
type world struct {
	*actiontest.House
	registry *httpd.Registry
	tokens   map[exam.PersonID]string

	root, viewer, bare     exam.Actor // of the company
	other, unverified      exam.Actor // roots of companies without codes
	anna, ben, cleo, dan   exam.Actor
	cloud, data            exam.Subject
	order                  exam.Order
	unused, bound          exam.CodeID
	reserved, passed       exam.CodeID
	failed, replaced       exam.CodeID
	texts                  map[exam.CodeID]string
	unpaid, transfer, late exam.Order
}

func build(t *testing.T, s *store.Store) *world {
	h := actiontest.New(t, s)
	w := &world{House: h, tokens: map[exam.PersonID]string{}, texts: map[exam.CodeID]string{}}
	w.registry = httpd.NewRegistry(httpd.Config{Actions: h.Actions, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: "http://exams.example"})
	Mount(&page.Kit{Registry: w.registry, Actions: h.Actions, Store: h.Read, Now: h.Clock.Now, Programme: "Northwind", BaseURL: "http://exams.example"})

	w.root, w.other, w.unverified = h.Company(true), h.Company(true), h.Company(false)
	w.viewer, w.bare = h.Member(w.root, exam.ViewCodes), h.Member(w.root, 0)
	w.anna, w.ben, w.cleo, w.dan = h.Examinee(true), h.Examinee(true), h.Examinee(true), h.Examinee(true)
	w.cloud = h.Subject()
	w.data = h.Subject(func(s *exam.Subject) {
		s.Name = exam.Names{EN: "Data Engineer", ZH: "数据工程师"}
		s.MaxQuantity, s.NoShow = 40, exam.GivenBack
	})
	w.history()
	return w
}

func (w *world) history() {
	ctx, h := context.Background(), w.House
	o, texts := h.Buy(w.root, w.cloud, 8)
	for i, c := range h.Codes(o) {
		w.texts[c.ID] = texts[i]
		*[]*exam.CodeID{&w.unused, &w.bound, &w.reserved, &w.passed, &w.failed, &w.replaced, new(exam.CodeID), new(exam.CodeID)}[i] = c.ID
	}
	w.order = o
	first := h.Session(w.cloud, 48*time.Hour, 10)
	redeem := func(who exam.Actor, id exam.CodeID, at *exam.Session) exam.Registration {
		g, err := h.Redeem(who, w.cloud, w.texts[id])
		w.must(err)
		if at != nil {
			_, err = h.Actions.Reserve(ctx, who, g.ID, at.ID)
			w.must(err)
		}
		return g
	}
	_, err := h.Redeem(w.dan, w.data, w.texts[w.unused])
	if err == nil {
		w.T.Fatal("a code of another subject was taken")
	}
	cleo, dan := redeem(w.cleo, w.passed, &first), redeem(w.dan, w.failed, &first)
	h.Clock.Move(50 * time.Hour)
	good, bad := 82, 41
	out, err := h.Actions.RecordResults(ctx, h.Admin, []exam.Result{{Registration: cleo.ID, Outcome: exam.Passed, Score: &good}, {Registration: dan.ID, Outcome: exam.Failed, Score: &bad}})
	w.must(err)
	for _, one := range out {
		w.must(one.Err)
	}
	second := h.Session(w.cloud, 72*time.Hour, 10)
	redeem(w.anna, w.bound, nil)
	redeem(w.ben, w.reserved, &second)
	_, err = h.Actions.RegenerateCodes(ctx, w.root, []exam.CodeID{w.replaced})
	w.must(err)
	for _, x := range []struct {
		order         *exam.Order
		way, simulate string
	}{{&w.unpaid, "", ""}, {&w.transfer, "transfer", ""}, {&w.late, "sandbox", "late"}} {
		*x.order, err = h.Actions.BuyCodes(ctx, w.root, w.data.ID, 3)
		w.must(err)
		if x.way != "" {
			_, err = h.Actions.PayOrder(ctx, w.root, x.order.ID, x.way, x.simulate, "")
			w.must(err)
		}
	}
}

func (w *world) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// each runs a test in a world of its own on both engines.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, build(t, s)) })
}

// answer is what a browser got.
type answer struct {
	status       int
	to           string // where it is redirected
	notice       bool
	page, header string
}

// ask sends a request of somebody; form nil looks, else it posts.
func (w *world) ask(t *testing.T, who exam.Actor, lang, address string, form url.Values) answer {
	t.Helper()
	method, body := "GET", ""
	if form != nil {
		method, body = "POST", form.Encode()
	}
	r := httptest.NewRequest(method, "http://exams.example"+address, strings.NewReader(body))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", "http://exams.example"+address)
	}
	r.Header.Set("Accept-Language", lang)
	if who.Person != 0 {
		if w.tokens[who.Person] == "" {
			token, _, err := w.Actions.OpenSession(context.Background(), who.Person, "test")
			w.must(err)
			w.tokens[who.Person] = token
		}
		r.AddCookie(&http.Cookie{Name: "examcode", Value: w.tokens[who.Person]})
	}
	rec := httptest.NewRecorder()
	w.registry.ServeHTTP(rec, r)
	a := answer{status: rec.Code, to: rec.Header().Get("Location"), page: rec.Body.String()}
	for _, k := range rec.Result().Cookies() {
		a.notice = a.notice || (k.Name == "notice" && k.Value != "")
	}
	for _, bad := range []string{"⟦", " style=", "<no value>", "%!"} {
		if strings.Contains(a.page, bad) {
			t.Errorf("%s %s (%s): the page holds %q: %s", method, address, lang, bad, around(a.page, bad))
		}
	}
	return a
}

func around(page, text string) string {
	i := strings.Index(page, text)
	return page[max(0, i-60):min(len(page), i+80)]
}

func (w *world) get(t *testing.T, who exam.Actor, address string) answer {
	t.Helper()
	return w.ask(t, who, "en", address, nil)
}

var (
	tags   = regexp.MustCompile(`<(?:[^>"]|"[^"]*")*>`)
	spaces = regexp.MustCompile(`\s+`)
	inputs = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// text is what people read of a page's main part.
func (a answer) text() string {
	_, main, _ := strings.Cut(a.page, "<main")
	main, _, _ = strings.Cut("<main"+main, "</main>")
	return strings.TrimSpace(html.UnescapeString(spaces.ReplaceAllString(tags.ReplaceAllString(main, " "), " ")))
}

// says fails unless the page answers with a status and has all the texts.
func (a answer) says(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s %s", a.status, status, a.to, a.text())
	}
	for _, s := range texts {
		if !strings.Contains(a.text(), s) {
			t.Errorf("no %q in: %s", s, a.text())
		}
	}
}

// leads fails unless the answer is a redirect.
func (a answer) leads(t *testing.T, to string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.to != to {
		t.Fatalf("status %d to %q, want 303 to %q: %s", a.status, a.to, to, a.text())
	}
}

// form is the main part's form as the page would send it, with changes given as
// name, value.
func (a answer) form(t *testing.T, pairs ...string) url.Values {
	t.Helper()
	_, main, found := strings.Cut(a.page, "<main")
	if !found || a.status != http.StatusOK && a.status != http.StatusConflict {
		t.Fatalf("no form: status %d: %s", a.status, a.text())
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

func (w *world) state(t *testing.T, id exam.CodeID) store.CodeRow {
	t.Helper()
	c, err := w.Read.Code(context.Background(), w.root.Account, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

package operator

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/web/page"
)

// world is the programme with this console in front of it.
type world struct {
	*actiontest.House
	ctx     context.Context
	handler *httpd.Registry
	staff   map[exam.Role]exam.Actor
}

// each runs a test in a world of its own on each engine.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		w := &world{House: h, ctx: t.Context(), staff: map[exam.Role]exam.Actor{}}
		w.handler = httpd.NewRegistry(httpd.Config{Actions: h.Actions, Now: h.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: "http://exams.example"})
		Mount(&page.Kit{Registry: w.handler, Actions: h.Actions, Store: h.Read, Now: h.Clock.Now, Programme: "Northwind", BaseURL: "http://exams.example", Version: "1"})
		h.Admin = h.Staff(exam.Admin)
		w.staff[exam.Admin] = h.Admin
		test(w)
	})
}

// as is the browser of a person; role is a staff role, added when it is new.
func (w *world) as(role exam.Role) *browser {
	w.T.Helper()
	if _, known := w.staff[role]; !known {
		w.staff[role] = w.Staff(role)
	}
	return w.of(w.staff[role])
}

func (w *world) of(a exam.Actor) *browser {
	w.T.Helper()
	token, _, err := w.Actions.OpenSession(w.ctx, a.Person, "test")
	w.must(err)
	return &browser{w: w, lang: lang.EN, cookies: map[string]string{"examcode": token}}
}

func (w *world) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// company signs up a company without verification.
func (w *world) company(name string) exam.Actor {
	w.T.Helper()
	return w.signUp(exam.Enterprise, name)
}

func (w *world) signUp(kind exam.AccountKind, name string) exam.Actor {
	w.T.Helper()
	p, err := w.Actions.SignUp(w.ctx, exam.Actor{Channel: exam.Console}, action.SignUp{Kind: kind, AccountName: name, Name: name, Zone: "Asia/Shanghai",
		Email: fmt.Sprintf("p%d@people.example", w.Store.IDs().Next()), Password: actiontest.Password}, "")
	w.must(err)
	return w.Who(p.ID)
}

// verified signs up and goes through the review.
func (w *world) verified(kind exam.AccountKind, name string) exam.Actor {
	w.T.Helper()
	who := w.signUp(kind, name)
	w.must(w.Actions.ApproveVerification(w.ctx, w.Admin, w.submit(who, name, "a.pdf", pdf)))
	return w.Who(who.Person)
}

// browser keeps cookies and follows nothing.
type browser struct {
	w       *world
	lang    lang.Lang
	cookies map[string]string
}

func (b *browser) in(l lang.Lang) *browser { return &browser{w: b.w, lang: l, cookies: b.cookies} }

// answer is what came back; text is what people read.
type answer struct {
	t          testing.TB
	what       string
	status     int
	to         string
	body, text string
	header     http.Header
}

func (b *browser) get(path string) answer {
	b.w.T.Helper()
	return b.send(httptest.NewRequest("GET", path, nil))
}

// post sends fields given as name, value.
func (b *browser) post(path string, pairs ...string) answer {
	b.w.T.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

var (
	script = regexp.MustCompile(`(?s)<(script|style|svg).*?</(script|style|svg)>`)
	tag    = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

func (b *browser) send(r *http.Request) answer {
	t := b.w.T
	t.Helper()
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	r.Header.Set("Accept-Language", string(b.lang))
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	for _, k := range rec.Result().Cookies() {
		if b.cookies[k.Name] = k.Value; k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		}
	}
	a := answer{t: t, what: r.Method + " " + r.URL.String(), status: rec.Code, to: rec.Header().Get("Location"), body: rec.Body.String(), header: rec.Header()}
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		a.text = spaces.ReplaceAllString(html.UnescapeString(tag.ReplaceAllString(script.ReplaceAllString(a.body, " "), " ")), " ")
		if _, main, _ := strings.Cut(a.body, "<main"); strings.Count(main, "btn-primary") > 1 {
			t.Errorf("%s has more than one primary button", a.what)
		}
		for _, bad := range []string{"⟦", " style=", "<no value>", "%!"} {
			if i := strings.Index(a.body, bad); i >= 0 {
				t.Errorf("%s holds %q: %s", a.what, bad, a.body[i:min(len(a.body), i+60)])
			}
		}
	}
	return a
}

// want checks the status and sentences people see.
func (a answer) want(status int, sentences ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: status %d, want %d: %s", a.what, a.status, status, a.text)
	}
	for _, s := range sentences {
		if !strings.Contains(a.text, s) {
			a.t.Errorf("%s: no %q in %s", a.what, s, a.text)
		}
	}
	return a
}

// without checks that no such sentence is seen.
func (a answer) without(sentences ...string) answer {
	a.t.Helper()
	for _, s := range sentences {
		if strings.Contains(a.text, s) {
			a.t.Errorf("%s: %q is there", a.what, s)
		}
	}
	return a
}

// goes checks a redirect after a change, and returns its address.
func (a answer) goes(to string) string {
	a.t.Helper()
	if a.status != http.StatusSeeOther || (to != "" && a.to != to) {
		a.t.Errorf("%s: %d to %q, want 303 to %q: %s", a.what, a.status, a.to, to, a.text)
	}
	return a.to
}

// hidden is the value of a hidden field.
func (a answer) hidden(name string) string {
	a.t.Helper()
	m := regexp.MustCompile(`<input type="hidden" name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.body)
	if m == nil {
		a.t.Fatalf("%s: no hidden %s", a.what, name)
	}
	return m[1]
}

// has tells whether the mark-up holds a piece.
func (a answer) has(pieces ...string) answer {
	a.t.Helper()
	for _, p := range pieces {
		if !strings.Contains(a.body, p) {
			a.t.Errorf("%s: no %s", a.what, p)
		}
	}
	return a
}

// after moves the clock.
func (w *world) after(d time.Duration) { w.Clock.Move(d) }

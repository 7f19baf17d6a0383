package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/mail"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
	"examcode/internal/web/page"
)

const password = "a long enough password"

// world is the program around these pages, with a clock that can be moved.
type world struct {
	t       *testing.T
	now     time.Time
	store   *store.Store
	actions *action.Service
	outbox  *mail.Outbox
	handler http.Handler
}

type queue struct{ woken int }

func (q *queue) Wake(_ context.Context, _ *db.Tx, owed []exam.OwedID) error {
	q.woken += len(owed)
	return nil
}

// each runs a test in a world of its own on each engine. people are those of the
// demonstration; without any it is none.
func each(t *testing.T, people []DemoPerson, test func(w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{t: t, now: time.Date(2026, time.November, 21, 8, 4, 0, 0, time.UTC), store: s}
		clock := func() time.Time { return w.now }
		ring, err := vault.LoadOrCreate(filepath.Join(t.TempDir(), "ring"))
		if err != nil {
			t.Fatal(err)
		}
		if w.outbox, err = mail.NewOutbox(t.TempDir(), "exams@example.org", "Exams"); err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		w.actions = action.New(action.Config{Store: s, Vault: ring, Providers: []pay.Provider{sandbox.New(), transfer.New()}, Mail: w.outbox,
			Compose: func(store.OwedMail) mail.Message { return mail.Message{} }, Queue: &queue{}, Now: clock, Random: rand.Reader, Log: log})
		g := httpd.NewRegistry(httpd.Config{Actions: w.actions, Now: clock, Log: log, BaseURL: "http://exams.example"})
		Mount(&page.Kit{Registry: g, Actions: w.actions, Store: s.Reader(), Now: clock, Programme: "Northwind", BaseURL: "http://exams.example",
			Version: "1", Demo: len(people) > 0}, Options{Demo: people, Outbox: w.outbox})
		w.handler = g
		test(w)
	})
}

// join opens an account; its root signs in with password.
func (w *world) join(kind exam.AccountKind, name, email string) exam.Person {
	w.t.Helper()
	p, err := w.actions.SignUp(context.Background(), exam.Actor{Channel: exam.Command}, action.SignUp{
		Kind: kind, AccountName: name + " Ltd", Name: name, Email: email, Password: password, Zone: "Asia/Shanghai", Lang: "en"}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) operator(role exam.Role, email string) exam.Actor {
	w.t.Helper()
	p, err := w.actions.OpenProgramme(context.Background(), exam.Actor{Channel: exam.Command}, "Northwind", exam.Person{Name: "Olga", Email: email, Role: role}, password)
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := w.store.Reader().IdentityOf(context.Background(), p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return i.Actor
}

// browser keeps cookies and follows nothing.
type browser struct {
	w       *world
	cookies map[string]string
	lang    string
}

func (w *world) browser() *browser { return &browser{w: w, cookies: map[string]string{}, lang: "en"} }

// as is the browser of somebody who is signed in.
func (w *world) as(p exam.Person) *browser {
	w.t.Helper()
	b := w.browser()
	token, _, err := w.actions.OpenSession(context.Background(), p.ID, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	b.cookies["examcode"] = token
	return b
}

// answer is what came back.
type answer struct {
	b      *browser
	what   string
	status int
	to     string // of a redirect
	body   string
	text   string // the words people see
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	return b.send(httptest.NewRequest("GET", path, nil))
}

func (b *browser) post(path string, pairs ...string) answer {
	b.w.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// upload posts a form with a file.
func (b *browser) upload(path, file string, content []byte, pairs ...string) answer {
	b.w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		m.WriteField(pairs[i], pairs[i+1])
	}
	if content != nil {
		part, err := m.CreateFormFile("document", file)
		if err != nil {
			b.w.t.Fatal(err)
		}
		part.Write(content)
	}
	m.Close()
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.send(r)
}

var tags = regexp.MustCompile(`<[^>]*>`)
var spaces = regexp.MustCompile(`\s+`)

func (b *browser) send(r *http.Request) answer {
	b.w.t.Helper()
	for name, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	r.Header.Set("Accept-Language", b.lang)
	rec := httptest.NewRecorder()
	b.w.handler.ServeHTTP(rec, r)
	res := rec.Result()
	for _, k := range res.Cookies() {
		if k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		} else {
			b.cookies[k.Name] = k.Value
		}
		if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode {
			b.w.t.Errorf("cookie %s is open to scripts or other sites", k.Name)
		}
	}
	a := answer{b: b, what: r.Method + " " + r.URL.String(), status: res.StatusCode, to: res.Header.Get("Location"), body: rec.Body.String()}
	a.text = strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(a.body, " ")), " "))
	for _, bad := range []string{"⟦", " style=", "<script>", "%!", "javascript:"} {
		if strings.Contains(a.body, bad) {
			at := strings.Index(a.body, bad)
			b.w.t.Errorf("%s: %q in the page: …%s…", a.what, bad, a.body[max(0, at-80):min(len(a.body), at+80)])
		}
	}
	return a
}

// is expects a status, and words on the page.
func (a answer) is(status int, words ...string) answer {
	a.b.w.t.Helper()
	if a.status != status {
		a.b.w.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) && !strings.Contains(html.UnescapeString(a.body), w) {
			a.b.w.t.Errorf("%s: %q is not in\n%s", a.what, w, a.text)
		}
	}
	return a
}

// without expects words to be absent.
func (a answer) without(words ...string) answer {
	a.b.w.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.b.w.t.Errorf("%s: %q is in\n%s", a.what, w, a.text)
		}
	}
	return a
}

// goes expects a redirect and follows it.
func (a answer) goes(to string) answer {
	a.b.w.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to {
		a.b.w.t.Fatalf("%s: status %d to %q, want a redirect to %q\n%s", a.what, a.status, a.to, to, a.text)
	}
	return a
}

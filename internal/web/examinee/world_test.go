package examinee

import (
	"context"
	"crypto/rand"
	"html"
	"io"
	"log/slog"
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
	"examcode/internal/money"
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
	handler http.Handler

	staff       exam.Actor
	chen        exam.Person // root of the company
	cloud, data exam.Subject
}

type queue struct{ woken int }

func (q *queue) Wake(_ context.Context, _ *db.Tx, owed []exam.OwedID) error {
	q.woken += len(owed)
	return nil
}

// each runs a test in a world of its own on each engine: a company with codes,
// staff, and two subjects. Cloud is sat both ways, changeable until 24 hours
// before; Data is online only, changeable until the start, and a no-show gives
// the code back.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{t: t, now: time.Date(2026, time.November, 21, 8, 4, 0, 0, time.UTC), store: s}
		clock := func() time.Time { return w.now }
		ring, err := vault.LoadOrCreate(filepath.Join(t.TempDir(), "ring"))
		if err != nil {
			t.Fatal(err)
		}
		outbox, err := mail.NewOutbox(t.TempDir(), "exams@example.org", "Exams")
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		w.actions = action.New(action.Config{Store: s, Vault: ring, Providers: []pay.Provider{sandbox.New(), transfer.New()}, Mail: outbox,
			Compose: func(store.OwedMail) mail.Message { return mail.Message{} }, Queue: &queue{}, Now: clock, Random: rand.Reader, Log: log})
		g := httpd.NewRegistry(httpd.Config{Actions: w.actions, Now: clock, Log: log, BaseURL: "http://exams.example"})
		Mount(&page.Kit{Registry: g, Actions: w.actions, Store: s.Reader(), Now: clock, Programme: "Northwind", BaseURL: "http://exams.example", Version: "1"})
		w.handler = g
		p, err := w.actions.OpenProgramme(context.Background(), command, "Northwind", exam.Person{Name: "Olga", Email: "olga@northwind.example", Role: exam.Admin}, password)
		w.must(err)
		w.staff = w.actor(p)
		w.chen = w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		w.verify(w.chen)
		w.cloud = w.subject(exam.Subject{Code: "CLOUD", Name: exam.Names{EN: "Cloud Associate", ZH: "云计算工程师"}, About: exam.Names{EN: "Clouds and <b>rain</b>.", ZH: "云和雨。"}, ExamTypes: exam.ExamTypes, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 600})
		w.data = w.subject(exam.Subject{Code: "DATA", Name: exam.Names{EN: "Data Engineer", ZH: "数据工程师"}, ExamTypes: []exam.ExamType{exam.Online}, NoShow: exam.GivenBack, PassMark: 500})
		test(w)
	})
}

var command = exam.Actor{Channel: exam.Command}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) actor(p exam.Person) exam.Actor {
	w.t.Helper()
	i, err := w.store.Reader().IdentityOf(context.Background(), p.ID)
	w.must(err)
	i.Actor.Channel = exam.Console
	return i.Actor
}

// join opens an account that is not verified.
func (w *world) join(kind exam.AccountKind, name, email string) exam.Person {
	w.t.Helper()
	p, err := w.actions.SignUp(context.Background(), command, action.SignUp{
		Kind: kind, AccountName: "Xinghe Technology", Name: name, Email: email, Password: password, Zone: "Asia/Shanghai", Lang: "en"}, "")
	w.must(err)
	return p
}

func (w *world) verify(p exam.Person) {
	w.t.Helper()
	v := exam.Verification{LegalName: p.Name, RegNumber: "9137 0000", Country: "CN", DocumentKind: "passport", DocumentNumber: "G1234567"}
	v, err := w.actions.SubmitVerification(context.Background(), w.actor(p), v, &action.Upload{Name: "a.pdf", Content: []byte("%PDF-1.7")})
	w.must(err)
	w.must(w.actions.ApproveVerification(context.Background(), w.staff, v.ID))
}

// examinee is somebody who may redeem.
func (w *world) examinee(name, email string) exam.Person {
	w.t.Helper()
	p := w.join(exam.Individual, name, email)
	w.verify(p)
	return p
}

func (w *world) subject(s exam.Subject) exam.Subject {
	w.t.Helper()
	s.Price = money.Amount{Minor: 12000, Currency: "USD"}
	s, err := w.actions.AddSubject(context.Background(), w.staff, s)
	w.must(err)
	return s
}

// codes buys codes of a subject and returns their texts, with the order.
func (w *world) codes(s exam.Subject, n int) []string {
	w.t.Helper()
	ctx, who := context.Background(), w.actor(w.chen)
	o, err := w.actions.BuyCodes(ctx, who, s.ID, n)
	w.must(err)
	_, err = w.actions.PayOrder(ctx, who, o.ID, "sandbox", "", "")
	w.must(err)
	rows, err := w.store.Reader().Codes(ctx, who.Account, store.CodeFilter{Order: o.ID}, w.now, store.Page{})
	w.must(err)
	var texts []string
	for _, c := range rows.Items {
		text, err := w.actions.RevealCode(ctx, who, c.ID)
		w.must(err)
		texts = append(texts, text.Reveal())
	}
	return texts
}

// session opens a session of Cloud at a test centre in Shanghai.
func (w *world) session(at time.Time, seats int) exam.Session {
	w.t.Helper()
	return w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: at, Duration: 90 * time.Minute, Zone: "Asia/Shanghai", Place: "Hall 1", Seats: seats})
}

func (w *world) sessionOf(n exam.Session) exam.Session {
	w.t.Helper()
	n, err := w.actions.AddSession(context.Background(), w.staff, n)
	w.must(err)
	return n
}

// register redeems a code of Cloud for the test centre.
func (w *world) register(p exam.Person, text string) exam.Registration {
	w.t.Helper()
	g, err := w.actions.RedeemCode(context.Background(), w.actor(p), action.Redemption{Subject: w.cloud.ID, Text: text, ExamType: exam.TestCenter})
	w.must(err)
	return g
}

func (w *world) reserve(p exam.Person, g exam.Registration, s exam.Session) {
	w.t.Helper()
	_, err := w.actions.Reserve(context.Background(), w.actor(p), g.ID, s.ID)
	w.must(err)
}

func (w *world) row(p exam.Person, id exam.RegistrationID) store.RegistrationRow {
	w.t.Helper()
	row, err := w.store.Reader().Registration(context.Background(), p.ID, id)
	w.must(err)
	return row
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

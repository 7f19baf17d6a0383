package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/api"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/mail"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
	"examcode/internal/vault"
)

// queue records what the worker was woken for.
type queue struct {
	mu   sync.Mutex
	owed []exam.OwedID
}

func (q *queue) Wake(_ context.Context, _ *db.Tx, owed []exam.Owed) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, o := range owed {
		q.owed = append(q.owed, o.ID)
	}
	return nil
}

// sender takes every mail.
type sender struct{}

func (sender) Send(context.Context, mail.Message) error { return nil }

// world is a programme with its people and the API in front of it.
type world struct {
	t       *testing.T
	handler http.Handler
	reg     *httpd.Registry
	store   *store.Store
	actions *action.Service
	clock   *time.Time
	spec    map[string]any
	keys    map[string]string // person → API key
	people  map[string]exam.Person
	queue   queue
	links   map[string][]string // e-mail → links of its mails
}

const password = "a long enough pass phrase"

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := &world{t: t, store: s, clock: &now, keys: map[string]string{}, people: map[string]exam.Person{}, links: map[string][]string{}}
	v, err := vault.Create(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	clock := func() time.Time { return *w.clock }
	w.actions = action.New(action.Config{Store: s, Vault: v, Providers: []pay.Provider{sandbox.New(), transfer.New()}, Mail: sender{},
		Compose: w.compose, Queue: &w.queue, Now: clock, Random: rand.Reader, Log: log, IssuePart: 20})
	w.reg = httpd.NewRegistry(httpd.Config{Actions: w.actions, Now: clock, Log: log, BaseURL: "http://exam.test"})
	api.Mount(w.reg, api.Deps{Actions: w.actions, Store: s.Reader(), Now: clock, BaseURL: "http://exam.test", Cursor: v.Sign, Seal: v.Seal, Open: v.Open})
	w.handler = w.reg

	command := exam.Actor{Channel: exam.Command, Kind: exam.Operator, Role: exam.Admin}
	staff, err := w.actions.OpenProgramme(t.Context(), command, "Programme", exam.Person{Name: "Ada Admin", Email: "admin@exam.test", Role: exam.Admin}, password)
	w.join("admin", staff, err)
	for _, role := range []exam.Role{exam.Review, exam.Money, exam.Results, exam.Audit} {
		p, err := w.actions.AddPerson(t.Context(), command, staff.Account, exam.Person{Name: string(role), Email: string(role) + "@exam.test", Role: role}, password)
		w.join(string(role), p, err)
	}
	w.get("admin", "/openapi.json").want(200).into(&w.spec)
	return w
}

// join gives a person an API key.
func (w *world) join(name string, p exam.Person, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := w.store.Reader().IdentityOf(w.t.Context(), p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	_, key, err := w.actions.CreateKey(w.t.Context(), i.Actor, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	w.keys[name], w.people[name] = key, p
}

func (w *world) compose(o store.OwedMail) mail.Message {
	w.links[o.Email] = append(w.links[o.Email], o.Notice.Link)
	return mail.Message{}
}

// sent is what follows a beginning in the newest link of a person's mails.
func (w *world) sent(name, begins string) (rest string) {
	w.t.Helper()
	w.queue.mu.Lock()
	owed := w.queue.owed
	w.queue.owed = nil
	w.queue.mu.Unlock()
	for _, id := range owed {
		if err := w.actions.SendOwed(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, l := range w.links[w.people[name].Email] {
		if after, ok := strings.CutPrefix(l, begins); ok {
			rest = after
		}
	}
	if rest == "" {
		w.t.Fatalf("%s was sent no %s", name, begins)
	}
	return rest
}

// company signs up a company; verified ones go through the review.
func (w *world) company(name string, verified bool) {
	w.t.Helper()
	p, err := w.actions.SignUp(w.t.Context(), exam.Actor{}, action.SignUp{Kind: exam.Enterprise, AccountName: name + " Ltd", Name: name,
		Email: name + "@company.test", Password: password, Zone: "Asia/Shanghai"}, "")
	w.join(name, p, err)
	if verified {
		w.verify(name, `{"legal_name":"Company Ltd","registration_number":"HRB 12345","country":"CN","document":{"name":"licence.pdf","content":"JVBERi0xLjQK"}}`)
	}
}

// person signs up an individual.
func (w *world) person(name string, verified bool) {
	w.t.Helper()
	p, err := w.actions.SignUp(w.t.Context(), exam.Actor{}, action.SignUp{Kind: exam.Individual, Name: name, Email: name + "@person.test", Password: password}, "")
	w.join(name, p, err)
	if verified {
		w.verify(name, `{"legal_name":"Some Person","document_kind":"passport","document_number":"P1234567"}`)
	}
}

func (w *world) verify(name, submission string) {
	w.t.Helper()
	id := w.post(name, "/verifications", submission).want(201).text("id")
	w.post("review", "/verifications/"+id+"/approve", "").want(200).field("state", "verified")
}

// subject puts a subject on sale and returns its id.
func (w *world) subject(code string) string {
	w.t.Helper()
	return w.post("admin", "/subjects", `{"code":"`+code+`","name":{"en":"Subject `+code+`","zh":"科目"},"price":{"minor":12000,"currency":"USD"},
		"exam_types":["online","test_center"],"cancel_cutoff_hours":24,"no_show":"forfeit","pass_mark":600}`).want(201).text("id")
}

// session opens a session that starts after a while.
func (w *world) session(subject string, in time.Duration, seats int) string {
	w.t.Helper()
	return w.post("results", "/sessions", fmt.Sprintf(`{"subject_id":%q,"exam_type":"online","starts_at":%q,"duration_minutes":90,"seats":%d}`,
		subject, w.clock.Add(in).Format(time.RFC3339), seats)).want(201).text("id")
}

// bought places and pays an order and returns its id.
func (w *world) bought(who, subject string, quantity int) string {
	w.t.Helper()
	id := w.post(who, "/orders", fmt.Sprintf(`{"subject_id":%q,"quantity":%d}`, subject, quantity)).want(201).text("id")
	w.post(who, "/orders/"+id+"/pay", `{"provider":"sandbox"}`).want(200).field("state", "succeeded")
	return id
}

// codesOf lists the ids of an order's codes.
func (w *world) codesOf(who, order string) []string {
	w.t.Helper()
	ids := []string{}
	for _, c := range w.get(who, "/orders/"+order+"/codes?limit=200").want(200).list("items") {
		ids = append(ids, c.(map[string]any)["id"].(string))
	}
	return ids
}

// reveal returns the text of a code.
func (w *world) reveal(who, code string) string {
	w.t.Helper()
	return w.post(who, "/codes/"+code+"/reveal", "").want(200).text("text")
}

// redeem registers somebody by a code's text.
func (w *world) redeem(who, subject, text string) *reply {
	w.t.Helper()
	return w.post(who, "/registrations", fmt.Sprintf(`{"subject_id":%q,"code":%q,"exam_type":"online"}`, subject, text))
}

// reply is an answer under examination.
type reply struct {
	w      *world
	call   string
	path   string
	method string
	*httptest.ResponseRecorder
	doc map[string]any
}

func (w *world) get(who, path string) *reply { w.t.Helper(); return w.do(who, "GET", path, "") }
func (w *world) post(who, path, body string) *reply {
	w.t.Helper()
	return w.do(who, "POST", path, body)
}
func (w *world) put(who, path, body string) *reply { w.t.Helper(); return w.do(who, "PUT", path, body) }
func (w *world) patch(who, path, body string) *reply {
	w.t.Helper()
	return w.do(who, "PATCH", path, body)
}
func (w *world) delete(who, path string) *reply { w.t.Helper(); return w.do(who, "DELETE", path, "") }

func (w *world) do(who, method, path, body string, headers ...string) *reply {
	w.t.Helper()
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, api.Prefix+path, nil)
	} else {
		r = httptest.NewRequest(method, api.Prefix+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	if key := w.keys[who]; key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.serve(r)
}

// serve sends a request; every answer must be as the description says.
func (w *world) serve(r *http.Request) *reply {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	path, _ := strings.CutPrefix(r.URL.Path, api.Prefix)
	got := &reply{w: w, call: r.Method + " " + r.URL.RequestURI(), path: path, method: strings.ToLower(r.Method), ResponseRecorder: rec}
	if rec.Code >= 500 {
		w.t.Fatalf("%s: %d %s", got.call, rec.Code, rec.Body)
	}
	if rec.Body.Len() > 0 {
		d := json.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
		d.UseNumber()
		if err := d.Decode(&got.doc); err != nil {
			w.t.Fatalf("%s: %v in %s", got.call, err, rec.Body)
		}
	}
	if w.spec != nil {
		got.checkShape()
	}
	return got
}

func (g *reply) want(status int) *reply {
	g.w.t.Helper()
	if g.Code != status {
		g.w.t.Fatalf("%s: status %d, want %d: %s", g.call, g.Code, status, g.Body)
	}
	return g
}

// refused wants a problem with a status and a reason, and returns the reply.
func (g *reply) refused(status int, reason string) *reply {
	g.w.t.Helper()
	if g.Code != status || g.doc["reason"] != reason {
		g.w.t.Errorf("%s: %d %v, want %d %s: %s", g.call, g.Code, g.doc["reason"], status, reason, g.Body)
	}
	return g
}

// on wants the refusal to name a field.
func (g *reply) on(field string) *reply {
	g.w.t.Helper()
	errors, _ := g.doc["errors"].([]any)
	for _, e := range errors {
		if e.(map[string]any)["field"] == field {
			return g
		}
	}
	g.w.t.Errorf("%s: no refused field %q in %s", g.call, field, g.Body)
	return g
}

// at finds a value by a dotted path.
func (g *reply) at(path string) any {
	g.w.t.Helper()
	var v any = g.doc
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			g.w.t.Fatalf("%s: no %s in %s", g.call, path, g.Body)
		}
		v = m[name]
	}
	return v
}

func (g *reply) text(path string) string {
	g.w.t.Helper()
	s, ok := g.at(path).(string)
	if !ok || s == "" {
		g.w.t.Fatalf("%s: %s is no text in %s", g.call, path, g.Body)
	}
	return s
}

func (g *reply) list(path string) []any {
	g.w.t.Helper()
	l, ok := g.at(path).([]any)
	if !ok {
		g.w.t.Fatalf("%s: %s is no list in %s", g.call, path, g.Body)
	}
	return l
}

// field wants a value at a path, compared as it is printed.
func (g *reply) field(path string, want any) *reply {
	g.w.t.Helper()
	if got := g.at(path); fmt.Sprint(got) != fmt.Sprint(want) {
		g.w.t.Errorf("%s: %s is %v, want %v: %s", g.call, path, got, want, g.Body)
	}
	return g
}

func (g *reply) into(v any) {
	g.w.t.Helper()
	if err := json.Unmarshal(g.Body.Bytes(), v); err != nil {
		g.w.t.Fatalf("%s: %v", g.call, err)
	}
}

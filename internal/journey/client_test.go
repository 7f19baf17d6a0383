package journey_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// client speaks the JSON API. With several bases every call goes to the next
// replica, so that nothing can be kept in one process only.
type client struct {
	t     *testing.T
	http  *http.Client
	bases []string
	calls *atomic.Int64
	keys  map[string]string // person → API key
}

func newClient(t *testing.T, bases ...string) *client {
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 100
	t.Cleanup(wire.CloseIdleConnections)
	return &client{t: t, http: &http.Client{Transport: wire, Timeout: 60 * time.Second}, bases: bases, calls: new(atomic.Int64), keys: map[string]string{}}
}

// reply is an answer of the API.
type reply struct {
	t    *testing.T
	call string
	code int
	kind string
	body []byte
	doc  map[string]any
}

func (c *client) get(who, path string) *reply { c.t.Helper(); return c.do(who, "GET", path, "") }
func (c *client) post(who, path, body string) *reply {
	c.t.Helper()
	return c.do(who, "POST", path, body)
}

// do calls the API as somebody; headers are names and values.
func (c *client) do(who, method, path, body string, headers ...string) *reply {
	c.t.Helper()
	got, err := c.try(who, method, path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// try is do for goroutines, which may not end the test.
func (c *client) try(who, method, path, body string, headers ...string) (*reply, error) {
	base := c.bases[int(c.calls.Add(1))%len(c.bases)]
	r, err := http.NewRequest(method, base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key, known := c.keys[who]; known {
		r.Header.Set("Authorization", "Bearer "+key)
	} else if who != "" {
		return nil, fmt.Errorf("nobody is called %s", who)
	}
	if len(body) > 1<<20 {
		r.Header.Set("Expect", "100-continue") // ask first, as curl does
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	got := &reply{t: c.t, call: who + ": " + method + " " + path, code: answer.StatusCode, kind: answer.Header.Get("Content-Type"), body: drained(answer)}
	if len(got.body) > 0 {
		d := json.NewDecoder(bytes.NewReader(got.body))
		d.UseNumber()
		if err := d.Decode(&got.doc); err != nil {
			return nil, fmt.Errorf("%w in %s", err, got.body)
		}
	}
	return got, nil
}

func (g *reply) want(code int) *reply {
	g.t.Helper()
	if g.code != code {
		g.t.Fatalf("%s: status %d, want %d: %s", g.call, g.code, code, g.body)
	}
	return g
}

// at is a value by a dotted path, as it is printed.
func (g *reply) at(path string) string {
	g.t.Helper()
	var v any = g.doc
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			g.t.Fatalf("%s: no %s in %s", g.call, path, g.body)
		}
		v = m[name]
	}
	return fmt.Sprint(v)
}

func (g *reply) field(path string, want any) *reply {
	g.t.Helper()
	if got := g.at(path); got != fmt.Sprint(want) {
		g.t.Errorf("%s: %s is %s, want %v: %s", g.call, path, got, want, g.body)
	}
	return g
}

// id is the id of what the answer shows.
func (g *reply) id() string {
	g.t.Helper()
	id, ok := g.doc["id"].(string)
	if !ok || id == "" {
		g.t.Fatalf("%s: no id in %s", g.call, g.body)
	}
	return id
}

// items are a field of each entry of a list.
func (g *reply) items(field string) []string {
	g.t.Helper()
	list, ok := g.doc["items"].([]any)
	if !ok {
		g.t.Fatalf("%s: no list in %s", g.call, g.body)
	}
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = fmt.Sprint(x.(map[string]any)[field])
	}
	return all
}

// refused wants a problem document with a status and a reason.
func (g *reply) refused(code int, reason string) {
	g.t.Helper()
	if g.code != code || g.doc["reason"] != reason {
		g.t.Errorf("%s: %d %v, want %d %s: %s", g.call, g.code, g.doc["reason"], code, reason, g.body)
	}
	if g.kind != "application/problem+json" || g.doc["detail"] == "" {
		g.t.Errorf("%s: a refusal as %s: %s", g.call, g.kind, g.body)
	}
}

// subject puts a subject on sale and returns its id.
func (c *client) subject(admin, code string, cutoffHours int) string {
	c.t.Helper()
	return c.post(admin, "/subjects", fmt.Sprintf(`{"code":%q,"name":{"en":"Subject %s","zh":"科目"},"price":{"minor":12000,"currency":"USD"},
		"exam_types":["online","test_center"],"cancel_cutoff_hours":%d,"no_show":"forfeit","pass_mark":60}`, code, code, cutoffHours)).want(201).id()
}

// session opens an online session.
func (c *client) session(staff, subject string, starts time.Time, seats int) string {
	c.t.Helper()
	return c.post(staff, "/sessions", fmt.Sprintf(`{"subject_id":%q,"exam_type":"online","starts_at":%q,"duration_minutes":90,"seats":%d}`,
		subject, starts.UTC().Format(time.RFC3339Nano), seats)).want(201).id()
}

// bought is the id of a paid order.
func (c *client) bought(buyer, subject string, quantity int) string {
	c.t.Helper()
	order := c.post(buyer, "/orders", fmt.Sprintf(`{"subject_id":%q,"quantity":%d}`, subject, quantity)).want(201).id()
	c.post(buyer, "/orders/"+order+"/pay", `{"provider":"sandbox"}`).want(200).field("state", "succeeded")
	return order
}

// text is the text of a code.
func (c *client) text(buyer, code string) string {
	c.t.Helper()
	return c.post(buyer, "/codes/"+code+"/reveal", "").want(200).at("text")
}

func redeem(subject, text string) string {
	return fmt.Sprintf(`{"subject_id":%q,"code":%q,"exam_type":"online"}`, subject, text)
}

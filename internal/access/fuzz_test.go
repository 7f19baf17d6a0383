package access

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/web/webtest"
)

// fuzzed is a house that fuzz targets call.
func fuzzed(f *testing.F) *house {
	return open(webtest.New(f, store.New(dbtest.SQLite(f, "store", storetest.Prepare), id.NewSource(0, time.Now))))
}

// A cookie, a key or the token of a link is taken exactly as it was given out, and
// a key is no session and a session no key.
func FuzzToken(f *testing.F) {
	h := fuzzed(f)
	root := h.callers[slices.IndexFunc(h.callers, func(c caller) bool { return c.name == "root" })]
	session, _, err := h.Actions.OpenSession(f.Context(), root.who.Person, "fuzz")
	h.Must(err)
	stop := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, s := range []string{"", root.key, session, " " + root.key, root.key + "=", strings.ToUpper(root.key), root.key[:len(root.key)-1], "exs_" + root.key[4:], stop, "' OR 1=1 --", "\xff\x00", strings.Repeat("A", 5000)} {
		f.Add(s, "Bearer")
	}
	f.Add(root.key, "bearer")
	f.Add(root.key, "Basic")
	get := func(path string, headers ...string) int {
		q := httptest.NewRequest("GET", webtest.BaseURL+path, nil)
		for i := 0; i < len(headers); i += 2 {
			q.Header.Set(headers[i], headers[i+1])
		}
		rec := httptest.NewRecorder()
		h.Registry.ServeHTTP(rec, q)
		return rec.Code
	}
	f.Fuzz(func(t *testing.T, token, scheme string) {
		good := strings.TrimSpace(token) == root.key && strings.EqualFold(scheme, "bearer")
		if got := get("/api/v1/me", "Authorization", scheme+" "+token); got >= 500 || (got == 200) != good && scheme+token != "" {
			t.Fatalf("%q %q is answered %d", scheme, token, got)
		}
		if got := get("/api/v1/me", "Cookie", webtest.SessionCookie+"="+token); got != http.StatusUnauthorized {
			t.Fatalf("the API takes the cookie %q: %d", token, got)
		}
		r := http.Request{Header: http.Header{"Cookie": {webtest.SessionCookie + "=" + token}}}
		k, err := r.Cookie(webtest.SessionCookie)
		signedIn := err == nil && k.Value == session
		if got := get("/account", "Cookie", webtest.SessionCookie+"="+token); got >= 500 || (got == 200) != signedIn {
			t.Fatalf("the cookie %q is answered %d", token, got)
		}
		if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == "" && token != "" {
			for _, link := range []string{"/mail/stop/", "/mail/agree/"} {
				if got := get(link + token); got != http.StatusNotFound {
					t.Fatalf("%s%s is answered %d", link, token, got)
				}
			}
		}
	})
}

var named = regexp.MustCompile(`\{[a-z]+\}`)

// A call is answered or refused in words the API declares, whatever its body and
// query; with a field that no call knows it has no effect.
func FuzzCall(f *testing.F) {
	h := fuzzed(f)
	key := map[string]string{}
	for _, c := range h.callers {
		key[c.name] = c.key
	}
	var routes []httpd.Route
	for _, r := range h.Registry.Routes() {
		if r.Face == "api" {
			routes = append(routes, r)
		}
	}
	for i, b := range []string{`{}`, `{"quantity": 2}`, `{"ids": ["x"]}`, `{"price": {"minor": 1.5, "currency": "usd"}}`, `{"a": null}`, `[]`, `{"note": "\u0000"}`, `{"quantity": 1e999}`} {
		for n := i; n < len(routes); n += 8 {
			f.Add(uint16(n), []byte(b), "limit=5&state=unused", n%2 == 0)
		}
	}
	known := map[string]bool{}
	for _, e := range fault.Declared() {
		known[e.Reason] = true
	}
	f.Fuzz(func(t *testing.T, which uint16, body []byte, query string, extra bool) {
		r := routes[int(which)%len(routes)]
		var fields map[string]json.RawMessage
		if extra && r.Method != http.MethodGet && json.Unmarshal(body, &fields) == nil {
			if fields == nil {
				fields = map[string]json.RawMessage{}
			}
			fields["account_id"] = json.RawMessage(`"acc_0000000000001"`)
			body, _ = json.Marshal(fields)
		}
		path := named.ReplaceAllString(h.path(r.Pattern, false), exam.CodeID(7).String())
		q := httptest.NewRequest(r.Method, webtest.BaseURL+path, strings.NewReader(string(body)))
		q.URL.RawQuery = query
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Authorization", "Bearer "+key[[]string{"root", "staff for admin", "examinee"}[which%3]])
		rec := httptest.NewRecorder()
		h.Registry.ServeHTTP(rec, q)
		what := fmt.Sprintf("%s %s?%s with %q: %d %s", r.Method, path, query, body, rec.Code, rec.Body)
		if rec.Code < 400 {
			if fields != nil {
				t.Fatalf("an unknown field is taken: %s", what)
			}
			return
		}
		var p struct {
			Reason string
			Status int
		}
		if rec.Code >= 500 || json.Unmarshal(rec.Body.Bytes(), &p) != nil || !known[p.Reason] || p.Status != rec.Code || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Fatal(what)
		}
	})
}

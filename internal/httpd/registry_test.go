package httpd_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
)

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	h := build(t)
	done := 0
	h.Handle(h.pages, "POST", "/buy", httpd.Public, func(http.ResponseWriter, *http.Request) error { done++; return nil })
	h.Handle(h.pages, "GET", "/buy", httpd.Public, says("in"))
	for _, c := range []struct {
		method  string
		headers []string
		status  int
	}{
		{"POST", nil, 200}, // no browser
		{"POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"POST", []string{"Origin", "http://exams.example"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", []string{"Origin", "https://elsewhere.example"}, 403},
		{"POST", []string{"Origin", "null"}, 403},
		{"GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
	} {
		before := done
		w := h.send(httptest.NewRequest(c.method, "http://exams.example/buy", nil), c.headers...)
		if w.Code != c.status || (c.status == 403) != strings.Contains(w.Body.String(), "pages refuses: cross_origin") {
			t.Errorf("%s %q: %d %s", c.method, c.headers, w.Code, w.Body)
		}
		if c.status == 403 && done != before {
			t.Errorf("%s %q reached the handler", c.method, c.headers)
		}
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	h := build(t)
	h.Handle(h.pages, "POST", "/up", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})
	for _, c := range []struct {
		name   string
		size   int
		tell   bool // Content-Length
		status int
	}{{"at the limit", 100, true, 200}, {"over it", 101, true, 413}, {"at it, streamed", 100, false, 200}, {"over it, streamed", 101, false, 413}} {
		r := httptest.NewRequest("POST", "/up", strings.NewReader(strings.Repeat("x", c.size)))
		if !c.tell {
			r.ContentLength = -1
		}
		w := h.send(r)
		if w.Code != c.status || (c.status == 413) != strings.Contains(w.Body.String(), "body_too_large") {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}

// A defect shows people a page with a reference, and the log the stack.
func TestAPanicIsAPageWithAReference(t *testing.T) {
	h := build(t)
	k := &page.Kit{Registry: h.Registry, Now: h.Now, Programme: "Northwind", BaseURL: h.BaseURL}
	k.Handle("GET", "/broken", httpd.Public, func(http.ResponseWriter, *http.Request) error { panic("secret value") })
	k.Handle("GET", "/half", httpd.Public, func(w http.ResponseWriter, _ *http.Request) error {
		io.WriteString(w, "half")
		panic("secret value")
	})
	k.Handle("GET", "/left", httpd.Public, func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) })
	w := h.send(httptest.NewRequest("GET", "/broken", nil))
	ref, body := w.Header().Get("X-Request-Id"), w.Body.String()
	if w.Code != 500 || ref == "" || !strings.Contains(body, ref) || !strings.Contains(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), body)
	}
	for _, bad := range []string{"secret", "goroutine", ".go:", "panic"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page says %q", bad)
		}
	}
	for _, want := range []string{ref, "secret value", "registry_test.go"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	func() {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				t.Errorf("panicked with %v", v)
			}
		}()
		if body := h.send(httptest.NewRequest("GET", "/half", nil)).Body.String(); body != "half" {
			t.Errorf("a second answer follows the first: %s", body)
		}
	}()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("an aborted answer ends with %v", v)
		}
	}()
	h.send(httptest.NewRequest("GET", "/left", nil))
}

// What no route takes is refused in the form of the face that owns the path.
func TestTheOwnerOfAPathRefuses(t *testing.T) {
	h := build(t)
	h.Handle(h.pages, "GET", "/list/{id}", httpd.SignedIn, says("page"))
	h.Handle(h.calls, "GET", "/api/list", httpd.Public, says("call"))
	h.Handle(h.calls, "POST", "/api/list", httpd.Public, says("call"))
	for _, c := range []struct {
		method, path string
		status       int
		body, allow  string
	}{
		{"GET", "/nowhere", 404, "pages refuses: not_found", ""},
		{"GET", "/api/nowhere", 404, "calls refuses: not_found", ""},
		{"GET", "/apish", 404, "pages refuses: not_found", ""},
		{"GET", "/list/1/2", 404, "pages refuses: not_found", ""},
		{"POST", "/list/1", 405, "pages refuses: method_not_allowed", "GET, HEAD"},
		{"DELETE", "/api/list", 405, "calls refuses: method_not_allowed", "GET, HEAD, POST"},
		{"GET", "/api/list", 200, "call", ""},
		{"GET", "/list/1", 401, "pages refuses: not_signed_in", ""},
	} {
		w := h.send(httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.body) || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %s, allowed %q", c.method, c.path, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
	if w := h.send(httptest.NewRequest("GET", "/api//list", nil)); w.Code/100 != 3 || w.Header().Get("Location") != "/api/list" {
		t.Errorf("an untidy path: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	for _, base := range []string{"http://exams.example", "https://exams.example"} {
		h := build(t, func(c *httpd.Config) { c.BaseURL = base })
		h.Handle(h.calls, "GET", "/api/x", httpd.Public, says("in"))
		h.Handle(h.calls, "GET", "/api/broken", httpd.Public, func(http.ResponseWriter, *http.Request) error { panic("x") })
		refs := map[string]bool{}
		for _, r := range []*http.Request{
			httptest.NewRequest("GET", "/api/x", nil), httptest.NewRequest("GET", "/api/broken", nil), httptest.NewRequest("PUT", "/api/x", nil),
			httptest.NewRequest("GET", "/api/nowhere", nil), httptest.NewRequest("POST", "/api/x", strings.NewReader(strings.Repeat("x", 2000))),
		} {
			w := h.send(r)
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "X-Face": "calls"} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s %s: %s is %q", r.Method, r.URL, name, got)
				}
			}
			if w.Header().Get("Permissions-Policy") == "" || (w.Header().Get("Strict-Transport-Security") != "") != (base[:5] == "https") {
				t.Errorf("%s %s at %s: %v", r.Method, r.URL, base, w.Header())
			}
			ref := w.Header().Get("X-Request-Id")
			if len(ref) != 16 || refs[ref] {
				t.Errorf("%s %s: reference %q", r.Method, r.URL, ref)
			}
			refs[ref] = true
		}
	}
}

// Counting tries is by network: what a person can change easily is cut off.
func TestTheClientsNetwork(t *testing.T) {
	const peer, forward = "192.0.2.77:4711", "X-Forwarded-For"
	for _, c := range []struct {
		peer    string
		trust   bool
		headers []string
		want    string
	}{
		{peer, false, nil, "192.0.2.0/24"},
		{"[2001:db8:1:2:3:4:5:6]:80", false, nil, "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.9]:80", false, nil, "192.0.2.0/24"},
		{"[fe80::1%eth0]:80", false, nil, "fe80::/64"},
		{"@", false, nil, "unknown"},
		{peer, false, []string{forward, "198.51.100.1"}, "192.0.2.0/24"},
		{peer, true, nil, "192.0.2.0/24"},
		{peer, true, []string{forward, "198.51.100.1"}, "198.51.100.0/24"},
		{peer, true, []string{forward, "10.0.0.1, 203.0.113.5 , 198.51.100.1"}, "198.51.100.0/24"},
		{peer, true, []string{forward, "203.0.113.5", forward, "2001:db8::1"}, "2001:db8::/64"},
		{peer, true, []string{forward, "198.51.100.1:5678"}, "198.51.100.0/24"},
		{peer, true, []string{forward, "[2001:db8::1]:80"}, "2001:db8::/64"},
		{peer, true, []string{forward, "<script>"}, "unknown"},
	} {
		h := build(t, func(k *httpd.Config) { k.TrustProxy = c.trust })
		h.Handle(h.calls, "GET", "/api/x", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
			_, err := io.WriteString(w, httpd.From(r.Context()).Network)
			return err
		})
		r := httptest.NewRequest("GET", "/api/x", nil)
		r.RemoteAddr = c.peer
		if got := h.send(r, c.headers...).Body.String(); got != c.want {
			t.Errorf("%s, trusted %v, %q: %s, want %s", c.peer, c.trust, c.headers, got, c.want)
		}
	}
}

// The actor of a request carries the way they came and the request's reference.
func TestTheActorKnowsTheRequest(t *testing.T) {
	h := build(t)
	h.Handle(h.calls, "GET", "/api/x", httpd.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		req := httpd.From(r.Context())
		if a := req.Actor(); a.Person != 1 || a.Channel != exam.API || a.Request != req.Ref || !req.Locale.Now.Equal(now) {
			t.Errorf("%+v", req)
		}
		return nil
	})
	if w := h.send(httptest.NewRequest("GET", "/api/x", nil), "Who", "root"); w.Code != 200 {
		t.Error(w.Code, w.Body)
	}
}

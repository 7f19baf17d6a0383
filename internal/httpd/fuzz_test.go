package httpd

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

// Tries are counted by a network and nothing else: what a client claims counts
// only where a proxy is trusted, and then only what that proxy wrote itself.
func FuzzNetwork(f *testing.F) {
	for _, s := range []string{"203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7", "fe80::1%eth0", "1.2.3.4, 203.0.113.7", "203.0.113.7:443", "[2001:db8::1]:443", "", ",", "unknown", "999.1.1.1", "1.2.3.4\r\nX: y"} {
		f.Add("192.0.2.1:1234", s, "198.51.100.9")
	}
	f.Fuzz(func(t *testing.T, remote, forwarded, claimed string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		before := network(r, false)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		if got := network(r, false); got != before {
			t.Fatalf("%q makes %q of %q", forwarded, got, before)
		}
		for _, got := range []string{before, network(r, true)} {
			if got == "unknown" {
				continue
			}
			p, err := netip.ParsePrefix(got)
			if err != nil || p.Masked() != p || p.Addr().Is4In6() || p.Addr().Is4() && p.Bits() != 24 || p.Addr().Is6() && p.Bits() != 64 {
				t.Fatalf("%q and %q are counted as %q", remote, forwarded, got)
			}
		}
		if alone := network(r, true); !strings.Contains(forwarded, ",") {
			r.Header["X-Forwarded-For"] = []string{claimed + ", " + forwarded}
			if got := network(r, true); got != alone {
				t.Fatalf("claiming %q makes %q of %q", claimed, got, alone)
			}
			r.Header["X-Forwarded-For"] = []string{claimed, forwarded}
			if got := network(r, true); got != alone {
				t.Fatalf("a header with %q makes %q of %q", claimed, got, alone)
			}
		}
	})
}

// What a page says once comes from a cookie that anybody can write: it is text of
// a bounded length, and what was set reads back.
func FuzzNotice(f *testing.F) {
	f.Add("eyJrIjoiZG9uZSIsInQiOiJ4In0", "done", "Bought.")
	f.Add("%%%", "failed", "<script>")
	f.Add("", "", "\x00\xff")
	c := Config{BaseURL: "https://exams.example"}
	f.Fuzz(func(t *testing.T, raw, kind, text string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", c.cookie("notice")+"="+raw)
		if n := c.TakeNotice(httptest.NewRecorder(), r); n != nil && (len(n.Text) > 2000 || !utf8.ValidString(n.Text) || !utf8.ValidString(n.Kind)) {
			t.Fatalf("%q is read as %+v", raw, n)
		}
		w := httptest.NewRecorder()
		c.SetNotice(w, Notice{kind, text})
		set := w.Result().Cookies()
		if len(set) != 1 || !set[0].Secure || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode || set[0].Path != "/" || set[0].Domain != "" {
			t.Fatalf("the cookie is %v", w.Header())
		}
		r = httptest.NewRequest("GET", "/", nil)
		r.AddCookie(set[0])
		valid := utf8.ValidString(kind) && utf8.ValidString(text) && len(text) <= 2000
		if n := c.TakeNotice(httptest.NewRecorder(), r); valid && (n == nil || *n != Notice{kind, text}) {
			t.Fatalf("%q and %q read back as %+v", kind, text, n)
		}
	})
}

// What a face lets through as text is text to both databases.
func FuzzReadable(f *testing.F) {
	for _, s := range []string{"", "Li Na", "\x00", "a\xffb", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		good := strings.ToValidUTF8(s, "\x00") == s && !strings.Contains(s, "\x00")
		if Readable(s) != good || ReadableValues(map[string][]string{s: {"a"}}) != good || ReadableValues(map[string][]string{"a": {"b", s}}) != good {
			t.Fatalf("%q", s)
		}
	})
}

package page

import (
	"bytes"
	"crypto/rand"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"examcode/internal/codetext"
	"examcode/internal/fault"
)

// An address that pages lead back to is on this site, as browsers read it: they
// take \ for /, and leave out tabs and line breaks.
func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/orders?state=paid", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)", "/%2f/evil.example", "", "/a#//b", "/\n/evil.example", "/./\\evil"} {
		f.Add(s)
	}
	site, _ := url.Parse("https://exams.example/enterprise/")
	f.Fuzz(func(t *testing.T, address string) {
		got := Local(address, "/otherwise")
		if _, err := codetext.Parse(got); got != address && got != "/otherwise" && (err == nil || !strings.Contains(address, "?") && !strings.Contains(address, "#")) {
			t.Fatalf("%q became %q", address, got)
		}
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimFunc(got, func(r rune) bool { return r <= ' ' }))
		u, err := url.Parse(read)
		if err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if to := site.ResolveReference(u); to.Host != site.Host || to.Scheme != site.Scheme || !strings.HasPrefix(got, "/") || strings.HasPrefix(read, "//") {
			t.Fatalf("%q leads to %s", got, to)
		}
	})
}

// Where a text of a code stood in an address, it does not travel on.
func FuzzDiscreet(f *testing.F) {
	for _, s := range []string{"code=%s", "q=%s&state=unused", "q=%s;x", "%s", "a=%zz&b=%s", "q=%25%s", "%s=1", "q=+%s+"} {
		f.Add(s, byte('q'))
	}
	text, err := codetext.New(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, form string, b byte) {
		raw := strings.ReplaceAll(form, "%s", text.Reveal())
		got := discreet(&url.URL{Path: "/codes", RawQuery: raw})
		u, err := url.Parse(got)
		if err != nil {
			return // no browser follows it
		}
		for name, values := range u.Query() {
			for _, v := range append(values, name) {
				if x, err := codetext.Parse(v); err == nil {
					t.Fatalf("%q travels on as %q with %s", raw, got, x.Reveal())
				}
			}
		}
		if form == "q=%s" && strings.Contains(got, text.Reveal()) {
			t.Fatalf("%q travels on as %q", raw, got)
		}
	})
}

// Which page of a list is wanted is never out of range, and links to other pages
// say what they were told.
func FuzzList(f *testing.F) {
	for _, s := range []string{"", "older=1z&rows=100", "newer=-5", "older=zzzzzzzzzzzzzzzzzzz", "rows=1000000", "rows=20&rows=7", "older=%00;", "a=1&b=2"} {
		f.Add(s, int64(77))
	}
	f.Fuzz(func(t *testing.T, query string, id int64) {
		r := httptest.NewRequest("GET", "/codes", nil)
		r.URL.RawQuery = query
		p := ListPage(r)
		if p.Older < 0 || p.Newer < 0 || p.Limit != 20 && p.Limit != 50 && p.Limit != 100 && p.Limit != 200 {
			t.Fatalf("%q asks for %+v", query, p)
		}
		if id <= 0 {
			return
		}
		to, err := url.Parse(With(r.URL, "older", strconv.FormatInt(id, 36), "newer", ""))
		if err != nil {
			t.Fatal(err)
		}
		r.URL = to
		if p := ListPage(r); p.Older != id || p.Newer != 0 {
			t.Fatalf("%q with %d leads to %s", query, id, to)
		}
	})
}

// A form that is taken is text, files keep their content, and numbers are what
// was typed; what cannot be read is refused as the sender's fault.
func FuzzForm(f *testing.F) {
	f.Add("name=Li+Na&n=1%2C000", "passport.pdf", []byte("%PDF-"), "１２")
	f.Add("a=%00", "../x", []byte{}, "-1")
	f.Add("%zz", "a\r\nb", []byte("x"), "1e3")
	f.Fuzz(func(t *testing.T, body, file string, content []byte, number string) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		taken(t, r)
		r = httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		taken(t, r)

		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		m.WriteField("n", number)
		if w, err := m.CreateFormFile("document", file); err == nil {
			w.Write(content)
		}
		m.Close()
		r = httptest.NewRequest("POST", "/x", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		form := taken(t, r)
		if form == nil {
			return
		}
		if up, err := form.File("document"); err == nil && up != nil && !bytes.Equal(up.Content, content) {
			t.Fatalf("%q came in as %q", content, up.Content)
		}
		if n, ok := form.Int("n"); ok {
			again := NewForm("n", strconv.Itoa(n))
			if m, ok := again.Int("n"); !ok || m != n {
				t.Fatalf("%q is %d, which is %d", number, n, m)
			}
		}
	})
}

func taken(t *testing.T, r *http.Request) *Form {
	form, err := ReadForm(r)
	if err != nil {
		if e := fault.Of(err); e.Kind != fault.Invalid || e.Reason == "" {
			t.Fatalf("refused with %v", err)
		}
		return nil
	}
	for name, values := range form.Values {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				t.Fatalf("%q is taken", v)
			}
		}
	}
	return form
}

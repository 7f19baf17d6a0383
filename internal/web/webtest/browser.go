package webtest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"examcode/internal/lang"
)

// SessionCookie is the cookie that keeps who is signed in.
const SessionCookie = "examcode"

// Browser keeps cookies and follows nothing. Several goroutines may send with it.
type Browser struct {
	w    *World
	Lang string // what it says it accepts
	jar  *jar
}

type jar struct {
	mu      sync.Mutex
	cookies map[string]string
}

// In is the same browser, with the same cookies, in a language.
func (b *Browser) In(l lang.Lang) *Browser { return &Browser{w: b.w, Lang: string(l), jar: b.jar} }

// Cookie is the value of a cookie; "" when there is none.
func (b *Browser) Cookie(name string) string {
	b.jar.mu.Lock()
	defer b.jar.mu.Unlock()
	return b.jar.cookies[name]
}

// SetCookie puts a cookie into the browser; no value takes it out.
func (b *Browser) SetCookie(name, value string) {
	b.jar.mu.Lock()
	defer b.jar.mu.Unlock()
	if b.jar.cookies[name] = value; value == "" {
		delete(b.jar.cookies, name)
	}
}

// Get looks at a page.
func (b *Browser) Get(path string) Answer {
	b.w.T.Helper()
	return b.send(b.request("GET", path, nil))
}

// Post sends fields given as name, value, from nowhere.
func (b *Browser) Post(path string, pairs ...string) Answer {
	b.w.T.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.send(b.form(path, v))
}

// Look opens a page as a part of it does that looks again by itself.
func (b *Browser) Look(path string) Answer {
	b.w.T.Helper()
	r := b.request("GET", path, nil)
	r.Header.Set("HX-Request", "true")
	return b.send(r)
}

// Submit sends a form from the page that has its own address, as Answer.Form
// gives it.
func (b *Browser) Submit(path string, form url.Values) Answer {
	b.w.T.Helper()
	r := b.form(path, form)
	r.Header.Set("Referer", BaseURL+path)
	return b.send(r)
}

// Upload posts fields given as name, value, and a document unless content is nil.
func (b *Browser) Upload(path, file string, content []byte, pairs ...string) Answer {
	b.w.T.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.w.Must(m.WriteField(pairs[i], pairs[i+1]))
	}
	if content != nil {
		part, err := m.CreateFormFile("document", file)
		b.w.Must(err)
		_, err = part.Write(content)
		b.w.Must(err)
	}
	b.w.Must(m.Close())
	r := b.request("POST", path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.send(r)
}

func (b *Browser) request(method, path string, body io.Reader) *http.Request {
	return httptest.NewRequest(method, BaseURL+path, body)
}

func (b *Browser) form(path string, v url.Values) *http.Request {
	r := b.request("POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (b *Browser) send(r *http.Request) Answer {
	t := b.w.T
	t.Helper()
	b.jar.mu.Lock()
	for name, v := range b.jar.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	b.jar.mu.Unlock()
	r.Header.Set("Accept-Language", b.Lang)
	rec := httptest.NewRecorder()
	b.w.Registry.ServeHTTP(rec, r)
	a := Answer{t: t, what: r.Method + " " + r.URL.RequestURI() + " (" + b.Lang + ")", Status: rec.Code, To: rec.Header().Get("Location"), Header: rec.Header(), Body: rec.Body.String()}
	for _, k := range rec.Result().Cookies() {
		if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: cookie %s is open to scripts or other sites", a.what, k.Name)
		}
		if k.MaxAge < 0 {
			k.Value = ""
		}
		b.SetCookie(k.Name, k.Value)
		a.Notice = a.Notice || k.Name == "notice" && k.Value != ""
	}
	a.read()
	for _, fault := range a.faults() {
		t.Errorf("%s: %s", a.what, fault)
	}
	return a
}

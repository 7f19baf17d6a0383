package access

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

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/proof"
	"examcode/internal/web/webtest"
)

const secure = "https://exams.example"

// want are the headers that every answer has; an empty value is any.
var want = map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Content-Security-Policy": "",
	"Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "", "Strict-Transport-Security": "max-age=63072000", "Cache-Control": "no-store"}

// lasting are the addresses whose answers are nobody's and may be kept.
var lasting = regexp.MustCompile(`^/static/|^/api/v1/openapi\.json$`)

// told is what no answer may tell of our insides.
var told = regexp.MustCompile(`goroutine \d+|\.go:\d+|runtime error|panic:|SQLSTATE|sqlite3?:|pq:|/root/|/home/`)

var linked = regexp.MustCompile(`(?i)\b(?:href|src|action|formaction|poster|data-[a-z-]+|hx-[a-z-]+|content)="([^"]*)"`)

// lacks is all that an answer to a path lacks or has too much of. texts are code
// texts, which stand in no address.
func lacks(path string, h http.Header, body string, texts []string) (bad []string) {
	for name, value := range want {
		got := h.Values(name)
		keeps := name == "Cache-Control" && lasting.MatchString(path)
		if len(got) != 1 || value != "" && got[0] != value && !keeps {
			bad = append(bad, fmt.Sprintf("%s is %q", name, got))
		}
	}
	policy := h.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		bad = append(bad, "the content policy is "+policy)
	}
	for _, name := range []string{"Server", "X-Powered-By", "X-Runtime", "X-AspNet-Version", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if h.Get(name) != "" {
			bad = append(bad, name+" is told")
		}
	}
	for _, line := range h.Values("Set-Cookie") {
		k, err := http.ParseSetCookie(line)
		if err != nil || !strings.HasPrefix(k.Name, "__Host-") || !k.Secure || !k.HttpOnly || k.Path != "/" || k.Domain != "" || k.SameSite != http.SameSiteLaxMode && k.SameSite != http.SameSiteStrictMode {
			bad = append(bad, "the cookie "+line)
		}
	}
	kind := h.Get("Content-Type")
	if body != "" && kind == "" {
		bad = append(bad, "no content type")
	}
	if found := told.FindString(body); found != "" && !lasting.MatchString(path) {
		bad = append(bad, "it tells "+found)
	}
	addresses := append(h.Values("Location"), h.Values("Content-Location")...)
	if strings.HasPrefix(kind, "text/html") {
		for _, m := range linked.FindAllStringSubmatch(body, -1) {
			addresses = append(addresses, html.UnescapeString(m[1]))
		}
	}
	for _, a := range addresses {
		plain, err := url.QueryUnescape(a)
		if err != nil {
			plain = a
		}
		for _, text := range texts {
			for _, form := range []string{text, strings.ReplaceAll(text, "-", "")} {
				if strings.Contains(strings.ToUpper(plain), form) {
					bad = append(bad, "the address "+a+" has the text of a code")
				}
			}
		}
	}
	return bad
}

// crawl is a house whose every answer is looked at.
type crawl struct {
	*house
	run     *proof.Run
	texts   []string
	missing int
	tokens  map[exam.PersonID]string
}

// token is the session of a caller; they do not sign out here.
func (c *crawl) token(who exam.Actor) string {
	if c.tokens[who.Person] == "" {
		token, _, err := c.Actions.OpenSession(context.Background(), who.Person, "headers")
		c.Must(err)
		c.tokens[who.Person] = token
	}
	return c.tokens[who.Person]
}

func (c *crawl) ask(who caller, method, target string, change ...func(*http.Request)) {
	q := httptest.NewRequest(method, secure+"/", strings.NewReader(""))
	if u, err := url.Parse(target); err == nil {
		q.URL = u
	}
	q.Host, q.RequestURI = "exams.example", target
	q.Header.Set("Content-Type", "application/json")
	switch {
	case who.who.Person == 0:
	case strings.HasPrefix(target, "/api/"):
		q.Header.Set("Authorization", "Bearer "+who.key)
	default:
		q.AddCookie(&http.Cookie{Name: "__Host-" + webtest.SessionCookie, Value: c.token(who.who)})
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, f := range change {
		f(q)
	}
	rec := httptest.NewRecorder()
	c.Registry.ServeHTTP(rec, q)
	c.run.Count("responses", 1)
	for _, bad := range lacks(q.URL.Path, rec.Header(), rec.Body.String(), c.texts) {
		c.missing++
		c.T.Errorf("%s: %s %s: %d: %s", who.name, method, target, rec.Code, bad)
	}
}

// TestHeaders looks at the answers of every route to callers of every kind: pages,
// calls, redirects, refusals, files and defects.
func TestHeaders(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		w.Registry = httpd.NewRegistry(httpd.Config{Actions: w.Actions, Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler), BaseURL: secure})
		w.Kit.Registry, w.Kit.BaseURL = w.Registry, secure
		engine := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
		c := &crawl{house: open(w), run: proof.Begin(t, "headers", engine, 1), tokens: map[exam.PersonID]string{}}
		c.Kit.Handle("GET", "/test/defect", httpd.Public, func(http.ResponseWriter, *http.Request) error { panic("defect at x.go:12") })
		c.Kit.Handle("GET", "/test/failure", httpd.Public, func(http.ResponseWriter, *http.Request) error { return fmt.Errorf("sqlite: broken at x.go:12") })
		order, err := c.Read.Order(t.Context(), c.owner, exam.ParseID[exam.OrderID](c.things["orders"]))
		c.Must(err)
		c.texts = c.Texts(order)
		for c.run.Next() {
			c.everything()
		}
		c.run.Set("missing", c.missing)
		c.run.Set("control", c.control())
	})
}

func (c *crawl) everything() {
	var some []caller
	for _, who := range c.callers {
		switch who.name {
		case "nobody", "root", "examinee", "staff for admin":
			some = append(some, who)
		}
	}
	text := url.QueryEscape(c.texts[0])
	for _, who := range some {
		for _, r := range c.Registry.Routes() {
			if who.who.Person != 0 && strings.HasPrefix(r.Pattern, "/sign-out") {
				continue
			}
			path := c.path(r.Pattern, false)
			c.ask(who, r.Method, path)
			if c.run.Long() {
				c.ask(who, r.Method, c.path(r.Pattern, true))
				c.ask(who, "HEAD", path)
			}
			if r.Method != http.MethodGet {
				continue
			}
			c.ask(who, "GET", path+"?q="+text+"&code="+text+"&number="+text+"&holder="+text+"&next=%2Fredeem%3Fcode%3D"+text)
			if c.run.Long() {
				c.ask(who, "GET", path+"?q="+strings.ToLower(strings.ReplaceAll(text, "-", "+"))+"&token="+text)
			}
		}
		for _, path := range []string{"/", "/no-such-page", "/api/v1/no-such-call", "/static/x/y.css", "//enterprise/codes", "/enterprise/../sign-in", "/api/v1//codes", "/api/v1/../../x", "/%ff", "/sign-in?next=%ff", "/test/defect", "/test/failure",
			"/redeem?code=" + text, "/sign-in?next=%2Fredeem%3Fcode%3D" + text, "/enterprise/search?q=" + text} {
			c.ask(who, "GET", path)
			c.ask(who, "POST", path)
			c.ask(who, "DELETE", path)
			c.ask(who, "BREW", path)
			c.ask(who, "POST", path, func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") })
			c.ask(who, "POST", path, func(q *http.Request) { q.ContentLength = 1 << 40 })
			c.ask(who, "GET", path, func(q *http.Request) { q.Header.Set("Accept-Language", "zh") })
			c.ask(who, "GET", path, func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+c.texts[0]) })
			c.ask(who, "GET", path, func(q *http.Request) { q.Header.Set("Cookie", "__Host-examcode=none; __Host-notice=x") })
		}
	}
}

// control takes one thing after the other from a good answer; each must be missed.
func (c *crawl) control() string {
	rec := httptest.NewRecorder()
	c.Registry.ServeHTTP(rec, httptest.NewRequest("GET", secure+"/sign-in", nil))
	good, body := rec.Header(), rec.Body.String()
	if bad := lacks("/sign-in", good, body, c.texts); len(bad) > 0 {
		c.T.Errorf("a good answer: %q", bad)
	}
	spoil := map[string]func(h http.Header) string{
		"a stack": func(http.Header) string { return body + "goroutine 7 [running]" },
		"a cookie": func(h http.Header) string {
			h.Add("Set-Cookie", "__Host-examcode=x; Path=/; HttpOnly; SameSite=Lax")
			return body
		},
		"a link": func(http.Header) string { return body + `<a href="/codes?code=` + c.texts[0] + `">` },
		"a way": func(h http.Header) string {
			h.Set("Location", "/x?q="+url.QueryEscape(strings.ToLower(c.texts[1])))
			return ""
		},
		"a server": func(h http.Header) string { h.Set("Server", "Go 1.26"); return body },
		"a policy": func(h http.Header) string {
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'")
			return body
		},
	}
	for name := range want {
		spoil[name] = func(h http.Header) string { h.Del(name); return body }
	}
	for what, spoiled := range spoil {
		h := good.Clone()
		text := spoiled(h)
		if len(lacks("/sign-in", h, text, c.texts)) == 0 {
			c.T.Errorf("an answer with or without %s passes", what)
			return "missed"
		}
	}
	return "caught"
}

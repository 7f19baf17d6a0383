package access

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/webtest"
)

// gone are those who once could and no longer can; each holds a session and a key
// that were good.
var gone = []string{"removed member", "revoked key", "signed out", "key with another end", "session as a key"}

// former makes somebody of the company who may do everything, and takes it away.
func (h *house) former(name string) (session, key string) {
	ctx := context.Background()
	root := h.named("root").who
	who := h.Member(root, exam.AllRights)
	session, _, err := h.Actions.OpenSession(ctx, who.Person, "matrix")
	h.Must(err)
	k, key, err := h.Actions.CreateKey(ctx, who, "matrix")
	h.Must(err)
	switch name {
	case "removed member":
		p, err := h.Read.Person(ctx, who.Person)
		h.Must(err)
		h.Must(h.Actions.RemoveMember(ctx, root, who.Person, p.Version))
	case "revoked key", "signed out":
		h.Must(h.Actions.RevokeKey(ctx, who, k.ID))
		h.Must(h.Actions.SignOut(ctx, session))
	case "key with another end":
		key, session = key[:len(key)-1]+"_", session[:len(session)-1]+"_"
	case "session as a key":
		key, session = session, key
	}
	return session, key
}

// gone calls every route as those who no longer can: whatever is not public is
// refused as to somebody who is not signed in, or as suspended.
func (h *house) gone(routes []httpd.Route) (n int) {
	for _, name := range gone {
		session, key := h.former(name)
		before := h.trail()
		for _, r := range routes {
			if r.Policy.Name == httpd.Public.Name {
				continue
			}
			n++
			q := httptest.NewRequest(r.Method, webtest.BaseURL+h.path(r.Pattern, false), strings.NewReader("{}"))
			q.Header.Set("Content-Type", "application/json")
			q.Header.Set("Authorization", "Bearer "+key)
			if r.Face == "web" {
				q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				q.Header.Del("Authorization")
				q.AddCookie(&http.Cookie{Name: webtest.SessionCookie, Value: session})
			}
			rec := httptest.NewRecorder()
			h.Registry.ServeHTTP(rec, q)
			led := rec.Code == http.StatusSeeOther && r.Method == http.MethodGet && strings.HasPrefix(rec.Header().Get("Location"), "/sign-in")
			if !led && rec.Code != http.StatusUnauthorized && rec.Code != http.StatusForbidden {
				h.unexpected("%s: %s %s: %d %s", name, r.Method, r.Pattern, rec.Code, rec.Header().Get("Location"))
			}
		}
		if now := h.trail(); now != before {
			h.unexpected("%s changed %d things", name, now-before)
		}
	}
	return n
}

// methods calls every path by each method that it does not have, as the company's
// root: nothing is there, and nothing changes.
func (h *house) methods(routes []httpd.Route) (n int) {
	taken := map[string][]string{}
	for _, r := range routes {
		taken[r.Pattern] = append(taken[r.Pattern], r.Method)
	}
	root, before := h.named("root"), h.trail()
	for _, r := range routes {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "BREW"} {
			if slices.Contains(taken[r.Pattern], method) {
				continue
			}
			taken[r.Pattern] = append(taken[r.Pattern], method)
			q := httptest.NewRequest(method, webtest.BaseURL+h.path(r.Pattern, false), strings.NewReader("{}"))
			q.Header.Set("Content-Type", "application/json")
			q.Header.Set("Authorization", "Bearer "+root.key)
			q.Header.Set("X-HTTP-Method-Override", r.Method)
			q.AddCookie(&http.Cookie{Name: webtest.SessionCookie, Value: h.session(root)})
			rec := httptest.NewRecorder()
			h.Registry.ServeHTTP(rec, q)
			n++
			// Another route may have the path by this method: /orders/new and /orders/{id}.
			if _, other := h.matches(routes, method, q.URL.Path); !other && rec.Code != http.StatusMethodNotAllowed && rec.Code != http.StatusNotFound {
				h.unexpected("%s %s: %d", method, r.Pattern, rec.Code)
			}
		}
	}
	if now := h.trail(); now != before {
		h.unexpected("methods that paths do not have changed %d things", now-before)
	}
	return n
}

// matches finds a route by method and path.
func (h *house) matches(routes []httpd.Route, method, path string) (httpd.Route, bool) {
	parts := strings.Split(path, "/")
	for _, r := range routes {
		pattern := strings.Split(strings.TrimSuffix(r.Pattern, "{$}"), "/")
		if r.Method != method || len(pattern) != len(parts) && !strings.Contains(r.Pattern, "...") {
			continue
		}
		same := true
		for i, p := range pattern {
			same = same && i < len(parts) && (p == parts[i] || strings.HasPrefix(p, "{"))
		}
		if same {
			return r, true
		}
	}
	return httpd.Route{}, false
}

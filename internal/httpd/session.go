package httpd

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"examcode/internal/store"
)

// BySession identifies by the session cookie; an unknown or ended session is
// nobody, with the refusal.
func (c Config) BySession(r *http.Request) (store.Identity, string, error) {
	k, err := r.Cookie(c.cookie("examcode"))
	if err != nil || k.Value == "" {
		return store.Identity{}, "", nil
	}
	i, err := c.Actions.BySession(r.Context(), k.Value)
	if err != nil {
		return store.Identity{}, "", err
	}
	return i, k.Value, nil
}

// ByKey identifies by the bearer key; cookies mean nothing to it.
func (c Config) ByKey(r *http.Request) (store.Identity, string, error) {
	h := r.Header.Get("Authorization")
	if h == "" {
		return store.Identity{}, "", nil
	}
	scheme, key, _ := strings.Cut(h, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		key = ""
	}
	i, err := c.Actions.ByKey(r.Context(), strings.TrimSpace(key))
	return i, "", err
}

// cookie is the name a cookie has here: over TLS it is bound to host and path.
func (c Config) cookie(name string) string {
	if strings.HasPrefix(c.BaseURL, "https://") {
		return "__Host-" + name
	}
	return name
}

// SetCookie sets a cookie of ours; no value ends it.
func (c Config) SetCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	k := &http.Cookie{Name: c.cookie(name), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(c.BaseURL, "https://"), MaxAge: int(age / time.Second)}
	if value == "" {
		k.MaxAge = -1
	}
	http.SetCookie(w, k)
}

// Cookie reads a cookie of ours; "" when there is none.
func (c Config) Cookie(r *http.Request, name string) string {
	k, err := r.Cookie(c.cookie(name))
	if err != nil {
		return ""
	}
	return k.Value
}

// SignInCookie keeps a session's token in the browser.
func (c Config) SignInCookie(w http.ResponseWriter, token string, age time.Duration) {
	c.SetCookie(w, "examcode", token, age)
}

// Notice is what a page says once, after the redirect that follows a change.
type Notice struct {
	Kind string `json:"k"` // done, attention, failed
	Text string `json:"t"`
}

// SetNotice keeps a notice for the next page.
func (c Config) SetNotice(w http.ResponseWriter, n Notice) {
	b, _ := json.Marshal(n)
	c.SetCookie(w, "notice", base64.RawURLEncoding.EncodeToString(b), time.Minute)
}

// TakeNotice returns the notice that waits for this page, and forgets it.
func (c Config) TakeNotice(w http.ResponseWriter, r *http.Request) *Notice {
	v := c.Cookie(r, "notice")
	if v == "" {
		return nil
	}
	c.SetCookie(w, "notice", "", 0)
	var n Notice
	b, err := base64.RawURLEncoding.DecodeString(v)
	if err != nil || json.Unmarshal(b, &n) != nil || len(n.Text) > 2000 {
		return nil
	}
	return &n
}

// langCookie is the language chosen before signing in; its name is the same
// with and without TLS, because it guards nothing.
func langCookie(r *http.Request) string {
	for _, name := range []string{"__Host-lang", "lang"} {
		if k, err := r.Cookie(name); err == nil {
			return k.Value
		}
	}
	return ""
}

// network is the client's /24 or /64, the unit that tries are counted by.
func network(r *http.Request, trustProxy bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if trustProxy {
		if list := r.Header.Values("X-Forwarded-For"); len(list) > 0 {
			parts := strings.Split(list[len(list)-1], ",")
			host = strings.TrimSpace(parts[len(parts)-1])
			if bare, _, err := net.SplitHostPort(host); err == nil {
				host = bare
			}
		}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

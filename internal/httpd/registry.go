package httpd

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// Route is one registered route, as the authorization matrix reads it.
type Route struct {
	Face, Method, Pattern string
	Policy                Policy
}

// Registry is the only way to register a handler, so that no route can exist
// without a policy.
type Registry struct {
	Config
	mux    *http.ServeMux
	routes []Route
	faces  []facePrefix
}

type facePrefix struct {
	prefix string
	face   *Face
}

// NewRegistry makes an empty registry.
func NewRegistry(c Config) *Registry {
	return &Registry{Config: c, mux: http.NewServeMux()}
}

// Routes lists what is registered.
func (g *Registry) Routes() []Route { return g.routes }

// Own makes a face answer for everything unregistered below a path prefix.
func (g *Registry) Own(prefix string, f *Face) { g.faces = append(g.faces, facePrefix{prefix, f}) }

// Handle registers a route of a face for those whom the policy admits.
func (g *Registry) Handle(f *Face, method, pattern string, p Policy, h Handler) {
	g.routes = append(g.routes, Route{f.Name, method, pattern, p})
	g.mux.HandleFunc(method+" "+pattern, g.serve(f, p, h))
}

// serve wraps a handler with all that every route has.
func (g *Registry) serve(f *Face, p Policy, h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for k, v := range f.Headers {
			w.Header().Set(k, v)
		}
		req := &Request{Ref: reference(), Network: network(r, g.TrustProxy)}
		req.Locale = lang.Locale{Lang: lang.Match(langCookie(r), r.Header.Get("Accept-Language")), Zone: time.UTC, Now: g.Now()}
		w.Header().Set("X-Request-Id", req.Ref)
		r = r.WithContext(With(r.Context(), req))
		guard := &once{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				g.Log.Error("handler panicked", "ref", req.Ref, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				if guard.wrote {
					panic(http.ErrAbortHandler) // a cut answer must not look whole
				}
				f.Refuse(w, r, fault.ErrInternal)
			}
		}()
		r, err := g.admit(f, p, w, r, req)
		if err == nil {
			err = h(guard, r)
		}
		if err != nil && !guard.wrote {
			g.refuse(f, w, r, err)
		} else if err != nil {
			g.Log.Error("answer broke off", "ref", req.Ref, "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler) // a cut answer must not look whole
		}
	}
}

// admit limits the body, finds the actor and asks the policy.
func (g *Registry) admit(f *Face, p Policy, w http.ResponseWriter, r *http.Request, req *Request) (*http.Request, error) {
	if r.ContentLength > f.MaxBody {
		return r, ErrBodyTooLarge.With("bytes", f.MaxBody)
	}
	r.Body = http.MaxBytesReader(w, r.Body, f.MaxBody)
	if !Readable(r.URL.Path) || !ReadableValues(r.URL.Query()) {
		return r, ErrMalformed
	}
	i, token, err := f.Identify(r)
	if err != nil {
		k := fault.Of(err).Kind
		if p.Name != Public.Name || (k != fault.Unauthenticated && k != fault.Forbidden) {
			return r, err
		}
		i, token = store.Identity{}, "" // public pages are open to those whose session ended or was suspended
	}
	i.Actor.Request, i.Actor.Channel = req.Ref, f.Channel
	req.Identity, req.Token = i, token
	if i.Person.ID != 0 {
		req.Locale.Lang = lang.Match(i.Person.Lang, r.Header.Get("Accept-Language"))
		if i.Person.Lang == "" {
			req.Locale.Lang = lang.Match(langCookie(r), r.Header.Get("Accept-Language"))
		}
		req.Locale.Zone = lang.Zone(i.Account.Zone)
	}
	r = r.WithContext(lang.With(r.Context(), req.Locale))
	return r, p.Need(i.Actor)
}

// once notices whether an answer has begun.
type once struct {
	http.ResponseWriter
	wrote bool
}

func (o *once) WriteHeader(status int) { o.wrote = true; o.ResponseWriter.WriteHeader(status) }

func (o *once) Write(b []byte) (int, error) { o.wrote = true; return o.ResponseWriter.Write(b) }

func (o *once) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// ServeHTTP answers every request; what no route takes is refused by the face
// that owns the path.
func (g *Registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	// What no face answers, as a redirect to a cleaned path, has nothing to load
	// and is not kept; faces say otherwise of their own.
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if strings.HasPrefix(g.BaseURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	f := g.faceOf(r.URL.Path)
	if err := protection.Check(r); err != nil {
		g.outside(f, w, r, ErrCrossOrigin.Wrap(err))
		return
	}
	handler, pattern := g.mux.Handler(r)
	if pattern != "" {
		g.mux.ServeHTTP(w, r)
		return
	}
	// The mux would answer a wrong method with its own page.
	probe := &probe{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		h.Set("Allow", probe.header.Get("Allow"))
		g.outside(f, w, r, ErrMethod)
	case probe.header.Get("Location") != "":
		http.Redirect(w, r, probe.header.Get("Location"), probe.status)
	default:
		g.outside(f, w, r, fault.ErrNotFound)
	}
}

// outside refuses a request that has no route, as the face would.
func (g *Registry) outside(f *Face, w http.ResponseWriter, r *http.Request, e *fault.Error) {
	open := Policy{Public.Name, func(exam.Actor) error { return e }}
	g.serve(f, open, nil)(w, r)
}

func (g *Registry) faceOf(path string) *Face {
	best := facePrefix{}
	if len(g.faces) > 0 {
		best.face = g.faces[0].face // paths without a slash: CONNECT, OPTIONS *
	}
	for _, f := range g.faces {
		if strings.HasPrefix(path, f.prefix) && len(f.prefix) >= len(best.prefix) {
			best = f
		}
	}
	return best.face
}

// protection refuses forms that other sites send.
var protection = http.NewCrossOriginProtection()

// probe takes the mux's own answer without sending it.
type probe struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return p.body.Write(b) }
func (p *probe) WriteHeader(status int)      { p.status = status }

// reference is a short word that people can read out.
func reference() string {
	var b [10]byte
	rand.Read(b[:])
	return base32.StdEncoding.EncodeToString(b[:])
}

func itoa(n int) string { return strconv.Itoa(n) }

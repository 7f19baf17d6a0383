// Package httpd is what every face of the program shares: the registry of
// routes with who may call them, the way from a cookie or a key to an actor,
// the headers of every answer, and the one table from refusals to statuses.
//
// It shows no page and knows no JSON schema; each face brings its own Refuse.
package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
)

var (
	ErrBodyTooLarge = fault.New(fault.Invalid, "body_too_large", "the request is too large")
	ErrMalformed    = fault.New(fault.Invalid, "malformed_request", "the request cannot be read")
	ErrCrossOrigin  = fault.New(fault.Forbidden, "cross_origin", "the form came from another site; open the page again and repeat")
	ErrNotFresh     = fault.New(fault.Unauthenticated, "not_fresh", "give your password once more to go on")
	ErrMethod       = fault.New(fault.NotFound, "method_not_allowed", "this address does not take that method")
	ErrContentType  = fault.New(fault.Invalid, "content_type", "the content type is not accepted here")
)

// Status is the HTTP status of a refusal; the only place where one is chosen.
func Status(e *fault.Error) int {
	switch e.Reason {
	case ErrBodyTooLarge.Reason:
		return http.StatusRequestEntityTooLarge
	case ErrMalformed.Reason:
		return http.StatusBadRequest
	case ErrContentType.Reason:
		return http.StatusUnsupportedMediaType
	case ErrMethod.Reason:
		return http.StatusMethodNotAllowed
	}
	switch e.Kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Request is what is known of a request besides net/http's part. The zero
// Identity is nobody.
type Request struct {
	Ref      string // shown to people, found in the log
	Identity store.Identity
	Token    string // of the session; "" with a key
	Network  string // the client's /24 or /64
	Locale   lang.Locale
}

// Actor is who asks.
func (r *Request) Actor() exam.Actor { return r.Identity.Actor }

// Fresh tells whether the password was given within the last five minutes. A
// key is always fresh.
func (r *Request) Fresh(now time.Time) bool {
	return r.Identity.Actor.Key != 0 || now.Sub(r.Identity.Fresh) < 5*time.Minute
}

type requestKey struct{}

// From returns what is known of the request that a context belongs to.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// With ties a Request to a context.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// Handler answers a request or returns a refusal, having written nothing.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Face is one way to talk to the program.
type Face struct {
	Name    string
	Channel exam.Channel // by which its requests act
	// Identify finds the actor; nobody is the zero Identity without an error.
	Identify func(r *http.Request) (store.Identity, string, error)
	// Refuse answers with a refusal in the face's own form.
	Refuse func(w http.ResponseWriter, r *http.Request, e *fault.Error)
	// MaxBody is the most bytes a request may have.
	MaxBody int64
	// Headers are set on every answer of the face, before the handler.
	Headers map[string]string
}

// Config is what a Registry works with.
type Config struct {
	Actions    *action.Service
	Now        func() time.Time
	Log        *slog.Logger
	BaseURL    string // "https://…"; decides Secure cookies and HSTS
	TrustProxy bool   // the last X-Forwarded-For entry is the client
}

// refuse logs a defect and answers with the refusal.
func (c Config) refuse(f *Face, w http.ResponseWriter, r *http.Request, err error) {
	e := fault.Of(err)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		e = ErrBodyTooLarge.With("bytes", tooLarge.Limit)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		c.Log.Debug("client left", "path", r.URL.Path)
		return
	}
	if e.Kind == fault.Internal || e.Kind == fault.Unavailable {
		c.Log.Error("request failed", "ref", From(r.Context()).Ref, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	if e.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", "2")
	}
	if s, ok := e.Args["seconds"].(int); ok && e.Kind == fault.TooMany {
		w.Header().Set("Retry-After", itoa(s))
	}
	f.Refuse(w, r, e)
}

// Readable tells whether a text is one: valid UTF-8 without NUL. Nothing else
// gets past the faces, because one engine stores it and the other refuses it.
func Readable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// ReadableValues tells whether all names and values of a form are.
func ReadableValues(v url.Values) bool {
	for name, values := range v {
		if !Readable(name) {
			return false
		}
		for _, s := range values {
			if !Readable(s) {
				return false
			}
		}
	}
	return true
}

package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
)

// call is what goes with a request through huma: the language of its answer, and
// its refusal on the way back.
type call struct {
	err    error
	locale lang.Locale
	claim  *claim // nil unless the operation keeps its answer itself
}

type callKey struct{}

// add registers an operation for those whom the policy admits. A refusal that
// the handler returns is answered as a problem.
func add[I, O any](s *server, op huma.Operation, handle func(ctx context.Context, who exam.Actor, in *I) (*O, error)) {
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, httpd.From(ctx).Actor(), in)
		if err != nil {
			ctx.Value(callKey{}).(*call).err = err
			return nil, nil
		}
		return out, nil
	})
}

// catch keeps huma's own error from being shown; it becomes a refusal.
func catch(ctx huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		ctx.Context().Value(callKey{}).(*call).err = unfit(e.Errors)
		return nil, nil // never sent
	}
	return v, nil
}

// Handle takes an operation from huma into the registry. It makes server
// huma's adapter; an operation without a policy cannot be registered.
func (s *server) Handle(op *huma.Operation, handler func(huma.Context)) {
	policy, ok := op.Metadata[policyKey].(httpd.Policy)
	if !ok {
		panic("api: " + op.Method + " " + op.Path + " has no policy")
	}
	face := s.face
	if op.Metadata["upload"] != nil {
		face = s.upload
	}
	s.reg.Handle(face, op.Method, Prefix+op.Path, policy, func(w http.ResponseWriter, r *http.Request) error {
		if err := checkQuery(r); err != nil {
			return err
		}
		raw, err := readBody(op, r)
		if err != nil {
			return err
		}
		a, err := s.once(op, r, raw, func(r *http.Request, own *claim) (*answer, error) {
			body, err := normal(raw)
			if err != nil {
				return nil, err
			}
			c := &call{locale: speak(r), claim: own}
			r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header = r.Header.Clone()
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json")
			out := &answer{header: http.Header{}}
			handler(humago.NewContext(op, r, out))
			return out, c.err
		})
		if err != nil {
			return err
		}
		return a.send(w)
	})
}

// ServeHTTP completes huma's adapter; the registry serves.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.reg.ServeHTTP(w, r) }

// answer is a response that is not sent yet.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) WriteHeader(status int)      { a.status = status }

func (a *answer) send(w http.ResponseWriter) error {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	if a.body.Len() == 0 {
		return nil
	}
	_, err := w.Write(a.body.Bytes())
	return err
}

// checkQuery refuses query texts that no database takes.
func checkQuery(r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return httpd.ErrMalformed.Wrap(err)
	}
	for name, values := range q {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) {
				return httpd.ErrMalformed
			}
			if strings.ContainsRune(v, 0) {
				return exam.ErrTextControl.On(name)
			}
		}
	}
	return nil
}

// readBody reads what was sent, nil when nothing was. Bodies are JSON.
func readBody(op *huma.Operation, r *http.Request) ([]byte, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil, nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if fault.Of(err).Kind == fault.Internal && !isTooLarge(err) {
			err = httpd.ErrMalformed.Wrap(err)
		}
		return nil, err
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		if op.RequestBody != nil && op.RequestBody.Required {
			return nil, httpd.ErrMalformed
		}
		return nil, nil
	}
	if ct := r.Header.Get("Content-Type"); ct != "" {
		kind, params, err := mime.ParseMediaType(ct)
		if charset := params["charset"]; err != nil || kind != "application/json" || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
			return nil, httpd.ErrContentType.With("want", "application/json")
		}
	}
	if op.RequestBody == nil {
		return nil, noFields(raw)
	}
	return raw, nil
}

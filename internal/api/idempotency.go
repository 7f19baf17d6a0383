package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
	keepsItself       = "keeps" // marks an operation that keeps its answer itself
)

// once runs a request, or repeats the answer that the same request had under
// the same Idempotency-Key. Only POST takes keys. Refusals are remembered like
// answers, except those that may pass: who asks (401, 403), too many tries, our
// own trouble. What an operation keeps itself, in the transaction of its change,
// is not claimed before.
func (s *server) once(op *huma.Operation, r *http.Request, body []byte, run func(*http.Request, *claim) (*answer, error)) (*answer, error) {
	values := r.Header.Values(idempotencyHeader)
	if r.Method != http.MethodPost || len(values) == 0 {
		return run(r, nil)
	}
	key, who := values[0], httpd.From(r.Context()).Actor()
	if strings.TrimSpace(key) == "" || len(values) > 1 {
		return nil, action.ErrKeyOverlong
	}
	asked := requestHash(r, body)
	if op.Metadata[keepsItself] != nil {
		a, err := run(r, &claim{key: key, request: asked})
		var earlier action.Answered
		switch {
		case errors.As(err, &earlier):
			return s.replay(who, key, earlier.Remembered)
		case err == nil || !action.Lasting(err):
			return a, err
		}
		run = func(*http.Request, *claim) (*answer, error) { return nil, err } // it is only to be remembered
	}
	ctx, known, err := s.Actions.Remember(r.Context(), who, key, asked)
	if err != nil {
		return nil, err
	}
	if known.Status != 0 {
		return s.replay(who, key, known)
	}
	a, err := run(r.WithContext(ctx), nil)
	done := context.WithoutCancel(r.Context())
	if err != nil {
		if f := fault.Of(err); action.Lasting(err) {
			s.keep(done, who, key, httpd.Status(f), "", problem(r, f))
		} else if err := s.Actions.ReleaseKey(done, who, key); err != nil {
			s.reg.Log.Error("idempotency key not released", "error", err)
		}
		return nil, err
	}
	s.keep(done, who, key, a.status, a.header.Get("Location"), a.body.Bytes())
	return a, nil
}

// claim is the key of a request whose operation keeps its answer itself.
type claim struct {
	key     string
	request []byte
}

// keeping is what an action keeps of the answer that shows a thing; nil for a
// request without a key.
func keeping[T, B any](ctx context.Context, s *server, who exam.Actor, show func(T) *created[B]) *action.Once[T] {
	c := ctx.Value(callKey{}).(*call).claim
	if c == nil {
		return nil
	}
	return &action.Once[T]{Key: c.key, Request: c.request, Answer: func(thing T) (int, []byte, error) {
		made, body := show(thing), bytes.Buffer{}
		if err := huma.DefaultJSONFormat.Marshal(&body, made.Body); err != nil {
			return 0, nil, err
		}
		sealed, err := s.Seal(made.Location+"\n"+body.String(), answerAbout(who, c.key))
		return http.StatusCreated, sealed, err
	}}
}

func requestHash(r *http.Request, body []byte) []byte {
	h := sha256.New()
	for _, part := range []string{r.Method, "\n", r.URL.RequestURI(), "\n"} {
		h.Write([]byte(part))
	}
	h.Write(body)
	return h.Sum(nil)
}

// keep stores an answer, sealed: it may hold a code's text or a key. The change
// is done; when its answer cannot be kept, a repetition is told so.
func (s *server) keep(ctx context.Context, who exam.Actor, key string, status int, location string, body []byte) {
	sealed, err := s.Seal(location+"\n"+string(body), answerAbout(who, key))
	if err == nil {
		err = s.Actions.KeepAnswer(ctx, who, key, status, sealed)
	}
	if err != nil {
		s.reg.Log.Error("answer not kept", "error", err)
	}
}

func answerAbout(who exam.Actor, key string) string {
	return "answer:" + who.Person.String() + ":" + key
}

func (s *server) replay(who exam.Actor, key string, known store.Remembered) (*answer, error) {
	plain, err := s.Open(known.Answer, answerAbout(who, key))
	if err != nil {
		return nil, action.ErrKeyLost.Wrap(err)
	}
	location, body, _ := strings.Cut(plain, "\n")
	a := &answer{header: http.Header{}, status: known.Status, body: *bytes.NewBufferString(body)}
	a.header.Set(replayedHeader, "true")
	if location != "" {
		a.header.Set("Location", location)
	}
	switch {
	case known.Status >= 400:
		a.header.Set("Content-Type", problemType)
	case body != "":
		a.header.Set("Content-Type", "application/json")
	}
	return a, nil
}

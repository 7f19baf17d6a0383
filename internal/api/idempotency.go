package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"strings"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
)

// once runs a request, or repeats the answer that the same request had under
// the same Idempotency-Key. Only POST takes keys. Refusals are remembered like
// answers, except those that may pass: who asks (401, 403), too many tries, our
// own trouble.
func (s *server) once(r *http.Request, body []byte, run func(*http.Request) (*answer, error)) (*answer, error) {
	values := r.Header.Values(idempotencyHeader)
	if r.Method != http.MethodPost || len(values) == 0 {
		return run(r)
	}
	key, who := values[0], httpd.From(r.Context()).Actor()
	if strings.TrimSpace(key) == "" || len(values) > 1 {
		return nil, action.ErrKeyOverlong
	}
	ctx, known, err := s.Actions.Remember(r.Context(), who, key, requestHash(r, body))
	if err != nil {
		return nil, err
	}
	if known.Status != 0 {
		return s.replay(who, key, known)
	}
	a, err := run(r.WithContext(ctx))
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

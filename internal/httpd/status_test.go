package httpd_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
)

func TestStatuses(t *testing.T) {
	table := map[int][]*fault.Error{
		400: {httpd.ErrMalformed},
		401: {exam.ErrNotSignedIn, httpd.ErrNotFresh},
		403: {exam.ErrNotAllowed, httpd.ErrCrossOrigin},
		404: {fault.ErrNotFound},
		405: {httpd.ErrMethod},
		409: {exam.ErrChangedMeanwhile},
		413: {httpd.ErrBodyTooLarge},
		415: {httpd.ErrContentType},
		422: {{Kind: fault.Invalid, Reason: "x"}},
		429: {{Kind: fault.TooMany, Reason: "x"}},
		500: {fault.ErrInternal, {}, {Kind: "nonsense"}},
		503: {{Kind: fault.Unavailable, Reason: "x"}},
	}
	for want, list := range table {
		for _, e := range list {
			if got := httpd.Status(e); got != want {
				t.Errorf("%s %s is %d, want %d", e.Kind, e.Reason, got, want)
			}
		}
	}
	for _, e := range fault.Declared() {
		if s := httpd.Status(e); (s == 500) != (e.Kind == fault.Internal) || s < 400 {
			t.Errorf("%s is %d", e.Reason, s)
		}
	}
}

// What a handler returns, by status, reason, and what else the answer says.
func TestRefusalsOfHandlers(t *testing.T) {
	slow := &fault.Error{Kind: fault.TooMany, Reason: "slow_down", Args: fault.Args{"seconds": 17}}
	for _, c := range []struct {
		err    error
		status int
		reason string
		retry  string
		logged bool
	}{
		{fault.ErrNotFound, 404, "not_found", "", false},
		{errors.Join(errors.New("more"), exam.ErrChangedMeanwhile), 409, "changed_meanwhile", "", false},
		{slow, 429, "slow_down", "17", false},
		{&fault.Error{Kind: fault.Unavailable, Reason: "away"}, 503, "away", "2", true},
		{errors.New("secret detail"), 500, "internal", "", true},
	} {
		h := build(t)
		h.Handle(h.calls, "GET", "/api/x", httpd.Public, func(http.ResponseWriter, *http.Request) error { return c.err })
		w := h.send(httptest.NewRequest("GET", "/api/x", nil))
		ref := w.Header().Get("X-Request-Id")
		if w.Code != c.status || !strings.Contains(w.Body.String(), "refuses: "+c.reason+", ref "+ref) || ref == "" {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
		if w.Header().Get("Retry-After") != c.retry || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%v: %v %s", c.err, w.Header(), w.Body)
		}
		if logged := strings.Contains(h.log.String(), ref); logged != c.logged {
			t.Errorf("%v: logged %v: %s", c.err, logged, h.log.String())
		}
	}
}

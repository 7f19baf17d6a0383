package httpd_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// set is the one cookie an answer sets.
func set(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	list := w.Result().Cookies()
	if len(list) != 1 {
		t.Fatalf("%d cookies are set", len(list))
	}
	return list[0]
}

func TestANoticeIsTakenOnce(t *testing.T) {
	for _, c := range []httpd.Config{{BaseURL: "http://exams.example"}, {BaseURL: "https://exams.example"}} {
		want := httpd.Notice{Kind: "done", Text: "订单 “EC-1”; 100 % <b>paid</b>\r\nSet-Cookie: x=y"}
		w := httptest.NewRecorder()
		c.SetNotice(w, want)
		k := set(t, w)
		secure := strings.HasPrefix(c.BaseURL, "https")
		if k.Secure != secure || strings.HasPrefix(k.Name, "__Host-") != secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
			t.Errorf("%s: %+v", c.BaseURL, k)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(k)
		w = httptest.NewRecorder()
		if got := c.TakeNotice(w, r); got == nil || *got != want {
			t.Errorf("%+v came back", got)
		}
		if gone := set(t, w); gone.Name != k.Name || gone.MaxAge >= 0 || gone.Value != "" {
			t.Errorf("the notice stays: %+v", gone)
		}
	}
}

func TestANoticeOfGarbageIsNone(t *testing.T) {
	c := httpd.Config{BaseURL: "http://exams.example"}
	b64 := base64.RawURLEncoding.EncodeToString
	for _, v := range []string{"garbage", "%%%", b64([]byte("{")), b64([]byte(`"text"`)), b64([]byte(`{"t":7}`)), b64([]byte(`{"k":"done","t":"` + strings.Repeat("x", 2001) + `"}`))} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "notice="+v)
		w := httptest.NewRecorder()
		if got := c.TakeNotice(w, r); got != nil {
			t.Errorf("%.40s is the notice %+v", v, got)
		}
		if k := set(t, w); k.MaxAge >= 0 {
			t.Errorf("%.40s stays", v)
		}
	}
	w := httptest.NewRecorder()
	if got := c.TakeNotice(w, httptest.NewRequest("GET", "/", nil)); got != nil || len(w.Result().Cookies()) != 0 {
		t.Errorf("without a cookie: %+v", got)
	}
}

func TestFreshness(t *testing.T) {
	for _, c := range []struct {
		ago  time.Duration
		key  exam.KeyID
		want bool
	}{{0, 0, true}, {5*time.Minute - 1, 0, true}, {5 * time.Minute, 0, false}, {time.Hour, 7, true}} {
		r := httpd.Request{Identity: store.Identity{Actor: exam.Actor{Key: c.key}, Fresh: now.Add(-c.ago)}}
		if got := r.Fresh(now); got != c.want {
			t.Errorf("%v ago, key %d: fresh is %v", c.ago, c.key, got)
		}
	}
}

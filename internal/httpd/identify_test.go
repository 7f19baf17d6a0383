package httpd_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// Cookies are for pages and keys are for calls; neither counts for the other.
func TestWhoIsRecognised(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a := context.Background(), actiontest.New(t, s)
		root := a.Company(true)
		token, _, err := a.Actions.OpenSession(ctx, root.Person, "test")
		if err != nil {
			t.Fatal(err)
		}
		key, clear, err := a.Actions.CreateKey(ctx, root, "ledger")
		if err != nil {
			t.Fatal(err)
		}
		plain := httpd.Config{Actions: a.Actions, BaseURL: "http://exams.example"}
		tls := httpd.Config{Actions: a.Actions, BaseURL: "https://exams.example"}
		check := func(name string, c httpd.Config, header, value, pages, calls string) {
			t.Helper()
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set(header, value)
			for face, want := range map[string]string{"pages": pages, "calls": calls} {
				identify := c.BySession
				if face == "calls" {
					identify = c.ByKey
				}
				i, got, err := identify(r)
				is := "nobody"
				switch {
				case err != nil:
					is = fault.Of(err).Reason
				case i.Actor.Person == root.Person:
					is = "root"
				}
				if is != want {
					t.Errorf("%s, %s: %s, want %s", name, face, is, want)
				}
				if (got != "") != (is == "root" && face == "pages") {
					t.Errorf("%s, %s: token %q", name, face, got)
				}
				if is != "root" && i.Actor.Person != 0 {
					t.Errorf("%s, %s: a refusal names person %d", name, face, i.Actor.Person)
				}
				if is == "root" && face == "calls" && i.Actor.Key != key.ID {
					t.Errorf("%s: key %d, want %d", name, i.Actor.Key, key.ID)
				}
			}
		}
		unknown := exam.ErrKeyUnauthorised.Reason
		check("no cookie", plain, "Accept", "*/*", "nobody", "nobody")
		check("a session", plain, "Cookie", "examcode="+token, "root", "nobody")
		check("a session over TLS", tls, "Cookie", "__Host-examcode="+token, "root", "nobody")
		check("a cookie that another host could set", tls, "Cookie", "examcode="+token, "nobody", "nobody")
		check("an unknown session", plain, "Cookie", "examcode=exs_x", "not_signed_in", "nobody")
		check("a key as a cookie", plain, "Cookie", "examcode="+clear, "not_signed_in", "nobody")
		check("a key", plain, "Authorization", "Bearer "+clear, "nobody", "root")
		check("a key, written otherwise", plain, "Authorization", "bearer  "+clear+" ", "nobody", "root")
		check("a session as a key", plain, "Authorization", "Bearer "+token, "nobody", unknown)
		check("a key under another scheme", plain, "Authorization", "Basic "+clear, "nobody", unknown)
		check("an empty key", plain, "Authorization", "Bearer ", "nobody", unknown)

		a.Clock.Move(action.SessionIdle + time.Second)
		check("an idle session", plain, "Cookie", "examcode="+token, "not_signed_in", "nobody")
		check("a key that rested", plain, "Authorization", "Bearer "+clear, "nobody", "root")
		if err := a.Actions.RevokeKey(ctx, root, key.ID); err != nil {
			t.Fatal(err)
		}
		check("a revoked key", plain, "Authorization", "Bearer "+clear, "nobody", unknown)
	})
}

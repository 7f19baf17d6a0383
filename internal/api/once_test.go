package api_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// The same key and body have the same answer and happen once.
func TestIdempotency(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("rival", true)
		sub := w.subject("EX-100")
		body := `{"subject_id":"` + sub + `","quantity":2}`
		send := func(who, path, body, key string) *reply {
			t.Helper()
			return w.do(who, "POST", path, body, "Idempotency-Key", key)
		}
		first, again := send("buyer", "/orders", body, "k1").want(201), send("buyer", "/orders", body, "k1").want(201)
		if first.Body.String() != again.Body.String() || first.Header().Get("Location") != again.Header().Get("Location") ||
			first.Header().Get("Content-Type") != again.Header().Get("Content-Type") {
			t.Errorf("answers differ: %s %s", first.Body, again.Body)
		}
		if first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
			t.Error("the replay does not say so, or the first answer does")
		}
		send("buyer", "/orders", strings.Replace(body, "2", "3", 1), "k1").refused(422, "idempotency_key_reused")
		send("buyer", "/keys", body, "k1").refused(422, "idempotency_key_reused")
		send("rival", "/orders", body, "k1").want(201)
		if n := len(w.get("buyer", "/orders").list("items")); n != 1 {
			t.Errorf("%d orders", n)
		}

		// Refusals without effect are answers too.
		order := first.text("id")
		refused := send("buyer", "/orders/"+order+"/pay", `{"provider":"gold"}`, "k2").refused(422, "provider_unknown")
		if g := send("buyer", "/orders/"+order+"/pay", `{"provider":"gold"}`, "k2").refused(422, "provider_unknown"); g.Body.String() != refused.Body.String() {
			t.Errorf("refusals differ: %s %s", g.Body, refused.Body)
		}
		send("buyer", "/orders", `{"subject_id":`, "k3").refused(400, "malformed_request")
		if g := send("buyer", "/orders", `{"subject_id":`, "k3").refused(400, "malformed_request"); g.Header().Get("Idempotency-Replayed") == "" {
			t.Error("a malformed request is not answered from memory")
		}

		// An answer without a body, and answers with secrets.
		send("buyer", "/messages/read", "", "k4").want(204)
		send("buyer", "/messages/read", "", "k4").want(204)
		send("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox"}`, "k5").want(200).field("state", "succeeded")
		send("buyer", "/orders/"+order+"/pay", `{"provider":"sandbox"}`, "k5").want(200).field("state", "succeeded")
		code := w.codesOf("buyer", order)[0]
		text := send("buyer", "/codes/"+code+"/reveal", "", "k6").want(200).text("text")
		send("buyer", "/codes/"+code+"/reveal", "", "k6").want(200).field("text", text)
		var kept *store.Remembered
		err := s.Transact(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			kept, err = tx.Remember(ctx, w.people["buyer"].ID, "k6", []byte{}, *w.clock)
			return err
		})
		if err != nil || kept == nil || len(kept.Answer) == 0 || strings.Contains(string(kept.Answer), text) {
			t.Errorf("kept in clear, or not at all: %v %v", kept, err)
		}

		// Still running.
		running := func(at time.Time) {
			if err := s.Transact(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Remember(ctx, w.people["buyer"].ID, "k7", requestOf("/api/v1/keys", `{"name":"x"}`), at)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		running(*w.clock)
		send("buyer", "/keys", `{"name":"x"}`, "k7").refused(409, "idempotency_key_running")
		*w.clock = w.clock.Add(2 * time.Minute)
		send("buyer", "/keys", `{"name":"x"}`, "k7").want(201)

		for _, key := range []string{"", " ", strings.Repeat("k", 256), "ключ"} {
			send("buyer", "/orders", body, key).refused(422, "idempotency_key_malformed")
		}
		// A key on anything but POST means nothing.
		w.do("buyer", "GET", "/orders", "", "Idempotency-Key", "k1").want(200)
	})
}

// Pages follow each other without gap or repetition; a cursor belongs to its list.
func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		sub := w.subject("EX-100")
		w.bought("buyer", sub, 7)
		for i := range 5 { // two sessions start at the same instant
			w.session(sub, time.Duration(48+i/2)*time.Hour, 1)
		}
		walk := func(who, path string, limit int) (ids []string, cursor string) {
			t.Helper()
			next := ""
			for {
				url := fmt.Sprintf("%s?limit=%d", path, limit)
				if next != "" {
					url += "&cursor=" + next
				}
				g := w.get(who, url).want(200)
				items := g.list("items")
				if len(items) > limit {
					t.Fatalf("%s: %d items", url, len(items))
				}
				for _, x := range items {
					ids = append(ids, x.(map[string]any)["id"].(string))
				}
				if g.at("next_cursor") == nil {
					return ids, cursor
				}
				next = g.text("next_cursor")
				cursor = next
			}
		}
		all, _ := walk("buyer", "/codes", 200)
		byThree, cursor := walk("buyer", "/codes", 3)
		if len(all) != 7 || strings.Join(all, " ") != strings.Join(byThree, " ") {
			t.Errorf("codes %v and %v", all, byThree)
		}
		sessions, _ := walk("lina", "/sessions", 200)
		byTwo, sessionCursor := walk("lina", "/sessions", 2)
		if len(sessions) != 5 || strings.Join(sessions, " ") != strings.Join(byTwo, " ") {
			t.Errorf("sessions %v and %v", sessions, byTwo)
		}
		for _, bad := range []string{cursor[1:], cursor + "A", "A" + cursor[1:], cursor[:len(cursor)-2] + "AA", sessionCursor} {
			if bad != cursor {
				w.get("buyer", "/codes?cursor="+bad).refused(422, "cursor_malformed").on("cursor")
			}
		}
		w.get("buyer", "/orders?cursor="+cursor).refused(422, "cursor_malformed")
		w.get("lina", "/sessions?cursor="+cursor).refused(422, "cursor_malformed")

		// A name is searched over all pages.
		w.get("buyer", "/examinees?name=x&limit=1").want(200).field("next_cursor", nil)
	})
}

// requestOf is what a POST without query is remembered by.
func requestOf(path, body string) []byte {
	sum := sha256.Sum256([]byte("POST\n" + path + "\n" + body))
	return sum[:]
}

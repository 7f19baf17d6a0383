package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// A redemption with a key is one transaction: claimed, done and answered together,
// or not at all. However often it is sent, it is done once, costs no try and
// leaves no refusal in the trail.
func TestARedemptionWithAKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		a, b := w.subject("EX-100"), w.subject("EX-200")
		code := w.reveal("buyer", w.codesOf("buyer", w.bought("buyer", a, 2))[0])
		other := w.reveal("buyer", w.codesOf("buyer", w.bought("buyer", b, 1))[0])
		ask := func(subject, text string) string {
			return `{"subject_id":"` + subject + `","code":"` + text + `","exam_type":"online"}`
		}
		send := func(body, key string) *reply {
			t.Helper()
			return w.do("lina", "POST", "/registrations", body, "Idempotency-Key", key)
		}
		first := send(ask(a, code), "k1").want(201)
		again := send(ask(a, code), "k1").want(201)
		if first.Body.String() != again.Body.String() || first.Header().Get("Location") != again.Header().Get("Location") ||
			first.Header().Get("Content-Type") != again.Header().Get("Content-Type") {
			t.Errorf("answers differ: %q %q", first.Body, again.Body)
		}
		if first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
			t.Error("the replay does not say so, or the first answer does")
		}
		send(ask(b, code), "k1").refused(422, "idempotency_key_reused")
		send(ask(b, other), "").refused(422, "idempotency_key_malformed")
		send(ask(b, other), strings.Repeat("k", 256)).refused(422, "idempotency_key_malformed")

		// Refusals are answers too, though nothing was done.
		dead := strings.ToUpper("7H2K-QW9M-ZX4T-K7QF")
		refused := send(ask(b, dead), "k2")
		if g := send(ask(b, dead), "k2"); refused.Code < 400 || g.Code != refused.Code || g.Body.String() != refused.Body.String() || g.Header().Get("Idempotency-Replayed") == "" {
			t.Errorf("a refusal is not answered from memory: %d %s, %d %s", refused.Code, refused.Body, g.Code, g.Body)
		}

		// Another request runs with the key, then it turns out to have been cut off.
		claimed := func(key, path, body string, effect bool) {
			t.Helper()
			if err := s.Transact(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Remember(ctx, w.people["lina"].ID, key, requestOf(path, body), *w.clock)
				if err == nil && effect {
					err = tx.MarkEffect(ctx, w.people["lina"].ID, key, *w.clock)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		claimed("k3", "/api/v1/registrations", ask(b, other), false)
		claimed("k4", "/api/v1/registrations", ask(b, other), true)
		claimed("k5", "/api/v1/keys", `{"name":"x"}`, false)
		send(ask(b, other), "k3").refused(409, "idempotency_key_running")
		*w.clock = w.clock.Add(2 * time.Minute)
		send(ask(b, other), "k4").refused(409, "idempotency_answer_lost")
		send(ask(b, other), "k5").refused(422, "idempotency_key_reused")
		send(ask(b, other), "k3").want(201)
		send(ask(b, other), "k3").want(201)

		if n := len(w.get("lina", "/registrations").list("items")); n != 2 {
			t.Errorf("%d registrations", n)
		}
		if list := w.get("audit", "/events?kind=code.redeem_refused").want(200).list("items"); len(list) != 0 {
			t.Errorf("a repetition was refused: %v", list)
		}
	})
}

// The same request at the same moment, as a client sends that lost patience: one
// redemption, one answer for all.
func TestARedemptionSentManyTimesAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		sub := w.subject("EX-100")
		body := `{"subject_id":"` + sub + `","code":"` + w.reveal("buyer", w.codesOf("buyer", w.bought("buyer", sub, 1))[0]) + `","exam_type":"online"}`
		answers := make([]*httptest.ResponseRecorder, 12)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				r := httptest.NewRequest("POST", "/api/v1/registrations", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+w.keys["lina"])
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Idempotency-Key", "k1")
				answers[i] = httptest.NewRecorder()
				w.handler.ServeHTTP(answers[i], r)
			})
		}
		all.Wait()
		for _, a := range answers {
			if a.Code != 201 || a.Body.String() != answers[0].Body.String() {
				t.Errorf("answered %d %s and %s", a.Code, a.Body, answers[0].Body)
			}
		}

		if n := len(w.get("lina", "/registrations").list("items")); n != 1 {
			t.Errorf("%d registrations", n)
		}
		if list := w.get("audit", "/events?kind=code.redeem_refused").want(200).list("items"); len(list) != 0 {
			t.Errorf("a repetition was refused: %v", list)
		}
	})
}

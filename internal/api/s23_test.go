package api_test

import (
	"testing"
	"time"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestS23_AResultExistsOnlyWhenCompleted follows one code through its states: in
// each but the last there is nothing to view, for its company and its examinee.
func TestS23_AResultExistsOnlyWhenCompleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		code := w.codesOf("buyer", w.bought("buyer", subject, 1))[0]
		session := w.session(subject, 72*time.Hour, 2)
		registration := ""
		nothing := func(state string) {
			t.Helper()
			w.get("buyer", "/codes/"+code).want(200).field("state", state)
			w.get("buyer", "/codes/"+code+"/result").refused(409, "code_not_completed")
			if registration != "" {
				w.get("lina", "/registrations/"+registration+"/result").refused(409, "code_not_completed")
			}
		}
		nothing("unused")
		registration = w.redeem("lina", subject, w.reveal("buyer", code)).want(201).text("id")
		nothing("bound")
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+session+`"}`).want(200)
		nothing("reserved")
		*w.clock = w.clock.Add(74 * time.Hour)
		nothing("reserved") // the session is over, the result is not there
		w.post("results", "/results", `{"registration_id":"`+registration+`","outcome":"failed","score":12}`).want(200).field("done", 1)
		w.get("buyer", "/codes/"+code).want(200).field("state", "completed")
		w.get("buyer", "/codes/"+code+"/result").want(200).field("outcome", "failed")
		w.get("lina", "/registrations/"+registration+"/result").want(200).field("outcome", "failed")
	})
}

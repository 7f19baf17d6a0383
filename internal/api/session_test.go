package api_test

import (
	"testing"
	"time"

	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// reserved redeems a code for somebody and takes a seat.
func (w *world) reserved(who, subject, text, session string) (registration string) {
	w.t.Helper()
	registration = w.redeem(who, subject, text).want(201).text("id")
	w.put(who, "/registrations/"+registration+"/reservation", `{"session_id":"`+session+`"}`).want(200)
	return registration
}

// A cancelled session is offered to nobody and has nobody in it.
func TestCancelSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		codes := w.codesOf("buyer", w.bought("buyer", subject, 1))
		session, other := w.session(subject, 72*time.Hour, 2), w.session(subject, 90*time.Hour, 2)
		registration := w.reserved("lina", subject, w.reveal("buyer", codes[0]), session)

		w.post("results", "/sessions/"+session+"/close", "").want(200).field("state", "closed")
		w.post("results", "/sessions/"+session+"/close", "").refused(409, "session_closed")
		w.post("results", "/sessions/"+session+"/reopen", "").want(200).field("state", "open")
		w.post("lina", "/sessions/"+session+"/cancel", `{"reason":"x"}`).refused(403, "not_operator")
		w.post("money", "/sessions/"+session+"/cancel", `{"reason":"x"}`).refused(403, "not_allowed")
		w.post("results", "/sessions/"+session+"/cancel", `{"reason":""}`).refused(422, "reason_missing").on("reason")
		w.post("results", "/sessions/"+session+"/cancel", `{"reason":"Flood"}`).want(200).
			field("people", 1).field("can_choose", 1).field("code_ended", 0).field("session.state", "cancelled").field("session.seats_left", 0).field("session.reason", "Flood")
		w.post("results", "/sessions/"+session+"/cancel", `{"reason":"Flood"}`).refused(409, "session_cancelled")
		w.get("lina", "/registrations/"+registration).want(200).field("state", "registered").field("session", nil)
		w.get("buyer", "/codes/"+codes[0]).want(200).field("state", "bound")
		if items := w.get("lina", "/sessions?subject_id="+subject).want(200).list("items"); len(items) != 1 || items[0].(map[string]any)["id"] != other {
			t.Errorf("offered %v", items)
		}
		if items := w.get("results", "/sessions?subject_id="+subject).want(200).list("items"); len(items) != 2 {
			t.Errorf("staff see %v", items)
		}
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+session+`"}`).refused(409, "session_cancelled")
		w.put("lina", "/registrations/"+registration+"/reservation", `{"session_id":"`+other+`"}`).want(200)
	})
}

// A dry run answers like recording and records nothing; a correction keeps what
// was there; a no-show did not sit.
func TestCorrectResult(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		subject := w.subject("EX-100")
		codes := w.codesOf("buyer", w.bought("buyer", subject, 1))
		session := w.session(subject, 72*time.Hour, 2)
		registration := w.reserved("lina", subject, w.reveal("buyer", codes[0]), session)
		*w.clock = w.clock.Add(74 * time.Hour)
		path := "/results/" + registration
		w.get("results", path).refused(404, "not_found")
		w.patch("results", path, `{"outcome":"passed","reason":"x"}`).refused(409, "code_not_completed")
		row := `{"registration_id":"` + registration + `","outcome":"absent"}`
		w.post("results", "/results", `{"dry_run":true,"results":[`+row+`,`+row+`]}`).want(200).field("done", 1).field("refused", 1)
		w.get("buyer", "/codes/"+codes[0]).want(200).field("state", "reserved")
		w.post("results", "/results", row).want(200).field("done", 1)
		w.get("buyer", "/overview").want(200).field("codes.completed", 1).field("registrations", 1).field("sat", 0).field("passed", 0)
		w.get("lina", "/registrations/"+registration+"/result").want(200).field("outcome", "absent").field("score", nil)
		w.patch("money", path, `{"outcome":"passed","reason":"x"}`).refused(403, "not_allowed")
		w.patch("results", path, `{"outcome":"passed","score":900,"reason":" "}`).refused(422, "reason_missing").on("reason")
		w.patch("results", path, `{"outcome":"passed","score":900,"reason":"She was there."}`).want(200).
			field("result.version", 2).field("result.outcome", "passed").field("result.recorded_by", "results").field("result.reason", "She was there.")
		w.patch("results", path, `{"outcome":"passed","score":900,"reason":"x"}`).refused(409, "result_same")
		if earlier := w.get("results", path).want(200).list("earlier"); len(earlier) != 1 || earlier[0].(map[string]any)["outcome"] != "absent" {
			t.Errorf("%v", earlier)
		}
		for who, at := range map[string]string{"lina": "/registrations/" + registration + "/result", "buyer": "/codes/" + codes[0] + "/result"} {
			w.get(who, at).want(200).field("outcome", "passed").field("score", 900)
		}
		w.get("buyer", "/overview").want(200).field("sat", 1).field("passed", 1)
	})
}

package api_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// member adds a member with rights and gives them a key.
func (w *world) member(name, of string, rights exam.Rights) string {
	w.t.Helper()
	root, err := w.store.Reader().IdentityOf(w.t.Context(), w.people[of].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.actions.AddPerson(w.t.Context(), root.Actor, root.Account.ID, exam.Person{Name: name, Email: name + "@company.test", Role: exam.Member, Rights: rights}, password)
	w.join(name, p, err)
	return p.ID.String()
}

// TestMembers: the root manages people over JSON, and nobody else does.
func TestMembers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("rival", true)
		w.person("lina", false)
		wang := w.member("wang", "buyer", exam.ViewCodes)
		sub := w.subject("EX-100")
		buy := `{"subject_id":"` + sub + `","quantity":1}`
		invite := `{"email":" New@Company.test ","rights":["view","buy"],"lang":"zh"}`

		for _, who := range []string{"wang", "lina", "admin"} {
			reason := map[string]string{"wang": "not_root"}[who]
			if reason == "" {
				reason = "not_enterprise"
			}
			w.post(who, "/members", invite).refused(403, reason)
			w.patch(who, "/members/"+wang, `{"rights":["buy"]}`).refused(403, reason)
			w.delete(who, "/members/"+wang).refused(403, reason)
			w.get(who, "/invitations").refused(403, reason)
		}
		if n := len(w.get("wang", "/members").want(200).list("items")); n != 2 {
			t.Errorf("a member sees %d people", n)
		}
		w.post("buyer", "/members", invite).refused(403, "email_unconfirmed")
		w.confirm("buyer")
		w.post("buyer", "/members", `{"email":"x","rights":[]}`).refused(422, "email_malformed").on("email")
		w.post("buyer", "/members", `{"email":"x@y.example","rights":["own"]}`).refused(422, "right_unknown").on("rights")
		w.post("buyer", "/members", `{"email":"wang@company.test","rights":[]}`).refused(409, "already_member")
		// Whether an address has an account elsewhere is not told.
		w.post("buyer", "/members", `{"email":"rival@company.test","rights":[]}`).want(201)
		made := w.do("buyer", "POST", "/members", invite, "Idempotency-Key", "i1").want(201).field("email", "new@company.test").field("state", "open").field("rights", "[view buy]")
		w.do("buyer", "POST", "/members", invite, "Idempotency-Key", "i1").want(201).field("id", made.text("id"))
		w.post("buyer", "/members", invite).refused(409, "invitation_open")
		path := "/invitations/" + made.text("id")
		for _, c := range [][2]string{{"GET", path}, {"POST", path + "/send"}, {"DELETE", path}, {"GET", "/members/" + wang}, {"DELETE", "/members/" + wang}} {
			w.do("rival", c[0], c[1], "").refused(404, "not_found")
		}
		w.patch("rival", "/members/"+wang, `{"rights":["buy"]}`).refused(404, "not_found")
		w.post("buyer", path+"/send", "").want(200).field("state", "open")
		*w.clock = w.clock.Add(8 * 24 * time.Hour)
		w.get("buyer", path).want(200).field("state", "expired")
		w.delete("buyer", path).want(204)
		w.delete("buyer", path).refused(409, "invitation_closed")
		w.get("buyer", path).want(200).field("state", "revoked")
		if n := len(w.get("buyer", "/invitations").want(200).list("items")); n != 2 {
			t.Errorf("%d invitations", n)
		}

		// Rights hold from the next request on.
		w.post("wang", "/orders", buy).refused(403, "buyer_not_root")
		w.patch("buyer", "/members/"+wang, `{"rights":["buy"]}`).want(200).field("rights", "[buy]")
		w.post("wang", "/orders", buy).want(201)
		w.get("wang", "/codes").refused(403, "not_allowed")
		w.patch("buyer", "/members/"+wang, `{"rights":["buy"]}`).refused(409, "rights_unchanged")
		w.patch("buyer", "/members/"+w.people["buyer"].ID.String(), `{"rights":[]}`).refused(409, "root_stays")
		w.delete("buyer", "/members/"+w.people["buyer"].ID.String()).refused(409, "root_stays")

		// A key ends with the one it was made with, and all end with the member.
		first := w.post("wang", "/keys", `{"name":"first"}`).want(201)
		key := func(g *reply) []string { return []string{"Authorization", "Bearer " + g.text("key")} }
		below := w.do("", "POST", "/keys", `{"name":"below"}`, key(first)...).want(201)
		deeper := w.do("", "POST", "/keys", `{"name":"deeper"}`, key(below)...).want(201)
		w.do("", "GET", "/me", "", key(deeper)...).want(200)
		w.delete("wang", "/keys/"+first.text("id")).want(204)
		for _, g := range []*reply{first, below, deeper} {
			w.do("", "GET", "/me", "", key(g)...).refused(401, "key_unknown")
		}
		w.delete("buyer", "/members/"+wang).want(204)
		w.get("wang", "/me").refused(401, "key_unknown")
		w.delete("buyer", "/members/"+wang).refused(404, "not_found")
		w.get("buyer", "/sign-ins").want(200)
		w.delete("buyer", "/sign-ins").want(204)
	})
}

// confirm takes a person's e-mail for confirmed.
func (w *world) confirm(name string) {
	w.t.Helper()
	link := w.sent(name, "/confirm-email?token=")
	if err := w.actions.ConfirmEmail(w.t.Context(), exam.Actor{Channel: exam.Console}, link); err != nil {
		w.t.Fatal(err)
	}
}

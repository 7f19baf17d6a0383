package journey_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// People of the demo.
const (
	buyer      = "chen.yu@xinghe.example"
	member     = "liu.min@xinghe.example"
	rival      = "grace@brightwater.example"
	unverified = "dana@harborfoods.example"
	nameless   = "billie@people.example" // an examinee who is not verified
	admin      = "morgan@northwind.example"
	registrar  = "sana@northwind.example"
)

// wrong is a call that must be refused.
type wrong struct {
	what                    string
	who, method, path, body string
	code                    int
	reason                  string
}

// TestBadInputs sends what must not be accepted and wants the status and the
// reason, and everything as it was before.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	d := startDemo(t, privateDir(t), "", "--empty")
	c := d.client(t)
	s := setScene(d, c)
	before := s.standing()
	for _, w := range append(append(s.badPurchases(), s.badRedemptions()...), append(s.badSeats(), s.badRequests()...)...) {
		t.Run(w.what, func(t *testing.T) {
			g, err := c.try(w.who, w.method, w.path, w.body)
			if err != nil {
				t.Fatal(err)
			}
			g.t = t
			g.refused(w.code, w.reason)
		})
	}
	t.Run("wrong content type", func(t *testing.T) {
		c.do(buyer, "POST", "/orders", s.ask("1"), "Content-Type", "text/plain").refused(415, "content_type")
	})
	t.Run("unknown key", func(t *testing.T) {
		c.do("", "GET", "/me", "", "Authorization", "Bearer exk_nobody").refused(401, "key_unknown")
	})
	t.Run("revoked key", func(t *testing.T) {
		made := c.post(buyer, "/keys", `{"name":"short-lived"}`).want(201)
		c.do("", "GET", "/me", "", "Authorization", "Bearer "+made.at("key")).want(200)
		c.do(buyer, "DELETE", "/keys/"+made.id(), "").want(204)
		c.do("", "GET", "/me", "", "Authorization", "Bearer "+made.at("key")).refused(401, "key_unknown")
	})
	if after := s.standing(); after != before {
		t.Errorf("refused calls changed something:\nbefore %s\nafter  %s", before, after)
	}
}

// scene is what the bad inputs are about.
type scene struct {
	*client
	subject, other, retired string
	fresh, used, foreign    string // texts: of an unused code, of a bound one, of another subject
	codes                   []string
	order                   string
	full, elsewhere, past   string // sessions
	seatless, seated, begun string // registrations: without a seat, past its cut-off, of a session that began
	people                  []string
}

func setScene(d *demo, c *client) *scene {
	s := &scene{client: c, retired: d.subject(c.t, "LEGACY-1")}
	for _, a := range d.Accounts {
		if a.Kind == "individual" && a.Verified {
			s.people = append(s.people, a.Email)
		}
	}
	s.subject, s.other = c.subject(admin, "BAD-1", 24), c.subject(admin, "BAD-2", 0)
	s.order = c.bought(buyer, s.subject, 5)
	s.codes = c.get(buyer, "/orders/"+s.order+"/codes").want(200).items("id")
	otherCodes := c.get(buyer, "/orders/"+c.bought(buyer, s.other, 3)+"/codes").want(200).items("id")
	s.fresh, s.used, s.foreign = c.text(buyer, s.codes[0]), c.text(buyer, s.codes[1]), c.text(buyer, otherCodes[0])

	s.seatless = c.post(s.people[0], "/registrations", redeem(s.subject, s.used)).want(201).id()
	s.seated = c.post(s.people[1], "/registrations", redeem(s.subject, c.text(buyer, s.codes[2]))).want(201).id()
	s.begun = c.post(s.people[2], "/registrations", redeem(s.other, c.text(buyer, otherCodes[1]))).want(201).id()

	s.full = c.session(registrar, s.subject, time.Now().Add(time.Hour), 1)
	s.elsewhere = c.session(registrar, s.other, time.Now().Add(48*time.Hour), 10)
	begins := time.Now().Add(1500 * time.Millisecond)
	s.past = c.session(registrar, s.subject, begins, 10)
	began := c.session(registrar, s.other, begins, 10)
	c.do(s.people[1], "PUT", "/registrations/"+s.seated+"/reservation", `{"session_id":"`+s.full+`"}`).want(200)
	c.do(s.people[2], "PUT", "/registrations/"+s.begun+"/reservation", `{"session_id":"`+began+`"}`).want(200)
	time.Sleep(time.Until(begins) + 50*time.Millisecond)
	return s
}

// standing is all that a refused call could have changed.
func (s *scene) standing() string {
	s.t.Helper()
	var b bytes.Buffer
	for _, look := range [][2]string{
		{buyer, "/overview"}, {rival, "/overview"}, {buyer, "/orders"}, {rival, "/orders"}, {buyer, "/codes?limit=200"}, {buyer, "/messages"},
		{s.people[0], "/registrations"}, {s.people[1], "/registrations"}, {s.people[2], "/registrations"}, {s.people[3], "/registrations"},
		{s.people[0], "/sessions?subject_id=" + s.subject}, {s.people[0], "/sessions?subject_id=" + s.other}, {admin, "/subjects?retired=true"},
	} {
		b.Write(s.get(look[0], look[1]).want(200).body)
	}
	return moments.ReplaceAllString(b.String(), "")
}

// moments are where a forecast stands, which moves with time alone.
var moments = regexp.MustCompile(`"at":"[^"]*"`)

func (s *scene) ask(quantity string) string {
	return `{"subject_id":"` + s.subject + `","quantity":` + quantity + `}`
}

func (s *scene) badPurchases() []wrong {
	list := []wrong{
		{"unverified buyer", unverified, "POST", "/orders", s.ask("1"), 403, "account_not_verified"},
		{"member instead of root", member, "POST", "/orders", s.ask("1"), 403, "buyer_not_root"},
		{"an examinee buys", s.people[0], "POST", "/orders", s.ask("1"), 403, "not_enterprise"},
		{"unknown subject", buyer, "POST", "/orders", `{"subject_id":"sub_0000000000001","quantity":1}`, 422, "subject_unknown"},
		{"retired subject", buyer, "POST", "/orders", `{"subject_id":"` + s.retired + `","quantity":1}`, 409, "subject_retired"},
		{"somebody else's order", rival, "GET", "/orders/" + s.order, "", 404, "not_found"},
		{"paying somebody else's order", rival, "POST", "/orders/" + s.order + "/pay", `{"provider":"sandbox"}`, 404, "not_found"},
		{"cancelling a paid order", buyer, "POST", "/orders/" + s.order + "/cancel", "", 409, "order_not_pending"},
		{"paying twice", buyer, "POST", "/orders/" + s.order + "/pay", `{"provider":"sandbox"}`, 409, "order_not_pending"},
	}
	for _, q := range []string{"0", "-1", "1.5", "100001", `"ten"`, "null", "true", "[3]"} {
		list = append(list, wrong{"quantity " + q, buyer, "POST", "/orders", s.ask(q), 422, "quantity_out_of_range"})
	}
	return list
}

func (s *scene) badRedemptions() []wrong {
	mistyped := []byte(s.fresh) // two neighbours swapped, which the check symbol tells
	for i := range len(mistyped) - 1 {
		if a, b := mistyped[i], mistyped[i+1]; a != b && a != '-' && b != '-' {
			mistyped[i], mistyped[i+1] = b, a
			break
		}
	}
	post := func(what, who, subject, text string, code int, reason string) wrong {
		return wrong{what, who, "POST", "/registrations", redeem(subject, text), code, reason}
	}
	stranger := s.people[3]
	return []wrong{
		post("mistyped code", stranger, s.subject, string(mistyped), 422, "code_mistyped"),
		post("no code", stranger, s.subject, "", 422, "code_mistyped"),
		// Who holds a living text may know what it is for; of a used one a stranger learns nothing.
		post("code of another subject", stranger, s.subject, s.foreign, 409, "subject_mismatch"),
		post("used code, asked by a stranger", stranger, s.subject, s.used, 409, "code_not_usable"),
		post("used code, asked by its holder", s.people[0], s.subject, s.used, 409, "code_not_unused"),
		post("second code for the same subject", s.people[0], s.subject, s.fresh, 409, "already_registered"),
		post("not verified", nameless, s.subject, s.fresh, 403, "account_not_verified"),
		post("a company redeems", buyer, s.subject, s.fresh, 403, "not_individual"),
		post("redeeming for a subject that does not exist", stranger, "sub_0000000000001", s.fresh, 422, "subject_unknown"),
		post("redeeming for no subject", stranger, "", s.fresh, 422, "subject_unknown"),
	}
}

func (s *scene) badSeats() []wrong {
	seat := func(what, who, registration, session string, code int, reason string) wrong {
		return wrong{what, who, "PUT", "/registrations/" + registration + "/reservation", `{"session_id":"` + session + `"}`, code, reason}
	}
	return []wrong{
		seat("full session", s.people[0], s.seatless, s.full, 409, "session_full"),
		seat("session of another subject", s.people[0], s.seatless, s.elsewhere, 409, "session_other_subject"),
		seat("past session", s.people[0], s.seatless, s.past, 409, "session_past"),
		seat("unknown session", s.people[0], s.seatless, "ses_0000000000001", 422, "session_unknown"),
		seat("somebody else's registration", s.people[1], s.seatless, s.full, 404, "not_found"),
		{"cancelling past the cut-off", s.people[1], "DELETE", "/registrations/" + s.seated + "/reservation", "", 409, "past_cutoff"},
		{"cancelling after the start", s.people[2], "DELETE", "/registrations/" + s.begun + "/reservation", "", 409, "past_cutoff"},
		{"cancelling what is not reserved", s.people[0], "DELETE", "/registrations/" + s.seatless + "/reservation", "", 409, "not_reserved"},
		{"unbinding a reserved code", buyer, "POST", "/codes/" + s.codes[2] + "/unbind", "", 409, "code_reserved"},
		{"unbinding an unused code", buyer, "POST", "/codes/" + s.codes[0] + "/unbind", "", 409, "code_not_bound"},
		{"a new text for a bound code", buyer, "POST", "/codes/" + s.codes[1] + "/regenerate", "", 409, "code_not_unused"},
		{"result of a bound code", buyer, "GET", "/codes/" + s.codes[1] + "/result", "", 409, "code_not_completed"},
		{"result for somebody who did not reserve", registrar, "POST", "/results", `{"registration_id":"` + s.seatless + `","outcome":"passed"}`, 409, "not_reserved"},
		{"result before the start", registrar, "POST", "/results", `{"registration_id":"` + s.seated + `","outcome":"passed"}`, 409, "session_not_begun"},
		{"result of nobody", registrar, "POST", "/results", `{"registration_id":"reg_0000000000001","outcome":"passed"}`, 422, "registration_unknown"},
		{"outcome that does not exist", registrar, "POST", "/results", `{"registration_id":"` + s.begun + `","outcome":"brilliant"}`, 422, "outcome_unknown"},
		{"score that contradicts", registrar, "POST", "/results", `{"registration_id":"` + s.begun + `","outcome":"passed","score":1}`, 422, "score_contradicts"},
		{"result from the company", buyer, "POST", "/results", `{"registration_id":"` + s.begun + `","outcome":"passed"}`, 403, "not_operator"},
	}
}

func (s *scene) badRequests() []wrong {
	return []wrong{
		{"unknown field", buyer, "POST", "/orders", `{"subject_id":"` + s.subject + `","quantity":1,"price":0}`, 422, "unknown_field"},
		{"unknown parameter", buyer, "GET", "/codes?stat=unused", "", 422, "unknown_parameter"},
		{"half a body", buyer, "POST", "/orders", `{"subject_id":`, 400, "malformed_request"},
		{"a list as body", buyer, "POST", "/orders", `[]`, 400, "malformed_request"},
		{"body of 10 MB", buyer, "POST", "/orders", `{"subject_id":"` + strings.Repeat("x", 10<<20) + `","quantity":1}`, 413, "body_too_large"},
		{"no key", "", "POST", "/orders", s.ask("1"), 401, "not_signed_in"},
		{"no key, only looking", "", "GET", "/overview", "", 401, "not_signed_in"},
		{"address that does not exist", buyer, "GET", "/nowhere", "", 404, "not_found"},
		{"method that does not exist", buyer, "DELETE", "/orders", "", 405, "method_not_allowed"},
	}
}

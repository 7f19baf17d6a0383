package journey_test

import (
	"encoding/base64"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"examcode/internal/db/dbtest"
)

const password = "a long enough pass phrase"

// TestAPIJourneyOnTwoReplicas sends every call to the other replica than the one
// before.
func TestAPIJourneyOnTwoReplicas(t *testing.T) {
	t.Parallel()
	storage := []string{"--database-url", dbtest.PostgresURL(t), "--data", privateDir(t)}
	run(t, "", append([]string{"migrate"}, storage...)...)
	keys := openAccounts(t, storage)
	a, b := freeAddress(t), freeAddress(t)
	for _, address := range []string{a, b} {
		start(t, address, append([]string{"serve", "--base-url", "http://" + a, "--providers", "sandbox,transfer"}, storage...)...)
	}
	c := newClient(t, "http://"+a, "http://"+b)
	c.keys = keys
	wholeWay(t, c)
	signInOnOne(t, "http://"+a, "http://"+b)
}

func TestAPIJourneyOnSQLite(t *testing.T) {
	t.Parallel()
	storage := []string{"--data", privateDir(t)}
	run(t, "", append([]string{"migrate"}, storage...)...)
	keys := openAccounts(t, storage)
	address := freeAddress(t)
	start(t, address, append([]string{"serve", "--base-url", "http://" + address, "--providers", "sandbox,transfer"}, storage...)...)
	c := newClient(t, "http://"+address)
	c.keys = keys
	wholeWay(t, c)
	signInOnOne(t, "http://"+address)
}

// openAccounts adds people from the command line, as an installation begins, and
// returns their API keys.
func openAccounts(t *testing.T, storage []string) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, p := range [][]string{
		{"admin", "--kind", "operator", "--role", "admin"}, {"review", "--kind", "operator", "--role", "review"},
		{"results", "--kind", "operator", "--role", "results"}, {"money", "--kind", "operator", "--role", "money"},
		{"buyer", "--kind", "enterprise", "--role", "root", "--account", "Buyer Ltd"}, {"lina", "--kind", "individual", "--role", "root"},
	} {
		who := p[0]
		email := who + "@journey.test"
		run(t, password+"\n", append(append([]string{"user", "--email", email, "--name", "Person " + who, "--password", "-"}, p[1:]...), storage...)...)
		keys[who] = strings.TrimSpace(run(t, "", append([]string{"apikey", "--email", email, "--name", "journey"}, storage...)...))
	}
	return keys
}

// wholeWay goes from the verification to the result and looks at the traces.
func wholeWay(t *testing.T, c *client) {
	t.Helper()
	licence := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4\n"))
	verify(c, "buyer", `{"legal_name":"Buyer Ltd","registration_number":"HRB 12345","country":"CN","document":{"name":"licence.pdf","content":"`+licence+`"}}`)
	verify(c, "lina", `{"legal_name":"Person lina","document_kind":"passport","document_number":"P1234567"}`)
	subject := c.subject("admin", "WAY-1", 0)

	code, text := buy(c, subject)
	made := c.post("lina", "/registrations", redeem(subject, strings.ToLower(text))).want(201).field("state", "registered").id()
	c.get("buyer", "/codes/"+code).want(200).field("state", "bound").field("registration_id", made)
	c.post("buyer", "/codes/"+code+"/regenerate", "").refused(409, "code_not_unused")

	begins := time.Now().Add(3 * time.Second)
	session := c.session("results", subject, begins, 2)
	seat := "/registrations/" + made + "/reservation"
	c.do("lina", "PUT", seat, `{"session_id":"`+session+`"}`).want(200).field("state", "reserved").field("session.seats_left", 1)
	c.get("buyer", "/codes/"+code).want(200).field("state", "reserved")
	c.post("buyer", "/codes/"+code+"/unbind", "").refused(409, "code_reserved")
	result := `{"registration_id":"` + made + `","outcome":"passed","score":81}`
	c.post("results", "/results", result).refused(409, "session_not_begun")
	time.Sleep(time.Until(begins) + 50*time.Millisecond)
	c.do("lina", "DELETE", seat, "").refused(409, "past_cutoff")
	c.post("results", "/results", result).want(200).field("done", 1)
	c.post("results", "/results", result).refused(409, "result_already_recorded")

	c.get("lina", "/registrations/"+made+"/result").want(200).field("outcome", "passed").field("score", 81)
	c.get("buyer", "/codes/"+code+"/result").want(200).field("outcome", "passed").field("score", 81)
	c.get("buyer", "/codes/"+code).want(200).field("state", "completed")
	c.get("buyer", "/overview").want(200).field("codes.purchased", 3).field("codes.used", 1).field("codes.unused", 2).
		field("codes.completed", 1).field("registrations", 1).field("sat", 1).field("passed", 1)
	trail := c.get("buyer", "/codes/"+code+"/events").want(200).items("kind")
	if got, want := strings.Join(trail, " "), "code.completed code.reserved code.redeemed code.revealed order.paid order.placed"; got != want {
		t.Errorf("the code's trail is %s, want %s", got, want)
	}
	toldOnce(c)
}

func verify(c *client, who, submission string) {
	c.t.Helper()
	id := c.post(who, "/verifications", submission).want(201).id()
	c.post(who, "/verifications", submission).refused(409, "verification_waiting")
	c.post("review", "/verifications/"+id+"/approve", "").want(200).field("state", "verified")
}

// buy buys three codes, with one order however often it is asked for, and
// returns the first code and its text.
func buy(c *client, subject string) (code, text string) {
	c.t.Helper()
	ask := `{"subject_id":"` + subject + `","quantity":3}`
	order := c.do("buyer", "POST", "/orders", ask, "Idempotency-Key", "first").want(201).field("total.minor", 36000).id()
	if again := c.do("buyer", "POST", "/orders", ask, "Idempotency-Key", "first").want(201).id(); again != order {
		c.t.Errorf("the same key made two orders, %s and %s", order, again)
	}
	c.do("buyer", "POST", "/orders", `{"subject_id":"`+subject+`","quantity":4}`, "Idempotency-Key", "first").refused(422, "idempotency_key_reused")
	pay := "/orders/" + order + "/pay"
	c.post("buyer", pay, `{"provider":"sandbox","simulate":"decline"}`).want(200).field("state", "failed")
	c.get("buyer", "/orders/"+order).want(200).field("state", "pending")
	c.post("buyer", pay, `{"provider":"sandbox"}`).want(200).field("state", "succeeded")
	c.post("buyer", pay, `{"provider":"sandbox"}`).refused(409, "order_not_pending")
	codes := c.get("buyer", "/orders/"+order+"/codes").want(200).items("id")
	if len(codes) != 3 {
		c.t.Fatalf("%d codes of 3", len(codes))
	}
	masked := c.get("buyer", "/codes/"+codes[0]).want(200).field("state", "unused").at("text_masked")
	text = c.text("buyer", codes[0])
	if !strings.HasSuffix(text, masked[len(masked)-4:]) {
		c.t.Errorf("the text %s is shown as %s", text, masked)
	}
	return codes[0], text
}

// toldOnce wants one notice of the payment, and none of the declined one (S5).
func toldOnce(c *client) {
	c.t.Helper()
	paid := 0
	for _, kind := range c.get("buyer", "/messages").want(200).items("kind") {
		if kind == "order_paid" {
			paid++
		}
	}
	if paid != 1 {
		c.t.Errorf("%d notices of one payment", paid)
	}
}

// signInOnOne signs in at the first replica and reads pages at every one.
func signInOnOne(t *testing.T, bases ...string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	answer, err := browser.PostForm(bases[0]+"/sign-in", url.Values{"email": {"buyer@journey.test"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	if page := string(drained(answer)); answer.StatusCode != http.StatusOK || !strings.Contains(page, "Buyer Ltd") {
		t.Fatalf("signing in: %d %s", answer.StatusCode, page)
	}
	for _, base := range bases {
		for _, path := range []string{"/enterprise/", "/enterprise/orders", "/enterprise/codes"} {
			answer, err := browser.Get(base + path)
			if err != nil {
				t.Fatal(err)
			}
			if page := string(drained(answer)); answer.Request.URL.Path != path || answer.StatusCode != http.StatusOK || !strings.Contains(page, "Buyer Ltd") {
				t.Errorf("%s%s: %d at %s", base, path, answer.StatusCode, answer.Request.URL)
			}
		}
	}
}

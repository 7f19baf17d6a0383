package journey_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"examcode/internal/db/dbtest"
)

// racers is how many people send the same code at once.
const racers = 64

// TestRedeemRaceOverHTTP lets 64 requests redeem one code at the same moment
// (S22): one registration is made, and everybody else is told why not.
func TestRedeemRaceOverHTTP(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		d := startDemo(t, privateDir(t), "", "--empty")
		redeemRace(t, d, d.client(t))
	})
	t.Run("two replicas on postgres", func(t *testing.T) {
		t.Parallel()
		data, database := privateDir(t), dbtest.PostgresURL(t)
		run(t, "", "migrate", "--data", data, "--database-url", database)
		d := startDemo(t, data, database, "--empty")
		second := start(t, freeAddress(t), "serve", "--data", data, "--database-url", database, "--base-url", d.base, "--providers", "sandbox")
		redeemRace(t, d, d.client(t, second.base))
	})
}

func redeemRace(t *testing.T, d *demo, c *client) {
	var people []string
	for _, a := range d.Accounts {
		if a.Kind == "individual" && a.Verified {
			people = append(people, a.Email)
		}
	}
	if len(people) < racers/2 {
		t.Fatalf("only %d verified examinees", len(people))
	}
	subject := c.subject(admin, "RACE-1", 24)
	order := c.bought(buyer, subject, 1)
	code := c.get(buyer, "/orders/"+order+"/codes").want(200).items("id")[0]
	answers := atOnce(t, c, people, redeem(subject, c.text(buyer, code)))

	won, reasons := 0, map[string]int{}
	for _, g := range answers {
		switch {
		case g.code == http.StatusCreated:
			won++
		case g.code == http.StatusTooManyRequests: // all come from one network, which is limited
			g.refused(429, "too_many_tries")
			reasons["too_many_tries"]++
		default:
			reason := g.at("reason")
			if !slices.Contains([]string{"code_not_usable", "code_not_unused", "already_registered"}, reason) {
				t.Errorf("%s: refused by %s", g.call, reason)
			}
			g.refused(409, reason)
			reasons[reason]++
		}
	}
	t.Logf("won %d, refused %v", won, reasons)
	if won != 1 {
		t.Errorf("%d of %d redeemed one code", won, racers)
	}
	registrations := 0
	for _, who := range people {
		for _, of := range c.get(who, "/registrations").want(200).items("subject_id") {
			if of == subject {
				registrations++
			}
		}
	}
	redeemed := 0
	for _, kind := range c.get(buyer, "/codes/"+code+"/events?limit=200").want(200).items("kind") {
		if kind == "code.redeemed" {
			redeemed++
		}
	}
	if registrations != 1 || redeemed != 1 {
		t.Errorf("%d registrations and %d events of one redemption", registrations, redeemed)
	}
	c.get(buyer, "/codes/"+code).want(200).field("state", "bound")
	c.get(buyer, "/orders/"+order).want(200).field("quantity", 1)
}

// atOnce lets people, in turn, send the same body at the same moment.
func atOnce(t *testing.T, c *client, people []string, body string) []*reply {
	t.Helper()
	for _, who := range people { // connections are open before the start
		c.get(who, "/me").want(200)
	}
	answers, errs := make([]*reply, racers), make([]error, racers)
	var ready, all sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		ready.Add(1)
		all.Go(func() {
			ready.Done()
			<-begin
			answers[i], errs[i] = c.try(people[i%len(people)], "POST", "/registrations", body)
		})
	}
	ready.Wait()
	close(begin)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

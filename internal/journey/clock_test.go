package journey_test

import (
	"strings"
	"testing"

	"examcode/internal/lang"
)

// TestBrowserSeesAYearPass: S15, S16 and S18 before a person's eyes. The clock of a
// demo is moved through an order's year; the four reminders come on their days,
// each once, then the order ends, its codes are Expired and its verbs refused.
func TestBrowserSeesAYearPass(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	for _, c := range []struct {
		name    string
		lang    lang.Lang
		scripts bool
	}{{"English with scripts", lang.EN, true}, {"Chinese without scripts", lang.ZH, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, privateDir(t), "", "--clock", "--empty")
			api := d.client(t)
			s := &story{person: sitDown(t, browser, d.base, c.lang, c.scripts), demo: d}
			s.signIn(buyer)
			order := api.bought(buyer, d.subject(t, "CLOUD-A"), 3)
			number := api.get(buyer, "/orders/"+order).want(200).at("number")
			s.open("clock", "/demo/clock")
			s.reads(s.say("account.clock.not_moved"))

			for _, step := range []struct {
				days      []int
				reminders int
				ended     bool
			}{
				{[]int{90, 90, 90}, 0, false},
				{[]int{7}, 1, false}, // the 277th day; the first is due on the 276th
				{[]int{1}, 1, false},
				{[]int{30}, 2, false},
				{[]int{30}, 3, false},
				{[]int{7, 7}, 4, false}, // the 352nd; due on the 351st
				{[]int{7, 1}, 4, false},
				{[]int{7}, 4, true},
				{[]int{30}, 4, true},
			} {
				for _, days := range step.days {
					s.open("clock-again", "/demo/clock")
					s.tick(s.say("account.clock.days", "n", days))
					s.click("clock-moved", s.say("account.clock.move"))
				}
				s.open("messages-"+s.locale.Number(int64(step.reminders)), "/messages")
				ended := 0
				if step.ended {
					ended = 1
				}
				page := s.main()
				told := func(key string) int { // a row says its subject, and names its tick box by it
					return strings.Count(page, s.say(key, "number", number)) / 2
				}
				reminders, ends := told("notice.order_ending.title"), told("notice.order_ended.title")
				if reminders != step.reminders || ends != ended {
					t.Fatalf("after %v days: want %d reminders, ended %v:\n%s", step.days, step.reminders, step.ended, page)
				}
			}
			s.open("codes-ended", "/enterprise/codes?order_number="+number)
			s.reads(s.locale.State("code", "expired"))
			if n := s.text(`String(document.querySelectorAll('td a[href$="/regenerate"], td a[href$="/unbind"]').length)`); n != "0" {
				t.Errorf("%s verbs are offered for expired codes:\n%s", n, s.main())
			}
			s.open("order-ended", "/enterprise/orders/"+order)
			s.reads(s.locale.State("order", "ended"))
			code := api.get(buyer, "/orders/"+order+"/codes").want(200).items("id")[0]
			api.post(buyer, "/codes/"+code+"/regenerate", "").refused(409, "order_expired")
			s.open("outbox-ended", "/demo/outbox")
			s.reads(number)
			if bad := s.watch.taken(); len(bad) > 0 {
				t.Errorf("the browser complained:\n%s", strings.Join(bad, "\n"))
			}
		})
	}
}

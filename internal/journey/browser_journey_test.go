package journey_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"examcode/internal/lang"
	"examcode/internal/money"
)

// TestBrowserJourney goes from the purchase to the result by clicking through
// the pages of a demo: in English with scripts, in Chinese without any.
func TestBrowserJourney(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	for _, c := range []struct {
		name    string
		lang    lang.Lang
		scripts bool
	}{{"English with scripts", lang.EN, true}, {"Chinese without scripts", lang.ZH, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t, privateDir(t), "")
			p := sitDown(t, browser, d.base, c.lang, c.scripts)
			s := &story{person: p, demo: d, cloud: d.name(t, "CLOUD-A", c.lang), security: d.name(t, "SEC-F", c.lang)}

			s.signIn(buyer)
			s.mistakeTheQuantity()
			text := s.buyAndReveal()
			number := s.buyByTransfer()
			s.signOut()
			s.signIn("wang.fang@people.example")
			s.redeemAndReserve(text)
			s.signOut()
			s.signIn("victor@northwind.example")
			s.confirmTransfer(number)
			s.signOut()
			s.signIn(registrar)
			tail := s.recordResult("Xinghe")
			s.signOut()
			s.signIn(buyer)
			s.seeWhatBecame(number, tail)
			s.signOut()

			if bad := p.watch.taken(); len(bad) > 0 {
				t.Errorf("the browser complained:\n%s", strings.Join(bad, "\n"))
			}
			s.watchSees()
			t.Logf("%d pages", p.pages)
		})
	}
}

// story is one person after another before the same window.
type story struct {
	*person
	demo            *demo
	cloud, security string // names of subjects
}

func (d *demo) name(t *testing.T, code string, of lang.Lang) string {
	t.Helper()
	id := d.subject(t, code)
	for _, s := range d.Subjects {
		if s.ID == id {
			return s.Name[string(of)]
		}
	}
	return ""
}

func (s *story) signIn(email string) {
	s.t.Helper()
	s.open("sign-in", "/sign-in")
	s.speak()
	for _, a := range s.demo.Accounts {
		if a.Email == email {
			s.fill(s.say("account.email"), email)
			s.fill(s.say("account.password"), a.Password)
			s.click("home-"+a.Kind, s.say("frame.sign_in"))
			s.speak()
			return
		}
	}
	s.t.Fatalf("the demo has no %s", email)
}

// speak changes the language of the pages when it is another.
func (s *story) speak() {
	s.t.Helper()
	other := map[lang.Lang]string{lang.EN: "English", lang.ZH: "中文"}[s.locale.Lang]
	if !strings.HasPrefix(s.text("document.documentElement.lang"), string(s.locale.Lang)) {
		s.click("language", other)
	}
	if got := s.text("document.documentElement.lang"); !strings.HasPrefix(got, string(s.locale.Lang)) {
		s.t.Fatalf("the page is in %s after choosing %s", got, other)
	}
}

func (s *story) signOut() {
	s.t.Helper()
	s.press(s.text(`document.querySelector(".account-name").textContent`))
	s.click("signed-out", s.say("frame.sign_out"))
}

func (s *story) mistakeTheQuantity() {
	s.t.Helper()
	s.click("subjects", s.say("enterprise.nav.buy"))
	s.clickIn("quantity", s.cloud, s.say("enterprise.buy.now"))
	for _, wrong := range []string{"0", "-1", "1.5", "100001"} {
		s.fill(s.say("enterprise.quantity"), wrong)
		s.refused("quantity-refused", s.say("enterprise.buy.check"))
		if problem := s.text(`document.querySelector("main [role=alert]")?.innerText ?? ""`); !strings.Contains(problem, s.say("form.problem")) {
			s.t.Errorf("no error summary for the quantity %s: %q", wrong, problem)
		}
		if kept := s.text(`document.querySelector("main input[name=quantity]").value`); kept != wrong {
			s.t.Errorf("%q was typed, %q is left", wrong, kept)
		}
	}
}

// purchase goes to the check page of an order.
func (s *story) purchase(subject, quantity string) {
	s.t.Helper()
	s.click("overview", s.say("enterprise.nav.overview"))
	s.click("subjects", s.say("enterprise.nav.buy"))
	s.clickIn("quantity", subject, s.say("enterprise.buy.now"))
	s.fill(s.say("enterprise.quantity"), quantity)
	s.click("check", s.say("enterprise.buy.check"))
	// S3: verification and user type are seen before anything is paid.
	s.reads(s.say("state.verification.verified"), s.say("enterprise.buy.user_type_root"), subject)
}

var (
	orderNumber = regexp.MustCompile(`EC-[0-9A-Z-]+`)
	codeText    = regexp.MustCompile(`\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b`)
	codeTail    = regexp.MustCompile(`•-([0-9A-Z]{4})\b`)
)

func (s *story) found(r *regexp.Regexp) string {
	s.t.Helper()
	m := r.FindString(s.main())
	if m == "" {
		s.t.Fatalf("nothing like %s on %s:\n%s", r, s.address(), s.main())
	}
	return m
}

// rows is how many rows the page's table has.
func (s *story) rows() string {
	return s.text(`String(document.querySelectorAll("main tbody tr").length)`)
}

func (s *story) buyAndReveal() string {
	s.t.Helper()
	s.purchase(s.cloud, "3")
	s.tick(s.say("enterprise.pay.by_sandbox"))
	s.click("paid", s.say("enterprise.pay.verb", "amount", money.Amount{Minor: 36000, Currency: "USD"}))
	s.reads(s.say("enterprise.result.paid"))
	number := s.found(orderNumber)
	s.click("orders", s.say("enterprise.nav.orders"))
	s.click("order", number)
	s.click("codes-of-order", s.say("enterprise.orders.codes"))
	if got := s.rows(); got != "3" {
		s.t.Fatalf("%s rows of 3 codes:\n%s", got, s.main())
	}
	s.travel("code", 200, chromedp.Click(chromedp.CSS("main tbody th a, main tbody td a")))
	s.click("reveal", s.say("enterprise.codes.reveal"))
	if strings.HasPrefix(s.address(), "/sign-in/again") {
		s.fill(s.say("account.password_of", "email", buyer), s.demo.Accounts[0].Password)
		s.click("reveal", s.say("account.again.go"))
	}
	s.click("revealed", s.say("enterprise.codes.reveal"))
	return s.found(codeText)
}

func (s *story) buyByTransfer() string {
	s.t.Helper()
	s.purchase(s.security, "2")
	s.tick(s.say("enterprise.pay.by_transfer"))
	s.click("transfer", s.say("enterprise.pay.verb", "amount", money.Amount{Minor: 19000, Currency: "USD"}))
	s.reads(s.say("enterprise.result.transfer"))
	return s.found(orderNumber)
}

func (s *story) redeemAndReserve(text string) {
	s.t.Helper()
	s.click("redeem", s.say("examinee.redeem"))
	s.pick(s.say("examinee.subject"), s.cloud)
	s.fill(s.say("examinee.code"), "  "+strings.ToLower(strings.ReplaceAll(text, "-", " "))+" ")
	s.tick(s.say("examinee.type.online"))
	s.click("redeem-check", s.say("examinee.redeem.check"))
	s.reads(s.cloud, s.say("examinee.check.free"))
	s.click("registered", s.say("examinee.check.go"))
	s.click("sessions", s.say("examinee.choose"))
	first := s.reserve(1, s.say("examinee.reserve.go"))
	s.click("registration", s.say("examinee.reserved.open"))
	s.reads(s.say("state.registration.reserved"))
	s.click("sessions-again", s.say("examinee.move"))
	if second := s.reserve(2, s.say("examinee.move.go")); second == first {
		s.t.Errorf("the seat was not changed: %s", second)
	}
	s.click("registration-moved", s.say("examinee.reserved.open"))
	s.click("cancel", s.say("examinee.cancel"))
	s.click("cancelled", s.say("examinee.cancel"))
	s.reads(s.say("state.registration.registered"))
	s.click("sessions-third", s.say("examinee.choose"))
	s.reserve(1, s.say("examinee.reserve.go"))
	s.click("my-exams", s.say("examinee.exams"))
	s.reads(s.cloud, s.say("state.registration.reserved"))
}

// reserve takes the session that is so many from the last, and returns it as the
// page shows it.
func (s *story) reserve(fromLast int, verb string) string {
	s.t.Helper()
	id := s.text(fmt.Sprintf(`(l => l.length < %[1]d ? "" : l[l.length - %[1]d].id)(document.querySelectorAll("main input[type=radio][name=session_id]"))`, fromLast))
	if id == "" {
		s.t.Fatalf("no session to choose:\n%s", s.main())
	}
	s.do("choose a session", chromedp.Click(chromedp.CSS(`label[for="`+id+`"]`)))
	s.click("reserve-check", s.say("examinee.choose.check"))
	s.click("reserved", verb)
	s.reads(s.say("examinee.reserved"))
	return s.text(`document.querySelector("main time").textContent`)
}

func (s *story) confirmTransfer(number string) {
	s.t.Helper()
	s.click("money", s.say("operator.nav.money"))
	s.clickIn("confirm", number, s.say("operator.money.confirm"))
	s.fill(s.say("operator.money.amount"), "190.01")
	s.refused("confirm-refused", s.say("operator.money.confirm"))
	s.fill(s.say("operator.money.amount"), "190.00")
	s.click("confirmed", s.say("operator.money.confirm"))
}

// recordResult records that somebody of a company passed and returns the end of
// the code's text.
func (s *story) recordResult(company string) string {
	s.t.Helper()
	s.click("results", s.say("operator.nav.results"))
	waiting := s.text(`[...document.querySelector("main table").querySelectorAll("tbody a")].map(a => a.getAttribute("href")).join(" ")`)
	for _, session := range strings.Fields(waiting) {
		s.travel("roster", 200, chromedp.Click(chromedp.CSS(`main a[href="`+session+`"]`)))
		id := s.text(`[...document.querySelectorAll("main tbody tr")].find(r => r.textContent.includes("` + company + `") && r.querySelector("button"))?.querySelector("button").value ?? ""`)
		if id == "" {
			s.click("results", s.say("operator.nav.results"))
			continue
		}
		row := `document.querySelector("main button[value='` + id + `']").closest("tr")`
		tail := codeTail.FindStringSubmatch(s.text(row + ".innerText"))
		if tail == nil {
			s.t.Fatalf("no code in %s", s.text(row+".innerText"))
		}
		s.do("the outcome", chromedp.SetValue(chromedp.CSS(`select[name="outcome-`+id+`"]`), "passed"),
			chromedp.SendKeys(chromedp.CSS(`input[name="score-`+id+`"]`), "91"))
		s.travel("recorded", 200, chromedp.Click(chromedp.CSS(`button[value="`+id+`"]`)))
		s.reads(s.say("state.result.passed"), s.say("operator.results.recorded", "n", 1))
		return tail[1]
	}
	s.t.Fatalf("no session with somebody of %s waits for results:\n%s", company, s.main())
	return ""
}

// seeWhatBecame looks at the transferred order and at the code with the result.
func (s *story) seeWhatBecame(number, tail string) {
	s.t.Helper()
	s.click("orders", s.say("enterprise.nav.orders"))
	s.clickIn("codes-by-transfer", number, s.say("enterprise.orders.codes"))
	if got := s.rows(); got != "2" {
		s.t.Errorf("%s rows of 2 codes", got)
	}
	s.click("codes", s.say("enterprise.nav.codes"))
	s.fill(s.say("enterprise.codes.filter_code"), tail)
	s.click("codes-found", s.say("list.search"))
	s.reads(s.say("state.code.completed"))
	s.clickIn("result", tail, s.say("enterprise.codes.result"))
	s.reads(s.say("state.result.passed"), "91")
	s.click("statistics", s.say("enterprise.nav.statistics"))
	s.click("overview", s.say("enterprise.nav.overview"))
	s.open("messages", "/messages")
}

// watchSees proves that what was watched for would have been noticed.
func (s *story) watchSees() {
	s.t.Helper()
	s.text(`document.body.append(Object.assign(new Image(), {src: "http://other.invalid/x.png"})), document.body.setAttribute("style", "color:red"), ""`)
	s.open("after", "/sign-in")
	seen := strings.Join(s.watch.taken(), "\n")
	for _, want := range []string{"policy: ", "log: ", "another host: http://other.invalid/"} {
		if !strings.Contains(seen, want) {
			s.t.Errorf("an attack was not noticed as %q: %s", want, seen)
		}
	}
}

package examinee

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

func form(s exam.Subject, code, examType string) []string {
	return []string{"subject_id", s.ID.String(), "code", code, "exam_type", examType}
}

var registrationPath = regexp.MustCompile(`^/examinee/registrations/(reg_[0-9a-zA-Z]+)/registered$`)

func TestS21_RedeemingStepByStep(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		code := w.codes(w.cloud, 1)[0]
		b := w.as(li)
		b.get("/examinee/").is(200, "You have no exams yet", "Redeem exam code")
		b.get("/examinee/subjects").is(200, "Cloud Associate", "Clouds and <b>rain</b>.", "Online proctored and Test centre", "until 24 hours before it starts", "until it starts", "comes back to you").without("<b>rain")
		b.get("/examinee/redeem?subject_id="+w.data.ID.String()).is(200, `value="online" checked`).without("test_center")
		b.get("/examinee/redeem?subject_id="+w.cloud.ID.String()).is(200, w.cloud.ID.String()+`" selected`, "Test centre", "16 letters and digits")

		// The check page asks for nothing of the code and changes nothing.
		spelled := " " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + " "
		check := b.post("/examinee/redeem", form(w.cloud, spelled, "test_center")...).
			is(200, "Redeem a code for Cloud Associate?", "Nothing is charged", "0, nothing to pay", "Li Na", "Test centre", "Redeem and register", `value="`+code+`"`).without("Xinghe")
		if check.b.cookies[carried] == "" {
			t.Error("the way back to the form loses the code")
		}
		b.get("/examinee/redeem").is(200, code)
		b.get("/examinee/").is(200, "You have no exams yet")

		done := b.post("/examinee/registrations", form(w.cloud, code, "test_center")...)
		if done.status != 303 || !registrationPath.MatchString(done.to) {
			t.Fatalf("%d to %s", done.status, done.to)
		}
		if b.cookies[carried] != "" {
			t.Error("the code is still in the browser")
		}
		b.get(done.to).is(200, "You are registered. Choose a session next.", "Xinghe Technology", "21 Nov 2027 (UTC+8)", "Choose a session").without(code)
		b.post("/examinee/registrations", form(w.cloud, code, "test_center")...).goes(done.to) // a second click
		b.get("/examinee/").is(200, "Next: choose a session for Cloud Associate", "by 21 Nov 2027 (UTC+8)", "Registered", "Given by")
		b.get("/examinee/subjects").is(200, "Open your registration")

		path := strings.TrimSuffix(done.to, "/registered")
		b.get(path).is(200, "Cloud Associate", "Registered", "Xinghe Technology", "First attempt", "Li Na redeemed the code", "Choose a session", "••••-••••-••••- "+code[15:])

		// The company's trail has one redemption and no refusal of the second click.
		n := 0
		trail, err := w.store.Reader().Trail(context.Background(), w.chen.Account, "", store.Page{})
		w.must(err)
		for _, e := range trail.Items {
			if e.Kind == exam.EventCodeRedeemed {
				n++
			}
			if e.Kind == exam.EventCodeRedeemRefused {
				t.Error("the second click was refused")
			}
		}
		if n != 1 {
			t.Errorf("%d redemptions", n)
		}
	})
}

func TestS21_RefusalsOfACode(t *testing.T) {
	each(t, func(w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		codes := w.codes(w.cloud, 3)
		b, other := w.as(li), w.as(wang)
		const path = "/examinee/registrations"

		// What can be told without looking a code up is told beside its field, before and after.
		wrong := codes[0][:18] + map[bool]string{true: "1", false: "0"}[codes[0][18] == '0']
		for _, at := range []string{"/examinee/redeem", path} {
			b.post(at, "subject_id", "nonsense", "code", "", "exam_type", "").is(422, `href="#f-subject_id"`, `href="#f-code"`, "<title>Error: Redeem exam code")
			b.post(at, form(w.cloud, wrong, "test_center")...).is(422, `href="#f-code"`, "One of the 16 symbols is not right", `value="`+wrong+`"`, `value="test_center" checked`)
			b.post(at, form(w.data, codes[0], "test_center")...).is(422, `href="#f-exam_type"`, "Choose an exam type that the subject offers", codes[0])
			b.post(at, form(w.cloud, codes[0], "")...).is(422, `href="#f-exam_type"`)
		}
		b.post(path, form(w.data, codes[0], "online")...).is(422, `href="#f-code"`, "This code is for another subject", codes[0])

		// Somebody without a tie learns one thing only.
		const neutral = "This code cannot be used with your account"
		other.post(path, form(w.cloud, "0000-0000-0000-0000", "online")...).is(422, neutral)
		g := w.register(li, codes[0])
		other.post(path, form(w.cloud, codes[0], "online")...).is(422, neutral)
		chen := w.actor(w.chen)
		row := w.row(li, g.ID)
		_, err := w.actions.UnbindCodes(context.Background(), chen, []exam.CodeID{row.Code}, true)
		w.must(err)
		other.post(path, form(w.cloud, codes[0], "online")...).is(422, neutral)
		// Who held it is told that it was replaced.
		b.post(path, form(w.cloud, codes[0], "online")...).is(422, "This code was replaced by a new text")
		b.get("/examinee/registrations/"+g.ID.String()).is(200, "Cancelled", "Xinghe Technology has taken the code back")

		// One living registration for a subject.
		w.register(li, codes[1])
		w.now = w.now.Add(time.Hour)
		b.post(path, form(w.cloud, codes[2], "online")...).is(422, "You are registered for this subject already")

		// Tries are limited, and it is said until when.
		for range 10 {
			other.post(path, form(w.cloud, "0000-0000-0000-0000", "online")...)
		}
		other.post(path, form(w.cloud, codes[2], "online")...).is(422, "Too many tries", "21 Nov 2026")
		w.now = w.now.Add(24 * time.Hour)
		done := w.as(wang).post(path, form(w.cloud, codes[2], "online")...)
		if done.status != 303 {
			t.Errorf("after the wait: %d %s", done.status, done.text)
		}

		// After the order's end, from its first instant on.
		late := w.codes(w.cloud, 1)[0]
		w.now = time.Date(2027, time.November, 22, 16, 0, 0, 0, time.UTC)
		zhao := w.examinee("Zhao Lei", "zhao@example.com")
		w.as(zhao).post(path, form(w.cloud, late, "online")...).is(422, neutral)
	})
}

func TestS2_WhoMayRedeem(t *testing.T) {
	each(t, func(w *world) {
		code := w.codes(w.cloud, 1)[0]
		eve := w.join(exam.Individual, "Eve", "eve@example.com")
		b := w.as(eve)
		b.get("/examinee/").is(200, "First: show who you are", "Open verification", "You have no exams yet").without("btn-primary\" href=\"/examinee/redeem")
		b.get("/examinee/redeem").is(200, "First: show who you are").without(`name="code"`)
		b.post("/examinee/redeem", form(w.cloud, code, "online")...).is(403, "Your account is not verified yet", "/account/verification")
		b.post("/examinee/registrations", form(w.cloud, code, "online")...).is(403, "Your account is not verified yet")
		_, err := w.actions.SubmitVerification(context.Background(), w.actor(eve), exam.Verification{LegalName: "Eve", DocumentKind: "passport", DocumentNumber: "G1234567"}, nil)
		w.must(err)
		b.get("/examinee/redeem").is(200, "Your verification is in review")
		b.get("/examinee/subjects").is(200, "Cloud Associate")

		w.as(w.chen).get("/examinee/redeem").is(403, "This is for individual accounts")
		w.as(w.chen).post("/examinee/registrations", form(w.cloud, code, "online")...).is(403)
		w.browser().get("/examinee/redeem?subject_id=x").goes("/sign-in?next=%2Fexaminee%2Fredeem%3Fsubject_id%3Dx")
		w.browser().post("/examinee/registrations", form(w.cloud, code, "online")...).is(401)
	})
}

func TestTheRedeemLink(t *testing.T) {
	each(t, func(w *world) {
		code := w.codes(w.cloud, 1)[0]
		b := w.browser()
		b.get("/redeem?code=" + code).goes("/redeem")
		b.get("/redeem").is(200, "You were given an exam code", "••••-••••-••••-", code[15:], "Sign in to go on", "Create an account", "Opening this page has used nothing").without(code)
		b.lang = "zh"
		b.get("/redeem").is(200, "您收到了一个考试码")
		b.lang = "en"
		li := w.examinee("Li Na", "li.na@example.com")
		signed := w.as(li)
		signed.cookies[carried] = b.cookies[carried]
		signed.get("/redeem").goes("/examinee/redeem")
		signed.get("/examinee/redeem").is(200, `value="`+code+`"`)
		signed.get("/examinee/").is(200, "You have no exams yet")

		b.get("/redeem?code=" + url.QueryEscape("ABCD <script>")).goes("/redeem?unreadable=1")
		b.get("/redeem?unreadable=1").is(200, "no code that can be read")
		if b.cookies[carried] != "" {
			t.Error("an unreadable link left a code")
		}
		w.browser().get("/redeem").is(200, "no code that can be read")
		w.as(w.chen).get("/redeem?code=" + code).goes("/redeem")
		w.as(w.chen).get("/redeem").is(403, "This is for individual accounts")
	})
}

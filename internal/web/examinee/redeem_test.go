package examinee

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
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
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		code := w.codes(w.cloud, 1)[0]
		b := w.As(li)
		b.Get("/examinee/").Is(200, "You have no exams yet", "Redeem exam code")
		b.Get("/examinee/subjects").Is(200, "Cloud Associate", "Clouds and <b>rain</b>.", "Online proctored and Test centre", "until 24 hours before it starts", "until it starts", "comes back to you").Lacks("<b>rain")
		b.Get("/examinee/redeem?subject_id=" + w.data.ID.String()).Is(200).Has(`value="online" checked`).Without("test_center")
		b.Get("/examinee/redeem?subject_id="+w.cloud.ID.String()).Is(200, "Test centre", "16 letters and digits").Has(w.cloud.ID.String() + `" selected`)

		// The check page asks for nothing of the code and changes nothing.
		spelled := " " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + " "
		b.Post("/examinee/redeem", form(w.cloud, spelled, "test_center")...).
			Is(200, "Redeem a code for Cloud Associate?", "Nothing is charged", "0, nothing to pay", "Li Na", "Test centre", "Redeem and register").Has(`value="` + code + `"`).Without("Xinghe")
		if b.Cookie(carried) == "" {
			t.Error("the way back to the form loses the code")
		}
		b.Get("/examinee/redeem").Is(200).Has(`value="` + code + `"`)
		b.Get("/examinee/").Is(200, "You have no exams yet")

		done := b.Post("/examinee/registrations", form(w.cloud, code, "test_center")...)
		if done.Status != 303 || !registrationPath.MatchString(done.To) {
			t.Fatalf("%d to %s", done.Status, done.To)
		}
		if b.Cookie(carried) != "" {
			t.Error("the code is still in the browser")
		}
		b.Get(done.To).Is(200, "You are registered. Choose a session next.", "Xinghe Technology", "21 Nov 2027 (UTC+8)", "Choose a session").Without(code)
		b.Post("/examinee/registrations", form(w.cloud, code, "test_center")...).Goes(done.To) // a second click
		b.Get("/examinee/").Is(200, "Next: choose a session for Cloud Associate", "by 21 Nov 2027 (UTC+8)", "Registered", "Given by")
		b.Get("/examinee/subjects").Is(200, "Open your registration")

		path := strings.TrimSuffix(done.To, "/registered")
		b.Get(path).Is(200, "Cloud Associate", "Registered", "Xinghe Technology", "First attempt", "Li Na redeemed the code", "Choose a session", "••••-••••-••••- "+code[15:])

		// The company's trail has one redemption and no refusal of the second click.
		n := 0
		trail, err := w.Read.Trail(context.Background(), w.chen.Account, "", store.Page{})
		w.Must(err)
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

// The same form sent many times at once, as impatient people send it, has one
// result that all of them are led to.
func TestS21_TheSameFormAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		b, f := w.As(li), form(w.cloud, w.codes(w.cloud, 1)[0], "test_center")
		to := make([]string, 8)
		var all sync.WaitGroup
		for i := range to {
			all.Go(func() { to[i] = b.Post("/examinee/registrations", f...).To })
		}
		all.Wait()
		if to = slices.Compact(to); len(to) != 1 || !registrationPath.MatchString(to[0]) {
			t.Errorf("they lead to %q", to)
		}
	})
}

func TestS21_RefusalsOfACode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		codes := w.codes(w.cloud, 3)
		b, other := w.As(li), w.As(wang)
		const path = "/examinee/registrations"

		// What can be told without looking a code up is told beside its field, before and after.
		wrong := codes[0][:18] + map[bool]string{true: "1", false: "0"}[codes[0][18] == '0']
		for _, at := range []string{"/examinee/redeem", path} {
			b.Post(at, "subject_id", "nonsense", "code", "", "exam_type", "").Is(422).Has(`href="#f-subject_id"`, `href="#f-code"`, "<title>Error: Redeem exam code")
			b.Post(at, form(w.cloud, wrong, "test_center")...).Is(422, "One of the 16 symbols is not right").Has(`href="#f-code"`, `value="`+wrong+`"`, `value="test_center" checked`)
			b.Post(at, form(w.data, codes[0], "test_center")...).Is(422, "Choose an exam type that the subject offers").Has(`href="#f-exam_type"`, `value="`+codes[0]+`"`)
			b.Post(at, form(w.cloud, codes[0], "")...).Is(422).Has(`href="#f-exam_type"`)
		}
		b.Post(path, form(w.data, codes[0], "online")...).Is(422, "This code is for another subject").Has(`href="#f-code"`, `value="`+codes[0]+`"`)

		// Somebody without a tie learns one thing only.
		const neutral = "This code cannot be used with your account"
		other.Post(path, form(w.cloud, "0000-0000-0000-0000", "online")...).Is(422, neutral)
		g := w.register(li, codes[0])
		other.Post(path, form(w.cloud, codes[0], "online")...).Is(422, neutral)
		chen := w.chen
		row := w.row(li, g.ID)
		_, err := w.Actions.UnbindCodes(context.Background(), chen, []exam.CodeID{row.Code}, true)
		w.Must(err)
		other.Post(path, form(w.cloud, codes[0], "online")...).Is(422, neutral)
		// Who held it is told that it was replaced.
		b.Post(path, form(w.cloud, codes[0], "online")...).Is(422, "This code was replaced by a new text")
		b.Get("/examinee/registrations/"+g.ID.String()).Is(200, "Cancelled", "Xinghe Technology has taken the code back")

		// One living registration for a subject.
		w.register(li, codes[1])
		w.Clock.Move(time.Hour)
		b.Post(path, form(w.cloud, codes[2], "online")...).Is(422, "You are registered for this subject already")

		// Tries are limited, and it is said until when.
		for range 10 {
			other.Post(path, form(w.cloud, "0000-0000-0000-0000", "online")...)
		}
		other.Post(path, form(w.cloud, codes[2], "online")...).Is(422, "Too many tries", "21 Nov 2026")
		w.Clock.Move(24 * time.Hour)
		done := w.As(wang).Post(path, form(w.cloud, codes[2], "online")...)
		if done.Status != 303 {
			t.Errorf("after the wait: %d %s", done.Status, done.Page)
		}

		// After the order's end, from its first instant on.
		late := w.codes(w.cloud, 1)[0]
		w.Clock.Set(time.Date(2027, time.November, 22, 16, 0, 0, 0, time.UTC))
		zhao := w.examinee("Zhao Lei", "zhao@example.com")
		w.As(zhao).Post(path, form(w.cloud, late, "online")...).Is(422, neutral)
	})
}

func TestS2_WhoMayRedeem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.codes(w.cloud, 1)[0]
		eve := w.join(exam.Individual, "Eve", "eve@example.com")
		b := w.As(eve)
		b.Get("/examinee/").Is(200, "First: show who you are", "Open verification", "You have no exams yet").Without("btn-primary\" href=\"/examinee/redeem")
		b.Get("/examinee/redeem").Is(200, "First: show who you are").Without(`name="code"`)
		b.Post("/examinee/redeem", form(w.cloud, code, "online")...).Is(403, "Your account is not verified yet").Has("/account/verification")
		b.Post("/examinee/registrations", form(w.cloud, code, "online")...).Is(403, "Your account is not verified yet")
		_, err := w.Actions.SubmitVerification(context.Background(), eve, exam.Verification{LegalName: "Eve", DocumentKind: "passport", DocumentNumber: "G1234567"}, nil)
		w.Must(err)
		b.Get("/examinee/redeem").Is(200, "Your verification is in review")
		b.Get("/examinee/subjects").Is(200, "Cloud Associate")

		w.As(w.chen).Get("/examinee/redeem").Is(403, "This is for individual accounts")
		w.As(w.chen).Post("/examinee/registrations", form(w.cloud, code, "online")...).Is(403)
		w.Browser().Get("/examinee/redeem?subject_id=x").Goes("/sign-in?next=%2Fexaminee%2Fredeem%3Fsubject_id%3Dx")
		w.Browser().Post("/examinee/registrations", form(w.cloud, code, "online")...).Is(401)
	})
}

func TestTheRedeemLink(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.codes(w.cloud, 1)[0]
		b := w.Browser()
		b.Get("/redeem?code=" + code).Goes("/redeem")
		b.Get("/redeem").Is(200, "You were given an exam code", "••••-••••-••••-", code[15:], "Sign in to go on", "Create an account", "Opening this page has used nothing").Without(code)
		b.Lang = "zh"
		b.Get("/redeem").Is(200, "您收到了一个考试码")
		b.Lang = "en"
		li := w.examinee("Li Na", "li.na@example.com")
		signed := w.As(li)
		signed.SetCookie(carried, b.Cookie(carried))
		signed.Get("/redeem").Goes("/examinee/redeem")
		signed.Get("/examinee/redeem").Is(200).Has(`value="` + code + `"`)
		signed.Get("/examinee/").Is(200, "You have no exams yet")

		b.Get("/redeem?code=" + url.QueryEscape("ABCD <script>")).Goes("/redeem?unreadable=1")
		b.Get("/redeem?unreadable=1").Is(200, "no code that can be read")
		if b.Cookie(carried) != "" {
			t.Error("an unreadable link left a code")
		}
		w.Browser().Get("/redeem").Is(200, "no code that can be read")
		w.As(w.chen).Get("/redeem?code=" + code).Goes("/redeem")
		w.As(w.chen).Get("/redeem").Is(403, "This is for individual accounts")
	})
}

package account

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/mail"
	"examcode/internal/store"
)

func TestSigningIn(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.Browser()
		b.Get("/").Goes("/sign-in")
		b.Get("/account?x=1").Goes("/sign-in?next=%2Faccount%3Fx%3D1")
		b.Get("/sign-in?next=/account").Is(200, "Sign in", "E-mail").Has(`name="next" value="/account"`).Without("Sign in as")
		b.Get("/sign-in?next=https://evil.example/").Is(200).Without("evil")
		b.Get("/sign-in?next=//evil.example/").Is(200).Without("evil")

		b.Post("/sign-in", "email", "chen@xinghe.example", "password", "wrong").Is(422, "There is a problem", "E-mail or password is not right").Has("<title>Error: Sign in", `value="chen@xinghe.example"`).Without("wrong\"")
		b.Post("/sign-in", "email", "nobody@xinghe.example", "password", password).Is(422, "E-mail or password is not right")
		b.Post("/sign-in", "email", "", "password", "").Is(422, "E-mail or password is not right")

		b.Post("/sign-in", "email", " CHEN@xinghe.example ", "password", password, "next", "//evil.example").Goes("/enterprise/")
		first := b.Cookie("examcode")
		b.Get("/").Goes("/enterprise/")
		b.Get("/sign-in?next=/account").Goes("/account")

		// Signing in again changes the token and ends the old session.
		b.Post("/sign-in", "email", "chen@xinghe.example", "password", password, "next", "/account").Goes("/account")
		if b.Cookie("examcode") == first {
			t.Error("the session's token stayed the same")
		}
		old := w.Browser()
		old.SetCookie("examcode", first)
		old.Get("/account").Goes("/sign-in?next=%2Faccount")

		b.Post("/sign-out").Goes("/sign-in")
		if b.Cookie("examcode") != "" {
			t.Error("the cookie is still there")
		}
		b.Get("/sign-in").Is(200, "You are signed out")
		b.Get("/account").Goes("/sign-in?next=%2Faccount")
		b.Post("/sign-out").Goes("/sign-in")
	})
}

func TestTooManyTriesToSignIn(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.Browser()
		for range 10 {
			b.Post("/sign-in", "email", "chen@xinghe.example", "password", "wrong").Is(422)
		}
		b.Post("/sign-in", "email", "chen@xinghe.example", "password", password).Is(422, "There is a problem", "21 Nov 2026")
		w.Clock.Move(2 * time.Minute)
		b.Post("/sign-in", "email", "chen@xinghe.example", "password", password).Goes("/enterprise/")
	})
}

func TestPasswordOnceMore(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		p := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.As(p)
		b.Get("/sign-in/again?next=/account/keys/new").Goes("/account/keys/new")
		w.Clock.Move(6 * time.Minute)
		b.Get("/account/keys/new").Goes("/sign-in/again?next=%2Faccount%2Fkeys%2Fnew")
		b.Get("/sign-in/again?next=/account/keys/new").Is(200, "Give your password once more", "Password of chen@xinghe.example").Without("Sign in as")
		b.Post("/sign-in/again", "password", "wrong", "next", "/account/keys/new").Is(422, "There is a problem").Has(`value="/account/keys/new"`)
		b.Post("/sign-in/again", "password", password, "next", "//evil.example").Goes("/enterprise/")
		b.Get("/account/keys/new").Is(200, "Create a key")
		w.Browser().Get("/sign-in/again").Goes("/sign-in?next=%2Fsign-in%2Fagain")
		for range 10 {
			b.Post("/sign-in/again", "password", "wrong")
		}
		b.Post("/sign-in/again", "password", password).Is(422, "There is a problem", "21 Nov 2026")
	})
}

func TestSigningUp(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		b := w.Browser()
		b.Get("/sign-up?next=/redeem").Is(200, "For my company", "For myself").Has("/sign-up?kind=enterprise&amp;next=%2Fredeem")
		b.Get("/sign-up?kind=enterprise").Is(200, "Name of the company", "Asia/Shanghai (UTC+8)")
		b.Get("/sign-up?kind=individual").Is(200, "As it stands on the document").Without("Name of the company")
		b.Get("/sign-up?kind=operator").Is(200, "For my company")
		b.Post("/sign-up", "kind", "operator", "name", "Eve", "email", "eve@example.com", "password", password, "zone", "UTC").Is(422, "There is a problem")

		b.Post("/sign-up", "kind", "enterprise", "name", "", "account_name", "", "email", "nonsense", "password", "short", "zone", "Mars/Olympus").
			Is(422).Has(`value="nonsense"`, `href="#f-name"`, `href="#f-account_name"`, `href="#f-email"`, `href="#f-password"`, `href="#f-zone"`).Without(`value="short"`)

		b.Post("/sign-up", "kind", "individual", "name", "Li Na", "email", "Li.Na@example.com", "password", password, "zone", "Asia/Shanghai", "next", "/redeem").Goes("/redeem")
		b.Get("/account").Is(200, "Your account exists", "Li Na", "li.na@example.com", "Asia/Shanghai (UTC+8)", "Not started")

		other := w.Browser()
		other.Post("/sign-up", "kind", "enterprise", "account_name", "Xinghe", "name", "Chen Yu", "email", "li.na@example.com", "password", password, "zone", "UTC").
			Is(422).Has(`href="#f-email"`, `value="Chen Yu"`, `value="Xinghe"`)
		other.Post("/sign-up", "kind", "enterprise", "account_name", "Xinghe", "name", "Chen Yu", "email", "chen@example.com", "password", password, "zone", "UTC").
			Goes("/account/verification")
		other.Get("/account/verification").Is(200, "Verify your company", "Registration number", "Not started")
	})
}

func TestLanguageAndTheme(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		b := w.Browser()
		b.Post("/language", "lang", "zh", "back", "/sign-in?next=/account").Goes("/sign-in?next=/account")
		b.Get("/sign-in").Is(200, "邮箱").Has(`<html lang="zh-CN"`)
		b.Post("/language", "lang", "zh", "back", "https://evil.example").Goes("/")
		b.Post("/language", "lang", "fr", "back", "/").Is(422)
		b.Post("/theme", "theme", "dark", "back", "/").Is(401)

		p := w.join(exam.Individual, "Li Na", "li.na@example.com")
		b = w.As(p)
		b.Get("/account").Is(200, "Preferences", "Li Na").Has(`value="en" checked`)
		b.Post("/language", "lang", "zh", "back", "/account").Goes("/account")
		b.Get("/account").Is(200, "偏好设置").Has(`value="zh" checked`)
		b.Post("/theme", "theme", "dark", "back", "/account").Goes("/account")
		b.Get("/account").Is(200).Has(`data-bs-theme="dark"`, `value="zh" checked`)
		b.Post("/account", "lang", "en", "theme", "light").Goes("/account")
		b.Get("/account").Is(200, "Your preferences are saved").Has(`data-bs-theme="light"`)
		b.Post("/account", "lang", "tlh", "theme", "light").Is(422, "There is a problem").Has(`href="#f-lang"`)
		b.Post("/account", "lang", "", "theme", "auto").Goes("/account")
		b.Lang = "zh-CN,zh"
		b.Get("/account").Is(200, "偏好设置")
	})
}

var png = []byte("\x89PNG\r\n\x1a\n and a picture")

func TestVerifyingACompany(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		root := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		staff := w.Staff(exam.Admin)
		b := w.As(root)
		b.Get("/account/verification").Is(200, "Not started", "Business licence").Has(`value="CN">China</option>`).Without("Passport")
		b.Lang = "zh"
		b.Post("/language", "lang", "zh", "back", "/")
		b.Get("/account/verification").Is(200, "企业认证").Has(`value="DE">德国</option>`)
		b.Post("/language", "lang", "en", "back", "/")

		b.Upload("/account/verification", "", nil, "legal_name", " ", "registration_number", "1", "country", "ZZ").Is(422).Has(`href="#f-country"`)
		b.Upload("/account/verification", "", nil, "legal_name", " ", "registration_number", "1", "country", "").
			Is(422).Has(`href="#f-legal_name"`, `href="#f-registration_number"`, `href="#f-country"`, `href="#f-document"`)
		b.Upload("/account/verification", "a.exe", []byte("MZ"), "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").
			Is(422).Has(`href="#f-document"`, `value="Xinghe"`, `value="9137 0000"`, `value="CN" selected`)
		b.Upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").Goes("/account/verification")
		b.Get("/account/verification").Is(200, "In review", "In review since 21 Nov 2026, 16:04 (UTC+8)", "9137 0000", "China").Without(`name="legal_name"`)
		b.Upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").Is(422, "There is a problem")

		reject := func(reason, note string) {
			t.Helper()
			rows, err := w.Read.VerificationsOf(context.Background(), root.Account)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Actions.RejectVerification(context.Background(), staff, rows[0].ID, reason, note); err != nil {
				t.Fatal(err)
			}
		}
		reject("unreadable", "Page 2 <b>is dark</b>")
		b.Get("/account/verification").Is(200, "Rejected", "The document cannot be read", "Page 2 <b>is dark</b>").Has(`value="Xinghe"`, `value="CN" selected`)
		for _, reason := range exam.RejectReasons[1:] {
			b.Upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").Goes("/account/verification")
			reject(reason, "note")
			b.Get("/account/verification").Is(200, "Rejected")
		}

		// A member sees the state and who can do something about it.
		member, err := w.Actions.AddPerson(context.Background(), exam.Actor{Channel: exam.Command}, root.Account, exam.Person{Name: "Wang Fang", Email: "wang@xinghe.example", Role: exam.Member}, password)
		if err != nil {
			t.Fatal(err)
		}
		m := w.As(w.Who(member.ID))
		m.Get("/account/verification").Is(200, "Rejected", "Ask Chen Yu").Without(`name="legal_name"`)
		m.Upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").Is(403)
	})
}

func TestVerifyingAPerson(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		staff := w.Staff(exam.Admin)
		b := w.As(li)
		b.Get("/account/verification").Is(200, "Verify who you are", "Passport").Without("Registration number")
		b.Upload("/account/verification", "", nil, "legal_name", "Li Na", "document_kind", "library_card", "document_number", "!").
			Is(422).Has(`href="#f-document_kind"`, `href="#f-document_number"`, `value="Li Na"`)
		b.Upload("/account/verification", "", nil, "legal_name", "Li Na", "document_kind", "passport", "document_number", "G1234567").Goes("/account/verification")
		b.Get("/account/verification").Is(200, "In review", "Passport").Without("G1234567")
		rows, err := w.Read.VerificationsOf(context.Background(), li.Account)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Actions.ApproveVerification(context.Background(), staff, rows[0].ID); err != nil {
			t.Fatal(err)
		}
		b.Get("/account/verification").Is(200, "Verified", "Nothing more is needed").Without(`name="legal_name"`, "G1234567")

		o := w.As(staff)
		o.Get("/account/verification").Is(404)
		o.Upload("/account/verification", "", nil, "legal_name", "x").Is(404)
		o.Get("/account").Is(200, "Preferences").Without("/account/verification")
	})
}

var shownKey = regexp.MustCompile(`exk_[0-9A-Za-z_-]{20,}`)

func TestKeys(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		chen := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.As(chen)
		b.Get("/account/keys").Is(200, "No keys yet")
		b.Get("/account/keys/new").Is(200, "Create a key")
		b.Post("/account/keys", "name", " ").Is(422).Has(`href="#f-name"`)
		shown := b.Post("/account/keys", "name", "HR sync").Is(200, "HR sync", "only time the key is shown")
		key := shownKey.FindString(shown.Body)
		if i, err := w.Actions.ByKey(context.Background(), key); err != nil || i.Person.ID != chen.Person {
			t.Fatalf("the key shown (%q) opens nothing: %v", key, err)
		}
		list := b.Get("/account/keys").Is(200, "HR sync", key[len(key)-4:], "21 Nov 2026, 16:04 (UTC+8)").Without(key)
		id := regexp.MustCompile(`key_[0-9a-zA-Z]+`).FindString(list.Body)

		stranger := w.As(w.join(exam.Individual, "Li Na", "li.na@example.com"))
		stranger.Get("/account/keys/" + id + "/revoke").Is(404)
		stranger.Post("/account/keys/" + id + "/revoke").Is(404)
		b.Get("/account/keys/nonsense/revoke").Is(404)

		b.Get("/account/keys/"+id+"/revoke").Is(200, "Revoke key “HR sync”?", "Calls with this key fail from now on", "Keep it")
		if _, err := w.Actions.ByKey(context.Background(), key); err != nil {
			t.Error("looking revoked the key", err)
		}
		b.Post("/account/keys/" + id + "/revoke").Goes("/account/keys")
		b.Get("/account/keys").Is(200, "“HR sync” is revoked", "Revoked").Without("/revoke\"")
		if _, err := w.Actions.ByKey(context.Background(), key); err == nil {
			t.Error("a revoked key opens the account")
		}
		b.Post("/account/keys/" + id + "/revoke").Is(409)
		w.Clock.Move(6 * time.Minute)
		b.Post("/account/keys", "name", "late").Goes("/sign-in/again?next=%2F")
	})
}

func TestMessages(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		chen := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.As(li)
		b.Get("/messages").Is(200, "No messages. Payments")
		b.Get("/messages?unread=true").Is(200, "You have read everything")

		tell := func(n exam.Notice) {
			t.Helper()
			if err := w.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.Tell(ctx, n) }); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 60 {
			tell(exam.Notice{Person: li.Person, Account: li.Account, Kind: exam.NoticeRegistered, About: int64(100 + i), Version: 1, Link: "/examinee/registrations/x", Created: w.Clock.Now(),
				Data: exam.Data{"subject_en": "Cloud Associate", "subject_zh": "云计算工程师"}})
		}
		tell(exam.Notice{Person: li.Person, Account: li.Account, Kind: exam.NoticeVerificationRejected, About: 7, Version: 2, Link: "//evil.example", Created: w.Clock.Now(),
			Data: exam.Data{"account": "Li Na", "reason": "unreadable", "note": "<i>dark</i>"}})
		first := b.Get("/messages").Is(200, "Codes and registrations", "Account and security", "Cloud Associate", "Unread", "21 Nov 2026, 16:04 (UTC+8)", "Older").Without("evil").Lacks("<i>dark")
		ids := regexp.MustCompile(`href="/messages/(msg_[0-9a-zA-Z]+)"`).FindAllStringSubmatch(first.Body, -1)
		if len(ids) < 50 {
			t.Fatalf("%d messages can be marked", len(ids))
		}
		older := regexp.MustCompile(`/messages\?older=[0-9a-z]+`).FindString(first.Body)
		b.Get(older).Is(200, "Newer").Without("Older</a>")

		id := ids[0][1]
		w.As(chen).Post("/messages/" + id + "/read").Is(404)
		w.As(chen).Get("/messages/" + id).Is(404)
		one := b.Get("/messages/"+id).Is(200, "could not be verified", "Mark read").Without("evil").Lacks("<i>dark")
		b.Get("/messages/"+ids[1][1]).Is(200, "Choose a session") // the one link that matters; looking marks nothing
		b.Get("/messages?unread=true&category=codes").Is(200, "61").Without(id)
		b.Get("/messages?category=account").Is(200, "could not be verified").Lacks("Cloud Associate")
		b.Get("/messages?category=results").Is(200, "No messages of this kind")
		b.Submit("/messages/"+id+"/read", one.Form("back", "/messages/"+id)).Goes("/messages/" + id)
		b.Post("/messages/"+id+"/read", "back", "/messages?unread=true").Goes("/messages?unread=true")
		b.Post("/messages/"+id+"/read", "back", "https://evil.example").Goes("/messages")
		b.Get("/messages?unread=true").Is(200, "60").Without(id)
		b.Post("/messages/read", "do", "ticked").Goes("/messages")
		b.Get("/messages?unread=true").Is(200, "60", "Tick the messages first")
		w.As(chen).Post("/messages/read", "do", "ticked", "id", ids[1][1]).Goes("/messages") // not theirs: passed over
		b.Post("/messages/read", "do", "ticked", "id", ids[1][1], "id", ids[2][1]).Goes("/messages")
		b.Get("/messages?unread=true").Is(200, "58", "2 messages are marked as read")
		b.Post("/messages/read", "do", "all", "category", "results").Goes("/messages")
		b.Get("/messages?unread=true").Is(200, "58")
		b.Post("/messages/read", "do", "all").Goes("/messages")
		b.Get("/messages?unread=true").Is(200, "All messages are marked as read", "You have read everything")
		b.Post("/language", "lang", "zh", "back", "/")
		b.Get("/messages").Is(200, "消息中心", "考试码与报名", "云计算工程师").Without("未读</strong>")
	})
}

func TestEveryKindOfMessageReads(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		i := int64(0)
		for kind := range exam.NoticeKinds {
			i++
			n := exam.Notice{Person: li.Person, Account: li.Account, Kind: kind, About: i, Version: 1, Link: "/examinee/", Created: w.Clock.Now(), Data: exam.Data{
				"subject_en": "Cloud", "subject_zh": "云", "number": "EC-261121-ABCDE", "quantity": 5, "minor": 60000, "currency": "USD", "expires_at": "2027-11-22T16:00:00Z", "zone": "Asia/Shanghai",
				"starts_at": "2027-01-14T01:00:00Z", "minutes": 90, "place": "Hall 1", "company": "Xinghe", "account": "Li Na", "reason": "unreadable", "note": "", "outcome": "passed", "score": 700}}
			if err := w.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.Tell(ctx, n) }); err != nil {
				t.Fatal(err)
			}
		}
		b := w.As(li)
		list := b.Get("/messages").Is(200)
		b.Post("/language", "lang", "zh", "back", "/")
		b.Get("/messages").Is(200)
		for _, m := range regexp.MustCompile(`href="(/messages/msg_[0-9a-zA-Z]+)"`).FindAllStringSubmatch(list.Body, -1) {
			b.Get(m[1]).Is(200)
		}
	})
}

func TestDemonstration(t *testing.T) {
	people := []DemoPerson{
		{Title: "Chen Yu (root of Xinghe)", TitleZH: "陈宇（星河科技主账号）", About: "Buys and refunds.", AboutZH: "购买和退款。", Email: "chen@xinghe.example", Password: password},
		{Title: "Li Na", About: "Sits exams.", Email: "li.na@example.com", Password: password},
	}
	each(t, people, func(t *testing.T, w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		w.join(exam.Individual, "Li Na", "li.na@example.com")
		other := w.join(exam.Individual, "Eve", "eve@example.com")
		b := w.Browser()
		b.Get("/sign-in?next=/account").Is(200, "Sign in as Chen Yu (root of Xinghe)", "Buys and refunds").Outside("Demo: sample data").Without(password)
		b.Post("/demo/sign-in", "email", "eve@example.com").Is(404)
		b.Post("/demo/sign-in", "email", "chen@xinghe.example", "next", "/account").Goes("/account")
		first := b.Cookie("examcode")
		b.Get("/sign-in").Is(200, "You are signed in as Chen Yu")
		b.Post("/demo/sign-in", "email", "li.na@example.com").Goes("/examinee/")
		old := w.Browser()
		old.SetCookie("examcode", first)
		old.Get("/account").Goes("/sign-in?next=%2Faccount")

		w.Clock.Move(10 * time.Minute)
		b.Get("/sign-in/again?next=/account").Is(200, "Sign in as Li Na")
		w.Clock.Move(-10 * time.Minute)
		w.As(other).Get("/sign-in/again").Goes("/examinee/")
		b.Lang = "zh"
		b.Post("/sign-out")
		b.Get("/sign-in").Is(200, "以 陈宇（星河科技主账号） 的身份登录", "Sits exams.")
		b.Lang = "en"

		b.Get("/demo/outbox").Is(200, "No mail yet")
		err := w.Outbox.Send(context.Background(), mail.Message{To: "li.na@example.com", ToName: "Li Na", Subject: "Your registration <b>", MessageID: "a@exams.example",
			Text: "Hello Li Na,\n\nopen http://exams.example/examinee/ to go on.\n<script>alert(1)</script>", At: w.Clock.Now(), Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		list := b.Get("/demo/outbox").Is(200, "Your registration <b>", "li.na@example.com").Without("Hello")
		file := regexp.MustCompile(`/demo/outbox/[^"]+`).FindString(list.Body)
		b.Get(file).Is(200, "Hello Li Na,", "Li Na <li.na@example.com>").Has(`<a href="http://exams.example/examinee/">`)
		b.Get("/demo/outbox/nonsense").Is(404)
		b.Get("/demo/outbox/..%2f..%2fring").Is(404)
	})
	each(t, nil, func(t *testing.T, w *world) {
		b := w.Browser()
		b.Get("/demo/outbox").Is(404)
		b.Post("/demo/sign-in", "email", "chen@xinghe.example").Is(404)
	})
}

// Every page for somebody who is signed in, in both languages.
func TestEveryPageInBothLanguages(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		for _, p := range []exam.Actor{w.join(exam.Individual, "Li Na", "li.na@example.com"), w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")} {
			b := w.As(p)
			if _, _, err := w.Actions.CreateKey(context.Background(), p, "HR"); err != nil {
				t.Fatal(err)
			}
			key := regexp.MustCompile(`/account/keys/key_[0-9a-zA-Z]+/revoke`).FindString(b.Get("/account/keys").Body)
			for _, l := range []string{"en", "zh"} {
				b.Post("/language", "lang", l, "back", "/")
				for _, path := range []string{"/account", "/account/verification", "/account/keys", "/account/keys/new", key, "/messages", "/messages?show=unread"} {
					b.Get(path).Is(200)
				}
			}
		}
		b := w.Browser()
		for _, b.Lang = range []string{"en", "zh"} {
			for _, path := range []string{"/sign-in", "/sign-up", "/sign-up?kind=enterprise", "/sign-up?kind=individual"} {
				b.Get(path).Is(200)
			}
		}
	})
}

func TestCountries(t *testing.T) {
	for _, l := range []string{"en", "zh"} {
		list := countries(lang.Lang(l))
		if n := len(list); n < 240 || n > 250 {
			t.Errorf("%s: %d countries", l, n)
		}
		for _, c := range list {
			if !known(c.Value) || c.Label == "" || strings.Contains(c.Label, "Unknown") {
				t.Errorf("%s: %+v", l, c)
			}
		}
	}
	for code, want := range map[string]bool{"CN": true, "DE": true, "ZZ": false, "UK": false, "de": false, "DEU": false, "EU": false, "UN": false, "": false, "XK": true} {
		if known(code) != want {
			t.Errorf("known(%q) is not %v", code, want)
		}
	}
}

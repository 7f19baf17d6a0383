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
	each(t, nil, func(w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.browser()
		b.get("/").goes("/sign-in")
		b.get("/account?x=1").goes("/sign-in?next=%2Faccount%3Fx%3D1")
		b.get("/sign-in?next=/account").is(200, "Sign in", "E-mail", `name="next" value="/account"`).without("Sign in as")
		b.get("/sign-in?next=https://evil.example/").is(200).without("evil")
		b.get("/sign-in?next=//evil.example/").is(200).without("evil")

		b.post("/sign-in", "email", "chen@xinghe.example", "password", "wrong").is(422, "There is a problem", "E-mail or password is not right", "chen@xinghe.example", "<title>Error: Sign in").without("wrong\"")
		b.post("/sign-in", "email", "nobody@xinghe.example", "password", password).is(422, "E-mail or password is not right")
		b.post("/sign-in", "email", "", "password", "").is(422, "E-mail or password is not right")

		b.post("/sign-in", "email", " CHEN@xinghe.example ", "password", password, "next", "//evil.example").goes("/enterprise/")
		first := b.cookies["examcode"]
		b.get("/").goes("/enterprise/")
		b.get("/sign-in?next=/account").goes("/account")

		// Signing in again changes the token and ends the old session.
		b.post("/sign-in", "email", "chen@xinghe.example", "password", password, "next", "/account").goes("/account")
		if b.cookies["examcode"] == first {
			t.Error("the session's token stayed the same")
		}
		old := w.browser()
		old.cookies["examcode"] = first
		old.get("/account").goes("/sign-in?next=%2Faccount")

		b.post("/sign-out").goes("/sign-in")
		if b.cookies["examcode"] != "" {
			t.Error("the cookie is still there")
		}
		b.get("/sign-in").is(200, "You are signed out")
		b.get("/account").goes("/sign-in?next=%2Faccount")
		b.post("/sign-out").goes("/sign-in")
	})
}

func TestTooManyTriesToSignIn(t *testing.T) {
	each(t, nil, func(w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.browser()
		for range 10 {
			b.post("/sign-in", "email", "chen@xinghe.example", "password", "wrong").is(422)
		}
		b.post("/sign-in", "email", "chen@xinghe.example", "password", password).is(422, "There is a problem", "21 Nov 2026")
		w.now = w.now.Add(2 * time.Minute)
		b.post("/sign-in", "email", "chen@xinghe.example", "password", password).goes("/enterprise/")
	})
}

func TestPasswordOnceMore(t *testing.T) {
	each(t, nil, func(w *world) {
		p := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.as(p)
		b.get("/sign-in/again?next=/account/keys/new").goes("/account/keys/new")
		w.now = w.now.Add(6 * time.Minute)
		b.get("/account/keys/new").goes("/sign-in/again?next=%2Faccount%2Fkeys%2Fnew")
		b.get("/sign-in/again?next=/account/keys/new").is(200, "Give your password once more", "Password of chen@xinghe.example").without("Sign in as")
		b.post("/sign-in/again", "password", "wrong", "next", "/account/keys/new").is(422, "There is a problem", `value="/account/keys/new"`)
		b.post("/sign-in/again", "password", password, "next", "//evil.example").goes("/enterprise/")
		b.get("/account/keys/new").is(200, "Create a key")
		w.browser().get("/sign-in/again").goes("/sign-in?next=%2Fsign-in%2Fagain")
		for range 10 {
			b.post("/sign-in/again", "password", "wrong")
		}
		b.post("/sign-in/again", "password", password).is(422, "There is a problem", "21 Nov 2026")
	})
}

func TestSigningUp(t *testing.T) {
	each(t, nil, func(w *world) {
		b := w.browser()
		b.get("/sign-up?next=/redeem").is(200, "For my company", "For myself", "/sign-up?kind=enterprise&next=%2Fredeem")
		b.get("/sign-up?kind=enterprise").is(200, "Name of the company", "Asia/Shanghai (UTC+8)")
		b.get("/sign-up?kind=individual").is(200, "As it stands on the document").without("Name of the company")
		b.get("/sign-up?kind=operator").is(200, "For my company")
		b.post("/sign-up", "kind", "operator", "name", "Eve", "email", "eve@example.com", "password", password, "zone", "UTC").is(422, "There is a problem")

		b.post("/sign-up", "kind", "enterprise", "name", "", "account_name", "", "email", "nonsense", "password", "short", "zone", "Mars/Olympus").
			is(422, `href="#f-name"`, `href="#f-account_name"`, `href="#f-email"`, `href="#f-password"`, `href="#f-zone"`, "nonsense").without(`value="short"`)

		b.post("/sign-up", "kind", "individual", "name", "Li Na", "email", "Li.Na@example.com", "password", password, "zone", "Asia/Shanghai", "next", "/redeem").goes("/redeem")
		b.get("/account").is(200, "Your account exists", "Li Na", "li.na@example.com", "Asia/Shanghai (UTC+8)", "Not started")

		other := w.browser()
		other.post("/sign-up", "kind", "enterprise", "account_name", "Xinghe", "name", "Chen Yu", "email", "li.na@example.com", "password", password, "zone", "UTC").
			is(422, `href="#f-email"`, "Chen Yu", "Xinghe")
		other.post("/sign-up", "kind", "enterprise", "account_name", "Xinghe", "name", "Chen Yu", "email", "chen@example.com", "password", password, "zone", "UTC").
			goes("/account/verification")
		other.get("/account/verification").is(200, "Verify your company", "Registration number", "Not started")
	})
}

func TestLanguageAndTheme(t *testing.T) {
	each(t, nil, func(w *world) {
		b := w.browser()
		b.post("/language", "lang", "zh", "back", "/sign-in?next=/account").goes("/sign-in?next=/account")
		b.get("/sign-in").is(200, "邮箱", `<html lang="zh-CN"`)
		b.post("/language", "lang", "zh", "back", "https://evil.example").goes("/")
		b.post("/language", "lang", "fr", "back", "/").is(422)
		b.post("/theme", "theme", "dark", "back", "/").is(401)

		p := w.join(exam.Individual, "Li Na", "li.na@example.com")
		b = w.as(p)
		b.get("/account").is(200, "Preferences", "Li Na", `value="en" checked`)
		b.post("/language", "lang", "zh", "back", "/account").goes("/account")
		b.get("/account").is(200, "偏好设置", `value="zh" checked`)
		b.post("/theme", "theme", "dark", "back", "/account").goes("/account")
		b.get("/account").is(200, `data-bs-theme="dark"`, `value="zh" checked`)
		b.post("/account", "lang", "en", "theme", "light").goes("/account")
		b.get("/account").is(200, `data-bs-theme="light"`, "Your preferences are saved")
		b.post("/account", "lang", "tlh", "theme", "light").is(422, "There is a problem", `href="#f-lang"`)
		b.post("/account", "lang", "", "theme", "auto").goes("/account")
		b.lang = "zh-CN,zh"
		b.get("/account").is(200, "偏好设置")
	})
}

var png = []byte("\x89PNG\r\n\x1a\n and a picture")

func TestVerifyingACompany(t *testing.T) {
	each(t, nil, func(w *world) {
		root := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		staff := w.operator(exam.Admin, "olga@northwind.example")
		b := w.as(root)
		b.get("/account/verification").is(200, "Not started", `value="CN">China</option>`, "Business licence").without("Passport")
		b.lang = "zh"
		b.post("/language", "lang", "zh", "back", "/")
		b.get("/account/verification").is(200, "企业认证", `value="DE">德国</option>`)
		b.post("/language", "lang", "en", "back", "/")

		b.upload("/account/verification", "", nil, "legal_name", " ", "registration_number", "1", "country", "ZZ").is(422, `href="#f-country"`)
		b.upload("/account/verification", "", nil, "legal_name", " ", "registration_number", "1", "country", "").
			is(422, `href="#f-legal_name"`, `href="#f-registration_number"`, `href="#f-country"`, `href="#f-document"`)
		b.upload("/account/verification", "a.exe", []byte("MZ"), "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").
			is(422, `href="#f-document"`, `value="Xinghe"`, `value="9137 0000"`, `value="CN" selected`)
		b.upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").goes("/account/verification")
		b.get("/account/verification").is(200, "In review", "In review since 21 Nov 2026, 16:04 (UTC+8)", "9137 0000", "China").without(`name="legal_name"`)
		b.upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").is(422, "There is a problem")

		reject := func(reason, note string) {
			t.Helper()
			rows, err := w.store.Reader().VerificationsOf(context.Background(), root.Account)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.actions.RejectVerification(context.Background(), staff, rows[0].ID, reason, note); err != nil {
				t.Fatal(err)
			}
		}
		reject("unreadable", "Page 2 <b>is dark</b>")
		b.get("/account/verification").is(200, "Rejected", "The document cannot be read", "Page 2 <b>is dark</b>", `value="Xinghe"`, `value="CN" selected`)
		for _, reason := range exam.RejectReasons[1:] {
			b.upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").goes("/account/verification")
			reject(reason, "note")
			b.get("/account/verification").is(200, "Rejected")
		}

		// A member sees the state and who can do something about it.
		member, err := w.actions.AddPerson(context.Background(), exam.Actor{Channel: exam.Command}, root.Account, exam.Person{Name: "Wang Fang", Email: "wang@xinghe.example", Role: exam.Member}, password)
		if err != nil {
			t.Fatal(err)
		}
		m := w.as(member)
		m.get("/account/verification").is(200, "Rejected", "Ask Chen Yu").without(`name="legal_name"`)
		m.upload("/account/verification", "licence.png", png, "legal_name", "Xinghe", "registration_number", "9137 0000", "country", "CN").is(403)
	})
}

func TestVerifyingAPerson(t *testing.T) {
	each(t, nil, func(w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		staff := w.operator(exam.Admin, "olga@northwind.example")
		b := w.as(li)
		b.get("/account/verification").is(200, "Verify who you are", "Passport").without("Registration number")
		b.upload("/account/verification", "", nil, "legal_name", "Li Na", "document_kind", "library_card", "document_number", "!").
			is(422, `href="#f-document_kind"`, `href="#f-document_number"`, `value="Li Na"`)
		b.upload("/account/verification", "", nil, "legal_name", "Li Na", "document_kind", "passport", "document_number", "G1234567").goes("/account/verification")
		b.get("/account/verification").is(200, "In review", "Passport").without("G1234567")
		rows, err := w.store.Reader().VerificationsOf(context.Background(), li.Account)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.actions.ApproveVerification(context.Background(), staff, rows[0].ID); err != nil {
			t.Fatal(err)
		}
		b.get("/account/verification").is(200, "Verified", "Nothing more is needed").without(`name="legal_name"`, "G1234567")

		i, err := w.store.Reader().Person(context.Background(), staff.Person)
		if err != nil {
			t.Fatal(err)
		}
		o := w.as(i)
		o.get("/account/verification").is(404)
		o.upload("/account/verification", "", nil, "legal_name", "x").is(404)
		o.get("/account").is(200, "Preferences").without("/account/verification")
	})
}

var shownKey = regexp.MustCompile(`exk_[0-9A-Za-z_-]{20,}`)

func TestKeys(t *testing.T) {
	each(t, nil, func(w *world) {
		chen := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.as(chen)
		b.get("/account/keys").is(200, "No keys yet")
		b.get("/account/keys/new").is(200, "Create a key")
		b.post("/account/keys", "name", " ").is(422, `href="#f-name"`)
		shown := b.post("/account/keys", "name", "HR sync").is(200, "HR sync", "only time the key is shown")
		key := shownKey.FindString(shown.body)
		if i, err := w.actions.ByKey(context.Background(), key); err != nil || i.Person.ID != chen.ID {
			t.Fatalf("the key shown (%q) opens nothing: %v", key, err)
		}
		list := b.get("/account/keys").is(200, "HR sync", key[len(key)-4:], "21 Nov 2026, 16:04 (UTC+8)").without(key)
		id := regexp.MustCompile(`key_[0-9a-zA-Z]+`).FindString(list.body)

		stranger := w.as(w.join(exam.Individual, "Li Na", "li.na@example.com"))
		stranger.get("/account/keys/" + id + "/revoke").is(404)
		stranger.post("/account/keys/" + id + "/revoke").is(404)
		b.get("/account/keys/nonsense/revoke").is(404)

		b.get("/account/keys/"+id+"/revoke").is(200, "Revoke key “HR sync”?", "Calls with this key fail from now on", "Keep it")
		if _, err := w.actions.ByKey(context.Background(), key); err != nil {
			t.Error("looking revoked the key", err)
		}
		b.post("/account/keys/" + id + "/revoke").goes("/account/keys")
		b.get("/account/keys").is(200, "“HR sync” is revoked", "Revoked").without("/revoke\"")
		if _, err := w.actions.ByKey(context.Background(), key); err == nil {
			t.Error("a revoked key opens the account")
		}
		b.post("/account/keys/" + id + "/revoke").is(409)
		w.now = w.now.Add(6 * time.Minute)
		b.post("/account/keys", "name", "late").goes("/sign-in/again?next=%2F")
	})
}

func TestMessages(t *testing.T) {
	each(t, nil, func(w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		chen := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.as(li)
		b.get("/messages").is(200, "No messages. Payments")
		b.get("/messages?show=unread").is(200, "You have read everything")

		tell := func(n exam.Notice) {
			t.Helper()
			if err := w.store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.Tell(ctx, n) }); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 60 {
			tell(exam.Notice{Person: li.ID, Account: li.Account, Kind: exam.NoticeRegistered, About: int64(100 + i), Version: 1, Link: "/examinee/registrations/x", Created: w.now,
				Data: exam.Data{"subject_en": "Cloud Associate", "subject_zh": "云计算工程师"}})
		}
		tell(exam.Notice{Person: li.ID, Account: li.Account, Kind: exam.NoticeVerificationRejected, About: 7, Version: 2, Link: "//evil.example", Created: w.now,
			Data: exam.Data{"account": "Li Na", "reason": "unreadable", "note": "<i>dark</i>"}})
		first := b.get("/messages").is(200, "Codes and registrations", "Account and security", "Cloud Associate", "Unread", "21 Nov 2026, 16:04 (UTC+8)", "Older").without("evil", "<i>dark")
		ids := regexp.MustCompile(`/messages/(msg_[0-9a-zA-Z]+)/read`).FindAllStringSubmatch(first.body, -1)
		if len(ids) < 50 {
			t.Fatalf("%d messages can be marked", len(ids))
		}
		older := regexp.MustCompile(`/messages\?older=[0-9a-z]+`).FindString(first.body)
		b.get(older).is(200, "Newer").without("Older</a>")

		id := ids[0][1]
		w.as(chen).post("/messages/" + id + "/read").is(404)
		b.post("/messages/"+id+"/read", "back", "/messages?show=unread").goes("/messages?show=unread")
		b.post("/messages/"+id+"/read", "back", "https://evil.example").goes("/messages")
		b.get("/messages?show=unread").is(200, "60").without(id)
		b.post("/messages/read").goes("/messages")
		b.get("/messages?show=unread").is(200, "All messages are marked as read", "You have read everything")
		b.post("/language", "lang", "zh", "back", "/")
		b.get("/messages").is(200, "消息中心", "考试码与报名", "云计算工程师").without("未读</strong>")
	})
}

func TestEveryKindOfMessageReads(t *testing.T) {
	each(t, nil, func(w *world) {
		li := w.join(exam.Individual, "Li Na", "li.na@example.com")
		i := int64(0)
		for kind := range exam.NoticeKinds {
			i++
			n := exam.Notice{Person: li.ID, Account: li.Account, Kind: kind, About: i, Version: 1, Link: "/examinee/", Created: w.now, Data: exam.Data{
				"subject_en": "Cloud", "subject_zh": "云", "number": "EC-261121-ABCDE", "quantity": 5, "minor": 60000, "currency": "USD", "expires_at": "2027-11-22T16:00:00Z", "zone": "Asia/Shanghai",
				"starts_at": "2027-01-14T01:00:00Z", "minutes": 90, "place": "Hall 1", "company": "Xinghe", "account": "Li Na", "reason": "unreadable", "note": "", "outcome": "passed", "score": 700}}
			if err := w.store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error { return tx.Tell(ctx, n) }); err != nil {
				t.Fatal(err)
			}
		}
		b := w.as(li)
		b.get("/messages").is(200)
		b.post("/language", "lang", "zh", "back", "/")
		b.get("/messages").is(200)
	})
}

func TestDemonstration(t *testing.T) {
	people := []DemoPerson{
		{Title: "Chen Yu (root of Xinghe)", TitleZH: "陈宇（星河科技主账号）", About: "Buys and refunds.", AboutZH: "购买和退款。", Email: "chen@xinghe.example", Password: password},
		{Title: "Li Na", About: "Sits exams.", Email: "li.na@example.com", Password: password},
	}
	each(t, people, func(w *world) {
		w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		w.join(exam.Individual, "Li Na", "li.na@example.com")
		other := w.join(exam.Individual, "Eve", "eve@example.com")
		b := w.browser()
		b.get("/sign-in?next=/account").is(200, "Sign in as Chen Yu (root of Xinghe)", "Buys and refunds", "Demo: sample data").without(password)
		b.post("/demo/sign-in", "email", "eve@example.com").is(404)
		b.post("/demo/sign-in", "email", "chen@xinghe.example", "next", "/account").goes("/account")
		first := b.cookies["examcode"]
		b.get("/sign-in").is(200, "You are signed in as Chen Yu")
		b.post("/demo/sign-in", "email", "li.na@example.com").goes("/examinee/")
		old := w.browser()
		old.cookies["examcode"] = first
		old.get("/account").goes("/sign-in?next=%2Faccount")

		w.now = w.now.Add(10 * time.Minute)
		b.get("/sign-in/again?next=/account").is(200, "Sign in as Li Na")
		w.now = w.now.Add(-10 * time.Minute)
		w.as(other).get("/sign-in/again").goes("/examinee/")
		b.lang = "zh"
		b.post("/sign-out")
		b.get("/sign-in").is(200, "以 陈宇（星河科技主账号） 的身份登录", "Sits exams.")
		b.lang = "en"

		b.get("/demo/outbox").is(200, "No mail yet")
		err := w.outbox.Send(context.Background(), mail.Message{To: "li.na@example.com", ToName: "Li Na", Subject: "Your registration <b>", MessageID: "a@exams.example",
			Text: "Hello Li Na,\n\nopen http://exams.example/examinee/ to go on.\n<script>alert(1)</script>", At: w.now, Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		list := b.get("/demo/outbox").is(200, "Your registration <b>", "li.na@example.com").without("Hello")
		file := regexp.MustCompile(`/demo/outbox/[^"]+`).FindString(list.body)
		b.get(file).is(200, "Hello Li Na,", `<a href="http://exams.example/examinee/">`, "Li Na <li.na@example.com>")
		b.get("/demo/outbox/nonsense").is(404)
		b.get("/demo/outbox/..%2f..%2fring").is(404)
	})
	each(t, nil, func(w *world) {
		b := w.browser()
		b.get("/demo/outbox").is(404)
		b.post("/demo/sign-in", "email", "chen@xinghe.example").is(404)
	})
}

// Every page for somebody who is signed in, in both languages.
func TestEveryPageInBothLanguages(t *testing.T) {
	each(t, nil, func(w *world) {
		for _, p := range []exam.Person{w.join(exam.Individual, "Li Na", "li.na@example.com"), w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")} {
			b := w.as(p)
			if _, _, err := w.actions.CreateKey(context.Background(), exam.Actor{Person: p.ID, Account: p.Account}, "HR"); err != nil {
				t.Fatal(err)
			}
			key := regexp.MustCompile(`/account/keys/key_[0-9a-zA-Z]+/revoke`).FindString(b.get("/account/keys").body)
			for _, l := range []string{"en", "zh"} {
				b.post("/language", "lang", l, "back", "/")
				for _, path := range []string{"/account", "/account/verification", "/account/keys", "/account/keys/new", key, "/messages", "/messages?show=unread"} {
					b.get(path).is(200)
				}
			}
		}
		b := w.browser()
		for _, b.lang = range []string{"en", "zh"} {
			for _, path := range []string{"/sign-in", "/sign-up", "/sign-up?kind=enterprise", "/sign-up?kind=individual"} {
				b.get(path).is(200)
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

package account

import (
	"context"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/mail"
)

// mailsTo sends what is owed and reads the mails to an address, newest first.
func (w *world) mailsTo(email string) (list []mail.Kept) {
	w.T.Helper()
	w.Clock.Move(time.Second)
	w.Must(w.Actions.SendMails(context.Background(), time.Minute))
	all, err := w.Outbox.List(200)
	w.Must(err)
	for _, m := range all {
		if m.To == email {
			full, err := w.Outbox.Read(m.File)
			w.Must(err)
			list = append(list, full)
		}
	}
	return list
}

var linkIn = regexp.MustCompile(`https?://[^/\s]+(/mail/[^\s"]+)`)

// An address is asked, agrees by a link of its own, is told about orders, and
// stops it; nothing reaches it before it agreed or after it stopped.
func TestAnAddressIsToldOnlyAfterItAgreed(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		const finance = "finance@xinghe.example"
		root, sub := w.Confirm(w.Company(true)), w.Subject()
		b := w.As(root)
		b.Get("/account/receivers").Is(200, "Nobody else is told", "Orders and payment")
		form := b.Get("/account/receivers/new").Is(200, "asked by mail first").Form("lang", "en")
		form["category"] = []string{"orders"}
		form.Set("email", "no address")
		b.Submit("/account/receivers", form).Is(422, "Enter an e-mail address").Has("no address")
		form = b.Get("/account/receivers/new").Form("lang", "en")
		form.Set("email", " Finance@Xinghe.example ")
		form.Set("label", "Finance")
		form["category"] = []string{"orders"}
		b.Submit("/account/receivers", form).Goes("/account/receivers")
		b.Submit("/account/receivers", form).Goes("/account/receivers") // sent twice, added once
		b.Get("/account/receivers").Is(200, "Waits for the address to agree", "Finance", finance)

		w.Buy(root, sub, 1)
		got := w.mailsTo(finance)
		if len(got) != 1 || !strings.Contains(got[0].Subject, "Do you want mail") {
			t.Fatalf("before it agreed: %+v", got)
		}
		link := linkIn.FindStringSubmatch(got[0].Text)[1]
		if strings.Count(got[0].Text, "/mail/") != 1 {
			t.Errorf("more than the one link: %s", got[0].Text)
		}
		stranger := w.Browser()
		stranger.Get(link[:len(link)-2] + "AA").Is(404)
		page := stranger.Get(link).Is(200, "named "+finance, "Agree to get these mails") // looking changes nothing
		b.Get("/account/receivers").Is(200, "Waits for the address to agree")
		stranger.Submit(link, page.Form()).Is(200, "from now on")
		stranger.Submit(link, page.Form()).Is(200, "from now on")
		b.Get("/account/receivers").Is(200, "Gets messages")

		w.Buy(root, sub, 1)
		got = w.mailsTo(finance)
		if len(got) != 2 || !strings.Contains(got[0].Subject, "is paid") || strings.Contains(got[0].Text, "/enterprise/") {
			t.Fatalf("after it agreed: %+v", got)
		}
		stop := linkIn.FindStringSubmatch(got[0].Text)[1]
		stranger.Get(stop).Is(200, "Stop these mails")
		// A mail program stops with one request, without a cookie or an origin (RFC 8058).
		r := httptest.NewRequest("POST", "http://exams.example"+stop, strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		w.Registry.ServeHTTP(rec, r)
		if rec.Code != 200 {
			t.Errorf("one click answers %d", rec.Code)
		}
		w.Buy(root, sub, 1)
		if n := len(w.mailsTo(finance)); n != 2 {
			t.Errorf("%d mails after it stopped", n)
		}
		b.Get("/account/receivers").Is(200, "Nobody else is told")
		b.Get("/messages?category=account").Is(200, "who is told was changed")
	})
}

// Only the root changes receivers, with a password given just now; a member is
// told from the moment they are named; an old view changes nothing.
func TestWhoMayNameReceivers(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		root, sub := w.Company(true), w.Subject()
		member, other := w.Member(root, exam.AllRights), w.Company(true)
		w.As(member).Get("/account/receivers").Is(200, "The root of the account can add")
		w.As(member).Get("/account/receivers/new").Is(403)
		b := w.As(root)
		form := b.Get("/account/receivers/new?of=member").Is(200).Form("of", "member")
		form["category"] = []string{"orders", "expiry"}
		form.Set("person", member.Person.String())
		w.As(member).Submit("/account/receivers", form).Is(403)
		b.Submit("/account/receivers", form).Goes("/account/receivers")
		w.Buy(root, sub, 1)
		w.As(member).Get("/messages").Is(200, "is paid")
		list, err := w.Read.Receivers(context.Background(), root.Account)
		w.Must(err)
		at := "/account/receivers/" + list[0].ID.String()
		w.As(other).Get(at).Is(404)
		remove := b.Get(at+"/remove").Is(200, "Remove Member?", "The root of the account is told").Form()
		edit := b.Get(at).Form()
		edit["category"] = []string{"results"}
		b.Submit(at, edit).Goes("/account/receivers")
		b.Submit(at+"/remove", remove).Is(409)
		b.Submit(at+"/remove", b.Get(at+"/remove").Form()).Goes("/account/receivers")
		b.Get(at).Is(409)
		w.Clock.Move(6 * time.Minute)
		if a := b.Get("/account/receivers/new"); !strings.HasPrefix(a.To, "/sign-in/again") {
			t.Errorf("an old password is enough: %d %s", a.Status, a.To)
		}
	})
}

// What cannot be switched off comes all the same.
func TestAPersonChoosesTheirMails(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		root, sub := w.Company(true), w.Subject()
		li := w.Examinee(true)
		_, texts := w.Buy(root, sub, 2)
		b := w.As(li)
		page := b.Get("/account").Is(200, "Mail about")
		for _, c := range exam.OptionalMail {
			if !regexp.MustCompile(`name="mail" value="` + c + `" checked`).MatchString(page.Body) {
				t.Errorf("%s is not switched on at first", c)
			}
		}
		form := page.Form("lang", "en", "theme", "auto")
		form["mail"] = []string{"results"}
		b.Submit("/account", form).Goes("/account")
		reg, err := w.Redeem(li, sub, texts[0])
		w.Must(err)
		_, err = w.Actions.UnbindCodes(context.Background(), root, []exam.CodeID{reg.Code}, false)
		w.Must(err)
		me, err := w.Read.Person(context.Background(), li.Person)
		w.Must(err)
		got := w.mailsTo(me.Email)
		for _, m := range got {
			if strings.Contains(m.Subject, "You are registered") {
				t.Errorf("switched off, and sent: %s", m.Subject)
			}
		}
		if !slices.ContainsFunc(got, func(m mail.Kept) bool { return strings.Contains(m.Subject, "Registration cancelled") }) {
			t.Errorf("what was taken away is not told by mail: %d mails", len(got))
		}
		b.Get("/messages").Is(200, "You are registered", "Registration cancelled")
		if err := w.Actions.ChooseMail(context.Background(), li, []string{"orders"}); err == nil {
			t.Error("mail about money can be switched off")
		}
	})
}

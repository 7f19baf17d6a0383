package account

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

var mailedLink = regexp.MustCompile(`http://127\.0\.0\.1:8080(/[a-z-]+\?token=exl_[\w-]+)`)

// linkTo sends what is owed and returns the newest link to a page that an
// address got.
func (w *world) linkTo(email, page string) string {
	w.T.Helper()
	for _, id := range w.Queue.Owed() {
		w.Must(w.Actions.SendOwed(context.Background(), id))
	}
	list, err := w.Outbox.List(500)
	w.Must(err)
	for _, k := range list {
		k, err := w.Outbox.Read(k.File)
		w.Must(err)
		if m := mailedLink.FindStringSubmatch(k.Text); m != nil && k.To == email && strings.HasPrefix(m[1], page+"?") {
			return m[1]
		}
	}
	w.T.Fatalf("%s was sent no link to %s", email, page)
	return ""
}

// From the invitation to the member's first page: what a mail scanner does
// changes nothing, and the token stands in no address of ours.
func TestAcceptingAnInvitationInABrowser(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		root := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b := w.As(root)
		b.Get("/account").Is(200, "not confirmed", "Send the link again")
		b.Post("/account/confirm-email").Goes("/account")
		confirm := w.linkTo("chen@xinghe.example", "/confirm-email")
		b.Get(confirm).Goes("/confirm-email")
		b.Get("/confirm-email").Is(200, "chen@xinghe.example", "Confirm e-mail")
		b.Post("/confirm-email").Goes("/account")
		b.Get("/account").Is(200, "chen@xinghe.example (confirmed)", "Root account", "Chen Yu", "See the members").Lacks("Send the link again")
		b.Get(confirm).Goes("/confirm-email")
		b.Get("/confirm-email").Is(409, "This link was used before")

		_, err := w.Actions.InviteMember(context.Background(), root, "wang@xinghe.example", exam.ViewCodes|exam.BuyCodes, "en")
		w.Must(err)
		link := w.linkTo("wang@xinghe.example", "/invitation")
		for range 3 {
			w.Browser().Get(link).Goes("/invitation") // a scanner
		}
		m := w.Browser()
		m.Get("/invitation").Is(404, "This link is not known")
		m.Get(link).Goes("/invitation")
		m.Get("/invitation").Is(200, "You are invited to Chen Yu Ltd", "Chen Yu invites wang@xinghe.example", "See codes", "Buy codes", "Join the account").Without("exl_")
		m.In(lang.ZH).Get("/invitation").Is(200, "邀请", "加入账号")
		m.Post("/invitation", "name", "Wang Fang", "password", "short").Is(422, "There is a problem").Has(`value="Wang Fang"`)
		m.Post("/invitation", "name", "Wang Fang", "password", password).Goes("/enterprise/")
		m.Get("/account").Is(200, "Wang Fang", "Member", "see codes and buy codes", "wang@xinghe.example (confirmed)")
		m.Get(link).Goes("/invitation")
		m.Get("/invitation").Is(409, "This link was used before")

		taken := w.join(exam.Individual, "Li Na", "li@people.example")
		_, err = w.Actions.InviteMember(context.Background(), root, "li@people.example", 0, "zh")
		w.Must(err)
		l := w.As(taken)
		l.Get(w.linkTo("li@people.example", "/invitation")).Goes("/invitation")
		l.Get("/invitation").Is(409, "signs in to another account")
	})
}

func TestForgottenPasswordInABrowser(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		signedIn := w.As(w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example"))
		b := w.Browser()
		b.Get("/sign-in").Has("/forgotten-password")
		b.Get("/forgotten-password").Is(200, "Enter the e-mail you sign in with")
		b.Post("/forgotten-password", "email", "nonsense").Is(422).Has(`value="nonsense"`)
		known := b.Post("/forgotten-password", "email", "chen@xinghe.example").Is(200, "If there is an account with chen@xinghe.example")
		unknown := b.Post("/forgotten-password", "email", "none@xinghe.example").Is(200, "If there is an account with none@xinghe.example")
		if strings.ReplaceAll(known.Main, "chen@", "none@") != unknown.Main {
			t.Errorf("the answers differ:\n%s\n%s", known.Main, unknown.Main)
		}
		link := w.linkTo("chen@xinghe.example", "/password")
		w.Browser().Get(link).Goes("/password")
		b.Get(link).Goes("/password")
		b.Get("/password").Is(200, "For chen@xinghe.example", "Set password").Without("exl_")
		b.Post("/password", "password", "short").Is(422)
		b.Post("/password", "password", "another-horse-9").Goes("/sign-in")
		b.Get("/sign-in").Is(200, "Your new password is set")
		signedIn.Get("/account").Goes("/sign-in?next=%2Faccount")
		b.Post("/sign-in", "email", "chen@xinghe.example", "password", password).Is(422)
		b.Post("/sign-in", "email", "chen@xinghe.example", "password", "another-horse-9").Goes("/enterprise/")
		b.Get(link).Goes("/password")
		b.Get("/password").Is(409, "This link was used before").Has("/forgotten-password")
	})
}

func TestWhereOneIsSignedIn(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		who := w.join(exam.Enterprise, "Chen Yu", "chen@xinghe.example")
		b, second, third := w.As(who), w.As(who), w.As(who)
		list := b.Get("/account/sign-ins").Is(200, "Unknown browser (this one)", "Sign out all others")
		paths := regexp.MustCompile(`/account/sign-ins/[\w-]{16}`).FindAllString(list.Body, -1)
		if len(paths) != 2 {
			t.Fatalf("%d others: %q", len(paths), paths)
		}
		b.Submit(paths[0], b.Get(paths[0]).Is(200, "has to sign in again").Form()).Goes("/account/sign-ins")
		ended := 0
		for _, other := range []int{second.Get("/account").Status, third.Get("/account").Status} {
			if other != 200 {
				ended++
			}
		}
		if ended != 1 {
			t.Errorf("%d sessions ended", ended)
		}
		others := "/account/sign-ins/others"
		b.Submit(others, b.Get(others).Is(200, "1 browser has to sign in again.").Form()).Goes("/account/sign-ins")
		second.Get("/account").Goes("/sign-in?next=%2Faccount")
		third.Get("/account").Goes("/sign-in?next=%2Faccount")
		b.Get("/account/sign-ins").Is(200).Lacks("others")
		b.Get("/account/sign-ins/nonsense").Is(404)

		old := b.Cookie("examcode")
		w.Clock.Move(6 * time.Minute)
		b.Get("/account/password").Leads()
		b.Post("/sign-in/again", "password", password, "next", "/account/password").Goes("/account/password")
		if b.Cookie("examcode") == old {
			t.Error("the token stayed the same after the password was given again")
		}
		b.Post("/account/password", "password", "short").Is(422)
		b.Post("/account/password", "password", "another-horse-9").Goes("/account")
		b.Get("/account").Is(200, "Your password is changed")
	})
}

package action_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
)

var linked = regexp.MustCompile(`http://127\.0\.0\.1:8080(/[a-z-]+)\?token=(exl_[\w-]+)`)

// linkTo sends what is owed and returns the token of the newest link to a page
// that an address got.
func linkTo(t *testing.T, h *actiontest.House, to, page string) string {
	t.Helper()
	for _, id := range h.Queue.Owed() {
		h.Must(h.Actions.SendOwed(context.Background(), id))
	}
	list := must(h.Outbox.List(500))(t)
	for _, k := range list {
		if k.To != to {
			continue
		}
		if m := linked.FindStringSubmatch(must(h.Outbox.Read(k.File))(t).Text); m != nil && m[1] == page {
			return m[2]
		}
	}
	t.Fatalf("%s was sent no link to %s", to, page)
	return ""
}

// confirmed is a verified company whose root's e-mail is confirmed.
func confirmed(t *testing.T, h *actiontest.House) exam.Actor {
	t.Helper()
	root := h.Company(true)
	token := linkTo(t, h, must(h.Read.Person(context.Background(), root.Person))(t).Email, "/confirm-email")
	h.Must(h.Actions.ConfirmEmail(context.Background(), exam.Actor{Channel: exam.Console}, token))
	return root
}

var console = exam.Actor{Channel: exam.Console, Request: "R"}

// TestAnInvitationIsAccepted, with the mail as a server takes it in.
func TestAnInvitationIsAccepted(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := confirmed(t, h)
		i := must(h.Actions.InviteMember(ctx, root, " Wang.Fang@xinghe.example", exam.ViewCodes|exam.BuyCodes, "zh"))(t)
		owed := h.Queue.Owed()
		link := must(h.Read.OwedLink(ctx, owed[len(owed)-1]))(t)
		if len(link.Sealed) == 0 || strings.Contains(string(link.Sealed), "exl_") {
			t.Errorf("the token is kept as %q", link.Sealed)
		}

		// The same promise, settled by a replica that speaks SMTP.
		server := mailtest.Start(t, mailtest.Options{})
		smtp := must(mail.NewSMTP(mail.SMTPConfig{Host: server.Host, Port: server.Port, From: "exams@programme.example", FromName: "Programme", TLS: "none"}))(t)
		post := action.New(action.Config{Store: h.Store, Vault: h.Vault, Providers: []pay.Provider{sandbox.New()}, Mail: smtp, Queue: h.Queue,
			Compose: mail.Composer(mail.ComposeConfig{BaseURL: "http://127.0.0.1:8080", Programme: "Programme", Now: h.Clock.Now}),
			Now:     h.Clock.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		for range 2 {
			h.Must(post.SendOwed(ctx, link.ID))
		}
		got := server.Messages()
		if len(got) != 1 || got[0].To[0] != "wang.fang@xinghe.example" {
			t.Fatalf("%d mails: %+v", len(got), got)
		}
		m := must(mail.Parse(strings.NewReader(string(got[0].Data))))(t)
		found := linked.FindStringSubmatch(m.Text)
		if found == nil || found[1] != "/invitation" || m.Lang != "zh" || !strings.Contains(m.Text, "查看考试码") || !strings.Contains(m.Subject, "邀请") {
			t.Fatalf("%s\n%s", m.Subject, m.Text)
		}
		token := found[2]
		if after := must(h.Read.OwedLink(ctx, link.ID))(t); after.Sealed != nil || after.State != exam.OwedSent {
			t.Errorf("after sending: %+v", after)
		}

		_, err := h.Actions.AcceptInvitation(ctx, console, token+"x", "Wang Fang", actiontest.Password)
		want(t, "a made-up link", err, "link_unknown")
		_, err = h.Actions.PasswordLink(ctx, token)
		want(t, "an invitation as a password link", err, "link_unknown")
		_, err = h.Actions.AcceptInvitation(ctx, console, token, "", actiontest.Password)
		want(t, "without a name", err, "person_name_missing")
		_, err = h.Actions.AcceptInvitation(ctx, console, token, "Wang Fang", "short")
		want(t, "a poor password", err, "password_short")
		p := must(h.Actions.AcceptInvitation(ctx, console, token, "Wang Fang", actiontest.Password))(t)
		if p.Account != root.Account || p.Role != exam.Member || p.Rights != i.Rights || p.Confirmed.IsZero() || p.Lang != "zh" {
			t.Errorf("%+v", p)
		}
		_, err = h.Actions.AcceptInvitation(ctx, console, token, "Wang Fang", actiontest.Password)
		want(t, "a second time", err, "link_used")
		must2(h.Actions.SignIn(ctx, "wang.fang@xinghe.example", actiontest.Password, "net", "test"))(t)
		notices := must(h.Read.Notices(ctx, root.Person, true, store.Page{}))(t)
		if len(notices.Items) == 0 || notices.Items[0].Kind != exam.NoticeMemberJoined {
			t.Errorf("the root is told %+v", notices.Items)
		}
		kinds := kindsOf(t, h, root.Account)
		if kinds["member.invited"] != 1 || kinds["member.joined"] != 1 {
			t.Errorf("events: %v", kinds)
		}
	})
}

func must2[A, B any](_ A, _ B, err error) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func kindsOf(t *testing.T, h *actiontest.House, account exam.AccountID) map[string]int {
	t.Helper()
	kinds := map[string]int{}
	for _, e := range must(h.Read.Trail(context.Background(), account, "", store.Page{Limit: 200}))(t).Items {
		kinds[string(e.Kind)]++
	}
	return kinds
}

func TestInvitationsThatAreNoGood(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), confirmed(t, h)
		accept := func(token string) error {
			_, err := h.Actions.AcceptInvitation(ctx, console, token, "Wang", actiontest.Password)
			return err
		}
		invite := func(email string) (exam.Invitation, string) {
			i := must(h.Actions.InviteMember(ctx, root, email, 0, "en"))(t)
			token := linkTo(t, h, email, "/invitation")
			return i, token
		}
		i, first := invite("a@xinghe.example")
		h.Clock.Move(time.Minute)
		must(h.Actions.SendInvitationAgain(ctx, root, i.ID))(t)
		second := linkTo(t, h, "a@xinghe.example", "/invitation")
		want(t, "a link that a newer one replaced", accept(first), "link_replaced")
		h.Must(h.Actions.RevokeInvitation(ctx, root, i.ID))
		want(t, "a link that was taken back", accept(second), "invitation_revoked")
		want(t, "an older one", accept(first), "invitation_revoked")
		_, err := h.Actions.SendInvitationAgain(ctx, root, i.ID)
		want(t, "sent after it was taken back", err, "invitation_closed")

		i, first = invite("b@xinghe.example")
		h.Clock.Move(exam.InvitedFor)
		want(t, "a link that ran out", accept(first), "invitation_ended")
		must(h.Actions.SendInvitationAgain(ctx, root, i.ID))(t)
		second = linkTo(t, h, "b@xinghe.example", "/invitation")
		h.Must(accept(second))

		// The address has an account elsewhere: only the link's holder learns it.
		examinee := must(h.Read.Person(ctx, h.Examinee(false).Person))(t)
		_, token := invite(examinee.Email)
		want(t, "an address of another account", accept(token), "email_elsewhere")
		_, err = h.Actions.InviteMember(ctx, root, "b@xinghe.example", 0, "en")
		want(t, "a member invited again", err, "already_member")

		// A mail that would leave too late does not leave.
		late := must(h.Actions.InviteMember(ctx, root, "c@xinghe.example", 0, "en"))(t)
		ids := h.Queue.Owed()
		h.Must(h.Actions.RevokeInvitation(ctx, root, late.ID))
		h.Clock.Move(exam.InvitedFor)
		h.Must(h.Actions.SendOwed(ctx, ids[len(ids)-1]))
		if o := must(h.Read.OwedLink(ctx, ids[len(ids)-1]))(t); o.State != exam.OwedCancelled {
			t.Errorf("the mail of a dead link is %s", o.State)
		}
		for range 3 {
			_, err = h.Actions.InviteMember(ctx, root, "d@xinghe.example", 0, "en")
			if err == nil {
				rows := must(h.Read.Invitations(ctx, root.Account, exam.InvitationOpen, store.Page{}))(t)
				h.Must(h.Actions.RevokeInvitation(ctx, root, rows.Items[0].ID))
			}
		}
		_, err = h.Actions.InviteMember(ctx, root, "d@xinghe.example", 0, "en")
		want(t, "a fourth mail to one address", err, "too_many_tries")
	})
}

// TestRemovalIsAtOnce: sessions and keys, of every replica, are nobody's from
// the next request on, and the person can come back as the same one.
func TestRemovalIsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), confirmed(t, h)
		member := h.Member(root, exam.ViewCodes|exam.BuyCodes)
		second := actiontest.NewWith(t, h.Store, h.Vault)
		p := must(h.Read.Person(ctx, member.Person))(t)
		token, _, err := second.Actions.SignIn(ctx, p.Email, actiontest.Password, "net", "test")
		h.Must(err)
		_, key, err := h.Actions.CreateKey(ctx, member, "HR sync")
		h.Must(err)
		must(second.Actions.BySession(ctx, token))(t)
		must(second.Actions.ByKey(ctx, key))(t)
		sub := h.Subject()
		must(h.Actions.BuyCodes(ctx, member, sub.ID, 1))(t)

		want(t, "a root who looked at something older", h.Actions.RemoveMember(ctx, root, member.Person, 9), "changed_meanwhile")
		h.Must(h.Actions.RemoveMember(ctx, root, member.Person, 1))
		for _, replica := range []*actiontest.House{h, second} {
			_, err = replica.Actions.BySession(ctx, token)
			want(t, "the session", err, "not_signed_in")
			_, err = replica.Actions.ByKey(ctx, key)
			want(t, "the key", err, "key_unknown")
		}
		_, err = h.Actions.BuyCodes(ctx, member, sub.ID, 1)
		want(t, "a purchase that was under way", err, "not_signed_in")
		_, _, err = h.Actions.CreateKey(ctx, member, "late")
		want(t, "a key that was under way", err, "not_signed_in")
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "net", "test")
		want(t, "signing in", err, "suspended")
		h.Must(h.Actions.ForgotPassword(ctx, p.Email, "net"))
		want(t, "removed again", h.Actions.RemoveMember(ctx, root, member.Person, 0), "not_found")
		if k := kindsOf(t, h, root.Account); k["member.removed"] != 1 || k["key.revoked"] != 1 {
			t.Errorf("events: %v", k)
		}

		must(h.Actions.InviteMember(ctx, root, p.Email, exam.ViewCodes, "en"))(t)
		link := linkTo(t, h, p.Email, "/invitation")
		back := must(h.Actions.AcceptInvitation(ctx, console, link, "New Name", "another-horse-9"))(t)
		if back.ID != member.Person || back.Rights != exam.ViewCodes {
			t.Errorf("came back as %+v", back)
		}
		_, err = h.Actions.ByKey(ctx, key)
		want(t, "an old key of somebody who came back", err, "key_unknown")
		_, err = h.Actions.BySession(ctx, token)
		want(t, "an old session", err, "not_signed_in")
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "net", "test")
		want(t, "the old password", err, "wrong_password")
		must2(h.Actions.SignIn(ctx, p.Email, "another-horse-9", "net", "test"))(t)
	})
}

// TestS1_AMemberBuysWithTheRightAlone, and loses it at the next request, also
// one that began before.
func TestS1_AMemberBuysWithTheRightAlone(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		without, with := h.Member(root, exam.AllRights&^exam.BuyCodes), h.Member(root, exam.BuyCodes)
		_, err := h.Actions.BuyCodes(ctx, without, sub.ID, 1)
		want(t, "all rights but buying", err, "buyer_not_root")
		must(h.Actions.BuyCodes(ctx, with, sub.ID, 1))(t)
		h.Must(h.Actions.ChangeRights(ctx, root, with.Person, exam.ViewCodes, 0))
		_, err = h.Actions.BuyCodes(ctx, with, sub.ID, 1) // as read before the change
		want(t, "a right that was taken meanwhile", err, "buyer_not_root")
		h.Must(h.Actions.ChangeRights(ctx, root, without.Person, exam.BuyCodes, 0))
		must(h.Actions.BuyCodes(ctx, h.Who(without.Person), sub.ID, 1))(t)
		unverified := h.Company(false)
		_, err = h.Actions.BuyCodes(ctx, h.Member(unverified, exam.BuyCodes), sub.ID, 1)
		want(t, "the right in an unverified company", err, "account_not_verified")
	})
}

// TestAcceptingTwiceAtOneMoment makes one person.
func TestAcceptingTwiceAtOneMoment(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root := context.Background(), confirmed(t, h)
		must(h.Actions.InviteMember(ctx, root, "wang@xinghe.example", exam.ViewCodes, "en"))(t)
		token := linkTo(t, h, "wang@xinghe.example", "/invitation")
		var all sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			all.Go(func() { _, errs[i] = h.Actions.AcceptInvitation(ctx, console, token, "Wang", actiontest.Password) })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, exam.ErrLinkUsed) {
				t.Errorf("refused by %v", err)
			}
		}
		if n := len(must(h.Read.Members(ctx, root.Account))(t)); won != 1 || n != 2 {
			t.Errorf("%d accepted, %d people", won, n)
		}
	})
}

// TestRemovingWhileTheyBuy: nothing is bought after the removal is answered.
func TestRemovingWhileTheyBuy(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		member := h.Member(root, exam.BuyCodes)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				_, err := h.Actions.BuyCodes(ctx, member, sub.ID, 1)
				if err != nil && !errors.Is(err, exam.ErrNotSignedIn) {
					t.Error(err)
				}
			})
		}
		removed := make(chan int, 1)
		all.Go(func() {
			if err := h.Actions.RemoveMember(ctx, root, member.Person, 0); err != nil {
				t.Error(err)
			}
			removed <- len(must(h.Read.Orders(ctx, root.Account, store.OrderFilter{}, h.Clock.Now(), store.Page{}))(t).Items)
		})
		all.Wait()
		after := len(must(h.Read.Orders(ctx, root.Account, store.OrderFilter{}, h.Clock.Now(), store.Page{}))(t).Items)
		if at := <-removed; at != after {
			t.Errorf("%d orders when the removal was answered, %d in the end", at, after)
		}
	})
}

// TestForgottenPassword: one answer for everybody, one use, every session ends.
func TestForgottenPassword(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, who := context.Background(), h.Examinee(false)
		p := must(h.Read.Person(ctx, who.Person))(t)
		session, _, err := h.Actions.OpenSession(ctx, who.Person, "test")
		h.Must(err)
		_, key, err := h.Actions.CreateKey(ctx, who, "mine")
		h.Must(err)
		before := len(h.Queue.Owed())
		h.Must(h.Actions.ForgotPassword(ctx, "nobody@people.example", "net"))
		if n := len(h.Queue.Owed()); n != before {
			t.Errorf("%d mails for nobody", n-before)
		}
		want(t, "no address", h.Actions.ForgotPassword(ctx, "nobody", "net"), "email_malformed")
		for range 5 {
			h.Must(h.Actions.ForgotPassword(ctx, p.Email, "net"))
		}
		if n := len(h.Queue.Owed()); n != before+3 {
			t.Errorf("%d mails in an hour", n-before)
		}
		token := linkTo(t, h, p.Email, "/password")
		want(t, "a poor password", h.Actions.RenewPassword(ctx, console, token, "short"), "password_short")
		h.Must(h.Actions.RenewPassword(ctx, console, token, "another-horse-9"))
		want(t, "a second time", h.Actions.RenewPassword(ctx, console, token, "third-horse-99"), "link_used")
		_, err = h.Actions.BySession(ctx, session)
		want(t, "a session from before", err, "not_signed_in")
		must(h.Actions.ByKey(ctx, key))(t)
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "net", "test")
		want(t, "the old password", err, "wrong_password")
		must2(h.Actions.SignIn(ctx, p.Email, "another-horse-9", "net", "test"))(t)
		if k := kindsOf(t, h, who.Account); k["person.password_changed"] != 1 {
			t.Errorf("events: %v", k)
		}
		h.Clock.Move(time.Hour)
		h.Must(h.Actions.ForgotPassword(ctx, p.Email, "net"))
		token = linkTo(t, h, p.Email, "/password")
		h.Clock.Move(exam.PasswordLinkFor)
		want(t, "an hour later", h.Actions.RenewPassword(ctx, console, token, "third-horse-99"), "link_ended")
		for range 30 {
			err = h.Actions.ForgotPassword(ctx, "x@people.example", "net")
		}
		h.Must(err)
		want(t, "too many from a network", h.Actions.ForgotPassword(ctx, "x@people.example", "net"), "too_many_tries")
	})
}

// TestGivingThePasswordAgainChangesTheToken: the one from before opens nothing.
func TestGivingThePasswordAgainChangesTheToken(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx, who := context.Background(), h.Examinee(false)
		old, _, err := h.Actions.OpenSession(ctx, who.Person, "test")
		h.Must(err)
		other, _, err := h.Actions.OpenSession(ctx, who.Person, "test")
		h.Must(err)
		next := must(h.Actions.ConfirmPassword(ctx, who, old, actiontest.Password, "net"))(t)
		_, err = h.Actions.BySession(ctx, old)
		want(t, "the token from before", err, "not_signed_in")
		if i := must(h.Actions.BySession(ctx, next))(t); i.Actor.Person != who.Person {
			t.Errorf("%+v", i.Actor)
		}
		must(h.Actions.BySession(ctx, other))(t)
		h.Must(h.Actions.ChangePassword(ctx, who, next, "another-horse-9"))
		must(h.Actions.BySession(ctx, next))(t)
		_, err = h.Actions.BySession(ctx, other)
		want(t, "another session after the password changed", err, "not_signed_in")
	})
}

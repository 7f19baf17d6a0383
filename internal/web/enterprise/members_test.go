package enterprise

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/web/webtest"
)

// peopled is a company with a member, whose root confirmed their e-mail.
func peopled(t *testing.T, test func(t *testing.T, w *webtest.World, root, member exam.Actor)) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		Mount(w.Kit)
		root := w.Company(true)
		for _, id := range w.Queue.Owed() {
			w.Must(w.Actions.SendOwed(context.Background(), id))
		}
		p, err := w.Read.Person(context.Background(), root.Person)
		w.Must(err)
		mails, err := w.Outbox.List(100)
		w.Must(err)
		for _, k := range mails {
			k, err := w.Outbox.Read(k.File)
			w.Must(err)
			if found := regexp.MustCompile(`confirm-email\?token=(exl_[\w-]+)`).FindStringSubmatch(k.Text); k.To == p.Email && found != nil {
				w.Must(w.Actions.ConfirmEmail(context.Background(), exam.Actor{Channel: exam.Console}, found[1]))
			}
		}
		test(t, w, root, w.Member(root, exam.ViewCodes|exam.ManageCodes))
	})
}

func TestManagingMembers(t *testing.T) {
	peopled(t, func(t *testing.T, w *webtest.World, root, member exam.Actor) {
		b, of := w.As(root), memberOf(member.Person)
		b.Get(members).Is(200, "Root (you)", "everything (root account)", "see codes and manage codes", "not yet", "Invite a member").Has(of+"/rights", of+"/remove")
		b.In(lang.ZH).Get(members).Is(200, "成员", "全部（主账号）", "邀请成员")

		form := b.Get(members+"/invite").Is(200, "What they may do", "See codes").Form("email", "wang@xinghe.example", "lang", "en")
		form["rights"] = []string{"view", "buy"}
		bad := url.Values{"once": {"x"}, "email": {"nonsense"}, "lang": {"zh"}, "rights": {"buy"}}
		b.Submit(members+"/invite", bad).Is(422, "There is a problem").Has(`value="nonsense"`, `value="buy" checked`)
		b.Submit(members+"/invite", form).Goes(members)
		b.Submit(members+"/invite", form).Goes(members) // sent twice, done once
		list := b.Get(members).Is(200, "wang@xinghe.example", "see codes and buy codes", "Good until", "Send again", "Take back")
		path := regexp.MustCompile(members + `/invitations/inv_\w+`).FindString(list.Body)
		b.Submit(path+"/again", b.Get(path+"/again").Is(200, "Links sent before stop working.").Form()).Goes(members)
		stale := b.Get(path+"/revoke").Is(200, "The link stops working now.").Form("version", "1")
		b.Submit(path+"/revoke", stale).Is(409)
		b.Submit(path+"/revoke", b.Get(path+"/revoke").Form()).Goes(members)
		b.Get(members).Is(200, "is taken back").Lacks("Good until")
		b.Get(path + "/revoke").Is(409)
		b.Get(path + "/burn").Is(404)

		// The check page says what is gained and lost; nothing happens before.
		b.Get(of+"/rights").Is(200, "Check the change").Has(`value="manage" checked`)
		b.Get(of+"/check?rights=view&rights=manage").Is(422, "These are the rights")
		b.Get(of + "/check?rights=own").Is(422)
		check := b.Get(of+"/check?rights=view&rights=buy").Is(200, "Member gains: buy codes.", "Member loses: manage codes.", "Member keeps: see codes.", "is told")
		m := w.As(member)
		m.Get(subjects).Is(200).Lacks("/buy\"")
		change := check.Form()
		b.Submit(of+"/rights", change).Goes(members)
		m.Get("/enterprise/").Is(200).Outside("Purchase exam codes") // at their very next request
		b.Submit(of+"/rights", change).Goes(members)                 // again: the same answer
		change.Set("once", "another")
		change.Set("rights", "refund")
		b.Submit(of+"/rights", change).Is(409, "see codes and buy codes") // stale

		_, key, err := w.Actions.CreateKey(context.Background(), member, "HR sync")
		w.Must(err)
		gone := b.Get(of+"/remove").Is(200, "Remove Member?", "signed out now, everywhere", "1 API key stops working now.", "stays in the record").Form()
		b.Submit(of+"/remove", gone).Goes(members)
		b.Get(members).Is(200, "Member is removed and signed out.", "You are the only one here. Invite a colleague who assigns codes.")
		m.Get("/enterprise/").Goes("/sign-in?next=%2Fenterprise%2F")
		m.Post(subjects+"/sub_0/check", "quantity", "1").Is(401)
		if _, err := w.Actions.ByKey(context.Background(), key); err == nil {
			t.Error("the removed member's key works")
		}
		b.Submit(of+"/remove", gone).Goes(members)
		b.Get(of + "/remove").Is(404)
		b.Get(memberOf(root.Person) + "/remove").Is(409)
	})
}

// Each right opens its pages and no others; people are the root's alone.
func TestEachRightOpensItsPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, order := codes+"/"+w.unused.String(), orders+"/"+w.order.ID.String()
		bound := codes + "/" + w.bound.String()
		other := w.Company(true)
		theirs := w.Member(other, exam.ViewCodes)
		pages := []struct {
			path string
			need exam.Rights // any of them; 0 is nobody but the root
		}{
			{orders, exam.ViewCodes | exam.BuyCodes}, {order, exam.ViewCodes | exam.BuyCodes}, {codes, exam.ViewCodes}, {code, exam.ViewCodes}, {statistics, exam.ViewCodes},
			{code + "/regenerate", exam.ManageCodes}, {bound + "/unbind", exam.ManageCodes}, {code + "/reveal", exam.RevealCodes},
			{orders + "/" + w.unpaid.ID.String() + "/pay", exam.BuyCodes}, {orders + "/" + w.unpaid.ID.String() + "/close", exam.BuyCodes},
			{members + "/invite", 0}, {memberOf(w.viewer.Person) + "/rights", 0}, {memberOf(w.viewer.Person) + "/remove", 0}, {memberOf(w.viewer.Person) + "/check?rights=buy", 0},
		}
		for _, granted := range []exam.Rights{0, exam.ViewCodes, exam.ManageCodes, exam.BuyCodes, exam.RefundCodes, exam.RevealCodes, exam.AllRights} {
			b := w.As(w.Member(w.root, granted))
			b.Get(members).Is(200, "The root of the account invites people").Lacks("/remove", "/invite")
			b.Get(home).Is(200)
			for _, p := range pages {
				status := 200
				if granted&p.need == 0 {
					status = 403
				}
				if a := b.Get(p.path); a.Status != status || (p.need == 0 && !strings.Contains(a.Main, "Only the root")) {
					t.Errorf("%v, %s: %d, want %d", granted.Names(), p.path, a.Status, status)
				}
			}
		}
		b := w.As(w.other)
		b.Get(memberOf(w.viewer.Person) + "/rights").Is(404)
		b.Get(memberOf(w.viewer.Person) + "/remove").Is(404)
		b.Get(memberOf(theirs.Person) + "/remove").Is(404)
		b.Post(memberOf(w.viewer.Person)+"/remove", "version", "1", "once", "x").Is(404)
	})
}

func TestARootWithoutAConfirmedEmailInvitesNobody(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		Mount(w.Kit)
		b := w.As(w.Company(true))
		b.Get(members).Is(200, "confirm your own e-mail", "You are the only one here").Lacks(members + "/invite")
		b.Get(members+"/invite").Is(403, "Confirm your own e-mail first").Has(`href="/account"`)
		b.Post(members+"/invite", "email", "a@b.example", "lang", "en", "once", "x").Is(403)
	})
}

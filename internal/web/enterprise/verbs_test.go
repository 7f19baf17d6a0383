package enterprise

import (
	"context"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// S23–S25: which verbs a code has, in the list and on its own page, by state and
// right.
func TestS23_S24_S25_VerbsByState(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		manager := w.Member(w.root, exam.ViewCodes|exam.ManageCodes)
		for _, c := range []struct {
			who   exam.Actor
			code  exam.CodeID
			list  string // the verb of its row
			verbs string // the verbs of its page
		}{
			{w.root, w.unused, "regenerate", "regenerate reveal"},
			{w.root, w.bound, "unbind", "unbind reveal"},
			{w.root, w.reserved, "", "reveal"},
			{w.root, w.passed, "result", "result reveal"},
			{w.root, w.failed, "result", "result reveal"},
			{manager, w.unused, "regenerate", "regenerate"},
			{manager, w.bound, "unbind", "unbind"},
			{w.viewer, w.unused, "", ""},
			{w.viewer, w.bound, "", ""},
			{w.viewer, w.passed, "result", "result"},
		} {
			for address, want := range map[string]string{codes: c.list, codeOf(c.code): c.verbs} {
				a, got := w.get(c.who, address), []string{}
				for _, verb := range []string{"result", "unbind", "regenerate", "reveal"} {
					if strings.Contains(a.Body, `href="`+codeOf(c.code)+"/"+verb+`"`) {
						got = append(got, verb)
					}
				}
				if s := strings.Join(got, " "); s != want {
					t.Errorf("%s shows %q, want %q", address, s, want)
				}
			}
		}
		w.get(w.viewer, codeOf(w.unused)).Is(200, "Regenerating needs the right to manage codes", "Seeing the text needs a right of its own", "Unbinding needs the right")
		w.get(w.root, codeOf(w.reserved)).Is(200, "Unbinding needs a Bound code. This one is Reserved for Mon 9 Mar 2026, 12:00–13:30 (UTC); Examinee can cancel the reservation until 8 Mar 2026, 12:00 (UTC).")
		w.Clock.Move(60 * time.Hour)
		w.signInAgain()
		w.get(w.root, codeOf(w.reserved)).Is(200, "it is too late for Examinee to cancel the reservation")
		w.Clock.Set(w.order.Expires)
		w.signInAgain()
		w.get(w.root, codeOf(w.unused)).Is(200, "Expired", "The order's validity ended on")
		w.get(w.root, codeOf(w.bound)+"/unbind").Is(409)
		w.get(w.root, codeOf(w.unused)+"/regenerate").Is(409)
	})
}

// S25: a new text; done once however often the form is sent, and only as read.
func TestS25_Regenerate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address, before := codeOf(w.unused)+"/regenerate", w.state(t, w.unused)
		page := w.get(w.root, address)
		page.Is(200, "Give code ending "+before.Tail+" a new text?", "The old text stops working at once everywhere", "Replace the text", "Keep the old text")
		a := w.browser(w.root).Submit(address, page.Form("version", "12"))
		a.Is(409, "This changed while you were reading: the code is Unused", "Nothing was done.", "Replace the text")
		if now := w.state(t, w.unused); now.Version != before.Version {
			t.Fatal("a stale form changed the code")
		}
		form := a.Form()
		for range 3 {
			a := w.browser(w.root).Submit(address, form)
			a.Goes(codeOf(w.unused))
			if !a.Notice {
				t.Error("no notice")
			}
		}
		if now := w.state(t, w.unused); now.Generation != before.Generation+1 || now.State != exam.Unused {
			t.Errorf("generation %d after %d, %s", now.Generation, before.Generation, now.State)
		}
		w.get(w.root, codeOf(w.unused)).Is(200, "Earlier texts", "Replaced on 6 Mar 2026, 12:00 (UTC)")
		// the same form, when somebody else was faster
		late := w.get(w.root, address).Form()
		if _, err := w.Redeem(w.cleo, w.cloud, w.reveal(t, w.unused)); err != nil {
			t.Fatal(err)
		}
		w.browser(w.root).Submit(address, late).Is(409)
		if now := w.state(t, w.unused); now.State != exam.Bound {
			t.Errorf("the code is %s", now.State)
		}
	})
}

// reveal reads a code's text as the page shows it.
func (w *world) reveal(t *testing.T, id exam.CodeID) string {
	t.Helper()
	sealed, err := w.Read.Sealed(context.Background(), w.root.Account, id)
	w.Must(err)
	text, err := w.Vault.OpenCode(int64(id), sealed)
	w.Must(err)
	return text.Reveal()
}

// S24: the page says what happens to this code and this person; the safe choice
// is made already.
func TestS24_Unbind(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address, before := codeOf(w.bound)+"/unbind", w.state(t, w.bound)
		page := w.get(w.root, address)
		page.Is(200, "Unbind code ending "+before.Tail+" from Examinee?", "The registration for Cloud Associate is cancelled", "still valid through 4 Mar 2027 (UTC)",
			"Nothing is refunded.", "Examinee still knows the text.", "Unbind code", "Keep it bound")
		if !strings.Contains(page.Body, `name="text" value="new" checked`) {
			t.Error("a new text is not the choice that is made already")
		}
		form := page.Form("text", textNew)
		for range 2 {
			w.browser(w.root).Submit(address, form).Goes(codeOf(w.bound))
		}
		now := w.state(t, w.bound)
		if now.State != exam.Unused || now.Generation != before.Generation+1 || now.Holder != 0 {
			t.Errorf("%s, generation %d after %d, holder %s", now.State, now.Generation, before.Generation, now.Holder)
		}
		w.get(w.root, codeOf(w.bound)).Is(200, "Unused", "Regenerate", "Earlier texts")

		if _, err := w.Redeem(w.anna, w.cloud, w.reveal(t, w.bound)); err != nil {
			t.Fatal(err)
		}
		stale := w.get(w.root, address)
		w.browser(w.root).In(lang.ZH).Submit(address, stale.Form("version", "0", "text", textKeep)).Is(409, "在您查看期间内容已变化：该考试码现为“已绑定”", "未执行任何操作")
		w.browser(w.root).Submit(address, w.get(w.root, address).Form("text", textKeep)).Goes(codeOf(w.bound))
		if again := w.state(t, w.bound); again.State != exam.Unused || again.Generation != now.Generation {
			t.Errorf("%s, generation %d after %d", again.State, again.Generation, now.Generation)
		}
	})
}

// The text is shown to who has the right and gave the password a moment ago,
// and it is recorded that they looked.
func TestReveal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		address := codeOf(w.unused) + "/reveal"
		page := w.get(w.root, address)
		page.Is(200, "Reveal the text of code ending", "your colleagues can see it")
		if strings.Contains(page.Body, w.texts[w.unused]) {
			t.Fatal("looking at the page reveals the text")
		}
		w.browser(w.root).Submit(address, page.Form()).Is(200, w.texts[w.unused], "Shown to you on 6 Mar 2026, 12:00 (UTC)")
		rows, err := w.Read.TrailOf(context.Background(), store.Page{Limit: 5}, int64(w.unused))
		if err != nil || rows.Items[0].Kind != exam.EventCodeRevealed || rows.Items[0].Actor != w.root.Person {
			t.Errorf("the trail begins with %+v, %v", rows.Items[0].Event, err)
		}
		w.Clock.Move(6 * time.Minute)
		w.get(w.root, address).Goes("/sign-in/again?next=" + strings.ReplaceAll(address, "/", "%2F"))
		a := w.browser(w.root).Submit(address, page.Form())
		a.Goes("/sign-in/again?next=" + strings.ReplaceAll(address, "/", "%2F"))
		if rows, _ := w.Read.TrailOf(context.Background(), store.Page{Limit: 5}, int64(w.unused)); rows.Items[0].At.After(w.Clock.Now().Add(-5 * time.Minute)) {
			t.Error("a refused look is recorded as one")
		}
	})
}

// The timeline tells the refusals of strangers without naming them.
func TestTimelineHidesOutsiders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.get(w.root, codeOf(w.unused))
		a.Is(200, "Timeline", "Somebody outside your account tried to redeem the code")
		if n := strings.Count(a.Body, `class="story-icon"`); n < 3 { // placed, paid, refused
			t.Errorf("%d entries", n)
		}
	})
}

package action_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

var locked = regexp.MustCompile(`FROM (\w+) WHERE id .*FOR (NO KEY )?(UPDATE|SHARE)`)

// locks notes what is locked, in its order: the table, with ! when it is to be
// changed; transactions are set apart.
type locks struct {
	mu   sync.Mutex
	seen []string
}

func (l *locks) hook(_ context.Context, at db.Point) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m := locked.FindStringSubmatch(at.Text); {
	case at.Done:
	case at.Op == db.Commit:
		l.seen = append(l.seen, ";")
	case m != nil && m[3] == "UPDATE":
		l.seen = append(l.seen, m[1]+"!")
	case m != nil:
		l.seen = append(l.seen, m[1])
	}
	return nil
}

// take returns what was locked since it was last asked, without transactions that
// locked nothing.
func (l *locks) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var said []string
	for part := range strings.SplitSeq(strings.Join(l.seen, " "), ";") {
		if part = strings.TrimSpace(part); part != "" {
			said = append(said, part)
		}
	}
	l.seen = nil
	return strings.Join(said, "; ")
}

// TestWhatIsLocked: every command locks what it rests on before it looks at it, in
// the one order, and for a change what it changes. SQLite has one writer and locks
// nothing.
func TestWhatIsLocked(t *testing.T) {
	storetest.EachHooked(t, func(t *testing.T, d *db.DB, set func(db.Hook)) {
		if d.Engine() == db.SQLite {
			return
		}
		h, l := actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), &locks{}
		set(l.hook)
		locks := func(what string, err error, reason, want string) {
			t.Helper()
			if reason != "" || err != nil {
				wantField(t, what, err, reason)
			}
			if got := l.take(); got != want {
				t.Errorf("%s locks %q, want %q", what, got, want)
			}
		}
		root := h.Confirm(h.Company(true))
		peopleLocks(t, h, l, root, locks)
		codeLocks(t, h, l, root, locks)
		endLocks(t, h, l, root, locks)
	})
}

type judged func(what string, err error, reason, want string)

// codeLocks is about orders, their codes and who holds them.
func codeLocks(t *testing.T, h *actiontest.House, l *locks, root exam.Actor, locks judged) {
	ctx, staff := context.Background(), h.Staff(exam.Results)
	sub := h.Subject()
	n, other := h.Session(sub, 48*time.Hour, 9), h.Session(sub, 72*time.Hour, 9)
	unpaid := must(h.Actions.BuyCodes(ctx, root, sub.ID, 1))(t)
	l.take()
	_, err := h.Actions.CancelOrder(ctx, root, unpaid.ID)
	locks("cancelling an order", err, "", "person orders!")
	o := must(h.Actions.BuyCodes(ctx, root, sub.ID, 4))(t)
	l.take()
	_, err = h.Actions.PayOrder(ctx, root, o.ID, "sandbox", "", "")
	locks("paying", err, "", "person orders!; orders!")
	texts, codes := h.Texts(o), []exam.CodeID{}
	for _, c := range h.Codes(o) {
		codes = append(codes, c.ID)
	}
	var regs []exam.Registration
	var people []exam.Actor
	for _, text := range texts[:3] {
		who := h.Examinee(true)
		people, regs = append(people, who), append(regs, must(h.Redeem(who, sub, text))(t))
	}
	fourth := h.Examinee(true)
	l.take()
	_, err = h.Redeem(fourth, sub, texts[0])
	locks("redeeming what is used", err, exam.ErrCodeNotUsable.Reason, "person!")
	_, err = h.Redeem(fourth, sub, texts[3])
	locks("redeeming", err, "", "person! orders code!")
	_, err = h.Actions.UnbindCodes(ctx, root, codes[3:], false)
	h.Must(err)
	l.take()
	_, err = h.Actions.RevealCode(ctx, root, codes[3])
	locks("looking at a text", err, "", "person code!")
	_, err = h.Actions.RegenerateCodes(ctx, root, codes[3:])
	locks("a new text", err, "", "person orders code!")
	_, err = h.Actions.UnbindCodes(ctx, root, codes[2:3], false)
	locks("unbinding", err, "", "person orders code! registration!")
	_, err = h.Actions.Reserve(ctx, people[0], regs[0].ID, n.ID)
	locks("reserving", err, "", "orders code! registration! session!")
	_, err = h.Actions.Reserve(ctx, people[1], regs[1].ID, n.ID)
	locks("reserving too", err, "", "orders code! registration! session!")
	_, err = h.Actions.CloseSession(ctx, staff, n.ID)
	locks("closing a session", err, "", "session!")
	h.Clock.Move(24*time.Hour + time.Minute)
	_, err = h.Actions.RemindSessions(ctx)
	locks("reminding of a session", err, "", "registration!")
	h.Clock.Set(n.Starts.Add(time.Minute))
	_, err = h.Actions.RecordResults(ctx, staff, []exam.Result{{Registration: regs[0].ID, Outcome: exam.Passed, SatAt: n.Starts}})
	locks("recording a result", err, "", "orders code! registration! session!")
	third := h.Examinee(true)
	g := must(h.Redeem(third, sub, h.Texts(o)[3]))(t)
	_ = must(h.Actions.Reserve(ctx, third, g.ID, other.ID))(t)
	l.take()
	_, err = h.Actions.CancelSession(ctx, staff, other.ID, "no power")
	locks("cancelling a session", err, "", "orders code! registration! session!")
	_, err = h.Actions.RefundOrder(ctx, root, o.ID, action.RefundRequest{})
	locks("refunding", err, "", "person orders!; orders!")
	_ = must(h.Actions.InviteMember(ctx, root, must(h.Read.Person(ctx, third.Person))(t).Email, exam.ViewCodes, "en"))(t)
	l.take()
	locks("erasing somebody who holds a code", h.Actions.ErasePerson(ctx, third, third.Person, 0), "", "invitation! person! person orders code! registration!")
	_, err = h.Actions.AskExport(ctx, root, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV})
	locks("asking for a file", err, "", "account!")
}

// peopleLocks is about people, their keys and their links.
func peopleLocks(t *testing.T, h *actiontest.House, l *locks, root exam.Actor, locks judged) {
	ctx := context.Background()
	member := h.Member(root, exam.ViewCodes)
	email := must(h.Read.Person(ctx, member.Person))(t).Email
	l.take()
	token, _, err := h.Actions.OpenSession(ctx, member.Person, "test")
	locks("signing in", err, "", "person!")
	locks("another password", h.Actions.ChangePassword(ctx, member, token, "another-horse-8"), "", "person!")
	k, _, err := h.Actions.CreateKey(ctx, member, "first")
	locks("a key", err, "", "person")
	by := member
	by.Key = k.ID
	_, _, err = h.Actions.CreateKey(ctx, by, "second")
	locks("a key by a key", err, "", "person api_key")
	locks("revoking a key", h.Actions.RevokeKey(ctx, member, k.ID), "", "person!")
	_, err = h.Actions.AddReceiver(ctx, root, exam.Receiver{Person: member.Person, Categories: []string{"orders"}})
	locks("naming a receiver", err, "", "person")
	locks("other rights", h.Actions.ChangeRights(ctx, root, member.Person, exam.AllRights, 0), "", "person! person")
	locks("asking for a new password", h.Actions.ForgotPassword(ctx, email, ""), "", "person")
	link := linkTo(t, h, email, "/password")
	l.take()
	locks("a new password by a link", h.Actions.RenewPassword(ctx, console, link, "a-third-horse-7"), "", "person!")
	i := must(h.Actions.InviteMember(ctx, root, "one@people.example", exam.ViewCodes, "en"))(t)
	_ = must(h.Actions.InviteMember(ctx, root, "two@people.example", exam.ViewCodes, "en"))(t)
	link = linkTo(t, h, "two@people.example", "/invitation")
	l.take()
	locks("revoking an invitation", h.Actions.RevokeInvitation(ctx, root, i.ID), "", "invitation! person")
	_, err = h.Actions.AcceptInvitation(ctx, console, link, "Li", actiontest.Password)
	locks("accepting an invitation", err, "", "invitation!")
}

// endLocks is about what comes with time.
func endLocks(t *testing.T, h *actiontest.House, l *locks, root exam.Actor, locks judged) {
	ctx := context.Background()
	sub := h.Subject()
	o, texts := h.Buy(root, sub, 2)
	_ = must(h.Redeem(h.Examinee(true), sub, texts[0]))(t)
	h.Clock.Set(o.Expires.Add(-time.Hour))
	l.take()
	_, err := h.Actions.RemindEnds(ctx)
	locks("reminding of an end", err, "", "orders")
	h.Clock.Set(o.Expires)
	_, err = h.Actions.SweepEnded(ctx)
	locks("writing an end down", err, "", "orders! code!; orders!; orders! code! registration!; orders!; orders!")
}

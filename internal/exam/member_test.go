package exam_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/fault"
)

// askers are everybody who could try to manage a company's people.
func askers() []struct {
	name string
	who  exam.Actor
} {
	schedule := exam.TheSchedule()
	return []struct {
		name string
		who  exam.Actor
	}{
		{"root", examtest.Root()}, {"member with all rights", examtest.Member(exam.AllRights)}, {"root of another", examtest.Stranger()},
		{"examinee", examtest.Examinee()}, {"admin", examtest.Staff(exam.Admin)}, {"schedule", schedule}, {"nobody", exam.Actor{}},
	}
}

func invitation(state exam.InvitationState) exam.Invitation {
	i := exam.Invitation{ID: 910, Account: examtest.Company, Email: "wang@xinghe.example", Rights: exam.ViewCodes | exam.BuyCodes, Lang: "en", State: state,
		By: 101, Sent: examtest.Now, Expires: examtest.Now.Add(exam.InvitedFor), Created: examtest.Now, Version: 1}
	if state == exam.InvitationAccepted {
		i.Person = 920
	}
	return i
}

func colleague(role exam.Role) exam.Person {
	return exam.Person{ID: 920, Account: examtest.Company, Email: "wang@xinghe.example", Name: "Wang", Role: role, Rights: exam.ViewCodes | exam.ManageCodes, Version: 3}
}

// TestWhoManagesPeople writes down each verb on people and invitations for
// everybody who could try it.
func TestWhoManagesPeople(t *testing.T) {
	var b strings.Builder
	now := examtest.Now.Add(time.Hour)
	line := func(what, who string, e exam.Event, err error) {
		if err != nil {
			if e.Kind != "" {
				t.Errorf("%s by %s is refused and has the event %s", what, who, e.Kind)
			}
			fmt.Fprintf(&b, "%-32s %-22s ✗ %s\n", what, who, fault.Of(err).Reason)
			return
		}
		if (e.Account != examtest.Company && what != "invite") || !e.At.Equal(now) || e.Version == 0 {
			t.Errorf("%s by %s: %+v", what, who, e)
		}
		fmt.Fprintf(&b, "%-32s %-22s → %s %v\n", what, who, e.Kind, e.Data)
	}
	for _, a := range askers() {
		_, e, err := exam.InviteMember(a.who, exam.Invitation{ID: 910, Email: "wang@xinghe.example", Rights: exam.ViewCodes, Lang: "en"}, true, now)
		line("invite", a.name, e, err)
		for _, state := range []exam.InvitationState{exam.InvitationOpen, exam.InvitationAccepted, exam.InvitationRevoked} {
			_, e, err = invitation(state).SendAgain(a.who, true, now)
			line("send again: "+string(state), a.name, e, err)
			_, e, err = invitation(state).Revoke(a.who, now)
			line("revoke: "+string(state), a.name, e, err)
		}
		for _, role := range []exam.Role{exam.Member, exam.Root} {
			_, e, err = colleague(role).ChangeRights(a.who, exam.ViewCodes|exam.BuyCodes, now)
			line("change rights of a "+string(role), a.name, e, err)
			_, e, err = colleague(role).Remove(a.who, 2, now)
			line("remove a "+string(role), a.name, e, err)
		}
	}
	golden(t, "people.golden", b.String())
}

func TestInvitingAsksForMore(t *testing.T) {
	root, in := examtest.Root(), exam.Invitation{ID: 910, Email: "a@b.example", Lang: "zh"}
	refused := func(what string, err error, reason string) {
		t.Helper()
		if err == nil || fault.Of(err).Reason != reason {
			t.Errorf("%s: %v, want %s", what, err, reason)
		}
	}
	_, _, err := exam.InviteMember(root, in, false, examtest.Now)
	refused("an unconfirmed root invites", err, "email_unconfirmed")
	_, _, err = invitation(exam.InvitationOpen).SendAgain(root, false, examtest.Now)
	refused("an unconfirmed root sends again", err, "email_unconfirmed")
	bad := in
	bad.Lang = "xx"
	_, _, err = exam.InviteMember(root, bad, true, examtest.Now)
	refused("a language nobody writes", err, "lang_unknown")
	bad = in
	bad.Rights = exam.AllRights + 1<<20
	_, _, err = exam.InviteMember(root, bad, true, examtest.Now)
	refused("a right that is none", err, "right_unknown")
	_, _, err = colleague(exam.Member).ChangeRights(root, 1<<20, examtest.Now)
	refused("a right that is none", err, "right_unknown")
	_, _, err = colleague(exam.Member).ChangeRights(root, colleague(exam.Member).Rights, examtest.Now)
	refused("the same rights", err, "rights_unchanged")
	gone := colleague(exam.Member)
	gone.Suspended = examtest.Now
	_, _, err = gone.Remove(root, 0, examtest.Now)
	refused("a removed member removed", err, "not_found")
	_, _, err = gone.ChangeRights(root, 0, examtest.Now)
	refused("rights of a removed member", err, "not_found")
	i, _, err := exam.InviteMember(root, in, true, examtest.Now)
	if err != nil || !i.Expires.Equal(examtest.Now.Add(7*24*time.Hour)) || i.Account != root.Account || i.State != exam.InvitationOpen {
		t.Errorf("%+v, %v", i, err)
	}
	late := i.Expires.Add(time.Hour)
	again, _, err := i.SendAgain(root, true, late)
	if err != nil || !again.Expires.Equal(late.Add(exam.InvitedFor)) || i.StateAt(i.Expires) != exam.InvitationExpired || again.StateAt(late) != exam.InvitationOpen {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestAcceptingAnInvitation(t *testing.T) {
	i, from := invitation(exam.InvitationOpen), exam.Actor{Channel: exam.Console, Request: "R1"}
	removed, foreign, living := colleague(exam.Member), colleague(exam.Member), colleague(exam.Member)
	removed.Suspended, removed.Name = examtest.Now, "Old name"
	foreign.Account = 300
	for _, c := range []struct {
		what   string
		i      exam.Invitation
		known  *exam.Person
		name   string
		after  time.Duration
		reason string
	}{
		{"a new person", i, nil, "Wang", 0, ""},
		{"on the last instant", i, nil, "Wang", exam.InvitedFor - 1, ""},
		{"when it has run out", i, nil, "Wang", exam.InvitedFor, "invitation_ended"},
		{"without a name", i, nil, " ", 0, "person_name_missing"},
		{"with a line break", i, nil, "A\nB", 0, "text_control"},
		{"a second time", invitation(exam.InvitationAccepted), nil, "Wang", 0, "link_used"},
		{"when it was taken back", invitation(exam.InvitationRevoked), nil, "Wang", 0, "invitation_revoked"},
		{"by somebody of another account", i, &foreign, "Wang", 0, "email_elsewhere"},
		{"by a member", i, &living, "Wang", 0, "already_member"},
		{"by a former member", i, &removed, "Wang", 0, ""},
	} {
		at := examtest.Now.Add(c.after)
		n, p, e, err := c.i.Accept(from, exam.Person{ID: 930, Name: c.name}, c.known, at)
		if c.reason != "" {
			if err == nil || fault.Of(err).Reason != c.reason || e.Kind != "" {
				t.Errorf("%s: %v, want %s", c.what, err, c.reason)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if n.State != exam.InvitationAccepted || n.Person != p.ID || n.Version != 2 || e.Kind != exam.EventMemberJoined || e.Actor != p.ID || e.Object != int64(p.ID) || e.Version != p.Version {
			t.Errorf("%s: %+v %+v", c.what, n, e)
		}
		if p.Account != examtest.Company || p.Role != exam.Member || p.Rights != i.Rights || !p.Suspended.IsZero() || !p.Confirmed.Equal(at) || p.Name != "Wang" {
			t.Errorf("%s: %+v", c.what, p)
		}
		if (c.known != nil) != (p.ID == 920 && p.Version == 4) {
			t.Errorf("%s is person %d of version %d", c.what, p.ID, p.Version)
		}
	}
}

func TestRightsHaveWords(t *testing.T) {
	for r := exam.Rights(0); r <= exam.AllRights; r++ {
		if got, err := exam.RightsNamed(r.Names()); err != nil || got != r {
			t.Errorf("%b reads back as %b, %v", r, got, err)
		}
	}
	for _, bad := range []string{"", "View", "all", "view "} {
		if _, err := exam.RightsNamed([]string{"view", bad}); err == nil || fault.Of(err).Reason != "right_unknown" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLinksEnd(t *testing.T) {
	end := examtest.Now.Add(exam.PasswordLinkFor)
	for _, c := range []struct {
		state exam.TicketState
		at    time.Time
		want  string
	}{{exam.TicketOpen, end.Add(-1), ""}, {exam.TicketOpen, end, "link_ended"}, {exam.TicketUsed, end, "link_used"}, {exam.TicketReplaced, examtest.Now, "link_replaced"}} {
		err := (exam.Ticket{State: c.state, Expires: end}).Open(c.at)
		if got := fault.Of(err); (got == nil) != (c.want == "") || got != nil && got.Reason != c.want {
			t.Errorf("%s at %v: %v, want %q", c.state, c.at, err, c.want)
		}
	}
	p := colleague(exam.Member)
	n, e, err := p.NewPassword(exam.Actor{Channel: exam.Console}, examtest.Now)
	if err != nil || n.Confirmed.IsZero() || e.Actor != p.ID || e.Version != 4 {
		t.Errorf("%+v %+v %v", n, e, err)
	}
	if _, _, again, err := n.ConfirmEmail(exam.Actor{}, examtest.Now); again || err != nil {
		t.Errorf("confirmed twice: %v %v", again, err)
	}
	p.Suspended = examtest.Now
	if _, _, err := p.NewPassword(exam.Actor{}, examtest.Now); err == nil {
		t.Error("a removed person gets a new password")
	}
	if _, _, _, err := p.ConfirmEmail(exam.Actor{}, examtest.Now); err == nil {
		t.Error("a removed person confirms")
	}
}

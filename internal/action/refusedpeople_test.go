package action_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
)

var command = exam.Actor{Channel: exam.Command}

// suspend writes down that somebody is suspended and ends nothing of theirs, so
// that whoever looks at them has to see it.
func suspend(h *actiontest.House, who exam.Actor) {
	h.T.Helper()
	h.Must(h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Person(ctx, who.Person)
		if err != nil {
			return err
		}
		p.Suspended, p.Version = h.Clock.Now(), p.Version+1
		return tx.SavePerson(ctx, p, exam.Event{Kind: exam.EventMemberRemoved, Object: int64(p.ID), Version: p.Version, At: h.Clock.Now(), Account: p.Account, Channel: exam.Command})
	}))
}

// TestWhoMayAddPeople: the command line, and an account's root to their own.
func TestWhoMayAddPeople(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, other, admin := h.Company(true), h.Company(false), h.Staff(exam.Admin)
		member, examinee := h.Member(root, exam.AllRights), h.Examinee(false)
		for _, c := range []struct {
			what    string
			who     exam.Actor
			account exam.AccountID
			name    string
			role    exam.Role
			reason  string
		}{
			{"another company's root", other, root.Account, "Li", exam.Member, "not_allowed"},
			{"a member", member, root.Account, "Li", exam.Member, "not_allowed"},
			{"an individual's account", command, examinee.Account, "Li", exam.Member, "not_allowed"},
			{"a staff role in a company", command, root.Account, "Li", exam.Review, "role_unknown"},
			{"a member of the programme", command, admin.Account, "Li", exam.Member, "role_unknown"},
			{"without a name", root, root.Account, "", exam.Member, "person_name_missing"},
			{"a name of many lines", root, root.Account, "a\nb", exam.Member, "text_control"},
			{"a name nobody could write to", root, root.Account, strings.Repeat("a", 121), exam.Member, "text_too_long"},
			{"as it should be", root, root.Account, "Li", exam.Member, ""},
		} {
			_, err := h.Actions.AddPerson(ctx, c.who, c.account, exam.Person{Name: c.name, Email: "new@people.example", Role: c.role}, actiontest.Password)
			wantField(t, c.what, err, c.reason)
		}
		_, err := h.Actions.OpenProgramme(ctx, console, "Programme", exam.Person{Name: "Li", Email: "first@people.example", Role: exam.Admin}, actiontest.Password)
		want(t, "a programme of one's own", err, "not_allowed")
		wantField(t, "a language nobody wrote", h.Actions.ChangeSettings(ctx, root, "fr", "auto"), "lang_unknown")
	})
}

// wantField is want, for a refusal that may stand on a field.
func wantField(t *testing.T, what string, err error, reason string) {
	t.Helper()
	if f := fault.Of(err); f != nil && len(f.Fields) == 1 {
		if f.Fields[0].Reason != reason {
			t.Errorf("%s: %v, want %q", what, f.Fields, reason)
		}
		return
	}
	want(t, what, err, reason)
}

// TestTheSuspendedDoNothing: neither by what they hold already nor by what they
// would be given.
func TestTheSuspendedDoNothing(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Company(true)
		who := h.Member(root, exam.AllRights)
		email := must(h.Read.Person(ctx, who.Person))(t).Email
		token, _, err := h.Actions.OpenSession(ctx, who.Person, "test")
		h.Must(err)
		_, key, err := h.Actions.CreateKey(ctx, who, "sync")
		h.Must(err)
		h.Must(h.Actions.ForgotPassword(ctx, email, ""))
		link := linkTo(t, h, email, "/password")
		_ = must(h.Actions.PasswordLink(ctx, link))(t)
		suspend(h, who)
		_, err = h.Actions.BySession(ctx, token)
		want(t, "a session", err, "suspended")
		_, err = h.Actions.ByKey(ctx, key)
		want(t, "a key", err, "suspended")
		_, _, err = h.Actions.OpenSession(ctx, who.Person, "test")
		want(t, "a new session", err, "suspended")
		_, err = h.Actions.PasswordLink(ctx, link)
		want(t, "a link", err, "suspended")
		want(t, "a new password by it", h.Actions.RenewPassword(ctx, console, link, "another-horse-8"), "suspended")
		_, _, err = h.Actions.CreateKey(ctx, who, "more")
		want(t, "a new key", err, "not_signed_in")
	})
}

// TestConfirmingAPassword: by the session's own person, and with the password.
func TestConfirmingAPassword(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		who, other := h.Examinee(false), h.Examinee(false)
		token, _, err := h.Actions.OpenSession(ctx, who.Person, "test")
		h.Must(err)
		for _, c := range []struct {
			what            string
			who             exam.Actor
			token, password string
			reason          string
		}{
			{"nobody", exam.Actor{}, token, actiontest.Password, "not_signed_in"},
			{"nobody without a session", exam.Actor{}, "exs_none", actiontest.Password, "not_signed_in"},
			{"somebody else's session", other, token, actiontest.Password, "not_signed_in"},
			{"another password", who, token, "wrong", "wrong_password"},
			{"as it should be", who, token, actiontest.Password, ""},
		} {
			_, err := h.Actions.ConfirmPassword(ctx, c.who, c.token, c.password, "")
			want(t, c.what, err, c.reason)
		}
	})
}

// TestAKeyMadeByARevokedKey is no key.
func TestAKeyMadeByARevokedKey(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		with := h.Company(true)
		k, _, err := h.Actions.CreateKey(ctx, with, "first")
		h.Must(err)
		with.Key = k.ID
		_, _, err = h.Actions.CreateKey(ctx, with, "second")
		want(t, "while it lives", err, "")
		h.Must(h.Actions.RevokeKey(ctx, h.Who(with.Person), k.ID))
		_, _, err = h.Actions.CreateKey(ctx, with, "third")
		want(t, "after it ended", err, "key_unknown")
	})
}

// TestWhoMayEraseWhom: oneself, as one was looked at, and staff anybody.
func TestWhoMayEraseWhom(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		who, other := h.Examinee(false), h.Examinee(false)
		version := must(h.Read.Person(ctx, who.Person))(t).Version
		_, err := h.Actions.Erasing(ctx, exam.Actor{}, who.Person)
		want(t, "looked at by nobody", err, "not_signed_in")
		_, err = h.Actions.Erasing(ctx, other, who.Person)
		want(t, "looked at by another", err, "not_found")
		want(t, "by another", h.Actions.ErasePerson(ctx, other, who.Person, 0), "not_found")
		want(t, "as they are not", h.Actions.ErasePerson(ctx, who, who.Person, version+1), "changed_meanwhile")
		want(t, "as they are", h.Actions.ErasePerson(ctx, who, who.Person, version), "")
	})
}

// TestMembersAreChangedAsSeen, and nobody is invited to where they are.
func TestMembersAreChangedAsSeen(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root := h.Confirm(h.Company(true))
		member := h.Member(root, exam.ViewCodes)
		p := must(h.Read.Person(ctx, member.Person))(t)
		_, err := h.Actions.InviteMember(ctx, root, p.Email, exam.ViewCodes, "en")
		want(t, "inviting a member", err, "already_member")
		want(t, "rights as they are not", h.Actions.ChangeRights(ctx, root, p.ID, exam.AllRights, p.Version+1), "changed_meanwhile")
		want(t, "removed as they are not", h.Actions.RemoveMember(ctx, root, p.ID, p.Version+1), "changed_meanwhile")
		h.Must(h.Actions.RemoveMember(ctx, root, p.ID, p.Version))
		_, err = h.Actions.InviteMember(ctx, root, p.Email, exam.ViewCodes, "en")
		want(t, "inviting who was removed", err, "")
		token := linkTo(t, h, p.Email, "/invitation")
		_, err = h.Actions.AcceptInvitation(ctx, console, token, "", actiontest.Password)
		wantField(t, "accepting without a name", err, "person_name_missing")
		if _, err = h.Actions.AcceptInvitation(ctx, console, token, "", "short"); err == nil || len(fault.Of(err).Fields) != 2 {
			t.Errorf("without a name and a password both are told: %v", err)
		}
		want(t, "confirming twice", h.Actions.SendConfirmation(ctx, root), "email_confirmed")
	})
}

// TestReceiversAreChangedAsSeen, and nobody of another company is told.
func TestReceiversAreChangedAsSeen(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, other := h.Company(true), h.Company(true)
		told := exam.Receiver{Person: h.Member(root, exam.ViewCodes).Person, Categories: []string{"orders"}}
		v := must(h.Actions.AddReceiver(ctx, root, told))(t)
		_, err := h.Actions.AddReceiver(ctx, other, told)
		wantField(t, "another company's member", err, "receiver_stranger")
		_, err = h.Actions.RemoveReceiver(ctx, root, v.ID, v.Version+1)
		want(t, "as they are not", err, "changed_meanwhile")
		_, err = h.Actions.RemoveReceiver(ctx, root, v.ID, v.Version)
		want(t, "as they are", err, "")
	})
}

// TestLongSessionsEnd, however often they are used.
func TestLongSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		token, _, err := h.Actions.OpenSession(ctx, h.Examinee(false).Person, "test")
		h.Must(err)
		for range int(action.SessionAge / (6 * time.Hour)) {
			h.Clock.Move(6 * time.Hour)
			_, err = h.Actions.BySession(ctx, token)
			want(t, "in use", err, "")
		}
		h.Clock.Move(time.Second)
		_, err = h.Actions.BySession(ctx, token)
		want(t, "after two weeks", err, "not_signed_in")
	})
}

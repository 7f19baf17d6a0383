package action_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// TestS21_EveryRefusalOfARedemption leaves everything as it was.
func TestS21_EveryRefusalOfARedemption(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub, other := h.Company(true), h.Subject(), h.Subject(func(s *exam.Subject) { s.ExamTypes = []exam.ExamType{exam.TestCenter} })
		holder, stranger := h.Examinee(true), h.Examinee(true)
		order, texts := h.Buy(root, sub, 3)
		centre, centreTexts := h.Buy(root, other, 1)
		must(h.Redeem(holder, sub, texts[0]))(t)
		mistyped := []byte(texts[1])
		mistyped[0] = map[bool]byte{true: 'Z', false: 'Y'}[mistyped[0] != 'Z']
		for _, c := range []struct {
			what   string
			who    exam.Actor
			in     action.Redemption
			reason string
		}{
			{"mistyped", stranger, action.Redemption{Subject: sub.ID, Text: string(mistyped), ExamType: exam.Online}, "code_mistyped"},
			{"empty", stranger, action.Redemption{Subject: sub.ID, ExamType: exam.Online}, "code_mistyped"},
			{"another subject", stranger, action.Redemption{Subject: other.ID, Text: texts[1], ExamType: exam.TestCenter}, "subject_mismatch"},
			{"no such subject", stranger, action.Redemption{Subject: 1, Text: texts[1], ExamType: exam.Online}, "subject_unknown"},
			{"used, by its holder", holder, action.Redemption{Subject: sub.ID, Text: texts[0], ExamType: exam.Online}, "code_not_unused"},
			{"used, by a stranger", stranger, action.Redemption{Subject: sub.ID, Text: texts[0], ExamType: exam.Online}, "code_not_usable"},
			{"a second one", holder, action.Redemption{Subject: sub.ID, Text: texts[1], ExamType: exam.Online}, "already_registered"},
			{"a type the subject has not", stranger, action.Redemption{Subject: other.ID, Text: centreTexts[0], ExamType: exam.Online}, "exam_type_unknown"},
			{"unverified", h.Examinee(false), action.Redemption{Subject: sub.ID, Text: texts[1], ExamType: exam.Online}, "account_not_verified"},
			{"a company", root, action.Redemption{Subject: sub.ID, Text: texts[1], ExamType: exam.Online}, "not_individual"},
		} {
			_, err := h.Actions.RedeemCode(ctx, c.who, c.in)
			want(t, c.what, err, c.reason)
		}
		h.Clock.Set(order.Expires)
		_, err := h.Redeem(stranger, sub, texts[1])
		want(t, "after the end", err, "code_not_usable")
		counts := must(h.Read.CodeCounts(ctx, root.Account, store.CodeFilter{Order: order.ID}, order.Expires.Add(-1)))(t)
		if counts["unused"] != 2 || counts["bound"] != 1 {
			t.Errorf("refusals changed codes: %v", counts)
		}
		_ = centre
	})
}

// TestGuessingIsLimited per person; waiting helps, and so does a right text less.
func TestGuessingIsLimited(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		root, sub, who := h.Company(true), h.Subject(), h.Examinee(true)
		_, texts := h.Buy(root, sub, 2)
		must(h.Redeem(h.Examinee(true), sub, texts[0]))(t)
		for range 10 {
			_, err := h.Redeem(who, sub, texts[0])
			want(t, "within the limit", err, "code_not_usable")
		}
		_, err := h.Redeem(who, sub, texts[1])
		want(t, "past the limit, even with a good text", err, "too_many_tries")
		h.Clock.Move(6 * time.Minute)
		must(h.Redeem(who, sub, texts[1]))(t)
	})
}

// TestOneNetworkIsNotBlockedByItsUsedCodes: only texts nobody has are held
// against a network, so that a classroom full of mistakes blocks no good code.
func TestOneNetworkIsNotBlockedByItsUsedCodes(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		_, texts := h.Buy(root, sub, 2)
		must(h.Redeem(h.Examinee(true), sub, texts[0]))(t)
		enter := func(who exam.Actor, text string) error {
			_, err := h.Actions.RedeemCode(ctx, who, action.Redemption{Subject: sub.ID, Text: text, ExamType: exam.Online, Network: "192.0.2.0/24"})
			return err
		}
		people := []exam.Actor{h.Examinee(true), h.Examinee(true), h.Examinee(true), h.Examinee(true), h.Examinee(true)}
		for _, who := range people[:4] {
			for range 8 {
				want(t, "a used text", enter(who, texts[0]), "code_not_usable")
			}
		}
		want(t, "a good text after 32 used ones", enter(people[4], texts[1]), "")
		h.Clock.Move(time.Hour)
		for n := range 31 {
			text, err := codetext.New(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			reason := "code_not_usable"
			if n == 30 {
				reason = "too_many_tries"
			}
			want(t, "an unknown text", enter(people[n%4], text.Reveal()), reason)
		}
	})
}

// TestSignIn: the right pair opens a session; tries are limited; what is over is over.
func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		who := h.Examinee(false)
		p := must(h.Read.Person(ctx, who.Person))(t)
		token, a, err := h.Actions.SignIn(ctx, " "+p.Email+" ", actiontest.Password, "10.0.0.0/24", "test")
		if err != nil || a.Person != who.Person {
			t.Fatal(a, err)
		}
		i := must(h.Actions.BySession(ctx, token))(t)
		if i.Actor.Person != who.Person {
			t.Fatalf("%+v", i.Actor)
		}
		for range 10 {
			_, _, err = h.Actions.SignIn(ctx, p.Email, "wrong", "10.0.0.0/24", "test")
			want(t, "wrong password", err, "wrong_password")
		}
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "10.0.0.0/24", "test")
		want(t, "right password past the limit", err, "too_many_tries")
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "10.0.1.0/24", "test")
		want(t, "the person elsewhere, whom nobody locks out", err, "")
		limited := "signin:" + base64.RawURLEncoding.EncodeToString(h.Vault.Sign("limit", []byte("signin:"+p.Email))[:16])
		if err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			for range 190 { // as if from everywhere
				if ok, err := tx.TakeTry(ctx, limited, store.Limit{Burst: 200, Per: 30 * time.Second}, h.Clock.Now()); !ok || err != nil {
					t.Fatal(ok, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		_, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "10.0.2.0/24", "test")
		want(t, "tries from everywhere have an end as well", err, "too_many_tries")
		_, _, err = h.Actions.SignIn(ctx, "nobody@people.example", "wrong", "10.0.0.0/24", "test")
		want(t, "nobody's e-mail", err, "wrong_password")
		h.Clock.Move(action.SessionIdle + time.Second)
		_, err = h.Actions.BySession(ctx, token)
		want(t, "an idle session", err, "not_signed_in")
		token, _, err = h.Actions.SignIn(ctx, p.Email, actiontest.Password, "10.0.0.0/24", "test")
		want(t, "after waiting", err, "")
		if err := h.Actions.SignOut(ctx, token); err != nil {
			t.Fatal(err)
		}
		_, err = h.Actions.BySession(ctx, token)
		want(t, "a session that was ended", err, "not_signed_in")
	})
}

// TestKeys: shown once, work until revoked.
func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		who := h.Company(true)
		k, clear, err := h.Actions.CreateKey(ctx, who, "HR sync")
		if err != nil {
			t.Fatal(err)
		}
		i := must(h.Actions.ByKey(ctx, clear))(t)
		if i.Actor.Person != who.Person || i.Actor.Channel != exam.API || i.KeyName != "HR sync" {
			t.Errorf("%+v", i.Actor)
		}
		want(t, "somebody else's key", h.Actions.RevokeKey(ctx, h.Company(true), k.ID), "not_found")
		want(t, "revoke", h.Actions.RevokeKey(ctx, who, k.ID), "")
		_, err = h.Actions.ByKey(ctx, clear)
		want(t, "a revoked key", err, "key_unknown")
	})
}

// TestNothingTellsFreeOfChargeWhetherATextLives: what is wrong besides the text
// is answered alike for texts that live and texts that do not.
func TestNothingTellsFreeOfChargeWhetherATextLives(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, who := h.Company(true), h.Examinee(true)
		sub := h.Subject(func(s *exam.Subject) { s.ExamTypes = []exam.ExamType{exam.Online} })
		_, texts := h.Buy(root, sub, 2)
		unknown := must(codetext.New(rand.Reader))(t).Reveal()
		for what, text := range map[string]string{"a living text": texts[0], "an unknown one": unknown} {
			_, err := h.Actions.RedeemCode(ctx, who, action.Redemption{Subject: sub.ID, Text: text, ExamType: exam.TestCenter})
			want(t, what+" with a type that is not offered", err, "exam_type_unknown")
		}
		must(h.Redeem(who, sub, texts[0]))(t)
		for what, text := range map[string]string{"a living text": texts[1], "an unknown one": unknown} {
			_, err := h.Redeem(who, sub, text)
			want(t, what+" by somebody registered", err, "already_registered")
		}
	})
}

// TestSignUpsAreLimited also when they are refused, since a refusal tells which
// e-mails exist.
func TestSignUpsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		taken := must(h.Read.Person(ctx, h.Examinee(false).Person))(t)
		for n := range 31 {
			_, err := h.Actions.SignUp(ctx, exam.Actor{Channel: exam.Console}, action.SignUp{Kind: exam.Individual, Name: "Copy", Email: taken.Email, Password: "short"}, "192.0.2.0/24")
			reason := "password_short"
			if n == 30 {
				reason = "too_many_tries"
			}
			want(t, "sign-up", err, reason)
		}
	})
}

// TestNamesAreOneLineThatCanBeSeen.
func TestNamesAreOneLineThatCanBeSeen(t *testing.T) {
	for name, ok := range map[string]bool{"李娜": true, "O'Neil-Smith, Jr.": true, "می\u200cخواهم": true, "": true, "𠮷田 翔": true,
		"two\nlines": false, "a\u2028b": false, "\u200b": false, "\u202egnp.exe": false, "see https://evil.example": false, "   ": false} {
		if err := exam.CheckLine(name, 120); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestPendingOrdersAreCapped.
func TestPendingOrdersAreCapped(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		root, sub := h.Company(true), h.Subject()
		for n := range exam.MaxPending + 1 {
			_, err := h.Actions.BuyCodes(ctx, root, sub.ID, 1)
			reason := ""
			if n == exam.MaxPending {
				reason = "too_many_pending"
			}
			want(t, "order", err, reason)
		}
	})
}

// TestSessionsStartWithinReason: years no date can be written in are refused.
func TestSessionsStartWithinReason(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		sub := h.Subject()
		_, err := h.Actions.AddSession(context.Background(), h.Admin, exam.Session{Subject: sub.ID, ExamType: exam.Online, Duration: time.Hour, Zone: "UTC", Seats: 1,
			Starts: time.Date(9999, 12, 31, 23, 59, 0, 0, time.FixedZone("", -14*3600))})
		want(t, "year 10000", err, "start_too_far")
	})
}

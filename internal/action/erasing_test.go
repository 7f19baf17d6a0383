package action_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

func refusesWith(t *testing.T, what string, err, want error) {
	t.Helper()
	if fault.Of(err).Reason != fault.Of(want).Reason {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// An examinee with a seat is refused; one with a bound code gives it back, and
// the company can give it to somebody else.
func TestErasingAnExaminee(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root, sub := h.Company(true), h.Subject()
		order, texts := h.Buy(root, sub, 1)
		session := h.Session(sub, 100*time.Hour, 2)
		lina, reviewer := h.Examinee(true), h.Staff(exam.Review)
		g, err := h.Redeem(lina, sub, texts[0])
		h.Must(err)
		_, err = h.Actions.Reserve(ctx, lina, g.ID, session.ID)
		h.Must(err)
		refusesWith(t, "with a seat", h.Actions.ErasePerson(ctx, lina, lina.Person, 0), exam.ErrEraseReserved)
		refusesWith(t, "by a stranger", h.Actions.ErasePerson(ctx, root, lina.Person, 0), fault.ErrNotFound)
		refusesWith(t, "by other staff", h.Actions.ErasePerson(ctx, h.Staff(exam.Money), lina.Person, 0), exam.ErrNotAllowed)
		_, err = h.Actions.CancelReservation(ctx, lina, g.ID)
		h.Must(err)
		e, err := h.Actions.Erasing(ctx, reviewer, lina.Person)
		h.Must(err)
		if e.Refused != nil || e.Affairs.Bound != 1 || e.Affairs.Notices < 3 {
			t.Errorf("the erasing would be %+v, %v", e.Affairs, e.Refused)
		}
		refusesWith(t, "changed meanwhile", h.Actions.ErasePerson(ctx, reviewer, lina.Person, e.Person.Version+1), exam.ErrChangedMeanwhile)
		h.Must(h.Actions.ErasePerson(ctx, reviewer, lina.Person, e.Person.Version))
		refusesWith(t, "again", h.Actions.ErasePerson(ctx, reviewer, lina.Person, 0), exam.ErrErased)
		if c := h.Codes(order)[0]; c.State != exam.Unused || c.HolderName != "" {
			t.Errorf("the code is %s, held by %q", c.State, c.HolderName)
		}
		if _, err := h.Redeem(lina, sub, texts[0]); !errors.Is(err, exam.ErrNotSignedIn) {
			t.Errorf("somebody erased redeems: %v", err)
		}
		_, err = h.Redeem(h.Examinee(true), sub, texts[0])
		h.Must(err)
	})
}

// The only root of a company with money open is refused until it is settled;
// staff are erased by an administrator alone.
func TestErasingCompanyPeopleAndStaff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root, sub := h.Company(true), h.Subject()
		h.Buy(root, sub, 2)
		open, err := h.Actions.BuyCodes(ctx, root, sub.ID, 1)
		h.Must(err)
		_, err = h.Actions.PayOrder(ctx, root, open.ID, "sandbox", "late", "")
		h.Must(err)
		refusesWith(t, "with a payment open", h.Actions.ErasePerson(ctx, root, root.Person, 0), exam.ErrEraseMoney)
		member := h.Member(root, exam.ViewCodes)
		h.Must(h.Actions.ErasePerson(ctx, member, member.Person, 0))
		h.Clock.Move(time.Hour)
		h.Must(h.Actions.AskOpenPayments(ctx, 5*time.Second))
		h.Must(h.Actions.ErasePerson(ctx, root, root.Person, 0))

		admin, money := h.Staff(exam.Admin), h.Staff(exam.Money)
		refusesWith(t, "staff themselves", h.Actions.ErasePerson(ctx, money, money.Person, 0), exam.ErrEraseByAdmin)
		refusesWith(t, "the administrator", h.Actions.ErasePerson(ctx, admin, admin.Person, 0), exam.ErrEraseByAdmin)
		h.Must(h.Actions.ErasePerson(ctx, admin, money.Person, 0))
	})
}

// A new account under the address of somebody erased is somebody else's.
func TestAnErasedAddressIsFree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		in := action.SignUp{Kind: exam.Individual, Name: "Ada", Email: "ada@people.example"}
		first := h.Join(in)
		h.Must(h.Actions.ErasePerson(ctx, first, first.Person, 0))
		if second := h.Join(in); second.Person == first.Person || second.Account == first.Account {
			t.Errorf("%v came back as the one who was erased", second.Person)
		}
		h.Must(h.Actions.ForgotPassword(ctx, "ada@people.example", ""))
	})
}

// Documents go some time after the decision, addresses of invitations that came
// to nothing later; what is fresh stays.
func TestNothingIsKeptPastItsPeriod(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := actiontest.New(t, s), context.Background()
		root := h.Confirm(h.Company(true))
		_, err := h.Actions.InviteMember(ctx, root, "late@people.example", exam.ViewCodes, "en")
		h.Must(err)
		sent := func() (document exam.BlobID, email string) {
			v, err := h.Read.VerificationsOf(ctx, root.Account)
			h.Must(err)
			i, err := h.Read.Invitations(ctx, root.Account, "", store.Page{Limit: 1})
			h.Must(err)
			return v[0].Document, i.Items[0].Email
		}
		short := h.Service(func(c *action.Config) { c.DocumentsKept = 10 * 24 * time.Hour })
		h.Clock.Move(9 * 24 * time.Hour)
		h.Must(short.Tidy(ctx))
		if doc, email := sent(); doc == 0 || email != "late@people.example" {
			t.Fatalf("too early: document %v, invitation of %s", doc, email)
		}
		h.Clock.Move(2 * 24 * time.Hour)
		h.Must(short.Tidy(ctx))
		if doc, email := sent(); doc != 0 || email != "late@people.example" {
			t.Fatalf("document %v, invitation of %s", doc, email)
		}
		h.Clock.Move(200 * 24 * time.Hour)
		h.Must(h.Actions.Tidy(ctx))
		if _, email := sent(); email == "late@people.example" {
			t.Error("the address of an invitation that nobody accepted is kept")
		}
	})
}

package store_test

import (
	"context"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// TestS26_NamesAreFoundHoweverTheyAreTyped: parts, any case, any width, Chinese;
// the signs of LIKE are letters like all others.
func TestS26_NamesAreFoundHoweverTheyAreTyped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		names := []string{"李娜", "ZOË Adler", "Ｗａｎｇ Fang", "100%_sure!"}
		_, texts := h.Buy(root, sub, len(names))
		for i, name := range names {
			p, err := h.Actions.SignUp(ctx, exam.Actor{Channel: exam.Command}, action.SignUp{Kind: exam.Individual, Name: name, Email: string(rune('a'+i)) + "@people.example", Password: actiontest.Password}, "")
			if err != nil {
				t.Fatal(err)
			}
			v, err := h.Actions.SubmitVerification(ctx, h.Who(p.ID), exam.Verification{LegalName: name, DocumentKind: "passport", DocumentNumber: "P1234567"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Actions.ApproveVerification(ctx, h.Admin, v.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Redeem(h.Who(p.ID), sub, texts[i]); err != nil {
				t.Fatal(err)
			}
		}
		for asked, want := range map[string]string{"娜": names[0], "zoë": names[1], "ADLER": names[1], "wang f": names[2], "０%_S": names[3], "e!": names[3], "%": names[3], "nobody": ""} {
			rows, err := h.Read.Examinees(ctx, root.Account, store.ExamineeFilter{Name: asked}, h.Clock.Now(), store.Page{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, g := range rows.Items {
				got += g.Name
			}
			if got != want {
				t.Errorf("%q finds %q, want %q", asked, got, want)
			}
		}
	})
}

// TestS6_UsedIsBoundReservedAndCompleted, and a bound code of an ended order is
// expired, not used.
func TestS6_UsedIsBoundReservedAndCompleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		ctx, root, sub := context.Background(), h.Company(true), h.Subject()
		order, texts := h.Buy(root, sub, 4)
		seat := h.Session(sub, 72*time.Hour, 5)
		for i := range 3 {
			who := h.Examinee(true)
			g, err := h.Redeem(who, sub, texts[i])
			if err == nil && i > 0 {
				_, err = h.Actions.Reserve(ctx, who, g.ID, seat.ID)
			}
			if err == nil && i > 1 {
				h.Clock.Set(seat.Ends())
				_, err = h.Actions.RecordResults(ctx, h.Admin, []exam.Result{{Registration: g.ID, Outcome: exam.Passed}})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for at, want := range map[time.Time]int{h.Clock.Now(): 3, order.Expires: 2} {
			rows, err := h.Read.Codes(ctx, root.Account, store.CodeFilter{Used: true}, at, store.Page{})
			if err != nil || len(rows.Items) != want {
				t.Errorf("at %v: %d used, want %d, %v", at, len(rows.Items), want, err)
			}
		}
	})
}

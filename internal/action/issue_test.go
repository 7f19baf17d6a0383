package action_test

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// inParts is a service that issues so many codes at a time.
func inParts(h *actiontest.House, most int, random io.Reader) *action.Service {
	return h.Service(func(c *action.Config) { c.IssuePart, c.Random = most, random })
}

// pay buys codes and pays for them, no more.
func pays(h *actiontest.House, s *action.Service, root exam.Actor, sub exam.Subject, n int) exam.Order {
	h.T.Helper()
	ctx := context.Background()
	o, err := s.BuyCodes(ctx, root, sub.ID, n)
	h.Must(err)
	_, err = s.PayOrder(ctx, root, o.ID, "sandbox", "", "")
	h.Must(err)
	return at(h, o)
}

// at is an order as it is stored now.
func at(h *actiontest.House, o exam.Order) exam.Order {
	h.T.Helper()
	o, err := h.Read.AnyOrder(context.Background(), o.ID)
	h.Must(err)
	return o
}

// TestS4_ALargeOrderIsIssuedInParts: the first codes come with the payment, the rest
// is owed and follows; what is about all codes of the order waits for the last.
func TestS4_ALargeOrderIsIssuedInParts(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		s := inParts(h, 3, rand.Reader)
		root, sub := h.Company(true), h.Subject()
		o := pays(h, s, root, sub, 10)
		if o.State != exam.Paid || o.Issued != 3 || len(h.Codes(o)) != 3 {
			t.Fatalf("%+v, %d codes", o, len(h.Codes(o)))
		}
		stock, err := h.Read.CodeCounts(ctx, root.Account, store.CodeFilter{Order: o.ID}, h.Clock.Now())
		if err != nil || stock["unused"] != 3 || len(stock) != 1 {
			t.Errorf("its codes are counted as %v, %v", stock, err)
		}
		_, _, _, refusal, err := s.PlanRefund(ctx, root, o.ID, nil)
		if h.Must(err); refusal == nil {
			t.Error("a part can be refunded as if it were all")
		}
		_, err = s.RefundOrder(ctx, root, o.ID, action.RefundRequest{})
		want(t, "a refund", err, "order_being_issued")
		list := action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV, Lang: "en"}
		for _, f := range []store.CodeFilter{{Order: o.ID}, {Number: o.Number}} {
			list.Filter.Codes = f
			_, err = s.AskExport(ctx, root, list)
			want(t, "a file of its codes", err, "order_being_issued")
		}
		list.Filter.Codes = store.CodeFilter{Subject: sub.ID}
		if _, err = s.AskExport(ctx, root, list); err != nil {
			t.Errorf("a file of the subject's codes: %v", err)
		}
		who, first := h.Examinee(true), h.Codes(o)[0]
		if _, err := h.Redeem(who, sub, h.Texts(o)[0]); err != nil {
			t.Errorf("a code that is there: %v", err)
		}
		var owed exam.OwedID
		for _, w := range h.Queue.Owed() {
			if p, err := s.Promise(ctx, w); err == nil && p.Channel == exam.ByIssue && p.Target == int64(o.ID) {
				owed = w
			}
		}
		for range 2 { // once more changes nothing
			h.Must(s.Settle(ctx, owed))
		}
		whole(h, o)
		if p, err := s.Promise(ctx, owed); err != nil || p.State != exam.OwedSent {
			t.Errorf("its promise: %+v, %v", p, err)
		}
		if c, err := h.Read.Code(ctx, root.Account, first.ID); err != nil || c.State != exam.Bound {
			t.Errorf("a code that was used meanwhile: %+v, %v", c.Code, err)
		}
		if n := at(h, o); n.Version != o.Version || len(kinds(t, h, int64(o.ID))) != int(o.Version) {
			t.Errorf("version %d became %d with events %v", o.Version, n.Version, kinds(t, h, int64(o.ID)))
		}
		f, err := s.RefundOrder(ctx, root, o.ID, action.RefundRequest{})
		if err != nil || f.Count != 9 {
			t.Errorf("a refund of what is left: %+v, %v", f, err)
		}
	})
}

// whole looks at an order that must have all its codes: their ids are its block
// and their prices its total.
func whole(h *actiontest.House, o exam.Order) {
	h.T.Helper()
	o = at(h, o)
	ids := make([]exam.CodeID, o.Quantity+2)
	for i := range ids {
		ids[i] = o.FirstCode + exam.CodeID(i) - 1
	}
	codes, err := h.Read.CodesByID(context.Background(), o.Account, ids...)
	h.Must(err)
	var sum money.Amount
	for i, c := range codes {
		if c.Order != o.ID || c.ID != o.FirstCode+exam.CodeID(i) {
			h.T.Errorf("place %d of %s is %s of %s", i, o.ID, c.ID, c.Order)
		}
		sum.Currency = c.PricePaid.Currency
		sum = sum.Plus(c.PricePaid)
	}
	if len(codes) != o.Quantity || o.Issued != o.Quantity || sum != o.Total {
		h.T.Errorf("%d codes for %s, %d bought, %d counted, for %s", len(codes), sum, o.Quantity, o.Issued, o.Total)
	}
}

// between is chance that is asked for while codes are made: whenever the order has
// more codes than before it lets something be done.
type between struct {
	issued func() int
	do     func(issued int)
	last   int
}

func (b *between) Read(p []byte) (int, error) {
	if b.do != nil {
		if n := b.issued(); n != b.last {
			b.last = n
			b.do(n)
		}
	}
	return rand.Read(p)
}

// TestRedeemingGoesOnWhileCodesAreIssued: between any two parts of an order's codes
// redemptions begin and end, of another order and of the newest code of the same.
func TestRedeemingGoesOnWhileCodesAreIssued(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		const parts, part = 6, 4
		root, sub := h.Company(true), h.Subject()
		_, texts := h.Buy(root, sub, parts)
		chance := &between{}
		s := inParts(h, part, chance)
		o := pays(h, s, root, sub, parts*part)
		var seen []int
		chance.issued = func() int { return at(h, o).Issued }
		chance.do = func(issued int) {
			seen = append(seen, issued)
			for _, text := range []string{texts[len(seen)], h.Texts(o)[0]} {
				if _, err := h.Redeem(h.Open(exam.Individual, exam.Verified, "UTC"), sub, text); err != nil {
					t.Errorf("after %d codes: %v", issued, err)
				}
			}
			if now := at(h, o).Issued; now != issued {
				t.Errorf("%d codes came while nobody wrote", now-issued)
			}
		}
		h.Must(s.IssueCodes(context.Background(), o.ID))
		if !slices.Equal(seen, []int{4, 8, 12, 16, 20}) {
			t.Errorf("redemptions after %v of %d codes", seen, o.Quantity)
		}
		whole(h, o)
	})
}

// TestTwoReplicasIssueAnOrderOnce: whoever issues, at one moment, by turns, and on
// replicas that number their ids otherwise, each code comes once.
func TestTwoReplicasIssueAnOrderOnce(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		second := actiontest.NewWith(t, store.New(d, id.NewSource(1, time.Now)), h.Vault)
		root, sub := h.Company(true), h.Subject(func(s *exam.Subject) { s.Price.Minor = 99_97 })
		services := []*action.Service{inParts(h, 3, rand.Reader), inParts(second, 3, rand.Reader), inParts(h, 5, rand.Reader), inParts(second, 2, rand.Reader)}
		for range 5 {
			o := pays(h, services[0], root, sub, 40)
			var all sync.WaitGroup
			for _, s := range services {
				all.Go(func() {
					for at(h, o).Issuing() { // who was slower leaves it to the others
						if err := s.IssueCodes(context.Background(), o.ID); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			whole(h, o)
		}
	})
}

// TestS16_AnOrderThatEndsWhileItIsIssued: its end is written down when it has all
// its codes, and all of them have ended with it.
func TestS16_AnOrderThatEndsWhileItIsIssued(t *testing.T) {
	each(t, func(t *testing.T, h *actiontest.House) {
		ctx := context.Background()
		s := inParts(h, 4, rand.Reader)
		root, sub := h.Company(true), h.Subject()
		o := pays(h, s, root, sub, 10)
		h.Clock.Set(o.Expires)
		if n, err := s.SweepEnded(ctx); err != nil || n != 4 || !at(h, o).Swept.IsZero() {
			t.Errorf("%d codes expired, %v, %+v", n, err, at(h, o))
		}
		h.Must(s.IssueCodes(ctx, o.ID))
		if n, err := s.SweepEnded(ctx); err != nil || n != 6 || at(h, o).Swept.IsZero() {
			t.Errorf("%d more codes expired, %v, %+v", n, err, at(h, o))
		}
		trail, err := h.Read.TrailOf(ctx, store.Page{}, int64(o.ID))
		h.Must(err)
		if last := trail.Items[0]; last.Kind != exam.EventOrderEnded || last.Data["unused"] != 10.0 {
			t.Errorf("%+v", last)
		}
	})
}

package exam_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/fault"
	"examcode/internal/money"
)

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

// TestS1_TheTwoConditions: who may buy, and which condition is named.
func TestS1_TheTwoConditions(t *testing.T) {
	unverified, unverifiedMember := examtest.Root(), examtest.Member(exam.ViewCodes)
	unverified.Verified, unverifiedMember.Verified = exam.NotStarted, exam.Rejected
	for _, c := range []struct {
		name   string
		who    exam.Actor
		reason string
		fields int
	}{
		{"verified root", examtest.Root(), "", 0},
		{"member", examtest.Member(exam.ViewCodes | exam.ManageCodes), "buyer_not_root", 0},
		{"member whom the root granted it", examtest.Member(exam.BuyCodes), "", 0},
		{"unverified root", unverified, "account_not_verified", 0},
		{"unverified member", unverifiedMember, "account_not_verified", 2},
		{"examinee", examtest.Examinee(), "not_enterprise", 0},
		{"operator", examtest.Staff(exam.Admin), "not_enterprise", 0},
		{"nobody", exam.Actor{}, "not_signed_in", 0},
	} {
		err := exam.MayBuy(c.who)
		if reason(err) != c.reason || (err != nil && len(fault.Of(err).Fields) != c.fields) {
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
	}
}

// TestS4_Quantities: 1 to 100,000, or the subject's own ceiling.
func TestS4_Quantities(t *testing.T) {
	low := examtest.Subject()
	low.MaxQuantity = 50
	for _, c := range []struct {
		n  int
		s  exam.Subject
		ok bool
	}{
		{0, examtest.Subject(), false}, {-1, examtest.Subject(), false}, {1, examtest.Subject(), true}, {100_000, examtest.Subject(), true},
		{100_001, examtest.Subject(), false}, {50, low, true}, {51, low, false},
	} {
		if err := exam.CheckQuantity(c.n, c.s); (err == nil) != c.ok {
			t.Errorf("%d: %v", c.n, err)
		}
	}
}

func TestARetiredSubjectIsNotSold(t *testing.T) {
	s := examtest.Subject()
	s.Retired = examtest.Now
	o := exam.Order{ID: 1, Quantity: 1}
	if _, _, err := exam.PlaceOrder(examtest.Root(), o, s, examtest.Now); reason(err) != "subject_retired" {
		t.Errorf("at the moment of retirement: %v", err)
	}
	if _, _, err := exam.PlaceOrder(examtest.Root(), o, s, examtest.Now.Add(-1)); err != nil {
		t.Errorf("before: %v", err)
	}
}

// TestPricesSumToTheTotal: for every quantity from 1 to 1,000 at awkward prices
// and totals.
func TestPricesSumToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 1_000_000_007).Draw(t, "total")
		for n := 1; n <= 1000; n++ {
			var sum int64
			for i := range n {
				sum += money.Share(total, n, i)
			}
			if sum != total {
				t.Fatalf("%d codes: %d, want %d", n, sum, total)
			}
		}
	})
}

// TestS15_ReferenceEnds are ends computed by hand.
func TestS15_ReferenceEnds(t *testing.T) {
	for _, c := range []struct{ zone, paid, end string }{
		{"UTC", "2026-11-22T16:04:00Z", "2027-11-23T00:00:00Z"},
		{"Asia/Shanghai", "2026-11-22T16:04:00Z", "2027-11-23T16:00:00Z"}, // the 23rd there
		{"America/New_York", "2026-03-08T03:00:00Z", "2027-03-08T05:00:00Z"},
		{"UTC", "2028-02-29T12:00:00Z", "2029-03-01T00:00:00Z"},
		{"UTC", "2027-02-28T12:00:00Z", "2028-02-29T00:00:00Z"},
		{"America/Santiago", "2026-09-05T12:00:00Z", "2027-09-06T03:00:00Z"},
		{"Africa/Cairo", "2026-04-29T12:00:00Z", "2027-04-29T22:00:00Z"}, // clocks skip midnight on the 30th
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		paid, _ := time.Parse(time.RFC3339, c.paid)
		if got := exam.EndOfOrder(paid, loc).UTC().Format(time.RFC3339); got != c.end {
			t.Errorf("paid %s in %s ends %s, want %s", c.paid, c.zone, got, c.end)
		}
	}
}

// TestS15_EndIsTheFirstInstantOfTheDayAfter is the rule itself, for any zone and
// moment: at the end the local date is the day after the anniversary, and an
// instant before it is not.
func TestS15_EndIsTheFirstInstantOfTheDayAfter(t *testing.T) {
	all := examtest.Zones(t)
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(all).Draw(t, "zone")
		paid := time.Unix(rapid.Int64Range(1_770_000_000, 2_020_000_000).Draw(t, "paid"), 0)
		y, m, d := paid.In(loc).Date()
		if m == time.February && d == 29 {
			d = 28
		}
		after := time.Date(y+1, m, d+1, 0, 0, 0, 0, time.UTC)
		date := func(x time.Time) time.Time {
			y, m, d := x.In(loc).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		end := exam.EndOfOrder(paid, loc)
		if !date(end).Equal(after) {
			t.Fatalf("paid %v: at its end %v the date is %v", paid.In(loc), end, date(end))
		}
		if before := date(end.Add(-time.Microsecond)); !before.Before(after) {
			t.Fatalf("paid %v: the end %v is not the day's first instant", paid.In(loc), end)
		}
	})
}

func TestCaptureNeedsExactlyTheTotal(t *testing.T) {
	o := examtest.Order()
	o.State, o.Version = exam.Pending, 1
	for _, c := range []struct {
		p      exam.Payment
		reason string
	}{
		{exam.Payment{Order: o.ID, Amount: o.Total}, ""},
		{exam.Payment{Order: o.ID, Amount: money.Amount{Minor: o.Total.Minor - 1, Currency: "USD"}}, "payment_amount_differs"},
		{exam.Payment{Order: o.ID, Amount: money.Amount{Minor: o.Total.Minor, Currency: "EUR"}}, "payment_amount_differs"},
		{exam.Payment{Order: o.ID + 1, Amount: o.Total}, "payment_amount_differs"},
	} {
		if _, _, err := o.Capture(examtest.Root(), c.p, examtest.Now); reason(err) != c.reason {
			t.Errorf("%+v: %v", c.p, err)
		}
	}
	o.State = exam.Closed
	if _, _, err := o.Capture(examtest.Root(), exam.Payment{Order: o.ID, Amount: o.Total}, examtest.Now); reason(err) != "order_closed" {
		t.Errorf("a closed order was paid: %v", err)
	}
}

func TestAnUnpaidOrderClosesAfterADay(t *testing.T) {
	o := examtest.Order()
	o.State, o.Created = exam.Pending, examtest.Now
	if _, _, err := o.CloseUnpaid(exam.TheSchedule(), examtest.Now.Add(exam.PayWithin-1)); reason(err) != "order_not_due" {
		t.Errorf("too early: %v", err)
	}
	n, e, err := o.CloseUnpaid(exam.TheSchedule(), examtest.Now.Add(exam.PayWithin))
	if err != nil || n.State != exam.Closed || e.Data["why"] != "unpaid" {
		t.Errorf("%+v %+v %v", n, e, err)
	}
}

// TestPaymentsOnlyMoveForward: what succeeded or failed stays so.
func TestPaymentsOnlyMoveForward(t *testing.T) {
	p := exam.Payment{ID: 1, State: exam.PaymentPending, ProviderRef: "r", RedirectURL: "https://pay.example", Version: 1}
	if n, _, changed := p.Learn(exam.TheSchedule(), exam.PaymentUnknown, "", "", "", examtest.Now); changed || n != p {
		t.Fatalf("not knowing took away what was known: %+v", n)
	}
	if n, _, changed := p.Learn(exam.TheSchedule(), exam.PaymentPending, "", "", "", examtest.Now); changed || n != p {
		t.Fatalf("an answer without an address took it away: %+v", n)
	}
	p, _, changed := p.Learn(exam.TheSchedule(), exam.PaymentSucceeded, "x", "", "", examtest.Now)
	if !changed || p.State != exam.PaymentSucceeded || p.Version != 2 {
		t.Fatalf("%+v", p)
	}
	for _, s := range []exam.PaymentState{exam.PaymentFailed, exam.PaymentPending, exam.PaymentUnknown, exam.PaymentSucceeded} {
		if n, _, changed := p.Learn(exam.TheSchedule(), s, "y", "", "", examtest.Now); changed || n != p {
			t.Errorf("a succeeded payment became %s", s)
		}
	}
}

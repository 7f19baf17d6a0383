package exam_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/money"
)

// one code in every state, of the sample order.
func oneOfEach() []exam.Code {
	var codes []exam.Code
	for i, s := range exam.CodeStates {
		c := examtest.Code(s)
		c.ID = exam.CodeID(700 + i)
		codes = append(codes, c)
	}
	return codes
}

func tallies(codes []exam.Code) []exam.Tally { return exam.Tallies(codes, 700, examtest.Now) }

// TestS14_WhatIsInARefund: only unused codes, the rest stays out with its reason.
func TestS14_WhatIsInARefund(t *testing.T) {
	o, codes := examtest.Order(), oneOfEach()
	p, err := exam.PlanRefund(examtest.Root(), o, "", tallies(codes), nil, examtest.Now)
	if err != nil || p.In.Count != 1 || p.Amount != codes[0].PricePaid {
		t.Fatalf("%+v, %v", p, err)
	}
	var out []string
	for _, l := range p.Out {
		out = append(out, fmt.Sprintf("%s %s %d", l.State, l.Reason, l.Count))
	}
	want := "bound code_bound 1, reserved code_reserved 1, completed code_completed 1, refunding code_refunded 1, refunded code_refunded 1, expired order_expired 1"
	if got := strings.Join(out, ", "); got != want {
		t.Errorf("stays out: %s\nwant %s", got, want)
	}
	for i, c := range codes {
		if r := c.RefundReason(examtest.Now); (r == "") != (i == 0) {
			t.Errorf("%s: %q", c.State, r)
		}
	}
}

// TestS12_S13_S14_RefusedRefunds: who may, of which order, once, of which codes.
func TestS12_S13_S14_RefusedRefunds(t *testing.T) {
	pending, closed, codes := examtest.Order(), examtest.Order(), oneOfEach()
	pending.State, closed.State = exam.Pending, exam.Closed
	pick := func(named int, from ...exam.Code) *exam.Chosen {
		return &exam.Chosen{Named: named, Found: tallies(from)}
	}
	for _, c := range []struct {
		name   string
		who    exam.Actor
		order  exam.Order
		had    exam.RefundState
		codes  []exam.Code
		chosen *exam.Chosen
		now    time.Time
		reason string
	}{
		{"root", examtest.Root(), examtest.Order(), "", codes, nil, examtest.Now, ""},
		{"member with the right", examtest.Member(exam.RefundCodes), examtest.Order(), "", codes, nil, examtest.Now, ""},
		{"member without it", examtest.Member(exam.AllRights &^ exam.RefundCodes), examtest.Order(), "", codes, nil, examtest.Now, "not_allowed"},
		{"another company", examtest.Stranger(), examtest.Order(), "", codes, nil, examtest.Now, "not_found"},
		{"staff", examtest.Staff(exam.Money), examtest.Order(), "", codes, nil, examtest.Now, "not_found"},
		{"not paid", examtest.Root(), pending, "", nil, nil, examtest.Now, "order_not_paid"},
		{"closed", examtest.Root(), closed, "", nil, nil, examtest.Now, "order_not_paid"},
		{"under review", examtest.Root(), examtest.Order(), exam.RefundReview, codes, nil, examtest.Now, "refund_already_made"},
		{"on its way", examtest.Root(), examtest.Order(), exam.RefundOnWay, codes, nil, examtest.Now, "refund_already_made"},
		{"refunded", examtest.Root(), examtest.Order(), exam.RefundDone, codes, nil, examtest.Now, "refund_already_made"},
		{"refused before", examtest.Root(), examtest.Order(), exam.RefundRefused, codes, nil, examtest.Now, ""},
		{"a moment before the end", examtest.Root(), examtest.Order(), "", codes, nil, examtest.Order().Expires.Add(-1), ""},
		{"at the end", examtest.Root(), examtest.Order(), "", codes, nil, examtest.Order().Expires, "order_expired"},
		{"nothing left", examtest.Root(), examtest.Order(), "", codes[1:], nil, examtest.Now, "nothing_to_refund"},
		{"chosen", examtest.Root(), examtest.Order(), "", codes, pick(1, codes[0]), examtest.Now, ""},
		{"a bound one chosen", examtest.Root(), examtest.Order(), "", codes, pick(2, codes[0], codes[1]), examtest.Now, "refund_choice"},
		{"an unknown one chosen", examtest.Root(), examtest.Order(), "", codes, pick(2, codes[0]), examtest.Now, "refund_choice"},
	} {
		if _, err := exam.PlanRefund(c.who, c.order, c.had, tallies(c.codes), c.chosen, c.now); reason(err) != c.reason {
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
	}
}

// TestRefundPlansTellThemselvesApart: another set of codes, of the same number
// and amount even, has another mark; and the parts sum up to the whole.
func TestRefundPlansTellThemselvesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(100, 1_000_000).Draw(t, "total")
		n := rapid.IntRange(2, 60).Draw(t, "codes")
		codes := make([]exam.Code, n)
		for i := range codes {
			codes[i] = examtest.Code(exam.Unused)
			codes[i].ID, codes[i].PricePaid.Minor = exam.CodeID(700+i), money.Share(total, n, i)
		}
		draw := func(name string) (in, out []exam.Code) {
			for i, c := range codes {
				if i == 0 || rapid.Bool().Draw(t, name) {
					in = append(in, c)
				} else {
					out = append(out, c)
				}
			}
			return in, out
		}
		plan := func(in []exam.Code) exam.RefundPlan {
			p, err := exam.PlanRefund(examtest.Root(), examtest.Order(), "", tallies(codes), &exam.Chosen{Named: len(in), Found: tallies(in)}, examtest.Now)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		a, rest := draw("first")
		b, _ := draw("second")
		pa, pb := plan(a), plan(b)
		same := fmt.Sprint(a) == fmt.Sprint(b)
		if (pa.Mark() == pb.Mark()) != same {
			t.Fatalf("same set %v, marks %s and %s", same, pa.Mark(), pb.Mark())
		}
		sum := int64(0)
		for _, c := range a {
			sum += c.PricePaid.Minor
		}
		left := 0
		for _, l := range pa.Out {
			left += l.Count
		}
		if pa.Amount.Minor != sum || left != len(rest) {
			t.Fatalf("%+v for %d of %d codes worth %d", pa, len(a), n, sum)
		}
	})
}

// ask is a first try over all unused codes of the sample order.
func ask(t *testing.T, provider string, limits ...money.Amount) exam.Refund {
	t.Helper()
	p, err := exam.PlanRefund(examtest.Root(), examtest.Order(), "", tallies(oneOfEach()), nil, examtest.Now)
	if err != nil {
		t.Fatal(err)
	}
	f, m, e, err := exam.AskRefund(examtest.Root(), examtest.Order(), exam.Refund{}, 900, exam.Payment{ID: 1, Provider: provider, Reference: "pay_1"}, p, limits, examtest.Now)
	if err != nil || len(m) != 1 || m[0].From != exam.Unused || m[0].To != exam.Refunding || m[0].Event.Kind != exam.EventCodeRefunding || e.Version != 1 || e.Object != 900 {
		t.Fatalf("%+v %+v %+v %v", f, m, e, err)
	}
	return f
}

// TestRefundStateTimesVerb writes down what every verb does to a refund in every
// state, and to its codes, before the order's end and at it.
func TestRefundStateTimesVerb(t *testing.T) {
	o, money0 := examtest.Order(), examtest.Staff(exam.Money)
	learn := func(said exam.PaymentState) func(exam.Refund, time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
		return func(f exam.Refund, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
			n, m, e, changed, err := f.Learn(exam.TheSchedule(), o, f.Reference, said, "their-1", "declined", now)
			if !changed && err == nil && (n != f || e.Kind != "") {
				t.Errorf("%s changed nothing and is another: %+v", said, n)
			}
			return n, m, e, err
		}
	}
	verbs := []struct {
		name string
		do   func(exam.Refund, time.Time) (exam.Refund, []exam.Move, exam.Event, error)
	}{
		{"approve", func(f exam.Refund, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
			return f.Approve(money0, now)
		}},
		{"decline", func(f exam.Refund, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
			return f.Decline(money0, o, "why", now)
		}},
		{"learn succeeded", learn(exam.PaymentSucceeded)}, {"learn failed", learn(exam.PaymentFailed)},
		{"learn pending", learn(exam.PaymentPending)}, {"learn unknown", learn(exam.PaymentUnknown)},
		{"confirm sent", func(f exam.Refund, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
			return f.ConfirmSent(money0, o, f.Amount, now)
		}},
		{"cannot send", func(f exam.Refund, now time.Time) (exam.Refund, []exam.Move, exam.Event, error) {
			return f.CannotSend(money0, o, "why", now)
		}},
	}
	var b strings.Builder
	for _, provider := range []string{"sandbox", exam.ByTransfer} {
		for _, at := range []struct {
			name string
			now  time.Time
		}{{"before the end", o.Expires.Add(-1)}, {"at the end", o.Expires}} {
			fmt.Fprintf(&b, "# by %s, %s\n", provider, at.name)
			for _, s := range []exam.RefundState{exam.RefundReview, exam.RefundOnWay, exam.RefundDone, exam.RefundRefused} {
				for _, v := range verbs {
					f := ask(t, provider)
					f.State = s
					n, m, e, err := v.do(f, at.now)
					switch {
					case err != nil:
						fmt.Fprintf(&b, "%-9s × %-15s ✗ %s\n", s, v.name, reason(err))
					case e.Kind == "":
						fmt.Fprintf(&b, "%-9s × %-15s nothing new\n", s, v.name)
					default:
						fmt.Fprintf(&b, "%-9s × %-15s → %s (%s)", s, v.name, n.State, e.Kind)
						for _, step := range m {
							fmt.Fprintf(&b, ", codes %s → %s (%s)", step.From, step.To, step.Event.Kind)
						}
						fmt.Fprintln(&b)
						if n.Version != f.Version+1 || e.Version != n.Version {
							t.Errorf("%s × %s: version %d → %d, event %d", s, v.name, f.Version, n.Version, e.Version)
						}
						if n.Settled.IsZero() != (n.State == exam.RefundReview || n.State == exam.RefundOnWay) {
							t.Errorf("%s × %s: %s, settled %v", s, v.name, n.State, n.Settled)
						}
					}
				}
			}
		}
	}
	golden(t, "refunds.golden", b.String())
}

// TestS13_AnotherTryIsTheSameRefund under a new reference, and an answer about
// an earlier try is none about this one.
func TestS13_AnotherTryIsTheSameRefund(t *testing.T) {
	first := ask(t, "sandbox")
	refused, _, _, _, err := first.Learn(exam.TheSchedule(), examtest.Order(), first.Reference, exam.PaymentFailed, "their-1", "declined", examtest.Now)
	if err != nil || refused.State != exam.RefundRefused || refused.Detail != "declined" {
		t.Fatalf("%+v, %v", refused, err)
	}
	p, _ := exam.PlanRefund(examtest.Root(), examtest.Order(), refused.State, tallies(oneOfEach()), nil, examtest.Now)
	next, _, e, err := exam.AskRefund(examtest.Member(exam.RefundCodes), examtest.Order(), refused, 901, exam.Payment{ID: 1, Provider: "sandbox"}, p, nil, examtest.Now)
	if err != nil || next.ID != first.ID || next.Reference == first.Reference || next.Try != 2 || next.Version != 3 || e.Version != 3 || next.Detail != "" || next.ProviderRef != "" || !next.Settled.IsZero() {
		t.Fatalf("%+v, %v", next, err)
	}
	for _, said := range []exam.PaymentState{exam.PaymentFailed, exam.PaymentSucceeded} {
		if n, _, _, changed, err := next.Learn(exam.TheSchedule(), examtest.Order(), first.Reference, said, "x", "late", examtest.Now); changed || err != nil || n != next {
			t.Errorf("a late answer changed the second try: %+v, %v", n, err)
		}
	}
	if told := next.Told(examtest.Order(), examtest.Subject().Name, examtest.Now); told.Kind != exam.NoticeRefundAsked || told.Version != next.Version || told.Data["number"] != examtest.Order().Number {
		t.Errorf("told: %+v", told)
	}
}

// TestBigRefundsWaitForReview: above the limit of its currency, and nowhere else.
func TestBigRefundsWaitForReview(t *testing.T) {
	usd := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: "USD"} }
	for _, c := range []struct {
		limits []money.Amount
		state  exam.RefundState
	}{
		{nil, exam.RefundOnWay}, {[]money.Amount{usd(12000)}, exam.RefundOnWay}, {[]money.Amount{usd(11999)}, exam.RefundReview},
		{[]money.Amount{{Minor: 1, Currency: "EUR"}}, exam.RefundOnWay}, {[]money.Amount{{Minor: 1, Currency: "EUR"}, usd(0)}, exam.RefundReview},
	} {
		if f := ask(t, "sandbox", c.limits...); f.State != c.state || f.Placed.IsZero() != (c.state == exam.RefundReview) {
			t.Errorf("%v: %+v", c.limits, f)
		}
	}
	f := ask(t, "sandbox", usd(0))
	if _, _, _, err := f.Approve(examtest.Root(), examtest.Now); reason(err) != "not_operator" {
		t.Errorf("a company approves its own refund: %v", err)
	}
	if _, _, _, err := f.Approve(examtest.Staff(exam.Review), examtest.Now); reason(err) != "not_allowed" {
		t.Errorf("staff without the role: %v", err)
	}
	for text, want := range map[string]string{"": "reason_missing", "a\x01b": "text_control", " \n ": "reason_missing", strings.Repeat("长", 501): "text_too_long", strings.Repeat("长", 500): "", "no": ""} {
		if _, _, _, err := f.Decline(examtest.Staff(exam.Money), examtest.Order(), text, examtest.Now); reason(err) != want {
			t.Errorf("reason of %d: %v, want %q", len(text), err, want)
		}
	}
	wrong := f.Amount
	wrong.Minor--
	hand := ask(t, exam.ByTransfer)
	if _, _, _, err := hand.ConfirmSent(examtest.Staff(exam.Money), examtest.Order(), wrong, examtest.Now); reason(err) != "refund_amount_differs" {
		t.Errorf("another amount: %v", err)
	}
}

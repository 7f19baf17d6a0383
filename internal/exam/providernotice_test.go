package exam_test

import (
	"testing"

	"examcode/internal/exam"
	"examcode/internal/money"
)

func TestMisfits(t *testing.T) {
	usd := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: "USD"} }
	n := exam.ProviderNotice{Claimed: exam.PaymentSucceeded, Amount: usd(100), Number: "ch_1"}
	for _, c := range []struct {
		amount money.Amount
		number string
		state  exam.PaymentState
		want   string
	}{
		{usd(100), "ch_1", exam.PaymentPending, ""},
		{usd(100), "", exam.PaymentUnknown, ""},
		{usd(100), "ch_1", exam.PaymentSucceeded, ""},
		{usd(101), "ch_1", exam.PaymentPending, exam.MisfitAmount},
		{money.Amount{Minor: 100, Currency: "EUR"}, "ch_1", exam.PaymentPending, exam.MisfitCurrency},
		{usd(100), "ch_2", exam.PaymentPending, exam.MisfitObject},
		{usd(100), "ch_1", exam.PaymentFailed, exam.MisfitState},
	} {
		if got := n.Misfit(c.amount, c.number, c.state); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	n.Claimed = exam.PaymentPending
	if got := n.Misfit(usd(100), "ch_1", exam.PaymentFailed); got != "" {
		t.Errorf("late news misfits: %q", got)
	}
	if got := n.AboutEarlier(); got.State != exam.HeardNothing {
		t.Errorf("late news of an earlier try: %+v", got)
	}
	n.Claimed = exam.PaymentSucceeded
	if got := n.AboutEarlier(); got.State != exam.HeardQuarantined || got.Detail != exam.MisfitState {
		t.Errorf("an earlier try succeeded after all: %+v", got)
	}
}

func TestReadTry(t *testing.T) {
	id := exam.RefundID(123456)
	for text, want := range map[string]int64{id.String(): 1, id.String() + "-2": 2, id.String() + "-17": 17} {
		if got, try := exam.ReadTry(text); got != id || try != want {
			t.Errorf("%s: %v %d", text, got, try)
		}
	}
	for _, text := range []string{"", "ref_", "pay_0000000000001", id.String() + "-", id.String() + "-1", id.String() + "-x", id.String() + "--2"} {
		if got, _ := exam.ReadTry(text); got != 0 {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

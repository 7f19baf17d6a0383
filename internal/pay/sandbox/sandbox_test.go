package sandbox

import (
	"context"
	"testing"
	"time"

	"examcode/internal/pay"
	"examcode/internal/pay/paytest"
)

func TestConforms(t *testing.T) {
	paytest.Run(t, func() pay.Provider { return New() }, Decline, Undecided, SettlesLate)
}

func TestSimulations(t *testing.T) {
	ctx, p := context.Background(), New()
	for _, c := range []struct {
		word   string
		after  time.Duration
		want   pay.State
		detail string
	}{
		{"", 0, pay.Succeeded, ""},
		{"decline", 0, pay.Failed, "declined"},
		{"decline", time.Hour, pay.Failed, "declined"},
		{"unknown", 0, pay.Unknown, ""},
		{"unknown", 1000 * time.Hour, pay.Unknown, ""},
		{"late", 0, pay.Pending, ""},
		{"late", Late - 1, pay.Pending, ""},
		{"late", Late, pay.Succeeded, ""},
		{"late", -time.Hour, pay.Pending, ""},
	} {
		now := paytest.Start.Add(c.after)
		o, err := p.Ask(ctx, paytest.Charge("r", c.word), now)
		if err != nil || o.State != c.want || o.Detail != c.detail {
			t.Errorf("charge %q after %v: %+v, %v", c.word, c.after, o, err)
		}
		o, err = p.AskRefund(ctx, paytest.Refund("r", c.word), now)
		if err != nil || o.State != c.want || o.Detail != c.detail {
			t.Errorf("refund %q after %v: %+v, %v", c.word, c.after, o, err)
		}
	}
}

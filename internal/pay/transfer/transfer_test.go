package transfer

import (
	"context"
	"testing"
	"time"

	"examcode/internal/pay"
	"examcode/internal/pay/paytest"
)

func TestConforms(t *testing.T) {
	paytest.Run(t, func() pay.Provider { return New() })
}

func TestNothingHappensByItself(t *testing.T) {
	later := paytest.Start.AddDate(1, 0, 0)
	for name, f := range map[string]func() (pay.Outcome, error){
		"charge": func() (pay.Outcome, error) { return New().Ask(context.Background(), paytest.Charge("r", ""), later) },
		"refund": func() (pay.Outcome, error) {
			return New().AskRefund(context.Background(), paytest.Refund("r", ""), later.Add(time.Hour))
		},
	} {
		if o, err := f(); err != nil || o.State != pay.Pending || o.ProviderRef != "r" {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

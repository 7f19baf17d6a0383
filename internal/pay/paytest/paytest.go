// Package paytest is the suite every payment provider passes. It says in code
// what pay.Provider says in words.
package paytest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/pay"
)

// Start is when the suite places its charges.
var Start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// Charge is a good charge of 120.00 USD.
func Charge(reference, simulate string) pay.Charge {
	return pay.Charge{
		Reference: reference, Amount: money.Amount{Minor: 12000, Currency: "USD"}, Description: "10 exam codes",
		ReturnURL: "https://exams.example.org/orders/1", Simulate: simulate, PlacedAt: Start,
	}
}

// Refund is a good refund of half of that charge.
func Refund(reference, simulate string) pay.Refund {
	return pay.Refund{
		Reference: reference, ChargeReference: "charge-of-" + reference,
		Amount: money.Amount{Minor: 6000, Currency: "USD"}, Simulate: simulate, PlacedAt: Start,
	}
}

// ask is one of the four methods with the request bound to it.
type ask func(ctx context.Context, p pay.Provider, now time.Time) (pay.Outcome, error)

// Run checks a provider. fresh returns a new instance that shares with earlier
// ones what survives a restart; simulations are the words it accepts.
func Run(t *testing.T, fresh func() pay.Provider, simulations ...string) {
	if n := fresh().Name(); n == "" {
		t.Error("the provider has no name")
	}
	for _, word := range append([]string{""}, simulations...) {
		t.Run("charge "+word, func(t *testing.T) {
			c := Charge("pay-"+word, word)
			lifetime(t, fresh,
				func(ctx context.Context, p pay.Provider, now time.Time) (pay.Outcome, error) {
					return p.Place(ctx, c, now)
				},
				func(ctx context.Context, p pay.Provider, now time.Time) (pay.Outcome, error) {
					return p.Ask(ctx, c, now)
				})
		})
		t.Run("refund "+word, func(t *testing.T) {
			r := Refund("ref-"+word, word)
			lifetime(t, fresh,
				func(ctx context.Context, p pay.Provider, now time.Time) (pay.Outcome, error) {
					return p.PlaceRefund(ctx, r, now)
				},
				func(ctx context.Context, p pay.Provider, now time.Time) (pay.Outcome, error) {
					return p.AskRefund(ctx, r, now)
				})
		})
	}
	t.Run("references", func(t *testing.T) { references(t, fresh()) })
	t.Run("bad requests", func(t *testing.T) { badRequests(t, fresh()) })
}

// lifetime follows one reference over an hour, repeating every call on a new
// instance: nothing contradicts an earlier answer.
func lifetime(t *testing.T, fresh func() pay.Provider, place, again ask) {
	ctx := context.Background()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if o, err := place(gone, fresh(), Start); err == nil || o.State == pay.Failed {
		t.Errorf("a cancelled call answers %+v, %v", o, err)
	}
	first, err := place(ctx, fresh(), Start)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, first)
	last := first
	for _, after := range []time.Duration{0, time.Second, 9 * time.Second, 10 * time.Second, time.Minute, time.Hour} {
		now := Start.Add(after)
		asked, err := again(ctx, fresh(), now)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, asked)
		if last.State.Final() {
			if d := cmp.Diff(last, asked); d != "" {
				t.Fatalf("after %v a final answer changed:\n%s", after, d)
			}
		}
		placed, err := place(ctx, fresh(), now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(asked, placed); d != "" {
			t.Fatalf("after %v placing the same reference differs from asking:\n%s", after, d)
		}
		if asked.ProviderRef != first.ProviderRef {
			t.Fatalf("after %v it is another charge: %q, was %q", after, asked.ProviderRef, first.ProviderRef)
		}
		last = asked
	}
}

func sound(t *testing.T, o pay.Outcome) {
	t.Helper()
	switch o.State {
	case pay.Succeeded, pay.Pending, pay.Unknown, pay.Failed:
	default:
		t.Errorf("state %q", o.State)
	}
	if (o.State == pay.Failed) != (o.Detail != "") {
		t.Errorf("a reason belongs to a failure and to nothing else: %+v", o)
	}
	if o.State != pay.Unknown && o.ProviderRef == "" {
		t.Errorf("no number of the provider: %+v", o)
	}
}

func references(t *testing.T, p pay.Provider) {
	seen := map[string]bool{}
	for i := range 20 {
		c, err := p.Place(context.Background(), Charge(fmt.Sprintf("many-%d", i), ""), Start)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.PlaceRefund(context.Background(), Refund(fmt.Sprintf("back-%d", i), ""), Start)
		if err != nil {
			t.Fatal(err)
		}
		if seen[c.ProviderRef] || seen[r.ProviderRef] || c.ProviderRef == r.ProviderRef {
			t.Fatalf("two references, one number: %q, %q", c.ProviderRef, r.ProviderRef)
		}
		seen[c.ProviderRef], seen[r.ProviderRef] = true, true
	}
}

func badRequests(t *testing.T, p pay.Provider) {
	ctx := context.Background()
	for name, spoil := range map[string]func(*pay.Charge, *pay.Refund){
		"zero":         func(c *pay.Charge, r *pay.Refund) { c.Amount.Minor, r.Amount.Minor = 0, 0 },
		"negative":     func(c *pay.Charge, r *pay.Refund) { c.Amount.Minor, r.Amount.Minor = -1, -1 },
		"no currency":  func(c *pay.Charge, r *pay.Refund) { c.Amount.Currency, r.Amount.Currency = "", "" },
		"no reference": func(c *pay.Charge, r *pay.Refund) { c.Reference, r.Reference = "", "" },
		"no time":      func(c *pay.Charge, r *pay.Refund) { c.PlacedAt, r.PlacedAt = time.Time{}, time.Time{} },
		"simulation":   func(c *pay.Charge, r *pay.Refund) { c.Simulate, r.Simulate = "earthquake", "earthquake" },
	} {
		c, r := Charge("bad-"+name, ""), Refund("bad-"+name, "")
		spoil(&c, &r)
		for call, f := range map[string]func() (pay.Outcome, error){
			"Place":       func() (pay.Outcome, error) { return p.Place(ctx, c, Start) },
			"Ask":         func() (pay.Outcome, error) { return p.Ask(ctx, c, Start) },
			"PlaceRefund": func() (pay.Outcome, error) { return p.PlaceRefund(ctx, r, Start) },
			"AskRefund":   func() (pay.Outcome, error) { return p.AskRefund(ctx, r, Start) },
		} {
			o, err := f()
			if err == nil || o != (pay.Outcome{}) {
				t.Errorf("%s with %s answers %+v, %v", call, name, o, err)
			}
			if name == "simulation" && (!errors.Is(err, pay.ErrSimulate) || fault.Of(err).Kind != fault.Invalid) {
				t.Errorf("%s with an unknown simulation: %v", call, err)
			}
		}
	}
	r := Refund("bad-orphan", "")
	r.ChargeReference = ""
	if _, err := p.PlaceRefund(ctx, r, Start); err == nil {
		t.Error("a refund of no charge")
	}
}

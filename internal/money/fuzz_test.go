package money

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// What is read as an amount is within its limits and reads back from its own
// decimals; what is refused is refused with a word.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"0", "1,234.5", "120.00", ".5", "-1", "1e3", "9999999999999.99", "１２", "1.", "\u00a01", "+5", "0x1"} {
		for _, c := range []string{"USD", "JPY", "KWD", "usd", ""} {
			f.Add(s, c)
		}
	}
	f.Fuzz(func(t *testing.T, text, currency string) {
		a, err := Parse(text, currency)
		if err != nil {
			if !errors.Is(err, ErrCurrency) && !errors.Is(err, ErrDecimal) || a != (Amount{}) {
				t.Fatalf("%q %q is refused with %v and %v", text, currency, err, a)
			}
			return
		}
		if a.Minor < 0 || a.Minor > 1e15 || a.Currency != currency || !ValidCurrency(currency) {
			t.Fatalf("%q %q is read as %+v", text, currency, a)
		}
		if strings.ContainsAny(text, "-+eExX") {
			t.Fatalf("%q is read as %+v", text, a)
		}
		if b, err := Parse(a.Decimal(), currency); err != nil || b != a {
			t.Fatalf("%v reads back as %v, %v", a, b, err)
		}
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b Amount
		if err := json.Unmarshal(raw, &b); err != nil || b != a {
			t.Fatalf("%s reads back as %v, %v", raw, b, err)
		}
	})
}

// Shares sum up to the whole and differ by at most one unit; no JSON makes an
// amount without a currency or with a fraction.
func FuzzShare(f *testing.F) {
	f.Add(int64(1000), 7, []byte(`{"minor": 12000, "currency": "USD"}`))
	f.Add(int64(0), 1, []byte(`{"minor": 1.5, "currency": "USD"}`))
	f.Fuzz(func(t *testing.T, total int64, n int, raw []byte) {
		if total, n = max(total, -total, 0)%1e15, 1+max(n, -(n+1))%50; total >= 0 {
			sum, least, most := int64(0), Share(total, n, n-1), Share(total, n, 0)
			for i := range n {
				sum += Share(total, n, i)
			}
			if sum != total || most-least > 1 || least > most {
				t.Fatalf("%d in %d shares is %d, from %d to %d", total, n, sum, least, most)
			}
		}
		var a Amount
		if json.Unmarshal(raw, &a) == nil && json.Valid(raw) && string(raw) != "null" && !ValidCurrency(a.Currency) {
			t.Fatalf("%s is read as %+v", raw, a)
		}
	})
}

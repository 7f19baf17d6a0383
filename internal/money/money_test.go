package money

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestSharesSumToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1000).Draw(t, "quantity")
		total := rapid.Int64Range(0, 1e12).Draw(t, "total")
		var sum, low, high int64
		for i := range n {
			s := Share(total, n, i)
			if i == 0 {
				low, high = s, s
			}
			sum, low, high = sum+s, min(low, s), max(high, s)
		}
		if sum != total || high-low > 1 {
			t.Fatalf("%d over %d: sum %d, from %d to %d", total, n, sum, low, high)
		}
	})
}

func TestDecimals(t *testing.T) {
	for _, c := range []struct {
		in, currency, out string
		minor             int64
	}{
		{"120", "USD", "120.00", 12000},
		{"1,234.5", "USD", "1234.50", 123450},
		{"0.07", "EUR", "0.07", 7},
		{"12000", "JPY", "12000", 12000},
		{"1.234", "KWD", "1.234", 1234},
		{"1000000000000", "KWD", "1000000000000.000", 1e15},
	} {
		a, err := Parse(c.in, c.currency)
		if err != nil || a.Minor != c.minor || a.Decimal() != c.out {
			t.Errorf("%s %s: %v %q %v", c.in, c.currency, a, a.Decimal(), err)
		}
	}
	for _, bad := range [][2]string{{"", "USD"}, {"-1", "USD"}, {"1.234", "USD"}, {"1.5", "JPY"}, {"1e3", "USD"}, {"12", "usd"}, {".5", "USD"}, {"99999999999999", "USD"}, {"9999999999999", "KWD"}} {
		if a, err := Parse(bad[0], bad[1]); err == nil {
			t.Errorf("%v was read as %v", bad, a)
		}
	}
}

// TestAmountsInRequests: an amount in JSON has both parts, whole.
func TestAmountsInRequests(t *testing.T) {
	var a Amount
	if err := json.Unmarshal([]byte(`{"minor":1200,"currency":"USD"}`), &a); err != nil || a != (Amount{1200, "USD"}) {
		t.Errorf("%v, %v", a, err)
	}
	for _, bad := range []string{`{}`, `{"minor":1}`, `{"currency":"USD"}`, `{"minor":1.5,"currency":"USD"}`, `{"minor":"1","currency":"USD"}`, `{"minor":1,"currency":"usd"}`} {
		if err := json.Unmarshal([]byte(bad), &a); err == nil {
			t.Errorf("%s was read as %v", bad, a)
		}
	}
}

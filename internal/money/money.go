// Package money is an amount in integer minor units with its ISO 4217 currency,
// and fair division. There is no floating point in it, and no conversion
// between currencies.
package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Amount is a sum of money. In JSON it is {"minor": 12000, "currency": "USD"}.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// exponents of the currencies that are not two.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
	"RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

var (
	ErrCurrency = errors.New("money: a currency is three capital letters")
	ErrDecimal  = errors.New("money: not an amount of this currency")
)

// Exponent is the number of decimal places of a currency: 2 for USD, 0 for JPY.
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// ValidCurrency tells whether the text has the form of an ISO 4217 code.
func ValidCurrency(c string) bool {
	if len(c) != 3 {
		return false
	}
	for i := range 3 {
		if c[i] < 'A' || c[i] > 'Z' {
			return false
		}
	}
	return true
}

// Times multiplies a unit price by a quantity.
func (a Amount) Times(n int) Amount { return Amount{a.Minor * int64(n), a.Currency} }

// Plus adds two amounts of one currency; two currencies panic, because no
// caller may mix them.
func (a Amount) Plus(b Amount) Amount {
	if a.Currency != b.Currency {
		panic("money: " + a.Currency + " plus " + b.Currency)
	}
	return Amount{a.Minor + b.Minor, a.Currency}
}

// Decimal writes the number with a point and no grouping: "120.00".
func (a Amount) Decimal() string {
	e := Exponent(a.Currency)
	n, sign := a.Minor, ""
	if n < 0 {
		n, sign = -n, "-"
	}
	if e == 0 {
		return sign + strconv.FormatInt(n, 10)
	}
	p := int64(1)
	for range e {
		p *= 10
	}
	return fmt.Sprintf("%s%d.%0*d", sign, n/p, e, n%p)
}

func (a Amount) String() string { return a.Currency + " " + a.Decimal() }

// Parse reads "1,234.5" as an amount of the currency; more decimals than the
// currency has, signs and empty input are refused. At most 10^15 minor units.
func Parse(text, currency string) (Amount, error) {
	if !ValidCurrency(currency) {
		return Amount{}, ErrCurrency
	}
	s := strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	whole, frac, _ := strings.Cut(s, ".")
	e := Exponent(currency)
	if whole == "" || len(frac) > e || len(whole) > 13 {
		return Amount{}, ErrDecimal
	}
	digits := whole + frac + strings.Repeat("0", e-len(frac))
	for _, r := range digits {
		if r < '0' || r > '9' {
			return Amount{}, ErrDecimal
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > 1e15 {
		return Amount{}, ErrDecimal
	}
	return Amount{n, currency}, nil
}

// Share returns the part of total that falls to item i of n (0 ≤ i < n) by
// largest remainder: the first total mod n items get one minor unit more, so
// that the shares sum up to the total exactly.
func Share(total int64, n, i int) int64 {
	q, r := total/int64(n), total%int64(n)
	if int64(i) < r {
		return q + 1
	}
	return q
}

// UnmarshalJSON refuses fractions and unknown fields by being exact about types.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var v struct {
		Minor    *int64  `json:"minor"`
		Currency *string `json:"currency"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if v.Minor == nil || v.Currency == nil || !ValidCurrency(*v.Currency) {
		return ErrCurrency
	}
	a.Minor, a.Currency = *v.Minor, *v.Currency
	return nil
}

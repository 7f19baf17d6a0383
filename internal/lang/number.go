package lang

import (
	"fmt"
	"strconv"
	"strings"

	"examcode/internal/money"
)

// Chinese names of currencies; others are written by their code.
var zhCurrency = map[string]string{
	"CNY": "元人民币", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元", "HKD": "港元",
	"TWD": "新台币", "KRW": "韩元", "SGD": "新加坡元", "AUD": "澳元", "CAD": "加元", "CHF": "瑞士法郎",
	"MYR": "马来西亚林吉特", "THB": "泰铢", "INR": "印度卢比",
}

// Money writes an amount: "USD 4,560.00", "4,560.00 美元".
func (l Locale) Money(a money.Amount) string {
	n := group(a.Decimal())
	if l.Lang != ZH {
		return a.Currency + " " + n
	}
	if name, ok := zhCurrency[a.Currency]; ok {
		return n + " " + name
	}
	return n + " " + a.Currency
}

// Number groups a whole number by thousands: "1,284". Both languages do.
func (l Locale) Number(n int64) string { return group(strconv.FormatInt(n, 10)) }

// Rate is passed ÷ sat with one decimal, rounded half up; "–" when nobody sat.
func (l Locale) Rate(passed, sat int) string {
	if sat <= 0 {
		return "–"
	}
	tenths := (int64(passed)*2000 + int64(sat)) / (2 * int64(sat))
	gap := " "
	if l.Lang == ZH {
		gap = ""
	}
	return fmt.Sprintf("%d.%d%s%%", tenths/10, tenths%10, gap)
}

// RateOf is the rate with its base: "82.4 % of 340 sat".
func (l Locale) RateOf(passed, sat int) string {
	if sat <= 0 {
		return l.Rate(passed, sat)
	}
	return l.T("shared.rate_of", "rate", l.Rate(passed, sat), "sat", sat)
}

// group puts a comma between thousands of a decimal text.
func group(s string) string {
	sign, rest := "", s
	if strings.HasPrefix(rest, "-") {
		sign, rest = "-", rest[1:]
	}
	whole, frac, point := strings.Cut(rest, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if point {
		b.WriteString("." + frac)
	}
	return b.String()
}

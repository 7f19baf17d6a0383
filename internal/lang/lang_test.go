package lang

import (
	"strings"
	"testing"
	"time"

	"examcode/internal/fault"
	"examcode/internal/money"
)

var (
	shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
	kolkata  = time.FixedZone("Asia/Kolkata", 5*3600+1800)
	newYork  = time.FixedZone("America/New_York", -5*3600)
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		preferred, header string
		want              Lang
	}{
		{"zh", "en-GB", ZH}, {"en", "zh-CN", EN}, {"", "zh-CN,zh;q=0.9,en;q=0.8", ZH}, {"", "zh-TW", ZH},
		{"", "en-US,zh;q=0.5", EN}, {"", "de,zh;q=0.5", ZH}, {"", "de", EN}, {"", "", EN}, {"fr", "zh", ZH},
		{"en-x-pseudo", "", EN}, {"", ";;;", EN},
	} {
		if got := Match(c.preferred, c.header); got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.preferred, c.header, got, c.want)
		}
	}
}

func TestDatesAndNumbers(t *testing.T) {
	now := at("2026-11-21T11:04:00Z")
	end := at("2027-11-22T16:00:00Z") // midnight after 22 Nov in Shanghai
	near := at("2026-12-03T16:00:00Z")
	usd := money.Amount{Minor: 456000, Currency: "USD"}
	for _, c := range []struct {
		name   string
		f      func(Locale) string
		en, zh string
	}{
		{"instant", func(l Locale) string { return l.Instant(at("2026-11-21T08:04:00Z"), shanghai) }, "21 Nov 2026, 16:04 (UTC+8)", "2026年11月21日 16:04（UTC+8）"},
		{"instant in UTC", func(l Locale) string { return l.Instant(at("2026-11-21T08:04:00Z"), nil) }, "21 Nov 2026, 08:04 (UTC)", "2026年11月21日 08:04（UTC）"},
		{"half-hour zone", func(l Locale) string { return l.Day(at("2026-11-21T18:30:00Z"), kolkata) }, "22 Nov 2026 (UTC+5:30)", "2026年11月22日（UTC+5:30）"},
		{"west", func(l Locale) string { return l.Day(at("2026-11-21T02:00:00Z"), newYork) }, "20 Nov 2026 (UTC−5)", "2026年11月20日（UTC−5）"},
		{"far end", func(l Locale) string { return l.ValidThrough(end, shanghai) }, "Valid through 22 Nov 2027 (UTC+8)", "有效期至 2027年11月22日（UTC+8）"},
		{"far end has no days", func(l Locale) string { return l.DaysLeft(end, shanghai) }, "", ""},
		{"last day alone", func(l Locale) string { return l.LastDay(end, shanghai) }, "22 Nov 2027 (UTC+8)", "2027年11月22日（UTC+8）"},
		{"near end", func(l Locale) string { return l.DaysLeft(near, shanghai) }, "12 days left", "剩余 12 天"},
		{"one day", func(l Locale) string { return l.DaysLeft(at("2026-11-22T16:00:00Z"), shanghai) }, "1 day left", "剩余 1 天"},
		{"last day", func(l Locale) string { return l.ValidThrough(at("2026-11-21T16:00:00Z"), shanghai) }, "Ends today, 21 Nov 2026, at midnight (UTC+8)", "今天（2026年11月21日）24:00 到期（UTC+8）"},
		{"last day, days", func(l Locale) string { return l.DaysLeft(at("2026-11-21T16:00:00Z"), shanghai) }, "Ends today", "今天到期"},
		{"ended", func(l Locale) string { return l.ValidThrough(now, shanghai) }, "Ended 21 Nov 2026, 19:04 (UTC+8)", "已于 2026年11月21日 19:04（UTC+8）到期"},
		{"ended, days", func(l Locale) string { return l.DaysLeft(now, shanghai) }, "", ""},
		{"the instant of the end", func(l Locale) string { return l.Ends(end, shanghai) }, "ends 23 Nov 2027, 00:00 (UTC+8)", "2027年11月23日 00:00（UTC+8）失效"},
		{"session", func(l Locale) string { return l.SessionTime(at("2027-01-14T01:00:00Z"), 90, shanghai) }, "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "2027年1月14日 周四 09:00–10:30（UTC+8）"},
		{"session over midnight", func(l Locale) string { return l.SessionTime(at("2027-01-14T15:30:00Z"), 90, shanghai) }, "Thu 14 Jan 2027, 23:30 – Fri 15 Jan 2027, 01:00 (UTC+8)", "2027年1月14日 周四 23:30 – 2027年1月15日 周五 01:00（UTC+8）"},
		{"just now", func(l Locale) string { return l.Ago(now.Add(-59 * time.Second)) }, "just now", "刚刚"},
		{"minute", func(l Locale) string { return l.Ago(now.Add(-time.Minute)) }, "1 minute ago", "1 分钟前"},
		{"hours", func(l Locale) string { return l.Ago(now.Add(-3 * time.Hour)) }, "3 hours ago", "3 小时前"},
		{"days", func(l Locale) string { return l.Ago(now.AddDate(0, 0, -90)) }, "90 days ago", "90 天前"},
		{"too long ago", func(l Locale) string { return l.Ago(now.AddDate(0, 0, -91)) }, "", ""},
		{"future", func(l Locale) string { return l.Ago(now.Add(time.Second)) }, "", ""},
		{"money", func(l Locale) string { return l.Money(usd) }, "USD 4,560.00", "4,560.00 美元"},
		{"money without decimals", func(l Locale) string { return l.Money(money.Amount{Minor: -1234567, Currency: "JPY"}) }, "JPY -1,234,567", "-1,234,567 日元"},
		{"money without a name", func(l Locale) string { return l.Money(money.Amount{Minor: 100, Currency: "XAU"}) }, "XAU 1.00", "1.00 XAU"},
		{"number", func(l Locale) string { return l.Number(1284) }, "1,284", "1,284"},
		{"small number", func(l Locale) string { return l.Number(-999) }, "-999", "-999"},
		{"rate", func(l Locale) string { return l.Rate(280, 340) }, "82.4 %", "82.4%"},
		{"rate of all", func(l Locale) string { return l.Rate(7, 7) }, "100.0 %", "100.0%"},
		{"rate of none", func(l Locale) string { return l.Rate(0, 0) }, "–", "–"},
		{"rate and base", func(l Locale) string { return l.RateOf(280, 340) }, "82.4 % of 340 sat", "82.4%（参考 340 人）"},
		{"list of Han words", func(l Locale) string { return l.List([]string{"在线监考", "考点"}) }, "在线监考 and 考点", "在线监考和考点"},
		{"list", func(l Locale) string { return l.List([]string{"A", "B", "C"}) }, "A, B and C", "A、B 和 C"},
		{"state", func(l Locale) string { return l.State("code", "unused") }, "Unused", "未使用"},
		{"refusal", func(l Locale) string { return l.Fault(fault.ErrNotFound) }, "This page or thing was not found, or it is not yours.", "未找到该页面或内容，或不属于您。"},
		{"counted", func(l Locale) string { return l.T("list.rows", "from", 51, "to", 100, "total", 1284) }, "Rows 51–100 of 1,284", "第 51–100 条，共 1,284 条"},
		{"zone", func(l Locale) string { return l.ZoneName(shanghai) }, "Asia/Shanghai (UTC+8)", "Asia/Shanghai（UTC+8）"},
	} {
		for l, want := range map[Lang]string{EN: c.en, ZH: c.zh} {
			if got := c.f(Locale{Lang: l, Zone: shanghai, Now: now}); got != want {
				t.Errorf("%s, %s: %q, want %q", c.name, l, got, want)
			}
		}
	}
}

func TestMissingTextIsSeenAndReported(t *testing.T) {
	var got []string
	defer ReportMissing(func(l Lang, key string) { got = append(got, string(l)+" "+key) })()
	for _, l := range []Lang{EN, ZH, PSEUDO} {
		if s := (Locale{Lang: l}).T("no.such"); s != "⟦no.such⟧" {
			t.Errorf("%s: %q", l, s)
		}
		if s := (Locale{Lang: l}).T("time.days_left"); !strings.HasPrefix(s, "⟦") {
			t.Errorf("%s: a text without its placeholder reads %q", l, s)
		}
	}
	if len(got) != 6 {
		t.Errorf("reported %q", got)
	}
}

func TestPseudoWrapsEveryText(t *testing.T) {
	if got, want := (Locale{Lang: PSEUDO}).State("result", "absent"), "[!! No-show !!]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func BenchmarkT(b *testing.B) {
	l := Locale{Lang: EN}
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			l.T("state.code.unused")
		}
	})
	b.Run("plural", func(b *testing.B) {
		for b.Loop() {
			l.T("time.days_left", "n", 12)
		}
	})
}

package exam_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
	"examcode/internal/fault"
)

// The end of an order is the first instant of a local day: the day after the
// same date next year, in whatever zone and at whatever moment it was paid.
func FuzzEndOfOrder(f *testing.F) {
	all := examtest.Zones(f)
	for i, at := range []int64{0, 951782400, 1709164800, 1711846800, 1730595600, 1803859200, 4102444800} {
		f.Add(at, uint16(i*37))
	}
	f.Fuzz(func(t *testing.T, at int64, which uint16) {
		loc := all[int(which)%len(all)]
		paid := time.Unix(max(at, -(at+1))%(200*365*86400), 0)
		end := exam.EndOfOrder(paid, loc)
		y, m, d := paid.In(loc).Date()
		if m == time.February && d == 29 {
			d = 28
		}
		day := time.Date(y+1, m, d+1, 0, 0, 0, 0, time.UTC)
		of := func(t time.Time) time.Time {
			y, m, d := t.In(loc).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		if of(end).Before(day) || !of(end.Add(-time.Nanosecond)).Before(day) {
			t.Fatalf("%s in %s ends at %s, which does not begin %s", paid.In(loc), loc, end.In(loc), day.Format(time.DateOnly))
		}
		if days := end.Sub(paid).Hours() / 24; days < 364 || days > 368 {
			t.Fatalf("%s in %s lasts %g days", paid.In(loc), loc, days)
		}
	})
}

// Every id is read as what it is, in one spelling, and as nothing else.
func FuzzID(f *testing.F) {
	f.Add(exam.OrderID(77).String(), int64(77))
	f.Add("cod_0000000000001", int64(1))
	f.Fuzz(func(t *testing.T, s string, n int64) {
		if got := exam.ParseID[exam.OrderID](s); got != 0 && got.String() != s {
			t.Fatalf("%q is read as %s", s, got)
		}
		if n <= 0 {
			return
		}
		own := exam.CodeID(n).String()
		if exam.ParseID[exam.CodeID](own) != exam.CodeID(n) || exam.ParseID[exam.OrderID](own) != 0 || exam.ParseID[exam.AccountID](own) != 0 {
			t.Fatalf("%s is read as something else", own)
		}
	})
}

// A text that is taken is valid, short enough and without what steers a screen
// or a mail; a refusal says which of these it is.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Li Na", "a\nb", "a\x00b", "a\x1b[31m", "\u202eexe", "a\u200db", "http://x", "  ", "\xff", strings.Repeat("é", 80), "a\u2028b", "\x7f"} {
		f.Add(s, 80)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 1 + max(most, -(most+1))%500
		for name, check := range map[string]func(string, int) error{"text": exam.CheckText, "line": exam.CheckLine} {
			err := check(s, most)
			if err != nil {
				if r := fault.Of(err).Reason; r != exam.ErrTextLong.Reason && r != exam.ErrTextControl.Reason {
					t.Fatalf("%s %q is refused with %s", name, s, r)
				}
				continue
			}
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most || strings.ContainsAny(s, "\x00\x1b") {
				t.Fatalf("%s %q is taken", name, s)
			}
			if name == "line" && strings.ContainsFunc(s, func(r rune) bool {
				return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
			}) {
				t.Fatalf("line %q is taken", s)
			}
		}
		if exam.CheckLine(s, most) == nil && exam.CheckText(s, most) != nil {
			t.Fatalf("%q is a line and no text", s)
		}
	})
}

// A document number or registration number that is taken is plain, and a country
// is two capital letters.
func FuzzDocument(f *testing.F) {
	f.Add("Li Na", "passport", "P1234567", "DE")
	f.Add("Li Na", "id_card", "12\r\n34", "d\x00")
	f.Add("", "none", "", "12")
	f.Fuzz(func(t *testing.T, name, kind, number, country string) {
		for _, sort := range []exam.AccountKind{exam.Individual, exam.Enterprise} {
			who := exam.Actor{Person: 1, Account: 2, Role: exam.Root, Kind: sort}
			v := exam.Verification{ID: 3, LegalName: name, DocumentKind: kind, DocumentNumber: number, RegNumber: number, Country: country, Document: 4}
			_, _, _, err := exam.Submit(who, exam.Account{ID: 2, Kind: sort}, v, time.Unix(0, 0))
			if err != nil {
				if e := fault.Of(err); e.Kind != fault.Invalid || e.Reason == "" {
					t.Fatalf("refused with %v", err)
				}
				continue
			}
			if strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz- /") != "" || len(number) > 40 || strings.ContainsAny(name, "\r\n\x00") || strings.TrimSpace(name) == "" {
				t.Fatalf("%q with %q is taken", name, number)
			}
			if sort == exam.Enterprise && strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				t.Fatalf("the country %q is taken", country)
			}
		}
	})
}

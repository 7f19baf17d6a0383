package codetext

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

const sample = "7T5X8F410K2QH9J"

// known is one fixed code with a 0 and a 1 in it.
func known() Text {
	x, err := FromPlain(sample + string(alphabet[times(checksum(sample))]))
	if err != nil {
		panic(err)
	}
	return x
}

func TestSpellingsOfOneCode(t *testing.T) {
	code := known()
	p, r := code.Plain(), code.Reveal()
	wide := strings.Map(func(r rune) rune { return r - '!' + '！' }, r)
	dash := func(d string) string { return strings.ReplaceAll(r, "-", d) }
	spellings := []string{
		p, r, strings.ToLower(p), strings.ToLower(r), r[:9] + strings.ToLower(r[9:]),
		" " + r + " ", "\t" + r + "\r\n", dash(" "), dash("  "), dash(" - "), dash("\n"), dash(""),
		dash("\u2010"), dash("\u2011"), dash("\u2012"), dash("–"), dash("—"), dash("―"), dash("−"),
		dash("\u2E3A"), dash("\u3030"), dash("\uFE58"), dash("\uFE63"), dash("－"), dash("ー"), dash("ｰ"), dash("\u2500"),
		dash("\u00AD"), dash("\u00A0"), dash("\u2009"), dash("\u202F"), dash("\u3000"), dash("\u200B"), dash("\u2060"), dash("--"),
		"\uFEFF" + r, "\u202A" + r + "\u202C", "\u200E" + r + "\u200F", dash("-\u200B"), dash("-\uFE0F"), dash("\u3164"),
		strings.Join(strings.Split(p, ""), " "), strings.Join(strings.Split(p, ""), "\u200D"), strings.Join(strings.Split(p, ""), "-"),
		strings.ReplaceAll(r, "0", "O"), strings.ReplaceAll(r, "0", "o"),
		strings.ReplaceAll(r, "1", "I"), strings.ReplaceAll(r, "1", "i"), strings.ReplaceAll(r, "1", "L"), strings.ReplaceAll(r, "1", "l"),
		wide, strings.ToLower(wide), strings.ReplaceAll(wide, "０", "Ｏ"), strings.ReplaceAll(wide, "１", "ｌ"),
		"\"" + r + "\"", "“" + r + "”", "「" + r + "」", "<" + r + ">", r + ".", r + "。", "(" + r + ")", "`" + r + "`,",
		"https://exams.example.org/redeem?code=" + r,
		"https://exams.example.org/redeem?code=" + strings.ToLower(p),
		"http://127.0.0.1:8080/redeem?lang=zh&code=" + r + "&from=mail",
		"https://exams.example.org/redeem?CODE=" + r,
		"https://exams.example.org/redeem?code=" + strings.ReplaceAll(r, "-", "%2D"),
		"https://exams.example.org/redeem?code=" + strings.ReplaceAll(r, "-", "%E2%80%93"),
		"https://exams.example.org/redeem?code=" + strings.ReplaceAll(r, "-", "+"),
		"https://exams.example.org/redeem?code=" + r + "#top",
		"https://exams.example.org/redeem#" + r,
		"https://exams.example.org/redeem#code=" + r,
		"https://exams.example.org/app#/redeem?code=" + r,
		"https://exams.example.org/app#/redeem/" + p,
		"https://exams.example.org/redeem/" + r,
		"https://exams.example.org/redeem/" + r + "/",
		"https://exams.example.org/redeem/" + r + "?utm_source=mail",
		"<https://exams.example.org/redeem?code=" + r + ">",
		"https://exams.example.org/redeem?code=" + r + ".",
		"exams.example.org/redeem?code=" + r, "/redeem?code=" + r, "redeem/" + r, "?code=" + r, "code=" + r,
		"ｈｔｔｐｓ：／／exams.example.org／redeem？code＝" + wide,
	}
	seen := map[string]bool{}
	for _, s := range spellings {
		if got, err := Parse(s); err != nil || got != code {
			t.Errorf("%q was read as %q, %v", s, got.Plain(), err)
		}
		seen[s] = true
	}
	if len(seen) < 40 {
		t.Fatalf("only %d different spellings", len(seen))
	}
}

func TestEveryDashAndSpaceIsIgnored(t *testing.T) {
	code := known()
	for _, table := range []*unicode.RangeTable{unicode.Pd, unicode.Cf, unicode.Z, unicode.White_Space, unicode.Variation_Selector} {
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if !unicode.Is(table, r) {
				continue
			}
			if got, err := Parse(strings.ReplaceAll(code.Reveal(), "-", string(r))); err != nil || got != code {
				t.Fatalf("%U between the groups: %v", r, err)
			}
		}
	}
}

func TestRefusedSpellings(t *testing.T) {
	r := known().Reveal()
	other := "2" + r[1:]
	for _, s := range []string{
		"", " ", "-", "----", r[:18], r + "0", r + r, other, "U" + r[1:], "*" + r[1:],
		strings.Replace(r, "X", "\u0425", 1), // Cyrillic
		strings.Replace(r, "K", "\u212A", 1), // Kelvin
		strings.Replace(r, "5", "ſ", 1),
		strings.Replace(r, "7", "٧", 1),
		r + "\xff", "https://exams.example.org/redeem", "https://exams.example.org/redeem?code=", "https://exams.example.org/redeem?code=" + other,
		"https://exams.example.org/redeem?voucher=" + r, "code: " + other, "%%%", "#", "?", "/", "=",
		strings.Repeat(" ", MaxInput) + r,
	} {
		if got, err := Parse(s); !errors.Is(err, ErrMistyped) || !got.Zero() {
			t.Errorf("%q was read as %q, %v", s, got.Plain(), err)
		}
	}
	if got, err := Parse(strings.Repeat(" ", MaxInput-len(r)) + r); err != nil || got != known() {
		t.Errorf("an input of %d bytes: %v", MaxInput, err)
	}
}

func TestParseTail(t *testing.T) {
	for _, s := range []string{"K7Q1", "k7q1", " k7ql ", "K7QI", "Ｋ７Ｑ１", "ｋ７ｑｉ", "k7-q1", "K7Q1.", "“K7Q1”", "K7\u200bQ1",
		"••••-••••-••••-K7Q1", "****-****-****-k7q1", "…K7Q1", "...K7Q1", "•••• •••• •••• Ｋ７ＱＬ", "- K7Q1"} {
		if tail, ok := ParseTail(s); !ok || tail != "K7Q1" {
			t.Errorf("%q was read as %q, %v", s, tail, ok)
		}
	}
	if tail, ok := ParseTail("oOlI"); !ok || tail != "0011" {
		t.Errorf("oOlI was read as %q, %v", tail, ok)
	}
	for _, s := range []string{"", "K7Q", "K7Q12", "U7Q1", "K7Q!", "李娜", "K7Q٧", "••••", known().Reveal(), "\xffK7Q1", strings.Repeat(" ", MaxInput) + "K7Q1"} {
		if tail, ok := ParseTail(s); ok {
			t.Errorf("%q was read as %q", s, tail)
		}
	}
}

func TestMeantWhole(t *testing.T) {
	r := known().Reveal()
	for _, s := range []string{r, strings.ToLower(r), r[:18], r + "0", "2" + r[1:], "https://exams.example.org/redeem?code=x", "https：//exams.example.org"} {
		if !MeantWhole(s) {
			t.Errorf("%q would be repeated", s)
		}
	}
	for _, s := range []string{"", "K7Q1", "EC-260304-7K2MA", "Li Na", "李娜", "li.na@people.example", strings.Repeat("A", 40)} {
		if MeantWhole(s) {
			t.Errorf("%q counts as a whole text", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	r := known().Reveal()
	for _, s := range []string{r, strings.ToLower(r), "https://exams.example.org/redeem?code=" + r, "#" + r, "%zz?code=%", "－ー\u200b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrMistyped) || !x.Zero() {
				t.Fatalf("refused with %v and %q", err, x.Plain())
			}
			return
		}
		if len(s) > MaxInput {
			t.Fatal("too long an input was read")
		}
		if y, err := FromPlain(x.Plain()); err != nil || y != x {
			t.Fatalf("%q gave %q, which is no text", s, x.Plain())
		}
		if y, err := Parse(x.Reveal()); err != nil || y != x {
			t.Fatalf("%q does not read back", x.Reveal())
		}
	})
}

package lang

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Whatever a program says it accepts, it is answered in a language there is; a
// choice of one's own goes first.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"", "zh", "zh-TW,en;q=0.5", "de-DE,de;q=0.9", "*", "en-x-pseudo", "zh;q=0", strings.Repeat("a-", 200), "i-klingon;q=1.0.0"} {
		f.Add("", s)
		f.Add("zh", s)
		f.Add("en-x-pseudo", s)
	}
	f.Fuzz(func(t *testing.T, preferred, header string) {
		got := Match(preferred, header)
		if !slices.Contains(All, got) {
			t.Fatalf("%q %q is answered in %q", preferred, header, got)
		}
		if slices.Contains(All, Lang(preferred)) && string(got) != preferred {
			t.Fatalf("%q was chosen, %q is spoken", preferred, got)
		}
		if header == "" && preferred == "" && got != EN {
			t.Fatalf("nothing is said, %q is spoken", got)
		}
	})
}

// What people typed goes into a sentence as it is, once, and never becomes a
// placeholder itself.
func FuzzPlaceholders(f *testing.F) {
	keys := []string{"fault.password_short", "mail.hello"}
	var said []string
	defer ReportMissing(func(_ Lang, key string) { said = append(said, key) })()
	for _, s := range []string{"Li Na", "{{.name}}", "<b>", "{{template \"x\"}}", "%!s", "⟦x⟧", "<no value", "\x00", "{{"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, value string, n int) {
		if strings.Contains(value, "<no value>") {
			return // the sign of a missing placeholder
		}
		for _, l := range All {
			where := Locale{Lang: l, Zone: time.UTC}
			if got := where.T(keys[1], "name", value); !strings.Contains(got, value) {
				t.Fatalf("%s: %q is not in %q", l, value, got)
			}
			plain, got := where.T(keys[1], "name", ""), where.T(keys[1], "name", value)
			if len(got) != len(plain)+len(value)*strings.Count(where.T(keys[1], "name", "\x01"), "\x01") {
				t.Fatalf("%s: %q became %q", l, value, got)
			}
			if got, want := where.T(keys[0], "min", n), where.Number(int64(n)); !strings.Contains(got, want) {
				t.Fatalf("%s: no %s in %q", l, want, got)
			}
		}
		if len(said) > 0 {
			t.Fatalf("%q: texts are missing: %v", value, said)
		}
	})
}

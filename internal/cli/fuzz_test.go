package cli

import (
	"net/url"
	"strings"
	"testing"
)

// A file of settings that is taken names settings of the command alone, and each
// line says what it says; a refusal names file and line.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"listen = :8080\n# a comment\n\nbase-url=https://exams.example", "no-such = 1", "listen", "= x", "listen==x", "\ufefflisten = x", "listen = a\r\nseller = b; c", strings.Repeat("a", 70000)} {
		f.Add(s, "exams.example")
	}
	flags := newFlags("serve", &settings{})
	f.Fuzz(func(t *testing.T, text, value string) {
		values := map[string]string{}
		if err := readLines(strings.NewReader(text), "x.conf", flags, values); err != nil {
			if !strings.HasPrefix(err.Error(), "x.conf:") && !strings.Contains(err.Error(), "too long") {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		for name, v := range values {
			if flags.Lookup(name) == nil || v != strings.TrimSpace(v) || strings.Contains(v, "\n") || !strings.Contains(text, v) {
				t.Fatalf("%q sets %q to %q", text, name, v)
			}
		}
		if value = strings.TrimSpace(value); strings.ContainsAny(value, "\r\n") || len(value) > 60000 {
			return
		}
		if err := readLines(strings.NewReader(text+"\nseller = "+value+"\n"), "x.conf", flags, values); err != nil || values["seller"] != value {
			t.Fatalf("%q reads back as %q, %v", value, values["seller"], err)
		}
	})
}

// Settings that are let through serve over https or nobody else's machine, and
// limits of refunds are amounts.
func FuzzSettings(f *testing.F) {
	f.Add("https://exams.example", "transfer", "USD 5000.00, CNY 30000")
	f.Add("http://127.0.0.1:8080", "transfer,sandbox", "")
	f.Add("http://127.0.0.1.evil.example", " sandbox ", "USD -1")
	f.Add("https://exams.example@127.0.0.1", "sandbox", "usd 1")
	f.Fuzz(func(t *testing.T, base, providers, review string) {
		s := settings{baseURL: base, providers: providers, reviewAbove: review, exportDays: 7}
		if limits, err := s.reviewLimits(); err == nil {
			for _, a := range limits {
				if a.Minor < 0 || len(a.Currency) != 3 {
					t.Fatalf("%q sets %v", review, limits)
				}
			}
		} else if !strings.Contains(err.Error(), "--refund-review-above") {
			t.Fatal(err)
		}
		if s.checkServe() != nil {
			return
		}
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
			t.Fatalf("%q is let through", base)
		}
		if strings.Contains(providers, "sandbox") && !loopback(u.Hostname()) && exactly(providers, "sandbox") {
			t.Fatalf("%q gives codes away on %q", providers, base)
		}
	})
}

func exactly(list, word string) bool {
	for p := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(p) == word {
			return true
		}
	}
	return false
}

package auth

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"unicode"
)

// An address that is taken is one bare mailbox on one line, has one form, and
// cannot add a header or a receiver to a mail.
func FuzzEmail(f *testing.F) {
	for _, s := range []string{"Li.Na@People.example", " a@b.example ", "a@b", "a@b,c@d.example", "A <a@b.example>", "a@b\r\nBcc: c@d.example", `"a b"@c.example`,
		"a@[127.0.0.1]", "李@例え.jp", "a@b.example\u202e", "İ@b.example", "a(comment)@b.example", "a@b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := NormalEmail(s)
		if err != nil {
			if !errors.Is(err, ErrEmailMalformed) || got != "" {
				t.Fatalf("%q is refused with %v and %q", s, err, got)
			}
			return
		}
		if again, err := NormalEmail(got); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) || strings.ContainsAny(got, `,;<>"()[]\`) {
			t.Fatalf("%q became %q", s, got)
		}
		list, err := mail.ParseAddressList(got)
		if err != nil || len(list) != 1 || list[0].Address != got || list[0].Name != "" || len(got) > 254 {
			t.Fatalf("%q became %q, read as %v, %v", s, got, list, err)
		}
	})
}

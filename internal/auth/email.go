package auth

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"examcode/internal/fault"
)

// ErrEmailMalformed refuses what is not the address of a mailbox.
var ErrEmailMalformed = fault.New(fault.Invalid, "email_malformed", "this is not an e-mail address")

// NormalEmail returns the one form in which an address is stored and compared:
// trimmed and in lower case. Display names, quoted names, addresses by number
// and everything with a control character are ErrEmailMalformed.
func NormalEmail(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrEmailMalformed
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > 254 {
		return "", ErrEmailMalformed
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return "", ErrEmailMalformed
		}
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "", ErrEmailMalformed
	}
	local, domain, _ := strings.Cut(s, "@")
	if len(local) > 64 || strings.ContainsAny(domain, "[]@") {
		return "", ErrEmailMalformed
	}
	return s, nil
}

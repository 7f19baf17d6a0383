package exam

import (
	"strings"

	"examcode/internal/fault"
)

// maxReason is the most characters of a reason that the staff give.
const maxReason = 500

// checkReason tidies what the staff wrote as their reason, and refuses one that
// says nothing or too much. Refusals on "reason": reason_missing, text_too_long,
// text_control.
func checkReason(s string) (string, error) {
	if s = strings.TrimSpace(s); s == "" {
		return s, ErrWhyMissing.On("reason")
	}
	if err := CheckText(s, maxReason); err != nil {
		return s, fault.Of(err).On("reason")
	}
	return s, nil
}

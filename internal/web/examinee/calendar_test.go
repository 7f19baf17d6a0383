package examinee

import (
	"strings"
	"testing"
)

// Folded lines are short, cut no character, and unfold to what they were.
func TestCalendarLines(t *testing.T) {
	for _, s := range []string{"", "SUMMARY:short", strings.Repeat("x", 75), strings.Repeat("x", 76), "LOCATION:" + strings.Repeat("浦东考点", 40), strings.Repeat("a𠮷", 60)} {
		got := folded(s)
		if !strings.HasSuffix(got, "\r\n") || strings.ReplaceAll(strings.TrimSuffix(got, "\r\n"), "\r\n ", "") != s {
			t.Errorf("%q is folded to %q", s, got)
		}
		for _, l := range strings.Split(got, "\r\n") {
			if len(l) > 75 || strings.ToValidUTF8(l, "") != l {
				t.Errorf("line of %d bytes: %q", len(l), l)
			}
		}
	}
	if got := escaped("a,b;c\\d\r\ne"); got != `a\,b\;c\\d\ne` {
		t.Error(got)
	}
}

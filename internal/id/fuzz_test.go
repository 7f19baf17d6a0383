package id

import (
	"errors"
	"strings"
	"testing"
)

// An id has one spelling: what is read writes itself again, letter by letter,
// and is of its own kind only.
func FuzzID(f *testing.F) {
	for _, s := range []string{Format("ord", 1), Format("ord", 1<<62), "ord_0000000000000", "ord_8000000000000", "ORD_0000000000001", "ord_000000000000l", "cod_0000000000001"} {
		f.Add("ord", s, int64(7))
	}
	f.Fuzz(func(t *testing.T, prefix, text string, n int64) {
		if got, err := Parse(prefix, text); err != nil {
			if !errors.Is(err, ErrMalformed) || got != 0 {
				t.Fatalf("%q is refused with %v and %d", text, err, got)
			}
		} else if got <= 0 || Format(prefix, got) != text {
			t.Fatalf("%q is read as %d, which is %q", text, got, Format(prefix, got))
		}
		if n <= 0 {
			return
		}
		own := Format(prefix, n)
		if got, err := Parse(prefix, own); err != nil || got != n {
			t.Fatalf("%d writes itself as %q and reads back as %d, %v", n, own, got, err)
		}
		if other := prefix + "x"; !strings.HasPrefix(own, other+"_") {
			if got, err := Parse(other, own); err == nil {
				t.Fatalf("%q is also read as %d of another kind", own, got)
			}
		}
	})
}

package codetext

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// What is drawn reads back however it is spelled; with one symbol changed, two
// exchanged, one left out or one more, it is refused.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("fifteen symbols"), byte(3), byte(9), byte(1))
	f.Add(bytes.Repeat([]byte{31}, 15), byte(15), byte(0), byte(31))
	f.Fuzz(func(t *testing.T, random []byte, at, other, by byte) {
		if len(random) < Symbols-1 {
			return
		}
		x, err := New(bytes.NewReader(random))
		if err != nil {
			t.Fatal(err)
		}
		good := x.Plain()
		folds := strings.NewReplacer("0", "o", "1", "l")
		for _, s := range []string{good, x.Reveal(), strings.ToLower(x.Reveal()), folds.Replace(good), "(" + x.Reveal() + ")", "https://x.example/redeem?code=" + good} {
			if y, err := Parse(s); err != nil || y != x {
				t.Fatalf("%q is read as %q, %v", s, y.Plain(), err)
			}
		}
		i, j := int(at)%Symbols, int(other)%Symbols
		changed := []byte(good)
		changed[i] = alphabet[(strings.IndexByte(alphabet, changed[i])+1+int(by)%31)%32]
		swapped := []byte(good)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		for _, s := range []string{string(changed), string(swapped), good[:i] + good[i+1:], good[:i] + string(alphabet[by%32]) + good[i:]} {
			if s == good {
				continue
			}
			if y, err := Parse(s); !errors.Is(err, ErrMistyped) || !y.Zero() {
				t.Fatalf("%q instead of %q is read as %q, %v", s, good, y.Plain(), err)
			}
		}
	})
}

// The tail of a text is four symbols and reads back; whatever is a whole text
// counts as meant to be one, so that it is not repeated anywhere.
func FuzzTail(f *testing.F) {
	for _, s := range []string{"K7QF", "••••-••••-••••-K7QF", "k7 qf", known().Reveal(), "https://x.example/?code=" + known().Reveal(), "Li Na", "＊"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if tail, ok := ParseTail(s); ok {
			if again, ok := ParseTail(Mask(tail)); len(tail) != 4 || !ok || again != tail {
				t.Fatalf("%q has the tail %q, which reads back as %q", s, tail, again)
			}
		} else if tail != "" && len(tail) == 4 {
			t.Fatalf("%q is refused with the tail %q", s, tail)
		}
		if _, err := Parse(s); err == nil && !MeantWhole(s) {
			t.Fatalf("%q is a text and would be repeated", s)
		}
	})
}

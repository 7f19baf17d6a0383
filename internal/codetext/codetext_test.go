package codetext

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"examcode/internal/fault"
)

func draw(t testing.TB) Text {
	t.Helper()
	text, err := New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func refused(s string) bool {
	_, err := FromPlain(s)
	return errors.Is(err, ErrMistyped)
}

func TestEverySingleWrongSymbolIsCaught(t *testing.T) {
	for range 200 {
		good := draw(t).Plain()
		for i := range good {
			for _, c := range []byte(alphabet) {
				bad := []byte(good)
				bad[i] = c
				if c != good[i] && !refused(string(bad)) {
					t.Fatalf("symbol %d of %s as %c passes", i, good, c)
				}
			}
		}
	}
}

// The check is linear, so the pairs of two values stand for all texts: for each
// place and each pair of values there is one text that holds them there.
func TestEverySwapIsCaught(t *testing.T) {
	for i := range Symbols {
		for j := i + 1; j < Symbols; j++ {
			for _, a := range []byte(alphabet) {
				for _, b := range []byte(alphabet) {
					s := []byte(strings.Repeat("0", Symbols))
					s[i], s[j] = a, b
					free := 0 // any third place can be chosen so that the check holds
					for free == i || free == j {
						free++
					}
					for k := 0; checksum(string(s)) != 0; k++ {
						s[free] = alphabet[k]
					}
					s[i], s[j] = b, a
					if a != b && !refused(string(s)) {
						t.Fatalf("%c at %d and %c at %d can be exchanged", a, i, b, j)
					}
				}
			}
		}
	}
}

func TestSwapsInDrawnTextsAreCaught(t *testing.T) {
	for range 2000 {
		good := draw(t).Plain()
		for i := range Symbols - 1 {
			bad := []byte(good)
			bad[i], bad[i+1] = bad[i+1], bad[i]
			if good[i] != good[i+1] && !refused(string(bad)) {
				t.Fatalf("swap at %d of %s passes", i, good)
			}
		}
	}
}

func TestRoundTrips(t *testing.T) {
	seen := map[Text]bool{}
	for range 1000 {
		x := draw(t)
		if seen[x] {
			t.Fatal("a text was drawn twice")
		}
		seen[x] = true
		for _, s := range []string{x.Plain(), x.Reveal(), strings.ToLower(x.Reveal())} {
			if y, err := Parse(s); err != nil || y != x {
				t.Fatalf("%q was read as %q, %v", s, y.Plain(), err)
			}
		}
		if y, err := FromPlain(x.Plain()); err != nil || y != x {
			t.Fatalf("FromPlain: %v", err)
		}
		if s, err := RevealPlain(x.Plain()); err != nil || s != x.Reveal() {
			t.Fatalf("RevealPlain: %q, %v", s, err)
		}
		if !strings.HasSuffix(x.Reveal(), x.Tail()) || len(x.Tail()) != 4 {
			t.Fatalf("tail %q of %q", x.Tail(), x.Reveal())
		}
	}
	for _, s := range []string{"", strings.ToLower("7T5X8F4MZ0K2QH9J"), "7T5X-8F4M-Z0K2-QH9"} {
		if !refused(s) {
			t.Errorf("FromPlain read %q", s)
		}
		if shown, err := RevealPlain(s); shown != "" || !errors.Is(err, ErrMistyped) {
			t.Errorf("RevealPlain made %q of %q, %v", shown, s, err)
		}
	}
}

func TestAllSymbolsAreDrawn(t *testing.T) {
	count := map[rune]int{}
	for range 2000 {
		for _, r := range draw(t).Plain() {
			count[r]++
		}
	}
	for _, r := range alphabet { // 1000 expected of each, σ ≈ 31
		if count[r] < 750 || count[r] > 1250 {
			t.Errorf("%c drawn %d times of 32000", r, count[r])
		}
	}
}

func TestNewPassesOnAFailingSource(t *testing.T) {
	broken := errors.New("no entropy")
	if x, err := New(iotest.ErrReader(broken)); !errors.Is(err, broken) || !x.Zero() {
		t.Fatalf("got %v, %v", x, err)
	}
	if _, err := New(io.LimitReader(rand.Reader, 10)); err == nil {
		t.Fatal("a short source passes")
	}
}

func TestATextNeverShowsItself(t *testing.T) {
	x := draw(t)
	type exported struct{ Code Text }
	type hidden struct{ code Text }
	var out bytes.Buffer
	for _, v := range []any{x, &x, exported{x}, hidden{x}, &hidden{x}, []Text{x}, map[string]Text{"a": x}, map[Text]int{x: 1}, []hidden{{x}}} {
		for _, verb := range "vsdqxXpcbeTtoOUfgGw" {
			fmt.Fprintf(&out, "%"+string(verb)+"\n", v)
		}
		fmt.Fprintf(&out, "%+v %#v %30s %.3s\n", v, v, v, v)
		fmt.Fprintln(&out, v)
		b, err := json.Marshal(v)
		if _, keys := v.(map[Text]int); err != nil && !keys {
			t.Fatal(err)
		}
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	fmt.Fprintln(&out, fault.ErrInput.With("code", x), fmt.Errorf("with %v", x))
	b, _ := x.MarshalText()
	out.Write(b)
	secret := x.Plain()
	for _, s := range []string{secret, x.Reveal(), secret[:4] + "-" + secret[4:8], secret[:8],
		fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
		if strings.Contains(out.String(), s) {
			t.Errorf("%q got out", s)
		}
	}
	if want := "••••-••••-••••-" + x.Tail(); x.String() != want || Mask(x.Tail()) != want {
		t.Errorf("masked as %q", x.String())
	}
}

func TestZeroValue(t *testing.T) {
	var x Text
	if !x.Zero() || x.Plain() != "" || x.Reveal() != "" || x.Tail() != "" || x.String() != "••••-••••-••••-••••" {
		t.Fatalf("zero value: %q %q %q", x.Plain(), x.Reveal(), x.String())
	}
	if y := draw(t); y.Zero() || y == x || y.Equal(x) {
		t.Fatal("a drawn text equals the zero value")
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}

// A stored text with a symbol of no code is refused, whatever stands beside it.
func TestForeignSymbolsAreRefused(t *testing.T) {
	text := []byte(draw(t).Plain())
	for _, foreign := range []byte("uIl-*\x00\xff") {
		for i := range text {
			was := text[i]
			text[i] = foreign
			for j := range text {
				for k := range len(alphabet) {
					other := text[j]
					if j != i {
						text[j] = alphabet[k]
					}
					if _, err := FromPlain(string(text)); err == nil {
						t.Fatalf("%q was read", text)
					}
					text[j] = other
				}
			}
			text[i] = was
		}
	}
}

// Package codetext is the text of an exam code: 16 symbols of Crockford base32,
// 15 of them random (75 bits), the last a check symbol that catches every single
// wrong symbol and every swap of two symbols.
//
// A text is worth money to whoever reads it. Text therefore masks itself
// wherever it is printed, logged or encoded; Reveal, RevealPlain and Plain are the
// only ways out in clear. The package does not store, encrypt or look up anything.
package codetext

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unique"

	"examcode/internal/fault"
)

// Symbols is the length of a text without dashes.
const Symbols = 16

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ErrMistyped refuses an input that cannot be the text of any code.
var ErrMistyped = fault.New(fault.Invalid, "code_mistyped",
	"this is not the text of an exam code; compare it with the original, symbol by symbol")

// Text is a well-formed code text. Texts are comparable with ==; the zero value
// is no text and answers Zero.
//
// The symbols stand behind a handle, so that printing a struct that holds a
// Text in an unexported field, where fmt cannot call our methods, shows an
// address and not the symbols.
type Text struct{ symbols unique.Handle[string] }

// New draws a text from random; give it crypto/rand.Reader.
func New(random io.Reader) (Text, error) {
	var b [Symbols]byte
	if _, err := io.ReadFull(random, b[:Symbols-1]); err != nil {
		return Text{}, fmt.Errorf("codetext: drawing symbols: %w", err)
	}
	for i, v := range b[:Symbols-1] {
		b[i] = alphabet[v&31]
	}
	b[Symbols-1] = alphabet[times(checksum(string(b[:Symbols-1])))]
	return Text{unique.Make(string(b[:]))}, nil
}

// FromPlain reads what Plain wrote and nothing else.
func FromPlain(s string) (Text, error) {
	if !wellFormed(s) {
		return Text{}, ErrMistyped
	}
	return Text{unique.Make(s)}, nil
}

// RevealPlain is Reveal of what Plain wrote, for files with all texts of a
// company: to make a Text of each costs more than to open it.
func RevealPlain(s string) (string, error) {
	if !wellFormed(s) {
		return "", ErrMistyped
	}
	return dashed(s), nil
}

// values are the symbols' places in the alphabet; -1 is no symbol.
var values = func() (values [256]int8) {
	for b := range values {
		values[b] = int8(strings.IndexByte(alphabet, byte(b)))
	}
	return values
}()

func wellFormed(s string) bool {
	if len(s) != Symbols {
		return false
	}
	for i := range len(s) {
		if values[s[i]] < 0 {
			return false
		}
	}
	return checksum(s) == 0
}

func dashed(s string) string {
	var b [Symbols + 3]byte
	for i := 0; i < Symbols; i += 4 {
		copy(b[i*5/4:], s[i:i+4])
		if i > 0 {
			b[i*5/4-1] = '-'
		}
	}
	return string(b[:])
}

// times multiplies by the primitive element x of GF(32) = GF(2)[x]/(x⁵+x²+1).
func times(v byte) byte {
	v <<= 1
	if v > 31 {
		v ^= 0b100101
	}
	return v
}

// checksum is the sum of the symbols, the last weighing 1 and every other x
// times its right neighbour. The sixteen weights are distinct and not zero, so
// one changed symbol or two different symbols exchanged never leave it at zero.
func checksum(s string) byte {
	var sum byte
	for i := range len(s) {
		sum = times(sum) ^ byte(values[s[i]])
	}
	return sum
}

// Zero tells whether t is the zero value, which is no text.
func (t Text) Zero() bool { return t == Text{} }

// Equal is ==, for comparisons by reflection.
func (t Text) Equal(other Text) bool { return t == other }

// Plain returns the 16 symbols without dashes, for sealing. Empty for the zero value.
func (t Text) Plain() string {
	if t.Zero() {
		return ""
	}
	return t.symbols.Value()
}

// Reveal returns "XXXX-XXXX-XXXX-XXXX" for the eyes of somebody who may see it.
// Empty for the zero value.
func (t Text) Reveal() string {
	s := t.Plain()
	if s == "" {
		return ""
	}
	return dashed(s)
}

// Tail returns the last four symbols, which are not secret.
func (t Text) Tail() string {
	s := t.Plain()
	if s == "" {
		return ""
	}
	return s[Symbols-4:]
}

// Mask shows a text of which only the tail is known: "••••-••••-••••-K7QF".
func Mask(tail string) string {
	if tail == "" {
		tail = "••••"
	}
	return "••••-••••-••••-" + tail
}

// String returns the masked text.
func (t Text) String() string { return Mask(t.Tail()) }

// GoString returns the masked text.
func (t Text) GoString() string { return t.String() }

// Format writes the masked text for every verb.
func (t Text) Format(f fmt.State, _ rune) { io.WriteString(f, t.String()) }

// LogValue is the masked text.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText returns the masked text.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON returns the masked text as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

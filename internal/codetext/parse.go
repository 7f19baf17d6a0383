package codetext

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxInput is the longest input Parse looks at, in bytes.
const MaxInput = 512

// Parse reads a text as people type and paste it: any case, spaces, dashes and
// invisible characters anywhere, O for 0, I and L for 1, full-width forms,
// quotes or brackets around it, or a whole redeem link that carries it as
// ?code=, in the fragment or as the last part of its path. Everything else is
// ErrMistyped.
func Parse(input string) (Text, error) {
	if len(input) > MaxInput || !utf8.ValidString(input) {
		return Text{}, ErrMistyped
	}
	s := trimWrapping(strings.Map(narrow, input))
	if !strings.ContainsAny(s, "/?#=") {
		return read(s)
	}
	for _, part := range linkParts(s) {
		if t, err := read(trimWrapping(part)); err == nil {
			return t, nil
		}
	}
	return Text{}, ErrMistyped
}

// ParseTail reads the last four symbols of a text as people type and paste them:
// as forgivingly as Parse, and also behind the mask of a list. ok is false for
// everything else.
func ParseTail(input string) (tail string, ok bool) {
	if len(input) > MaxInput || !utf8.ValidString(input) {
		return "", false
	}
	s := folded(strings.TrimLeft(trimWrapping(strings.Map(narrow, input)), "•*…. -"))
	return s, len(s) == 4
}

// MeantWhole tells whether somebody meant an input to be a whole text or a
// redeem link, well typed or not. Such an input is nearly as secret as a text
// and is not repeated in addresses.
func MeantWhole(input string) bool {
	if strings.Contains(strings.Map(narrow, input), "://") {
		return true
	}
	if _, err := Parse(input); err == nil {
		return true
	}
	n := len(folded(trimWrapping(strings.Map(narrow, input))))
	return n >= Symbols-2 && n <= Symbols+2
}

// folded is an input in the symbols it stands for; "" when something in it
// stands for none.
func folded(s string) string {
	var b strings.Builder
	for _, r := range s {
		if ignored(r) {
			continue
		}
		c := symbol(r)
		if c == 0 {
			return ""
		}
		b.WriteByte(c)
	}
	return b.String()
}

// read folds what is left of an input to the sixteen symbols.
func read(s string) (Text, error) {
	var b [Symbols]byte
	n := 0
	for _, r := range s {
		if ignored(r) {
			continue
		}
		c := symbol(r)
		if c == 0 || n == Symbols {
			return Text{}, ErrMistyped
		}
		b[n] = c
		n++
	}
	return FromPlain(string(b[:n]))
}

// symbol returns the symbol a character stands for, 0 for none. Only ASCII is
// compared without case: ſ and K (Kelvin) fold to letters elsewhere.
func symbol(r rune) byte {
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	if r < utf8.RuneSelf && strings.IndexByte(alphabet, byte(r)) >= 0 {
		return byte(r)
	}
	return 0
}

// narrow replaces the full-width forms of ASCII.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// ignored tells what may stand anywhere in a text without meaning.
func ignored(r rune) bool {
	switch r {
	case '\u2212', // minus
		'\u02D7', // modifier minus
		'\u2043', // hyphen bullet
		'\u2500', // box drawing line
		'\u30FC', // long vowel mark, what a Japanese keyboard gives for a dash
		'\uFF70', // the same, half-width
		'\u2800': // blank braille pattern
		return true
	}
	return unicode.IsSpace(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Pd, unicode.Cf, unicode.Z,
			unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// trimWrapping removes what surrounds a pasted text: blanks, quotes, brackets
// and the end of a sentence.
func trimWrapping(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return ignored(r) || strings.ContainsRune("\"'`<>()[]{},.;:!。，；、“”‘’«»「」『』《》【】（）", r)
	})
}

// linkParts returns the places of a link where a text may stand, the most
// explicit first. It does not use url.Parse, which refuses much of what
// survives a copy out of a mail.
func linkParts(s string) []string {
	var parts []string
	path, fragment, _ := strings.Cut(s, "#")
	path, query, _ := strings.Cut(path, "?")
	fragmentPath, fragmentQuery, _ := strings.Cut(fragment, "?")
	for _, q := range []string{query, fragmentQuery, fragmentPath, path} {
		for pair := range strings.SplitSeq(q, "&") {
			if name, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(name), "code") {
				parts = append(parts, unescape(value))
			}
		}
	}
	for _, p := range []string{fragmentPath, path} {
		p = strings.TrimRight(p, "/ ")
		parts = append(parts, unescape(p[strings.LastIndexByte(p, '/')+1:]))
	}
	return parts
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil && utf8.ValidString(u) {
		return strings.Map(narrow, u)
	}
	return s
}

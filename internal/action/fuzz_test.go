package action

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// The name of an uploaded file is a name of its own: no folder, no line break,
// nothing that turns a shown name round, and it stands whole in a download's head.
func FuzzDocumentName(f *testing.F) {
	for _, s := range []string{"passport.pdf", "../../etc/passwd", `C:\Users\Li\id.png`, "a\r\nSet-Cookie: x", "a\";x=\"b", "", ".", "..", "/", "\xff\xfe", "\u202egpj.exe", "护照.pdf", strings.Repeat("é", 200), "a\u0085b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := documentName(name)
		if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\"\r\n\x00") || len(got) > 480 || utf8.RuneCountInString(got) > 120 || !utf8.ValidString(got) {
			t.Fatalf("%q is kept as %q", name, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		}) {
			t.Fatalf("%q is kept as %q", name, got)
		}
		if again := documentName(got); again != got {
			t.Fatalf("%q is kept as %q, which is kept as %q", name, got, again)
		}
		head := mime.FormatMediaType("attachment", map[string]string{"filename": got})
		if _, params, err := mime.ParseMediaType(head); err != nil || params["filename"] != got {
			t.Fatalf("%q stands in a head as %q: %v", got, head, err)
		}
	})
}

// The kind of a document is told from its own first bytes, and is one of three.
func FuzzDocumentType(f *testing.F) {
	f.Add([]byte("%PDF-1.4 x"))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("<html>%PDF-"))
	f.Add([]byte("\xff\xd8"))
	f.Fuzz(func(t *testing.T, b []byte) {
		switch kind := documentType(b); kind {
		case "":
		case "application/pdf":
			if !strings.HasPrefix(string(b), "%PDF-") {
				t.Fatalf("%q is a %s", b, kind)
			}
		case "image/png", "image/jpeg":
			if b[0] < 0x80 {
				t.Fatalf("%q is a %s", b, kind)
			}
		default:
			t.Fatalf("%q is a %s", b, kind)
		}
	})
}

// An Idempotency-Key is 1 to 255 visible characters, and nothing else is.
func FuzzIdempotencyKey(f *testing.F) {
	for _, s := range []string{"a", "", " ", "order 7", "a\x00", "é", strings.Repeat("k", 255), strings.Repeat("k", 256), "a\r\nb", "\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		good := len(key) <= 255 && strings.Trim(key, " ") != ""
		for _, r := range key {
			good = good && r >= ' ' && r <= '~'
		}
		if err := checkKey(key); (err == nil) != good {
			t.Fatalf("%q: %v", key, err)
		}
	})
}

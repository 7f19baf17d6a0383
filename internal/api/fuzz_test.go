package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"examcode/internal/fault"
)

// A cursor is taken for the list that gave it, exactly as it was given; nothing
// else is.
func FuzzCursor(f *testing.F) {
	s := &server{Deps: Deps{Cursor: func(purpose string, b []byte) []byte {
		m := hmac.New(sha256.New, []byte(purpose))
		m.Write(b)
		return m.Sum(nil)
	}}}
	good := *s.next("codes", 77)
	f.Add(good, int64(77), uint8(0), byte(0))
	f.Add(good+"\n", int64(-1), uint8(20), byte(1))
	f.Add(good[:len(good)-1], int64(1)<<62, uint8(3), byte(0x80))
	f.Add(base64.RawURLEncoding.EncodeToString(make([]byte, macSize+8)), int64(0), uint8(1), byte(7))
	f.Fuzz(func(t *testing.T, text string, place int64, at uint8, by byte) {
		own := *s.next("codes", place)
		refused := func(what, cursor, kind string, n int) {
			if got, err := s.place(kind, cursor, n); cursor != "" && (err == nil || got != nil || !errors.Is(err, ErrCursor)) {
				t.Fatalf("%s: %q is read as %v, %v", what, cursor, got, err)
			}
		}
		if got, err := s.place("codes", own, 1); err != nil || len(got) != 1 || got[0] != place {
			t.Fatalf("%d reads back as %v, %v", place, got, err)
		}
		refused("another list's", own, "orders", 1)
		refused("a longer one's", own, "codes", 2)
		raw, _ := base64.RawURLEncoding.DecodeString(own)
		if by != 0 {
			raw[int(at)%len(raw)] ^= by
			refused("changed", base64.RawURLEncoding.EncodeToString(raw), "codes", 1)
		}
		refused("not strict", own+"=", "codes", 1)
		if got, err := s.place("codes", text, 1); err == nil && got != nil && *s.next("codes", got...) != text {
			t.Fatalf("made up: %q is read as %v", text, got)
		}
	})
}

// A body that is taken is one JSON object of valid text, says the same as before,
// and is written the same again; what is refused is refused as the caller's fault.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{}`, `{"quantity": 1}`, `{"a": 1.0, "b": 1e3, "c": -0, "d": 1e999, "e": 12345678901234567890}`, `{"a": "\u0000"}`, `[1]`, `{} {}`, `{"a": {"b": [1, "x", null, true]}}`,
		"{\"a\": \"\xff\"}", `{"a": 1, "a": 2}`, `{"A": 1, "a": 2}`, "\ufeff{}", `null`, strings.Repeat(`{"a":`, 200), `{"a": "\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := normal(raw)
		if err != nil {
			if e := fault.Of(err); e.Kind != fault.Invalid || e.Reason == "" || out != nil {
				t.Fatalf("%q is refused with %v", raw, err)
			}
			return
		}
		if len(raw) == 0 {
			return
		}
		if again, err := normal(out); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q became %q, which becomes %q, %v", raw, out, again, err)
		}
		var before, after map[string]any
		unescaped := bytes.ReplaceAll(out, []byte(`\\`), nil) // a backslash, and u0000 after it, is just that
		if json.Unmarshal(out, &after) != nil || !utf8.Valid(out) || bytes.Contains(unescaped, []byte(`\u0000`)) {
			t.Fatalf("%q became %q", raw, out)
		}
		if json.Unmarshal(raw, &before) == nil && !reflect.DeepEqual(before, after) && !bytes.ContainsAny(raw, "eE") && len(raw) < 300 {
			t.Fatalf("%q says %v, %q says %v", raw, before, out, after)
		}
	})
}

// Query texts that are let through are ones that both databases take.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"state=unused&limit=5", "a=%00", "a=%ff", "%zz", "a;b", "a=1&a=2", "=&&=", "cursor=%F0%9F%98%80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/api/v1/codes", nil)
		r.URL.RawQuery = query
		if err := checkQuery(r); err != nil {
			if e := fault.Of(err); e.Kind != fault.Invalid || e.Reason == "" {
				t.Fatalf("%q is refused with %v", query, err)
			}
			return
		}
		for name, values := range r.URL.Query() {
			for _, v := range append(values, name) {
				if !utf8.ValidString(v) || strings.ContainsRune(v, 0) && v != name {
					t.Fatalf("%q lets %q through", query, v)
				}
			}
		}
	})
}

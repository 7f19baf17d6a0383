package account

import (
	"testing"

	"examcode/internal/web/webtest"
)

// TestUnreadableForms: bytes that are no text are refused as such on both
// engines, in a field as in an address, and nobody is told of a defect of ours.
func TestUnreadableForms(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		Mount(w.Kit, Options{})
		for _, bad := range []string{"a\x00b", "a\xffb", "a\xed\xa0\x80b"} {
			w.Browser().Post("/sign-in", "email", bad, "password", "x").Is(400)
			w.Browser().Post("/sign-up", "kind", "individual", "name", bad, "email", "a@people.example", "password", "long enough 1").Is(400)
		}
		w.Browser().Get("/sign-in?next=%00").Is(400)
	})
}

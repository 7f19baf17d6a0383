package account

import (
	"testing"

	"examcode/internal/web/page"
	"examcode/internal/web/webtest"
)

// TestARedeemLinksCodeEndsWithTheSession: who uses the browser next does not
// find it.
func TestARedeemLinksCodeEndsWithTheSession(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		Mount(w.Kit, Options{})
		b := w.As(w.Examinee(true))
		b.SetCookie(page.RedeemCookie, "7HS1-4ZXC-WPQE-FJBJ")
		b.Post("/sign-out").Goes("/sign-in")
		if left := b.Cookie(page.RedeemCookie); left != "" {
			t.Errorf("%q is left for the next person", left)
		}
	})
}

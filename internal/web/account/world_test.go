package account

import (
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/web/webtest"
)

const password = actiontest.Password

// world is the program around these pages.
type world struct{ *webtest.World }

// each runs a test in a world of its own on each engine. people are those of the
// demonstration; without any it is none.
func each(t *testing.T, people []DemoPerson, test func(t *testing.T, w *world)) {
	t.Helper()
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		w.Clock.Set(time.Date(2026, time.November, 21, 8, 4, 0, 0, time.UTC))
		w.Kit.Demo = len(people) > 0
		Mount(w.Kit, Options{Demo: people, Outbox: w.Outbox})
		test(t, &world{w})
	})
}

// join opens an account; its root signs in with password.
func (w *world) join(kind exam.AccountKind, name, email string) exam.Actor {
	w.T.Helper()
	return w.Join(action.SignUp{Kind: kind, AccountName: name + " Ltd", Name: name, Email: email, Zone: "Asia/Shanghai", Lang: "en"})
}

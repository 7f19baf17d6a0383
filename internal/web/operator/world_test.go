package operator

import (
	"context"
	"fmt"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/web/webtest"
)

// world is the programme with this console in front of it.
type world struct {
	*webtest.World
	ctx   context.Context
	staff map[exam.Role]exam.Actor
}

// each runs a test in a world of its own on each engine.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	webtest.Each(t, func(t *testing.T, on *webtest.World) {
		w := &world{World: on, ctx: t.Context(), staff: map[exam.Role]exam.Actor{}}
		Mount(w.Kit)
		w.Admin = w.Staff(exam.Admin)
		w.staff[exam.Admin] = w.Admin
		test(t, w)
	})
}

// as is the browser of a staff role, whose person is added when it is new.
func (w *world) as(role exam.Role) *webtest.Browser {
	w.T.Helper()
	if _, known := w.staff[role]; !known {
		w.staff[role] = w.Staff(role)
	}
	return w.As(w.staff[role])
}

// company signs up a company without verification.
func (w *world) company(name string) exam.Actor {
	w.T.Helper()
	return w.signUp(exam.Enterprise, name)
}

func (w *world) signUp(kind exam.AccountKind, name string) exam.Actor {
	w.T.Helper()
	return w.Join(action.SignUp{Kind: kind, AccountName: name, Name: name, Zone: "Asia/Shanghai", Email: fmt.Sprintf("p%d@people.example", w.Store.IDs().Next())})
}

// verified signs up and goes through the review.
func (w *world) verified(kind exam.AccountKind, name string) exam.Actor {
	w.T.Helper()
	who := w.signUp(kind, name)
	w.Must(w.Actions.ApproveVerification(w.ctx, w.Admin, w.submit(who, name, "a.pdf", pdf)))
	return w.Who(who.Person)
}

// after moves the clock.
func (w *world) after(d time.Duration) { w.Clock.Move(d) }

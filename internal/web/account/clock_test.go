package account

import (
	"context"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/webtest"
)

// moved is a demonstration's clock over the test's.
type moved struct {
	w     *webtest.World
	ahead time.Duration
}

func (m *moved) Ahead() time.Duration { return m.ahead }

func (m *moved) MoveTo(ctx context.Context, to time.Time) error {
	by := to.Sub(m.w.Clock.Now())
	m.ahead += by
	m.w.Clock.Move(by)
	return m.w.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.MoveLogins(ctx, by) })
}

// TestTheClockOfADemonstration is moved forward by days or to the start of one,
// once for each page that was looked at, and every page says that it was.
func TestTheClockOfADemonstration(t *testing.T) {
	webtest.Each(t, func(t *testing.T, base *webtest.World) {
		w := &world{base}
		w.Clock.Set(time.Date(2026, time.November, 21, 8, 4, 0, 0, time.UTC))
		clock := &moved{w: base}
		w.Kit.Demo, w.Kit.Clock = true, clock
		Mount(w.Kit, Options{Demo: []DemoPerson{{Title: "Chen", Email: "chen@xinghe.example", Password: password}}})
		chen := w.As(w.join(exam.Enterprise, "Chen", "chen@xinghe.example"))

		page := chen.Get("/demo/clock").Is(200, "The clock was not moved yet.", "21 Nov 2026, 16:04 (UTC+8)")
		page.Outside("Move the clock").Without("The clock was moved.")
		chen.Get("/account").Lacks(`class="moved"`)
		from := page.Hidden("from")

		chen.Post("/demo/clock", "from", from, "by", "7").Goes("/demo/clock")
		if now := w.Clock.Now(); !now.Equal(time.Date(2026, time.November, 28, 8, 4, 0, 0, time.UTC)) {
			t.Errorf("a week on it is %s", now)
		}
		chen.Get("/account").Outside("The clock was moved. Here it is 28 Nov 2026, 16:04 (UTC+8)")
		// A form sent twice moves it once.
		chen.Post("/demo/clock", "from", from, "by", "7").Is(409)
		from = chen.Get("/demo/clock").Is(200, "7 days").Hidden("from")
		for _, c := range []struct{ by, to, says string }{
			{"date", "2026-11-28", "The clock goes forward only."}, // has begun there
			{"date", "2026-11-01", "The clock goes forward only."},
			{"date", "tomorrow", "Enter the date and the time in full"},
			{"date", "2029-01-01", "at most 400 days"},
			{"0", "", "The clock goes forward only."},
			{"-3", "", "The clock goes forward only."},
			{"100000000000", "", "at most 400 days"},
			{"", "", "Enter the date and the time in full"},
		} {
			chen.Post("/demo/clock", "from", from, "by", c.by, "to", c.to).Is(422, "There is a problem", c.says)
		}
		if clock.ahead != 7*24*time.Hour {
			t.Errorf("a refused move took it %s ahead", clock.ahead)
		}
		chen.Post("/demo/clock", "by", "date", "to", "2027-02-01").Goes("/demo/clock")
		if now := w.Clock.Now(); !now.Equal(time.Date(2027, time.January, 31, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("to the start of a day in Shanghai it is %s", now)
		}
	})
}

// TestNoOtherProgramHasTheClock: neither production nor a demonstration that was
// started without it.
func TestNoOtherProgramHasTheClock(t *testing.T) {
	for name, people := range map[string][]DemoPerson{"serve": nil, "demo": {{Title: "Chen", Email: "chen@xinghe.example", Password: password}}} {
		each(t, people, func(t *testing.T, w *world) {
			b := w.Browser()
			b.Get("/demo/clock").Is(404)
			b.Post("/demo/clock", "by", "7").Is(404)
			if people != nil {
				b.Get("/sign-in").Lacks("/demo/clock")
			}
			if t.Failed() {
				t.Log(name)
			}
		})
	}
}

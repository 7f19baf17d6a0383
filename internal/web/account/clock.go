package account

import (
	"net/http"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// farthest is how many days a demonstration's clock is moved at once: a year and
// the order bought on its first day.
const farthest = 400

var (
	errClockBackward = fault.New(fault.Invalid, "clock_backward", "the clock goes forward only")
	errClockTooFar   = fault.New(fault.Invalid, "clock_too_far", "the clock is moved by at most 400 days at once")
)

// clockSteps are the moves offered, in days.
var clockSteps = []int{1, 7, 30, 90, 365}

// clock is the page that moves a demonstration's time.
type clock struct {
	Form  *page.Form
	Now   time.Time
	Ahead time.Duration
	Zone  string
	From  string // how far it was moved when the page was made
}

func (c *console) clockPage(w http.ResponseWriter, r *http.Request) error {
	return c.showClock(w, r, page.NewForm("by", "1"))
}

func (c *console) showClock(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.page(w, r, "", "account.clock")
	p.Sub, p.Errors = view.T(r.Context(), "account.clock.about"), f.Errors()
	l := httpd.From(r.Context()).Locale
	return c.Show(w, r, f.Status(), p, clockContent(clock{Form: f, Now: c.Now(), Ahead: c.Clock.Ahead(), Zone: l.ZoneName(l.Zone), From: c.from()}))
}

// from is the version of the clock: a form sent twice moves it once.
func (c *console) from() string { return strconv.FormatInt(c.Clock.Ahead().Microseconds(), 10) }

func (c *console) moveClock(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if seen := f.Get("from"); seen != "" && seen != c.from() {
		return exam.ErrChangedMeanwhile
	}
	l, now := httpd.From(r.Context()).Locale, c.Now()
	to, err := clockTarget(f, now, l.Zone)
	if err == nil {
		err = checkMove(now, to)
	}
	if err != nil {
		if f.Refuse(r, err) {
			return c.showClock(w, r, f)
		}
		return err
	}
	if err := c.Clock.MoveTo(r.Context(), to); err != nil {
		return err
	}
	return c.Go(w, r, page.Local(f.Get("next"), "/demo/clock"), view.Done, "account.clock.moved", "at", l.Instant(c.Now(), l.Zone))
}

// clockTarget reads the instant that was asked for: some days on, or the start of
// a day.
func clockTarget(f *page.Form, now time.Time, zone *time.Location) (time.Time, error) {
	if f.Get("by") != "date" {
		days, ok := f.Int("by")
		if !ok {
			return now, exam.ErrTimeMalformed.On("by")
		}
		return now.Add(time.Duration(min(days, farthest+1)) * 24 * time.Hour), nil
	}
	if zone == nil {
		zone = time.UTC
	}
	to, err := time.ParseInLocation(time.DateOnly, f.Text("to"), zone)
	if err != nil {
		return now, exam.ErrTimeMalformed.On("to")
	}
	return to, nil
}

func checkMove(now, to time.Time) error {
	switch {
	case !to.After(now):
		return errClockBackward.On("to")
	case to.Sub(now) > farthest*24*time.Hour:
		return errClockTooFar.With("days", farthest).On("to")
	}
	return nil
}

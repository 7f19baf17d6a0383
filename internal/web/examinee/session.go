package examinee

import (
	"context"
	"net/http"
	"slices"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const (
	shownSessions = 300 // on one page; a month narrows further
	countedLater  = 100 // sessions behind the order's end
	manySessions  = 8   // from here on there is a filter
	monthForm     = "2006-01"
)

// choice is the page on which a session is chosen.
type choice struct {
	registration
	Subject exam.Subject
	Form    *page.Form // what was chosen, and what is wrong with it
	Days    []dayOf
	Full    []exam.Session
	Later   int // sessions at or after the order's end; countedLater means at least
	Cut     bool
	Filters *view.Filters
}

// dayOf is a day with the sessions that have a seat.
type dayOf struct {
	Heading  string
	Sessions []exam.Session
}

// open reads the subject of a registration and refuses when its session can
// no longer be chosen or changed.
func (c console) open(r *http.Request, g registration) (exam.Subject, error) {
	sub, err := c.Store.Subject(r.Context(), g.Registration.Subject)
	switch {
	case err != nil:
		return sub, err
	case g.Why == exam.WhyOrderExpiry:
		return sub, exam.ErrOrderExpired
	case g.State != exam.Registered && g.State != exam.SeatReserved:
		return sub, exam.ErrNotRegistered
	case g.Session != nil && !c.Now().Before(g.Session.Cutoff(sub)):
		return sub, exam.ErrPastCutoff.With("until", g.Session.Cutoff(sub))
	}
	return sub, nil
}

// refused shows why a registration's session stays as it is. What is not about
// the session is an error page.
func (c console) refused(w http.ResponseWriter, r *http.Request, g registration, sub exam.Subject, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Conflict {
		return err
	}
	l := httpd.From(r.Context()).Locale
	sentence := l.Fault(f)
	if f.Reason == exam.ErrPastCutoff.Reason {
		sentence = l.T("examinee.late."+string(sub.NoShow), "until", until(r.Context(), *g.Session, sub))
	}
	p := c.page(w, r, g, "refusal.title.conflict")
	p.Error = true
	turnBack(r, &p, g.Path(""))
	return c.Show(w, r, http.StatusConflict, p, refusedContent(g, sentence))
}

func (c console) sessionsPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	return c.showSessions(w, r, g, page.NewForm())
}

func (c console) showSessions(w http.ResponseWriter, r *http.Request, g registration, f *page.Form) error {
	sub, err := c.open(r, g)
	if err != nil {
		return c.refused(w, r, g, sub, err)
	}
	d := choice{registration: g, Subject: sub, Form: f}
	if err := c.find(r, &d); err != nil {
		return err
	}
	key := "examinee.choose"
	if g.Session != nil {
		key = "examinee.move.choose"
	}
	p := c.page(w, r, g, key)
	p.Errors = f.Errors()
	turnBack(r, &p, g.Path("/sessions"))
	return c.Show(w, r, f.Status(), p, sessionsContent(d))
}

// find reads the sessions that fit: of the registration's subject and type, from
// now to the order's end (S17), narrowed by ?month= and ?place=.
func (c console) find(r *http.Request, d *choice) error {
	now, q := c.Now(), r.URL.Query()
	f := store.SessionFilter{Subject: d.Subject.ID, ExamType: d.ExamType, From: now.Add(time.Microsecond), To: d.Expires, Open: true}
	month, err := time.ParseInLocation(monthForm, q.Get("month"), d.EndZone)
	if err == nil {
		f.From = later(f.From, month)
		if end := month.AddDate(0, 1, 0); end.Before(f.To) {
			f.To = end
		}
	}
	rows, err := c.Store.Sessions(r.Context(), f, nil, shownSessions+1)
	if err != nil {
		return err
	}
	if d.Cut = len(rows) > shownSessions; d.Cut {
		rows = rows[:shownSessions]
	}
	after, err := c.Store.Sessions(r.Context(), store.SessionFilter{Subject: f.Subject, ExamType: f.ExamType, From: d.Expires, Open: true}, nil, countedLater)
	if err != nil {
		return err
	}
	d.Later = len(after)
	d.filter(r, rows, now)
	for _, row := range rows {
		if row.ID == d.Registration.Session || (q.Get("place") != "" && row.Place != q.Get("place")) {
			continue
		}
		if row.Left() < 1 {
			d.Full = append(d.Full, row.Session)
			continue
		}
		heading := day(r.Context(), row.Session)
		if n := len(d.Days); n == 0 || d.Days[n-1].Heading != heading {
			d.Days = append(d.Days, dayOf{Heading: heading})
		}
		last := &d.Days[len(d.Days)-1]
		last.Sessions = append(last.Sessions, row.Session)
	}
	return nil
}

// filter offers months and places when there are many sessions, or when one of
// the two is in use.
func (d *choice) filter(r *http.Request, rows []store.SessionRow, now time.Time) {
	q, t := r.URL.Query(), func(key string) string { return view.T(r.Context(), key) }
	month, place := q.Get("month"), q.Get("place")
	if len(rows) < manySessions && month == "" && place == "" {
		return
	}
	months := []view.Option{}
	at := now.In(d.EndZone)
	for at = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, d.EndZone); at.Before(d.Expires); at = at.AddDate(0, 1, 0) {
		months = append(months, view.Option{Value: at.Format(monthForm), Label: monthName(r.Context(), at), Chosen: at.Format(monthForm) == month})
	}
	var places []string
	if place != "" {
		places = append(places, place)
	}
	for _, row := range rows {
		if row.Place != "" && !slices.Contains(places, row.Place) {
			places = append(places, row.Place)
		}
	}
	slices.Sort(places)
	f := view.Filters{Action: d.Path("/sessions"), Reset: d.Path("/sessions")}
	f.Fields = append(f.Fields, view.Select(view.Choice{Name: "month", Label: t("examinee.month"), Blank: t("examinee.month.all"), Options: months}))
	if len(places) > 1 || place != "" {
		options := make([]view.Option, len(places))
		for i, name := range places {
			options[i] = view.Option{Value: name, Label: name, Chosen: name == place}
		}
		f.Fields = append(f.Fields, view.Select(view.Choice{Name: "place", Label: t("examinee.place"), Blank: t("examinee.place.all"), Options: options}))
	}
	for _, v := range []string{month, place} {
		if v != "" {
			f.Active++
		}
	}
	d.Filters = &f
}

func monthName(ctx context.Context, at time.Time) string {
	return view.T(ctx, "examinee.month_of", "month", view.T(ctx, "examinee.month."+at.Format("Jan")), "year", at.Format("2006"))
}

// hours are a session's hours below the heading of its day.
func hours(ctx context.Context, s exam.Session) string {
	z := lang.Zone(s.Zone)
	from, to := s.Starts.In(z), s.Ends().In(z)
	if from.YearDay() != to.YearDay() {
		return when(ctx, s)
	}
	return from.Format("15:04") + "–" + to.Format("15:04")
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// left says how many seats a session has.
func left(ctx context.Context, s exam.Session) string {
	return lang.From(ctx).T("examinee.seats_left", "n", s.Left())
}

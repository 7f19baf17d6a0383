package examinee

import (
	"errors"
	"net/http"
	"strconv"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// seat is the page that says what reserving, moving or giving back a seat does.
type seat struct {
	registration
	Subject exam.Subject
	To      exam.Session // of the reservation to make
	Changed string       // what changed while the page was read
	Late    bool         // it can no longer be changed once it is reserved
}

// target reads the session that was chosen and asks the rule whether it would
// admit the registration.
func (c console) target(r *http.Request, g registration, id string) (exam.Session, error) {
	s, err := c.Store.Session(r.Context(), exam.ParseID[exam.SessionID](id))
	if err != nil && fault.Of(err).Kind == fault.NotFound {
		return s, exam.ErrSessionUnknown.On("session_id")
	}
	if err == nil {
		if err = s.Admit(g.Registration, c.Now()); err != nil {
			err = fault.Of(err).On("session_id")
		}
	}
	return s, err
}

func (c console) reservePage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	return c.showReserve(w, r, g, r.URL.Query().Get("session_id"), "")
}

// showReserve shows the page before a reservation; with changed it comes back
// because the registration is another than the one that was looked at.
func (c console) showReserve(w http.ResponseWriter, r *http.Request, g registration, id, changed string) error {
	sub, err := c.open(r, g)
	if err != nil {
		return c.refused(w, r, g, sub, err)
	}
	if g.Session != nil && g.Session.ID.String() == id {
		http.Redirect(w, r, g.Path("/reserved"), http.StatusSeeOther)
		return nil
	}
	to, err := c.target(r, g, id)
	if err != nil {
		f := page.NewForm("session_id", id)
		if !f.Refuse(r, err) {
			return err
		}
		return c.showSessions(w, r, g, f)
	}
	key, status := "examinee.reserve.title", http.StatusOK
	if g.Session != nil {
		key = "examinee.move.title"
	}
	if changed != "" {
		status = http.StatusConflict
	}
	p := c.page(w, r, g, key, "when", when(r.Context(), to))
	p.Error = changed != ""
	turnBack(r, &p, g.Path("/reserve?session_id="+to.ID.String()))
	d := seat{registration: g, Subject: sub, To: to, Changed: changed, Late: !c.Now().Before(to.Cutoff(sub))}
	return c.Show(w, r, status, p, reserveContent(d))
}

func (c console) reserve(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := f.Get("session_id")
	if g.State == exam.SeatReserved && g.Session.ID.String() == id {
		return c.Go(w, r, g.Path("/reserved"), "", "") // the same form a second time
	}
	_, err = c.Actions.Reserve(r.Context(), httpd.From(r.Context()).Actor(), g.ID, exam.ParseID[exam.SessionID](id), f.Seen())
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		if g, err = c.registration(r); err != nil {
			return err
		}
		return c.showReserve(w, r, g, id, g.now(r))
	}
	if err != nil {
		if e := fault.Of(err); len(e.Fields) == 0 && e.Kind == fault.Conflict {
			err = e.On("session_id")
		}
		if !f.Refuse(r, err) {
			return err
		}
		if g, err = c.registration(r); err != nil {
			return err
		}
		return c.showSessions(w, r, g, f)
	}
	return c.Go(w, r, g.Path("/reserved"), "", "")
}

// version is what a form carries to tell whether it is still about the same.
func (g registration) version() string { return strconv.FormatInt(g.Version, 10) }

// now says how the registration stands, for somebody who looked at it earlier.
func (g registration) now(r *http.Request) string {
	l := httpd.From(r.Context()).Locale
	if g.Session != nil {
		return l.T("examinee.changed.session", "when", when(r.Context(), *g.Session))
	}
	return l.T("examinee.changed.state", "state", l.State("registration", g.Shown))
}

// reservedPage is the result of a reservation; later it leads to the
// registration as it stands.
func (c console) reservedPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	if g.Shown != string(exam.SeatReserved) {
		http.Redirect(w, r, g.Path(""), http.StatusSeeOther)
		return nil
	}
	sub, err := c.Store.Subject(r.Context(), g.Registration.Subject)
	if err != nil {
		return err
	}
	p := c.page(w, r, g, "examinee.reserved")
	p.Badge = [2]string{"registration", g.Shown}
	d := seat{registration: g, Subject: sub, To: *g.Session, Late: !c.Now().Before(g.Session.Cutoff(sub))}
	return c.Show(w, r, http.StatusOK, p, reservedContent(d, httpd.From(r.Context()).Identity.Person.Email))
}

func (c console) cancelPage(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	return c.showCancel(w, r, g, "")
}

func (c console) showCancel(w http.ResponseWriter, r *http.Request, g registration, changed string) error {
	sub, err := c.open(r, g)
	if err == nil && g.Session == nil {
		err = exam.ErrNotReserved
	}
	if err != nil {
		return c.refused(w, r, g, sub, err)
	}
	status := http.StatusOK
	if changed != "" {
		status = http.StatusConflict
	}
	p := c.page(w, r, g, "examinee.cancel.title", "when", when(r.Context(), *g.Session))
	p.Error = changed != ""
	turnBack(r, &p, g.Path("/cancel"))
	return c.Show(w, r, status, p, cancelContent(seat{registration: g, Subject: sub, Changed: changed}))
}

func (c console) cancel(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if g.State == exam.Registered && f.Get("version") == strconv.FormatInt(g.Version-1, 10) {
		return c.Go(w, r, g.Path(""), "", "") // the same form a second time
	}
	at := g.Session
	_, err = c.Actions.CancelReservation(r.Context(), httpd.From(r.Context()).Actor(), g.ID, f.Seen())
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		if g, err = c.registration(r); err != nil {
			return err
		}
		return c.showCancel(w, r, g, g.now(r))
	}
	if err != nil {
		sub, _ := c.open(r, g)
		return c.refused(w, r, g, sub, err)
	}
	return c.Go(w, r, g.Path(""), view.Done, "examinee.cancel.done", "when", when(r.Context(), *at))
}

package operator

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// shownLosses is how many people are listed by name.
const shownLosses = 100

// cancelData is what calling a session off would do now.
type cancelData struct {
	sessionData
	People  int
	Next    *exam.Session // the next one they could go to
	Lost    []loss        // whose code ends before it, or has ended
	Ended   int
	Wait    int
	Form    *page.Form
	Confirm view.Confirm
}

// loss is somebody who cannot choose another session as things stand.
type loss struct {
	store.RegistrationRow
	Fate exam.Fate
}

func (c console) readCancel(r *http.Request) (d cancelData, err error) {
	if d.sessionData, err = c.readSession(r); err != nil {
		return d, err
	}
	next, err := c.Store.NextSession(r.Context(), d.S.Session, d.Now)
	switch {
	case err == nil:
		d.Next = &next
	case !errors.Is(err, fault.ErrNotFound):
		return d, err
	}
	for _, g := range d.Roster {
		if g.State != exam.SeatReserved {
			continue
		}
		d.People++
		switch fate := exam.FateOf(g.Registration, next.Starts, d.Now); fate {
		case exam.FateEnded:
			d.Ended++
			d.Lost = append(d.Lost, loss{g, fate})
		case exam.FateWait:
			d.Wait++
			d.Lost = append(d.Lost, loss{g, fate})
		}
	}
	d.Form = page.NewForm()
	return d, nil
}

// cancellable asks the rule whether the session can be cancelled now; a reason
// is for later.
func (d sessionData) cancellable(a exam.Actor) error {
	results := 0
	for _, g := range d.Roster {
		if g.State == exam.Sat {
			results++
		}
	}
	_, _, err := d.S.Session.Cancel(a, "-", d.S.Taken, results, d.Now)
	return err
}

func (c console) askCancelSession(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readCancel(r)
	if err != nil {
		return err
	}
	return c.showCancelSession(w, r, http.StatusOK, d, "")
}

func (c console) showCancelSession(w http.ResponseWriter, r *http.Request, status int, d cancelData, changed string) error {
	if err := d.cancellable(actor(r)); err != nil {
		return err
	}
	when := d.when(r.Context())
	p := c.Page(w, r, pathSessions, t(r, "operator.cancel.question", "when", when))
	p.Narrow, p.Errors = true, d.Form.Errors()
	p.Sub = name(r.Context(), d.S.SubjectName)
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.sessions"), Href: pathSessions}, {Label: when, Href: sessionPath(d.S.ID)}}
	d.Confirm = view.Confirm{
		Changed: changed, Happens: d.happens(r), Told: []string{t(r, "operator.cancel.nobody")},
		Action: sessionPath(d.S.ID) + "/cancel", Verb: t(r, "operator.cancel.verb_empty"),
		Hidden: append(versionField(d.S.Version), view.Pair{Name: "people", Value: strconv.Itoa(d.People)}),
		WayOut: view.Link{Label: t(r, "operator.cancel.way_out"), Href: sessionPath(d.S.ID)},
	}
	if d.People > 0 {
		d.Confirm.Verb = t(r, "operator.cancel.verb", "n", d.People)
		d.Confirm.Told = []string{t(r, "operator.cancel.told", "n", d.People)}
		d.Confirm.Stays = []string{t(r, "operator.cancel.stays")}
	}
	if len(d.Lost) > 0 {
		d.Confirm.Told = append(d.Confirm.Told, t(r, "operator.cancel.companies"))
	}
	return c.Show(w, r, status, p, cancelSessionPage(d))
}

// happens says in numbers what calling the session off does.
func (d cancelData) happens(r *http.Request) []string {
	lines := []string{t(r, "operator.cancel.people", "n", d.People)}
	if d.People > 0 {
		switch {
		case d.Next != nil:
			lines = append(lines, t(r, "operator.cancel.next", "when", lang.From(r.Context()).SessionTime(d.Next.Starts, int(d.Next.Duration/time.Minute), lang.Zone(d.Next.Zone))))
		default:
			lines = append(lines, t(r, "operator.cancel.no_next"))
		}
	}
	if d.Wait > 0 {
		lines = append(lines, t(r, "operator.cancel.wait", "n", d.Wait))
	}
	if d.Ended > 0 {
		lines = append(lines, t(r, "operator.cancel.ended", "n", d.Ended))
	}
	return append(lines, t(r, "operator.cancel.final"))
}

func (d cancelData) reason(ctx context.Context) view.Field {
	return d.Form.Field(view.Field{Name: "reason", Label: view.T(ctx, "operator.reason"), Hint: view.T(ctx, "operator.cancel.reason_hint"), Rows: 3})
}

func (d cancelData) lost(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.cancel.lost"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.examinee")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.code")}, {Label: view.T(ctx, "operator.cancel.valid")},
	}}
	for _, g := range d.Lost[:min(len(d.Lost), shownLosses)] {
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Two(g.Name, g.Email), view.Text(g.AccountName), view.Code(g.CodeTail, ""), view.Until(g.Expires, lang.Zone(g.Zone))}})
	}
	return l
}

func (c console) cancelSession(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	var d cancelData
	changed := ""
	err = c.Once(w, r, form, sessionPath(exam.ParseID[exam.SessionID](r.PathValue("id"))), func(ctx context.Context) (page.Landing, error) {
		var err error
		if d, err = c.readCancel(r); err != nil {
			return page.Landing{}, err
		}
		switch {
		case version(form) != d.S.Version:
			changed = c.changed(r, int64(d.S.ID))
			return page.Landing{}, exam.ErrChangedMeanwhile
		case form.Get("people") != strconv.Itoa(d.People):
			changed = t(r, "operator.cancel.others", "n", d.People)
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		done, err := c.Actions.CancelSession(ctx, actor(r), d.S.ID, form.Text("reason"))
		if err != nil {
			return page.Landing{}, err
		}
		return page.Landing{To: sessionPath(d.S.ID), Kind: view.Done, Text: t(r, "operator.cancel.done", "n", done.People)}, nil
	})
	switch {
	case err == nil || d.S.ID == 0:
		return err
	case errors.Is(err, exam.ErrChangedMeanwhile):
		if d, err = c.readCancel(r); err != nil {
			return err
		}
		d.Form = form
		return c.showCancelSession(w, r, http.StatusConflict, d, changed)
	case fault.Of(err).Kind == fault.Invalid && form.Refuse(r, err):
		d.Form = form
		return c.showCancelSession(w, r, form.Status(), d, "")
	}
	return err
}

// closeSession and reopenSession can be undone, so they ask nothing first.
func (c console) closeSession(w http.ResponseWriter, r *http.Request) error {
	return c.turnSession(w, r, c.Actions.CloseSession, "operator.sessions.closed_done")
}

func (c console) reopenSession(w http.ResponseWriter, r *http.Request) error {
	return c.turnSession(w, r, c.Actions.ReopenSession, "operator.sessions.reopened_done")
}

func (c console) turnSession(w http.ResponseWriter, r *http.Request, do func(context.Context, exam.Actor, exam.SessionID) (exam.Session, error), done string) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := exam.ParseID[exam.SessionID](r.PathValue("id"))
	return c.Once(w, r, form, sessionPath(id), func(ctx context.Context) (page.Landing, error) {
		if _, err := do(ctx, actor(r), id); err != nil {
			return page.Landing{}, err
		}
		return page.Landing{To: sessionPath(id), Kind: view.Done, Text: t(r, done)}, nil
	})
}

package operator

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// sessionRows is how many sessions a page lists.
const sessionRows = 50

type sessionsData struct {
	Past     bool
	Subjects []exam.Subject
	Filter   store.SessionFilter
	Rows     []store.SessionRow
	Pager    view.Pager
}

func sessionPath(id exam.SessionID) string { return pathSessions + "/" + id.String() }

func (c console) sessions(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	d := sessionsData{Past: q.Get("when") == "past"}
	d.Filter = store.SessionFilter{Subject: exam.ParseID[exam.SubjectID](q.Get("subject_id")), Past: d.Past}
	if e := exam.ExamType(q.Get("exam_type")); slices.Contains(exam.ExamTypes, e) {
		d.Filter.ExamType = e
	}
	if d.Past {
		d.Filter.To = c.Now()
	} else {
		d.Filter.From = c.Now()
	}
	var after *exam.Session
	if id := exam.ParseID[exam.SessionID](q.Get("after")); id != 0 {
		if s, err := c.Store.Session(ctx, id); err == nil {
			after = &s
		}
	}
	var err error
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Rows, err = c.Store.Sessions(ctx, d.Filter, after, sessionRows+1); err != nil {
		return err
	}
	if len(d.Rows) > sessionRows {
		d.Rows = d.Rows[:sessionRows]
		d.Pager.Older = page.With(r.URL, "after", d.Rows[sessionRows-1].ID.String())
	}
	if after != nil {
		d.Pager.Start = page.With(r.URL, "after", "")
	}
	p := c.Page(w, r, pathSessions, t(r, "operator.nav.sessions"))
	if len(d.Rows) > 0 || d.Past || d.Filtered() { // an empty list offers it itself
		p.Actions = []view.Verb{{Label: t(r, "operator.sessions.add"), Href: pathSessions + "/new", Icon: "plus", Primary: len(d.Rows) > 0}}
	}
	return c.Show(w, r, http.StatusOK, p, sessionsPage(d))
}

// path is the list's address with its filters, some of them changed.
func (d sessionsData) path(pairs ...string) string {
	all := []string{"subject_id", d.Filter.Subject.String(), "exam_type", string(d.Filter.ExamType)}
	if d.Past {
		all = append(all, "when", "past")
	}
	return at(pathSessions, append(all, pairs...)...)
}

// Filtered tells whether anything narrows the list.
func (d sessionsData) Filtered() bool { return d.Filter.Subject != 0 || d.Filter.ExamType != "" }

func (d sessionsData) tabs(ctx context.Context) []view.Tab {
	return []view.Tab{
		{Label: view.T(ctx, "operator.sessions.upcoming"), Href: d.path("when", ""), Current: !d.Past},
		{Label: view.T(ctx, "operator.sessions.past"), Href: d.path("when", "past"), Current: d.Past},
	}
}

func (d sessionsData) filters(ctx context.Context) view.Filters {
	subjects := view.Choice{Name: "subject_id", Label: view.T(ctx, "operator.subject"), Blank: view.T(ctx, "operator.subjects.every")}
	for _, s := range d.Subjects {
		subjects.Options = append(subjects.Options, view.Option{Value: s.ID.String(), Label: name(ctx, s.Name), Chosen: s.ID == d.Filter.Subject})
	}
	types := view.Choice{Name: "exam_type", Label: view.T(ctx, "operator.exam_type"), Blank: view.T(ctx, "operator.exam_type.every")}
	for _, e := range exam.ExamTypes {
		types.Options = append(types.Options, view.Option{Value: string(e), Label: typeName(ctx, e), Chosen: e == d.Filter.ExamType})
	}
	f := view.Filters{Action: pathSessions, Reset: d.path("subject_id", "", "exam_type", ""), Active: len(d.chips(ctx)),
		Fields: []templ.Component{view.Select(subjects), view.Select(types)}}
	if d.Past {
		f.Hidden = []view.Pair{{Name: "when", Value: "past"}}
	}
	return f
}

func (d sessionsData) chips(ctx context.Context) []view.Chip {
	var chips []view.Chip
	for _, s := range d.Subjects {
		if s.ID == d.Filter.Subject {
			chips = append(chips, view.Chip{Label: view.T(ctx, "operator.sessions.chip_subject", "name", name(ctx, s.Name)), Remove: d.path("subject_id", "")})
		}
	}
	if e := d.Filter.ExamType; e != "" {
		chips = append(chips, view.Chip{Label: view.T(ctx, "operator.sessions.chip_type", "name", typeName(ctx, e)), Remove: d.path("exam_type", "")})
	}
	return chips
}

func (d sessionsData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.sessions"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.sessions.starts")}, {Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.exam_type")},
		{Label: view.T(ctx, "operator.sessions.place")}, {Label: view.T(ctx, "operator.sessions.seats")}, {Label: view.T(ctx, "operator.state")},
	}}
	if d.Past {
		l.Columns = append(l.Columns, view.Column{Label: view.T(ctx, "operator.results.missing"), Num: true})
	}
	for _, s := range d.Rows {
		row := view.Row{Cells: cells{sessionTime(s.Session, sessionPath(s.ID)), view.Text(name(ctx, s.SubjectName)), short(typeName(ctx, s.ExamType)),
			optional(s.Place), seats(s.Session), view.Badge("session", string(s.State()))}}
		if d.Past {
			row.Cells = append(row.Cells, view.Count(int64(s.NoResult)))
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

func (d sessionsData) empty(ctx context.Context) view.Empty {
	add := &view.Link{Label: view.T(ctx, "operator.sessions.add"), Href: pathSessions + "/new"}
	switch {
	case d.Filtered():
		return view.Empty{Icon: "search", Text: view.T(ctx, "operator.sessions.none_match"), Action: &view.Link{Label: view.T(ctx, "list.clear"), Href: d.path("subject_id", "", "exam_type", "")}}
	case d.Past:
		return view.Empty{Icon: "calendar", Text: view.T(ctx, "operator.sessions.none_past")}
	}
	return view.Empty{Icon: "calendar", Text: view.T(ctx, "operator.sessions.none"), Action: add}
}

type sessionForm struct {
	Form     *page.Form
	Subjects []exam.Subject // on sale, and the chosen one
	Zones    []string
	Now      time.Time
}

// newSession starts a form, with the values of ?like= when given.
func (c console) newSession(w http.ResponseWriter, r *http.Request) error {
	form := page.NewForm("exam_type", string(exam.Online), "zone", lang.From(r.Context()).Zone.String(), "duration_minutes", "90", "seats", "20",
		"subject_id", r.URL.Query().Get("subject_id"))
	if id := exam.ParseID[exam.SessionID](r.URL.Query().Get("like")); id != 0 {
		s, err := c.Store.Session(r.Context(), id)
		if err != nil {
			return err
		}
		form = page.NewForm("subject_id", s.Subject.String(), "exam_type", string(s.ExamType), "zone", s.Zone, "place", s.Place,
			"duration_minutes", strconv.Itoa(int(s.Duration/time.Minute)), "seats", strconv.Itoa(s.Seats), "starts_at", s.Starts.In(lang.Zone(s.Zone)).Format(nativeTime))
	}
	return c.showSessionForm(w, r, http.StatusOK, form)
}

func (c console) showSessionForm(w http.ResponseWriter, r *http.Request, status int, form *page.Form) error {
	p := c.Page(w, r, pathSessions, t(r, "operator.sessions.add"))
	p.Narrow, p.Errors = true, form.Errors()
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.sessions"), Href: pathSessions}}
	d := sessionForm{Form: form, Zones: zones, Now: c.Now()}
	subjects, err := c.Store.Subjects(r.Context())
	if err != nil {
		return err
	}
	d.Subjects = subjects
	if z := form.Get("zone"); exam.KnownZone(z) && !slices.Contains(zones, z) {
		d.Zones = append([]string{z}, zones...)
	}
	return c.Show(w, r, status, p, sessionFormPage(d))
}

func (d sessionForm) subjects(ctx context.Context) view.Choice {
	c := view.Choice{Name: "subject_id", Label: view.T(ctx, "operator.subject"), Blank: view.T(ctx, "form.choose")}
	for _, s := range d.Subjects {
		c.Options = append(c.Options, view.Option{Value: s.ID.String(), Label: name(ctx, s.Name)})
	}
	return d.Form.Choice(c)
}

func (d sessionForm) zones(ctx context.Context) view.Choice {
	c := view.Choice{Name: "zone", Label: view.T(ctx, "operator.sessions.zone")}
	for _, z := range d.Zones {
		c.Options = append(c.Options, view.Option{Value: z, Label: lang.From(ctx).ZoneName(lang.Zone(z))})
	}
	return d.Form.Choice(c)
}

func (d sessionForm) starts(ctx context.Context) view.Field {
	f := d.Form.Field(view.Field{Name: "starts_at", Label: view.T(ctx, "operator.sessions.starts"), Hint: view.T(ctx, "operator.sessions.starts_hint"), Autocomplete: "off"})
	if isNative(f.Value) {
		f.Type = "datetime-local"
	}
	return f
}

func (c console) addSession(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	n := exam.Session{Subject: exam.ParseID[exam.SubjectID](form.Get("subject_id")), ExamType: exam.ExamType(form.Get("exam_type")),
		Zone: form.Get("zone"), Place: form.Text("place")}
	minutes, _ := form.Int("duration_minutes")
	n.Duration = time.Duration(max(0, min(minutes, 1<<20))) * time.Minute
	n.Seats, _ = form.Int("seats")
	starts, unread := readTime(form.Get("starts_at"), lang.Zone(n.Zone))
	if n.Starts = starts; unread != nil {
		err = c.refuseTime(r, n, unread)
	} else {
		n, err = c.Actions.AddSession(r.Context(), actor(r), n)
	}
	if err == nil {
		return c.Go(w, r, sessionPath(n.ID), view.Done, "operator.sessions.added", "when", lang.From(r.Context()).SessionTime(n.Starts, int(n.Duration/time.Minute), lang.Zone(n.Zone)))
	}
	if form.Refuse(r, err) {
		return c.showSessionForm(w, r, form.Status(), form)
	}
	return err
}

// refuseTime names the start that cannot be read together with all else that
// is refused about a session.
func (c console) refuseTime(r *http.Request, n exam.Session, unread error) error {
	var check fault.Check
	sub, err := c.Store.Subject(r.Context(), n.Subject)
	if err != nil {
		if fault.Of(err).Kind != fault.NotFound {
			return err
		}
		check.Add("subject_id", exam.ErrSubjectUnknown)
		check.Add("starts_at", unread)
		return check.Err()
	}
	check.Add("starts_at", unread)
	n.Starts = c.Now().AddDate(0, 0, 1)
	if _, _, err := exam.AddSession(actor(r), n, sub, c.Now()); err != nil {
		for _, f := range fault.Of(err).Fields {
			check.AddField(f)
		}
	}
	return check.Err()
}

type sessionData struct {
	S      store.SessionRow
	Roster []store.RegistrationRow
	Now    time.Time
	timeline
}

func (c console) readSession(r *http.Request) (d sessionData, err error) {
	id := exam.ParseID[exam.SessionID](r.PathValue("id"))
	if d.S, err = c.Store.SessionRow(r.Context(), id); err != nil {
		return d, err
	}
	d.Now = c.Now()
	d.Roster, err = c.Store.Roster(r.Context(), id)
	return d, err
}

func (c console) session(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readSession(r)
	if err != nil {
		return err
	}
	if d.timeline, err = c.timeline(r, int64(d.S.ID)); err != nil {
		return err
	}
	l := lang.From(r.Context())
	p := c.Page(w, r, pathSessions, l.SessionTime(d.S.Starts, int(d.S.Duration/time.Minute), lang.Zone(d.S.Zone)))
	p.Sub = name(r.Context(), d.S.SubjectName)
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.sessions"), Href: pathSessions}}
	if d.Begun() && d.S.NoResult > 0 {
		p.Actions = append(p.Actions, view.Verb{Label: t(r, "operator.results.record"), Href: resultPath(d.S.ID), Primary: true})
	}
	if d.S.State() != exam.SessionOpen {
		p.Badge = [2]string{"session", string(d.S.State())}
	}
	if d.cancellable(actor(r)) == nil {
		p.Actions = append(p.Actions, view.Verb{Label: t(r, "operator.cancel"), Href: sessionPath(d.S.ID) + "/cancel"})
	}
	p.Actions = append(p.Actions, view.Verb{Label: t(r, "operator.sessions.like"), Href: at(pathSessions+"/new", "like", d.S.ID.String())})
	return c.Show(w, r, http.StatusOK, p, sessionPage(d))
}

// Begun tells whether results can be recorded.
func (d sessionData) Begun() bool { return !d.Now.Before(d.S.Starts) }

// when is the session's day and hours in its own zone.
func (d sessionData) when(ctx context.Context) string { return hoursOf(ctx, d.S.Session) }

func hoursOf(ctx context.Context, s exam.Session) string {
	return lang.From(ctx).SessionTime(s.Starts, int(s.Duration/time.Minute), lang.Zone(s.Zone))
}

// turn is the verb that opens or closes the session for reservations; "" when
// there is none.
func (d sessionData) turn() string {
	switch {
	case d.Begun() || d.S.State() == exam.SessionCancelled:
		return ""
	case d.S.State() == exam.SessionClosed:
		return "reopen"
	}
	return "close"
}

func (d sessionData) facts(ctx context.Context) []view.Fact {
	s := d.S
	facts := []view.Fact{
		{Label: view.T(ctx, "operator.state"), Value: view.Badge("session", string(s.State()))},
		{Label: view.T(ctx, "operator.sessions.starts"), Value: sessionTime(s.Session, "")},
		{Label: view.T(ctx, "operator.sessions.minutes"), Value: view.Count(int64(s.Duration / time.Minute))},
		{Label: view.T(ctx, "operator.subject"), Value: view.Anchor(view.Link{Label: name(ctx, s.SubjectName), Href: subjectPath(s.Subject)})},
		{Label: view.T(ctx, "operator.exam_type"), Value: view.Text(typeName(ctx, s.ExamType))},
		{Label: view.T(ctx, "operator.sessions.place"), Value: optional(s.Place)},
		{Label: view.T(ctx, "operator.sessions.seats"), Value: seats(s.Session)},
	}
	if s.State() == exam.SessionCancelled {
		facts = append(facts, view.Fact{Label: view.T(ctx, "operator.cancel.at"), Value: view.Past(s.Cancelled, nil)}, view.Fact{Label: view.T(ctx, "operator.reason"), Value: view.Text(s.Why)})
	}
	return facts
}

func (d sessionData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.sessions.roster"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.examinee")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.code")},
		{Label: view.T(ctx, "operator.attempt")}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.result")}, {Label: view.T(ctx, "operator.score"), Num: true},
	}}
	for _, g := range d.Roster {
		var result, points templ.Component
		if g.Result != nil {
			result, points = view.Badge("result", string(g.Result.Outcome)), score(g.Result)
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Two(g.Name, g.Email), view.Text(g.AccountName), view.Code(g.CodeTail, ""),
			view.Text(attemptName(ctx, g.Attempt)), view.Badge("registration", g.Registration.Shown(&d.S.Session, d.Now)), result, points}})
	}
	return l
}

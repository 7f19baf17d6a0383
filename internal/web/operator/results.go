package operator

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// recentSessions is how many sessions with all their results are listed.
const recentSessions = 20

type resultsData struct {
	Missing []store.SessionRow // the longest over first
	Total   int                // of them all
	Done    []store.SessionRow // latest first
}

func resultPath(id exam.SessionID) string { return pathResults + "/" + id.String() }

func (c console) results(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), c.Now()
	var d resultsData
	waits, err := c.Store.Work(ctx, now)
	if err != nil {
		return err
	}
	d.Total = waits.Results.Count
	if d.Missing, err = c.Store.SessionsLackingResults(ctx, now, mostWaiting); err != nil {
		return err
	}
	begun, err := c.Store.Sessions(ctx, store.SessionFilter{To: now, Past: true}, nil, 5*recentSessions)
	if err != nil {
		return err
	}
	for _, s := range begun {
		if s.NoResult == 0 && s.Taken > 0 && len(d.Done) < recentSessions {
			d.Done = append(d.Done, s)
		}
	}
	p := c.Page(w, r, pathResults, t(r, "operator.nav.results"))
	p.Actions = []view.Verb{{Label: t(r, "operator.import"), Href: pathImport, Icon: "upload"}}
	return c.Show(w, r, http.StatusOK, p, resultsPage(d))
}

func resultListing(ctx context.Context, caption string, rows []store.SessionRow) view.Listing {
	l := view.Listing{Caption: caption, Columns: []view.Column{
		{Label: view.T(ctx, "operator.session")}, {Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.exam_type")},
		{Label: view.T(ctx, "operator.sessions.place")}, {Label: view.T(ctx, "operator.results.people"), Num: true}, {Label: view.T(ctx, "operator.results.missing"), Num: true},
	}}
	for _, s := range rows {
		l.Rows = append(l.Rows, view.Row{Cells: cells{sessionTime(s.Session, resultPath(s.ID)), view.Text(name(ctx, s.SubjectName)), short(typeName(ctx, s.ExamType)),
			optional(s.Place), view.Count(int64(s.Taken)), view.Count(int64(s.NoResult))}})
	}
	return l
}

// Names of a row's fields: these and the registration's id.
const (
	outcomeField = "outcome-"
	scoreField   = "score-"
)

type rosterData struct {
	sessionData
	PassMark int
	GiveBack bool // a no-show returns the code
	Form     *page.Form
	Refused  map[exam.RegistrationID]string
}

func (c console) readRoster(r *http.Request) (d rosterData, err error) {
	if d.sessionData, err = c.readSession(r); err != nil {
		return d, err
	}
	sub, err := c.Store.Subject(r.Context(), d.S.Subject)
	d.PassMark, d.GiveBack, d.Form = sub.PassMark, sub.NoShow == exam.GivenBack, page.NewForm()
	return d, err
}

func (c console) roster(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readRoster(r)
	if err != nil {
		return err
	}
	return c.showRoster(w, r, http.StatusOK, d, nil, nil)
}

func (c console) showRoster(w http.ResponseWriter, r *http.Request, status int, d rosterData, errors []view.FieldError, notice *view.Notice) error {
	when := lang.From(r.Context()).SessionTime(d.S.Starts, int(d.S.Duration/time.Minute), lang.Zone(d.S.Zone))
	p := c.Page(w, r, pathResults, t(r, "operator.results.of", "when", when))
	p.Sub, p.Errors = name(r.Context(), d.S.SubjectName), errors
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.results"), Href: pathResults}}
	p.Actions = []view.Verb{{Label: t(r, "operator.results.session"), Href: sessionPath(d.S.ID)}}
	if d.AnyOpen() {
		p.Actions = append(p.Actions, view.Verb{Label: t(r, "operator.import"), Href: importOf(d.S.ID), Icon: "upload"})
	}
	if notice != nil {
		p.Notice = notice
	}
	return c.Show(w, r, status, p, rosterPage(d))
}

// Open tells whether a row still waits for its result.
func (d rosterData) Open(g store.RegistrationRow) bool {
	return g.State == exam.SeatReserved && d.Begun()
}

// AnyOpen tells whether there is anything to record.
func (d rosterData) AnyOpen() bool {
	for _, g := range d.Roster {
		if d.Open(g) {
			return true
		}
	}
	return false
}

func (d rosterData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.sessions.roster"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.examinee")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.code")},
		{Label: view.T(ctx, "operator.result")}, {Label: view.T(ctx, "operator.score")}, {Label: view.T(ctx, "list.actions")},
	}}
	for _, g := range d.Roster {
		row := cells{view.Two(g.Name, g.Email), view.Text(g.AccountName), view.Code(g.CodeTail, "")}
		switch {
		case d.Open(g):
			id := g.ID.String()
			row = append(row, outcomeCell(d.outcome(ctx, g)), scoreCell(scoreField+id, view.T(ctx, "operator.score_of", "name", g.Name), d.Form.Get(scoreField+id), d.Refused[g.ID] != "", outcomeField+id),
				recordCell(id, g.Name))
		case g.Result != nil:
			row = append(row, view.Badge("result", string(g.Result.Outcome)), score(g.Result), correctLink(correctionPath(g.ID), g.Name))
		default:
			row = append(row, view.Badge("registration", g.Registration.Shown(&d.S.Session, d.Now)), nil, nil)
		}
		l.Rows = append(l.Rows, view.Row{Name: g.Name, Cells: row})
	}
	return l
}

func score(n *exam.Result) templ.Component {
	if n.Score == nil {
		return nil
	}
	return view.Count(int64(*n.Score))
}

func (d rosterData) outcome(ctx context.Context, g store.RegistrationRow) view.Choice {
	field := outcomeField + g.ID.String()
	c := view.Choice{Name: field, Label: view.T(ctx, "operator.result_of", "name", g.Name), Error: d.Refused[g.ID]}
	for _, o := range []exam.Outcome{exam.Passed, exam.Failed, exam.Absent} {
		c.Options = append(c.Options, view.Option{Value: string(o), Label: lang.From(ctx).State("result", string(o)), Chosen: d.Form.Get(field) == string(o)})
	}
	return c
}

// typedResults reads the filled rows of a roster, or the one row that only
// names. A score that is no number is refused by the range of scores.
func typedResults(f *page.Form, roster []store.RegistrationRow) (filled []exam.Result, strange int) {
	only, known := f.Get("only"), map[string]bool{}
	for _, g := range roster {
		id := g.ID.String()
		known[id] = true
		outcome, typed := f.Get(outcomeField+id), f.Text(scoreField+id)
		if (only != "" && only != id) || (outcome == "" && typed == "" && only == "") {
			continue
		}
		n := exam.Result{Registration: g.ID, Outcome: exam.Outcome(outcome)}
		if typed != "" {
			score, ok := f.Int(scoreField + id)
			if !ok {
				score = -1
			}
			n.Score = &score
		}
		filled = append(filled, n)
	}
	for field, values := range f.Values {
		id, is := strings.CutPrefix(field, outcomeField)
		if is && !known[id] && values[0] != "" && (only == "" || only == id) {
			strange++
		}
	}
	return filled, strange
}

// typedRest tells whether the form still holds what is not recorded.
func typedRest(f *page.Form) bool {
	for field, values := range f.Values {
		if (strings.HasPrefix(field, outcomeField) || strings.HasPrefix(field, scoreField)) && strings.TrimSpace(values[0]) != "" {
			return true
		}
	}
	return false
}

func (c console) record(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readRoster(r)
	if err != nil {
		return err
	}
	filled, strange := typedResults(form, d.Roster)
	if len(filled)+strange == 0 {
		d.Form = form
		return c.showRoster(w, r, http.StatusUnprocessableEntity, d, []view.FieldError{{Text: t(r, "operator.results.nothing")}}, nil)
	}
	names := map[exam.RegistrationID]string{}
	for _, g := range d.Roster {
		names[g.ID] = g.Name
	}
	l := lang.From(r.Context())
	done, refused := 0, map[exam.RegistrationID]string{}
	var errors []view.FieldError
	for len(filled) > 0 {
		part := filled[:min(len(filled), action.MaxBatch)]
		filled = filled[len(part):]
		outcomes, err := c.Actions.RecordResults(r.Context(), actor(r), part)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Err == nil {
				done++
				form.Del(outcomeField + o.ID.String())
				form.Del(scoreField + o.ID.String())
				continue
			}
			refused[o.ID] = l.Fault(fault.Of(o.Err))
			errors = append(errors, view.FieldError{Name: outcomeField + o.ID.String(), Text: t(r, "operator.results.refused", "name", names[o.ID], "why", refused[o.ID])})
		}
	}
	if strange > 0 {
		errors = append(errors, view.FieldError{Text: t(r, "operator.results.gone", "n", strange)})
	}
	rest := typedRest(form)
	if len(errors) == 0 && !rest {
		return c.Go(w, r, resultPath(d.S.ID), view.Done, "operator.results.recorded", "n", done)
	}
	if d, err = c.readRoster(r); err != nil {
		return err
	}
	d.Form, d.Refused = form, refused
	if len(errors) == 0 { // one row is done; what was typed in the others stays
		return c.showRoster(w, r, http.StatusOK, d, nil, &view.Notice{Kind: view.Done, Text: t(r, "operator.results.recorded", "n", done)})
	}
	var notice *view.Notice
	if done > 0 {
		notice = &view.Notice{Kind: view.Attention, Text: t(r, "operator.results.some", "n", done)}
	}
	return c.showRoster(w, r, http.StatusUnprocessableEntity, d, errors, notice)
}

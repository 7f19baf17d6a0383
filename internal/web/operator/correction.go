package operator

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const pathCorrections = "/operator/corrections"

func correctionPath(id exam.RegistrationID) string { return pathCorrections + "/" + id.String() }

// correction is a recorded result that is to be changed.
type correction struct {
	G       store.RegistrationRow
	Subject exam.Subject
	Now     store.ResultVersion
	Earlier []store.ResultVersion
	To      exam.Result
	Form    *page.Form
	Confirm view.Confirm
}

func (c console) readCorrection(r *http.Request) (d correction, err error) {
	ctx := r.Context()
	if d.G, err = c.Store.AnyRegistration(ctx, exam.ParseID[exam.RegistrationID](r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.Now, err = c.Store.Result(ctx, d.G.ID); err != nil {
		return d, err
	}
	if d.Earlier, err = c.Store.ResultVersions(ctx, d.G.ID); err != nil {
		return d, err
	}
	d.Subject, err = c.Store.Subject(ctx, d.G.Registration.Subject)
	d.Form = page.NewForm("outcome", string(d.Now.Outcome))
	if d.Now.Score != nil {
		d.Form.Set("score", strconv.Itoa(*d.Now.Score))
	}
	return d, err
}

// read takes in what was typed; a score that is no number is refused by the
// range of scores.
func (d *correction) read(f *page.Form) {
	d.Form, d.To = f, exam.Result{Registration: d.G.ID, Outcome: exam.Outcome(f.Get("outcome"))}
	if f.Text("score") != "" {
		score, ok := f.Int("score")
		if !ok {
			score = -1
		}
		d.To.Score = &score
	}
}

func (c console) correctionPage(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readCorrection(r)
	if err != nil {
		return err
	}
	return c.showCorrection(w, r, d, "")
}

func (c console) showCorrection(w http.ResponseWriter, r *http.Request, d correction, changed string) error {
	p := c.correctionFrame(w, r, d, t(r, "operator.correct.title", "name", d.G.Name))
	p.Errors = d.Form.Errors()
	status := d.Form.Status()
	if changed != "" {
		status, p.Notice = http.StatusConflict, &view.Notice{Kind: view.Attention, Text: t(r, "confirm.changed", "what", changed)}
	}
	return c.Show(w, r, status, p, correctionFormPage(d))
}

func (c console) correctionFrame(w http.ResponseWriter, r *http.Request, d correction, title string) view.Page {
	p := c.Page(w, r, pathResults, title)
	p.Narrow, p.Sub = true, name(r.Context(), d.G.SubjectName)
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.results"), Href: pathResults}}
	if d.G.Session != nil {
		p.Breadcrumb = append(p.Breadcrumb, view.Link{Label: hoursOf(r.Context(), *d.G.Session), Href: resultPath(d.G.Session.ID)})
	}
	return p
}

// checkCorrection shows what the correction will do; it changes nothing.
func (c console) checkCorrection(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readCorrection(r)
	if err != nil {
		return err
	}
	d.read(form)
	code := exam.Code{ID: d.G.Code, State: exam.Completed, Expires: d.G.Expires}
	_, _, _, kept, _, err := d.G.CorrectResult(actor(r), code, &d.Now.Result, d.G.Session, d.Subject, d.To, form.Text("reason"), c.Now())
	if err != nil {
		if !form.Refuse(r, err) {
			return err
		}
		return c.showCorrection(w, r, d, "")
	}
	l := lang.From(r.Context())
	title := t(r, "operator.correct.question", "name", d.G.Name, "from", resultWords(l, d.Now.Result), "to", resultWords(l, d.To))
	p := c.correctionFrame(w, r, d, title)
	p.Back = correctionPath(d.G.ID)
	d.Confirm = view.Confirm{
		Happens: []string{t(r, "operator.correct.replaces"), t(r, "operator.correct.statistics")},
		Stays:   []string{t(r, "operator.correct.kept", "who", actor(r).Name)},
		Told:    []string{t(r, "operator.correct.told", "name", d.G.Name, "company", d.G.AccountName)},
		Action:  correctionPath(d.G.ID), Verb: t(r, "operator.correct.verb"),
		WayOut: view.Link{Label: t(r, "operator.correct.way_out"), Href: correctionPath(d.G.ID)},
		Hidden: []view.Pair{{Name: "version", Value: strconv.FormatInt(d.Now.Version, 10)}, {Name: "outcome", Value: form.Get("outcome")},
			{Name: "score", Value: form.Text("score")}, {Name: "reason", Value: form.Text("reason")}, page.NewOnce()},
	}
	if !kept {
		d.Confirm.Happens = append(d.Confirm.Happens, t(r, "operator.correct.back"))
	}
	return c.Show(w, r, http.StatusOK, p, correctionCheckPage(d))
}

// resultWords is a result in a few words: "Failed 58".
func resultWords(l lang.Locale, n exam.Result) string {
	if n.Score == nil {
		return l.State("result", string(n.Outcome))
	}
	return l.T("operator.correct.words", "outcome", l.State("result", string(n.Outcome)), "score", l.Number(int64(*n.Score)))
}

func (c console) correct(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	var d correction
	err = c.Once(w, r, form, r.URL.Path, func(ctx context.Context) (page.Landing, error) {
		var err error
		if d, err = c.readCorrection(r); err != nil {
			return page.Landing{}, err
		}
		d.read(form)
		if version(form) != d.Now.Version {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		done, err := c.Actions.CorrectResult(ctx, actor(r), d.To, form.Text("reason"))
		if err != nil {
			return page.Landing{}, err
		}
		to := pathResults
		if d.G.Session != nil {
			to = resultPath(d.G.Session.ID)
		}
		return page.Landing{To: to, Kind: view.Done, Text: t(r, "operator.correct.done", "name", d.G.Name, "to", resultWords(lang.From(r.Context()), done))}, nil
	})
	switch {
	case err == nil || d.G.ID == 0:
		return err
	case errors.Is(err, exam.ErrChangedMeanwhile):
		fresh, err := c.readCorrection(r)
		if err != nil {
			return err
		}
		fresh.Form = form
		return c.showCorrection(w, r, fresh, t(r, "operator.correct.changed", "who", fresh.Now.By, "to", resultWords(lang.From(r.Context()), fresh.Now.Result)))
	case fault.Of(err).Kind != fault.NotFound && form.Refuse(r, err):
		return c.showCorrection(w, r, d, "")
	}
	return err
}

func (d correction) outcomes(ctx context.Context) view.Choice {
	choice := view.Choice{Name: "outcome", Label: view.T(ctx, "operator.result")}
	for _, o := range []exam.Outcome{exam.Passed, exam.Failed, exam.Absent} {
		choice.Options = append(choice.Options, view.Option{Value: string(o), Label: lang.From(ctx).State("result", string(o))})
	}
	return d.Form.Choice(choice)
}

func (d correction) score(ctx context.Context) view.Field {
	return d.Form.Field(view.Field{Name: "score", Label: view.T(ctx, "operator.score"), Hint: view.T(ctx, "operator.results.pass_mark", "mark", d.Subject.PassMark),
		InputMode: "numeric", Short: true, Optional: true, Autocomplete: "off"})
}

func (d correction) reason(ctx context.Context) view.Field {
	return d.Form.Field(view.Field{Name: "reason", Label: view.T(ctx, "operator.reason"), Hint: view.T(ctx, "operator.correct.reason_hint"), Rows: 3})
}

func (d correction) facts(ctx context.Context) []view.Fact {
	facts := []view.Fact{{Label: view.T(ctx, "operator.examinee"), Value: view.Two(d.G.Name, d.G.Email)}, {Label: view.T(ctx, "operator.company"), Value: view.Text(d.G.AccountName)},
		{Label: view.T(ctx, "operator.code"), Value: view.Code(d.G.CodeTail, "")}}
	if d.G.Session != nil {
		facts = append(facts, view.Fact{Label: view.T(ctx, "operator.session"), Value: sessionTime(*d.G.Session, resultPath(d.G.Session.ID))})
	}
	return facts
}

// versions lists the result as it is and as it was, newest first.
func (d correction) versions(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.correct.versions"), Columns: []view.Column{{Label: view.T(ctx, "operator.result")}, {Label: view.T(ctx, "operator.score"), Num: true},
		{Label: view.T(ctx, "operator.correct.recorded")}, {Label: view.T(ctx, "operator.correct.by")}, {Label: view.T(ctx, "operator.reason")}}}
	for _, v := range append([]store.ResultVersion{d.Now}, d.Earlier...) {
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Badge("result", string(v.Outcome)), score(&v.Result), view.Past(v.Recorded, nil), view.Text(v.By), optional(v.Why)}})
	}
	return l
}

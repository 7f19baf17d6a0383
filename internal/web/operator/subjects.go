package operator

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/money"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

type subjectsData struct {
	Subjects []exam.Subject
	Now      time.Time
	MayAdd   bool
}

func subjectPath(id exam.SubjectID) string { return pathSubjects + "/" + id.String() }

func (c console) subjects(w http.ResponseWriter, r *http.Request) error {
	all, err := c.Store.Subjects(r.Context())
	if err != nil {
		return err
	}
	d := subjectsData{Subjects: all, Now: c.Now(), MayAdd: actor(r).Staff(exam.Admin)}
	p := c.Page(w, r, pathSubjects, t(r, "operator.nav.subjects"))
	p.Count = number(r.Context(), len(all))
	if d.MayAdd && len(all) > 0 {
		p.Actions = []view.Verb{{Label: t(r, "operator.subjects.add"), Href: pathSubjects + "/new", Icon: "plus", Primary: true}}
	}
	return c.Show(w, r, http.StatusOK, p, subjectsPage(d))
}

func (d subjectsData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.subjects"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.subject")}, {Label: view.T(ctx, "operator.subjects.code")}, {Label: view.T(ctx, "operator.subjects.price"), Num: true},
		{Label: view.T(ctx, "operator.exam_types")}, {Label: view.T(ctx, "operator.subjects.cutoff")}, {Label: view.T(ctx, "operator.subjects.no_show")},
		{Label: view.T(ctx, "operator.subjects.on_sale")},
	}}
	for _, s := range d.Subjects {
		l.Rows = append(l.Rows, view.Row{Cells: cells{linked(name(ctx, s.Name), subjectPath(s.ID), otherName(ctx, s.Name)), view.Mono(s.Code, ""), view.Price(s.Price),
			typeLines(s), view.Text(hours(ctx, s.CancelCutoff)), short(view.T(ctx, "operator.no_show."+string(s.NoShow))), view.Text(saleState(ctx, s, d.Now))}})
	}
	return l
}

// otherName is a subject's name in the language the reader does not read.
func otherName(ctx context.Context, n exam.Names) string {
	if lang.From(ctx).Lang == lang.ZH {
		return n.EN
	}
	return n.ZH
}

func typeNames(ctx context.Context, s exam.Subject) string {
	words := make([]string, len(s.ExamTypes))
	for i, e := range s.ExamTypes {
		words[i] = typeName(ctx, e)
	}
	return lang.From(ctx).List(words)
}

func hours(ctx context.Context, d time.Duration) string {
	return view.T(ctx, "operator.hours", "n", int(d/time.Hour))
}

func saleState(ctx context.Context, s exam.Subject, now time.Time) string {
	switch {
	case s.RetiredBy(now):
		return view.T(ctx, "operator.subjects.retired_on", "date", lang.From(ctx).Day(s.Retired, lang.From(ctx).Zone))
	case !s.Retired.IsZero():
		return view.T(ctx, "operator.subjects.retires_on", "date", lang.From(ctx).Day(s.Retired, lang.From(ctx).Zone))
	}
	return view.T(ctx, "operator.subjects.selling")
}

type subjectData struct {
	S      exam.Subject
	Sold   int64
	Now    time.Time
	Admin  bool
	Places bool // the reader sees sessions
	timeline
}

func (c console) readSubject(r *http.Request) (d subjectData, err error) {
	if d.S, err = c.Store.Subject(r.Context(), exam.ParseID[exam.SubjectID](r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.Sold, err = c.Store.CodesSold(r.Context(), d.S.ID); err != nil {
		return d, err
	}
	d.Now, d.Admin, d.Places = c.Now(), actor(r).Staff(exam.Admin), actor(r).Staff(exam.Results)
	d.timeline, err = c.timeline(r, int64(d.S.ID))
	return d, err
}

func (c console) subject(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readSubject(r)
	if err != nil {
		return err
	}
	return c.showSubject(w, r, http.StatusOK, d, nil)
}

func (c console) showSubject(w http.ResponseWriter, r *http.Request, status int, d subjectData, notice *view.Notice) error {
	p := c.Page(w, r, pathSubjects, name(r.Context(), d.S.Name))
	p.Sub = saleState(r.Context(), d.S, d.Now)
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.subjects"), Href: pathSubjects}}
	if d.Admin {
		p.Actions = []view.Verb{{Label: t(r, "operator.subjects.edit"), Href: subjectPath(d.S.ID) + "/edit", Primary: true}}
	}
	if notice != nil {
		p.Notice = notice
	}
	return c.Show(w, r, status, p, subjectPage(d))
}

func (d subjectData) facts(ctx context.Context) []view.Fact {
	s := d.S
	f := []view.Fact{
		{Label: view.T(ctx, "operator.subjects.code"), Value: view.Mono(s.Code, "")},
		{Label: view.T(ctx, "operator.subjects.name_en"), Value: view.Text(s.Name.EN)},
		{Label: view.T(ctx, "operator.subjects.name_zh"), Value: view.Text(s.Name.ZH)},
		{Label: view.T(ctx, "operator.subjects.about_en"), Value: optional(s.About.EN)},
		{Label: view.T(ctx, "operator.subjects.about_zh"), Value: optional(s.About.ZH)},
		{Label: view.T(ctx, "operator.subjects.price"), Value: view.Price(s.Price)},
		{Label: view.T(ctx, "operator.exam_types"), Value: view.Text(typeNames(ctx, s))},
		{Label: view.T(ctx, "operator.subjects.cutoff"), Value: view.Text(hours(ctx, s.CancelCutoff))},
		{Label: view.T(ctx, "operator.subjects.no_show"), Value: view.Text(view.T(ctx, "operator.no_show."+string(s.NoShow)))},
		{Label: view.T(ctx, "operator.subjects.pass_mark"), Value: view.Count(int64(s.PassMark))},
		{Label: view.T(ctx, "operator.subjects.max_quantity"), Value: view.Count(int64(s.Ceiling()))},
		{Label: view.T(ctx, "operator.subjects.sold"), Value: view.Count(d.Sold)},
	}
	if d.Places {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.nav.sessions"), Value: view.Anchor(view.Link{Label: view.T(ctx, "operator.subjects.see_sessions"), Href: at(pathSessions, "subject_id", s.ID.String())})})
	}
	return f
}

// optional is a text, or the empty cell.
func optional(s string) templ.Component {
	if s == "" {
		return nil
	}
	return view.Text(s)
}

func (d subjectData) verbs(ctx context.Context) []view.Verb {
	edit := view.Verb{Label: view.T(ctx, "operator.subjects.edit"), Why: view.T(ctx, "operator.subjects.admins_only")}
	retire := view.Verb{Label: view.T(ctx, "operator.subjects.retire"), Why: view.T(ctx, "operator.subjects.admins_only")}
	if d.Admin {
		edit.Href, edit.About = subjectPath(d.S.ID)+"/edit", view.T(ctx, "operator.subjects.edit_about")
		retire.Href, retire.About = subjectPath(d.S.ID)+"/retire", view.T(ctx, "operator.subjects.retire_about")
	}
	if d.S.RetiredBy(d.Now) {
		retire.Href, retire.Why = "", view.T(ctx, "operator.subjects.retired_already")
	}
	return []view.Verb{edit, retire}
}

type subjectForm struct {
	Form    *page.Form
	Action  string
	Hidden  []view.Pair
	Sold    int64
	New     bool
	Back    string
	Present []view.Fact // what a colleague saved meanwhile, where it differs
}

func (c console) newSubject(w http.ResponseWriter, r *http.Request) error {
	return c.showSubjectForm(w, r, http.StatusOK, subjectForm{New: true, Action: pathSubjects, Back: pathSubjects,
		Form: page.NewForm("currency", "USD", "cancel_cutoff_hours", "24", "no_show", string(exam.Forfeit), "pass_mark", "60")}, nil)
}

func (c console) showSubjectForm(w http.ResponseWriter, r *http.Request, status int, d subjectForm, old *exam.Subject) error {
	title := t(r, "operator.subjects.add")
	crumbs := []view.Link{{Label: t(r, "operator.nav.subjects"), Href: pathSubjects}}
	if old != nil {
		title = t(r, "operator.subjects.edit_title", "name", name(r.Context(), old.Name))
		crumbs = append(crumbs, view.Link{Label: name(r.Context(), old.Name), Href: subjectPath(old.ID)})
	}
	p := c.Page(w, r, pathSubjects, title)
	p.Narrow, p.Errors, p.Breadcrumb = true, d.Form.Errors(), crumbs
	if status == http.StatusConflict {
		p.Notice = c.changedNotice(r, int64(old.ID))
	}
	return c.Show(w, r, status, p, subjectFormPage(d))
}

// typedSubject reads the form. What cannot be read becomes a value that the
// subject's own check refuses.
func typedSubject(f *page.Form) exam.Subject {
	s := exam.Subject{Code: strings.ToUpper(f.Text("code")), Name: exam.Names{EN: f.Text("name_en"), ZH: f.Text("name_zh")},
		About: exam.Names{EN: f.Text("about_en"), ZH: f.Text("about_zh")}, NoShow: exam.NoShow(f.Get("no_show"))}
	currency := strings.ToUpper(f.Text("currency"))
	s.Price, _ = money.Parse(typedAmount(f.Get("price"), currency), currency)
	for _, e := range f.Values["exam_types"] {
		s.ExamTypes = append(s.ExamTypes, exam.ExamType(e))
	}
	whole := func(field string) int {
		if n, ok := f.Int(field); ok {
			return n
		}
		return -1
	}
	s.CancelCutoff = time.Duration(min(whole("cancel_cutoff_hours"), 1<<20)) * time.Hour
	s.PassMark = whole("pass_mark")
	if f.Text("max_quantity") != "" {
		s.MaxQuantity = whole("max_quantity")
	}
	return s
}

func (c console) addSubject(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	s, err := c.Actions.AddSubject(r.Context(), actor(r), typedSubject(form))
	if err == nil {
		return c.Go(w, r, subjectPath(s.ID), view.Done, "operator.subjects.added", "name", name(r.Context(), s.Name))
	}
	if form.Refuse(r, err) {
		return c.showSubjectForm(w, r, form.Status(), subjectForm{New: true, Action: pathSubjects, Back: pathSubjects, Form: form}, nil)
	}
	return err
}

// editForm is the form with a subject's present values, or with those typed.
func (d subjectData) editForm(form *page.Form) subjectForm {
	s := d.S
	if form == nil {
		form = page.NewForm("code", s.Code, "name_en", s.Name.EN, "name_zh", s.Name.ZH, "about_en", s.About.EN, "about_zh", s.About.ZH,
			"price", s.Price.Decimal(), "currency", s.Price.Currency, "cancel_cutoff_hours", strconv.Itoa(int(s.CancelCutoff/time.Hour)),
			"no_show", string(s.NoShow), "pass_mark", strconv.Itoa(s.PassMark))
		if s.MaxQuantity > 0 {
			form.Set("max_quantity", strconv.Itoa(s.MaxQuantity))
		}
		for _, e := range s.ExamTypes {
			form.Add("exam_types", string(e))
		}
	}
	return subjectForm{Form: form, Action: subjectPath(s.ID) + "/edit", Back: subjectPath(s.ID), Hidden: versionField(s.Version), Sold: d.Sold}
}

// differences are the facts that stand otherwise than typed.
func (d subjectData) differences(ctx context.Context, typed *page.Form) []view.Fact {
	now, facts := d.editForm(nil).Form, d.facts(ctx)
	var differ []view.Fact
	for i, fields := range [][]string{{"code"}, {"name_en"}, {"name_zh"}, {"about_en"}, {"about_zh"}, {"price", "currency"}, {"exam_types"},
		{"cancel_cutoff_hours"}, {"no_show"}, {"pass_mark"}, {"max_quantity"}} {
		for _, f := range fields {
			if strings.Join(now.Values[f], " ") != strings.TrimSpace(strings.Join(typed.Values[f], " ")) {
				differ = append(differ, facts[i])
				break
			}
		}
	}
	return differ
}

func (c console) editSubject(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readSubject(r)
	if err != nil {
		return err
	}
	return c.showSubjectForm(w, r, http.StatusOK, d.editForm(nil), &d.S)
}

func (c console) changeSubject(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readSubject(r)
	if err != nil {
		return err
	}
	to := typedSubject(form)
	to.ID, to.Version = d.S.ID, version(form)
	s, err := c.Actions.ChangeSubject(r.Context(), actor(r), to)
	switch {
	case err == nil:
		return c.Go(w, r, subjectPath(s.ID), view.Done, "operator.subjects.saved", "name", name(r.Context(), s.Name))
	case errors.Is(err, exam.ErrChangedMeanwhile):
		if d, err = c.readSubject(r); err != nil {
			return err
		}
		again := d.editForm(form)
		again.Present = d.differences(r.Context(), form)
		return c.showSubjectForm(w, r, http.StatusConflict, again, &d.S)
	case form.Refuse(r, err):
		return c.showSubjectForm(w, r, form.Status(), d.editForm(form), &d.S)
	}
	return err
}

func (c console) askRetire(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readSubject(r)
	if err != nil {
		return err
	}
	if d.S.RetiredBy(d.Now) {
		return c.Go(w, r, subjectPath(d.S.ID), view.Attention, "operator.subjects.retired_already")
	}
	return c.showRetire(w, r, http.StatusOK, d, "")
}

func (c console) showRetire(w http.ResponseWriter, r *http.Request, status int, d subjectData, changed string) error {
	subject := name(r.Context(), d.S.Name)
	p := c.Page(w, r, pathSubjects, t(r, "operator.retire.question", "name", subject))
	p.Narrow = true
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.subjects"), Href: pathSubjects}, {Label: subject, Href: subjectPath(d.S.ID)}}
	return c.Show(w, r, status, p, retirePage(view.Confirm{
		Changed: changed,
		Happens: []string{t(r, "operator.retire.happens"), t(r, "operator.retire.final")},
		Stays:   []string{t(r, "operator.retire.codes", "n", d.Sold), t(r, "operator.retire.orders"), t(r, "operator.retire.sessions")},
		Told:    []string{t(r, "operator.retire.told")},
		Action:  subjectPath(d.S.ID) + "/retire", Hidden: versionField(d.S.Version),
		Verb: t(r, "operator.retire.verb"), WayOut: view.Link{Label: t(r, "operator.retire.way_out"), Href: subjectPath(d.S.ID)},
	}))
}

func (c console) retire(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readSubject(r)
	if err != nil {
		return err
	}
	switch {
	case d.S.RetiredBy(d.Now):
		return c.showSubject(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.S.ID)))
	case version(form) != d.S.Version:
		return c.showRetire(w, r, http.StatusConflict, d, c.changed(r, int64(d.S.ID)))
	}
	_, err = c.Actions.RetireSubject(r.Context(), actor(r), d.S.ID)
	if errors.Is(err, exam.ErrChangedMeanwhile) || errors.Is(err, exam.ErrAlreadyRetired) {
		if d, err = c.readSubject(r); err != nil {
			return err
		}
		return c.showSubject(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.S.ID)))
	}
	if err != nil {
		return err
	}
	return c.Go(w, r, subjectPath(d.S.ID), view.Done, "operator.subjects.retired", "name", name(r.Context(), d.S.Name))
}

func (d subjectForm) priceHint(ctx context.Context) string {
	if d.New {
		return view.T(ctx, "operator.subjects.price_hint")
	}
	return view.T(ctx, "operator.subjects.price_touches", "n", d.Sold)
}

func (d subjectForm) verb(ctx context.Context) string {
	if d.New {
		return view.T(ctx, "operator.subjects.add")
	}
	return view.T(ctx, "operator.subjects.save")
}

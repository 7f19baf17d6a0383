package enterprise

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const files = "/enterprise/files"

func fileOf(id exam.ExportID) string { return files + "/" + id.String() }

// exportOf is where a list's filter is exported: the list's address with /export.
func exportOf(asked *url.URL) string {
	u := *asked
	u.Path += "/export"
	return page.With(&u, "older", "", "newer", "", "from", "", "rows", "")
}

// exportVerb is the button of a list that has rows.
func exportVerb(r *http.Request, list *url.URL, total int) view.Verb {
	return view.Verb{Label: locale(r).T("export.button", "n", total), Href: exportOf(list), Icon: "download"}
}

// exportData is what the page before an export shows.
type exportData struct {
	Kind     exam.ExportKind
	Filter   export.Filter
	Title    string
	Sentence string
	Total    int64
	Form     *page.Form
	Back     string
	May      may
	Days     int
	Zone     *time.Location
}

// The choice of the texts.
const (
	textsMasked = "masked"
	textsFull   = "full"
)

// readExport reads the filter of a list from the address.
func (c console) readExport(r *http.Request, kind exam.ExportKind) (d exportData, err error) {
	d = exportData{Kind: kind, Title: locale(r).T("export.title." + string(kind)), Back: codes}
	if kind == exam.ExportExaminees {
		var f *page.Form
		if d.Filter.Examinees, f = examineeFilter(r); f.Refused() != nil {
			return d, f.Refused() // a file of more than was asked for helps nobody
		}
		d.Back = statistics
	} else {
		f := page.NewForm()
		f.Values = r.URL.Query()
		list, err := c.readCodeFilter(r, f)
		if err != nil {
			return d, err
		}
		if list.Form.Refused() != nil {
			return d, list.Form.Refused()
		}
		d.Filter.Codes = list.Filter // a whole text is in no address
	}
	d.Back = page.With(&url.URL{Path: d.Back, RawQuery: r.URL.RawQuery}, "format", "", "texts", "")
	q := r.URL.Query()
	d.Form = page.NewForm("format", q.Get("format"), "texts", q.Get("texts"))
	return d, c.fillExport(r, &d)
}

// readAgain reads the filter of an earlier export.
func (c console) readAgain(r *http.Request) (d exportData, err error) {
	row, err := c.Store.Export(r.Context(), actor(r).Account, exam.ParseID[exam.ExportID](r.PathValue("id")))
	if err != nil {
		return d, err
	}
	d = exportData{Kind: row.Kind, Title: locale(r).T("export.again_title"), Back: fileOf(row.ID)}
	if d.Filter, err = export.Thaw(row.Kind, row.Filter); err != nil {
		return d, err
	}
	texts := textsMasked
	if row.WithTexts {
		texts = textsFull
	}
	d.Form = page.NewForm("format", string(row.Format), "texts", texts)
	if q := r.URL.Query(); q.Has("format") {
		d.Form = page.NewForm("format", q.Get("format"), "texts", q.Get("texts"))
	}
	return d, c.fillExport(r, &d)
}

func (c console) fillExport(r *http.Request, d *exportData) (err error) {
	ctx, a := r.Context(), actor(r)
	d.May, d.Zone, d.Days = rightsOf(a), accountZone(r), int(c.Actions.ExportKeptFor()/(24*time.Hour))
	if d.Form.Get("format") == "" {
		d.Form.Set("format", string(exam.XLSX))
	}
	if d.Form.Get("texts") != textsFull || !d.May.Reveal || d.Kind != exam.ExportCodes {
		d.Form.Set("texts", textsMasked)
	}
	if d.Total, err = export.Count(ctx, c.Store, a.Account, d.Kind, d.Filter, c.Now()); err != nil {
		return err
	}
	l := locale(r)
	l.Zone = d.Zone
	d.Sentence, err = export.Describe(ctx, c.Store, l, a.Account, d.Kind, d.Filter)
	return err
}

func (c console) showExport(w http.ResponseWriter, r *http.Request, d exportData) error {
	current := codes
	if d.Kind == exam.ExportExaminees {
		current = statistics
	}
	p := c.Page(w, r, current, d.Title)
	p.Narrow, p.Primary, p.Errors = true, nil, d.Form.Errors()
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "export.back"), Href: d.Back}}
	return c.Show(w, r, d.Form.Status(), p, exportPage(d, page.With(r.URL, "format", "", "texts", ""), page.NewOnce()))
}

// doExport asks for the file. Whole codes need a password given just now; who has
// to give it comes back to the form as it was filled in.
func (c console) doExport(w http.ResponseWriter, r *http.Request, d exportData) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d.Form = f
	req := action.ExportRequest{Kind: d.Kind, Format: exam.ExportFormat(f.Get("format")), Filter: d.Filter, WithTexts: f.Get("texts") == textsFull, Lang: string(locale(r).Lang)}
	if req.WithTexts && !httpd.From(r.Context()).Fresh(c.Now()) {
		back := page.With(r.URL, "format", f.Get("format"), "texts", textsFull)
		http.Redirect(w, r, "/sign-in/again?next="+url.QueryEscape(back), http.StatusSeeOther)
		return nil
	}
	err = c.Once(w, r, f, files, func(ctx context.Context) (page.Landing, error) {
		e, err := c.Actions.AskExport(ctx, actor(r), req)
		return page.Landing{To: fileOf(e.ID)}, err
	})
	if err != nil && f.Refuse(r, err) {
		return c.showExport(w, r, d)
	}
	return err
}

// exportRoute is the page and the form of one way to an export.
func (c console) exportRoute(read func(r *http.Request) (exportData, error)) (show, do httpd.Handler) {
	return func(w http.ResponseWriter, r *http.Request) error {
			d, err := read(r)
			if err != nil {
				return err
			}
			return c.showExport(w, r, d)
		}, func(w http.ResponseWriter, r *http.Request) error {
			d, err := read(r)
			if err != nil {
				return err
			}
			return c.doExport(w, r, d)
		}
}

// exportRoutes are the pages of exports and files.
func (c console) exportRoutes(viewing httpd.Policy) {
	of := func(kind exam.ExportKind) func(r *http.Request) (exportData, error) {
		return func(r *http.Request) (exportData, error) { return c.readExport(r, kind) }
	}
	for path, read := range map[string]func(r *http.Request) (exportData, error){
		codes + "/export": of(exam.ExportCodes), statistics + "/export": of(exam.ExportExaminees), files + "/{id}/again": c.readAgain,
	} {
		show, do := c.exportRoute(read)
		c.Handle("GET", path, viewing, show)
		c.Handle("POST", path, viewing, do)
	}
	c.Handle("GET", files, viewing, c.files)
	c.Handle("GET", files+"/{id}", viewing, c.file)
	c.Handle("GET", files+"/{id}/file", viewing, c.download)
	c.Handle("POST", files+"/{id}/stop", viewing, c.stopExport)
}

// formatChoice and textsChoice are the questions of the form.
func formatChoice(ctx context.Context, d exportData) view.Choice {
	c := view.Choice{Name: "format", Label: view.T(ctx, "export.format")}
	for _, f := range exam.ExportFormats {
		c.Options = append(c.Options, view.Option{Value: string(f), Label: view.T(ctx, "export.format."+string(f)), Hint: view.T(ctx, "export.format."+string(f)+"_about")})
	}
	return d.Form.Choice(c)
}

func textsChoice(ctx context.Context, d exportData) view.Choice {
	c := view.Choice{Name: "texts", Label: view.T(ctx, "export.texts")}
	for _, t := range []string{textsMasked, textsFull} {
		c.Options = append(c.Options, view.Option{Value: t, Label: view.T(ctx, "export.texts."+t), Hint: view.T(ctx, "export.texts."+t+"_about")})
	}
	return d.Form.Choice(c)
}

func exportFacts(ctx context.Context, d exportData) []view.Fact {
	l := lang.From(ctx)
	l.Zone = d.Zone
	heads := []string{}
	for _, c := range export.Columns(d.Kind) {
		heads = append(heads, c.Head(l))
	}
	return []view.Fact{
		{Label: view.T(ctx, "export.what"), Value: view.Text(d.Sentence)},
		{Label: view.T(ctx, "export.rows"), Value: view.Count(d.Total)},
		{Label: view.T(ctx, "export.columns"), Value: view.Text(l.List(heads))},
		{Label: view.T(ctx, "export.zone"), Value: view.Text(view.T(ctx, "export.zone_in", "zone", l.ZoneName(d.Zone)))},
		{Label: view.T(ctx, "export.kept"), Value: view.Text(view.T(ctx, "export.kept_days", "n", d.Days))},
	}
}

// mayTake tells whether somebody's rights cover an export's texts.
func mayTake(a exam.Actor, e store.ExportRow) bool { return !e.WithTexts || a.Has(exam.RevealCodes) }

package enterprise

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// fileData is what the page of one export shows.
type fileData struct {
	Row      store.ExportRow
	State    exam.ExportState
	Sentence string
	May      bool // take the file
	MayStop  bool
	Zone     *time.Location
	Trail    []view.Entry
	Older    string
	Now      time.Time
}

// sentence says what an export lists; a filter that is not understood any more
// is named by its kind alone.
func (c console) sentence(r *http.Request, e exam.Export) (string, error) {
	f, err := export.Thaw(e.Kind, e.Filter)
	if errors.Is(err, export.ErrFilter) {
		return locale(r).T("export.kind." + string(e.Kind)), nil
	}
	if err != nil {
		return "", err
	}
	l := locale(r)
	l.Zone = lang.Zone(e.Zone)
	return export.Describe(r.Context(), c.Store, l, e.Account, e.Kind, f)
}

func (c console) readFile(r *http.Request) (d fileData, err error) {
	a := actor(r)
	if d.Row, err = c.Store.Export(r.Context(), a.Account, exam.ParseID[exam.ExportID](r.PathValue("id"))); err != nil {
		return d, err
	}
	d.Now, d.Zone, d.May = c.Now(), lang.Zone(d.Row.Zone), mayTake(a, d.Row)
	d.State = d.Row.Shown(d.Now)
	_, _, stop := d.Row.Export.Stop(a, d.Now)
	d.MayStop = stop == nil
	d.Sentence, err = c.sentence(r, d.Row.Export)
	return d, err
}

// file is the page of one export. Where scripts run it looks again by itself
// until the export has ended.
func (c console) file(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readFile(r)
	if err != nil {
		return err
	}
	if d.Trail, d.Older, err = c.trail(r, d.Zone, int64(d.Row.ID)); err != nil {
		return err
	}
	ctx := r.Context()
	p := c.Page(w, r, files, view.T(ctx, "export.title."+string(d.Row.Kind)))
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.nav.files"), Href: files}}
	p.Narrow, p.Live = true, !d.Row.Ended()
	return c.Show(w, r, http.StatusOK, p, filePage(d, page.NewOnce()))
}

func (c console) stopExport(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readFile(r)
	if err != nil {
		return err
	}
	return c.Once(w, r, f, fileOf(d.Row.ID), func(ctx context.Context) (page.Landing, error) {
		_, err := c.Actions.StopExport(ctx, actor(r), d.Row.ID)
		return page.Landing{To: fileOf(d.Row.ID), Kind: view.Done, Text: locale(r).T("export.stopped")}, err
	})
}

// download streams the file. Whole codes need a password given just now.
func (c console) download(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readFile(r)
	if err != nil {
		return err
	}
	if d.Row.WithTexts && d.May && !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := c.Actions.OpenExport(r.Context(), actor(r), d.Row.ID)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.Mime)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	return f.Copy(r.Context(), w)
}

// filesData is what E14 shows.
type filesData struct {
	Rows      []store.ExportRow
	Sentences []string
	Pager     view.Pager
	Now       time.Time
}

func (c console) files(w http.ResponseWriter, r *http.Request) error {
	rows, err := c.Store.Exports(r.Context(), actor(r).Account, page.ListPage(r))
	if err != nil {
		return err
	}
	d := filesData{Rows: rows.Items, Pager: page.Pager(r, rows, ""), Now: c.Now()}
	for _, e := range d.Rows {
		s, err := c.sentence(r, e.Export)
		if err != nil {
			return err
		}
		d.Sentences = append(d.Sentences, s)
	}
	p := c.Page(w, r, files, view.T(r.Context(), "enterprise.nav.files"))
	return c.Show(w, r, http.StatusOK, p, filesPage(d, actor(r)))
}

// runs tells how long a run has lasted and, after a while, how long it will.
func runs(ctx context.Context, d fileData) string {
	l, e := lang.From(ctx), d.Row
	if d.State != exam.ExportRunning || e.Begun.IsZero() {
		return ""
	}
	for_ := d.Now.Sub(e.Begun)
	said := l.T("export.elapsed", "seconds", int(for_/time.Second))
	if for_ > 5*time.Second && e.Rows > 0 && e.Total > e.Rows {
		left := time.Duration(float64(for_) * float64(e.Total-e.Rows) / float64(e.Rows))
		said = l.List([]string{said, l.T("export.left", "seconds", int(left/time.Second)+1)})
	}
	return said
}

// said is what is read aloud as the work goes on: a few sentences, not each row.
func said(ctx context.Context, d fileData) string {
	l := lang.From(ctx)
	if d.Row.Ended() {
		return l.T("export.said.ended", "state", l.State("export", string(d.State)))
	}
	switch quarter := 4 * d.Row.Rows / max(d.Row.Total, 1); {
	case quarter >= 3:
		return l.T("export.said.most")
	case quarter == 2:
		return l.T("export.said.half")
	case quarter == 1:
		return l.T("export.said.quarter")
	}
	return ""
}

func fileFacts(ctx context.Context, d fileData) []view.Fact {
	e, l := d.Row, lang.From(ctx)
	texts := "masked"
	if e.WithTexts {
		texts = textsFull
	}
	facts := []view.Fact{
		{Label: view.T(ctx, "enterprise.state"), Value: view.Badge("export", string(d.State))},
		{Label: view.T(ctx, "export.what"), Value: view.Text(d.Sentence)},
		{Label: view.T(ctx, "export.format"), Value: view.Two(view.T(ctx, "export.format."+string(e.Format)), "")},
	}
	if e.Kind == exam.ExportCodes {
		facts[2].Value = view.Two(view.T(ctx, "export.format."+string(e.Format)), view.T(ctx, "export.texts."+texts))
	}
	if e.State == exam.ExportReady {
		facts = append(facts, view.Fact{Label: view.T(ctx, "export.rows"), Value: view.Count(e.Rows)},
			view.Fact{Label: view.T(ctx, "export.size"), Value: view.Text(view.T(ctx, "export.size_kb", "kb", (e.Size+1023)/1024))},
			view.Fact{Label: view.T(ctx, "export.kept"), Value: view.Text(keptWord(l, e, d.State, d.Zone))})
	}
	facts = append(facts, view.Fact{Label: view.T(ctx, "export.zone"), Value: view.Text(view.T(ctx, "export.zone_in", "zone", l.ZoneName(d.Zone)))},
		view.Fact{Label: view.T(ctx, "export.asked_by"), Value: view.Text(e.PersonName)},
		view.Fact{Label: view.T(ctx, "export.asked_on"), Value: view.Past(e.Created, d.Zone)})
	if e.Ended() {
		facts = append(facts, view.Fact{Label: view.T(ctx, "export.finished"), Value: view.Past(e.Finished, d.Zone)})
	}
	return facts
}

func keptWord(l lang.Locale, e store.ExportRow, state exam.ExportState, zone *time.Location) string {
	switch state {
	case exam.ExportReady:
		return l.T("export.kept_until", "until", l.Instant(e.Kept, zone))
	case exam.ExportDeleted:
		return l.T("export.kept_gone", "until", l.Instant(e.Kept, zone))
	}
	return ""
}

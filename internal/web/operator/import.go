package operator

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/sheet"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const pathImport = pathResults + "/import"

// shownProblems is how many problems the check page lists.
const shownProblems = 20

func filePath(id exam.ResultFileID) string { return pathResults + "/files/" + id.String() }

type importData struct {
	Form    *page.Form
	Session exam.SessionID
}

func (c console) importPage(w http.ResponseWriter, r *http.Request) error {
	return c.showImport(w, r, page.NewForm("session_id", r.URL.Query().Get("session_id")))
}

func (c console) showImport(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	d := importData{Form: f, Session: exam.ParseID[exam.SessionID](f.Get("session_id"))}
	p := c.Page(w, r, pathResults, t(r, "operator.import"))
	p.Narrow, p.Errors = true, f.Errors()
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.results"), Href: pathResults}}
	if r.Method == http.MethodPost {
		p.Back = pathImport
	}
	if d.Session != 0 {
		s, err := c.Store.Session(r.Context(), d.Session)
		if err != nil {
			return err
		}
		p.Sub = hoursOf(r.Context(), s)
	}
	return c.Show(w, r, f.Status(), p, importFormPage(d))
}

func (c console) upload(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	err = c.Once(w, r, form, pathImport, func(ctx context.Context) (page.Landing, error) {
		file, err := form.File("document")
		if err != nil {
			return page.Landing{}, err
		}
		if file == nil {
			return page.Landing{}, exam.ErrResultFileNone.On("document")
		}
		read, err := readResultFile(file.Content)
		if err != nil {
			return page.Landing{}, err
		}
		f, err := c.Actions.UploadResults(ctx, actor(r), exam.ResultFile{Session: exam.ParseID[exam.SessionID](form.Get("session_id")), Name: clipName(file.Name), Content: file.Content}, len(read.Rows))
		return page.Landing{To: filePath(f.ID)}, err
	})
	if err != nil && form.Refuse(r, err) {
		return c.showImport(w, r, form)
	}
	return err
}

// clipName keeps what can be shown of a file's name.
func clipName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return clip(s, 100)
}

// clip is the beginning of a text, of so many signs at most.
func clip(s string, most int) string {
	if n := []rune(s); len(n) > most {
		return string(n[:most])
	}
	return s
}

func (c console) readFile(r *http.Request) (resultFile, error) {
	file, err := c.Store.ResultFile(r.Context(), exam.ParseID[exam.ResultFileID](r.PathValue("id")))
	if err != nil {
		return resultFile{}, err
	}
	return c.checkResultFile(r.Context(), actor(r), file)
}

// filePage is the check of a file; after the import it shows what is left.
func (c console) filePage(w http.ResponseWriter, r *http.Request) error {
	f, err := c.readFile(r)
	if err != nil {
		return err
	}
	p := c.Page(w, r, pathResults, t(r, "operator.import.check", "name", f.File.Name))
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.results"), Href: pathResults}, {Label: t(r, "operator.import"), Href: importOf(f.File.Session)}}
	return c.Show(w, r, http.StatusOK, p, fileCheckPage(f))
}

func importOf(s exam.SessionID) string { return at(pathImport, "session_id", s.String()) }

// importFile records the rows that are good now; the others stay in the file.
func (c console) importFile(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := exam.ParseID[exam.ResultFileID](r.PathValue("id"))
	return c.Once(w, r, form, filePath(id), func(ctx context.Context) (page.Landing, error) {
		f, err := c.readFile(r)
		if err != nil {
			return page.Landing{}, err
		}
		var good []exam.Result
		for _, row := range f.Rows {
			if row.problem == "" && !row.same && !row.blank {
				good = append(good, row.result)
			}
		}
		if len(good) == 0 {
			return page.Landing{To: filePath(id), Kind: view.Attention, Text: t(r, "operator.import.nothing")}, nil
		}
		answers, err := c.Actions.RecordResults(ctx, actor(r), good)
		if err != nil {
			return page.Landing{}, err
		}
		done := 0
		var broken error
		for _, a := range answers {
			if a.Err == nil {
				done++
			} else if k := fault.Of(a.Err).Kind; k == fault.Internal || k == fault.Unavailable {
				broken = a.Err
			}
		}
		if done == 0 && broken != nil {
			return page.Landing{}, broken
		}
		kind := view.Done
		if done < len(good) {
			kind = view.Attention
		}
		return page.Landing{To: filePath(id), Kind: kind, Text: t(r, "operator.results.recorded", "n", done)}, nil
	})
}

// problemsFile gives back the rows that cannot be recorded, each with its line
// and what to do about it.
func (c console) problemsFile(w http.ResponseWriter, r *http.Request) error {
	f, err := c.readFile(r)
	if err != nil {
		return err
	}
	heads := []sheet.Column{{Head: t(r, "operator.import.line")}, {Head: t(r, "operator.import.problem")}}
	for _, h := range f.Heads {
		heads = append(heads, sheet.Column{Head: h})
	}
	return c.table(w, "results-to-correct.csv", heads, func(out sheet.Writer) error {
		for _, row := range f.Rows {
			if row.problem == "" {
				continue
			}
			cells := []sheet.Cell{sheet.Number(int64(row.N)), sheet.Text(row.problem)}
			for _, cell := range row.Cells {
				cells = append(cells, sheet.Text(cell))
			}
			if err := out.Row(cells...); err != nil {
				return err
			}
		}
		return nil
	})
}

// template is a file to fill in: of a session with the people who wait for a
// result, else empty but for its heads.
func (c console) template(w http.ResponseWriter, r *http.Request) error {
	heads := []sheet.Column{{Head: "registration_id"}, {Head: "name"}, {Head: "email"}, {Head: "outcome"}, {Head: "score"}}
	var people []cellsOf
	if id := exam.ParseID[exam.SessionID](r.URL.Query().Get("session_id")); id != 0 {
		roster, err := c.Store.Roster(r.Context(), id)
		if err != nil {
			return err
		}
		for _, g := range roster {
			if g.State == exam.SeatReserved {
				people = append(people, cellsOf{sheet.Text(g.ID.String()), sheet.Text(g.Name), sheet.Text(g.Email), sheet.Text(""), sheet.Text("")})
			}
		}
	}
	return c.table(w, "results.csv", heads, func(out sheet.Writer) error {
		for _, row := range people {
			if err := out.Row(row...); err != nil {
				return err
			}
		}
		return nil
	})
}

type cellsOf = []sheet.Cell

// table answers with a CSV file.
func (c console) table(w http.ResponseWriter, name string, heads []sheet.Column, rows func(sheet.Writer) error) error {
	var b bytes.Buffer
	out, err := sheet.New(&b, sheet.CSV, "", heads)
	if err != nil {
		return err
	}
	if err := rows(out); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", sheet.Mime(sheet.CSV))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err = w.Write(b.Bytes())
	return err
}

func (f resultFile) problems(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.import.problems"), Columns: []view.Column{{Label: view.T(ctx, "operator.import.line"), Num: true},
		{Label: view.T(ctx, "operator.import.cell")}, {Label: view.T(ctx, "operator.import.problem")}}}
	for _, r := range f.Rows {
		if r.problem != "" && len(l.Rows) < shownProblems {
			l.Rows = append(l.Rows, view.Row{Cells: cells{view.Count(int64(r.N)), view.Text(f.where(r)), view.Text(r.problem)}})
		}
	}
	return l
}

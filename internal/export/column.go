package export

import (
	"time"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/sheet"
	"examcode/internal/store"
)

// Column is one column of a file. Key is the same in every language and for
// good; where the API tells the same thing it has the same name.
type Column struct {
	Key   string
	Width int
	Dated bool // its head names the zone
}

// Columns are the columns of a kind, in the order of their cells.
func Columns(kind exam.ExportKind) []Column {
	if kind == exam.ExportExaminees {
		return []Column{{"name", 24, false}, {"subject", 28, false}, {"exam_type", 18, false}, {"attempt", 12, false}, {"state", 14, false},
			{"outcome", 12, false}, {"score", 8, false}, {"sat_at", 22, true}, {"code", 22, false}, {"registration_id", 20, false}, {"code_id", 20, false}}
	}
	return []Column{{"code", 22, false}, {"state", 12, false}, {"subject", 28, false}, {"holder", 24, false}, {"order_number", 18, false},
		{"valid_through", 22, true}, {"expires_at", 24, false}, {"code_id", 20, false}, {"registration_id", 20, false}}
}

// Head is what stands above a column.
func (c Column) Head(l lang.Locale) string {
	key := "export.column." + c.Key
	if c.Dated {
		return l.T(key, "zone", zoneName(l))
	}
	return l.T(key)
}

func zoneName(l lang.Locale) string {
	if l.Zone == nil {
		return "UTC"
	}
	return l.Zone.String()
}

func heads(l lang.Locale, columns []Column) []sheet.Column {
	all := make([]sheet.Column, len(columns))
	for i, c := range columns {
		all[i] = sheet.Column{Head: c.Head(l), Width: c.Width}
	}
	return all
}

// words remembers the words of states: one look-up a state, not one a row.
type words map[string]string

func (w *words) of(l lang.Locale, key string) string {
	if *w == nil {
		*w = words{}
	}
	s, known := (*w)[key]
	if !known {
		s = l.T(key)
		(*w)[key] = s
	}
	return s
}

// codeLine writes the cells of codes into one row that is used again.
type codeLine struct {
	l      lang.Locale
	states map[exam.CodeState]string
	ends   ends
	row    [9]sheet.Cell
}

func newCodeLine(l lang.Locale) *codeLine {
	c := &codeLine{l: l, states: map[exam.CodeState]string{}}
	for _, s := range exam.CodeStates {
		c.states[s] = l.State("code", string(s))
	}
	return c
}

// ends is an instant as people and programs read it: that of one code is mostly
// that of the next.
type ends struct {
	at            time.Time
	through, said string
}

func (e *ends) of(l lang.Locale, at time.Time) ends {
	if !at.Equal(e.at) || e.said == "" {
		*e = ends{at, at.Add(-time.Microsecond).In(l.Zone).Format(time.DateOnly), at.UTC().Format(time.RFC3339)}
	}
	return *e
}

func (c *codeLine) cells(r *store.CodeLine, text string) []sheet.Cell {
	state := r.Effective(c.l.Now)
	holder, registration := r.HolderName, r.Registration.String()
	if state == exam.Expired {
		holder, registration = "", ""
	}
	if text == "" {
		text = codetext.Mask(r.Tail)
	}
	ends := c.ends.of(c.l, r.Expires)
	c.row = [9]sheet.Cell{sheet.Text(text), sheet.Text(c.states[state]), sheet.Text(r.SubjectName.In(string(c.l.Lang))), sheet.Text(holder),
		sheet.Text(r.OrderNumber), sheet.Text(ends.through), sheet.Text(ends.said), sheet.Text(r.ID.String()), sheet.Text(registration)}
	return c.row[:]
}

// examineeLine writes the cells of examinees.
type examineeLine struct {
	l    lang.Locale
	said words
	row  [11]sheet.Cell
}

func (x *examineeLine) cells(g *store.RegistrationRow) []sheet.Cell {
	x.row = [11]sheet.Cell{sheet.Text(g.Name), sheet.Text(g.SubjectName.In(string(x.l.Lang))), sheet.Text(x.said.of(x.l, "export.exam_type."+string(g.ExamType))),
		sheet.Text(x.said.of(x.l, "export.attempt."+g.Attempt)), sheet.Text(x.said.of(x.l, "state.registration."+g.Shown(g.Session, x.l.Now))),
		{}, {}, {}, sheet.Text(codetext.Mask(g.CodeTail)), sheet.Text(g.ID.String()), sheet.Text(g.Code.String())}
	if t := g.Result; t != nil {
		x.row[5] = sheet.Text(x.said.of(x.l, "state.result."+string(t.Outcome)))
		if t.Score != nil {
			x.row[6] = sheet.Number(int64(*t.Score))
		}
		if t.Outcome != exam.Absent {
			x.row[7] = sheet.Text(t.SatAt.In(x.l.Zone).Format("2006-01-02 15:04"))
		}
	}
	return x.row[:]
}

// legend is the second table: what this file is, which key each column has, and
// which key each word of a state stands for.
func legend(book sheet.Book, l lang.Locale, e exam.Export, columns []Column, about string, rows int64) error {
	if err := book.Next(l.T("export.about"), []sheet.Column{{Head: l.T("export.about.key"), Width: 26}, {Head: l.T("export.about.value"), Width: 60}}); err != nil {
		return err
	}
	texts := "export.texts.masked"
	if e.WithTexts {
		texts = "export.texts.full"
	}
	lines := [][2]string{{"export_id", e.ID.String()}, {"kind", string(e.Kind)}, {"filter", about}, {"filter_data", e.Filter}, {"zone", zoneName(l)},
		{"as_of", l.Now.UTC().Format(time.RFC3339)}, {"texts", l.T(texts)}}
	for _, c := range columns {
		lines = append(lines, [2]string{"column." + c.Key, c.Head(l)})
	}
	if e.Kind == exam.ExportCodes {
		for _, s := range exam.CodeStates {
			lines = append(lines, [2]string{"state." + string(s), l.State("code", string(s))})
		}
	} else {
		lines = append(lines, examineeWords(l)...)
	}
	if err := book.Row(sheet.Text("rows"), sheet.Number(rows)); err != nil {
		return err
	}
	for _, line := range lines {
		if err := book.Row(sheet.Text(line[0]), sheet.Text(line[1])); err != nil {
			return err
		}
	}
	return nil
}

func examineeWords(l lang.Locale) (lines [][2]string) {
	for _, s := range []string{"registered", "reserved", "awaiting", "completed"} {
		lines = append(lines, [2]string{"state." + s, l.State("registration", s)})
	}
	for _, o := range []exam.Outcome{exam.Passed, exam.Failed, exam.Absent} {
		lines = append(lines, [2]string{"outcome." + string(o), l.State("result", string(o))})
	}
	for _, t := range exam.ExamTypes {
		lines = append(lines, [2]string{"exam_type." + string(t), l.T("export.exam_type." + string(t))})
	}
	for _, a := range []string{exam.FirstAttempt, exam.RetakeAttempt} {
		lines = append(lines, [2]string{"attempt." + a, l.T("export.attempt." + a)})
	}
	return lines
}

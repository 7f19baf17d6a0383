package operator

import (
	"context"
	"fmt"
	"slices"

	"examcode/internal/action"
	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/sheet"
	"examcode/internal/store"
)

// columns are the heads by which each column of a file of results is known, in
// both languages, as sheet.Plain writes them.
var columns = map[string][]string{
	"registration_id": {"registrationid", "registration", "registrationnumber", "reference", "报名编号", "报名id", "编号"},
	"email":           {"email", "emailaddress", "mail", "邮箱", "电子邮箱", "邮件"},
	"outcome":         {"outcome", "result", "结果", "成绩", "考试结果"},
	"score":           {"score", "points", "分数", "得分"},
}

// outcomes are the words of each outcome, likewise.
var outcomes = map[string]exam.Outcome{
	"passed": exam.Passed, "pass": exam.Passed, "通过": exam.Passed, "合格": exam.Passed, "及格": exam.Passed,
	"failed": exam.Failed, "fail": exam.Failed, "未通过": exam.Failed, "不合格": exam.Failed, "不及格": exam.Failed,
	"absent": exam.Absent, "noshow": exam.Absent, "缺考": exam.Absent, "缺席": exam.Absent,
}

// fileRow is one line of a file of results and what would become of it.
type fileRow struct {
	sheet.Line
	result  exam.Result
	column  string // of the cell that is wrong
	problem string // what to do about it; "" when the row is good
	same    bool   // this very result is recorded already
	blank   bool   // nothing is filled in
}

// resultFile is a file of results as it was checked.
type resultFile struct {
	File  exam.ResultFile
	Heads []string
	at    map[string]int // column → place
	Rows  []fileRow
}

// readResultFile reads a file's table: heads that are known, and rows.
func readResultFile(content []byte) (f resultFile, err error) {
	lines, err := sheet.Read(content, action.MaxBatch+2)
	if err != nil || len(lines) < 2 {
		return f, exam.ErrResultFile.On("document")
	}
	f.Heads, f.at = lines[0].Cells, map[string]int{}
	for i, head := range f.Heads {
		for column, names := range columns {
			if _, twice := f.at[column]; !twice && slices.Contains(names, sheet.Plain(head)) {
				f.at[column] = i
			}
		}
	}
	_, byID := f.at["registration_id"]
	_, byEmail := f.at["email"]
	_, result := f.at["outcome"]
	if (!byID && !byEmail) || !result || len(lines)-1 > action.MaxBatch {
		return f, exam.ErrResultFile.On("document")
	}
	for _, l := range lines[1:] {
		f.Rows = append(f.Rows, fileRow{Line: l})
	}
	return f, nil
}

// cell is a row's cell in a column; "" where it has none.
func (f *resultFile) cell(r fileRow, column string) string {
	i, known := f.at[column]
	if !known || i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// checkResultFile says for every row what would become of it now. Nothing is
// written.
func (c console) checkResultFile(ctx context.Context, who exam.Actor, file exam.ResultFile) (resultFile, error) {
	f, err := readResultFile(file.Content)
	f.File = file
	if err != nil {
		return f, err
	}
	l := lang.From(ctx)
	people, err := c.sitters(ctx, &f)
	if err != nil {
		return f, err
	}
	var ask []exam.Result
	var asked []int
	for i := range f.Rows {
		r := &f.Rows[i]
		f.read(l, r, people)
		if r.problem == "" && !r.blank {
			ask, asked = append(ask, r.result), append(asked, i)
		}
	}
	if len(ask) == 0 {
		return f, nil
	}
	answers, err := c.Actions.CheckResults(ctx, who, ask)
	if err != nil {
		return f, err
	}
	for k, a := range answers {
		r := &f.Rows[asked[k]]
		if a.Err == nil {
			continue
		}
		e := fault.Of(a.Err)
		r.column, r.problem = "registration_id", l.Fault(e)
		if len(e.Fields) > 0 {
			r.column, r.problem = e.Fields[0].Name, l.FaultField(e.Fields[0])
		}
		s := people.by(r.result.Registration)
		if e.Reason == exam.ErrResultRecorded.Reason && s != nil {
			switch {
			case s.Result == nil:
				r.problem = l.T("operator.import.twice")
			case s.Result.Outcome == r.result.Outcome && sameScore(s.Result.Score, r.result.Score):
				r.same, r.problem = true, ""
			default:
				r.problem = l.T("operator.import.other", "result", resultWords(l, *s.Result))
			}
		}
	}
	return f, nil
}

func sameScore(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// sitters are the people a file may be about.
type sitters []store.Sitter

func (p sitters) by(id exam.RegistrationID) *store.Sitter {
	for i := range p {
		if p[i].Registration == id {
			return &p[i]
		}
	}
	return nil
}

// of finds the registrations of an e-mail: those that wait for a result, else
// all.
func (p sitters) of(email string, session exam.SessionID) []store.Sitter {
	var waiting, all []store.Sitter
	for _, s := range p {
		if s.Email != email || (session != 0 && s.Session != session) {
			continue
		}
		if all = append(all, s); s.Result == nil {
			waiting = append(waiting, s)
		}
	}
	if len(waiting) > 0 {
		return waiting
	}
	return all
}

func (c console) sitters(ctx context.Context, f *resultFile) (sitters, error) {
	var ids []exam.RegistrationID
	var emails []string
	for _, r := range f.Rows {
		if id := exam.ParseID[exam.RegistrationID](f.cell(r, "registration_id")); id != 0 {
			ids = append(ids, id)
		} else if e, err := auth.NormalEmail(f.cell(r, "email")); err == nil {
			emails = append(emails, e)
		}
	}
	return c.Store.Sitters(ctx, slices.Compact(slices.Sorted(slices.Values(ids))), slices.Compact(slices.Sorted(slices.Values(emails))), c.Now())
}

// read takes in one row: who, and what came of it.
func (f *resultFile) read(l lang.Locale, r *fileRow, people sitters) {
	id, email, word, points := f.cell(*r, "registration_id"), f.cell(*r, "email"), f.cell(*r, "outcome"), f.cell(*r, "score")
	if r.blank = word == "" && points == ""; r.blank {
		return
	}
	wrong := func(column, key string, pairs ...any) { r.column, r.problem = column, l.T(key, pairs...) }
	switch n := exam.ParseID[exam.RegistrationID](id); {
	case id != "" && n == 0:
		wrong("registration_id", "operator.import.no_id")
	case id != "":
		s := people.by(n)
		r.result.Registration = n
		if s == nil || (f.File.Session != 0 && s.Session != f.File.Session) {
			wrong("registration_id", "operator.import.nobody")
		}
	default:
		e, err := auth.NormalEmail(email)
		found := people.of(e, f.File.Session)
		switch {
		case err != nil:
			wrong("email", "operator.import.no_email")
		case len(found) == 0:
			wrong("email", "operator.import.nobody")
		case len(found) > 1:
			wrong("email", "operator.import.several", "n", len(found))
		default:
			r.result.Registration = found[0].Registration
		}
	}
	if r.problem != "" {
		return
	}
	outcome, known := outcomes[sheet.Plain(word)]
	if !known {
		wrong("outcome", "operator.import.no_outcome")
		return
	}
	r.result.Outcome = outcome
	if points != "" {
		n, err := sheet.Whole(points)
		if err != nil {
			wrong("score", "operator.import.no_score")
			return
		}
		r.result.Score = &n
	}
}

// counts of a checked file.
func (f resultFile) counts() (good, same, bad, blank int) {
	for _, r := range f.Rows {
		switch {
		case r.blank:
			blank++
		case r.same:
			same++
		case r.problem != "":
			bad++
		default:
			good++
		}
	}
	return good, same, bad, blank
}

// shownOfCell is how many signs of a cell the check page shows: enough to find it.
const shownOfCell = 100

// where names a row's wrong cell: its head and what stands in it.
func (f resultFile) where(r fileRow) string {
	i, known := f.at[r.column]
	if !known {
		return ""
	}
	cell := f.cell(r, r.column)
	if begins := clip(cell, shownOfCell); begins != cell {
		cell = begins + "…"
	}
	return fmt.Sprintf("%s: %s", f.Heads[i], cell)
}

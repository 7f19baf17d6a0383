package export

import (
	"context"
	"errors"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// Describe says in a sentence which rows a filter lists. Every field of a filter
// has its clause; a test holds it to that.
func Describe(ctx context.Context, r store.Reader, l lang.Locale, account exam.AccountID, kind exam.ExportKind, f Filter) (string, error) {
	d := describer{ctx: ctx, r: r, l: l, account: account}
	if kind == exam.ExportExaminees {
		d.examinees(f.Examinees)
	} else {
		d.codes(f.Codes)
	}
	if d.err != nil {
		return "", d.err
	}
	key := "export.filter." + string(kind)
	if len(d.clauses) == 0 {
		return l.T(key + "_all"), nil
	}
	return l.T(key, "clauses", l.List(d.clauses)), nil
}

type describer struct {
	ctx     context.Context
	r       store.Reader
	l       lang.Locale
	account exam.AccountID
	clauses []string
	err     error
}

func (d *describer) say(clause string, value any) {
	d.clauses = append(d.clauses, d.l.T("export.clause."+clause, "value", value))
}

// known keeps an error, unless it is that the thing is not there: then the
// clause names what was asked for.
func (d *describer) known(err error) bool {
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		d.err = err
	}
	return err == nil
}

func (d *describer) subject(id exam.SubjectID) {
	if id == 0 {
		return
	}
	s, err := d.r.Subject(d.ctx, id)
	name := id.String()
	if d.known(err) {
		name = s.Name.In(string(d.l.Lang))
	}
	d.say("subject", name)
}

func (d *describer) codes(f store.CodeFilter) {
	if f.Code != 0 {
		text := f.Code.String()
		if c, err := d.r.Code(d.ctx, d.account, f.Code); d.known(err) {
			text = codetext.Mask(c.Tail)
		}
		d.say("code", text)
	}
	if f.Tail != "" {
		d.say("tail", f.Tail)
	}
	d.subject(f.Subject)
	if f.Order != 0 {
		number := f.Order.String()
		if o, err := d.r.Order(d.ctx, d.account, f.Order); d.known(err) {
			number = o.Number
		}
		d.say("order", number)
	}
	if f.Number != "" {
		d.say("number", f.Number)
	}
	if f.State != "" {
		d.say("state", d.l.State("code", string(f.State)))
	}
	if f.Used {
		d.say("used", "")
	}
	if !f.EndsBy.IsZero() {
		d.say("ends_by", d.l.LastDay(f.EndsBy, d.l.Zone))
	}
	if f.Holder != "" {
		d.say("holder", f.Holder)
	}
	d.outcome(f)
}

// outcome is what a job did with the codes it is asked for.
func (d *describer) outcome(f store.CodeFilter) {
	if f.Bulk != 0 {
		d.say("bulk", f.Bulk.String())
	}
	if f.Outcome != "" {
		d.say("bulk_outcome", f.Outcome)
	}
}

func (d *describer) examinees(f store.ExamineeFilter) {
	if f.Name != "" {
		d.say("name", f.Name)
	}
	d.subject(f.Subject)
	if f.ExamType != "" {
		d.say("exam_type", d.l.T("export.exam_type."+string(f.ExamType)))
	}
	if f.Attempt != "" {
		d.say("attempt", d.l.T("export.attempt."+f.Attempt))
	}
	switch f.Outcome {
	case "":
	case store.OutcomeSat:
		d.say("sat", "")
	default:
		d.say("outcome", d.l.State("result", f.Outcome))
	}
	if !f.SatFrom.IsZero() {
		d.say("sat_from", d.l.Day(f.SatFrom, d.l.Zone))
	}
	if !f.SatBefore.IsZero() {
		d.say("sat_to", d.l.LastDay(f.SatBefore, d.l.Zone))
	}
}

package api

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/export"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/sheet"
	"examcode/internal/store"
)

// Export is a list as a file: asked for, then written, then kept for a while.
type Export struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" enum:"codes,examinees"`
	Format     string     `json:"format" enum:"csv,xlsx"`
	State      string     `json:"state" enum:"waiting,running,ready,failed,stopped,deleted"`
	Filter     string     `json:"filter" doc:"Which rows, as a sentence"`
	WithTexts  bool       `json:"with_texts"`
	Rows       int64      `json:"rows" doc:"Written so far; all of them when it is ready"`
	Total      int64      `json:"total" doc:"Rows there were when it was asked for"`
	Size       int64      `json:"size" doc:"Of the file, in bytes"`
	AskedBy    string     `json:"asked_by"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
	KeptUntil  *time.Time `json:"kept_until"`
	Reason     string     `json:"reason,omitempty" doc:"Why it failed"`
}

// ExportFilter is the filter of GET /codes or of GET /examinees, by their names.
type ExportFilter struct {
	Code        string `json:"code,omitempty" doc:"Codes: the whole text, as typed or pasted, or its last four symbols"`
	CodeID      string `json:"code_id,omitempty" doc:"Codes"`
	SubjectID   string `json:"subject_id,omitempty"`
	OrderID     string `json:"order_id,omitempty" doc:"Codes"`
	OrderNumber string `json:"order_number,omitempty" doc:"Codes: the whole number or a part of it"`
	State       string `json:"state,omitempty" enum:"unused,bound,reserved,completed,refunding,refunded,expired,used" doc:"Codes; used is bound, reserved or completed"`
	Holder      string `json:"holder,omitempty" doc:"Codes: a part of the examinee's name, in any case and width"`
	BulkID      string `json:"bulk_id,omitempty" doc:"Codes of a job, with one outcome"`
	Within      int    `json:"ends_within,omitempty" minimum:"1" maximum:"366" doc:"Codes: of orders that end within so many days"`
	Name        string `json:"name,omitempty" doc:"Examinees: a part of the name, in any case"`
	ExamType    string `json:"exam_type,omitempty" enum:"online,test_center" doc:"Examinees"`
	Attempt     string `json:"attempt,omitempty" enum:"first,retake" doc:"Examinees"`
	Outcome     string `json:"outcome,omitempty" doc:"Examinees: sat, passed, failed or absent. Codes, with bulk_id: done, or a reason"`
	SatFrom     string `json:"sat_from,omitempty" doc:"Examinees: first day of the exam, in the company's zone"`
	SatTo       string `json:"sat_to,omitempty" doc:"Examinees: last day of the exam, in the company's zone"`
}

// into copies what the search of a list has by the same name, and refuses what it
// does not know.
func (f ExportFilter) into(search any) error {
	from, to := reflect.ValueOf(f), reflect.ValueOf(search).Elem()
	var c fault.Check
	for i := range from.NumField() {
		if from.Field(i).IsZero() {
			continue
		}
		if field := to.FieldByName(from.Type().Field(i).Name); field.IsValid() {
			field.Set(from.Field(i))
			continue
		}
		name, _, _ := strings.Cut(from.Type().Field(i).Tag.Get("json"), ",")
		c.Add("filter."+name, ErrUnknownField)
	}
	return c.Err()
}

// examineeOutcomes are the outcomes that GET /examinees filters by.
var examineeOutcomes = []string{"", store.OutcomeSat, string(exam.Passed), string(exam.Failed), string(exam.Absent)}

// exportFilter reads the filter of a kind as its list does.
func (s *server) exportFilter(ctx context.Context, who exam.Actor, kind exam.ExportKind, in ExportFilter) (f export.Filter, err error) {
	if kind == exam.ExportExaminees {
		var search ExamineeSearch
		if !slices.Contains(examineeOutcomes, in.Outcome) {
			return f, exam.ErrOutcomeUnknown.On("filter.outcome")
		}
		if err = in.into(&search); err == nil {
			f.Examinees, err = s.examineeSearch(ctx, who, search)
		}
		return f, err
	}
	var search CodeSearch
	if err = in.into(&search); err == nil {
		f.Codes, err = s.search(ctx, who, search)
	}
	return f, err
}

func (s *server) showExport(ctx context.Context, e store.ExportRow) (Export, error) {
	l := locale(ctx)
	x := Export{ID: e.ID.String(), Kind: string(e.Kind), Format: string(e.Format), State: string(e.Shown(s.Now())), WithTexts: e.WithTexts, Rows: e.Rows, Total: e.Total, Size: e.Size,
		AskedBy: e.PersonName, CreatedAt: instant(e.Created), FinishedAt: maybe(e.Finished), KeptUntil: maybe(e.Kept), Reason: e.Error}
	f, err := export.Thaw(e.Kind, e.Filter)
	if errors.Is(err, export.ErrFilter) {
		x.Filter = l.T("export.kind." + x.Kind)
		return x, nil
	}
	x.Filter, err = export.Describe(ctx, s.Store, lang.Locale{Lang: l.Lang, Zone: export.Locale(e.Export, s.Now()).Zone, Now: s.Now()}, e.Account, e.Kind, f)
	return x, err
}

// export reads an export of the company as it is now.
func (s *server) export(ctx context.Context, who exam.Actor, id exam.ExportID) (Export, error) {
	row, err := s.Store.Export(ctx, who.Account, id)
	if err != nil {
		return Export{}, err
	}
	return s.showExport(ctx, row)
}

func (s *server) exports() {
	view := httpd.WithRight(exam.ViewCodes)
	type input struct {
		Body struct {
			Kind      string        `json:"kind" enum:"codes,examinees"`
			Format    string        `json:"format" enum:"csv,xlsx"`
			Filter    *ExportFilter `json:"filter,omitempty" doc:"Without it every row is exported"`
			WithTexts bool          `json:"with_texts,omitempty" doc:"Codes: whole texts instead of masked ones; needs the right to reveal them and is recorded"`
		} `nameHint:"ExportRequest"`
	}
	op := s.operation(view, http.MethodPost, "/exports", "Ask for all rows of a list as a file")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Export], error) {
		b, filter := in.Body, ExportFilter{}
		if b.Filter != nil {
			filter = *b.Filter
		}
		f, err := s.exportFilter(ctx, who, exam.ExportKind(b.Kind), filter)
		if err != nil {
			return nil, err
		}
		e, err := s.Actions.AskExport(ctx, who, action.ExportRequest{Kind: exam.ExportKind(b.Kind), Format: exam.ExportFormat(b.Format), Filter: f, WithTexts: b.WithTexts, Lang: string(locale(ctx).Lang)})
		return s.madeExport(ctx, who, e, err)
	})
	again := s.operation(view, http.MethodPost, "/exports/{id}/again", "Ask for an export anew, with the filter of an earlier one")
	again.DefaultStatus = http.StatusCreated
	add(s, again, func(ctx context.Context, who exam.Actor, in *Item) (*created[Export], error) {
		id, err := pathID[exam.ExportID](in.ID)
		if err != nil {
			return nil, err
		}
		e, err := s.Actions.RepeatExport(ctx, who, id, string(locale(ctx).Lang))
		return s.madeExport(ctx, who, e, err)
	})
	add(s, s.operation(view, http.MethodPost, "/exports/{id}/stop", "Stop an export that has not ended; its asker and the root may"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Export], error) {
			id, err := pathID[exam.ExportID](in.ID)
			if err == nil {
				_, err = s.Actions.StopExport(ctx, who, id)
			}
			if err != nil {
				return nil, err
			}
			x, err := s.export(ctx, who, id)
			return &body[Export]{x}, err
		})
	add(s, s.operation(view, http.MethodGet, "/exports/{id}", "How far an export has come"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Export], error) {
			id, err := pathID[exam.ExportID](in.ID)
			if err != nil {
				return nil, err
			}
			x, err := s.export(ctx, who, id)
			return &body[Export]{x}, err
		})
	add(s, s.operation(view, http.MethodGet, "/exports", "The company's exports, newest first"),
		func(ctx context.Context, who exam.Actor, in *Paging) (*body[List[Export]], error) {
			var bad error
			out, err := list(s, "exports", *in, func(p store.Page) (store.Rows[store.ExportRow], error) {
				return s.Store.Exports(ctx, who.Account, p)
			}, func(e store.ExportRow) Export {
				x, err := s.showExport(ctx, e)
				bad = errors.Join(bad, err)
				return x
			})
			return out, errors.Join(err, bad)
		})
	// The file streams, so it does not pass through the JSON of the others.
	s.reg.Handle(s.face, http.MethodGet, Prefix+exportFilePath, view, s.exportFile)
}

func (s *server) madeExport(ctx context.Context, who exam.Actor, e exam.Export, err error) (*created[Export], error) {
	if err != nil {
		return nil, err
	}
	x, err := s.export(ctx, who, e.ID)
	return made("/exports/"+x.ID, x), err
}

const exportFilePath = "/exports/{id}/file"

func (s *server) exportFile(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[exam.ExportID](r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := s.Actions.OpenExport(r.Context(), httpd.From(r.Context()).Actor(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.Mime)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	return f.Copy(r.Context(), w)
}

// exportFileItem describes the one call that does not answer JSON.
func exportFileItem(refused *huma.Response) *huma.PathItem {
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	return &huma.PathItem{Get: &huma.Operation{
		OperationID: "get-exports-id-file", Summary: "The file of an export that is ready; taking it is recorded", Tags: []string{"exports"},
		Description: "For: " + httpd.WithRight(exam.ViewCodes).Name + ". Whole texts need the right to reveal them.",
		Parameters:  []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses: map[string]*huma.Response{
			"200":     {Description: "OK", Content: map[string]*huma.MediaType{sheet.Mime(sheet.CSV): file, sheet.Mime(sheet.XLSX): file}},
			"default": refused,
		},
	}}
}

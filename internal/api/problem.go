package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
)

const problemType = "application/problem+json"

var (
	ErrUnknownField     = fault.New(fault.Invalid, "unknown_field", "the call does not know this field")
	ErrUnknownParameter = fault.New(fault.Invalid, "unknown_parameter", "the call does not know this query parameter")
	ErrFieldMissing     = fault.New(fault.Invalid, "field_missing", "this field is needed")
	ErrValue            = fault.New(fault.Invalid, "value_malformed", "the value is not one this field takes")
	ErrLimit            = fault.New(fault.Invalid, "limit_out_of_range", "a page has 1 to 200 entries")
	ErrCursor           = fault.New(fault.Invalid, "cursor_malformed", "the cursor is not one this list gave")
)

// Problem is a refusal as the API shows it (RFC 9457).
type Problem struct {
	Type      string         `json:"type" doc:"Names the kind of problem; one per reason"`
	Title     string         `json:"title" doc:"What the reason means, in English, the same every time"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"A sentence for people in the language asked for"`
	Instance  string         `json:"instance" doc:"Names this occurrence"`
	Reason    string         `json:"reason" doc:"A stable word for programs"`
	RequestID string         `json:"request_id" doc:"Found in the operator's log"`
	Errors    []ProblemField `json:"errors,omitempty" nullable:"false" doc:"The refused fields"`
	Args      map[string]any `json:"args,omitempty" doc:"The facts of the sentence"`
}

// ProblemField is one refused field of the input.
type ProblemField struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Refusal is why one item of a batch was not done.
type Refusal struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

// refuse answers with a problem document.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, e *fault.Error) {
	h := w.Header()
	h.Set("Content-Type", problemType)
	h.Set("Content-Language", string(speak(r).Lang))
	status := httpd.Status(e)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="examcode"`)
	}
	w.WriteHeader(status)
	w.Write(problem(r, e))
}

// speak is the locale of a request; what it asks for goes before the person's
// setting, because a program speaks for many.
func speak(r *http.Request) lang.Locale {
	l := httpd.From(r.Context()).Locale
	if wish := r.Header.Get("Accept-Language"); wish != "" {
		l.Lang = lang.Match("", wish)
	}
	return l
}

// problem writes the document of a refusal.
func problem(r *http.Request, e *fault.Error) []byte {
	l, ref := speak(r), httpd.From(r.Context()).Ref
	p := Problem{Type: "urn:examcode:reason:" + e.Reason, Title: e.Text, Status: httpd.Status(e), Detail: sentence(l, e.Reason, e.Args),
		Instance: "urn:examcode:request:" + ref, Reason: e.Reason, RequestID: ref, Args: facts(e.Args)}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{Field: f.Name, Reason: f.Reason, Detail: sentence(l, f.Reason, f.Args)})
	}
	b, err := json.Marshal(p)
	if err != nil { // an argument that JSON cannot hold
		p.Args = nil
		b, _ = json.Marshal(p)
	}
	return append(b, '\n')
}

// refusal is the refusal of one item of a batch.
func refusal(l lang.Locale, err error) *Refusal {
	if err == nil {
		return nil
	}
	e := fault.Of(err)
	x := &Refusal{Reason: e.Reason, Detail: sentence(l, e.Reason, e.Args)}
	if len(e.Fields) > 0 {
		x.Field = e.Fields[0].Name
	}
	return x
}

// sentence is the text of a reason, or the plain English one where there is none.
func sentence(l lang.Locale, reason string, args fault.Args) string {
	if !l.Has("fault." + reason) {
		return texts()[reason]
	}
	return l.FaultField(fault.Field{Reason: reason, Args: args})
}

// texts are the plain sentences of the reasons.
var texts = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, e := range fault.Declared() {
		m[e.Reason] = e.Text
	}
	return m
})

// facts are the arguments of a refusal in the API's forms.
func facts(args fault.Args) map[string]any {
	if len(args) == 0 {
		return nil
	}
	out := make(map[string]any, len(args))
	for k, v := range args {
		if t, ok := v.(time.Time); ok {
			v = instant(t)
		}
		out[k] = v
	}
	return out
}

// byField are the refusals of fields that have a rule of their own, for values
// that do not even have the right type. A field inside another one is refused
// like that one ("price.minor" like "price").
var byField = map[string]*fault.Error{
	"quantity":            exam.ErrQuantity.With("min", 1, "max", exam.MaxQuantity),
	"max_quantity":        exam.ErrQuantity.With("min", 0, "max", exam.MaxQuantity),
	"subject_id":          exam.ErrSubjectUnknown,
	"session_id":          exam.ErrSessionUnknown,
	"registration_id":     exam.ErrResultUnknown,
	"provider":            exam.ErrProviderUnknown,
	"exam_type":           exam.ErrExamType,
	"exam_types":          exam.ErrExamType,
	"price":               exam.ErrPrice,
	"no_show":             exam.ErrNoShowPolicy,
	"cancel_cutoff_hours": exam.ErrCutoff,
	"pass_mark":           exam.ErrPassMark,
	"starts_at":           exam.ErrTimeMalformed,
	"duration_minutes":    exam.ErrSessionDuration,
	"seats":               exam.ErrSessionSeats,
	"zone":                exam.ErrZoneUnknown,
	"outcome":             exam.ErrOutcomeUnknown,
	"score":               exam.ErrScoreRange.With("max", exam.MaxScore),
	"sat_at":              exam.ErrTimeMalformed,
	"from":                exam.ErrTimeMalformed,
	"to":                  exam.ErrTimeMalformed,
	"document":            exam.ErrDocumentFile.With("mb", action.MaxDocument>>20),
	"document_kind":       exam.ErrDocumentKind,
	"lang":                exam.ErrLangUnknown,
	"limit":               ErrLimit.With("min", 1, "max", 200),
	"cursor":              ErrCursor,
	"ids":                 action.ErrBatchSize.With("max", action.MaxBatch),
	"results":             action.ErrBatchSize.With("max", action.MaxBatch),
}

// unfit is the refusal of an input whose shape is wrong.
func unfit(details []*huma.ErrorDetail) *fault.Error {
	prefix, suffix, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	var fields []fault.Field
	seen := map[string]bool{}
	for _, d := range details {
		_, field, _ := strings.Cut(d.Location, ".")
		e := ErrValue
		if rest, ok := strings.CutPrefix(d.Message, prefix); ok {
			name, _ := strings.CutSuffix(rest, suffix)
			field, e = strings.TrimPrefix(field+"."+name, "."), ErrFieldMissing
		}
		switch {
		case field == "":
			return httpd.ErrMalformed
		case d.Message == validation.MsgUnexpectedProperty:
			e = ErrUnknownField
		case strings.HasPrefix(d.Location, "query.") && d.Message == "unknown query parameter":
			e = ErrUnknownParameter
		default:
			if own := ruleOf(field); own != nil {
				e = own
			}
		}
		if !seen[field] {
			seen[field] = true
			fields = append(fields, fault.Field{Name: field, Reason: e.Reason, Args: e.Args})
		}
	}
	return gather(fields)
}

// gather makes one refusal of refused fields. One field's reason is the
// refusal's own, unless it says no more than that the value does not fit.
func gather(fields []fault.Field) *fault.Error {
	if len(fields) == 1 && fields[0].Reason != ErrValue.Reason && fields[0].Reason != ErrFieldMissing.Reason {
		var c fault.Check
		c.AddField(fields[0])
		return fault.Of(c.Err())
	}
	e := *fault.ErrInput
	e.Fields = fields
	return &e
}

// ruleOf finds the refusal of a field, or of the one it is in.
func ruleOf(field string) *fault.Error {
	parts := strings.Split(field, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		name, _, _ := strings.Cut(parts[i], "[")
		if e, ok := byField[name]; ok {
			return e
		}
	}
	return nil
}

// malformed is the refusal of a field's value without a rule of its own.
func malformed(field string) error {
	return gather([]fault.Field{{Name: field, Reason: ErrValue.Reason}})
}

package api

import (
	"context"
	"net/http"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
)

// CodeOutcome is what became of one code of a batch.
type CodeOutcome struct {
	ID      string   `json:"id" doc:"As it was given"`
	Done    bool     `json:"done"`
	Refused *Refusal `json:"refused,omitempty"`
}

// Outcomes is what became of a batch, in the order that was given.
type Outcomes[T any] struct {
	Items   []T `json:"items" nullable:"false"`
	Done    int `json:"done"`
	Refused int `json:"refused"`
}

// Text is a code's text in clear.
type Text struct {
	Text string `json:"text" example:"7H2K-QW9M-ZX4T-K7QF"`
}

// codeVerbs are the calls that change codes or show their texts.
func (s *server) codeVerbs() {
	manage := httpd.WithRight(exam.ManageCodes)
	add(s, s.operation(httpd.WithRight(exam.RevealCodes), http.MethodPost, "/codes/{id}/reveal", "Show the text of a code; colleagues see that you looked"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Text], error) {
			id, err := pathID[exam.CodeID](in.ID)
			if err != nil {
				return nil, err
			}
			text, err := s.Actions.RevealCode(ctx, who, id)
			return &body[Text]{Text{text.Reveal()}}, err
		})
	type unbind struct {
		Item
		Body *struct {
			NewText bool `json:"new_text,omitempty" doc:"Give the code a new text in the same step"`
		} `nameHint:"UnbindRequest"`
	}
	add(s, s.operation(manage, http.MethodPost, "/codes/{id}/unbind", "Take a bound code back; the registration is cancelled"),
		func(ctx context.Context, who exam.Actor, in *unbind) (*body[Code], error) {
			return s.onOne(ctx, who, in.ID, func(ids []exam.CodeID) ([]action.Outcome[exam.CodeID], error) {
				return s.Actions.UnbindCodes(ctx, who, ids, in.Body != nil && in.Body.NewText)
			})
		})
	add(s, s.operation(manage, http.MethodPost, "/codes/{id}/regenerate", "Give an unused code a new text; the old one dies"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Code], error) {
			return s.onOne(ctx, who, in.ID, func(ids []exam.CodeID) ([]action.Outcome[exam.CodeID], error) {
				return s.Actions.RegenerateCodes(ctx, who, ids)
			})
		})
	type unbindMany struct {
		Body struct {
			Chosen
			NewText bool `json:"new_text,omitempty" doc:"Give the codes new texts in the same step"`
		} `nameHint:"UnbindCodesRequest"`
	}
	add(s, s.operation(manage, http.MethodPost, "/codes/unbind", "Take bound codes back, each with its own outcome"),
		func(ctx context.Context, who exam.Actor, in *unbindMany) (*body[CodesDone], error) {
			return s.onChosen(ctx, who, exam.BulkUnbind, in.Body.NewText, in.Body.Chosen, func(ids []exam.CodeID) ([]action.Outcome[exam.CodeID], error) {
				return s.Actions.UnbindCodes(ctx, who, ids, in.Body.NewText)
			})
		})
	type many struct {
		Body Chosen `nameHint:"RegenerateCodesRequest"`
	}
	add(s, s.operation(manage, http.MethodPost, "/codes/regenerate", "Give unused codes new texts, each with its own outcome"),
		func(ctx context.Context, who exam.Actor, in *many) (*body[CodesDone], error) {
			return s.onChosen(ctx, who, exam.BulkRegenerate, false, in.Body, func(ids []exam.CodeID) ([]action.Outcome[exam.CodeID], error) {
				return s.Actions.RegenerateCodes(ctx, who, ids)
			})
		})
	s.bulks()
}

// onOne runs a batch verb on one code and answers with the code.
func (s *server) onOne(ctx context.Context, who exam.Actor, id string, verb func([]exam.CodeID) ([]action.Outcome[exam.CodeID], error)) (*body[Code], error) {
	n, err := pathID[exam.CodeID](id)
	if err != nil {
		return nil, err
	}
	out, err := verb([]exam.CodeID{n})
	if err != nil {
		return nil, err
	}
	if out[0].Err != nil {
		return nil, out[0].Err
	}
	c, err := s.Store.Code(ctx, who.Account, n)
	return &body[Code]{s.showCode(c)}, err
}

// onMany runs a batch verb; an id that is none is refused like an unknown one.
func (s *server) onMany(ctx context.Context, texts []string, verb func([]exam.CodeID) ([]action.Outcome[exam.CodeID], error)) (*body[Outcomes[CodeOutcome]], error) {
	ids := make([]exam.CodeID, len(texts))
	for i, t := range texts {
		ids[i], _ = parse[exam.CodeID](t)
	}
	outcomes, err := verb(ids)
	if err != nil {
		return nil, err
	}
	l, out := locale(ctx), &body[Outcomes[CodeOutcome]]{}
	for i, o := range outcomes {
		out.Body.Items = append(out.Body.Items, CodeOutcome{ID: texts[i], Done: o.Err == nil, Refused: refusal(l, o.Err)})
		if o.Err == nil {
			out.Body.Done++
		} else {
			out.Body.Refused++
		}
	}
	return out, nil
}

// locale is the language that a request's answer is written in.
func locale(ctx context.Context) lang.Locale { return ctx.Value(callKey{}).(*call).locale }

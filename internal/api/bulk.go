package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
)

// Chosen names codes: some by id, or all of a filter.
type Chosen struct {
	IDs    []string    `json:"ids,omitempty" nullable:"false" maxItems:"1000" doc:"Up to 1000 codes; each gets its outcome in the answer"`
	Filter *CodeFilter `json:"filter,omitempty" doc:"All codes of a search, as they are now; they are done as a job"`
	DryRun bool        `json:"dry_run,omitempty" doc:"With a filter: count only, change nothing"`
}

// CodeFilter is a search of codes as a body; see GET /codes.
type CodeFilter struct {
	Code        string `json:"code,omitempty"`
	CodeID      string `json:"code_id,omitempty"`
	SubjectID   string `json:"subject_id,omitempty"`
	OrderID     string `json:"order_id,omitempty"`
	OrderNumber string `json:"order_number,omitempty"`
	State       string `json:"state,omitempty" enum:"unused,bound,reserved,completed,refunding,refunded,expired,used"`
	Holder      string `json:"holder,omitempty"`
	EndsWithin  int    `json:"ends_within,omitempty" minimum:"1" maximum:"366"`
}

// CodesDone is what became of a batch of codes, or the job that does it.
type CodesDone struct {
	Outcomes[CodeOutcome]
	Job *Bulk `json:"job,omitempty" doc:"Of a filter"`
}

// Bulk is a verb on many codes.
type Bulk struct {
	ID         string         `json:"id,omitempty" doc:"Absent in a dry run"`
	Verb       string         `json:"verb" enum:"unbind,regenerate"`
	State      string         `json:"state" enum:"dry_run,draft,running,done"`
	Total      int64          `json:"total"`
	Settled    int64          `json:"settled"`
	Fit        int            `json:"fit" doc:"Codes in the state that the verb needs; the others stay as they are"`
	States     map[string]int `json:"states" doc:"Codes by their state when the job was asked for"`
	Outcomes   map[string]int `json:"outcomes,omitempty" doc:"Codes by outcome: done, or the reason why one was left alone. GET /codes with bulk_id and outcome lists them"`
	CreatedAt  *time.Time     `json:"created_at,omitempty"`
	FinishedAt *time.Time     `json:"finished_at,omitempty"`
}

// ErrCodesNotChosen refuses ids together with a filter, and dry runs of ids.
var ErrCodesNotChosen = fault.New(fault.Invalid, "codes_not_chosen", "give either ids or a filter; a dry run needs a filter")

// onChosen does a verb to the codes that were chosen.
func (s *server) onChosen(ctx context.Context, who exam.Actor, verb exam.BulkVerb, newText bool, in Chosen, do func([]exam.CodeID) ([]action.Outcome[exam.CodeID], error)) (*body[CodesDone], error) {
	switch {
	case in.Filter != nil && len(in.IDs) > 0, in.DryRun && in.Filter == nil:
		return nil, ErrCodesNotChosen.On("ids")
	case in.Filter == nil:
		out, err := s.onMany(ctx, in.IDs, do)
		if err != nil {
			return nil, err
		}
		return &body[CodesDone]{CodesDone{Outcomes: out.Body}}, nil
	}
	q := in.Filter
	f, err := s.search(ctx, who, CodeSearch{Code: q.Code, CodeID: q.CodeID, SubjectID: q.SubjectID, OrderID: q.OrderID, OrderNumber: q.OrderNumber, State: q.State, Holder: q.Holder, Ends: Ends{Within: q.EndsWithin}})
	if err != nil {
		return nil, err
	}
	done := &body[CodesDone]{CodesDone{Outcomes: Outcomes[CodeOutcome]{Items: []CodeOutcome{}}}}
	if in.DryRun {
		states, err := s.Store.CountFrozen(ctx, who.Account, f, nil, s.Now())
		n := Bulk{Verb: string(verb), State: "dry_run", States: states, Fit: states[string(verb.Needs())]}
		for _, k := range states {
			n.Total += int64(k)
		}
		done.Body.Job = &n
		return done, err
	}
	b, err := s.Actions.StartBulk(ctx, who, verb, f, newText)
	if err != nil {
		return nil, err
	}
	if err := s.Actions.RunBulk(context.WithoutCancel(ctx), b.ID, 1); err != nil {
		s.reg.Log.Warn("the worker will go on", "bulk", b.ID, "error", err) // it is confirmed, and owed
	}
	done.Body.Job, err = s.showBulk(ctx, who, b.ID)
	return done, err
}

func (s *server) showBulk(ctx context.Context, who exam.Actor, id exam.BulkID) (*Bulk, error) {
	b, err := s.Store.Bulk(ctx, who.Account, id)
	if err != nil {
		return nil, err
	}
	n := &Bulk{ID: b.ID.String(), Verb: string(b.Verb), State: string(b.State), Total: b.Total, Settled: b.Settled, CreatedAt: maybe(b.Created), FinishedAt: maybe(b.Finished)}
	if n.States, err = s.Store.BulkStates(ctx, id); err != nil {
		return nil, err
	}
	n.Fit = n.States[string(b.Verb.Needs())]
	if n.Outcomes, err = s.Store.BulkOutcomes(ctx, id); err != nil {
		return nil, err
	}
	delete(n.Outcomes, "") // not reached yet
	return n, nil
}

func (s *server) bulks() {
	add(s, s.operation(httpd.WithRight(exam.ManageCodes), http.MethodGet, "/bulks/{id}", "How far a verb on many codes is, and what became of them"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Bulk], error) {
			id, err := pathID[exam.BulkID](in.ID)
			if err != nil {
				return nil, err
			}
			b, err := s.showBulk(ctx, who, id)
			if err != nil {
				return nil, err
			}
			return &body[Bulk]{*b}, nil
		})
}

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

// ResultFields is one result to record, or many in results.
type ResultFields struct {
	RegistrationID string        `json:"registration_id,omitempty"`
	Outcome        string        `json:"outcome,omitempty" doc:"passed, failed or absent"`
	Score          *int          `json:"score,omitempty" minimum:"-1000000" maximum:"1000000" doc:"0 to 1000; none for who was absent"`
	SatAt          *time.Time    `json:"sat_at,omitempty" doc:"The session's start when left out"`
	Results        []ResultEntry `json:"results,omitempty" nullable:"false" maxItems:"1000" doc:"Instead of the other fields: up to 1000 results"`
}

// ResultEntry is one result of many.
type ResultEntry struct {
	RegistrationID string     `json:"registration_id"`
	Outcome        string     `json:"outcome"`
	Score          *int       `json:"score,omitempty" minimum:"-1000000" maximum:"1000000"`
	SatAt          *time.Time `json:"sat_at,omitempty"`
}

// ResultOutcome is what became of one result.
type ResultOutcome struct {
	RegistrationID string   `json:"registration_id" doc:"As it was given"`
	Done           bool     `json:"done"`
	Refused        *Refusal `json:"refused,omitempty"`
}

func (e ResultEntry) result() exam.Result {
	id, _ := parse[exam.RegistrationID](e.RegistrationID)
	n := exam.Result{Registration: id, Outcome: exam.Outcome(e.Outcome), Score: e.Score}
	if e.SatAt != nil {
		n.SatAt = instant(*e.SatAt)
	}
	return n
}

func (s *server) results() {
	type input struct{ Body ResultFields }
	add(s, s.operation(httpd.Staff(exam.Results), http.MethodPost, "/results", "Record one result, or many with an outcome each"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[Outcomes[ResultOutcome]], error) {
			b := in.Body
			entries, single := b.Results, b.Results == nil
			if single {
				entries = []ResultEntry{{b.RegistrationID, b.Outcome, b.Score, b.SatAt}}
			} else if b.RegistrationID != "" || b.Outcome != "" || b.Score != nil || b.SatAt != nil {
				return nil, malformed("results")
			}
			results := make([]exam.Result, len(entries))
			for i, e := range entries {
				results[i] = e.result()
			}
			outcomes, err := s.Actions.RecordResults(ctx, who, results)
			if err != nil {
				return nil, err
			}
			if single && outcomes[0].Err != nil {
				return nil, outcomes[0].Err
			}
			return &body[Outcomes[ResultOutcome]]{showOutcomes(ctx, entries, outcomes)}, nil
		})
}

func showOutcomes(ctx context.Context, entries []ResultEntry, outcomes []action.Outcome[exam.RegistrationID]) Outcomes[ResultOutcome] {
	l, out := locale(ctx), Outcomes[ResultOutcome]{Items: []ResultOutcome{}}
	for i, o := range outcomes {
		out.Items = append(out.Items, ResultOutcome{RegistrationID: entries[i].RegistrationID, Done: o.Err == nil, Refused: refusal(l, o.Err)})
		if fault.Of(o.Err) == nil {
			out.Done++
		} else {
			out.Refused++
		}
	}
	return out
}

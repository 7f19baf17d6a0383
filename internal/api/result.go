package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// ResultFields is one result to record, or many in results.
type ResultFields struct {
	RegistrationID string        `json:"registration_id,omitempty"`
	Outcome        string        `json:"outcome,omitempty" doc:"passed, failed or absent"`
	Score          *int          `json:"score,omitempty" minimum:"-1000000" maximum:"1000000" doc:"0 to 1000; none for who was absent"`
	SatAt          *time.Time    `json:"sat_at,omitempty" doc:"The session's start when left out"`
	DryRun         bool          `json:"dry_run,omitempty" doc:"Answer what would become of each, and record nothing"`
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
			record := s.Actions.RecordResults
			if b.DryRun {
				record = s.Actions.CheckResults
			}
			outcomes, err := record(ctx, who, results)
			if err != nil {
				return nil, err
			}
			if single && outcomes[0].Err != nil {
				return nil, outcomes[0].Err
			}
			return &body[Outcomes[ResultOutcome]]{showOutcomes(ctx, entries, outcomes)}, nil
		})
}

// ResultVersion is one version of a result, as staff see it.
type ResultVersion struct {
	Version    int64     `json:"version"`
	Outcome    string    `json:"outcome" enum:"passed,failed,absent"`
	Score      *int      `json:"score"`
	SatAt      time.Time `json:"sat_at"`
	RecordedAt time.Time `json:"recorded_at"`
	RecordedBy string    `json:"recorded_by" doc:"Name of who recorded it"`
	Reason     string    `json:"reason" doc:"Why it was corrected; empty for the first version"`
}

// RecordedResult is a result with what it was before. Result is null when a
// correction to a no-show gave the code back.
type RecordedResult struct {
	RegistrationID string          `json:"registration_id"`
	Result         *ResultVersion  `json:"result"`
	Earlier        []ResultVersion `json:"earlier" nullable:"false" doc:"Newest first"`
}

func showVersion(v store.ResultVersion) ResultVersion {
	return ResultVersion{Version: v.Version, Outcome: string(v.Outcome), Score: v.Score, SatAt: instant(v.SatAt), RecordedAt: instant(v.Recorded), RecordedBy: v.By, Reason: v.Why}
}

// corrections are the calls about one recorded result.
func (s *server) corrections() {
	results := httpd.Staff(exam.Results)
	type item struct {
		ID string `path:"registration_id"`
	}
	add(s, s.operation(results, http.MethodGet, "/results/{registration_id}", "A recorded result with its earlier versions"),
		func(ctx context.Context, _ exam.Actor, in *item) (*body[RecordedResult], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			if err != nil {
				return nil, err
			}
			return s.recordedResult(ctx, id)
		})
	type input struct {
		ID   string `path:"registration_id"`
		Body struct {
			Outcome string     `json:"outcome" doc:"passed, failed or absent"`
			Score   *int       `json:"score,omitempty" minimum:"-1000000" maximum:"1000000"`
			SatAt   *time.Time `json:"sat_at,omitempty" doc:"As it was when left out"`
			Reason  string     `json:"reason" doc:"Kept with both versions"`
		} `nameHint:"CorrectResultRequest"`
	}
	add(s, s.operation(results, http.MethodPatch, "/results/{registration_id}", "Correct a recorded result; the earlier version is kept, examinee and company are told"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[RecordedResult], error) {
			id, err := pathID[exam.RegistrationID](in.ID)
			if err != nil {
				return nil, err
			}
			entry := ResultEntry{in.ID, in.Body.Outcome, in.Body.Score, in.Body.SatAt}
			if _, err := s.Actions.CorrectResult(ctx, who, entry.result(), in.Body.Reason); err != nil {
				return nil, err
			}
			return s.recordedResult(ctx, id)
		})
}

func (s *server) recordedResult(ctx context.Context, id exam.RegistrationID) (*body[RecordedResult], error) {
	out := RecordedResult{RegistrationID: id.String(), Earlier: []ResultVersion{}}
	now, err := s.Store.Result(ctx, id)
	switch {
	case err == nil:
		v := showVersion(now)
		out.Result = &v
	case fault.Of(err).Kind != fault.NotFound:
		return nil, err
	}
	earlier, err := s.Store.ResultVersions(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, v := range earlier {
		out.Earlier = append(out.Earlier, showVersion(v))
	}
	if out.Result == nil && len(out.Earlier) == 0 {
		return nil, fault.ErrNotFound
	}
	return &body[RecordedResult]{out}, nil
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

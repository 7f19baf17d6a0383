package exam

import (
	"time"

	"examcode/internal/fault"
)

// Outcome of a sitting.
type Outcome string

const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	Absent Outcome = "absent"
)

// Result is what came of one registration.
type Result struct {
	Registration RegistrationID
	Outcome      Outcome
	Score        *int // nil when absent or not given
	SatAt        time.Time
	Recorded     time.Time
	RecordedBy   PersonID
	Version      int64  // 1, and one more with every correction
	Why          string // why it was corrected; "" for what was recorded first
}

var (
	ErrOutcomeUnknown  = fault.New(fault.Invalid, "outcome_unknown", "the outcome is passed, failed or absent")
	ErrScoreRange      = fault.New(fault.Invalid, "score_out_of_range", "a score is from 0 to 1000")
	ErrScoreAbsent     = fault.New(fault.Invalid, "score_of_absent", "who was absent has no score")
	ErrScoreContradict = fault.New(fault.Invalid, "score_contradicts", "the score and the outcome contradict the pass mark")
	ErrSatAt           = fault.New(fault.Invalid, "sat_at_out_of_range", "the sitting lies between the session's start and now")
	ErrResultRecorded  = fault.New(fault.Conflict, "result_already_recorded", "the result is recorded already")
	ErrResultSame      = fault.New(fault.Conflict, "result_same", "this is the recorded result already")
	ErrWhyMissing      = fault.New(fault.Invalid, "reason_missing", "write the reason")
	ErrResultUnknown   = fault.New(fault.Invalid, "registration_unknown", "there is no such registration")
)

// Check refuses results that contradict themselves or the subject's pass mark.
func (n Result) Check(s Subject) error {
	switch {
	case n.Outcome != Passed && n.Outcome != Failed && n.Outcome != Absent:
		return ErrOutcomeUnknown.On("outcome")
	case n.Outcome == Absent && n.Score != nil:
		return ErrScoreAbsent.On("score")
	case n.Score == nil:
		return nil
	case *n.Score < 0 || *n.Score > MaxScore:
		return ErrScoreRange.With("max", MaxScore).On("score")
	case (*n.Score >= s.PassMark) != (n.Outcome == Passed):
		return ErrScoreContradict.With("pass_mark", s.PassMark).On("score")
	}
	return nil
}

// RecordResult ends a reserved registration with its result (S23). A no-show
// follows the subject's policy: with "return" the code goes back to its holder
// while the order lives, and kept is false: there is no result then.
func (r Registration) RecordResult(a Actor, c Code, held *Session, s Subject, n Result, now time.Time) (reg Registration, code Code, res Result, kept bool, e Event, err error) {
	fail := func(err error) (Registration, Code, Result, bool, Event, error) {
		return r, c, n, false, Event{}, err
	}
	if err := NeedStaff(a, Results); err != nil {
		return fail(err)
	}
	switch {
	case r.State == Sat:
		return fail(ErrResultRecorded)
	case r.State != SeatReserved || held == nil:
		return fail(ErrNotReserved)
	case now.Before(held.Starts):
		return fail(ErrSessionNotBegun)
	}
	if n.SatAt.IsZero() {
		n.SatAt = held.Starts
	}
	if n.SatAt.Before(held.Starts) || n.SatAt.After(now) {
		return fail(ErrSatAt.On("sat_at"))
	}
	if err := n.Check(s); err != nil {
		return fail(err)
	}
	if n.Outcome == Absent && s.NoShow == GivenBack && !c.Ended(now) {
		if c, e, err = c.Return(a, now); err != nil {
			return fail(err)
		}
		e.Data["session"] = held.ID.String()
		r.State, r.Session, r.Reserved = Registered, 0, time.Time{}
		r.Version++
		return r, c, n, false, e, nil
	}
	if c, e, err = c.Complete(a, now); err != nil {
		return fail(err)
	}
	e.Data["outcome"] = string(n.Outcome)
	if n.Score != nil {
		e.Data["score"] = *n.Score
	}
	n.Registration, n.Recorded, n.RecordedBy, n.Version, n.Why = r.ID, now, a.Person, 1, ""
	r.State, r.Completed = Sat, now
	r.Version++
	return r, c, n, true, e, nil
}

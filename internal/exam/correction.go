package exam

import (
	"time"

	"examcode/internal/fault"
)

// ErrExamineeBack: a corrected no-show would bring the registration back, but
// its examinee has another one for the subject by now.
var ErrExamineeBack = fault.New(fault.Conflict, "examinee_registered_again", "the examinee has registered for this subject again")

// CorrectResult replaces the recorded result of a registration; was is kept as
// an earlier version beside it. With a no-show that the subject's policy gives
// back, the registration waits for a session again and kept is false: there is
// no result then. Staff with the results role, who say why.
func (r Registration) CorrectResult(a Actor, c Code, was *Result, held *Session, s Subject, n Result, why string, now time.Time) (reg Registration, code Code, res Result, kept bool, e Event, err error) {
	fail := func(err error) (Registration, Code, Result, bool, Event, error) {
		return r, c, n, false, Event{}, err
	}
	if err := NeedStaff(a, Results); err != nil {
		return fail(err)
	}
	if r.State != Sat || was == nil || held == nil {
		return fail(ErrCodeNotComplete)
	}
	if n.SatAt.IsZero() {
		n.SatAt = was.SatAt
	}
	switch {
	case n.SatAt.Before(held.Starts) || n.SatAt.After(now):
		return fail(ErrSatAt.On("sat_at"))
	case n.same(*was):
		return fail(ErrResultSame)
	}
	if err := n.Check(s); err != nil {
		return fail(err)
	}
	if why, err = checkReason(why); err != nil {
		return fail(err)
	}
	kept = n.Outcome != Absent || s.NoShow != GivenBack || c.Ended(now)
	if kept {
		c, e, err = c.Correct(a, now)
	} else {
		c, e, err = c.CorrectBack(a, now)
	}
	if err != nil {
		return fail(err)
	}
	e.Data["outcome"], e.Data["from_outcome"], e.Data["why"] = string(n.Outcome), string(was.Outcome), why
	if n.Score != nil {
		e.Data["score"] = *n.Score
	}
	if was.Score != nil {
		e.Data["from_score"] = *was.Score
	}
	n.Registration, n.Recorded, n.RecordedBy, n.Version, n.Why = r.ID, now, a.Person, was.Version+1, why
	if !kept {
		r.State, r.Session, r.Reserved, r.Completed = Registered, 0, time.Time{}, time.Time{}
	}
	r.Version++
	return r, c, n, kept, e, nil
}

// same tells whether two results say the same.
func (n Result) same(o Result) bool {
	scores := n.Score == nil && o.Score == nil || n.Score != nil && o.Score != nil && *n.Score == *o.Score
	return n.Outcome == o.Outcome && scores && n.SatAt.Equal(o.SatAt)
}

var (
	ErrResultFile     = fault.New(fault.Invalid, "result_file_unreadable", "the file cannot be read as a table")
	ErrResultFileBig  = fault.New(fault.Invalid, "result_file_too_large", "a file of results has at most 1 MB")
	ErrResultFileNone = fault.New(fault.Invalid, "result_file_missing", "choose a file")
)

// maxResultFile is the most bytes of an uploaded file of results.
const maxResultFile = 1 << 20

// ResultFile is an uploaded file of results. It is looked at and recorded from
// in later steps; nothing of it counts before.
type ResultFile struct {
	ID      ResultFileID
	Session SessionID // the only session it is about; zero for any
	Person  PersonID  // who uploaded it
	Name    string
	Content []byte
	Created time.Time
}

// UploadResults takes in a file with a number of rows. Staff with the results
// role.
func UploadResults(a Actor, f ResultFile, rows int, now time.Time) (ResultFile, Event, error) {
	if err := NeedStaff(a, Results); err != nil {
		return f, Event{}, err
	}
	if len(f.Content) > maxResultFile {
		return f, Event{}, ErrResultFileBig.On("document")
	}
	f.Person, f.Created = a.Person, now
	e := a.event(EventResultsUploaded, int64(f.ID), now)
	e.Version, e.Data = 1, Data{"count": rows}
	return f, e, nil
}

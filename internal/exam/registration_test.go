package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestS17_WhichSessionsCanBeReserved: each refusal of a seat.
func TestS17_WhichSessionsCanBeReserved(t *testing.T) {
	end := examtest.Order().Expires
	for _, c := range []struct {
		name   string
		change func(*exam.Session)
		reason string
	}{
		{"fits", func(*exam.Session) {}, ""},
		{"another subject", func(s *exam.Session) { s.Subject++ }, "session_other_subject"},
		{"another type", func(s *exam.Session) { s.ExamType = exam.TestCenter }, "session_other_type"},
		{"begins now", func(s *exam.Session) { s.Starts = examtest.Now }, "session_past"},
		{"is over", func(s *exam.Session) { s.Starts = examtest.Now.Add(-time.Hour) }, "session_past"},
		{"is full", func(s *exam.Session) { s.Taken = s.Seats }, "session_full"},
		{"has one seat left", func(s *exam.Session) { s.Taken = s.Seats - 1 }, ""},
		{"was cancelled", func(s *exam.Session) { s.Cancelled = examtest.Now }, "session_cancelled"},
		{"takes nobody", func(s *exam.Session) { s.Closed = examtest.Now }, "session_closed"},
		{"starts at the order's end", func(s *exam.Session) { s.Starts = end }, "session_after_end"},
		{"starts just before the end", func(s *exam.Session) { s.Starts = end.Add(-time.Microsecond) }, ""},
	} {
		n := examtest.Session()
		c.change(&n)
		r, code, e, err := examtest.Registration(exam.Registered).Reserve(examtest.Examinee(), examtest.Code(exam.Bound), n, nil, examtest.Subject(), examtest.Now)
		if reason(err) != c.reason {
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
		if err == nil && (r.State != exam.SeatReserved || r.Session != n.ID || code.State != exam.Reserved || e.Kind != exam.EventCodeReserved) {
			t.Errorf("%s: %+v %+v %+v", c.name, r, code, e)
		}
	}
}

func TestAnotherPersonsRegistrationIsNotFound(t *testing.T) {
	other := examtest.Examinee()
	other.Person = 999
	if _, _, _, err := examtest.Registration(exam.Registered).Reserve(other, examtest.Code(exam.Bound), examtest.Session(), nil, examtest.Subject(), examtest.Now); reason(err) != "not_found" {
		t.Errorf("reserve: %v", err)
	}
	if _, _, _, err := examtest.Registration(exam.SeatReserved).CancelReservation(other, examtest.Code(exam.Reserved), examtest.Session(), examtest.Subject(), examtest.Now); reason(err) != "not_found" {
		t.Errorf("cancel: %v", err)
	}
}

// TestTheCutoffIsExclusive: a seat moves until just before the cut-off.
func TestTheCutoffIsExclusive(t *testing.T) {
	held, sub := examtest.Session(), examtest.Subject()
	other := held
	other.ID, other.Starts = 901, held.Starts.AddDate(0, 0, 7)
	for _, c := range []struct {
		at     time.Time
		reason string
	}{{held.Cutoff(sub).Add(-time.Microsecond), ""}, {held.Cutoff(sub), "past_cutoff"}, {held.Starts.Add(time.Hour), "past_cutoff"}} {
		r, code := examtest.Registration(exam.SeatReserved), examtest.Code(exam.Reserved)
		if _, _, _, err := r.CancelReservation(examtest.Examinee(), code, held, sub, c.at); reason(err) != c.reason {
			t.Errorf("cancel at %v: %v, want %q", c.at, err, c.reason)
		}
		if _, _, _, err := r.Reserve(examtest.Examinee(), code, other, &held, sub, c.at); reason(err) != c.reason {
			t.Errorf("reschedule at %v: %v, want %q", c.at, err, c.reason)
		}
	}
}

// TestResults: who, when, and what contradicts itself.
func TestResults(t *testing.T) {
	held, after := examtest.Session(), examtest.Session().Starts.Add(2*time.Hour)
	score := func(n int) *int { return &n }
	for _, c := range []struct {
		name   string
		who    exam.Actor
		state  exam.RegistrationState
		held   *exam.Session
		n      exam.Result
		at     time.Time
		reason string
	}{
		{"passed", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed, Score: score(60)}, after, ""},
		{"without a score", examtest.Staff(exam.Admin), exam.SeatReserved, &held, exam.Result{Outcome: exam.Failed}, after, ""},
		{"below the mark", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed, Score: score(59)}, after, "score_contradicts"},
		{"failed above it", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Failed, Score: score(60)}, after, "score_contradicts"},
		{"absent with a score", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Absent, Score: score(0)}, after, "score_of_absent"},
		{"too high", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed, Score: score(1001)}, after, "score_out_of_range"},
		{"no such outcome", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: "great"}, after, "outcome_unknown"},
		{"nobody reserved", examtest.Staff(exam.Results), exam.Registered, nil, exam.Result{Outcome: exam.Passed}, after, "not_reserved"},
		{"twice", examtest.Staff(exam.Results), exam.Sat, &held, exam.Result{Outcome: exam.Passed}, after, "result_already_recorded"},
		{"too early", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed}, held.Starts.Add(-1), "session_not_begun"},
		{"sat tomorrow", examtest.Staff(exam.Results), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed, SatAt: after.Add(time.Hour)}, after, "sat_at_out_of_range"},
		{"a reviewer", examtest.Staff(exam.Review), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed}, after, "not_allowed"},
		{"a company", examtest.Root(), exam.SeatReserved, &held, exam.Result{Outcome: exam.Passed}, after, "not_operator"},
	} {
		r, code, _, kept, e, err := examtest.Registration(c.state).RecordResult(c.who, examtest.Code(exam.Reserved), c.held, examtest.Subject(), c.n, c.at)
		if reason(err) != c.reason {
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
		if err == nil && (!kept || r.State != exam.Sat || code.State != exam.Completed || e.Kind != exam.EventCodeCompleted) {
			t.Errorf("%s: %+v %+v", c.name, r, code)
		}
	}
}

// TestNoShow follows the subject's policy.
func TestNoShow(t *testing.T) {
	held, s := examtest.Session(), examtest.Subject()
	record := func(at time.Time) (exam.Registration, exam.Code, bool) {
		r, code, _, kept, _, err := examtest.Registration(exam.SeatReserved).RecordResult(examtest.Staff(exam.Results), examtest.Code(exam.Reserved), &held, s, exam.Result{Outcome: exam.Absent}, at)
		if err != nil {
			t.Fatal(err)
		}
		return r, code, kept
	}
	if r, code, kept := record(held.Ends()); !kept || r.State != exam.Sat || code.State != exam.Completed {
		t.Errorf("forfeit: %+v %+v", r, code)
	}
	s.NoShow = exam.GivenBack
	if r, code, kept := record(held.Ends()); kept || r.State != exam.Registered || r.Session != 0 || code.State != exam.Bound {
		t.Errorf("return: %+v %+v", r, code)
	}
	if r, code, kept := record(examtest.Order().Expires); !kept || r.State != exam.Sat || code.State != exam.Completed {
		t.Errorf("return after the order's end: %+v %+v", r, code)
	}
}

package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestAtTheLimit: what still holds, or just does not, at the very instant or number.
func TestAtTheLimit(t *testing.T) {
	n, sub := examtest.Session(), examtest.Subject()
	g := examtest.Registration(exam.SeatReserved)
	if a, b := g.Shown(&n, n.Ends().Add(-1)), g.Shown(&n, n.Ends()); a != "reserved" || b != "awaiting" {
		t.Errorf("shown as %s, then %s", a, b)
	}
	for earlier, want := range map[int]string{0: "first", 1: "retake"} {
		if r, err := exam.Register(examtest.Examinee(), exam.Registration{}, examtest.Code(exam.Bound), sub, exam.Online, earlier, examtest.Now); err != nil || string(r.Attempt) != want {
			t.Errorf("after %d: %s, %v", earlier, r.Attempt, err)
		}
	}
	record := func(score int, now time.Time) error {
		outcome := exam.Failed
		if score >= sub.PassMark {
			outcome = exam.Passed
		}
		_, _, _, _, _, err := g.RecordResult(staff(exam.Results), examtest.Code(exam.Reserved), &n, sub, exam.Result{Registration: g.ID, Outcome: outcome, Score: &score}, now)
		return err
	}
	none, _ := exam.PlanRefund(examtest.Stranger(), examtest.Order(), "", []exam.Tally{{State: exam.Unused, Count: 3, Paid: 36000}}, nil, examtest.Now)
	if none.In.Count != 0 || none.Amount.Minor != 0 || none.Out != nil {
		t.Errorf("a stranger learns %+v", none)
	}
	all, err := exam.PlanRefund(examtest.Root(), examtest.Order(), "", []exam.Tally{{State: exam.Unused, Count: 3, Paid: 36000}}, nil, examtest.Now)
	if err != nil || len(all.Out) != 0 {
		t.Errorf("what is none stays out: %+v, %v", all.Out, err)
	}
	owed := exam.Owed{State: exam.OwedOpen, Failing: examtest.Now}
	if a, b := owed.Failed("no", at(exam.GiveUpAfter-1)), owed.Failed("no", at(exam.GiveUpAfter)); a.State != exam.OwedOpen || b.State != exam.OwedDead {
		t.Errorf("given up as %s, then %s", a.State, b.State)
	}
	o := examtest.Order()
	if told := o.Expires.Add(exam.ToldOfEndFor); !o.TellEnd(told.Add(-1)) || o.TellEnd(told) {
		t.Error("an end is told too long, or not long enough")
	}
	paused := exam.MailServer{Failing: examtest.Now, Next: at(time.Minute), Tries: 1}
	if s := paused.Failed("no", examtest.Now); s != paused {
		t.Errorf("a failure during the pause: %+v", s)
	}
	paused.Tries = 0 // people wished it to be asked at once
	if s := paused.Failed("no", examtest.Now); s.Tries != 1 {
		t.Errorf("a failure of the first asking: %+v", s)
	}
	answers(t, []asked{
		{"the lowest score", record(0, n.Starts), "", ""},
		{"a lower one", record(-1, n.Starts), exam.ErrScoreRange.Reason, "score"},
		{"the highest score", record(exam.MaxScore, n.Starts), "", ""},
		{"a higher one", record(exam.MaxScore+1, n.Starts), exam.ErrScoreRange.Reason, "score"},
		{"before the start", record(0, n.Starts.Add(-1)), "session_not_begun", ""},
	})
}

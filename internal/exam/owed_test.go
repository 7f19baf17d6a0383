package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
)

// A mail that fails is tried later each time, and given up after five days; the
// way back is one verb of staff.
func TestAMailIsTriedLaterEachTimeUntilItIsGivenUp(t *testing.T) {
	start := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	o, now, last := exam.Owed{ID: 1, State: exam.OwedOpen, Created: start}, start, time.Duration(0)
	tries := 0
	for o.State == exam.OwedOpen {
		o = o.Failed("451 later", now)
		tries++
		if o.State != exam.OwedOpen {
			break
		}
		pause := o.Next.Sub(now)
		if pause < last || pause < time.Minute || pause > 4*time.Hour || o.Failing != start || o.Tries != tries || o.Detail != "451 later" {
			t.Fatalf("after %v: %+v", now.Sub(start), o)
		}
		now, last = o.Next, pause
	}
	if gone := now.Sub(start); o.State != exam.OwedDead || gone < exam.GiveUpAfter || gone > exam.GiveUpAfter+4*time.Hour || tries > 60 || !o.Settled.Equal(now) {
		t.Errorf("given up after %v and %d tries: %+v", gone, tries, o)
	}
	money, audit := exam.Actor{Person: 1, Kind: exam.Operator, Role: exam.Money}, exam.Actor{Person: 2, Kind: exam.Operator, Role: exam.Audit}
	again, e, err := o.Again(money, now)
	if err != nil || again.State != exam.OwedOpen || again.Tries != 0 || !again.Failing.IsZero() || !again.Next.Equal(now) || e.Kind != exam.EventMailSentAgain {
		t.Errorf("%+v, %+v, %v", again, e, err)
	}
	if _, _, err := o.Again(audit, now); err != exam.ErrNotAllowed {
		t.Errorf("audit sends again: %v", err)
	}
	if _, _, err := o.Delivered(now).Again(money, now); err != exam.ErrOwedSettled {
		t.Errorf("a sent mail is sent again: %v", err)
	}
	if d := again.Delivered(now); d.State != exam.OwedSent || d.Detail != "" || !d.Failing.IsZero() {
		t.Errorf("%+v", d)
	}
}

// Many mails meeting one outage count as one failure of the server, and the
// pause between two failures grows to a quarter of an hour.
func TestAServerIsAskedLaterEachTime(t *testing.T) {
	start := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	s := exam.MailServer{}.Failed("refused", start)
	for range 5 {
		if same := s.Failed("refused", start.Add(time.Second)); same != s {
			t.Fatalf("one outage counts twice: %+v", same)
		}
	}
	now, last := start, time.Duration(0)
	for n := 2; n < 20; n++ {
		now = s.Next
		s = s.Failed("refused", now)
		pause := s.Next.Sub(now)
		if pause < last || pause > 15*time.Minute || s.Tries != n || s.Failing != start {
			t.Fatalf("%+v", s)
		}
		last = pause
	}
	if last != 15*time.Minute {
		t.Errorf("the pause ends at %v", last)
	}
}

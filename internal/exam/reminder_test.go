package exam_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestS18_ThresholdsAreLocalDays: a reminder is due from the start of the local
// day that lies so many days before the day of the end.
func TestS18_ThresholdsAreLocalDays(t *testing.T) {
	for _, c := range []struct {
		zone, paid string
		days       int
		due        string
	}{
		{"UTC", "2026-11-22T16:04:00Z", 90, "2027-08-25T00:00:00Z"},
		{"UTC", "2026-11-22T16:04:00Z", 15, "2027-11-08T00:00:00Z"},
		{"Asia/Shanghai", "2026-11-22T16:04:00Z", 30, "2027-10-24T16:00:00Z"},
		{"America/New_York", "2026-12-01T12:00:00Z", 30, "2027-11-02T04:00:00Z"}, // before the clocks go back
		{"America/New_York", "2026-12-01T12:00:00Z", 15, "2027-11-17T05:00:00Z"}, // after it
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		o := examtest.Order()
		paid, _ := time.Parse(time.RFC3339, c.paid)
		o.Zone, o.Expires = c.zone, exam.EndOfOrder(paid, loc)
		at := o.RemindAt(c.days)
		if got := at.UTC().Format(time.RFC3339); got != c.due {
			t.Errorf("%d days before %s in %s: %s, want %s", c.days, o.Expires, c.zone, got, c.due)
		}
		if slices.Contains(exam.DueReminders(o, at.Add(-time.Microsecond)), c.days) || !slices.Contains(exam.DueReminders(o, at), c.days) {
			t.Errorf("%d days: not due exactly from %s on", c.days, at)
		}
	}
	o := examtest.Order()
	for what, change := range map[string]func(*exam.Order){
		"not paid": func(o *exam.Order) { o.State = exam.Pending },
		"ended":    func(o *exam.Order) { o.Expires = examtest.Now },
	} {
		p := o
		p.Expires = examtest.Now.Add(time.Hour)
		if len(exam.DueReminders(p, examtest.Now)) != 4 {
			t.Fatal("an order that ends in an hour has reached all thresholds")
		}
		if change(&p); exam.DueReminders(p, examtest.Now) != nil {
			t.Errorf("%s: reminders are due", what)
		}
	}
}

// TestS18_OnlyTheMostUrgentIsTold, the older ones that were missed are superseded;
// when no code is left nothing is told.
func TestS18_OnlyTheMostUrgentIsTold(t *testing.T) {
	o := examtest.Order()
	for _, c := range []struct {
		before   int // days
		recorded []int
		left     int
		want     map[int]exam.ReminderState
	}{
		{91, nil, 5, nil},
		{90, nil, 5, map[int]exam.ReminderState{90: exam.ReminderTold}},
		{89, []int{90}, 5, nil},
		{60, []int{90}, 5, map[int]exam.ReminderState{60: exam.ReminderTold}},
		{29, []int{90}, 5, map[int]exam.ReminderState{60: exam.ReminderSuperseded, 30: exam.ReminderTold}},
		{1, nil, 5, map[int]exam.ReminderState{90: exam.ReminderSuperseded, 60: exam.ReminderSuperseded, 30: exam.ReminderSuperseded, 15: exam.ReminderTold}},
		{60, []int{90}, 0, map[int]exam.ReminderState{60: exam.ReminderNotNeeded}},
		{20, []int{90}, 0, map[int]exam.ReminderState{60: exam.ReminderSuperseded, 30: exam.ReminderNotNeeded}},
		{0, nil, 5, nil},
	} {
		now := o.Expires.AddDate(0, 0, -c.before)
		got := exam.Remind(o, c.recorded, c.left, now)
		if len(got) != len(c.want) {
			t.Errorf("%d days before: %+v", c.before, got)
		}
		for _, r := range got {
			if c.want[r.Days] != r.State || r.Order != o.ID || !r.Ends.Equal(o.Expires) || !r.At.Equal(now) {
				t.Errorf("%d days before: %+v", c.before, r)
			}
		}
	}
}

// TestS18_AnySequenceOfRuns: whenever the runs come over a year, each threshold is
// recorded at most once and told at most once, never after the end, and the
// most urgent one that a run could tell is told.
func TestS18_AnySequenceOfRuns(t *testing.T) {
	all := examtest.Zones(t)
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(all).Draw(t, "zone")
		o := examtest.Order()
		paid := time.Unix(rapid.Int64Range(1_770_000_000, 2_020_000_000).Draw(t, "paid"), 0)
		o.Zone, o.Expires = loc.String(), exam.EndOfOrder(paid, loc)
		var (
			recorded []int
			told     = map[int]int{}
		)
		for now := paid; now.Before(o.Expires.AddDate(0, 1, 0)); {
			now = now.Add(time.Duration(rapid.Int64Range(1, int64(40*24*time.Hour)).Draw(t, "pause")))
			due := exam.DueReminders(o, now)
			for _, r := range exam.Remind(o, recorded, 3, now) {
				if slices.Contains(recorded, r.Days) {
					t.Fatalf("%d is recorded twice", r.Days)
				}
				recorded = append(recorded, r.Days)
				if r.State != exam.ReminderTold {
					continue
				}
				told[r.Days]++
				if now.Before(o.RemindAt(r.Days)) || !now.Before(o.Expires) || r.Days != due[len(due)-1] {
					t.Fatalf("%d was told at %s", r.Days, now)
				}
			}
			if len(due) > 0 && told[due[len(due)-1]] != 1 {
				t.Fatalf("at %s the reminder of %d days has been told %d times", now, due[len(due)-1], told[due[len(due)-1]])
			}
			if len(recorded) < len(due) {
				t.Fatalf("at %s %v are recorded of %v", now, recorded, due)
			}
		}
	})
}

// TestS16_TheEndIsWrittenDownOnce.
func TestS16_TheEndIsWrittenDownOnce(t *testing.T) {
	o, who := examtest.Order(), exam.TheSchedule()
	if _, _, err := o.End(who, 1, 2, o.Expires.Add(-time.Microsecond)); reason(err) != "order_not_ended" {
		t.Errorf("before the end: %v", err)
	}
	n, e, err := o.End(who, 1, 2, o.Expires)
	if err != nil || !n.Swept.Equal(o.Expires) || n.Version != o.Version+1 || e.Version != n.Version || e.Data["unused"] != 1 || e.Data["bound"] != 2 {
		t.Errorf("%+v %+v %v", n, e, err)
	}
	if _, _, err := n.End(who, 1, 2, o.Expires); reason(err) != "changed_meanwhile" {
		t.Errorf("again: %v", err)
	}
	o.State = exam.Pending
	if _, _, err := o.End(who, 1, 2, o.Expires); reason(err) != "order_not_paid" {
		t.Errorf("not paid: %v", err)
	}
}

// TestTheDayBefore: from the same local time on the day before until the start,
// and not for who reserved within that day.
func TestTheDayBefore(t *testing.T) {
	s, r := examtest.Session(), examtest.Registration(exam.SeatReserved)
	s.Zone = "Europe/Berlin"
	s.Starts = time.Date(2026, time.March, 29, 8, 0, 0, 0, time.UTC) // 10:00 there, on the day the clocks go forward
	from := time.Date(2026, time.March, 28, 9, 0, 0, 0, time.UTC)    // 10:00 there
	r.Reserved = from.Add(-time.Hour)
	for at, want := range map[time.Time]bool{from.Add(-1): false, from: true, s.Starts.Add(-1): true, s.Starts: false} {
		if got := r.DueForSession(s, at); got != want {
			t.Errorf("at %s: %v", at, got)
		}
	}
	late, gone, other := r, r, r
	late.Reserved, gone.State, other.Session = from, exam.Registered, s.ID+1
	for what, r := range map[string]exam.Registration{"reserved within the day": late, "given back": gone, "another session": other} {
		if r.DueForSession(s, from.Add(time.Hour)) {
			t.Errorf("%s: is reminded", what)
		}
	}
}

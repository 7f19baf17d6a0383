package exam

import (
	"time"

	"examcode/internal/fault"
)

// ReminderDays are how many days before an order's end its people are reminded
// that codes are left (S18), the earliest first.
var ReminderDays = []int{90, 60, 30, 15}

// ReminderState is what became of one reminder.
type ReminderState string

const (
	ReminderTold       ReminderState = "told"
	ReminderSuperseded ReminderState = "superseded" // a more urgent one was due when it could be told
	ReminderNotNeeded  ReminderState = "not_needed" // no code was Unused or Bound
)

// Reminder is the record of one threshold of one end of an order. There is one
// for each (Order, Ends, Days), so nothing is told twice.
type Reminder struct {
	Order OrderID
	Ends  time.Time // the end it is about
	Days  int
	State ReminderState
	At    time.Time
}

// RemindAt is the instant from which the reminder of so many days is due: the
// start of the local day that lies so many days before the day of the
// (exclusive) end, in the order's zone.
func (o Order) RemindAt(days int) time.Time { return o.daysBefore(days, o.location()) }

func (o Order) daysBefore(days int, loc *time.Location) time.Time {
	y, m, d := o.Expires.In(loc).Date()
	return startOfDay(y, m, d-days, loc)
}

func (o Order) location() *time.Location {
	loc, err := time.LoadLocation(o.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// ErrEndsWithin refuses a number of days that no list is filtered by.
var ErrEndsWithin = fault.New(fault.Invalid, "ends_within_out_of_range", "the end is looked for within 1 to 366 days")

// EndsWithin is the latest end that lies within so many local days of a zone:
// an order whose reminder of as many days is due ends by then.
func EndsWithin(days int, now time.Time, zone *time.Location) (time.Time, error) {
	if days < 1 || days > 366 {
		return time.Time{}, ErrEndsWithin.With("max", 366).On("ends_within")
	}
	y, m, d := now.In(zone).Date()
	return startOfDay(y, m, d+days, zone), nil
}

// DueReminders are the thresholds an order has reached at an instant, the
// earliest first; none of an order that is not paid or has ended.
func DueReminders(o Order, now time.Time) []int {
	if o.State != Paid || o.Ended(now) {
		return nil
	}
	var due []int
	loc := o.location()
	for _, days := range ReminderDays {
		if !now.Before(o.daysBefore(days, loc)) {
			due = append(due, days)
		}
	}
	return due
}

// Remind decides what to record at an instant, given the thresholds that are
// recorded already and how many codes are Unused or Bound: the most urgent one
// that is due is told, or not needed when no code is left; older ones that were
// missed are superseded by it.
func Remind(o Order, recorded []int, left int, now time.Time) []Reminder {
	known := map[int]bool{}
	for _, days := range recorded {
		known[days] = true
	}
	var list []Reminder
	due := DueReminders(o, now)
	for i, days := range due {
		if known[days] {
			continue
		}
		r := Reminder{Order: o.ID, Ends: o.Expires, Days: days, State: ReminderSuperseded, At: now}
		switch {
		case i < len(due)-1:
		case left == 0:
			r.State = ReminderNotNeeded
		default:
			r.State = ReminderTold
		}
		list = append(list, r)
	}
	return list
}

// Reminded records in the order's trail that its people were told; it changes
// nothing of the order, so its event has no version.
func (o Order) Reminded(a Actor, days, unused, bound int, now time.Time) Event {
	e := o.event(a, EventOrderReminded, now)
	e.Version = 0
	e.Data["days"], e.Data["unused"], e.Data["bound"] = days, unused, bound
	return e
}

// DayBefore is when the holder of a seat is reminded of a session: the same
// local time on the day before.
func (s Session) DayBefore() time.Time {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		loc = time.UTC
	}
	return s.Starts.In(loc).AddDate(0, 0, -1)
}

// DueForSession tells whether the examinee is to be reminded of the session.
// Who reserved within the last day has just been told.
func (r Registration) DueForSession(s Session, now time.Time) bool {
	from := s.DayBefore()
	return r.State == SeatReserved && r.Session == s.ID && r.Reserved.Before(from) && !now.Before(from) && now.Before(s.Starts)
}

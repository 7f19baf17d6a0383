package exam

import (
	"strings"
	"time"

	"examcode/internal/fault"
)

// Stock is a paid order as statistics see it: what became of its codes.
type Stock struct {
	Order      OrderID
	Subject    SubjectID
	Quantity   int       // codes that are issued
	Paid, Ends time.Time // Ends is exclusive
	Zone       string
	Codes      map[CodeState]int // effective states of an instant; without the zeros
	Gone       int               // codes that were redeemed, without those taken back before Ends
	RefundAt   time.Time         // when its refund was asked for; zero without one
}

// Flow is how many codes of a company were redeemed between Since and the next
// flow, those taken back from their examinees left out.
type Flow struct {
	Since time.Time
	Gone  int
}

// Used are the states of a code with a registration that counts: bound, reserved,
// completed (S6). There are as many registrations as used codes.
var Used = []CodeState{Bound, Reserved, Completed}

// Registrations counts the order's registrations.
func (s Stock) Registrations() (n int) {
	for _, u := range Used {
		n += s.Codes[u]
	}
	return n
}

// Lot is what is left of the order.
func (s Stock) Lot() Lot { return Lot{Subject: s.Subject, Ends: s.Ends, Unused: s.Codes[Unused]} }

// givenBack counts the order's codes that are on their way back, or gone.
func (s Stock) givenBack() int { return s.Codes[Refunding] + s.Codes[Refunded] }

// UnusedAt is how many codes of a company's orders were unused and not ended at
// an instant at which one of its flows begins; the flows go on until now. It goes
// back from what was left of each order, now or when it ended.
func UnusedAt(stocks []Stock, flows []Flow, t time.Time) (n int) {
	for _, s := range stocks {
		if !t.Before(s.Ends) { // nothing of it flowed later
			continue
		}
		n += s.Quantity - s.Gone
		if t.Before(s.Paid) { // all its flows were later
			n -= s.Quantity
		} else if !s.RefundAt.After(t) {
			n -= s.givenBack()
		}
	}
	for _, f := range flows {
		if !f.Since.Before(t) {
			n += f.Gone
		}
	}
	return max(n, 0)
}

// MonthStart is the first instant of the local month some months after that of t.
func MonthStart(t time.Time, months int, loc *time.Location) time.Time {
	y, m, _ := t.In(loc).Date()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	return startOfDay(first.Year(), first.Month(), 1, loc)
}

// DayStart is the first instant of the local day some days after that of t.
func DayStart(t time.Time, days int, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	day := time.Date(y, m, d+days, 0, 0, 0, 0, time.UTC)
	return startOfDay(day.Year(), day.Month(), day.Day(), loc)
}

// MonthsBack are the starts of this month and of those before it, oldest first.
func MonthsBack(now time.Time, months int, loc *time.Location) []time.Time {
	list := make([]time.Time, months)
	for i := range list {
		list[i] = MonthStart(now, i+1-months, loc)
	}
	return list
}

// CoursePoint is when codes are counted in the local month some months after that
// of t: at its first midnight UTC, which is on its first day, because flows are
// kept by days UTC. What ends with the month before has ended by then.
func CoursePoint(t time.Time, months int, loc *time.Location) time.Time {
	return MonthStart(t, months, loc).Add(day - 1).Truncate(day).In(loc)
}

// CourseBack are the points of this month and of those before it that are past,
// oldest first.
func CourseBack(now time.Time, months int, loc *time.Location) []time.Time {
	list := make([]time.Time, 0, months)
	for i := 1 - months; i <= 0; i++ {
		if at := CoursePoint(now, i, loc); at.Before(now) {
			list = append(list, at)
		}
	}
	return list
}

// ErrDayMalformed refuses a text that is no day.
var ErrDayMalformed = fault.New(fault.Invalid, "day_malformed", "write the day, the month and the year")

// dayForms are the ways people write a day; numbers alone are read only with the
// year first, because 05/02 is two different days.
var dayForms = []string{time.DateOnly, "2006-1-2", "2006/1/2", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "2006年1月2日"}

// ReadDay reads a local day and returns its first instant; no text is the zero
// time.
func ReadDay(text string, loc *time.Location) (time.Time, error) {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ",", " ")), " ")
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range dayForms {
		if d, err := time.Parse(form, text); err == nil && d.Year() > 0 {
			return startOfDay(d.Year(), d.Month(), d.Day(), loc), nil
		}
	}
	return time.Time{}, ErrDayMalformed
}

// ReadDays reads the first and the last day of a filter, of fields with those
// names; before is the first instant after the last day.
func ReadDays(from, to string, loc *time.Location, fromField, toField string) (since, before time.Time, err error) {
	var c fault.Check
	if since, err = ReadDay(from, loc); err != nil {
		c.Add(fromField, err)
	}
	if before, err = ReadDay(to, loc); err != nil {
		c.Add(toField, err)
	} else if !before.IsZero() {
		before = DayStart(before, 1, loc)
	}
	return since, before, c.Err()
}

// MonthCount is how many codes end, unused or bound, in one local month.
type MonthCount struct {
	Month         time.Time // its first instant
	Unused, Bound int
}

// Ending counts the codes that end in each of some months from now on; the
// months after the last end are left out.
func Ending(stocks []Stock, now time.Time, months int, loc *time.Location) []MonthCount {
	list := make([]MonthCount, months)
	last := 0
	for i := range list {
		list[i].Month = MonthStart(now, i, loc)
	}
	for _, s := range stocks {
		if !s.Ends.After(now) || s.Codes[Unused]+s.Codes[Bound] == 0 {
			continue
		}
		// An order that ends with a month belongs to that month.
		for i := range list {
			if !s.Ends.After(MonthStart(now, i+1, loc)) {
				list[i].Unused += s.Codes[Unused]
				list[i].Bound += s.Codes[Bound]
				last = max(last, i+1)
				break
			}
		}
	}
	return list[:last]
}

// EndingSoon is how many unused codes end within a time from now, and the first
// order of which codes do.
func EndingSoon(stocks []Stock, now time.Time, within time.Duration) (unused int, first Stock) {
	for _, s := range stocks {
		if n := s.Codes[Unused]; n > 0 && s.Ends.After(now) && !s.Ends.After(now.Add(within)) {
			unused += n
			if first.Order == 0 || s.Ends.Before(first.Ends) {
				first = s
			}
		}
	}
	return unused, first
}

// UnusedPoint is how many codes were, or will be, unused at an instant. Most is
// how many would be if nobody used one any more; both are equal in the past.
type UnusedPoint struct {
	At         time.Time
	Left, Most int
}

// UnusedCourse is the number of unused codes at the points of some months back,
// now, and at those of some months ahead under the forecast, with the outlook.
// The flows begin at those points. Points before the first purchase and after the
// last end are left out.
func UnusedCourse(stocks []Stock, flows []Flow, pace map[SubjectID]int, now time.Time, back, ahead int, loc *time.Location) ([]UnusedPoint, Outlook) {
	var points []UnusedPoint
	first, last := now, now
	lots := make([]Lot, 0, len(stocks))
	for _, s := range stocks {
		if s.Paid.Before(first) {
			first = s.Paid
		}
		if s.Codes[Unused] > 0 && s.Ends.After(now) {
			lots = append(lots, s.Lot())
			if s.Ends.After(last) {
				last = s.Ends
			}
		}
	}
	for _, at := range CourseBack(now, back, loc) {
		if !at.Before(first) {
			n := UnusedAt(stocks, flows, at)
			points = append(points, UnusedPoint{at, n, n})
		}
	}
	future := []time.Time{now}
	for i := 1; i <= ahead && future[len(future)-1].Before(last); i++ {
		future = append(future, CoursePoint(now, i, loc))
	}
	o := Forecast(lots, pace, now, future...)
	for i, at := range future {
		points = append(points, UnusedPoint{at, o.Left[i], o.Most[i]})
	}
	return points, o
}

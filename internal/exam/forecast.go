package exam

import (
	"cmp"
	"slices"
	"time"
)

// PaceWindow is how far back the pace of redeeming is measured.
const PaceWindow = 90 * day

// PaceSince is the instant from which it is: the midnight UTC before, because
// flows are kept by days UTC.
func PaceSince(now time.Time) time.Time { return now.Add(-PaceWindow).Truncate(day) }

// Lot is what is left of one paid order.
type Lot struct {
	Subject SubjectID
	Ends    time.Time // exclusive
	Unused  int
}

// Outlook is what becomes of unused codes if they go on being used at the pace
// since PaceSince.
type Outlook struct {
	Lost int       // codes that end unused
	By   time.Time // the end of the last order that loses codes; zero when none does
	Left []int     // at each asked instant: codes unused and not ended
	Most []int     // the same if nobody used one any more
}

// Forecast looks ahead at the unused codes of a company. pace is how many codes
// of each subject left the stock between PaceSince and now, those that came back
// taken off. A subject's codes serve only its own demand, and the code that
// ends first is used first, so the loss is the least that this pace allows.
func Forecast(lots []Lot, pace map[SubjectID]int, now time.Time, at ...time.Time) Outlook {
	lots = slices.Clone(lots)
	slices.SortFunc(lots, func(a, b Lot) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), a.Ends.Compare(b.Ends))
	})
	o := Outlook{Left: make([]int, len(at)), Most: make([]int, len(at))}
	for len(lots) > 0 {
		n := 1
		for n < len(lots) && lots[n].Subject == lots[0].Subject {
			n++
		}
		demand := demandFrom(now, pace[lots[0].Subject])
		o.lose(lots[:n], demand)
		for i, t := range at {
			left, most := leftAt(lots[:n], demand, t)
			o.Left[i] += left
			o.Most[i] += most
		}
		lots = lots[n:]
	}
	return o
}

// demandFrom is how many codes are asked for between now and an instant.
func demandFrom(now time.Time, pace int) func(time.Time) int {
	window := int64(now.Sub(PaceSince(now)) / time.Second)
	return func(t time.Time) int {
		if pace <= 0 || !t.After(now) {
			return 0
		}
		return int(int64(pace) * int64(t.Sub(now)/time.Second) / window)
	}
}

// lose adds what the lots of one subject, by their end, lose.
func (o *Outlook) lose(lots []Lot, demand func(time.Time) int) {
	used := 0
	for _, l := range lots {
		take := min(max(demand(l.Ends)-used, 0), l.Unused)
		used += take
		if lost := l.Unused - take; lost > 0 {
			o.Lost += lost
			if l.Ends.After(o.By) {
				o.By = l.Ends
			}
		}
	}
}

// leftAt is how many of the lots' codes are unused and not ended at an instant,
// with the demand and without any.
func leftAt(lots []Lot, demand func(time.Time) int, t time.Time) (left, most int) {
	used := 0
	for _, l := range lots {
		until := t
		if l.Ends.Before(t) {
			until = l.Ends
		}
		take := min(max(demand(until)-used, 0), l.Unused)
		used += take
		if l.Ends.After(t) {
			left += l.Unused - take
			most += l.Unused
		}
	}
	return left, most
}

package exam_test

import (
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/exam/examtest"
)

// TestS15_EveryZoneEveryDay: in all zones, for every day of eight years, leap days
// and clock changes at midnight among them, the end is the first instant of the
// local day after the anniversary, and no later purchase ends earlier.
func TestS15_EveryZoneEveryDay(t *testing.T) {
	const firstYear, years = 2024, 8
	date := func(x time.Time, loc *time.Location) time.Time {
		y, m, d := x.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	days := 0
	for i, loc := range examtest.Zones(t) {
		var last time.Time
		for day := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < firstYear+years; day = day.AddDate(0, 0, 1) {
			// An hour of the day: all of them come up, in every zone.
			paid := time.Date(day.Year(), day.Month(), day.Day(), (day.YearDay()*5+i)%24, 30, 0, 0, loc)
			if !date(paid, loc).Equal(day) {
				continue // the zone skips this hour across midnight
			}
			days++
			after := day.AddDate(1, 0, 1)
			leap := day.Month() == time.February && day.Day() == 29
			if leap {
				after = time.Date(day.Year()+1, time.March, 1, 0, 0, 0, 0, time.UTC)
			}
			end := exam.EndOfOrder(paid, loc)
			if got := date(end, loc); !got.Equal(after) {
				t.Fatalf("%s: paid %s ends %s: the date is then %s, want %s", loc, paid, end, got.Format(time.DateOnly), after.Format(time.DateOnly))
			}
			if !date(end.Add(-time.Microsecond), loc).Before(after) {
				t.Fatalf("%s: paid %s ends %s, which is not the first instant of that day", loc, paid, end)
			}
			if !end.After(last) && !leap { // 29 February ends with the 28th
				t.Fatalf("%s: paid %s ends %s, no later than a day before: %s", loc, paid, end, last)
			}
			last = end
		}
	}
	t.Logf("zone-days=%d", days)
}

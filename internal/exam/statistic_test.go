package exam

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUnusedAt: what a company had unused, to the instant, of an order that was
// given back in part and has ended and of one that goes on.
func TestUnusedAt(t *testing.T) {
	at := func(d int) time.Time { return time.Date(2026, time.March, d, 0, 0, 0, 0, time.UTC) }
	ended := Stock{Quantity: 10, Paid: at(2), Ends: at(20), Codes: map[CodeState]int{Refunding: 1, Refunded: 2, Expired: 4}, RefundAt: at(10), Gone: 3}
	flows := []Flow{{at(1), 0}, {at(2), 0}, {at(4), 4}, {at(5), -1}, {at(6), 0}, {at(10), 0}, {at(19), 0}, {at(20), 0}}
	for d, want := range map[int]int{1: 0, 2: 10, 4: 10, 5: 6, 6: 7, 10: 4, 19: 4, 20: 0} {
		if got := UnusedAt([]Stock{ended}, flows, at(d)); got != want {
			t.Errorf("one order, on day %d: %d, want %d", d, got, want)
		}
	}
	open := Stock{Quantity: 5, Paid: at(5), Ends: at(40), Codes: map[CodeState]int{Unused: 3, Bound: 2}, Gone: 2}
	flows = []Flow{{at(1), 0}, {at(2), 0}, {at(4), 4}, {at(5), -1}, {at(6), 1}, {at(10), 0}, {at(19), 1}, {at(20), 0}}
	for d, want := range map[int]int{1: 0, 2: 10, 4: 10, 5: 11, 6: 12, 10: 8, 19: 8, 20: 3} {
		if got := UnusedAt([]Stock{ended, open}, flows, at(d)); got != want {
			t.Errorf("two orders, on day %d: %d, want %d", d, got, want)
		}
	}
}

// TestCoursePoints: everywhere codes are counted at a midnight UTC of the first
// day of the month, the local one where that is the same.
func TestCoursePoints(t *testing.T) {
	now := time.Date(2026, time.March, 1, 3, 0, 0, 0, time.UTC)
	for zone, want := range map[string][]string{
		"UTC":              {"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		"Asia/Shanghai":    {"2026-02-01T08:00:00+08:00", "2026-03-01T08:00:00+08:00"},
		"America/New_York": {"2026-01-01T19:00:00-05:00", "2026-02-01T19:00:00-05:00"}, // it is February there
		"Atlantic/Azores":  {"2026-02-01T23:00:00-01:00"},                              // March's point is to come
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, at := range CourseBack(now, 2, loc) {
			got = append(got, at.Format(time.RFC3339))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", zone, d)
		}
	}
}

// TestEnding: an order that ends with a month belongs to it, one that has ended to none.
func TestEnding(t *testing.T) {
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	month := func(n int) time.Time { return MonthStart(now, n, time.UTC) }
	of := func(ends time.Time, n int) Stock {
		return Stock{Order: OrderID(n), Ends: ends, Codes: map[CodeState]int{Unused: n}}
	}
	stocks := []Stock{of(now, 1), of(now.Add(1), 2), of(month(1), 4), of(month(1).Add(1), 8), of(month(3), 0)}
	if d := cmp.Diff([]MonthCount{{Month: now, Unused: 6}, {Month: month(1), Unused: 8}}, Ending(stocks, now, 6, time.UTC)); d != "" {
		t.Error(d)
	}
	within := month(1).Sub(now)
	if n, first := EndingSoon(stocks, now, within); n != 6 || first.Order != 2 {
		t.Errorf("%d end soon, the first is %d", n, first.Order)
	}
	if n, first := EndingSoon([]Stock{of(now, 1), of(month(2), 0)}, now, 90*24*time.Hour); n != 0 || first.Order != 0 {
		t.Errorf("%d end soon, the first is %d", n, first.Order)
	}
	none := Stock{Order: 9, Ends: now.Add(1)} // of which no code ends
	if n, first := EndingSoon([]Stock{none, of(month(1), 4), of(month(1), 2)}, now, within); n != 6 || first.Order != 4 {
		t.Errorf("%d end soon, the first of two that end at once is %d", n, first.Order)
	}
}

// TestReadDay: a day is read as people write it, never guessed.
func TestReadDay(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	day := time.Date(2026, time.March, 4, 0, 0, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"": {}, " ": {}, "2026-03-04": day, "2026-3-4": day, "2026/3/4": day, "4 Mar 2026": day, "4  March,2026": day, "Mar 4, 2026": day, "March 4 2026": day, "2026年3月4日": day,
	} {
		if got, err := ReadDay(text, zone); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"04/03/2026", "2026-02-30", "0000-03-04", "4 March", "March"} {
		if got, err := ReadDay(text, zone); err != ErrDayMalformed {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if _, err := ReadDay("0001-03-04", zone); err != nil {
		t.Errorf("the first year: %v", err)
	}
}

// TestUnusedCourse: the points of the course, from the first purchase to the last
// end with something left.
func TestUnusedCourse(t *testing.T) {
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	month := func(n int) time.Time { return MonthStart(now, n, time.UTC) }
	lot := Stock{Order: 1, Quantity: 5, Paid: month(-2), Ends: month(2), Codes: map[CodeState]int{Unused: 5}}
	empty := Stock{Order: 2, Quantity: 3, Paid: month(-1), Ends: month(5), Codes: map[CodeState]int{Bound: 3}, Gone: 3}
	course := func(now time.Time, back, ahead int) (at []time.Time) {
		points, _ := UnusedCourse([]Stock{lot, empty}, []Flow{{month(-1), 3}}, nil, now, back, ahead, time.UTC)
		for _, p := range points {
			at = append(at, p.At)
		}
		return at
	}
	later := now.Add(time.Hour)
	for _, c := range []struct {
		now         time.Time
		back, ahead int
		want        []time.Time
	}{
		{now, 12, 12, []time.Time{month(-2), month(-1), now, month(1), month(2)}},
		{later, 12, 12, []time.Time{month(-2), month(-1), now, later, month(1), month(2)}},
		{later, 2, 1, []time.Time{month(-1), now, later, month(1)}},
	} {
		if d := cmp.Diff(c.want, course(c.now, c.back, c.ahead)); d != "" {
			t.Error(d)
		}
	}
	over := Stock{Order: 3, Quantity: 4, Paid: month(-2), Ends: now, Codes: map[CodeState]int{Unused: 4}}
	if _, o := UnusedCourse([]Stock{over}, nil, nil, now, 1, 1, time.UTC); o.Lost != 0 {
		t.Errorf("%d codes of an order that has ended are still to be lost", o.Lost)
	}
}

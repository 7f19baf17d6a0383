package exam

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUnusedAt: what an order had unused, to the instant.
func TestUnusedAt(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, time.March, d, 0, 0, 0, 0, time.UTC) }
	s := Stock{Quantity: 10, Paid: day(1), Ends: day(20), Codes: map[CodeState]int{Refunding: 1, Refunded: 2}, RefundAt: day(10),
		Flows: []Flow{{Until: day(5), Out: 4}, {Until: day(6), Back: 1}}}
	for at, want := range map[time.Time]int{
		day(1).Add(-1): 0, day(1): 10, day(5).Add(-1): 10, day(5): 6, day(6): 7, day(10).Add(-1): 7, day(10): 4, day(20).Add(-1): 4, day(20): 0,
	} {
		if got := s.UnusedAt(at); got != want {
			t.Errorf("at %v: %d, want %d", at, got, want)
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
	empty := Stock{Order: 2, Quantity: 3, Paid: month(-1), Ends: month(5), Codes: map[CodeState]int{Bound: 3}, Flows: []Flow{{Until: now, Out: 3}}}
	course := func(now time.Time, back, ahead int) (at []time.Time) {
		points, _ := UnusedCourse([]Stock{lot, empty}, nil, now, back, ahead, time.UTC)
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
	if _, o := UnusedCourse([]Stock{over}, nil, now, 1, 1, time.UTC); o.Lost != 0 {
		t.Errorf("%d codes of an order that has ended are still to be lost", o.Lost)
	}
}

package exam

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestForecast(t *testing.T) {
	now := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	in := func(days int) time.Time { return now.AddDate(0, 0, days) }
	for _, c := range []struct {
		name string
		lots []Lot
		pace map[SubjectID]int
		at   []time.Time
		want Outlook
	}{
		{"nothing is left", nil, map[SubjectID]int{1: 90}, []time.Time{in(30)}, Outlook{Left: []int{0}, Most: []int{0}}},
		{"one a day is enough", []Lot{{1, in(60), 60}}, map[SubjectID]int{1: 90}, []time.Time{now, in(30), in(60)}, Outlook{Left: []int{60, 30, 0}, Most: []int{60, 60, 0}}},
		{"one a day is one too few", []Lot{{1, in(60), 61}}, map[SubjectID]int{1: 90}, []time.Time{in(59)}, Outlook{Lost: 1, By: in(60), Left: []int{2}, Most: []int{61}}},
		{"nobody uses them", []Lot{{1, in(60), 5}, {1, in(90), 7}}, nil, []time.Time{in(59), in(60), in(90)}, Outlook{Lost: 12, By: in(90), Left: []int{12, 7, 0}, Most: []int{12, 7, 0}}},
		{"more came back than went", []Lot{{1, in(60), 5}}, map[SubjectID]int{1: -9}, nil, Outlook{Lost: 5, By: in(60), Left: []int{}, Most: []int{}}},
		{"what ends first is used first", []Lot{{1, in(90), 30}, {1, in(30), 30}}, map[SubjectID]int{1: 90}, []time.Time{in(30)}, Outlook{Left: []int{30}, Most: []int{30}}},
		{"a lot that is used up leaves the pace to the next", []Lot{{1, in(30), 10}, {1, in(60), 50}}, map[SubjectID]int{1: 90}, []time.Time{in(30)}, Outlook{Left: []int{30}, Most: []int{50}}},
		{"what one lot lost the next does not use", []Lot{{1, in(10), 30}, {1, in(40), 40}}, map[SubjectID]int{1: 90}, []time.Time{in(10), in(20)}, Outlook{Lost: 30, By: in(40), Left: []int{40, 30}, Most: []int{40, 40}}},
		{"one subject's pace is no other's", []Lot{{1, in(60), 10}, {2, in(30), 4}}, map[SubjectID]int{1: 900}, nil, Outlook{Lost: 4, By: in(30), Left: []int{}, Most: []int{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.lots)
			if d := cmp.Diff(c.want, Forecast(c.lots, c.pace, now, c.at...)); d != "" {
				t.Error(d)
			}
			if !slices.Equal(before, c.lots) {
				t.Error("the caller's lots are in another order")
			}
		})
	}
}

// TestPaceIsOfWholeDays: the pace is measured from a midnight on, and what it
// promises is of that time.
func TestPaceIsOfWholeDays(t *testing.T) {
	now := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	if since := PaceSince(now); !since.Equal(time.Date(2025, time.December, 4, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("since %v", since)
	}
	lots, pace := []Lot{{1, now.AddDate(0, 0, 100), 1000}}, map[SubjectID]int{1: 181} // in 90 and a half days
	if o := Forecast(lots, pace, now, now.AddDate(0, 0, 10)); o.Left[0] != 980 {
		t.Errorf("%d are left", o.Left[0])
	}
}

// A forecast agrees with using codes day by day, the first to end first.
func TestForecastIsWhatDaysWouldDo(t *testing.T) {
	now := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		perDay := rapid.IntRange(0, 5).Draw(t, "a day")
		days := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 5).Draw(t, "ends")
		slices.Sort(days)
		lots, left, at := []Lot{}, []int{}, []time.Time{}
		for _, d := range days {
			n := rapid.IntRange(0, 60).Draw(t, "unused")
			lots, left = append(lots, Lot{7, now.AddDate(0, 0, d), n}), append(left, n)
		}
		want, sum := Outlook{Left: []int{}, Most: []int{}}, func(from int) (n int) {
			for i, d := range days {
				if d > from {
					n += left[i]
				}
			}
			return n
		}
		for day := 1; day <= 41; day++ {
			for use := perDay; use > 0; use-- {
				if i := slices.IndexFunc(left, func(n int) bool { return n > 0 }); i >= 0 && days[i] >= day {
					left[i]--
				}
			}
			for i, d := range days {
				if d == day && left[i] > 0 {
					want.Lost, want.By = want.Lost+left[i], lots[i].Ends
					left[i] = 0
				}
			}
			at, want.Left = append(at, now.AddDate(0, 0, day)), append(want.Left, sum(day))
		}
		got := Forecast(lots, map[SubjectID]int{7: perDay * 90}, now, at...)
		got.Most = []int{}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

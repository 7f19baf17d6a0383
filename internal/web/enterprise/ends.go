package enterprise

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// endsWithin are the days that lists offer to look ahead for ends; links of
// reminders bring others.
var endsWithin = []int{30, 90}

// ends is the filter by the end of the order: so many days, zero for any.
type ends struct {
	Days int
	By   time.Time
}

// readEnds reads ends_within; what it cannot be is refused on its field.
func readEnds(r *http.Request, f *page.Form, now time.Time) ends {
	if f.Text("ends_within") == "" {
		return ends{}
	}
	days, _ := f.Int("ends_within")
	by, err := exam.EndsWithin(days, now, accountZone(r))
	if err != nil {
		f.Refuse(r, err)
		return ends{}
	}
	return ends{days, by}
}

// choice is the field of the filter.
func (e ends) choice(ctx context.Context, f *page.Form) view.Choice {
	c := view.Choice{Name: "ends_within", Label: view.T(ctx, "enterprise.ends_within"), Blank: view.T(ctx, "enterprise.ends_any"), Error: f.Error("ends_within")}
	add := func(days int) {
		c.Options = append(c.Options, view.Option{Value: strconv.Itoa(days), Label: view.T(ctx, "enterprise.ends_days", "n", days), Chosen: days == e.Days})
	}
	known := e.Days == 0
	for _, days := range endsWithin {
		if !known && e.Days <= days {
			if known = true; e.Days < days {
				add(e.Days)
			}
		}
		add(days)
	}
	if !known {
		add(e.Days)
	}
	return c
}

// chip names the filter, with its last day.
func (e ends) chip(ctx context.Context, remove string) view.Chip {
	return view.Chip{Label: view.T(ctx, "enterprise.chip.ends", "value", view.T(ctx, "enterprise.ends_days", "n", e.Days)), Remove: remove}
}

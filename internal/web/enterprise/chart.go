package enterprise

import (
	"context"
	"slices"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// fewSat is the base below which a pass rate means little, and is marked so.
const fewSat = 10

func number(ctx context.Context, n int) view.Cell {
	return view.Cell{Value: float64(n), Text: lang.From(ctx).Number(int64(n))}
}

// rateWord is a pass rate with its base, "–" when nobody sat (S8).
func rateWord(ctx context.Context, passed, sat int) string {
	rate := lang.From(ctx).RateOf(passed, sat)
	if sat > 0 && sat < fewSat {
		return view.T(ctx, "enterprise.rate_few", "rate", rate)
	}
	return rate
}

// courseChart asks whether the unused codes will be used in time.
func courseChart(ctx context.Context, o overview) view.Chart {
	l := lang.From(ctx)
	c := view.Chart{Kind: view.LineChart, Title: view.T(ctx, "enterprise.overview.course"), Says: outlookSentence(ctx, o), Head: view.T(ctx, "enterprise.overview.at"),
		About: view.T(ctx, "enterprise.overview.course_about", "n", pace(o)),
		Series: []view.Series{
			{Label: l.State("code", "unused"), Hue: view.StateHue("code", "unused")},
			{Label: view.T(ctx, "enterprise.overview.forecast"), Hue: view.StateHue("code", "unused"), Dashed: true},
			{Label: view.T(ctx, "enterprise.overview.most"), Hue: view.StateHue("code", "bound"), Step: true},
		}}
	for _, p := range o.Course {
		row := view.ChartRow{Label: l.Day(p.At, o.Zone), Cells: []view.Cell{{Blank: true}, {Blank: true}, {Blank: true}}}
		if row.Short = l.Month(p.At, o.Zone); p.At.Equal(o.Now) {
			row.Short = view.T(ctx, "enterprise.overview.today")
		}
		if !p.At.After(o.Now) {
			row.Cells[0] = number(ctx, p.Left)
		}
		if !p.At.Before(o.Now) {
			row.Cells[1], row.Cells[2] = number(ctx, p.Left), number(ctx, p.Most)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// pace is how many codes were redeemed lately, those taken back left out.
func pace(o overview) (n int) {
	for _, p := range o.Pace {
		n += p
	}
	return n
}

// outlookSentence is the forecast in one sentence.
func outlookSentence(ctx context.Context, o overview) string {
	zone := o.Zone
	for _, s := range o.Stock {
		if s.Ends.Equal(o.Outlook.By) {
			zone = lang.Zone(s.Zone)
		}
	}
	by := lang.From(ctx).LastDay(o.Outlook.By, zone)
	switch {
	case o.Codes["unused"] == 0:
		return view.T(ctx, "enterprise.overview.none_left")
	case o.Outlook.Lost == 0:
		return view.T(ctx, "enterprise.overview.none_lost")
	case pace(o) <= 0:
		return view.T(ctx, "enterprise.overview.lost_idle", "n", o.Outlook.Lost, "date", by)
	}
	return view.T(ctx, "enterprise.overview.lost", "n", o.Outlook.Lost, "date", by)
}

// endingChart asks when codes end that nobody has sat an exam with.
func endingChart(ctx context.Context, o overview) view.Chart {
	l, unused, bound := lang.From(ctx), 0, 0
	c := view.Chart{Kind: view.ColumnChart, Title: view.T(ctx, "enterprise.overview.ending"), Head: view.T(ctx, "enterprise.month"), Series: []view.Series{
		{Label: l.State("code", "unused"), Hue: view.StateHue("code", "unused")},
		{Label: l.State("code", "bound"), Hue: view.StateHue("code", "bound"), Hatch: 1},
	}}
	for _, m := range o.Ending {
		c.Rows = append(c.Rows, view.ChartRow{Label: l.Month(m.Month, o.Zone), Cells: []view.Cell{number(ctx, m.Unused), number(ctx, m.Bound)}})
		unused, bound = unused+m.Unused, bound+m.Bound
	}
	c.Says = view.T(ctx, "enterprise.overview.ending_says", "unused", unused, "bound", bound)
	return c
}

// monthsChart asks how results develop.
func monthsChart(ctx context.Context, counts []store.OutcomeCount, zone *time.Location) view.Chart {
	l := lang.From(ctx)
	c := view.Chart{Kind: view.ColumnChart, Title: view.T(ctx, "enterprise.statistics.months"), Head: view.T(ctx, "enterprise.month")}
	for i, outcome := range []exam.Outcome{exam.Passed, exam.Failed, exam.Absent} {
		c.Series = append(c.Series, view.Series{Label: l.State("result", string(outcome)), Hue: view.StateHue("result", string(outcome)), Hatch: i})
	}
	passed, sat, absent := 0, 0, 0
	for _, m := range counts {
		c.Rows = append(c.Rows, view.ChartRow{Label: l.Month(m.From, zone), Cells: []view.Cell{number(ctx, m.Passed), number(ctx, m.Failed), number(ctx, m.Absent)}})
		passed, sat, absent = passed+m.Passed, sat+m.Passed+m.Failed, absent+m.Absent
	}
	if n := len(counts); n > 0 {
		c.Says = view.T(ctx, "enterprise.statistics.months_says", "from", l.Month(counts[0].From, zone), "to", l.Month(counts[n-1].From, zone), "sat", sat, "passed", passed, "absent", absent)
	}
	return c
}

// mostBars is how many subjects a picture holds; the weakest are shown.
const mostBars = 12

// ratesChart asks which subject is weak: the weakest first. Subjects that nobody
// sat are not in it.
func ratesChart(ctx context.Context, stats []store.SubjectStats) view.Chart {
	c := view.Chart{Kind: view.BarChart, Title: view.T(ctx, "enterprise.statistics.rates"), Head: view.T(ctx, "enterprise.subject"), Unit: "%", Most: 100,
		Series: []view.Series{{Label: view.T(ctx, "enterprise.pass_rate"), Hue: "st-accent"}}}
	stats = slices.DeleteFunc(slices.Clone(stats), func(s store.SubjectStats) bool { return s.Sat == 0 })
	slices.SortStableFunc(stats, func(a, b store.SubjectStats) int { return a.Passed*b.Sat - b.Passed*a.Sat })
	for _, s := range stats[:min(len(stats), mostBars)] {
		tenths, _ := strconv.ParseFloat(strconv.FormatFloat(100*float64(s.Passed)/float64(s.Sat), 'f', 1, 64), 64)
		c.Rows = append(c.Rows, view.ChartRow{Label: nameIn(ctx, s.Name), Href: statisticsOf(s.Subject),
			Cells: []view.Cell{{Value: tenths, Text: rateWord(ctx, s.Passed, s.Sat), Quiet: s.Sat < fewSat}}})
	}
	if len(stats) > 0 {
		low, high := stats[0], stats[len(stats)-1]
		c.Says = view.T(ctx, "enterprise.statistics.rates_says", "low", nameIn(ctx, low.Name), "low_rate", rateWord(ctx, low.Passed, low.Sat), "high", nameIn(ctx, high.Name), "high_rate", rateWord(ctx, high.Passed, high.Sat))
	}
	if len(stats) == 1 {
		c.Says = view.T(ctx, "enterprise.statistics.rate_says", "subject", nameIn(ctx, stats[0].Name), "rate", rateWord(ctx, stats[0].Passed, stats[0].Sat))
	}
	return c
}

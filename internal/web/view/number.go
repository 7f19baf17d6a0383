package view

import "strconv"

// Stat is one number with its meaning; every number leads to what it counts.
type Stat struct {
	Label, Value, Href string
	About              string // what the number is made of
}

// Bar is a whole made of parts, as one stacked bar with its numbers below.
type Bar struct {
	Label string // read aloud: the finding in words
	Kind  string // of the states: "code"
	Parts []Part
}

// Part is a state's share; Href opens the list of exactly these.
type Part struct {
	State string
	Count int64
	Href  string
}

// barWidth is the width of every bar in its own units; style sheets stretch it.
const barWidth = 1000

type segment struct {
	class    string
	x, width string
}

// segments lays the parts side by side with a small gap; a part that exists is
// at least visible.
func (b Bar) segments() []segment {
	var sum int64
	for _, p := range b.Parts {
		sum += p.Count
	}
	if sum == 0 {
		return nil
	}
	var all []segment
	var before int64
	for _, p := range b.Parts {
		if p.Count <= 0 {
			continue
		}
		x, end := before*barWidth/sum, (before+p.Count)*barWidth/sum
		before += p.Count
		gap := int64(2)
		if before == sum {
			gap = 0
		}
		all = append(all, segment{hue(b.Kind, p.State), strconv.FormatInt(x, 10), strconv.FormatInt(max(end-x-gap, 2), 10)})
	}
	return all
}

func share(value, most int64, width int64) string {
	if most <= 0 || value <= 0 {
		return "0"
	}
	return strconv.FormatInt(min(value, most)*width/most, 10)
}

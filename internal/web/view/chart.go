package view

import "strconv"

// Kinds of chart.
const (
	ColumnChart = "columns" // stacked, one for each row
	BarChart    = "bars"    // one bar for each row, of one series
	LineChart   = "lines"
)

// foldAbove is how many rows a chart's table has before it is folded.
const foldAbove = 12

// Chart is a table of numbers that answers a question, and a picture of exactly
// these numbers: the script draws what it reads in the table. Without scripts
// and on paper the table stands alone.
type Chart struct {
	Kind   string
	Title  string // the question
	Says   string // the answer as a sentence; the picture's name
	About  string // how it is reckoned
	Head   string // of the rows' names
	Unit   string // behind the numbers on the axis: "%"
	Most   int    // end of the axis; 0 lets the numbers decide
	Series []Series
	Rows   []ChartRow
}

// Series is one colour of a chart. Hue is the style class of a state's badge.
type Series struct {
	Label, Hue string
	Dashed     bool // of a line: what is reckoned, not known
	Step       bool
	Hatch      int // of columns: 1 lines, 2 dots; a second sign beside the colour
}

// ChartRow is one place on the axis, where Short names it when the label is long.
// Href is where its numbers come from.
type ChartRow struct {
	Label, Short, Href string
	Cells              []Cell
}

// Cell is a number with its text. Blank cells are not drawn.
type Cell struct {
	Value float64
	Text  string
	Quiet bool // too little to mean much
	Blank bool
}

func (c Cell) value() string {
	if c.Blank {
		return ""
	}
	return strconv.FormatFloat(c.Value, 'f', -1, 64)
}

// StateHue is the style class of a state's colour.
func StateHue(kind, state string) string { return hue(kind, state) }

// size is the style class of the picture's height, so that nothing moves when it
// is drawn.
func (c Chart) size() string {
	if c.Kind != BarChart {
		return "chart-" + c.Kind
	}
	return "chart-bars-" + strconv.Itoa(min((len(c.Rows)+2)/3*3, 12))
}

package view

import "github.com/a-h/templ"

// Listing is a table; below 992 px each row becomes a card. The first column is
// the row's header and the only link to the object. Eight columns at most.
type Listing struct {
	Caption string // read aloud, not shown
	Columns []Column
	Rows    []Row
	Tick    string // name of the tick boxes; "" for none. Put the table into a BulkForm
	Actions bool   // a last column with each row's verbs
	Compact bool   // the person's density
}

// Column is a table head. Num right-aligns figures.
type Column struct {
	Label string
	Num   bool
	Sort  string // address that sorts by it; "" when it cannot
	Order string // "ascending" or "descending" when it is the sorted one
}

// Row is one object. A nil cell is empty and read as "none".
type Row struct {
	ID      string // value of the tick box
	Name    string // names its tick box and menu: "code ending K7QF"
	Ticked  bool
	Cells   []templ.Component
	Actions []Link // at most two
	More    []Link // behind the "⋯" button
}

// Tab is a list narrowed to one state. Count is a written number, "–" when it
// cannot be had.
type Tab struct {
	Label, Href, Count string
	Current            bool
}

// Filters is the form above a list; Active counts the filters in use, for the
// folded form on narrow screens.
type Filters struct {
	Action, Reset string
	Post          bool              // what is typed may be secret: it goes to Action, which leads back to the list
	Fields        []templ.Component // at most four
	More          []templ.Component
	MoreOpen      bool
	Hidden        []Pair // what the form must keep: state tab, sort
	Active        int
}

func (f Filters) method() string {
	if f.Post {
		return "post"
	}
	return "get"
}

// Chip is a filter in use; Remove is the address without it.
type Chip struct{ Label, Remove string }

// Pager leads through a list by cursors. Text is "Rows 51–100 of 1,284".
type Pager struct{ Newer, Older, Start, Text string }

// Leads tells whether there is another page.
func (p Pager) Leads() bool { return p.Newer != "" || p.Older != "" }

// Empty tells why there is nothing, and the way on.
type Empty struct {
	Text   string
	Action *Link
	Icon   string
}

// Bulk is the bar over a table with tick boxes. Each verb submits the ticked
// ids (or the whole filter) to its confirmation page.
type Bulk struct {
	Label      string // what is ticked: "Ticked codes"
	All        string // "All 412 that match: Unused"; "" when that is not offered
	SelectPage *Link  // ticks all rows of the page without a script
	Verbs      []BulkVerb
	Hidden     []Pair // the filter, for All
}

// BulkVerb is a button of the bulk bar; Action is the address it is sent to.
type BulkVerb struct{ Label, Action string }

package view

import (
	"time"

	"github.com/a-h/templ"
)

// Fact is one line of a Summary: label, value, and what can be changed about it.
type Fact struct {
	Label  string
	Value  templ.Component
	Action *Link
}

// Entry is one event of a Timeline, newest first.
type Entry struct {
	ID      string // anchor
	Icon    string
	Text    string // the sentence, with actor and object
	At      time.Time
	Zone    *time.Location // nil: the person's
	Channel string         // console, name of the API key, schedule
	Ref     string         // request reference
	Refused bool
}

// Step is one stage on a way; exactly one is current unless all are done.
type Step struct {
	Label   string
	About   string // date or hint
	Done    bool
	Current bool
}

// Confirm is the page before something that cannot be undone. The question is
// the page's heading; Hidden carries the object's version.
type Confirm struct {
	Changed string // what changed while the person was reading; "" at first
	Intro   string
	Happens []string // at most six lines
	Stays   []string // what does not happen
	Told    []string // who is told
	Choice  *Choice
	Action  string
	Hidden  []Pair
	Verb    string // "Unbind code": verb and object
	Safe    bool   // it can be undone: the button is not red
	WayOut  Link   // "Keep it bound"
}

// Refusal is a page that says no. Todo is the way on; every refusal has one.
type Refusal struct {
	Sentence string
	Todo     string
	Link     *Link
	Ref      string
}

func stepWord(s Step) string {
	switch {
	case s.Done:
		return "steps.done"
	case s.Current:
		return "steps.current"
	}
	return "steps.open"
}

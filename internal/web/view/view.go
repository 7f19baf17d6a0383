// Package view holds the pieces all consoles build their pages from: the frame,
// forms, lists, details, confirmations and numbers, as templ components over
// plain structs, so that every page renders from literals.
//
// To write a page:
//
//   - fill a Page (title, heading, navigation, who is signed in) and wrap the
//     content in Layout;
//   - take pieces from here: Tabs, FilterBar, Chips, Table, PagerNav for lists;
//     Summary, VerbList, Timeline for one thing; Input, Radios, Submit for
//     forms; ConfirmForm before anything that cannot be undone; ErrorPage for a
//     refusal;
//   - give the pieces texts that are already in the person's language, from
//     T(ctx, key): the words the pieces say themselves come from the catalogue.
//     The language, zone and moment travel in the context (lang.With);
//   - link with plain addresses and change with plain POST forms. Scripts only
//     quicken.
//
// The policy the server sends forbids inline styles and scripts, so no piece
// has them and no page may. State is told by Badge, a failure by ErrorSummary
// and the field itself. Nothing here reads the database, knows a right or
// decides what a person may do: a verb that is not allowed is not passed in, or
// passed with its reason.
package view

import (
	"context"
	"time"

	"examcode/internal/lang"
)

// T is the text of key in the language of ctx; see lang.Locale.T.
func T(ctx context.Context, key string, pairs ...any) string {
	return lang.From(ctx).T(key, pairs...)
}

// Link is a text that leads somewhere; Icon is optional (tools/icons.txt).
type Link struct{ Label, Href, Icon string }

// Pair is a hidden form value.
type Pair struct{ Name, Value string }

// Page is everything about a page but its content. Only Title is required.
type Page struct {
	Title     string    // for the window: page – object; the programme is added
	Heading   string    // the h1; Title when empty
	Sub       string    // one line under the heading
	Badge     [2]string // kind and state of the thing, beside the heading
	Count     string    // number of rows, beside the heading
	Mono      bool      // the heading is a code or a number: fixed-width symbols
	Actions   []Verb    // buttons beside the heading
	Console   string    // "enterprise", "examinee", "operator" or "public"
	Programme string    // name of the certification programme
	Home      string    // where the brand leads; "/" when empty

	Nav      []NavItem
	Primary  *Link  // the one thing most people come for, right of the menu
	Search   string // address of the search page; without it there is no field
	Query    string // what was searched
	Messages string // address of the message centre
	Unread   int
	Running  *Link  // "1 running", only while there is some
	Who      *Who   // nil: nobody is signed in
	SignIn   string // address of the sign-in page, offered when nobody is

	Breadcrumb []Link // the ways up, from two levels deep
	Notice     *Notice
	Errors     []FieldError // refused fields: the summary, and the title's "Error:"
	Error      bool         // the title says "Error:" for another reason
	PageNumber int          // of a list, told in the title from 2 on

	Back    string // address the language and theme switches return to
	Theme   string // "auto", "light" or "dark"; "auto" when empty
	KeysOff bool   // the person switched single-key shortcuts off
	Live    bool   // load htmx
	Charts  bool   // load what draws charts
	Narrow  bool   // one column for forms and confirmations

	Demo    *Demo
	Help    string // address of help and contact
	Version string
}

// NavItem is one entry of the console's menu.
type NavItem struct {
	Label, Href string
	Current     bool
}

// Who is the person signed in, for the account menu.
type Who struct {
	Name, Account string
	Role          string // user type or operator role, in words
	Verification  string // state of the account's verification; "" for operators
	Links         []Link // preferences, members, audit, …
}

// Kinds of notice.
const (
	Done      = "done"
	Attention = "attention"
	Failed    = "failed"
)

// Notice is the one message of a page; it stays until the next page.
type Notice struct {
	Kind string // Done, Attention or Failed
	Text string
	Link *Link
}

// Demo is the strip that says that nothing here is real.
type Demo struct {
	Outbox, Switch string
	Clock          string    // where its clock is moved, or ""
	Now            time.Time // what it shows, when it was moved
}

// FieldError is a refused input; the summary links to the field.
type FieldError struct{ Name, Text string }

// FieldID is the id of the control of a field name.
func FieldID(name string) string { return "f-" + name }

// Verb is something that can be done with a thing. With Href it is offered;
// without, Why says what stands in the way and what to do.
type Verb struct {
	Label, Href string
	About       string // one sentence: what it does
	Why         string // the reason it is not there
	Icon        string
	Primary     bool
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (p Page) title(ctx context.Context) string {
	s := p.Title
	if p.PageNumber > 1 {
		s = T(ctx, "frame.title_page", "title", s, "page", p.PageNumber)
	}
	if p.Programme != "" {
		s += " – " + p.Programme
	}
	if p.Error || len(p.Errors) > 0 {
		s = T(ctx, "frame.error_title", "title", s)
	}
	return s
}

func htmlLang(ctx context.Context) string {
	if l := lang.From(ctx).Lang; l != lang.ZH {
		return string(l)
	}
	return "zh-CN"
}

// otherLang is the language the switch offers.
func otherLang(ctx context.Context) (code, key string) {
	if lang.From(ctx).Lang == lang.ZH {
		return "en", "frame.language_en"
	}
	return "zh", "frame.language_zh"
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func badgeText(n int) string {
	if n > 99 {
		return "99+"
	}
	return lang.Locale{}.Number(int64(n))
}

func noticeIcon(kind string) string {
	switch kind {
	case Done:
		return "circle-check"
	case Failed:
		return "circle-x"
	}
	return "alert-triangle"
}

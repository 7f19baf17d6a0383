package view_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/lang"
	"examcode/internal/web/view"
)

// A page is a struct and its content. In a .templ file the same reads
//
//	@view.Layout(p) {
//		@view.Table(rows)
//	}
func Example() {
	ctx := lang.With(context.Background(), lang.Locale{
		Lang: lang.EN, Zone: time.UTC, Now: time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC),
	})
	page := view.Page{Title: "Exam codes", Programme: "Northwind", Console: "enterprise", Back: "/codes"}
	rows := view.Listing{
		Caption: "Exam codes",
		Columns: []view.Column{{Label: "Code"}, {Label: view.T(ctx, "list.actions")}},
		Rows:    []view.Row{{Name: "code ending K7QF", Cells: []templ.Component{view.Code("K7QF", "/codes/1"), view.Badge("code", "bound")}}},
	}
	var b strings.Builder
	err := view.Layout(page).Render(templ.WithChildren(ctx, view.Table(rows)), &b)
	fmt.Println(err, strings.Contains(b.String(), "<title>Exam codes – Northwind</title>"))
	fmt.Println(strings.Count(b.String(), `class="st st-code-bound"`), strings.Contains(b.String(), "code ending K 7 Q F"))
	// Output:
	// <nil> true
	// 1 true
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileTextStaysText(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	for name, c := range map[string]templ.Component{
		"text": view.Text(evil), "link": view.Anchor(view.Link{Label: evil, Href: "/a?q=" + evil}), "code": view.Code(evil, ""),
		"field": view.Input(view.Field{Name: "q", Label: evil, Hint: evil, Value: evil, Error: evil}),
		"page":  view.Layout(view.Page{Title: evil, Sub: evil, Back: evil, Search: "/s", Query: evil}),
		"copy":  view.Copy(evil),
	} {
		if page := render(t, c); strings.Contains(page, "<script>") {
			t.Errorf("%s: %s", name, page)
		}
	}
	if page := render(t, view.Anchor(view.Link{Label: "x", Href: "javascript:alert(1)"})); strings.Contains(page, "javascript") {
		t.Errorf("a link that runs a script: %s", page)
	}
}

func TestPasswordsAreNeverSentBack(t *testing.T) {
	if page := render(t, view.Input(view.Field{Name: "password", Label: "Password", Type: "password", Value: "hunter2"})); strings.Contains(page, "hunter2") {
		t.Error(page)
	}
}

func TestTitleTellsErrorAndPage(t *testing.T) {
	for want, p := range map[string]view.Page{
		"<title>Codes – N</title>":         {Title: "Codes", Programme: "N", PageNumber: 1},
		"<title>Codes, page 2 – N</title>": {Title: "Codes", Programme: "N", PageNumber: 2},
		"<title>Error: Buy – N</title>":    {Title: "Buy", Programme: "N", Errors: []view.FieldError{{Name: "quantity", Text: "Enter a quantity"}}},
	} {
		if page := render(t, view.Layout(p)); !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

// The parts of a bar fill it exactly, whatever the counts.
func TestBarOfNothingIsEmpty(t *testing.T) {
	if page := render(t, view.StackedBar(view.Bar{Label: "none", Kind: "code", Parts: []view.Part{{State: "unused"}}})); strings.Count(page, "<rect") != 2 {
		t.Errorf("track and swatch only, got %s", page)
	}
	page := render(t, view.StackedBar(view.Bar{Label: "some", Kind: "code", Parts: []view.Part{{State: "unused", Count: 1}, {State: "bound", Count: 3}}}))
	for _, want := range []string{`x="0" y="0" width="248"`, `x="250" y="0" width="750"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
}

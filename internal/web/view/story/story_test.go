package story

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"examcode/internal/lang"
	"examcode/internal/web/static"
)

var write = flag.String("write", "", "folder to write the rendered stories and static files to")

var languages = []lang.Lang{lang.EN, lang.ZH, lang.PSEUDO}

func render(t testing.TB, s Story, l lang.Lang) string {
	t.Helper()
	var b strings.Builder
	if err := s.Page.Render(lang.With(context.Background(), Locale(l)), &b); err != nil {
		t.Fatalf("%s, %s: %v", s.Name, l, err)
	}
	return b.String()
}

func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func TestEveryPage(t *testing.T) {
	for _, l := range languages {
		var absent []string
		undo := lang.ReportMissing(func(_ lang.Lang, key string) { absent = append(absent, key) })
		for _, s := range All() {
			t.Run(s.Name+"/"+string(l), func(t *testing.T) { checkPage(t, render(t, s, l), l) })
		}
		undo()
		if len(absent) > 0 {
			t.Errorf("%s: no text for %v", l, absent)
		}
	}
}

// banned names Tabler's classes whose contrast is too weak.
var banned = regexp.MustCompile(`^(text-muted|text-success|text-warning|btn-success|btn-warning|bg-.*-lt|status-.*|steps)$`)

var numericDate = regexp.MustCompile(`\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b`)

// checkPage holds what must be true of every page of every console.
func checkPage(t *testing.T, page string, l lang.Lang) {
	doc := parse(t, page)
	ids, wanted := map[string]bool{}, map[string]string{}
	var h1, primary, mains int
	inMain := false
	level := 0
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			if d := numericDate.FindString(n.Data); d != "" {
				t.Errorf("a date in digits only: %s", d)
			}
		}
		if n.Type == html.ElementNode {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("id %q twice", id)
				}
				ids[id] = true
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "hx-on":
					t.Errorf("<%s %s=%q> is inline", n.Data, a.Key, a.Val)
				case a.Key == "for" || a.Key == "popovertarget" || a.Key == "aria-labelledby":
					wanted[a.Val] = a.Key
				case a.Key == "aria-describedby":
					for _, id := range strings.Fields(a.Val) {
						wanted[id] = a.Key
					}
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					wanted[a.Val[1:]] = "href"
				case a.Key == "href" && (a.Val == "" || strings.Contains(a.Val, "//") || strings.HasPrefix(a.Val, "about:")):
					t.Errorf("<%s href=%q>", n.Data, a.Val)
				case a.Key == "disabled" || a.Key == "aria-disabled":
					t.Errorf("<%s> is disabled", n.Data)
				case a.Key == "class":
					for class := range strings.FieldsSeq(a.Val) {
						if banned.MatchString(class) {
							t.Errorf("class %s is too weak in contrast", class)
						}
						if class == "btn-primary" && inMain {
							primary++
						}
					}
				}
			}
			switch n.Data {
			case "style":
				t.Error("a <style> element")
			case "script":
				if attr(n, "src") == "" {
					t.Error("an inline script")
				}
			case "h1", "h2", "h3":
				now := int(n.Data[1] - '0')
				if now > level+1 && level > 0 {
					t.Errorf("%s follows h%d", n.Data, level)
				}
				level = now
				if now == 1 {
					h1++
				}
			case "main":
				mains++
				inMain = true
			case "img":
				if !has(n, "alt") {
					t.Error("an image without alt")
				}
			case "html":
				if want := map[lang.Lang]string{lang.EN: "en", lang.ZH: "zh-CN", lang.PSEUDO: "en-x-pseudo"}[l]; attr(n, "lang") != want {
					t.Errorf("lang is %q", attr(n, "lang"))
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Data == "main" {
			inMain = false
		}
	}
	walk(doc)
	for id, from := range wanted {
		if !ids[id] {
			t.Errorf("%s leads to no id %q", from, id)
		}
	}
	if h1 != 1 || mains != 1 || primary > 1 {
		t.Errorf("%d h1, %d main, %d primary buttons", h1, mains, primary)
	}
}

// A page in two languages is the same page: only texts differ.
func TestLanguagesShareTheStructure(t *testing.T) {
	shape := func(page string) string {
		var b strings.Builder
		var walk func(n *html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode {
				b.WriteString("<" + n.Data + " " + attr(n, "class") + ">")
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(parse(t, page))
		return b.String()
	}
	for _, s := range All() {
		if shape(render(t, s, lang.EN)) != shape(render(t, s, lang.ZH)) {
			t.Errorf("%s differs between the languages", s.Name)
		}
	}
}

// In the pseudo language every word a person reads is inside [!! … !!], so a
// word outside was written into a template.
func TestNoTextInTemplates(t *testing.T) {
	word := regexp.MustCompile(`\pL{2,}`)
	data := regexp.MustCompile(`K7QF|M2XD|9RTC|4HZV|QW3N|7B0S|EC-|\.example|req_|reg_|Asia/|UTC|USD|20\d\d`)
	for _, s := range All() {
		var walk func(n *html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.TextNode && n.Parent.Data != "title" {
				text := strings.TrimSpace(n.Data)
				if word.MatchString(text) && !strings.HasPrefix(text, "[!!") && !data.MatchString(text) {
					t.Errorf("%s: %q", s.Name, text)
				}
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(parse(t, render(t, s, lang.PSEUDO)))
	}
}

// Every state has a sign and a hue, and the style sheet knows no other.
func TestEveryStateIsDrawn(t *testing.T) {
	css, err := os.ReadFile("../../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, class := range regexp.MustCompile(`\.st-[a-z]+-[a-z]+`).FindAllString(string(css), -1) {
		if drawn[class] {
			t.Errorf("%s twice", class)
		}
		drawn[class] = true
	}
	page := ""
	for _, s := range All() {
		if s.Name == "result" {
			page = render(t, s, lang.EN)
		}
	}
	for _, k := range states() {
		for _, state := range k.states {
			class := "st-" + k.kind + "-" + state
			if !drawn["."+class] {
				t.Errorf("no hue for %s", class)
			}
			delete(drawn, "."+class)
			if !regexp.MustCompile(`<span class="st ` + class + `"><svg`).MatchString(page) {
				t.Errorf("no sign for %s", class)
			}
		}
	}
	for class := range drawn {
		t.Errorf("%s is no state", class)
	}
}

// Icons named in templates are in the sprite.
func TestIconsAreInTheSprite(t *testing.T) {
	sprite, err := os.ReadFile("../../static/vendor/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	use := regexp.MustCompile(`icons\.svg#([a-z0-9-]+)"`)
	for _, s := range All() {
		for _, m := range use.FindAllStringSubmatch(render(t, s, lang.EN), -1) {
			if !strings.Contains(string(sprite), `<symbol id="`+m[1]+`"`) {
				t.Errorf("%s: no icon %s", s.Name, m[1])
			}
		}
	}
}

func TestWriteStories(t *testing.T) {
	if *write == "" {
		t.Skip("only with -write DIR")
	}
	local := regexp.MustCompile(static.Prefix + `[0-9a-f]{12}/`)
	for _, l := range languages {
		for _, s := range All() {
			page := local.ReplaceAllString(render(t, s, l), "static/")
			save(t, filepath.Join(*write, s.Name+"."+string(l)+".html"), []byte(page))
		}
	}
	for _, name := range []string{"app.css", "app.js", "logo.svg", "vendor/tabler.min.css", "vendor/htmx.min.js", "vendor/icons.svg"} {
		content, err := os.ReadFile("../../static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		save(t, filepath.Join(*write, "static", name), content)
	}
}

func save(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkList is the weight of a page in time.
func BenchmarkList(b *testing.B) {
	ctx := lang.With(context.Background(), Locale(lang.ZH))
	for b.Loop() {
		if err := list().Render(ctx, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

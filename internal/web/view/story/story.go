// Package story is the storybook of the shared pieces: whole pages rendered from
// literals, without a database or a server. Tests check every one of them, and
// `go test ./internal/web/view/story -write DIR` writes them as files to look at.
// It holds no rule and is not part of the program.
package story

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/lang"
	"examcode/internal/web/view"
)

// Now is the moment in which all stories are told.
var Now = time.Date(2026, time.November, 21, 11, 4, 0, 0, time.UTC)

var zone = time.FixedZone("Asia/Shanghai", 8*3600)

// end is an order's exclusive end twelve days ahead; far is a year ahead.
var (
	end = time.Date(2026, time.December, 3, 16, 0, 0, 0, time.UTC)
	far = time.Date(2027, time.November, 22, 16, 0, 0, 0, time.UTC)
)

// Locale is the reader of a story in a language.
func Locale(l lang.Lang) lang.Locale { return lang.Locale{Lang: l, Zone: zone, Now: Now} }

// Story is one page.
type Story struct {
	Name string
	Page templ.Component
}

// All lists every story.
func All() []Story {
	return []Story{
		{"overview", overview()}, {"list", list()}, {"empty", empty()}, {"detail", detail()},
		{"confirm", confirm()}, {"form", form()}, {"result", result()}, {"refusal", refusal()}, {"public", public()},
	}
}

// say is a story's own text: the catalogues hold only what the program says.
func say(ctx context.Context, en, zh string) string {
	switch lang.From(ctx).Lang {
	case lang.ZH:
		return zh
	case lang.PSEUDO:
		return "[!! " + en + " !!]"
	}
	return en
}

// frame is the enterprise console with the entry current marked.
func frame(ctx context.Context, current int, title string) view.Page {
	nav := []view.NavItem{
		{Label: say(ctx, "Overview", "概览"), Href: "/overview"},
		{Label: say(ctx, "Orders", "订单管理"), Href: "/orders"},
		{Label: say(ctx, "Exam codes", "考试码管理"), Href: "/codes"},
		{Label: say(ctx, "Data statistics", "数据统计"), Href: "/statistics"},
		{Label: say(ctx, "Files", "导出文件"), Href: "/files"},
		{Label: say(ctx, "Members", "成员"), Href: "/members"},
	}
	if current >= 0 {
		nav[current].Current = true
	}
	return view.Page{
		Title: title, Console: "enterprise", Programme: say(ctx, "Northwind Certification", "北风认证"),
		Nav: nav, Primary: &view.Link{Label: say(ctx, "Buy codes", "购买考试码"), Href: "/buy", Icon: "shopping-cart"},
		Search: "/search", Messages: "/messages", Unread: 3, Back: "/codes",
		Who: &view.Who{
			Name: say(ctx, "Chen Yu", "陈宇"), Account: say(ctx, "Xinghe Technology", "星河科技"), Role: say(ctx, "Root account", "主账号"), Verification: "verified",
			Links: []view.Link{{Label: say(ctx, "Preferences", "偏好设置"), Href: "/preferences"}, {Label: say(ctx, "Account", "账号"), Href: "/account"}},
		},
		Demo: &view.Demo{Outbox: "/demo/outbox", Switch: "/demo"}, Help: "/help", Version: "1.0",
	}
}

// Package enterprise is the console of companies: they see what became of their
// exam codes, buy more, and manage each of them. Every page reads under the
// company's own account, so that another company's things do not exist here.
//
// It decides no rule: whether a verb is offered is asked of exam, and what is
// done is done by action.
package enterprise

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// Addresses of the menu's entries.
const (
	home       = "/enterprise/"
	subjects   = "/enterprise/subjects"
	orders     = "/enterprise/orders"
	codes      = "/enterprise/codes"
	codeSearch = "/enterprise/codes/search"
	bulks      = "/enterprise/bulks"
	statistics = "/enterprise/statistics"
)

type console struct{ *page.Console }

// anyOf admits people of a company whose rights cover one of some.
func anyOf(name string, rights ...exam.Rights) httpd.Policy {
	return httpd.Policy{Name: "enterprise: " + name, Need: func(a exam.Actor) error {
		var err error
		for _, want := range rights {
			if err = exam.NeedRight(a, want); err == nil {
				return nil
			}
		}
		return err
	}}
}

// Mount registers the console's pages.
func Mount(k *page.Kit) {
	see := func(a exam.Actor) bool { return a.Has(exam.ViewCodes) }
	c := console{&page.Console{Kit: k, Name: "enterprise", Search: "/enterprise/search", Primary: primary, Nav: []page.NavItem{
		{Key: "enterprise.nav.overview", Href: home},
		{Key: "enterprise.nav.orders", Href: orders, For: func(a exam.Actor) bool { return see(a) || a.Has(exam.BuyCodes) }},
		{Key: "enterprise.nav.codes", Href: codes, For: see},
		{Key: "enterprise.nav.statistics", Href: statistics, For: see},
		{Key: "enterprise.nav.files", Href: files, For: see},
		{Key: "enterprise.nav.members", Href: members},
	}}}
	viewing, managing, revealing := httpd.WithRight(exam.ViewCodes), httpd.WithRight(exam.ManageCodes), httpd.WithRight(exam.RevealCodes)
	ordering, buying := anyOf("view or buy", exam.BuyCodes, exam.ViewCodes), httpd.WithRight(exam.BuyCodes)
	for _, r := range []struct {
		method, pattern string
		policy          httpd.Policy
		handler         httpd.Handler
	}{
		{"GET", home + "{$}", httpd.Enterprise, c.overview},
		{"GET", "/enterprise/search", ordering, c.search},

		{"GET", subjects, httpd.Enterprise, c.subjects},
		{"GET", subjects + "/{id}/buy", httpd.Enterprise, c.quantity},
		{"GET", subjects + "/{id}/check", httpd.Enterprise, c.check},
		{"POST", subjects + "/{id}/check", httpd.Enterprise, c.buy},

		{"GET", orders, ordering, c.orders},
		{"GET", orders + "/{id}", ordering, c.order},
		{"GET", orders + "/{id}/pay", buying, c.payPage},
		{"POST", orders + "/{id}/pay", buying, c.pay},
		{"GET", orders + "/{id}/result", ordering, c.result},
		{"GET", orders + "/{id}/receipt", ordering, c.receipt},
		{"GET", orders + "/{id}/refund", anyOf("view or refund", exam.RefundCodes, exam.ViewCodes), c.refundPage},
		{"POST", orders + "/{id}/refund", httpd.WithRight(exam.RefundCodes), c.refund},
		{"GET", orders + "/{id}/close", buying, c.closePage},
		{"POST", orders + "/{id}/close", buying, c.close},

		{"GET", codes, viewing, c.codes},
		{"POST", codeSearch, viewing, c.searchCodes},
		{"GET", codes + "/{id}", viewing, c.code},
		{"POST", bulks, managing, c.draftBulk},
		{"GET", bulks + "/{id}", managing, c.bulk},
		{"POST", bulks + "/{id}", managing, c.beginBulk},
		{"GET", codes + "/{id}/result", viewing, c.codeResult},
		{"GET", codes + "/{id}/regenerate", managing, c.regeneratePage},
		{"POST", codes + "/{id}/regenerate", managing, c.regenerate},
		{"GET", codes + "/{id}/unbind", managing, c.unbindPage},
		{"POST", codes + "/{id}/unbind", managing, c.unbind},
		{"GET", codes + "/{id}/reveal", revealing, c.revealPage},
		{"POST", codes + "/{id}/reveal", revealing, c.reveal},

		{"GET", statistics, viewing, c.statistics},
	} {
		k.Handle(r.method, r.pattern, r.policy, r.handler)
	}
	c.exportRoutes(viewing)
	c.mountMembers()
}

// primary is what most people come for, when they may.
func primary(ctx context.Context, a exam.Actor) *view.Link {
	if !a.Has(exam.BuyCodes) {
		return nil
	}
	return &view.Link{Label: view.T(ctx, "enterprise.nav.buy"), Href: subjects, Icon: "shopping-cart"}
}

func actor(r *http.Request) exam.Actor { return httpd.From(r.Context()).Actor() }

func locale(r *http.Request) lang.Locale { return httpd.From(r.Context()).Locale }

// accountZone is the zone of the reader's company.
func accountZone(r *http.Request) *time.Location {
	return lang.Zone(httpd.From(r.Context()).Identity.Account.Zone)
}

// nameIn is a subject's name in the reader's language.
func nameIn(ctx context.Context, n exam.Names) string { return n.In(string(lang.From(ctx).Lang)) }

// filtered reads an id from a query for a filter: an unknown one finds nothing
// rather than everything.
func filtered[I ~int64](id I, text string) I {
	if text != "" && id == 0 {
		return I(-1)
	}
	return id
}

// pager leads through a list and says which of its rows are shown. The number of
// the first row travels with the cursors.
func pager[T any](r *http.Request, rows store.Rows[T], total int) (p view.Pager, number int) {
	first, _ := strconv.Atoi(r.URL.Query().Get("from"))
	q := r.URL.Query()
	if first < 1 || (q.Get("older") == "" && q.Get("newer") == "") || (q.Get("newer") != "" && rows.Newer == 0) {
		first = 1
	}
	n, size := len(rows.Items), page.ListPage(r).Limit
	p = page.Pager(r, rows, "")
	if n > 0 {
		p.Text = locale(r).T("list.rows", "from", first, "to", first+n-1, "total", max(total, first+n-1))
	}
	p.Older, p.Newer, p.Start = from(p.Older, first+n), from(p.Newer, max(first-size, 1)), from(p.Start, 0)
	return p, (first-1)/size + 1
}

// from writes the number of a page's first row into its address.
func from(address string, first int) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return address
	}
	number := ""
	if first > 0 {
		number = strconv.Itoa(first)
	}
	return page.With(u, "from", number)
}

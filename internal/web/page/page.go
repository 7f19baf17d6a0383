// Package page is the way between a request and the pieces of view: the frame
// with who is signed in, forms read forgivingly, lists turned by cursors,
// notices after a redirect, and refusals as pages. All consoles use it; it knows
// none of them, and decides no rule.
package page

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"examcode/internal/action"
	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// Kit is what the pages of all consoles work with.
type Kit struct {
	Registry  *httpd.Registry
	Actions   *action.Service
	Store     store.Reader
	Now       func() time.Time
	Programme string // name of the certification programme
	BaseURL   string
	Seller    []string // who sells, for receipts: lines of name, address, tax number
	Version   string
	Demo      bool  // sample data: people can be switched, the outbox read
	Clock     Clock // of a demonstration whose time can be moved, or nil
	face      *httpd.Face
}

// Clock is the time of a demonstration, which people move ahead.
type Clock interface {
	Ahead() time.Duration // of the machine's
	MoveTo(ctx context.Context, to time.Time) error
}

// RedeemCookie carries the code of a redeem link to the form, for the person who
// opened it and nobody after them.
const RedeemCookie = "redeem"

// Home is where each audience starts.
func Home(a exam.Actor) string {
	switch a.Kind {
	case exam.Enterprise:
		return "/enterprise/"
	case exam.Individual:
		return "/examinee/"
	case exam.Operator:
		return "/operator/"
	}
	return "/sign-in"
}

// Console is one audience's frame.
type Console struct {
	*Kit
	Name string // "enterprise", "examinee", "operator", "public"
	Nav  []NavItem
	// Primary is the one thing most people come for, or nil.
	Primary func(ctx context.Context, a exam.Actor) *view.Link
	Search  string // address of the search page, or ""
}

// NavItem is an entry of a console's menu: the key of its text, its address, and
// who sees it (nil: everybody of the audience).
type NavItem struct {
	Key, Href string
	For       func(a exam.Actor) bool
}

// policy of the pages: nothing inline, nothing from elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Face makes the face of all pages, and lets it answer for every unknown path.
func (k *Kit) Face() *httpd.Face {
	if k.face == nil {
		k.face = &httpd.Face{Name: "web", Channel: exam.Console, Identify: k.Registry.BySession, Refuse: k.refuse, MaxBody: 6 << 20,
			Headers: map[string]string{"Content-Security-Policy": contentPolicy, "Cache-Control": "no-store"}}
		k.Registry.Own("/", k.face)
	}
	return k.face
}

// Handle registers a page or a form.
func (k *Kit) Handle(method, pattern string, p httpd.Policy, h httpd.Handler) {
	k.Registry.Handle(k.Face(), method, pattern, p, h)
}

// Page starts a page of the console: frame, menu, who is signed in, the notice
// that waits. current is the menu entry's address, "" for none.
func (c *Console) Page(w http.ResponseWriter, r *http.Request, current, title string) view.Page {
	ctx, req := r.Context(), httpd.From(r.Context())
	a := req.Actor()
	p := view.Page{Title: title, Console: c.Name, Programme: c.Programme, Home: Home(a), Back: back(r), Version: c.Version, Search: c.Search, Theme: "auto"}
	for _, n := range c.Nav {
		if n.For == nil || n.For(a) {
			p.Nav = append(p.Nav, view.NavItem{Label: view.T(ctx, n.Key), Href: n.Href, Current: n.Href == current})
		}
	}
	if c.Primary != nil {
		p.Primary = c.Primary(ctx, a)
	}
	if c.Demo {
		p.Demo = &view.Demo{Outbox: "/demo/outbox", Switch: "/sign-in"}
		if c.Clock != nil {
			p.Demo.Clock = "/demo/clock"
			if c.Clock.Ahead() > 0 {
				p.Demo.Now = c.Now()
			}
		}
	}
	if a.Person == 0 {
		p.SignIn = "/sign-in"
	} else {
		c.known(ctx, req, &p)
	}
	if n := c.Registry.TakeNotice(w, r); n != nil {
		p.Notice = &view.Notice{Kind: n.Kind, Text: n.Text}
	}
	return p
}

// known fills in what a page says to somebody who is signed in.
func (c *Console) known(ctx context.Context, req *httpd.Request, p *view.Page) {
	a := req.Actor()
	p.Messages, p.Theme = "/messages", req.Identity.Person.Theme
	p.Who = &view.Who{Name: a.Name, Account: req.Identity.Account.Name, Role: view.T(ctx, "role."+string(a.Kind)+"."+string(a.Role)),
		Links: []view.Link{{Label: view.T(ctx, "frame.preferences"), Href: "/account"}}}
	if a.Kind != exam.Operator {
		p.Who.Verification = string(a.Verified)
		p.Who.Links = append(p.Who.Links, view.Link{Label: view.T(ctx, "account.verification"), Href: "/account/verification"})
	}
	p.Who.Links = append(p.Who.Links, view.Link{Label: view.T(ctx, "account.keys"), Href: "/account/keys"})
	if a.Has(exam.ViewCodes) {
		if n, err := c.Store.OpenExports(ctx, a.Account); err == nil && n > 0 {
			p.Running = &view.Link{Label: view.T(ctx, "frame.running", "n", n), Href: "/enterprise/files"}
		}
	}
	if n, err := c.Store.Unread(ctx, a.Person); err == nil {
		p.Unread = n
	}
}

// Show writes a page; status is 200 unless the page refuses something.
func (k *Kit) Show(w http.ResponseWriter, r *http.Request, status int, p view.Page, content templ.Component) error {
	var b bytes.Buffer
	if err := view.Layout(p).Render(templ.WithChildren(r.Context(), content), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// Go redirects after a change, with the notice that says what was done; key "" is
// no notice. kind is view.Done, view.Attention or view.Failed.
func (k *Kit) Go(w http.ResponseWriter, r *http.Request, to, kind, key string, pairs ...any) error {
	if key != "" {
		k.Registry.SetNotice(w, httpd.Notice{Kind: kind, Text: view.T(r.Context(), key, pairs...)})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Local returns an address of ours, or otherwise when it is somewhere else.
func Local(address, otherwise string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n") {
		return otherwise
	}
	if _, all := told(u, codetext.MeantWhole); !all || codetext.MeantWhole(u.Fragment) {
		return discreet(u)
	}
	return address
}

// back is the address that switches of language and theme return to.
func back(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return discreet(r.URL)
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		return discreet(u)
	}
	return "/"
}

// discreet is an address without what was meant as a whole code text: such a
// text is worth money and does not travel on in other addresses.
func discreet(u *url.URL) string {
	q, all := told(u, codetext.MeantWhole)
	if all && !strings.Contains(u.RawQuery, "#") { // what is before it would be read as the whole
		return u.RequestURI()
	}
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).RequestURI()
}

// told are the query values of an address without the secret ones, and whether
// they are all; what cannot be read is left away.
func told(u *url.URL, secret func(string) bool) (q url.Values, all bool) {
	q, err := url.ParseQuery(u.RawQuery)
	all = err == nil
	for name, values := range q {
		if secret(name) || slices.ContainsFunc(values, secret) {
			q.Del(name)
			all = false
		}
	}
	return q, all
}

// isText tells whether a value is the text of a code, well typed. A long name may
// look as if it was meant for one; a list goes on with it.
func isText(s string) bool {
	_, err := codetext.Parse(s)
	return err == nil
}

// refuse answers with a refusal as a page; somebody who is not signed in and
// wanted to look is led to the sign-in page.
func (k *Kit) refuse(w http.ResponseWriter, r *http.Request, e *fault.Error) {
	req := httpd.From(r.Context())
	ctx := lang.With(r.Context(), req.Locale)
	looking := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case e.Reason == exam.ErrNotSignedIn.Reason && looking:
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(back(r)), http.StatusSeeOther)
		return
	case e.Reason == httpd.ErrNotFresh.Reason:
		http.Redirect(w, r, "/sign-in/again?next="+url.QueryEscape(back(r)), http.StatusSeeOther)
		return
	}
	c := Console{Kit: k, Name: "public"}
	p := c.Page(w, r.WithContext(ctx), "", view.T(ctx, "refusal.title."+string(e.Kind)))
	p.Error, p.Narrow = true, true
	rf := view.Refusal{Sentence: req.Locale.Fault(e), Ref: req.Ref}
	switch e.Reason {
	case exam.ErrNotSignedIn.Reason:
		rf.Link = &view.Link{Label: view.T(ctx, "frame.sign_in"), Href: "/sign-in"}
	case exam.ErrAccountNotVerified.Reason:
		rf.Link = &view.Link{Label: view.T(ctx, "account.verification"), Href: "/account/verification"}
	case exam.ErrEmailUnconfirmed.Reason:
		rf.Link = &view.Link{Label: view.T(ctx, "members.confirm_first.open"), Href: "/account"}
	case exam.ErrChangedMeanwhile.Reason:
		rf.Link = &view.Link{Label: view.T(ctx, "refusal.again"), Href: back(r)}
	}
	var b bytes.Buffer
	if err := view.ErrorPage(p, rf).Render(ctx, &b); err != nil {
		k.Registry.Log.Error("error page failed", "ref", req.Ref, "error", err)
		b.Reset()
		b.WriteString("<!doctype html><title>Error</title>")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(httpd.Status(e))
	w.Write(b.Bytes())
}

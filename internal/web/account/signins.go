package account

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// signIns are the browsers somebody is signed in with; This is the one that asks.
type signIns struct {
	All  []store.Login
	This string
}

// others counts the browsers besides this one.
func (s signIns) others() int { return len(s.All) - 1 }

// loginID names a session in addresses. What it is made of opens nothing.
func loginID(l store.Login) string { return base64.RawURLEncoding.EncodeToString(l.Token[:12]) }

func (c *console) readSignIns(r *http.Request) (signIns, error) {
	req := httpd.From(r.Context())
	all, this, err := c.Actions.SignIns(r.Context(), req.Actor(), req.Token)
	d := signIns{All: all}
	if this != nil {
		d.This = loginID(*this)
	}
	return d, err
}

func (c *console) signInsPage(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readSignIns(r)
	if err != nil {
		return err
	}
	p := c.page(w, r, "", "account.sign_ins")
	p.Sub, p.Narrow = view.T(r.Context(), "account.sign_ins.about"), false
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "frame.preferences"), Href: "/account"}}
	if d.others() > 0 {
		p.Actions = []view.Verb{{Label: view.T(r.Context(), "account.sign_ins.others"), Href: "/account/sign-ins/others"}}
	}
	return c.Show(w, r, http.StatusOK, p, signInsContent(d))
}

// ending is what the path's session, or "others", would end.
func (c *console) ending(r *http.Request) (d signIns, one *store.Login, err error) {
	if d, err = c.readSignIns(r); err != nil || r.PathValue("id") == "others" {
		return d, nil, err
	}
	for i := range d.All {
		if id := loginID(d.All[i]); id == r.PathValue("id") && id != d.This {
			return d, &d.All[i], nil
		}
	}
	return d, nil, fault.ErrNotFound
}

func (c *console) endPage(w http.ResponseWriter, r *http.Request) error {
	d, one, err := c.ending(r)
	if err != nil {
		return err
	}
	t := func(key string, pairs ...any) string { return view.T(r.Context(), key, pairs...) }
	confirm := view.Confirm{Action: r.URL.Path, Hidden: []view.Pair{page.NewOnce()}, Stays: []string{t("account.sign_ins.end.stays")}}
	title := t("account.sign_ins.others.title")
	if one != nil {
		title = t("account.sign_ins.end.title", "browser", browser(r.Context(), one.Agent))
		confirm.Happens, confirm.Verb = []string{t("account.sign_ins.end.happens")}, t("account.sign_ins.end")
		confirm.WayOut = view.Link{Label: t("account.sign_ins.end.keep"), Href: "/account/sign-ins"}
	} else {
		confirm.Happens, confirm.Verb = []string{t("account.sign_ins.others.happens", "n", d.others())}, t("account.sign_ins.others")
		confirm.WayOut = view.Link{Label: t("account.sign_ins.others.keep"), Href: "/account/sign-ins"}
	}
	p := c.page(w, r, "", "account.sign_ins")
	p.Title = title
	p.Breadcrumb = []view.Link{{Label: t("account.sign_ins"), Href: "/account/sign-ins"}}
	return c.Show(w, r, http.StatusOK, p, view.ConfirmForm(confirm))
}

func (c *console) end(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	return c.Once(w, r, f, "/account/sign-ins", func(ctx context.Context) (page.Landing, error) {
		_, one, err := c.ending(r)
		if err != nil {
			return page.Landing{}, err
		}
		req, done := httpd.From(r.Context()), view.T(ctx, "account.sign_ins.others.done")
		if one != nil {
			done = view.T(ctx, "account.sign_ins.ended", "browser", browser(ctx, one.Agent))
			err = c.Actions.EndSignIn(ctx, req.Actor(), one.Token)
		} else {
			err = c.Actions.EndOtherSignIns(ctx, req.Actor(), req.Token)
		}
		return page.Landing{To: "/account/sign-ins", Kind: view.Done, Text: done}, err
	})
}

// browser is what a program says it is, in a few words.
func browser(ctx context.Context, agent string) string {
	find := func(signs ...[2]string) string {
		for _, s := range signs {
			if strings.Contains(agent, s[0]) {
				return s[1]
			}
		}
		return ""
	}
	name := find([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"MicroMessenger/", "WeChat"},
		[2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := find([2]string{"Windows", "Windows"}, [2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"},
		[2]string{"Mac OS X", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case name == "" && system == "":
		return view.T(ctx, "account.sign_ins.unknown")
	case name == "" || system == "":
		return name + system
	}
	return name + " · " + system
}

package account

import (
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// signUp is the page that opens an account; without a kind it asks for it.
type signUp struct {
	Kind  exam.AccountKind
	Form  *page.Form
	Next  string
	Zones []view.Option
}

func (c *console) signUpPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	l := httpd.From(r.Context()).Locale
	zone := "UTC"
	if l.Lang == lang.ZH {
		zone = "Asia/Shanghai"
	}
	return c.showSignUp(w, r, page.NewForm("kind", q.Get("kind"), "zone", zone), page.Local(q.Get("next"), ""))
}

func (c *console) showSignUp(w http.ResponseWriter, r *http.Request, f *page.Form, next string) error {
	l := httpd.From(r.Context()).Locale
	s := signUp{Form: f, Next: next}
	key := "account.sign_up"
	switch kind := exam.AccountKind(f.Get("kind")); kind {
	case exam.Enterprise, exam.Individual:
		s.Kind = kind
		key += "." + string(kind)
		s.Zones = zones(l)
	}
	p := c.page(w, r, "", key)
	p.Errors, p.Back = f.Errors(), signUpHref(s.Kind, next)
	if s.Kind != "" {
		p.Breadcrumb = []view.Link{{Label: l.T("account.sign_up"), Href: here("/sign-up", next)}}
	}
	return c.Show(w, r, f.Status(), p, signUpContent(s))
}

func (c *console) signUp(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	req := httpd.From(r.Context())
	next := page.Local(f.Get("next"), "")
	p, err := c.Actions.SignUp(r.Context(), exam.Actor{Channel: exam.Console, Request: req.Ref}, action.SignUp{
		Kind: exam.AccountKind(f.Get("kind")), AccountName: f.Text("account_name"), Name: f.Text("name"), Email: f.Text("email"),
		Password: f.Get("password"), Zone: f.Get("zone"), Lang: string(req.Locale.Lang),
	}, req.Network)
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showSignUp(w, r, f, next)
	}
	token, who, err := c.Actions.OpenSession(r.Context(), p.ID, r.UserAgent())
	if err != nil {
		return err
	}
	c.Registry.SetNotice(w, httpd.Notice{Kind: view.Done, Text: req.Locale.T("account.signed_up")})
	return c.enter(w, r, token, who, or(next, "/account/verification"))
}

// offered are the time zones to choose from, by distance from UTC; an account of
// another zone is made by the programme's staff.
var offered = []string{
	"America/Los_Angeles", "America/Denver", "America/Mexico_City", "America/Chicago", "America/New_York", "America/Bogota",
	"America/Santiago", "America/Sao_Paulo", "UTC", "Europe/London", "Africa/Lagos", "Europe/Berlin", "Europe/Paris", "Africa/Johannesburg",
	"Africa/Cairo", "Europe/Helsinki", "Europe/Istanbul", "Africa/Nairobi", "Asia/Riyadh", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata",
	"Asia/Dhaka", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Jakarta", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore",
	"Asia/Kuala_Lumpur", "Asia/Manila", "Australia/Perth", "Asia/Seoul", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
}

func zones(l lang.Locale) []view.Option {
	all := make([]view.Option, 0, len(offered))
	for _, name := range offered {
		if z, err := time.LoadLocation(name); err == nil {
			all = append(all, view.Option{Value: name, Label: l.ZoneName(z)})
		}
	}
	return all
}

package account

import (
	"net/http"
	"slices"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// year is how long a browser remembers its language.
const year = 365 * 24 * time.Hour

// settings is the page of preferences.
type settings struct {
	Form         *page.Form
	Person       exam.Person
	Browser      string // the one that asks
	Enterprise   bool
	Roots        string // names
	Account      string
	Role         string
	Zone         string
	Verification string // "" when there is none to have
}

// language changes what the page is written in: for the person when there is
// one, for the browser otherwise.
func (c *console) language(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	req := httpd.From(r.Context())
	l := f.Get("lang")
	switch {
	case l != string(lang.EN) && l != string(lang.ZH):
		return exam.ErrLangUnknown
	case req.Actor().Person == 0:
		c.Registry.SetCookie(w, "lang", l, year)
	default:
		if err := c.Actions.ChangeSettings(r.Context(), req.Actor(), l, req.Identity.Person.Theme); err != nil {
			return err
		}
	}
	return c.Go(w, r, page.Local(f.Get("back"), "/"), "", "")
}

func (c *console) theme(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	req := httpd.From(r.Context())
	if err := c.Actions.ChangeSettings(r.Context(), req.Actor(), req.Identity.Person.Lang, f.Get("theme")); err != nil {
		return err
	}
	return c.Go(w, r, page.Local(f.Get("back"), "/"), "", "")
}

func (c *console) settingsPage(w http.ResponseWriter, r *http.Request) error {
	p := httpd.From(r.Context()).Identity.Person
	f := page.NewForm("lang", p.Lang, "theme", p.Theme)
	off, err := c.Store.MailOff(r.Context(), p.ID)
	if err != nil {
		return err
	}
	for _, x := range exam.OptionalMail {
		if !slices.Contains(off, x) {
			f.Add("mail", x)
		}
	}
	return c.showSettings(w, r, f)
}

func (c *console) showSettings(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.page(w, r, "/account", "frame.preferences")
	p.Errors = f.Errors()
	req := httpd.From(r.Context())
	i := req.Identity
	s := settings{Form: f, Person: i.Person, Browser: browser(r.Context(), r.UserAgent()), Enterprise: i.Account.Kind == exam.Enterprise, Account: i.Account.Name,
		Role: req.Locale.T("role." + string(i.Account.Kind) + "." + string(i.Person.Role)), Zone: req.Locale.ZoneName(req.Locale.Zone)}
	if verifiable(i.Actor) {
		s.Verification = string(i.Account.Verified)
	}
	if s.Enterprise {
		var err error
		if s.Roots, err = c.roots(r, i.Account.ID); err != nil {
			return err
		}
	}
	return c.Show(w, r, f.Status(), p, settingsContent(s))
}

func (c *console) settings(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	req := httpd.From(r.Context())
	off := slices.DeleteFunc(slices.Clone(exam.OptionalMail), func(x string) bool { return slices.Contains(f.Values["mail"], x) })
	err = c.Actions.ChangeSettings(r.Context(), req.Actor(), f.Get("lang"), f.Get("theme"))
	if err == nil && f.Has("mails") { // the part about mails was on the page
		err = c.Actions.ChooseMail(r.Context(), req.Actor(), off)
	}
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showSettings(w, r, f)
	}
	// The answer already speaks the language that was chosen.
	l := req.Locale
	l.Lang = lang.Match(f.Get("lang"), r.Header.Get("Accept-Language"))
	return c.Go(w, r.WithContext(lang.With(r.Context(), l)), "/account", view.Done, "account.saved")
}

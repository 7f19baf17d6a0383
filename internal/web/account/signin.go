package account

import (
	"net/http"
	"net/url"
	"strings"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// signIn is the sign-in page.
type signIn struct {
	Form *page.Form
	Next string
	As   string // who is signed in already, "" for nobody
	Demo []card
}

// card is a person of the demonstration. Name is the title up to a dot in the
// middle: what a button has room for.
type card struct{ Title, Name, About, Email string }

// again is the page that asks for the password once more.
type again struct {
	Form  *page.Form
	Email string
	Next  string
	Card  *card // the person is one of the demonstration
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request) error {
	a := httpd.From(r.Context()).Actor()
	next := page.Local(r.URL.Query().Get("next"), "")
	if a.Person != 0 && len(c.demo) == 0 {
		http.Redirect(w, r, or(next, page.Home(a)), http.StatusSeeOther)
		return nil
	}
	return c.showSignIn(w, r, page.NewForm(), next)
}

func (c *console) showSignIn(w http.ResponseWriter, r *http.Request, f *page.Form, next string) error {
	p := c.page(w, r, "", "account.sign_in")
	p.SignIn, p.Errors, p.Back = "", f.Errors(), here("/sign-in", next)
	s := signIn{Form: f, Next: next, As: httpd.From(r.Context()).Actor().Name}
	for _, d := range c.demo {
		s.Demo = append(s.Demo, d.card(httpd.From(r.Context()).Locale.Lang))
	}
	p.Narrow = len(s.Demo) == 0
	return c.Show(w, r, f.Status(), p, signInContent(s))
}

func (d DemoPerson) card(l lang.Lang) card {
	title, about := d.Title, d.About
	if l == lang.ZH {
		title, about = or(d.TitleZH, title), or(d.AboutZH, about)
	}
	name, _, _ := strings.Cut(title, " · ")
	return card{title, name, about, d.Email}
}

func (c *console) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	next := page.Local(f.Get("next"), "")
	token, who, err := c.Actions.SignIn(r.Context(), f.Text("email"), f.Get("password"), httpd.From(r.Context()).Network, r.UserAgent())
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showSignIn(w, r, f, next)
	}
	return c.enter(w, r, token, who, next)
}

// enter changes the browser over to a new session; the one it had ends, so that
// a token from before the sign-in is worth nothing after it.
func (c *console) enter(w http.ResponseWriter, r *http.Request, token string, who exam.Actor, next string) error {
	if old := c.Registry.Cookie(r, "examcode"); old != "" {
		if err := c.Actions.SignOut(r.Context(), old); err != nil {
			return err
		}
		c.Registry.SetCookie(w, page.RedeemCookie, "", 0)
	}
	c.Registry.SignInCookie(w, token, action.SessionAge)
	http.Redirect(w, r, or(next, page.Home(who)), http.StatusSeeOther)
	return nil
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) error {
	if token := c.Registry.Cookie(r, "examcode"); token != "" {
		if err := c.Actions.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	c.Registry.SignInCookie(w, "", 0)
	c.Registry.SetCookie(w, page.RedeemCookie, "", 0)
	c.Registry.SetCookie(w, linkCookie, "", 0)
	return c.Go(w, r, "/sign-in", view.Done, "account.signed_out")
}

func (c *console) againPage(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	next := page.Local(r.URL.Query().Get("next"), page.Home(req.Actor()))
	if req.Fresh(c.Now()) {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return c.showAgain(w, r, page.NewForm(), next)
}

func (c *console) showAgain(w http.ResponseWriter, r *http.Request, f *page.Form, next string) error {
	p := c.page(w, r, "", "account.again")
	p.Errors, p.Back = f.Errors(), here("/sign-in/again", next)
	req := httpd.From(r.Context())
	d := again{Form: f, Email: req.Identity.Person.Email, Next: next}
	if known := c.demoPerson(d.Email); known != nil {
		card := known.card(req.Locale.Lang)
		d.Card = &card
	}
	return c.Show(w, r, f.Status(), p, againContent(d))
}

func (c *console) again(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	req := httpd.From(r.Context())
	next := page.Local(f.Get("next"), page.Home(req.Actor()))
	token, err := c.Actions.ConfirmPassword(r.Context(), req.Actor(), req.Token, f.Get("password"), req.Network)
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showAgain(w, r, f, next)
	}
	c.Registry.SignInCookie(w, token, action.SessionAge)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// demoPerson finds a person of the demonstration.
func (c *console) demoPerson(email string) *DemoPerson {
	for i := range c.demo {
		if strings.EqualFold(c.demo[i].Email, email) {
			return &c.demo[i]
		}
	}
	return nil
}

// demoSignIn makes the visitor one of the people of the demonstration.
func (c *console) demoSignIn(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d := c.demoPerson(f.Text("email"))
	if d == nil {
		return fault.ErrNotFound
	}
	token, who, err := c.Actions.SignIn(r.Context(), d.Email, d.Password, httpd.From(r.Context()).Network, r.UserAgent())
	if err != nil {
		return err
	}
	return c.enter(w, r, token, who, page.Local(f.Get("next"), ""))
}

// here is a page's own address with what it leads to.
func here(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

package account

import (
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// linkCookie keeps the token of a one-time link between its address and the form
// behind it, so that it stands in no address of ours and in no history.
const (
	linkCookie     = "link"
	linkCarriedFor = time.Hour
)

// carry takes a link's token out of the address; it does nothing else, because
// mail scanners open links too.
func (c *console) carry(w http.ResponseWriter, r *http.Request) bool {
	token := r.URL.Query().Get("token")
	if token == "" {
		return false
	}
	if len(token) > 100 {
		token = ""
	}
	c.Registry.SetCookie(w, linkCookie, token, linkCarriedFor)
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return true
}

func (c *console) token(r *http.Request) string { return c.Registry.Cookie(r, linkCookie) }

// from is somebody who acts by a link and is not signed in for it.
func from(r *http.Request) exam.Actor {
	return exam.Actor{Channel: exam.Console, Request: httpd.From(r.Context()).Ref}
}

// linkRefused shows why a link is no good, with the way on.
func (c *console) linkRefused(w http.ResponseWriter, r *http.Request, err error, key string, on view.Link) error {
	e := fault.Of(err)
	if e.Kind == fault.Internal || e.Kind == fault.Unavailable {
		return err
	}
	c.Registry.SetCookie(w, linkCookie, "", 0)
	p := c.page(w, r, "", key)
	p.Error = true
	return c.Show(w, r, httpd.Status(e), p, linkRefusedContent(httpd.From(r.Context()).Locale.Fault(e), on))
}

// invited is the page of an invitation.
type invited struct {
	Form *page.Form
	Row  store.InvitationRow
	As   string // who is signed in already, "" for nobody
}

func (c *console) invitationPage(w http.ResponseWriter, r *http.Request) error {
	if c.carry(w, r) {
		return nil
	}
	return c.showInvitation(w, r, page.NewForm())
}

func (c *console) invitationRefused(w http.ResponseWriter, r *http.Request, err error) error {
	return c.linkRefused(w, r, err, "account.invitation.gone", view.Link{Label: view.T(r.Context(), "frame.sign_in"), Href: "/sign-in"})
}

func (c *console) showInvitation(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	i, err := c.Actions.InvitationBy(r.Context(), c.token(r))
	if err != nil {
		return c.invitationRefused(w, r, err)
	}
	p := c.page(w, r, "", "account.invitation", "account", i.AccountName)
	p.Errors, p.Back = f.Errors(), "/invitation"
	return c.Show(w, r, f.Status(), p, invitationContent(invited{Form: f, Row: i, As: httpd.From(r.Context()).Actor().Name}))
}

func (c *console) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	i, err := c.Actions.InvitationBy(r.Context(), c.token(r))
	if err != nil {
		return c.invitationRefused(w, r, err)
	}
	p, err := c.Actions.AcceptInvitation(r.Context(), from(r), c.token(r), f.Text("name"), f.Get("password"))
	if err != nil {
		if len(fault.Of(err).Fields) == 0 {
			return c.invitationRefused(w, r, err)
		}
		f.Refuse(r, err)
		return c.showInvitation(w, r, f)
	}
	token, who, err := c.Actions.OpenSession(r.Context(), p.ID, r.UserAgent())
	if err != nil {
		return err
	}
	c.Registry.SetCookie(w, linkCookie, "", 0)
	c.Registry.SetNotice(w, httpd.Notice{Kind: view.Done, Text: view.T(r.Context(), "account.invitation.joined", "account", i.AccountName)})
	return c.enter(w, r, token, who, "")
}

func (c *console) forgotPage(w http.ResponseWriter, r *http.Request) error {
	return c.showForgot(w, r, page.NewForm())
}

func (c *console) showForgot(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.page(w, r, "", "account.forgot")
	p.Errors, p.Back = f.Errors(), "/forgotten-password"
	return c.Show(w, r, f.Status(), p, forgotContent(f))
}

// forgot answers alike whether there is such an account.
func (c *console) forgot(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if err := c.Actions.ForgotPassword(r.Context(), f.Get("email"), httpd.From(r.Context()).Network); err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showForgot(w, r, f)
	}
	p := c.page(w, r, "", "account.forgot.sent")
	p.Back = "/forgotten-password"
	return c.Show(w, r, http.StatusOK, p, forgotSentContent(f.Text("email")))
}

func (c *console) newPasswordPage(w http.ResponseWriter, r *http.Request) error {
	if c.carry(w, r) {
		return nil
	}
	return c.showNewPassword(w, r, page.NewForm())
}

func (c *console) passwordRefused(w http.ResponseWriter, r *http.Request, err error) error {
	return c.linkRefused(w, r, err, "account.renew", view.Link{Label: view.T(r.Context(), "account.link.other"), Href: "/forgotten-password"})
}

func (c *console) showNewPassword(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	who, err := c.Actions.PasswordLink(r.Context(), c.token(r))
	if err != nil {
		return c.passwordRefused(w, r, err)
	}
	p := c.page(w, r, "", "account.renew")
	p.Errors, p.Back = f.Errors(), "/password"
	return c.Show(w, r, f.Status(), p, newPasswordContent(f, who.Email))
}

func (c *console) newPassword(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if err := c.Actions.RenewPassword(r.Context(), from(r), c.token(r), f.Get("password")); err != nil {
		if len(fault.Of(err).Fields) == 0 {
			return c.passwordRefused(w, r, err)
		}
		f.Refuse(r, err)
		return c.showNewPassword(w, r, f)
	}
	c.Registry.SetCookie(w, linkCookie, "", 0)
	return c.Go(w, r, "/sign-in", view.Done, "account.renewed")
}

func (c *console) confirmPage(w http.ResponseWriter, r *http.Request) error {
	if c.carry(w, r) {
		return nil
	}
	who, err := c.Actions.EmailLink(r.Context(), c.token(r))
	if err != nil {
		return c.confirmRefused(w, r, err)
	}
	p := c.page(w, r, "", "account.confirm")
	return c.Show(w, r, http.StatusOK, p, confirmContent(who.Email))
}

func (c *console) confirmRefused(w http.ResponseWriter, r *http.Request, err error) error {
	return c.linkRefused(w, r, err, "account.confirm", view.Link{Label: view.T(r.Context(), "members.confirm_first.open"), Href: "/account"})
}

func (c *console) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := c.Actions.ConfirmEmail(r.Context(), from(r), c.token(r)); err != nil {
		return c.confirmRefused(w, r, err)
	}
	c.Registry.SetCookie(w, linkCookie, "", 0)
	to := "/account"
	if httpd.From(r.Context()).Actor().Person == 0 {
		to = "/sign-in"
	}
	return c.Go(w, r, to, view.Done, "account.confirmed")
}

// confirmAgain sends the link that confirms the e-mail once more.
func (c *console) confirmAgain(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	if err := c.Actions.SendConfirmation(r.Context(), req.Actor()); err != nil {
		return err
	}
	return c.Go(w, r, "/account", view.Done, "account.unconfirmed.sent", "email", req.Identity.Person.Email)
}

package account

import (
	"net/http"

	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// changePasswordPage asks for a new password, of somebody who gave the old one
// just now.
func (c *console) changePasswordPage(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.showChangePassword(w, r, page.NewForm())
}

func (c *console) showChangePassword(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.page(w, r, "", "account.password.title")
	p.Errors, p.Back = f.Errors(), "/account/password"
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "frame.preferences"), Href: "/account"}}
	return c.Show(w, r, f.Status(), p, changePasswordContent(f, httpd.From(r.Context()).Identity.Person.Email))
}

func (c *console) changePassword(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	if !req.Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	if err := c.Actions.ChangePassword(r.Context(), req.Actor(), req.Token, f.Get("password")); err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showChangePassword(w, r, f)
	}
	return c.Go(w, r, "/account", view.Done, "account.password.changed")
}

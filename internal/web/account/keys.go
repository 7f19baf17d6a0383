package account

import (
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// made is the one page that shows a key.
type made struct{ Name, Clear string }

func (c *console) keysPage(w http.ResponseWriter, r *http.Request) error {
	keys, err := c.Store.Keys(r.Context(), httpd.From(r.Context()).Actor().Person)
	if err != nil {
		return err
	}
	p := c.page(w, r, "/account/keys", "account.keys")
	p.Sub, p.Narrow = view.T(r.Context(), "account.keys.about"), false
	if len(keys) > 0 {
		p.Actions = []view.Verb{{Label: view.T(r.Context(), "account.keys.new"), Href: "/account/keys/new", Icon: "plus", Primary: true}}
	}
	return c.Show(w, r, http.StatusOK, p, keysContent(keys))
}

// newKeyPage asks for the key's name, of somebody who gave their password just
// now: a key opens the account for as long as it lives.
func (c *console) newKeyPage(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.showNewKey(w, r, page.NewForm())
}

func (c *console) showNewKey(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	p := c.page(w, r, "/account/keys", "account.keys.new")
	p.Errors, p.Back = f.Errors(), "/account/keys/new"
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.keys"), Href: "/account/keys"}}
	return c.Show(w, r, f.Status(), p, newKeyContent(f))
}

// newKey answers with the key itself instead of a redirect: it is kept nowhere
// in clear, so no other page could show it.
func (c *console) newKey(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	if !req.Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	key, clear, err := c.Actions.CreateKey(r.Context(), req.Actor(), f.Text("name"))
	if err != nil {
		if !f.Refuse(r, err) {
			return err
		}
		return c.showNewKey(w, r, f)
	}
	p := c.page(w, r, "/account/keys", "account.keys.made", "name", key.Name)
	p.Back = "/account/keys"
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.keys"), Href: "/account/keys"}}
	return c.Show(w, r, http.StatusOK, p, madeContent(made{key.Name, clear}))
}

func (c *console) key(r *http.Request) (exam.Key, error) {
	k, err := c.Store.Key(r.Context(), httpd.From(r.Context()).Actor().Person, exam.ParseID[exam.KeyID](r.PathValue("id")))
	if err == nil && !k.Revoked.IsZero() {
		err = exam.ErrKeyRevoked
	}
	return k, err
}

func (c *console) revokePage(w http.ResponseWriter, r *http.Request) error {
	k, err := c.key(r)
	if err != nil {
		return err
	}
	p := c.page(w, r, "/account/keys", "account.keys.revoke.title", "name", k.Name)
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.keys"), Href: "/account/keys"}}
	below, err := c.Store.KeysBelow(r.Context(), k.ID)
	if err != nil {
		return err
	}
	return c.Show(w, r, http.StatusOK, p, revokeContent(k, len(below)))
}

func (c *console) revoke(w http.ResponseWriter, r *http.Request) error {
	k, err := c.key(r)
	if err != nil {
		return err
	}
	if err := c.Actions.RevokeKey(r.Context(), httpd.From(r.Context()).Actor(), k.ID); err != nil {
		return err
	}
	return c.Go(w, r, "/account/keys", view.Done, "account.keys.revoked", "name", k.Name)
}

package account

import (
	"net/http"
	"strings"

	"examcode/internal/mail"
	"examcode/internal/web/view"
)

// shownMails is how many of the newest mails the outbox lists.
const shownMails = 200

func (c *console) outboxPage(w http.ResponseWriter, r *http.Request) error {
	mails, err := c.outbox.List(shownMails)
	if err != nil {
		return err
	}
	p := c.page(w, r, "", "account.outbox")
	p.Sub, p.Narrow = view.T(r.Context(), "account.outbox.about"), false
	return c.Show(w, r, http.StatusOK, p, outboxContent(mails))
}

func (c *console) mailPage(w http.ResponseWriter, r *http.Request) error {
	m, err := c.outbox.Read(r.PathValue("file"))
	if err != nil {
		return err
	}
	p := c.page(w, r, "", "account.outbox.mail", "subject", m.Subject)
	p.Heading = m.Subject
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.outbox"), Href: "/demo/outbox"}}
	w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src 'self'")
	return c.Show(w, r, http.StatusOK, p, mailContent(m))
}

// mailHTML shows the HTML part alone, for the frame in the mail's page: it can
// load nothing, run nothing and lead nowhere.
func (c *console) mailHTML(w http.ResponseWriter, r *http.Request) error {
	m, err := c.outbox.Read(r.PathValue("file"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox")
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write([]byte(m.HTML))
	return err
}

// address is "Name <address>".
func address(m mail.Kept) string {
	if m.ToName == "" {
		return m.To
	}
	return m.ToName + " <" + m.To + ">"
}

// lines are the lines of a mail's plain text, cut into words so that addresses
// can be followed.
func lines(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(strings.TrimSpace(text)) {
		all = append(all, strings.Split(strings.TrimRight(line, "\r\n"), " "))
	}
	return all
}

func followable(word string) bool {
	return strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://")
}

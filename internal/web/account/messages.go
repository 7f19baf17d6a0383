package account

import (
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/mail"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// messages is the message centre.
type messages struct {
	Tabs   []view.Tab
	Items  []message
	Unread bool // only the unread ones are asked for
	Any    bool // there is something to mark as read
	Back   string
	Pager  view.Pager
}

// message is one notice as people read it.
type message struct {
	ID          string
	Title, Body string
	Category    string
	Link        string
	At          time.Time
	Unread      bool
}

func (c *console) messagesPage(w http.ResponseWriter, r *http.Request) error {
	req := httpd.From(r.Context())
	l, who := req.Locale, req.Actor().Person
	m := messages{Unread: r.URL.Query().Get("show") == "unread", Back: r.URL.RequestURI()}
	rows, err := c.Store.Notices(r.Context(), who, m.Unread, page.ListPage(r))
	if err != nil {
		return err
	}
	unread, err := c.Store.Unread(r.Context(), who)
	if err != nil {
		return err
	}
	for _, n := range rows.Items {
		x := message{ID: n.ID.String(), At: n.Created, Unread: n.Read.IsZero(), Link: page.Local(n.Link, ""), Category: "other"}
		if category, ok := exam.NoticeKinds[n.Kind]; ok {
			x.Category = category
		}
		x.Title, x.Body = mail.NoticeText(l, n)
		m.Items = append(m.Items, x)
	}
	count := l.Number(int64(unread))
	if unread > 99 {
		count = "99+"
	}
	m.Any = unread > 0
	m.Tabs = []view.Tab{{Label: l.T("account.messages.all"), Href: "/messages", Current: !m.Unread},
		{Label: l.T("account.messages.unread"), Href: "/messages?show=unread", Count: count, Current: m.Unread}}
	m.Pager = page.Pager(r, rows, "")
	p := c.page(w, r, "/messages", "account.messages")
	return c.Show(w, r, http.StatusOK, p, messagesContent(m))
}

// read marks a message and goes back to the list, or on to what it is about.
func (c *console) read(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := exam.ParseID[exam.MessageID](r.PathValue("id"))
	if err := c.Actions.ReadMessage(r.Context(), httpd.From(r.Context()).Actor(), id); err != nil {
		return err
	}
	return c.Go(w, r, page.Local(f.Get("back"), "/messages"), "", "")
}

func (c *console) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := c.Actions.ReadAllMessages(r.Context(), httpd.From(r.Context()).Actor()); err != nil {
		return err
	}
	return c.Go(w, r, "/messages", view.Done, "account.messages.all_read")
}

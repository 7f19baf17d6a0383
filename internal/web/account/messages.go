package account

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/mail"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// messages is the message centre.
type messages struct {
	Tabs     []view.Tab
	Items    []message
	Unread   bool   // only the unread ones are asked for
	Category string // "" for all
	Any      bool   // there is something to mark as read
	Back     string
	Once     view.Pair
	Pager    view.Pager
}

// message is one notice as people read it.
type message struct {
	ID          string
	Title, Body string
	Category    string
	Link, Label string // what it is about, and what leading there is called
	At          time.Time
	Unread      bool
	Once        view.Pair
}

func (c *console) messagesPage(w http.ResponseWriter, r *http.Request) error {
	req, q := httpd.From(r.Context()), r.URL.Query()
	l, who := req.Locale, req.Actor().Person
	m := messages{Unread: q.Get("unread") == "true", Back: page.With(r.URL), Once: page.NewOnce()}
	if slices.Contains(exam.NoticeCategories, q.Get("category")) {
		m.Category = q.Get("category")
	}
	rows, err := c.Store.NoticesBy(r.Context(), who, store.NoticeFilter{Unread: m.Unread, Category: m.Category}, page.ListPage(r))
	if err != nil {
		return err
	}
	unread, err := c.Store.Unread(r.Context(), who)
	if err != nil {
		return err
	}
	for _, n := range rows.Items {
		m.Items = append(m.Items, shown(r, n))
	}
	count := l.Number(int64(unread))
	if unread > 99 {
		count = "99+"
	}
	m.Any = unread > 0
	m.Tabs = []view.Tab{{Label: l.T("account.messages.all"), Href: messagesAt(false, m.Category), Current: !m.Unread},
		{Label: l.T("account.messages.unread"), Href: messagesAt(true, m.Category), Count: count, Current: m.Unread}}
	m.Pager = page.Pager(r, rows, "")
	p := c.page(w, r, "/messages", "account.messages")
	p.Narrow = false
	if req.Actor().Kind == exam.Enterprise {
		p.Actions = []view.Verb{{Label: l.T("receiver.title"), Href: receiversPath, Icon: "settings"}}
	}
	return c.Show(w, r, http.StatusOK, p, messagesContent(m))
}

// messagesAt is the address of a part of the message centre.
func messagesAt(unread bool, category string) string {
	yes := ""
	if unread {
		yes = "true"
	}
	return page.With(&url.URL{Path: "/messages"}, "unread", yes, "category", category)
}

// shown is a notice in the reader's words.
func shown(r *http.Request, n exam.Notice) message {
	l := httpd.From(r.Context()).Locale
	x := message{ID: n.ID.String(), At: n.Created, Unread: n.Read.IsZero(), Link: page.Local(n.Link, ""), Category: "other", Once: page.NewOnce()}
	if category, ok := exam.NoticeKinds[n.Kind]; ok {
		x.Category = category
	}
	x.Title, x.Body = mail.NoticeText(l, n)
	x.Label = l.T("account.messages.open")
	if key := "notice." + string(n.Kind) + ".link"; l.Has(key) {
		x.Label = l.T(key)
	}
	return x
}

// messagePage shows one message. Looking changes nothing: a script's POST or the
// button marks it as read.
func (c *console) messagePage(w http.ResponseWriter, r *http.Request) error {
	n, err := c.Store.Notice(r.Context(), httpd.From(r.Context()).Actor().Person, exam.ParseID[exam.MessageID](r.PathValue("id")))
	if err != nil {
		return err
	}
	m := shown(r, n)
	p := c.page(w, r, "/messages", "account.messages.one", "title", m.Title)
	p.Heading, p.Live = m.Title, m.Unread
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.messages"), Href: "/messages"}}
	return c.Show(w, r, http.StatusOK, p, messageContent(m))
}

// read marks a message and goes back to where it was, or says so to a script.
func (c *console) read(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := exam.ParseID[exam.MessageID](r.PathValue("id"))
	if err := c.Actions.ReadMessage(r.Context(), httpd.From(r.Context()).Actor(), id); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		return readMark().Render(r.Context(), w)
	}
	return c.Go(w, r, page.Local(f.Get("back"), "/messages"), "", "")
}

// readMany marks what was ticked, or everything of the category that is shown.
func (c *console) readMany(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	who, back := httpd.From(r.Context()).Actor(), page.Local(f.Get("back"), "/messages")
	if f.Get("do") == "all" {
		if err := c.Actions.ReadCategory(r.Context(), who, f.Get("category")); err != nil {
			return err
		}
		return c.Go(w, r, back, view.Done, "account.messages.all_read")
	}
	var ids []exam.MessageID
	for _, id := range f.Values["id"] {
		ids = append(ids, exam.ParseID[exam.MessageID](strings.TrimSpace(id)))
	}
	if len(ids) == 0 {
		return c.Go(w, r, back, view.Attention, "account.messages.none_ticked")
	}
	if err := c.Actions.ReadMessages(r.Context(), who, ids); err != nil {
		return err
	}
	return c.Go(w, r, back, view.Done, "account.messages.read", "n", len(ids))
}

package operator

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const pathDeliveries = "/operator/deliveries"

type deliveriesData struct {
	Which  store.Deliveries
	Email  string
	Counts map[store.Deliveries]int
	Server exam.MailServer
	Rows   []store.DeliveryRow
	Pager  view.Pager
	May    bool // send again
}

// deliveryTabs are the parts of the page, the most urgent first.
var deliveryTabs = []store.Deliveries{store.DeliveryFailing, store.DeliveryDead, store.DeliveryWaiting, store.DeliverySent}

func deliveriesAt(which store.Deliveries, email string) string {
	return at(pathDeliveries, "state", string(which), "email", email)
}

func (c console) deliveries(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	d := deliveriesData{Which: store.DeliveryFailing, Email: strings.TrimSpace(q.Get("email")), May: exam.NeedStaff(actor(r), exam.Review, exam.Money, exam.Results) == nil}
	var err error
	if d.Counts, err = c.Store.DeliveryCounts(r.Context()); err != nil {
		return err
	}
	if d.Counts[store.DeliveryFailing] == 0 && d.Counts[store.DeliveryDead] > 0 {
		d.Which = store.DeliveryDead
	}
	for _, x := range deliveryTabs {
		if q.Get("state") == string(x) {
			d.Which = x
		}
	}
	if d.Server, err = c.Store.MailServer(r.Context()); err != nil {
		return err
	}
	email := d.Email
	if normal, err := auth.NormalEmail(email); err == nil {
		email = normal
	}
	rows, err := c.Store.Deliveries(r.Context(), d.Which, email, page.ListPage(r))
	if err != nil {
		return err
	}
	d.Rows, d.Pager = rows.Items, page.Pager(r, rows, "")
	p := c.Page(w, r, pathWork, t(r, "delivery.title"))
	p.Sub = t(r, "delivery.about", "days", int(exam.GiveUpAfter.Hours()/24))
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.work"), Href: pathWork}}
	return c.Show(w, r, http.StatusOK, p, deliveriesPage(d))
}

func (d deliveriesData) tabs(ctx context.Context) []view.Tab {
	var tabs []view.Tab
	for _, x := range deliveryTabs {
		tab := view.Tab{Label: view.T(ctx, "delivery.state."+string(x)), Href: deliveriesAt(x, d.Email), Current: x == d.Which}
		if x != store.DeliverySent {
			tab.Count = number(ctx, d.Counts[x])
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

func (d deliveriesData) filters(ctx context.Context) view.Filters {
	f := view.Filters{Action: pathDeliveries, Reset: deliveriesAt(d.Which, ""), Hidden: []view.Pair{{Name: "state", Value: string(d.Which)}},
		Fields: []templ.Component{view.Input(view.Field{Name: "email", Label: view.T(ctx, "delivery.email"), Value: d.Email, Autocomplete: "off", InputMode: "email"})}}
	if d.Email != "" {
		f.Active = 1
	}
	return f
}

func (d deliveriesData) chips(ctx context.Context) []view.Chip {
	if d.Email == "" {
		return nil
	}
	return []view.Chip{{Label: view.T(ctx, "delivery.email_chip", "email", d.Email), Remove: deliveriesAt(d.Which, "")}}
}

// Nothing tells whether every mail is delivered.
func (d deliveriesData) Nothing() bool {
	return d.Counts[store.DeliveryWaiting]+d.Counts[store.DeliveryFailing]+d.Counts[store.DeliveryDead] == 0
}

func (d deliveriesData) empty(ctx context.Context) view.Empty {
	if d.Nothing() && d.Email == "" && d.Which != store.DeliverySent {
		return view.Empty{Icon: "circle-check", Text: view.T(ctx, "delivery.nothing")}
	}
	return view.Empty{Icon: "mail", Text: view.T(ctx, "delivery.none"), Action: &view.Link{Label: view.T(ctx, "delivery.every"), Href: deliveriesAt(store.DeliverySent, "")}}
}

func (d deliveriesData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "delivery.title"), Columns: []view.Column{
		{Label: view.T(ctx, "delivery.to")}, {Label: view.T(ctx, "delivery.what")}, {Label: view.T(ctx, "delivery.since")},
		{Label: view.T(ctx, "delivery.tries"), Num: true}, {Label: view.T(ctx, "delivery.said")}}}
	switch {
	case d.Which == store.DeliverySent:
		l.Columns[4].Label = view.T(ctx, "delivery.sent_at")
	case d.Which != store.DeliveryDead:
		l.Columns = append(l.Columns, view.Column{Label: view.T(ctx, "delivery.next")})
	}
	again := d.May && d.Which != store.DeliverySent
	if again {
		l.Columns = append(l.Columns, view.Column{Label: view.T(ctx, "delivery.again")})
	}
	for _, m := range d.Rows {
		since := m.Created
		if !m.Failing.IsZero() {
			since = m.Failing
		}
		row := view.Row{Name: m.Email, Cells: cells{linked(m.Email, at(pathLookUp, "q", m.Email), m.AccountName), view.Text(whatMail(ctx, m)), view.Past(since, nil), view.Count(int64(m.Tries)), optional(m.Detail)}}
		switch {
		case d.Which == store.DeliverySent:
			row.Cells[4] = view.Past(m.Settled, nil)
		case d.Which != store.DeliveryDead:
			row.Cells = append(row.Cells, view.Time(m.Next, nil))
		}
		if again {
			row.Cells = append(row.Cells, view.PostButton(view.T(ctx, "delivery.again"), pathDeliveries+"/"+m.ID.String()+"/send", []view.Pair{page.NewOnce()}))
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

// whatMail names what a mail is about.
func whatMail(ctx context.Context, m store.DeliveryRow) string {
	if category := exam.NoticeKinds[m.Kind]; category != "" {
		return view.T(ctx, "account.messages.category."+category)
	}
	return view.T(ctx, "delivery.link")
}

func (c console) sendAgain(w http.ResponseWriter, r *http.Request) error {
	id := exam.ParseID[exam.OwedID](r.PathValue("id"))
	m, err := c.Store.Delivery(r.Context(), id)
	if err != nil {
		return err
	}
	if _, err := c.Actions.SendAgain(r.Context(), actor(r), id); err != nil {
		return err
	}
	return c.Go(w, r, deliveriesAt(store.DeliveryWaiting, ""), view.Done, "delivery.sent_again", "email", m.Email)
}

// allAgain reads which mails are asked for: those that fail or those that are dead.
func allAgain(which string) (store.Deliveries, bool) {
	return store.Deliveries(which), which == string(store.DeliveryDead) || which == string(store.DeliveryFailing)
}

func (c console) askSendAll(w http.ResponseWriter, r *http.Request) error {
	which, ok := allAgain(r.URL.Query().Get("state"))
	if !ok {
		which = store.DeliveryDead
	}
	counts, err := c.Store.DeliveryCounts(r.Context())
	if err != nil {
		return err
	}
	p := c.Page(w, r, pathWork, t(r, "delivery.all.title", "n", counts[which]))
	p.Narrow = true
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.work"), Href: pathWork}, {Label: t(r, "delivery.title"), Href: deliveriesAt(which, "")}}
	return c.Show(w, r, http.StatusOK, p, sendAllPage(which))
}

func (c console) sendAll(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	which, ok := allAgain(f.Get("state"))
	if !ok {
		return c.Go(w, r, pathDeliveries, "", "")
	}
	n, err := c.Actions.SendAllAgain(r.Context(), actor(r), which == store.DeliveryDead)
	if err != nil {
		return err
	}
	return c.Go(w, r, deliveriesAt(store.DeliveryWaiting, ""), view.Done, "delivery.all.done", "n", n)
}

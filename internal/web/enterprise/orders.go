package enterprise

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

func orderOf(id exam.OrderID) string { return orders + "/" + id.String() }

// codesOfOrder is the address of exactly an order's codes, in every state (S11).
func codesOfOrder(number string) string { return codes + "?order_number=" + url.QueryEscape(number) }

// orderStates are the states of orders as people read them.
var orderStates = []string{"pending", "paid", "ended", "closed"}

// ordersData is what E6 shows.
type ordersData struct {
	Filter   store.OrderFilter
	Ends     ends
	Form     *page.Form // the days as they were typed, and what is wrong with them
	Zone     *time.Location
	Subjects []exam.Subject
	Counts   map[string]int
	Rows     []store.OrderRow
	Pager    view.Pager
	Asked    *url.URL // the list's own address
	May      may
	Who      exam.Actor
	Now      time.Time
}

// may is what the reader's rights cover.
type may struct{ View, Manage, Buy, Reveal bool }

func rightsOf(a exam.Actor) may {
	return may{View: a.Has(exam.ViewCodes), Manage: a.Has(exam.ManageCodes), Buy: a.Has(exam.BuyCodes), Reveal: a.Has(exam.RevealCodes)}
}

func (c console) orders(w http.ResponseWriter, r *http.Request) error {
	ctx, a, q, now := r.Context(), actor(r), r.URL.Query(), c.Now()
	d := ordersData{Asked: r.URL, May: rightsOf(a), Who: a, Now: now, Filter: store.OrderFilter{
		Number:  strings.ToUpper(strings.TrimSpace(q.Get("number"))),
		Subject: filtered(exam.ParseID[exam.SubjectID](q.Get("subject_id")), q.Get("subject_id")),
	}}
	if s := q.Get("state"); slices.Contains(orderStates, s) {
		d.Filter.State = s
	}
	d.Zone, d.Form = accountZone(r), page.NewForm("ends_within", q.Get("ends_within"), "paid_from", q.Get("paid_from"), "paid_to", q.Get("paid_to"))
	from, before, err := exam.ReadDays(q.Get("paid_from"), q.Get("paid_to"), d.Zone, "paid_from", "paid_to")
	if err != nil {
		d.Form.Refuse(r, err)
	} else {
		d.Filter.PaidFrom, d.Filter.PaidBefore = from, before
	}
	d.Ends = readEnds(r, d.Form, now)
	d.Filter.EndsBy = d.Ends.By
	if d.Subjects, err = c.Store.Subjects(ctx); err != nil {
		return err
	}
	if d.Counts, err = c.Store.OrderCounts(ctx, a.Account, d.Filter, now); err != nil {
		return err
	}
	rows, err := c.Store.Orders(ctx, a.Account, d.Filter, now, page.ListPage(r))
	if err != nil {
		return err
	}
	p := c.Page(w, r, orders, view.T(ctx, "enterprise.nav.orders"))
	d.Rows, p.Errors = rows.Items, d.Form.Errors()
	d.Pager, p.PageNumber = pager(r, rows, d.total())
	p.Count = locale(r).Number(int64(d.total()))
	return c.Show(w, r, d.Form.Status(), p, ordersPage(d))
}

func (d ordersData) total() int {
	if d.Filter.State != "" {
		return d.Counts[d.Filter.State]
	}
	return sum(d.Counts)
}

// readOrder reads the order of the address with its payments, newest first.
func (c console) readOrder(r *http.Request) (store.OrderRow, []exam.Payment, error) {
	a := actor(r)
	o, err := c.Store.OrderRow(r.Context(), a.Account, exam.ParseID[exam.OrderID](r.PathValue("id")))
	if err != nil {
		return o, nil, err
	}
	tries, err := c.Store.Payments(r.Context(), a.Account, o.ID)
	return o, tries, err
}

// orderPage starts a page below an order.
func (c console) orderPage(w http.ResponseWriter, r *http.Request, o store.OrderRow, title string) view.Page {
	p := c.Page(w, r, orders, title)
	p.Narrow, p.Primary = true, nil
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "enterprise.nav.orders"), Href: orders}, {Label: o.Number, Href: orderOf(o.ID)}}
	return p
}

// orderData is what the page of one order shows.
type orderData struct {
	Order    store.OrderRow
	Buyer    string
	Payments []exam.Payment
	Refund   exam.Refund    // the zero Refund for none
	Counts   map[string]int // its codes by state
	Verbs    []view.Verb
	Trail    []view.Entry
	Older    string
	Zone     *time.Location
	Shown    string
	Asked    time.Time
}

// trailRows is how many events a timeline shows at once.
const trailRows = 20

func (c console) order(w http.ResponseWriter, r *http.Request) error {
	ctx, a, now := r.Context(), actor(r), c.Now()
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	d := orderData{Order: o, Payments: tries, Zone: lang.Zone(o.Zone), Shown: o.Shown(now), Asked: now, Verbs: orderVerbs(ctx, o, tries, rightsOf(a))}
	if buyer, err := c.Store.Person(ctx, o.Buyer); err == nil {
		d.Buyer = buyer.Name
	}
	if d.Counts, err = c.Store.CodeCounts(ctx, a.Account, store.CodeFilter{Order: o.ID}, now); err != nil {
		return err
	}
	if d.Refund, err = c.Store.RefundOf(ctx, a.Account, o.ID); err != nil {
		return err
	}
	refund := view.Verb{Label: view.T(ctx, "enterprise.orders.refund")}
	switch refused := exam.MayRefund(a, o.Order, o.Refund, now); {
	case refundable(a, o, now):
		refund.Href, refund.About = refundOf(o.ID), view.T(ctx, "enterprise.orders.refund_about")
		d.Verbs = append(d.Verbs, refund)
	case refused == nil:
		refund.Why = view.T(ctx, "enterprise.orders.refund_none")
		d.Verbs = append(d.Verbs, refund)
	case fault.Of(refused).Reason == exam.ErrOrderBeingIssued.Reason:
		refund.Why = locale(r).Fault(fault.Of(refused))
		d.Verbs = append(d.Verbs, refund)
	}
	things := []int64{int64(o.ID)}
	if d.Refund.ID != 0 {
		things = append(things, int64(d.Refund.ID))
	}
	for _, p := range tries {
		things = append(things, int64(p.ID))
	}
	if d.Trail, d.Older, err = c.trail(r, d.Zone, things...); err != nil {
		return err
	}
	p := c.Page(w, r, orders, view.T(ctx, "enterprise.orders.one", "number", o.Number))
	p.Heading, p.Mono, p.Badge = o.Number, true, [2]string{"order", d.Shown}
	p.Sub = nameIn(ctx, o.SubjectName)
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.nav.orders"), Href: orders}}
	p.Actions = offered(d.Verbs)
	looking(w, r, &p, o.Order)
	return c.Show(w, r, http.StatusOK, p, orderPage(d))
}

// trail reads a page of the timeline of things.
func (c console) trail(r *http.Request, zone *time.Location, things ...int64) ([]view.Entry, string, error) {
	at := page.ListPage(r)
	at.Limit = trailRows
	rows, err := c.Store.TrailOf(r.Context(), at, things...)
	if err != nil {
		return nil, "", err
	}
	return page.Entries(r, rows.Items, zone), page.Pager(r, rows, "").Older, nil
}

// offered are the verbs that can be done now, without their explanation.
func offered(verbs []view.Verb) []view.Verb {
	var can []view.Verb
	for _, v := range verbs {
		if v.Href != "" {
			can = append(can, v)
		}
	}
	return can
}

// orderVerbs says what can be done with an order, and why the rest cannot.
func orderVerbs(ctx context.Context, o store.OrderRow, tries []exam.Payment, m may) []view.Verb {
	verb := func(name, href string, primary bool) view.Verb {
		return view.Verb{Label: view.T(ctx, "enterprise.orders."+name), Href: href, Primary: primary, About: view.T(ctx, "enterprise.orders."+name+"_about")}
	}
	var verbs []view.Verb
	if o.State == exam.Paid && m.View {
		verbs = append(verbs, verb("codes", codesOfOrder(o.Number), true))
	}
	if o.State == exam.Paid {
		verbs = append(verbs, verb("receipt", orderOf(o.ID)+"/receipt", false))
	}
	if o.State != exam.Pending {
		return verbs
	}
	pay, end := verb("pay", orderOf(o.ID)+"/pay", true), verb("close", orderOf(o.ID)+"/close", false)
	switch way := liveWay(tries); {
	case !m.Buy:
		pay.Href, pay.Why = "", view.T(ctx, "enterprise.orders.no_right")
		end.Href, end.Why = "", pay.Why
	case exam.ByHand(way):
		pay = verb("transfer", orderOf(o.ID)+"/result", true)
	case way != "":
		pay.Href, pay.Why = "", view.T(ctx, "enterprise.orders.in_flight")
		end.Href, end.Why = "", pay.Why
	}
	return append(verbs, pay, end)
}

// liveWay is the provider of the payment that is under way, "" when there is none.
func liveWay(tries []exam.Payment) string {
	for _, p := range tries {
		if p.State.Live() {
			return p.Provider
		}
	}
	return ""
}

// closable refuses orders that cannot be closed, as the rule does.
func (c console) closable(r *http.Request) (store.OrderRow, error) {
	o, tries, err := c.readOrder(r)
	if err != nil {
		return o, err
	}
	if _, _, err := o.Order.Close(actor(r), c.Now()); err != nil {
		return o, err
	}
	return o, exam.MayGiveUp(actor(r), tries)
}

func (c console) closePage(w http.ResponseWriter, r *http.Request) error {
	o, err := c.closable(r)
	if err != nil {
		return err
	}
	return c.showClose(w, r, o, "")
}

func (c console) showClose(w http.ResponseWriter, r *http.Request, o store.OrderRow, changed string) error {
	ctx, status := r.Context(), http.StatusOK
	if changed != "" {
		status = http.StatusConflict
	}
	p := c.orderPage(w, r, o, view.T(ctx, "enterprise.orders.close_title", "number", o.Number))
	return c.Show(w, r, status, p, view.ConfirmForm(view.Confirm{
		Changed: changed,
		Happens: []string{view.T(ctx, "enterprise.orders.close_ends", "n", o.Quantity), view.T(ctx, "enterprise.orders.close_transfer")},
		Stays:   []string{view.T(ctx, "enterprise.orders.close_nothing")},
		Action:  orderOf(o.ID) + "/close", Hidden: []view.Pair{version(o.Version), page.NewOnce()},
		Verb: view.T(ctx, "enterprise.orders.close"), WayOut: view.Link{Label: view.T(ctx, "enterprise.orders.close_not"), Href: orderOf(o.ID)},
	}))
}

func (c console) close(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id := exam.ParseID[exam.OrderID](r.PathValue("id"))
	var read store.OrderRow
	err = c.Once(w, r, f, orderOf(id)+"/close", func(ctx context.Context) (page.Landing, error) {
		if read, err = c.closable(r); err != nil {
			return page.Landing{}, err
		}
		if f.Get("version") != version(read.Version).Value {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		if _, err := c.Actions.CancelOrder(ctx, actor(r), id); err != nil {
			return page.Landing{}, err
		}
		return page.Landing{To: orderOf(id), Kind: view.Done, Text: locale(r).T("enterprise.orders.closed", "number", read.Number)}, nil
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) && read.ID != 0 {
		return c.showClose(w, r, read, locale(r).T("enterprise.orders.changed", "state", locale(r).State("order", read.Shown(c.Now()))))
	}
	return err
}

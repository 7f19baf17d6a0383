package operator

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// Tabs of the money page.
const (
	tabTransfers = "transfers"
	tabChecks    = "checks"
	tabAll       = "all"
)

type paymentsData struct {
	Tab               string
	Search            string
	Transfers, Checks int
	Refunds           int // open ones
	Rows              []store.PaymentRow
	Pager             view.Pager
	Quarantined       []store.QuarantinedRow // notices that were set aside
}

func paymentPath(id exam.PaymentID) string { return pathMoney + "/" + id.String() }

func (c console) payments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	d := paymentsData{Tab: tabTransfers, Search: strings.TrimSpace(q.Get("q"))}
	f := store.PaymentFilter{Provider: exam.ByTransfer, State: exam.PaymentPending}
	switch q.Get("tab") {
	case tabChecks:
		d.Tab, f = tabChecks, store.PaymentFilter{State: exam.PaymentUnknown}
	case tabAll:
		d.Tab, f = tabAll, store.PaymentFilter{}
	}
	f.Search = paymentSearch(d.Search)
	waits, err := c.Store.Work(r.Context(), c.Now())
	if err != nil {
		return err
	}
	rows, err := c.Store.PaymentRows(r.Context(), f, page.ListPage(r))
	if err != nil {
		return err
	}
	if d.Tab == tabChecks {
		if d.Quarantined, err = c.Store.Quarantined(r.Context(), mostQuarantined); err != nil {
			return err
		}
	}
	d.Transfers, d.Checks, d.Refunds = waits.Transfers.Count, waits.Checks.Count, openRefunds(waits)
	d.Rows, d.Pager = rows.Items, page.Pager(r, rows, "")
	return c.Show(w, r, http.StatusOK, c.Page(w, r, pathMoney, t(r, "operator.nav.money")), paymentsPage(d))
}

// paymentSearch writes an order number or reference as it is stored.
func paymentSearch(s string) string {
	if low := strings.ToLower(s); strings.HasPrefix(low, "pay_") {
		return low
	}
	return strings.ToUpper(s)
}

func (d paymentsData) tabs(ctx context.Context) []view.Tab {
	return []view.Tab{
		{Label: view.T(ctx, "operator.money.transfers"), Href: at(pathMoney, "q", d.Search), Count: number(ctx, d.Transfers), Current: d.Tab == tabTransfers},
		{Label: view.T(ctx, "operator.money.checks"), Href: at(pathMoney, "tab", tabChecks, "q", d.Search), Count: number(ctx, d.Checks), Current: d.Tab == tabChecks},
		{Label: view.T(ctx, "operator.refunds.title"), Href: pathRefunds, Count: number(ctx, d.Refunds), Current: d.Tab == tabRefunds},
		{Label: view.T(ctx, "operator.all"), Href: at(pathMoney, "tab", tabAll, "q", d.Search), Current: d.Tab == tabAll},
	}
}

func (d paymentsData) filters(ctx context.Context) view.Filters {
	f := view.Filters{Action: pathMoney, Reset: at(pathMoney, "tab", d.Tab), Hidden: []view.Pair{{Name: "tab", Value: d.Tab}},
		Fields: []templ.Component{view.Input(view.Field{Name: "q", Label: view.T(ctx, "operator.money.search"), Value: d.Search, Autocomplete: "off"})}}
	if d.Search != "" {
		f.Active = 1
	}
	return f
}

func (d paymentsData) chips(ctx context.Context) []view.Chip {
	if d.Search == "" {
		return nil
	}
	return []view.Chip{{Label: view.T(ctx, "operator.money.search_chip", "q", d.Search), Remove: at(pathMoney, "tab", d.Tab)}}
}

func (d paymentsData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.money"), Actions: true, Columns: []view.Column{
		{Label: view.T(ctx, "operator.money.order")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.money.expected"), Num: true},
		{Label: view.T(ctx, "operator.money.way")}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.money.started")},
	}}
	for _, p := range d.Rows {
		row := view.Row{Name: p.OrderNumber, Cells: cells{view.Mono(p.OrderNumber, paymentPath(p.ID)), view.Text(p.AccountName), view.Price(p.Amount),
			view.Text(wayName(ctx, p.Provider)), view.Badge("payment", string(p.State)), view.Past(p.Created, nil)}}
		if p.Waits() {
			row.Actions = []view.Link{{Label: view.T(ctx, "operator.money.confirm"), Href: paymentPath(p.ID) + "/confirm"}}
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

func (d paymentsData) empty(ctx context.Context) view.Empty {
	if d.Search != "" {
		return view.Empty{Text: view.T(ctx, "operator.money.none_found", "q", d.Search), Icon: "search",
			Action: &view.Link{Label: view.T(ctx, "operator.money.search_all"), Href: at(pathMoney, "tab", tabAll, "q", d.Search)}}
	}
	if d.Tab == tabAll {
		return view.Empty{Text: view.T(ctx, "operator.money.none_ever"), Icon: "credit-card"}
	}
	return view.Empty{Text: view.T(ctx, "operator.money.none"), Icon: "circle-check"}
}

// wayName is the word for a way to pay; one without a word is named as it is.
func wayName(ctx context.Context, provider string) string {
	if key := "operator.way." + provider; lang.From(ctx).Has(key) {
		return view.T(ctx, key)
	}
	return provider
}

// askable tells whether the provider may know more than we do.
func askable(p exam.Payment) bool {
	return p.State == exam.PaymentUnknown || (p.State == exam.PaymentPending && !p.ByHand())
}

type paymentData struct {
	P     store.PaymentRow
	Order exam.Order
	State string // of the order, as people read it now
	timeline
}

func (c console) readPayment(r *http.Request) (d paymentData, err error) {
	if d.P, err = c.Store.PaymentRow(r.Context(), exam.ParseID[exam.PaymentID](r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.Order, err = c.Store.AnyOrder(r.Context(), d.P.Order); err != nil {
		return d, err
	}
	d.State = d.Order.Shown(c.Now())
	d.timeline, err = c.timeline(r, int64(d.P.ID), int64(d.P.Order))
	return d, err
}

func (c console) payment(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readPayment(r)
	if err != nil {
		return err
	}
	return c.showPayment(w, r, http.StatusOK, d, nil)
}

func (c console) showPayment(w http.ResponseWriter, r *http.Request, status int, d paymentData, notice *view.Notice) error {
	p := c.Page(w, r, pathMoney, t(r, "operator.money.payment_of", "number", d.P.OrderNumber))
	p.Sub, p.Badge = d.P.AccountName, [2]string{"payment", string(d.P.State)}
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.money"), Href: pathMoney}}
	if d.P.Waits() {
		p.Actions = []view.Verb{{Label: t(r, "operator.money.confirm"), Href: paymentPath(d.P.ID) + "/confirm", Primary: true}}
	}
	if notice != nil {
		p.Notice = notice
	}
	return c.Show(w, r, status, p, paymentPage(d))
}

func (d paymentData) facts(ctx context.Context) []view.Fact {
	p := d.P
	f := []view.Fact{
		{Label: view.T(ctx, "operator.money.amount_due"), Value: view.Price(p.Amount)},
		{Label: view.T(ctx, "operator.money.way"), Value: view.Text(wayName(ctx, p.Provider))},
		{Label: view.T(ctx, "operator.money.reference"), Value: view.Mono(p.Reference, "")},
		{Label: view.T(ctx, "operator.money.order"), Value: view.Mono(p.OrderNumber, at(pathLookUp, "q", p.OrderNumber))},
		{Label: view.T(ctx, "operator.money.order_state"), Value: view.Badge("order", d.State)},
		{Label: view.T(ctx, "operator.company"), Value: view.Text(p.AccountName)},
		{Label: view.T(ctx, "operator.subject"), Value: view.Text(name(ctx, p.SubjectName))},
		{Label: view.T(ctx, "operator.money.quantity"), Value: view.Count(int64(p.Quantity))},
		{Label: view.T(ctx, "operator.money.started"), Value: view.Past(p.Created, nil)},
	}
	if p.ProviderRef != "" {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.money.provider_reference"), Value: view.Mono(p.ProviderRef, "")})
	}
	if !p.Settled.IsZero() {
		f = append(f, view.Fact{Label: view.T(ctx, "operator.money.settled"), Value: view.Past(p.Settled, nil)})
	}
	return f
}

func (d paymentData) verbs(ctx context.Context) []view.Verb {
	confirm := view.Verb{Label: view.T(ctx, "operator.money.confirm")}
	switch p := d.P; {
	case p.Waits():
		confirm.Href, confirm.About = paymentPath(p.ID)+"/confirm", view.T(ctx, "operator.money.confirm_about")
	case !p.ByHand():
		confirm.Why = view.T(ctx, "operator.money.not_by_hand")
	default:
		confirm.Why = view.T(ctx, "operator.money.not_waiting."+string(p.State))
	}
	ask := view.Verb{Label: view.T(ctx, "operator.money.ask"), Why: view.T(ctx, "operator.money.ask_why")}
	if p := d.P; p.Waits() {
		ask.Why = view.T(ctx, "operator.money.ask_transfer")
	}
	if askable(d.P.Payment) {
		return []view.Verb{confirm}
	}
	return []view.Verb{confirm, ask}
}

func (c console) askProvider(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readPayment(r)
	if err != nil {
		return err
	}
	p, err := c.Actions.AskPayment(r.Context(), actor(r), d.P.Payment)
	if err != nil {
		return err
	}
	kind := view.Attention
	if p.State == exam.PaymentSucceeded {
		kind = view.Done
	}
	return c.Go(w, r, paymentPath(p.ID), kind, "operator.money.asked."+string(p.State), "number", d.P.OrderNumber)
}

type confirmData struct {
	Confirm view.Confirm
	Amount  view.Field
	Choices []string // what to do about a difference
}

func (c console) askConfirm(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readPayment(r)
	if err != nil {
		return err
	}
	if !d.P.Waits() {
		return c.Go(w, r, paymentPath(d.P.ID), view.Attention, "operator.money.cannot_confirm")
	}
	return c.showConfirm(w, r, http.StatusOK, d, page.NewForm(), "", "")
}

// showConfirm shows the question. refused is what is wrong with the amount, ""
// when nothing; changed what changed meanwhile.
func (c console) showConfirm(w http.ResponseWriter, r *http.Request, status int, d paymentData, form *page.Form, refused, changed string) error {
	p, pay := c.Page(w, r, pathMoney, t(r, "operator.money.question", "amount", d.P.Amount, "number", d.P.OrderNumber)), d.P
	p.Narrow = true
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.money"), Href: pathMoney}, {Label: t(r, "operator.money.payment_of", "number", pay.OrderNumber), Href: paymentPath(pay.ID)}}
	z, l := lang.Zone(d.Order.Zone), lang.From(r.Context())
	data := confirmData{
		Confirm: view.Confirm{Changed: changed,
			Happens: []string{t(r, "operator.money.happens", "n", pay.Quantity, "date", l.LastDay(exam.EndOfOrder(c.Now(), z), z)), t(r, "operator.money.final")},
			Told:    []string{t(r, "operator.money.told", "company", pay.AccountName)},
			Action:  paymentPath(pay.ID) + "/confirm", Hidden: versionField(pay.Version),
			Verb: t(r, "operator.money.confirm"), WayOut: view.Link{Label: t(r, "operator.money.way_out"), Href: paymentPath(pay.ID)}},
		Amount: form.Field(view.Field{Name: "amount", Label: t(r, "operator.money.amount"), Hint: t(r, "operator.money.amount_hint"),
			InputMode: "decimal", Autocomplete: "off", Short: true, Suffix: pay.Amount.Currency}),
	}
	if refused != "" {
		data.Amount.Error, p.Errors = refused, []view.FieldError{{Name: "amount", Text: refused}}
		data.Choices = []string{t(r, "operator.money.choice_wait"), t(r, "operator.money.choice_other"), t(r, "operator.money.choice_back")}
	}
	return c.Show(w, r, status, p, confirmPage(data))
}

func (c console) confirm(w http.ResponseWriter, r *http.Request) error {
	form, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	d, err := c.readPayment(r)
	if err != nil {
		return err
	}
	switch {
	case !d.P.Waits():
		return c.showPayment(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.P.ID)))
	case version(form) != d.P.Version:
		return c.showConfirm(w, r, http.StatusConflict, d, form, "", c.changed(r, int64(d.P.ID)))
	}
	due := d.P.Amount
	received, err := money.Parse(typedAmount(form.Get("amount"), due.Currency), due.Currency)
	if err != nil {
		return c.showConfirm(w, r, http.StatusUnprocessableEntity, d, form, t(r, "operator.money.amount_malformed", "currency", due.Currency), "")
	}
	_, err = c.Actions.ConfirmTransfer(r.Context(), actor(r), d.P.ID, received)
	switch f := fault.Of(err); {
	case f == nil:
		return c.Go(w, r, paymentPath(d.P.ID), view.Done, "operator.money.confirmed", "number", d.P.OrderNumber, "n", d.P.Quantity, "company", d.P.AccountName)
	case f.Reason == exam.ErrPaymentAmount.Reason && received.Minor < due.Minor:
		return c.showConfirm(w, r, http.StatusUnprocessableEntity, d, form, t(r, "operator.money.short", "received", received, "due", due,
			"difference", money.Amount{Minor: due.Minor - received.Minor, Currency: due.Currency}), "")
	case f.Reason == exam.ErrPaymentAmount.Reason:
		return c.showConfirm(w, r, http.StatusUnprocessableEntity, d, form, t(r, "operator.money.over", "received", received, "due", due,
			"difference", money.Amount{Minor: received.Minor - due.Minor, Currency: due.Currency}), "")
	case f.Kind == fault.Conflict: // a colleague was faster
		if d, err = c.readPayment(r); err != nil {
			return err
		}
		return c.showPayment(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.P.ID)))
	}
	return err
}

// typedAmount leaves the number of what was copied from a statement: full-width
// forms become plain, spaces and the currency's own code go.
func typedAmount(s, currency string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u3000':
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	s = strings.ToUpper(s)
	return strings.TrimSuffix(strings.TrimPrefix(s, currency), currency)
}

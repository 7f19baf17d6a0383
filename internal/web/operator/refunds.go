package operator

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const (
	pathRefunds = "/operator/refunds"
	tabRefunds  = "refunds"
)

func refundPath(id exam.RefundID) string { return pathRefunds + "/" + id.String() }

type refundsData struct {
	Rows  []store.RefundRow
	Pager view.Pager
	Tabs  []view.Tab
	All   bool
}

// refunds is the money page's tab of refunds: what is open, or everything.
func (c console) refunds(w http.ResponseWriter, r *http.Request) error {
	ctx, all := r.Context(), r.URL.Query().Get("all") != ""
	waits, err := c.Store.Work(ctx, c.Now())
	if err != nil {
		return err
	}
	rows, err := c.Store.RefundRows(ctx, store.RefundFilter{Open: !all, Search: paymentSearch(strings.TrimSpace(r.URL.Query().Get("q")))}, page.ListPage(r))
	if err != nil {
		return err
	}
	d := refundsData{Rows: rows.Items, Pager: page.Pager(r, rows, ""), All: all}
	d.Tabs = paymentsData{Tab: tabRefunds, Transfers: waits.Transfers.Count, Checks: waits.Checks.Count, Refunds: openRefunds(waits)}.tabs(ctx)
	return c.Show(w, r, http.StatusOK, c.Page(w, r, pathMoney, t(r, "operator.nav.money")), refundsPage(d))
}

func openRefunds(w store.Work) int {
	return w.RefundReviews.Count + w.RefundChecks.Count + w.RefundsToSend.Count
}

func (d refundsData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.refunds.title"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.money.order")}, {Label: view.T(ctx, "operator.company")}, {Label: view.T(ctx, "operator.refunds.amount"), Num: true},
		{Label: view.T(ctx, "operator.refunds.codes"), Num: true}, {Label: view.T(ctx, "operator.money.way")}, {Label: view.T(ctx, "operator.state")}, {Label: view.T(ctx, "operator.refunds.asked")},
	}}
	for _, f := range d.Rows {
		l.Rows = append(l.Rows, view.Row{Name: f.OrderNumber, Cells: cells{view.Mono(f.OrderNumber, refundPath(f.ID)), view.Text(f.AccountName), view.Price(f.Amount),
			view.Count(int64(f.Count)), view.Text(wayName(ctx, f.Provider)), view.Badge("refund", f.Shown()), view.Past(f.Asked, nil)}})
	}
	return l
}

type staffRefundData struct {
	F store.RefundRow
	timeline
}

func (c console) readRefund(r *http.Request) (d staffRefundData, err error) {
	if d.F, err = c.Store.RefundRow(r.Context(), exam.ParseID[exam.RefundID](r.PathValue("id"))); err != nil {
		return d, err
	}
	d.timeline, err = c.timeline(r, int64(d.F.ID), int64(d.F.Order))
	return d, err
}

func (c console) refund(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readRefund(r)
	if err != nil {
		return err
	}
	return c.showRefund(w, r, http.StatusOK, d, nil)
}

func (c console) showRefund(w http.ResponseWriter, r *http.Request, status int, d staffRefundData, notice *view.Notice) error {
	p := c.refundFrame(w, r, t(r, "operator.refunds.of", "number", d.F.OrderNumber))
	p.Sub, p.Badge = d.F.AccountName, [2]string{"refund", d.F.Shown()}
	if notice != nil {
		p.Notice = notice
	}
	return c.Show(w, r, status, p, staffRefundPage(d))
}

func (c console) refundFrame(w http.ResponseWriter, r *http.Request, title string) view.Page {
	p := c.Page(w, r, pathMoney, title)
	p.Breadcrumb = []view.Link{{Label: t(r, "operator.nav.money"), Href: pathMoney}, {Label: t(r, "operator.refunds.title"), Href: pathRefunds}}
	return p
}

func (d staffRefundData) facts(ctx context.Context) []view.Fact {
	f := d.F
	facts := []view.Fact{
		{Label: view.T(ctx, "operator.refunds.amount"), Value: view.Price(f.Amount)},
		{Label: view.T(ctx, "operator.refunds.codes"), Value: view.Text(view.T(ctx, "operator.refunds.of_codes", "count", f.Count, "quantity", f.Quantity))},
		{Label: view.T(ctx, "operator.money.way"), Value: view.Text(wayName(ctx, f.Provider))},
		{Label: view.T(ctx, "operator.money.reference"), Value: view.Mono(f.Reference, "")},
		{Label: view.T(ctx, "operator.refunds.charge"), Value: view.Mono(f.Charge, paymentPath(f.Payment))},
		{Label: view.T(ctx, "operator.money.order"), Value: view.Mono(f.OrderNumber, at(pathLookUp, "q", f.OrderNumber))},
		{Label: view.T(ctx, "operator.company"), Value: view.Text(f.AccountName)},
		{Label: view.T(ctx, "operator.subject"), Value: view.Text(name(ctx, f.SubjectName))},
		{Label: view.T(ctx, "operator.refunds.asked_by"), Value: view.Text(f.AskedName)},
		{Label: view.T(ctx, "operator.refunds.asked"), Value: view.Past(f.Asked, nil)},
	}
	if f.HeldAbove > 0 {
		facts = append(facts, view.Fact{Label: view.T(ctx, "operator.refunds.held"), Value: view.Text(view.T(ctx, "operator.refunds.held_above", "limit", money.Amount{Minor: f.HeldAbove, Currency: f.Amount.Currency}))})
	}
	if f.Note != "" {
		facts = append(facts, view.Fact{Label: view.T(ctx, "operator.refunds.reason"), Value: view.Text(f.Note)})
	}
	return facts
}

func (d staffRefundData) verbs(ctx context.Context) []view.Verb {
	verb := func(name string, primary bool) view.Verb {
		return view.Verb{Label: view.T(ctx, "operator.refunds."+name), Href: refundPath(d.F.ID) + "/" + name, About: view.T(ctx, "operator.refunds."+name+"_about"), Primary: primary}
	}
	switch {
	case d.F.State == exam.RefundReview:
		return []view.Verb{verb("approve", true), verb("decline", false)}
	case d.F.ToSend():
		return []view.Verb{verb("sent", true), verb("not-sent", false)}
	}
	return nil
}

// refundStep is a verb of the staff on a refund, with its confirmation page. It
// asks for an amount, for a reason, or for nothing but a yes.
type refundStep struct {
	name, field string
	do          func(ctx context.Context, r *http.Request, id exam.RefundID, f *page.Form, due money.Amount) error
}

func (c console) refundSteps() map[string]refundStep {
	steps := map[string]refundStep{}
	for _, s := range []refundStep{
		{"approve", "", func(ctx context.Context, r *http.Request, id exam.RefundID, f *page.Form, _ money.Amount) error {
			_, err := c.Actions.ApproveRefund(ctx, actor(r), id, f.Seen())
			return err
		}},
		{"decline", "reason", func(ctx context.Context, r *http.Request, id exam.RefundID, f *page.Form, _ money.Amount) error {
			_, err := c.Actions.DeclineRefund(ctx, actor(r), id, f.Get("reason"), f.Seen())
			return err
		}},
		{"sent", "amount", func(ctx context.Context, r *http.Request, id exam.RefundID, f *page.Form, due money.Amount) error {
			sent, err := money.Parse(typedAmount(f.Get("amount"), due.Currency), due.Currency)
			if err != nil {
				return exam.ErrRefundAmount.On("amount")
			}
			_, err = c.Actions.ConfirmRefundSent(ctx, actor(r), id, sent, f.Seen())
			return err
		}},
		{"not-sent", "reason", func(ctx context.Context, r *http.Request, id exam.RefundID, f *page.Form, _ money.Amount) error {
			_, err := c.Actions.RefundNotSent(ctx, actor(r), id, f.Get("reason"), f.Seen())
			return err
		}},
	} {
		steps[s.name] = s
	}
	return steps
}

// offers tells whether a step can be done with the refund as it is.
func (d staffRefundData) offers(ctx context.Context, step string) bool {
	for _, v := range d.verbs(ctx) {
		if strings.HasSuffix(v.Href, "/"+step) {
			return true
		}
	}
	return false
}

func (c console) askRefundStep(step refundStep) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := c.readRefund(r)
		if err != nil {
			return err
		}
		if !d.offers(r.Context(), step.name) {
			return c.Go(w, r, refundPath(d.F.ID), view.Attention, "operator.refunds.cannot")
		}
		return c.showRefundStep(w, r, http.StatusOK, d, step, page.NewForm(), "")
	}
}

type refundStepData struct {
	Confirm view.Confirm
	Field   *view.Field
}

func (c console) showRefundStep(w http.ResponseWriter, r *http.Request, status int, d staffRefundData, step refundStep, f *page.Form, changed string) error {
	key := "operator.refunds." + step.name
	p := c.refundFrame(w, r, t(r, key+"_title", "amount", d.F.Amount, "number", d.F.OrderNumber))
	p.Narrow, p.Errors = true, f.Errors()
	data := refundStepData{Confirm: view.Confirm{Changed: changed, Safe: step.name == "approve" || step.name == "sent",
		Happens: []string{t(r, key+"_happens", "amount", d.F.Amount, "count", d.F.Count)},
		Told:    []string{t(r, "operator.refunds.told", "company", d.F.AccountName)},
		Action:  refundPath(d.F.ID) + "/" + step.name, Hidden: append(versionField(d.F.Version), page.NewOnce()),
		Verb: t(r, key), WayOut: view.Link{Label: t(r, "operator.money.way_out"), Href: refundPath(d.F.ID)}}}
	switch step.field {
	case "amount":
		field := f.Field(view.Field{Name: "amount", Label: t(r, "operator.refunds.sent_amount"), InputMode: "decimal", Autocomplete: "off", Short: true, Suffix: d.F.Amount.Currency})
		data.Field = &field
	case "reason":
		field := f.Field(view.Field{Name: "reason", Label: t(r, "operator.refunds.reason"), Hint: t(r, "operator.refunds.reason_hint")})
		data.Field = &field
	}
	return c.Show(w, r, status, p, refundStepPage(data))
}

func (c console) doRefundStep(step refundStep) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := page.ReadForm(r)
		if err != nil {
			return err
		}
		d, err := c.readRefund(r)
		if err != nil {
			return err
		}
		err = c.Once(w, r, f, refundPath(d.F.ID), func(ctx context.Context) (page.Landing, error) {
			if err := step.do(ctx, r, d.F.ID, f, d.F.Amount); err != nil {
				return page.Landing{}, err
			}
			return page.Landing{To: refundPath(d.F.ID), Kind: view.Done, Text: t(r, "operator.refunds."+step.name+"_done", "number", d.F.OrderNumber)}, nil
		})
		e := fault.Of(err)
		switch {
		case e == nil:
			return nil
		case len(e.Fields) > 0:
			f.Refuse(r, err)
			return c.showRefundStep(w, r, http.StatusUnprocessableEntity, d, step, f, "")
		case e.Kind == fault.Conflict || errors.Is(err, exam.ErrChangedMeanwhile):
			if d, err = c.readRefund(r); err != nil {
				return err
			}
			return c.showRefund(w, r, http.StatusConflict, d, c.changedNotice(r, int64(d.F.ID)))
		}
		return err
	}
}

// askAboutRefund asks the provider again.
func (c console) askAboutRefund(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readRefund(r)
	if err != nil {
		return err
	}
	f, err := c.Actions.AskRefund(r.Context(), actor(r), d.F.Refund)
	if err != nil {
		return err
	}
	kind := view.Attention
	if f.State == exam.RefundDone {
		kind = view.Done
	}
	return c.Go(w, r, refundPath(f.ID), kind, "operator.refunds.asked_"+f.Shown(), "number", d.F.OrderNumber)
}

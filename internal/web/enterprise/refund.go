package enterprise

import (
	"context"
	"errors"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// tickable is the most codes a refund's page lists with a tick box each; of more
// the page tells the number and refunds all.
const tickable = 200

func refundOf(id exam.OrderID) string { return orderOf(id) + "/refund" }

// refundData is what E10 shows: the question, or the refund there is.
type refundData struct {
	Order   store.OrderRow
	Plan    exam.RefundPlan
	Had     exam.Refund // the zero Refund for none
	Codes   []store.CodeRow
	Ticked  map[exam.CodeID]bool
	Way     string // provider of the payment
	Confirm view.Confirm
	Form    *page.Form
	Zone    *time.Location
}

// refundPage is E10: before the refund its confirmation, afterwards its record.
// After a refused one who may refund is asked again; the others read the record.
func (c console) refundPage(w http.ResponseWriter, r *http.Request) error {
	o, _, err := c.readOrder(r)
	if err != nil {
		return err
	}
	f, err := c.Store.RefundOf(r.Context(), o.Account, o.ID)
	if err != nil {
		return err
	}
	if f.ID != 0 && (f.State != exam.RefundRefused || !actor(r).Has(exam.RefundCodes)) {
		return c.showRefundRecord(w, r, o, f)
	}
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return c.showRefund(w, r, http.StatusOK, page.NewForm(), nil, "")
}

func (c console) showRefundRecord(w http.ResponseWriter, r *http.Request, o store.OrderRow, f exam.Refund) error {
	p := c.orderPage(w, r, o, locale(r).T("enterprise.refund.record", "number", o.Number))
	p.Badge = [2]string{"refund", f.Shown()}
	return c.Show(w, r, http.StatusOK, p, refundRecord(refundData{Order: o, Had: f, Zone: lang.Zone(o.Zone)}))
}

// showRefund asks. chosen are the ticked codes, nil for all; changed says why
// nothing was done yet.
func (c console) showRefund(w http.ResponseWriter, r *http.Request, status int, f *page.Form, chosen []exam.CodeID, changed string) error {
	ctx, l := r.Context(), locale(r)
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	codes, err := c.Store.RefundableCodes(ctx, o.Order, true, c.Now(), tickable+1)
	if err != nil {
		return err
	}
	d := refundData{Order: o, Form: f, Zone: lang.Zone(o.Zone), Ticked: map[exam.CodeID]bool{}}
	if len(codes) <= tickable {
		d.Codes = codes
	} else {
		chosen = nil // without boxes the page asks about all
	}
	for _, code := range d.Codes { // what was ticked and can still be refunded
		d.Ticked[code.ID] = chosen == nil
	}
	var still []exam.CodeID // nil is no choice; an empty one stays a choice
	if chosen != nil {
		still = []exam.CodeID{}
	}
	for _, id := range chosen {
		if _, can := d.Ticked[id]; can {
			d.Ticked[id] = true
			still = append(still, id)
		}
	}
	plan, _, had, refusal, err := c.Actions.PlanRefund(ctx, actor(r), o.ID, still)
	if err != nil {
		return err
	}
	if refusal != nil && !errors.Is(refusal, exam.ErrNothingToRefund) {
		return refusal
	}
	d.Plan, d.Had = plan, had
	for _, p := range tries {
		if p.State == exam.PaymentSucceeded {
			d.Way = p.Provider
		}
	}
	title := l.T("enterprise.refund.title", "n", plan.In.Count, "number", o.Number, "amount", plan.Amount)
	switch {
	case refusal != nil && len(d.Codes) > 0:
		title = l.T("enterprise.refund.none_left", "number", o.Number)
	case refusal != nil:
		title = l.T("enterprise.refund.nothing", "number", o.Number)
	}
	p := c.orderPage(w, r, o, title)
	d.Confirm = c.refundQuestion(ctx, l, d, changed)
	return c.Show(w, r, status, p, refundPage(d))
}

func (c console) refundQuestion(ctx context.Context, l lang.Locale, d refundData, changed string) view.Confirm {
	hidden := []view.Pair{{Name: "mark", Value: d.Plan.Mark()}, page.NewOnce()}
	if len(d.Codes) > 0 {
		hidden = append(hidden, view.Pair{Name: "ticks", Value: "1"})
	}
	var happens []string
	if d.Plan.In.Count > 0 {
		happens = append(happens, l.T("enterprise.refund.in", "n", d.Plan.In.Count),
			l.T("enterprise.refund.back", "amount", d.Plan.Amount, "way", wayWord(ctx, d.Way), "days", arrival(l, d.Way)))
	}
	happens = append(happens, l.T("enterprise.refund.once"))
	if stay := d.staying(); stay > 0 {
		happens = append(happens, l.T("enterprise.refund.never", "n", stay))
	}
	intro := ""
	if d.Had.ID != 0 {
		intro = l.T("enterprise.refund.again", "why", whyRefused(l, d.Had))
	}
	return view.Confirm{Changed: changed, Intro: intro, Happens: happens, Action: refundOf(d.Order.ID), Hidden: hidden,
		Verb: l.T("enterprise.refund.verb", "amount", d.Plan.Amount), WayOut: view.Link{Label: l.T("enterprise.refund.not"), Href: orderOf(d.Order.ID)}}
}

// staying is how many usable codes stay in the order.
func (d refundData) staying() int {
	n := 0
	for _, out := range d.Plan.Out {
		if out.State != exam.Expired {
			n += out.Count
		}
	}
	return n
}

// arrival is when money that goes back by a way is usually there.
func arrival(l lang.Locale, way string) string {
	if key := "enterprise.refund.days_" + way; l.Has(key) {
		return l.T(key)
	}
	return l.T("enterprise.refund.days")
}

// whyRefused says why the last try failed.
func whyRefused(l lang.Locale, f exam.Refund) string {
	switch f.Detail {
	case exam.RefundDeclined:
		return l.T("notice.refund_refused.declined", "note", f.Note)
	case exam.RefundNotSent:
		return l.T("notice.refund_refused.not_sent", "note", f.Note)
	}
	return l.T("notice.refund_refused.body")
}

func (c console) refund(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	id, l := exam.ParseID[exam.OrderID](r.PathValue("id")), locale(r)
	var chosen []exam.CodeID
	for _, text := range f.Values["code"] {
		chosen = append(chosen, exam.ParseID[exam.CodeID](text))
	}
	switch {
	case f.Get("ticks") != "" && len(chosen) == 0:
		return c.showRefund(w, r, http.StatusUnprocessableEntity, f, nil, l.T("enterprise.refund.none_ticked"))
	case f.Get("do") == "update":
		return c.showRefund(w, r, http.StatusOK, f, chosen, "")
	}
	err = c.Once(w, r, f, refundOf(id), func(ctx context.Context) (page.Landing, error) {
		if f.Get("mark") == "" {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		made, err := c.Actions.RefundOrder(ctx, actor(r), id, action.RefundRequest{Chosen: chosen, Seen: f.Get("mark"), Simulate: simulation(f)})
		if err != nil {
			return page.Landing{}, err
		}
		kind := view.Done
		if made.State == exam.RefundRefused {
			kind = view.Failed
		}
		return page.Landing{To: refundOf(id), Kind: kind, Text: l.T("enterprise.refund.now_"+made.Shown(), "amount", made.Amount)}, nil
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		return c.showRefund(w, r, http.StatusConflict, f, chosen, l.T("enterprise.refund.changed"))
	}
	if errors.Is(err, exam.ErrRefundAlreadyMade) {
		return c.Land(w, r, page.Landing{To: refundOf(id), Kind: view.Attention, Text: l.Fault(exam.ErrRefundAlreadyMade)})
	}
	return err
}

// simulation is the outcome that the sandbox is asked to play.
func simulation(f *page.Form) string {
	if s := f.Get("simulate"); s != "succeed" {
		return s
	}
	return ""
}

// refundable tells whether a row offers a refund: the rule allows it and
// something is left.
func refundable(a exam.Actor, o store.OrderRow, now time.Time) bool {
	return exam.MayRefund(a, o.Order, o.Refund, now) == nil && o.Unused > 0
}

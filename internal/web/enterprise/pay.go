package enterprise

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// payData is the page that pays an order that waits for it.
type payData struct {
	payment
	Order store.OrderRow
	Once  view.Pair
}

// payPage offers to pay a pending order; one that is paid, closed or being paid
// has its result page instead.
func (c console) payPage(w http.ResponseWriter, r *http.Request) error {
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	if o.State != exam.Pending || live(tries) {
		return c.Land(w, r, page.Landing{To: orderOf(o.ID) + "/result"})
	}
	if err := exam.MayBuy(actor(r)); err != nil {
		return c.showSubjects(w, r, httpd.Status(fault.Of(err)))
	}
	return c.showPay(w, r, o, page.NewForm())
}

func (c console) showPay(w http.ResponseWriter, r *http.Request, o store.OrderRow, f *page.Form) error {
	ctx := r.Context()
	p := c.orderPage(w, r, o, view.T(ctx, "enterprise.pay.title", "number", o.Number))
	p.Errors = f.Errors()
	return c.Show(w, r, f.Status(), p, payPage(payData{c.payment(f), o, page.NewOnce()}))
}

func (c console) pay(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	if o.State != exam.Pending || live(tries) {
		return c.Land(w, r, page.Landing{To: orderOf(o.ID) + "/result"})
	}
	if err := exam.MayBuy(actor(r)); err != nil {
		return c.showSubjects(w, r, httpd.Status(fault.Of(err)))
	}
	provider, simulate, err := c.chosen(f)
	if err != nil {
		f.Refuse(r, err)
		return c.showPay(w, r, o, f)
	}
	return c.Once(w, r, f, orderOf(o.ID)+"/pay", func(ctx context.Context) (page.Landing, error) {
		return c.begin(ctx, r, o.ID, provider, simulate)
	})
}

// live tells whether one of the tries to pay is or may become money.
func live(tries []exam.Payment) bool {
	for _, p := range tries {
		if p.State.Live() {
			return true
		}
	}
	return false
}

// Outcomes of buying, as E5 tells them.
const (
	outcomePaid     = "paid"
	outcomeTransfer = "transfer" // we wait for the buyer's transfer
	outcomeWaiting  = "waiting"  // we wait for the provider
	outcomeUnknown  = "unknown"
	outcomeFailed   = "failed"
	outcomeUnpaid   = "unpaid" // no payment was begun
	outcomeClosed   = "closed"
)

// resultData is what E5 shows; Payment is nil when none was begun.
type resultData struct {
	Order    store.OrderRow
	Payment  *exam.Payment
	Outcome  string
	PayUntil time.Time // when an unpaid order is closed
	Zone     *time.Location
	MayBuy   bool
	MayView  bool
}

func outcomeOf(o exam.Order, tries []exam.Payment) (string, *exam.Payment) {
	var last *exam.Payment
	if len(tries) > 0 {
		last = &tries[0]
	}
	switch {
	case o.State == exam.Paid:
		return outcomePaid, last
	case o.State == exam.Closed:
		return outcomeClosed, last
	case last == nil:
		return outcomeUnpaid, nil
	case last.State == exam.PaymentFailed:
		return outcomeFailed, last
	case last.State == exam.PaymentUnknown:
		return outcomeUnknown, last
	case last.ByHand():
		return outcomeTransfer, last
	}
	return outcomeWaiting, last
}

// result is E5. It may be kept as a bookmark: it always tells how things stand.
func (c console) result(w http.ResponseWriter, r *http.Request) error {
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	a := actor(r)
	d := resultData{Order: o, PayUntil: o.Created.Add(exam.PayWithin), Zone: lang.Zone(o.Zone), MayBuy: exam.MayBuy(a) == nil, MayView: a.Has(exam.ViewCodes)}
	d.Outcome, d.Payment = outcomeOf(o.Order, tries)
	p := c.orderPage(w, r, o, view.T(r.Context(), "enterprise.result."+d.Outcome))
	return c.Show(w, r, http.StatusOK, p, resultPage(d))
}

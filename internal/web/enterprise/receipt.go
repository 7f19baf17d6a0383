package enterprise

import (
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// receiptData is what the receipt of a paid order says.
type receiptData struct {
	Order     store.OrderRow
	Subject   exam.Subject
	Payment   exam.Payment
	Buyer     string
	Company   string
	Legal     exam.Verification // as the company was verified last
	Programme string
	Seller    []string // lines: name, address, tax number
	Address   string   // of this page
	Zone      *time.Location
	Now       time.Time
}

// receipt is a page to print, with what an invoice needs of a paid order.
func (c console) receipt(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), actor(r)
	o, tries, err := c.readOrder(r)
	if err != nil {
		return err
	}
	if o.State != exam.Paid {
		return exam.ErrOrderNotPaid
	}
	d := receiptData{Order: o, Company: o.AccountName, Programme: c.Programme, Seller: c.Seller, Address: c.BaseURL + orderOf(o.ID), Zone: lang.Zone(o.Zone), Now: c.Now()}
	for _, p := range tries {
		if p.State == exam.PaymentSucceeded {
			d.Payment = p
		}
	}
	if d.Subject, err = c.Store.Subject(ctx, o.Subject); err != nil {
		return err
	}
	buyer, err := c.Store.Person(ctx, o.Buyer)
	if err != nil {
		return err
	}
	d.Buyer = buyer.Name
	sent, err := c.Store.VerificationsOf(ctx, a.Account)
	if err != nil {
		return err
	}
	for _, v := range sent {
		if v.State == exam.Verified {
			d.Legal = v.Verification
			break
		}
	}
	p := c.orderPage(w, r, o, view.T(ctx, "enterprise.receipt.title", "number", o.Number))
	return c.Show(w, r, http.StatusOK, p, receiptPage(d))
}

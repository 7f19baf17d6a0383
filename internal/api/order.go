package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/pay"
	"examcode/internal/store"
)

// Order is one purchase.
type Order struct {
	ID        string     `json:"id"`
	Number    string     `json:"number"`
	SubjectID string     `json:"subject_id"`
	Quantity  int        `json:"quantity"`
	Issued    int        `json:"issued" doc:"How many of its codes there are. Those of a large order are issued in parts after the payment; until there are as many as the quantity, a refund and an export of this order are refused (order_being_issued)"`
	UnitPrice Amount     `json:"unit_price"`
	Total     Amount     `json:"total"`
	State     string     `json:"state" enum:"pending,paid,closed"`
	Expired   bool       `json:"expired" doc:"The validity period is over"`
	PaidAt    *time.Time `json:"paid_at"`
	ExpiresAt *time.Time `json:"expires_at" doc:"The first instant at which its codes are not valid"`
	Refund    *Refund    `json:"refund,omitempty" doc:"The one refund of the order, when there is one"`
}

func (s *server) showOrder(o exam.Order) Order {
	return Order{ID: o.ID.String(), Number: o.Number, SubjectID: o.Subject.String(), Quantity: o.Quantity, Issued: o.Issued, UnitPrice: amount(o.UnitPrice),
		Total: amount(o.Total), State: string(o.State), Expired: o.Ended(s.Now()), PaidAt: maybe(o.PaidAt), ExpiresAt: maybe(o.Expires)}
}

// Payment is one try to pay an order.
type Payment struct {
	ID          string `json:"id"`
	Provider    string `json:"provider"`
	State       string `json:"state" enum:"succeeded,pending,unknown,failed"`
	RedirectURL string `json:"redirect_url,omitempty" doc:"Where the payer has to go"`
}

func showPayment(p exam.Payment) Payment {
	return Payment{ID: p.ID.String(), Provider: p.Provider, State: string(p.State), RedirectURL: p.RedirectURL}
}

func (s *server) orders() {
	view := httpd.WithRight(exam.ViewCodes)
	type input struct {
		Body struct {
			SubjectID string `json:"subject_id"`
			Quantity  int    `json:"quantity" minimum:"1" maximum:"100000"`
		} `nameHint:"OrderRequest"`
	}
	op := s.operation(httpd.Enterprise, http.MethodPost, "/orders", "Order codes of one subject")
	op.DefaultStatus = http.StatusCreated
	add(s, op, func(ctx context.Context, who exam.Actor, in *input) (*created[Order], error) {
		if err := exam.MayBuy(who); err != nil {
			return nil, err
		}
		subject, err := fieldID[exam.SubjectID]("subject_id", in.Body.SubjectID)
		if err != nil {
			return nil, err
		}
		o, err := s.Actions.BuyCodes(ctx, who, subject, in.Body.Quantity)
		return made("/orders/"+o.ID.String(), s.showOrder(o)), err
	})
	type filter struct {
		Paging
		Number    string `query:"number" doc:"The order number, whole"`
		SubjectID string `query:"subject_id"`
		State     string `query:"state" enum:"pending,paid,expired,closed" doc:"paid: paid and still valid; expired: paid and over"`
		Ends
		PaidFrom string `query:"paid_from" doc:"First day of the payment, in the company's zone" example:"2027-01-14"`
		PaidTo   string `query:"paid_to" doc:"Last day of the payment, in the company's zone" example:"2027-01-31"`
	}
	add(s, s.operation(view, http.MethodGet, "/orders", "The company's orders, newest first"),
		func(ctx context.Context, who exam.Actor, in *filter) (*body[List[Order]], error) {
			subject, err := subjectFilter(in.SubjectID)
			if err != nil {
				return nil, err
			}
			f := store.OrderFilter{Number: in.Number, Subject: subject, State: in.State}
			if in.State == "expired" {
				f.State = "ended"
			}
			zone, err := s.zoneOf(ctx, who)
			if err != nil {
				return nil, err
			}
			if f.EndsBy, err = in.Ends.by(s.Now(), zone); err != nil {
				return nil, err
			}
			if f.PaidFrom, f.PaidBefore, err = exam.ReadDays(in.PaidFrom, in.PaidTo, zone, "paid_from", "paid_to"); err != nil {
				return nil, err
			}
			refunds := map[exam.OrderID]*Refund{}
			return list(s, "orders", in.Paging, func(p store.Page) (store.Rows[store.OrderRow], error) {
				rows, err := s.Store.Orders(ctx, who.Account, f, s.Now(), p)
				if err == nil {
					refunds, err = s.refundsOf(ctx, who, rows.Items)
				}
				return rows, err
			}, func(o store.OrderRow) Order {
				n := s.showOrder(o.Order)
				n.Refund = refunds[o.ID]
				return n
			})
		})
	add(s, s.operation(view, http.MethodGet, "/orders/{id}", "One order"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Order], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			o, err := s.Store.Order(ctx, who.Account, id)
			if err != nil {
				return nil, err
			}
			n, err := s.withRefund(ctx, o)
			return &body[Order]{n}, err
		})
	add(s, s.operation(httpd.Enterprise, http.MethodPost, "/orders/{id}/cancel", "Close an order that is not paid"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[Order], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			o, err := s.Actions.CancelOrder(ctx, who, id)
			return &body[Order]{s.showOrder(o)}, err
		})
	s.orderPayment()
	s.orderRefund()
	type codes struct {
		Item
		Paging
		State string `query:"state" enum:"unused,bound,reserved,completed,refunding,refunded,expired"`
	}
	add(s, s.operation(view, http.MethodGet, "/orders/{id}/codes", "The codes of an order, in every state"),
		func(ctx context.Context, who exam.Actor, in *codes) (*body[List[Code]], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Store.Order(ctx, who.Account, id); err != nil {
				return nil, err
			}
			return s.codePage(ctx, who, store.CodeFilter{Order: id, State: exam.CodeState(in.State)}, in.Paging)
		})
}

// orderPayment are the calls about paying an order.
func (s *server) orderPayment() {
	type input struct {
		Item
		Body struct {
			Provider string `json:"provider" doc:"One of the ways to pay that are set up, such as sandbox, transfer or stripe"`
			Simulate string `json:"simulate,omitempty" doc:"For the sandbox: decline, unknown or late"`
		} `nameHint:"PayRequest"`
	}
	add(s, s.operation(httpd.Enterprise, http.MethodPost, "/orders/{id}/pay", "Start a payment of an order"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[Payment], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			back := strings.TrimSuffix(s.BaseURL, "/") + "/enterprise/orders/" + id.String()
			p, err := s.Actions.PayOrder(ctx, who, id, in.Body.Provider, in.Body.Simulate, back)
			if e := fault.Of(err); e != nil && e.Reason == pay.ErrSimulate.Reason {
				err = e.On("simulate")
			}
			return &body[Payment]{showPayment(p)}, err
		})
	add(s, s.operation(httpd.WithRight(exam.ViewCodes), http.MethodGet, "/orders/{id}/payments", "The tries to pay an order, newest first"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[List[Payment]], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Store.Order(ctx, who.Account, id); err != nil {
				return nil, err
			}
			payments, err := s.Store.Payments(ctx, who.Account, id)
			out := &body[List[Payment]]{List[Payment]{Items: []Payment{}}}
			for _, p := range payments {
				out.Body.Items = append(out.Body.Items, showPayment(p))
			}
			return out, err
		})
}

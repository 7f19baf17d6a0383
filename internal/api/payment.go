package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/money"
	"examcode/internal/store"
)

// Receipt is a payment as the programme's staff sees it.
type Receipt struct {
	Payment
	OrderID     string     `json:"order_id"`
	OrderNumber string     `json:"order_number"`
	OrderState  string     `json:"order_state" enum:"pending,paid,closed"`
	AccountID   string     `json:"account_id"`
	AccountName string     `json:"account_name"`
	Reference   string     `json:"reference" doc:"What the payer writes on a transfer"`
	Amount      Amount     `json:"amount"`
	Detail      string     `json:"detail,omitempty" doc:"Why it failed"`
	CreatedAt   time.Time  `json:"created_at"`
	SettledAt   *time.Time `json:"settled_at"`
}

func showReceipt(p store.PaymentRow) Receipt {
	return Receipt{Payment: showPayment(p.Payment), OrderID: p.Order.String(), OrderNumber: p.OrderNumber, OrderState: string(p.OrderState),
		AccountID: p.Account.String(), AccountName: p.AccountName, Reference: p.Reference, Amount: amount(p.Amount), Detail: p.Detail,
		CreatedAt: instant(p.Created), SettledAt: maybe(p.Settled)}
}

func (s *server) payments() {
	staff := httpd.Staff(exam.Money)
	type filter struct {
		Paging
		State    string `query:"state" enum:"succeeded,pending,unknown,failed"`
		Provider string `query:"provider"`
	}
	add(s, s.operation(staff, http.MethodGet, "/payments", "Payments of all accounts, newest first"),
		func(ctx context.Context, _ exam.Actor, in *filter) (*body[List[Receipt]], error) {
			f := store.PaymentFilter{State: exam.PaymentState(in.State), Provider: in.Provider}
			return list(s, "payments", in.Paging, func(p store.Page) (store.Rows[store.PaymentRow], error) {
				return s.Store.PaymentRows(ctx, f, p)
			}, showReceipt)
		})
	type input struct {
		Item
		Body struct {
			Amount Amount `json:"amount" doc:"What was received; it must be the order's total"`
		} `nameHint:"ConfirmRequest"`
	}
	add(s, s.operation(staff, http.MethodPost, "/payments/{id}/confirm", "Note that a transfer was received"),
		func(ctx context.Context, who exam.Actor, in *input) (*body[Receipt], error) {
			id, err := pathID[exam.PaymentID](in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := s.Actions.ConfirmTransfer(ctx, who, id, money.Amount(in.Body.Amount)); err != nil {
				return nil, err
			}
			p, err := s.Store.PaymentRow(ctx, id)
			return &body[Receipt]{showReceipt(p)}, err
		})
}

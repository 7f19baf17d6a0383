package api

import (
	"context"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/money"
	"examcode/internal/store"
)

// maxRefundCodes is how many codes of a refund one answer names; their counts
// are always whole, and GET /orders/{id}/codes pages through all of them.
const maxRefundCodes = 1000

// Refund is the one refund of an order.
type Refund struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"review,refunding,refunded,failed" doc:"failed: refused for good and open for another try of the same refund"`
	Checking  bool       `json:"checking" doc:"The provider has not said yet what became of it; it is asked again"`
	Amount    Amount     `json:"amount"`
	CodeCount int        `json:"code_count"`
	CodeIDs   []string   `json:"code_ids" nullable:"false" doc:"The codes of the last try, the first 1000 of them"`
	Provider  string     `json:"provider" doc:"Of the payment: the money goes back the way it came"`
	Reference string     `json:"reference" doc:"Of the last try"`
	Detail    string     `json:"detail,omitempty" doc:"Why it failed, a word"`
	Note      string     `json:"note,omitempty" doc:"Why it failed, as the programme's staff wrote it"`
	AskedAt   time.Time  `json:"asked_at"`
	SettledAt *time.Time `json:"settled_at"`
}

func (s *server) showRefund(ctx context.Context, f exam.Refund) (*Refund, error) {
	ids, err := s.Store.RefundCodeIDs(ctx, f, maxRefundCodes)
	n := &Refund{ID: f.ID.String(), State: string(f.State), Checking: f.Checking(), Amount: amount(f.Amount), CodeCount: f.Count, CodeIDs: make([]string, len(ids)),
		Provider: f.Provider, Reference: f.Reference, Detail: f.Detail, Note: f.Note, AskedAt: instant(f.Asked), SettledAt: maybe(f.Settled)}
	for i, id := range ids {
		n.CodeIDs[i] = id.String()
	}
	return n, err
}

// withRefund is an order with the refund it has.
func (s *server) withRefund(ctx context.Context, o exam.Order) (Order, error) {
	n := s.showOrder(o)
	f, err := s.Store.RefundOf(ctx, o.Account, o.ID)
	if err == nil && f.ID != 0 {
		n.Refund, err = s.showRefund(ctx, f)
	}
	return n, err
}

// refundsOf are the refunds of the orders of a page.
func (s *server) refundsOf(ctx context.Context, who exam.Actor, rows []store.OrderRow) (map[exam.OrderID]*Refund, error) {
	var ids []exam.OrderID
	for _, o := range rows {
		if o.Refund != "" {
			ids = append(ids, o.ID)
		}
	}
	found, err := s.Store.RefundsOf(ctx, who.Account, ids)
	of := map[exam.OrderID]*Refund{}
	for id, f := range found {
		if of[id], err = s.showRefund(ctx, f); err != nil {
			return nil, err
		}
	}
	return of, err
}

// Excluded is a code that stays out of a refund.
type Excluded struct {
	Code   Code   `json:"code"`
	Reason string `json:"reason" doc:"Such as code_bound, code_reserved, code_completed, code_refunded, order_expired"`
}

// RefundPreview is what a refund of every unused code would be now.
type RefundPreview struct {
	Allowed         bool       `json:"allowed"`
	Reason          string     `json:"reason,omitempty" doc:"Why it is not allowed"`
	Amount          Amount     `json:"amount"`
	Mark            string     `json:"mark" doc:"Send it with the refund to be refused when something else would be refunded"`
	RefundableCount int        `json:"refundable_count"`
	ExcludedCount   int        `json:"excluded_count"`
	Refundable      []Code     `json:"refundable" nullable:"false" doc:"The newest 1000"`
	Excluded        []Excluded `json:"excluded" nullable:"false" doc:"The newest 1000"`
	Refund          *Refund    `json:"refund,omitempty" doc:"The refund there is"`
}

func (s *server) previewRefund(ctx context.Context, who exam.Actor, id exam.OrderID) (*body[RefundPreview], error) {
	plan, o, had, refusal, err := s.Actions.PlanRefund(ctx, who, id, nil)
	if err != nil {
		return nil, err
	}
	out := &body[RefundPreview]{RefundPreview{Allowed: refusal == nil, Amount: amount(plan.Amount), Mark: plan.Mark(), RefundableCount: plan.In.Count, Refundable: []Code{}, Excluded: []Excluded{}}}
	p := &out.Body
	if refusal != nil {
		p.Reason = fault.Of(refusal).Reason
	}
	for _, l := range plan.Out {
		p.ExcludedCount += l.Count
	}
	if had.ID != 0 {
		if p.Refund, err = s.showRefund(ctx, had); err != nil {
			return nil, err
		}
	}
	in, err := s.Store.RefundableCodes(ctx, o, true, s.Now(), maxRefundCodes)
	if err != nil {
		return nil, err
	}
	for _, c := range in {
		p.Refundable = append(p.Refundable, s.showCode(c))
	}
	stay, err := s.Store.RefundableCodes(ctx, o, false, s.Now(), maxRefundCodes)
	for _, c := range stay {
		p.Excluded = append(p.Excluded, Excluded{s.showCode(c), c.RefundReason(s.Now())})
	}
	return out, err
}

// StaffRefund is a refund as the programme's staff sees it.
type StaffRefund struct {
	Refund
	OrderID     string  `json:"order_id"`
	OrderNumber string  `json:"order_number"`
	AccountID   string  `json:"account_id"`
	AccountName string  `json:"account_name"`
	AskedBy     string  `json:"asked_by" doc:"Name of who asked for it"`
	Version     int64   `json:"version" doc:"Send it with a verb to be refused when the refund changed meanwhile"`
	HeldAbove   *Amount `json:"held_above,omitempty" doc:"The limit above which it was held for review"`
}

func (s *server) staffRefund(ctx context.Context, f store.RefundRow) (StaffRefund, error) {
	r, err := s.showRefund(ctx, f.Refund)
	n := StaffRefund{Refund: *r, OrderID: f.Order.String(), OrderNumber: f.OrderNumber, AccountID: f.Account.String(), AccountName: f.AccountName, AskedBy: f.AskedName, Version: f.Version}
	if f.HeldAbove > 0 {
		n.HeldAbove = &Amount{Minor: f.HeldAbove, Currency: f.Amount.Currency}
	}
	return n, err
}

// orderRefund are the calls about refunding an order.
func (s *server) orderRefund() {
	add(s, s.operation(httpd.WithRight(exam.ViewCodes), http.MethodGet, "/orders/{id}/refund", "What a refund of the order would be"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[RefundPreview], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			return s.previewRefund(ctx, who, id)
		})
	type input struct {
		Item
		Body *struct {
			CodeIDs  *[]string `json:"code_ids,omitempty" maxItems:"100000" doc:"The codes to refund; without it every unused one"`
			Mark     string    `json:"mark,omitempty" doc:"Of the preview; another set or amount than it marks is refused as changed_meanwhile"`
			Simulate string    `json:"simulate,omitempty" doc:"For the sandbox: decline, unknown or late"`
		} `nameHint:"RefundRequest"`
	}
	op := s.operation(httpd.WithRight(exam.RefundCodes), http.MethodPost, "/orders/{id}/refund", "Refund unused codes of an order; once for ever")
	op.Metadata["upload"] = true // the ids of a whole order
	add(s, op,
		func(ctx context.Context, who exam.Actor, in *input) (*body[Refund], error) {
			id, err := pathID[exam.OrderID](in.ID)
			if err != nil {
				return nil, err
			}
			var ask action.RefundRequest
			if b := in.Body; b != nil {
				ask.Seen, ask.Simulate = b.Mark, b.Simulate
				if b.CodeIDs != nil && len(*b.CodeIDs) == 0 {
					return nil, exam.ErrNothingToRefund
				}
				if b.CodeIDs != nil {
					for _, text := range *b.CodeIDs {
						code, _ := parse[exam.CodeID](text)
						ask.Chosen = append(ask.Chosen, code)
					}
				}
			}
			f, err := s.Actions.RefundOrder(ctx, who, id, ask)
			if err != nil {
				return nil, err
			}
			n, err := s.showRefund(ctx, f)
			if err != nil {
				return nil, err
			}
			return &body[Refund]{*n}, nil
		})
}

// SeenRefund is what the staff had before their eyes.
type SeenRefund struct {
	Version int64 `json:"version,omitempty" minimum:"1" doc:"Of the refund as it was read; another one by now is refused as changed_meanwhile"`
}

func (b SeenRefund) seen() exam.Seen {
	if b.Version == 0 {
		return exam.Seen{}
	}
	return exam.SeenAt(b.Version)
}

// refunds are the staff's calls.
func (s *server) refunds() {
	staff := httpd.Staff(exam.Money)
	type filter struct {
		Paging
		State string `query:"state" enum:"review,refunding,refunded,failed"`
	}
	add(s, s.operation(staff, http.MethodGet, "/refunds", "Refunds of all accounts, newest first"),
		func(ctx context.Context, _ exam.Actor, in *filter) (*body[List[StaffRefund]], error) {
			var failed error
			out, err := list(s, "refunds", in.Paging, func(p store.Page) (store.Rows[store.RefundRow], error) {
				return s.Store.RefundRows(ctx, store.RefundFilter{State: exam.RefundState(in.State)}, p)
			}, func(f store.RefundRow) StaffRefund {
				n, err := s.staffRefund(ctx, f)
				if err != nil {
					failed = err
				}
				return n
			})
			if err == nil {
				err = failed
			}
			return out, err
		})
	verb := func(ctx context.Context, text string, do func(exam.RefundID) error) (*body[StaffRefund], error) {
		id, err := pathID[exam.RefundID](text)
		if err != nil {
			return nil, err
		}
		if err := do(id); err != nil {
			return nil, err
		}
		row, err := s.Store.RefundRow(ctx, id)
		if err != nil {
			return nil, err
		}
		n, err := s.staffRefund(ctx, row)
		return &body[StaffRefund]{n}, err
	}
	type approve struct {
		Item
		Body *SeenRefund `nameHint:"RefundSeen"`
	}
	add(s, s.operation(staff, http.MethodPost, "/refunds/{id}/approve", "Let a refund under review go to the provider"),
		func(ctx context.Context, who exam.Actor, in *approve) (*body[StaffRefund], error) {
			return verb(ctx, in.ID, func(id exam.RefundID) error {
				var looked exam.Seen
				if in.Body != nil {
					looked = in.Body.seen()
				}
				_, err := s.Actions.ApproveRefund(ctx, who, id, looked)
				return err
			})
		})
	type refuse struct {
		Item
		Body struct {
			SeenRefund
			Reason string `json:"reason" doc:"The company reads it"`
		} `nameHint:"RefundReason"`
	}
	add(s, s.operation(staff, http.MethodPost, "/refunds/{id}/decline", "Refuse a refund under review; its codes go back"),
		func(ctx context.Context, who exam.Actor, in *refuse) (*body[StaffRefund], error) {
			return verb(ctx, in.ID, func(id exam.RefundID) error {
				_, err := s.Actions.DeclineRefund(ctx, who, id, in.Body.Reason, in.Body.seen())
				return err
			})
		})
	add(s, s.operation(staff, http.MethodPost, "/refunds/{id}/not-sent", "Note that the money of a refund by transfer could not be sent"),
		func(ctx context.Context, who exam.Actor, in *refuse) (*body[StaffRefund], error) {
			return verb(ctx, in.ID, func(id exam.RefundID) error {
				_, err := s.Actions.RefundNotSent(ctx, who, id, in.Body.Reason, in.Body.seen())
				return err
			})
		})
	type sent struct {
		Item
		Body struct {
			SeenRefund
			Amount Amount `json:"amount" doc:"What was sent; it must be the refund's amount"`
		} `nameHint:"RefundSent"`
	}
	add(s, s.operation(staff, http.MethodPost, "/refunds/{id}/confirm", "Note that the money of a refund by transfer was sent"),
		func(ctx context.Context, who exam.Actor, in *sent) (*body[StaffRefund], error) {
			return verb(ctx, in.ID, func(id exam.RefundID) error {
				_, err := s.Actions.ConfirmRefundSent(ctx, who, id, money.Amount(in.Body.Amount), in.Body.seen())
				return err
			})
		})
	add(s, s.operation(staff, http.MethodPost, "/refunds/{id}/ask", "Ask the provider again what became of a refund"),
		func(ctx context.Context, who exam.Actor, in *Item) (*body[StaffRefund], error) {
			return verb(ctx, in.ID, func(id exam.RefundID) error {
				f, err := s.Store.Refund(ctx, id)
				if err == nil {
					_, err = s.Actions.AskRefund(ctx, who, f)
				}
				return err
			})
		})
}

package operator

import (
	"context"

	"examcode/internal/exam"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// mostQuarantined is how many notices that were set aside are shown.
const mostQuarantined = 50

// quarantined lists the notices of providers that contradict what is known here.
func quarantined(ctx context.Context, rows []store.QuarantinedRow) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.quarantine.title"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.money.order")}, {Label: view.T(ctx, "operator.money.way")}, {Label: view.T(ctx, "operator.quarantine.why")},
		{Label: view.T(ctx, "operator.quarantine.claims")}, {Label: view.T(ctx, "operator.quarantine.claimed"), Num: true},
		{Label: view.T(ctx, "operator.money.expected"), Num: true}, {Label: view.T(ctx, "operator.quarantine.received")},
	}}
	for _, n := range rows {
		to := paymentPath(exam.PaymentID(n.Object))
		if n.Refund {
			to = refundPath(exam.RefundID(n.Object))
		}
		l.Rows = append(l.Rows, view.Row{Name: n.OrderNumber, Cells: cells{view.Mono(n.OrderNumber, to), view.Text(wayName(ctx, n.Provider)),
			view.Text(view.T(ctx, "operator.quarantine.why."+n.Detail)), view.Badge("payment", string(n.Claimed)), view.Price(n.Amount),
			view.Price(money.Amount{Minor: n.DueMinor, Currency: n.DueCurrency}), view.Past(n.Received, nil)}})
	}
	return l
}

package operator

import (
	"testing"

	"examcode/internal/action"
	"examcode/internal/exam"
)

// The staff sees what waits, and says what was sent or could not be.
func TestRefundsToSendBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, root, sub := w.as(exam.Money), w.Company(true), w.Subject()
		o, p := w.pays(root, sub, 5, exam.ByTransfer, "")
		_, err := w.Actions.ConfirmTransfer(w.ctx, w.Admin, p.ID, p.Amount)
		w.Must(err)
		refund := func() exam.Refund {
			f, err := w.Actions.RefundOrder(w.ctx, root, o.ID, action.RefundRequest{})
			w.Must(err)
			return f
		}
		f := refund()
		b.Get(pathWork).Is(200, "Refunds to send back")
		b.Get(pathMoney).Is(200, "Refunds 1")
		b.Get(pathRefunds).Is(200, o.Number, "USD 600.00", "On its way")
		b.Get(refundPath(f.ID)).Is(200, "Refund of order "+o.Number, "Confirm that it was sent", "Note that it could not be sent", f.Reference)
		b.Get(refundPath(f.ID) + "/approve").Goes(refundPath(f.ID))

		no := b.Get(refundPath(f.ID)+"/not-sent").Is(200, "could not be sent?")
		b.Submit(refundPath(f.ID)+"/not-sent", no.Form("reason", " ")).Is(422, "Write the reason")
		no = b.Get(refundPath(f.ID) + "/not-sent")
		b.Submit(refundPath(f.ID)+"/not-sent", no.Form("reason", "The account is closed.")).Goes(refundPath(f.ID))
		b.Get(refundPath(f.ID)).Is(200, "Refused, can be tried again", "The account is closed.")

		f = refund()
		yes := b.Get(refundPath(f.ID)+"/sent").Is(200, "USD 600.00 sent back for "+o.Number+"?")
		b.Submit(refundPath(f.ID)+"/sent", yes.Form("amount", "599")).Is(422, "The amount is not that of the refund")
		yes = b.Get(refundPath(f.ID) + "/sent")
		b.Submit(refundPath(f.ID)+"/sent", yes.Form("amount", "USD 600.00")).Goes(refundPath(f.ID))
		b.Get(refundPath(f.ID)).Is(200, "Refunded")
		b.Get(pathRefunds).Is(200, "No refund is waiting for you.")
	})
}

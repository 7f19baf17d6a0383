package operator

import (
	"context"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// Staff see what a mail server said, and send again; those of audit only look.
func TestDeliveries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.Must(w.Actions.SendMails(ctx, time.Minute))
		money, audit := w.As(w.Staff(exam.Money)), w.As(w.Staff(exam.Audit))
		money.Get("/operator/deliveries").Is(200, "Everything has been delivered.")
		money.Get("/operator/deliveries?state=sent").Is(200, "Sent")
		root, sub := w.Company(true), w.Subject()
		w.Must(w.Actions.SendMails(ctx, time.Minute))
		w.Buy(root, sub, 1)
		due, err := w.Read.DueMail(ctx, w.Clock.Now(), 10)
		w.Must(err)
		settle := func(change func(exam.Owed) exam.Owed) {
			w.Must(w.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				o, err := tx.Promise(ctx, due[0])
				if err != nil {
					return err
				}
				return tx.SettleOwed(ctx, change(o))
			}))
		}
		settle(func(o exam.Owed) exam.Owed { return o.Failed("451 <b>greylisted</b>", w.Clock.Now()) })
		page := money.Get("/operator/deliveries").Is(200, "greylisted", "Failing 1", "Next try", "Send again", "Orders and payment").Lacks("<b>greylisted")
		audit.Get("/operator/deliveries").Is(200, "greylisted").Without("Send again")
		again := "/operator/deliveries/" + due[0].String() + "/send"
		audit.Submit(again, page.Form()).Is(403)
		money.Submit(again, page.Form()).Goes("/operator/deliveries?state=owed")
		money.Get("/operator/deliveries?state=owed").Is(200, "Waiting 1", "is tried again now")
		settle(func(o exam.Owed) exam.Owed { return o.Refused("550 nobody", w.Clock.Now()) })
		money.Get("/operator/").Is(200).Has("/operator/deliveries?state=dead")
		money.Get("/operator/deliveries").Is(200, "Given up 1", "550 nobody")
		all := money.Get("/operator/deliveries/send-all?state=dead").Is(200, "Send 1 mail again?", "Mails that were sent are not sent again")
		audit.Submit("/operator/deliveries/send-all", all.Form()).Is(403)
		money.Submit("/operator/deliveries/send-all", all.Form()).Goes("/operator/deliveries?state=owed")
		w.Clock.Move(time.Second)
		w.Must(w.Actions.SendMails(ctx, time.Minute))
		money.Get("/operator/deliveries").Is(200, "Everything has been delivered.")
	})
}

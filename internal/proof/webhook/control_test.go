package webhook

import (
	"context"
	"time"

	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/proof"
)

// credulous is a provider that believes every notice, whoever signed it.
type credulous struct{ *box }

func (credulous) ReadNotice(_ pay.Header, raw []byte, _ time.Time) (pay.Notice, error) {
	return sandbox.Read(raw)
}

// control sends forgeries to a program whose provider does not look at signatures:
// they are accepted, and the harness sees it. That they still pay nothing is the
// second wall: the provider is asked, and has nothing.
func (w *world) control(r *proof.Run) {
	_, door := w.door(credulous{w.box})
	o := w.order()
	p := w.pays(o, sandbox.SettlesLate)
	accepted, sent := 0, 0
	w.mutants(charge(p, pay.Succeeded), func(m letter) {
		if sent++; sent%7 == 0 && send(door, m).accepted() { // some of them are enough
			accepted++
		}
	})
	caught := "caught"
	if accepted == 0 {
		caught = "missed"
		w.T.Error("a program without verification is not told from one with it")
	}
	if q, err := w.Read.AnyOrder(context.Background(), o.ID); err != nil || q.State != "pending" {
		w.T.Errorf("a forgery paid an order that the provider has no money for: %s, %v", q.State, err)
	}
	r.Set("control", caught)
}

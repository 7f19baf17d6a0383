package webhook

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/proof"
	"examcode/internal/store/storetest"
)

// thing is a payment or refund whose outcome the provider knows and we do not,
// with the notices about it; the last one is of its end.
type thing struct {
	order   exam.Order
	object  int64
	notices []pay.Notice
	paid    bool // what its order is in the end
}

// things are open ones of every kind. From sandbox.Late on they have ended.
func (w *world) things() []thing {
	late, declined, back, kept := w.order(), w.order(), w.order(), w.order()
	p, q := w.pays(late, sandbox.SettlesLate), w.pays(declined, sandbox.Decline)
	w.pays(back, "")
	w.pays(kept, "")
	f, g := w.refunds(back, sandbox.SettlesLate), w.refunds(kept, sandbox.Decline)
	return []thing{
		{late, int64(p.ID), []pay.Notice{charge(p, pay.Pending), charge(p, pay.Succeeded)}, true},
		{declined, int64(q.ID), []pay.Notice{charge(q, pay.Failed)}, false},
		{back, int64(f.ID), []pay.Notice{refund(f, pay.Pending), refund(f, pay.Succeeded)}, true},
		{kept, int64(g.ID), []pay.Notice{refund(g, pay.Failed)}, true},
	}
}

func notices(things []thing) (all []pay.Notice) {
	for _, x := range things {
		all = append(all, x.notices...)
	}
	return all
}

func TestWebhooks(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		r := proof.Begin(t, "webhook", string(d.Engine()), 1)
		w.control(r)
		chance := r.Rand(1)
		for n := 0; r.Next(); n++ {
			things := w.things()
			w.Clock.Move(sandbox.Late)
			w.forge(r, things, func(try func(letter)) {
				for _, n := range notices(things) {
					w.mutants(n, try)
				}
			})
			if n > 0 { // when there is time for more than the systematic ones
				w.forge(r, things, func(try func(letter)) {
					var all []letter
					for _, n := range notices(things) {
						all = append(all, w.sign(n, secret))
					}
					for range 200_000 {
						if m := random(chance, all); !signedBy(m, all) {
							try(m)
						}
					}
				})
			}
			w.lie(r, things)
			w.replay(r, things)
			w.comeLate(r)
			_, err := w.act.CloseUnpaidOrders(context.Background())
			w.Must(err)
			if n%8 == 0 {
				w.reorder(r)
			}
		}
	})
}

// forge sends what nobody may believe, while the genuine notices are still
// awaited: none is accepted, nothing is kept or changed, and nobody is asked.
func (w *world) forge(r *proof.Run, things []thing, forgeries func(try func(letter))) {
	ctx, asked := context.Background(), w.box.questions()
	before := w.fingerprints(things)
	forgeries(func(m letter) {
		r.Count("mutants", 1)
		switch a := send(w.handler, m); {
		case a.accepted():
			r.Count("accepted_forged", 1)
			w.T.Errorf("accepted: %q signed %q", m.raw, m.headers)
		case a.status >= 500 || a.reason == "":
			w.T.Errorf("answered %d %q: %q signed %q", a.status, a.reason, m.raw, m.headers)
		}
	})
	r.Count("accepted_forged", 0)
	for _, n := range notices(things) {
		if _, err := w.Read.ProviderNotice(ctx, "sandbox", n.ID); err == nil {
			w.T.Errorf("a forged notice is kept as %s", n.ID)
		}
	}
	if w.box.questions() != asked {
		w.T.Error("the provider was asked because of a forgery")
	}
	if after := w.fingerprints(things); after != before {
		w.T.Errorf("forgeries changed something: before %s after %s", before, after)
	}
}

func (w *world) fingerprints(things []thing) (s string) {
	for _, x := range things {
		all, _ := w.steps(x.object)
		s += fmt.Sprintf("%d steps, %s\n", all, w.fingerprint(x.order))
	}
	return s
}

// lie sends notices with good signatures and false words: they are taken, so that
// the provider stops, and change nothing. Those of the other mode are refused.
func (w *world) lie(r *proof.Run, things []thing) {
	before := w.fingerprints(things)
	for i, x := range things {
		other := things[(i+1)%len(things)].notices[0]
		for k, lie := range []func(*pay.Notice){
			func(n *pay.Notice) { n.Amount.Minor++ },
			func(n *pay.Notice) { n.Amount.Minor-- },
			func(n *pay.Notice) { n.Amount.Minor *= 100 },
			func(n *pay.Notice) { n.Amount.Minor = 1<<63 - 1 },
			func(n *pay.Notice) { n.Amount.Currency = "EUR" },
			func(n *pay.Notice) { n.ProviderRef = other.ProviderRef },
			func(n *pay.Notice) { n.Reference = "pay_0000000000001" }, // another merchant's
			func(n *pay.Notice) { n.Reference = w.hand.Reference },    // another provider's
			func(n *pay.Notice) { n.Reference += "-2" },               // a try there was not
			func(n *pay.Notice) { n.Reference, n.Amount.Minor = other.Reference, n.Amount.Minor+1 },
			func(n *pay.Notice) { n.About = "dispute" },
		} {
			n := renamed(x.notices[len(x.notices)-1], fmt.Sprintf("-lie-%d", k))
			lie(&n)
			r.Count("lies", 1)
			if a := send(w.handler, w.sign(n, secret)); !a.accepted() {
				w.T.Errorf("a signed notice was answered %d %s: %+v", a.status, a.reason, n)
			}
			if kept, err := w.Read.ProviderNotice(context.Background(), "sandbox", n.ID); n.About != "dispute" && (err != nil || kept.State == exam.HeardNews) {
				w.T.Errorf("a lie is kept as %+v, %v", kept, err)
			}
		}
		raw := []byte(`{"live":true,` + string(sandbox.Write(x.notices[0])[1:]))
		raw = append(raw[:len(raw)-1], `,"live":true}`...)
		if a := send(w.handler, letter{raw, []string{pay.Sign(secret, raw, w.Clock.Now())}}); a.status != 401 || a.reason != "notice_mode" {
			w.T.Errorf("a notice of the other mode was answered %d %s", a.status, a.reason)
		}
	}
	if after := w.fingerprints(things); after != before {
		w.T.Errorf("lies changed something: before %s after %s", before, after)
	}
}

// replay sends each genuine notice a hundred times at once, signed with either
// secret: each thing takes one step, by asking.
func (w *world) replay(r *proof.Run, things []thing) {
	const times = 100
	most := 0
	for _, x := range things {
		before, noticed := w.steps(x.object)
		var all sync.WaitGroup
		for _, n := range x.notices {
			letters := []letter{w.sign(n, secret), w.sign(n, secretOld)}
			r.Count("genuine", 1)
			for i := range times {
				all.Go(func() {
					if a := send(w.handler, letters[i%2]); !a.accepted() {
						w.T.Errorf("a genuine notice was answered %d %s", a.status, a.reason)
					}
				})
			}
		}
		all.Wait()
		after, by := w.steps(x.object)
		if after-before != 1 || by-noticed != 1 {
			w.T.Errorf("%d notices × %d made %d steps", len(x.notices), times, after-before)
		}
		if w.box.questions(x.notices[0].Reference) == 0 {
			w.T.Error("something changed and nobody was asked")
		}
		most = max(most, after-before)
		if o, err := w.Read.Order(context.Background(), w.root.Account, x.order.ID); err != nil || (o.State == exam.Paid) != x.paid {
			w.T.Errorf("the order is %s, %v", o.State, err)
		}
	}
	r.Set("effects/event", most)
	r.Count("replays", int64(times*len(notices(things))))
}

// comeLate sends a notice three days after it was made: as it was signed then it
// is refused, signed anew it has its effect.
func (w *world) comeLate(r *proof.Run) {
	o := w.order()
	n := charge(w.pays(o, sandbox.SettlesLate), pay.Succeeded)
	then := w.sign(n, secret)
	w.Clock.Move(72 * time.Hour)
	if a := send(w.handler, then); a.status != 401 || a.reason != "notice_time" {
		w.T.Errorf("an old signature was answered %d %s", a.status, a.reason)
	}
	if a := send(w.handler, w.sign(n, secret)); !a.accepted() {
		w.T.Errorf("a late notice was answered %d %s", a.status, a.reason)
	}
	if q, err := w.Read.Order(context.Background(), w.root.Account, o.ID); err != nil || q.State != exam.Paid {
		w.T.Errorf("after a late notice the order is %s, %v", q.State, err)
	}
	r.Count("late", 1)
}

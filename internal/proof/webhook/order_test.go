package webhook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// permutations are all orders of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// script is one order in which notices arrive: first six about how an order was
// paid, then six about that payment and its refund.
type script struct {
	turns          []int
	order          exam.Order
	declined, late exam.Payment
	refused, back  exam.Refund
}

// paying are six notices while the order is being paid, after a first try failed.
func (s *script) paying() []pay.Notice {
	lie := renamed(charge(s.late, pay.Succeeded), "-lie")
	lie.Amount.Minor += 100
	stranger := renamed(charge(s.late, pay.Succeeded), "-stranger")
	stranger.Reference += "-of-another"
	return []pay.Notice{charge(s.declined, pay.Failed), charge(s.late, pay.Pending), charge(s.late, pay.Succeeded), renamed(charge(s.late, pay.Succeeded), "-captured"), lie, stranger}
}

// refunding are six notices while the order is refunded, after a first try failed.
func (s *script) refunding() []pay.Notice {
	return []pay.Notice{renamed(charge(s.late, pay.Pending), "-again"), renamed(charge(s.late, pay.Succeeded), "-again"), refund(s.refused, pay.Failed),
		refund(s.back, pay.Pending), refund(s.back, pay.Succeeded), renamed(refund(s.back, pay.Succeeded), "-done")}
}

// reorder plays all 720 orders, in a quick run a ninth of them that chance takes,
// each on an order of its own. Halfway the provider
// decides; in the end it has been asked about what is open. Every script ends in
// the same state.
func (w *world) reorder(r *proof.Run) {
	var scripts []*script
	for i, turns := range permutations(6) {
		if r.Long() || uint64(i)%9 == r.Seed()%9 {
			scripts = append(scripts, &script{turns: turns})
		}
	}
	paid, back := map[string][]int{}, map[string][]int{}
	// An account has a limited number of orders that wait for their payment.
	for some := range slices.Chunk(scripts, exam.MaxPending-10) {
		if w.T.Failed() {
			return
		}
		w.pay(some)
		w.note(some, paid)
		w.refund(some)
		w.note(some, back)
	}
	for end := range back {
		if len(paid) != 1 || len(back) != 1 || !strings.Contains(end, "refund refunded") || !strings.Contains(end, "order paid") {
			w.T.Errorf("%d end states of payments, %d of refunds: %v %v", len(paid), len(back), paid, back)
		}
	}
	r.Set("orders", len(scripts))
	r.Set("end-states", max(len(paid), len(back)))
}

// note adds where scripts have come to.
func (w *world) note(scripts []*script, ends map[string][]int) {
	var mu sync.Mutex
	w.together(scripts, func(s *script) {
		end := w.fingerprint(s.order)
		mu.Lock()
		defer mu.Unlock()
		ends[end] = s.turns
	})
}

func (w *world) pay(scripts []*script) {
	ctx := context.Background()
	w.together(scripts, func(s *script) {
		s.order = w.order()
		s.declined = w.pays(s.order, sandbox.Decline)
		_, err := w.act.AskPayment(ctx, exam.TheSchedule(), s.declined)
		w.Must(err)
		s.late = w.pays(s.order, sandbox.SettlesLate)
	})
	w.play(scripts, (*script).paying)
	w.Must(w.act.AskOpenPayments(ctx, 0))
}

func (w *world) refund(scripts []*script) {
	ctx := context.Background()
	w.together(scripts, func(s *script) {
		s.refused = w.refunds(s.order, sandbox.Decline)
		_, err := w.act.AskRefund(ctx, exam.TheSchedule(), s.refused)
		w.Must(err)
		s.back = w.refunds(s.order, sandbox.SettlesLate)
	})
	w.play(scripts, (*script).refunding)
	w.Must(w.act.AskOpenRefunds(ctx, 0))
}

// play sends the first half of every script's notices, lets time pass until the
// provider has decided, and sends the others.
func (w *world) play(scripts []*script, notices func(*script) []pay.Notice) {
	half := func(turns func([]int) []int) {
		w.together(scripts, func(s *script) {
			all := notices(s)
			for _, i := range turns(s.turns) {
				if a := send(w.handler, w.sign(all[i], secret)); !a.accepted() {
					w.T.Errorf("a notice was answered %d %s: %+v", a.status, a.reason, all[i])
				}
			}
		})
	}
	half(func(t []int) []int { return t[:3] })
	w.Clock.Move(sandbox.Late)
	half(func(t []int) []int { return t[3:] })
}

// together does something for every script, some at a time.
func (w *world) together(scripts []*script, do func(*script)) {
	var all sync.WaitGroup
	free := make(chan struct{}, 16)
	for _, s := range scripts {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			do(s)
		})
	}
	all.Wait()
}

// fingerprint is what an order has come to, with its payments, refund and codes,
// and what its buyer was told. Steps on the way there, as "pending", are left out.
func (w *world) fingerprint(o exam.Order) string {
	ctx := context.Background()
	o, err := w.Read.Order(ctx, w.root.Account, o.ID)
	if err != nil {
		w.T.Error(err)
		return ""
	}
	s := fmt.Sprintf("order %s version %d;", o.State, o.Version)
	tries, err := w.Read.Payments(ctx, o.Account, o.ID)
	if err != nil {
		w.T.Error(err)
	}
	for _, p := range tries {
		s += fmt.Sprintf(" payment %s %s %s %v;", p.State, p.Detail, p.Amount, p.ProviderRef == sandbox.Number(pay.AboutCharge, p.Reference))
	}
	f, err := w.Read.RefundOf(ctx, o.Account, o.ID)
	if err != nil {
		w.T.Error(err)
	}
	s += fmt.Sprintf(" refund %s %s try %d of %s for %d;", f.State, f.Detail, f.Try, f.Amount, f.Count)
	codes, err := w.Read.Codes(ctx, o.Account, store.CodeFilter{Order: o.ID}, w.Clock.Now(), store.Page{Limit: store.MaxLimit})
	if err != nil {
		w.T.Error(err)
	}
	for _, c := range codes.Items {
		s += fmt.Sprintf(" code %s version %d;", c.State, c.Version)
	}
	return s
}

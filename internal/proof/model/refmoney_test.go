package model

import (
	"slices"
	"time"

	"examcode/internal/exam"
)

// buy places an order.
func (m *reference) buy(p *person, quantity int) string {
	if word := m.company(p, exam.BuyCodes, "buyer_not_root", true); word != "" {
		return word
	}
	pending := 0
	for _, o := range m.orders {
		if o.state == "pending" {
			pending++
		}
	}
	switch {
	case pending >= 50:
		return "too_many_pending"
	case quantity < 1 || quantity > m.most:
		return "quantity_out_of_range"
	}
	m.orders = append(m.orders, &order{buyer: p, quantity: quantity, state: "pending", placed: m.now, reminders: map[int]string{}})
	return ""
}

// live is the payment of an order that is, or may become, money.
func (o *order) live() *payment {
	i := slices.IndexFunc(o.payments, func(p *payment) bool { return p.state != "failed" })
	if i < 0 {
		return nil
	}
	return o.payments[i]
}

// startPayment stores the intent to pay.
func (m *reference) startPayment(p *person, o *order, provider string) string {
	switch {
	case provider != "sandbox" && provider != "transfer":
		return "provider_unknown"
	case p.removed:
		return "not_signed_in"
	case p.kind != "company":
		return "not_found"
	}
	if word := m.company(p, exam.BuyCodes, "buyer_not_root", false); word != "" {
		return word
	}
	switch {
	case o.state == "closed":
		return "order_closed"
	case o.state != "pending":
		return "order_not_pending"
	case o.live() != nil:
		return "payment_in_flight"
	}
	o.payments = append(o.payments, &payment{provider: provider, state: "unknown"})
	return ""
}

// learnPayment takes in what the provider said.
func (m *reference) learnPayment(o *order, y *payment, said string) {
	if y.state == "succeeded" || y.state == "failed" || said == "unknown" {
		return
	}
	y.state = said
	if said == "succeeded" {
		o.state, o.paid, o.ends = "paid", m.now, m.endOf(m.now)
		for range o.quantity {
			o.codes = append(o.codes, &code{order: o, state: "unused", gen: 1, knew: map[*person]bool{}})
		}
	}
}

func (m *reference) confirmTransfer(p *person, o *order, y *payment, exact bool) string {
	if word := m.staff(p); word != "" {
		return word
	}
	switch {
	case y.provider != "transfer":
		return "payment_not_by_hand"
	case y.state != "pending":
		return "payment_not_waiting"
	case !exact:
		return "payment_amount_differs"
	}
	m.learnPayment(o, y, "succeeded")
	return ""
}

func (m *reference) cancelOrder(p *person, o *order) string {
	switch {
	case p.removed:
		return "not_signed_in"
	case p.kind != "company":
		return "not_found"
	case !p.root && p.rights&exam.BuyCodes == 0:
		return "buyer_not_root"
	case o.state != "pending":
		return "order_not_pending"
	}
	if y := o.live(); y != nil {
		if y.provider != "transfer" {
			return "payment_in_flight"
		}
		y.state = "failed"
	}
	o.state = "closed"
	return ""
}

func (m *reference) closeUnpaid() int {
	n := 0
	for _, o := range m.orders {
		if o.state == "pending" && o.live() == nil && !m.now.Before(o.placed.Add(24*time.Hour)) {
			o.state = "closed"
			n++
		}
	}
	return n
}

// plan is what a refund would be now; chosen is nil for all that is unused.
func (m *reference) plan(p *person, o *order, chosen []*code) (in []*code, refused string) {
	for _, c := range o.codes {
		free := c.is(m.now) == "unused" || m.wrong == "bound codes are refunded" && c.is(m.now) == "bound"
		if free && (chosen == nil || slices.Contains(chosen, c)) {
			in = append(in, c)
		}
	}
	switch {
	case !p.root && p.rights&exam.RefundCodes == 0:
		return in, "not_allowed"
	case o.state != "paid":
		return in, "order_not_paid"
	case o.refund != nil && o.refund.state != "failed":
		return in, "refund_already_made"
	case o.over(m.now):
		return in, "order_expired"
	case chosen != nil && len(in) != len(chosen):
		return in, "refund_choice"
	case len(in) == 0:
		return in, "nothing_to_refund"
	}
	return in, ""
}

// askRefund stores the intent to give money back.
func (m *reference) askRefund(p *person, o *order, chosen []*code, stale bool, simulate string) string {
	switch {
	case p.removed:
		return "not_signed_in"
	case p.kind != "company":
		return "not_found"
	}
	in, refused := m.plan(p, o, chosen)
	if refused == "refund_choice" || refused == "nothing_to_refund" || refused == "" {
		if stale {
			return "changed_meanwhile"
		}
	}
	if refused != "" {
		return refused
	}
	if simulate != "" && (o.live().provider == "transfer" || !knownWord(simulate)) {
		return "simulate_unknown"
	}
	if o.refund == nil {
		o.refund = &refund{}
	}
	f := o.refund
	f.try++
	f.codes, f.amount, f.by, f.state, f.answer = in, m.price*int64(len(in)), o.live().provider, "refunding", "unknown"
	if f.amount > m.held {
		f.state, f.answer = "review", ""
	}
	for _, c := range in {
		c.move("refunding")
	}
	return ""
}

// failRefund puts the codes back; those of an ended order expire at once.
func (m *reference) failRefund(o *order) {
	o.refund.state = "failed"
	for _, c := range o.refund.codes {
		c.move("unused")
		if o.over(m.now) {
			c.expire()
		}
	}
}

func (m *reference) doneRefund(o *order) {
	o.refund.state = "refunded"
	for _, c := range o.refund.codes {
		c.move("refunded")
	}
}

// learnRefund takes in what the provider said about the present try.
func (m *reference) learnRefund(o *order, said string) {
	if o.refund.state != "refunding" || said == "unknown" {
		return
	}
	o.refund.answer = said
	switch said {
	case "succeeded":
		m.doneRefund(o)
	case "failed":
		m.failRefund(o)
	}
}

// review approves or declines a refund that waits for it.
func (m *reference) review(p *person, o *order, approve bool, why string) string {
	if word := m.staff(p); word != "" {
		return word
	}
	switch {
	case o.refund.state != "review":
		return "refund_not_in_review"
	case approve:
		o.refund.state, o.refund.answer = "refunding", "unknown"
		return ""
	case why == "":
		return "reason_missing"
	}
	m.failRefund(o)
	return ""
}

// byHand notes what became of a refund that people send.
func (m *reference) byHand(p *person, o *order, sent, exact bool, why string) string {
	if word := m.staff(p); word != "" {
		return word
	}
	switch {
	case o.refund.by != "transfer":
		return "refund_not_by_hand"
	case o.refund.state != "refunding":
		return "refund_not_waiting"
	case sent && !exact:
		return "refund_amount_differs"
	case !sent && why == "":
		return "reason_missing"
	case sent:
		m.doneRefund(o)
	default:
		m.failRefund(o)
	}
	return ""
}

package crash

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"examcode/internal/exam"
)

// teller is a client: a company that buys and an examinee who redeems, with a
// subject of their own, so that nobody else changes their things.
type teller struct {
	ledger
	n                int
	buyer, examinee  string // API keys
	account, subject int64
	subjectID        string
	session          string
	dice             *rand.Rand
	calls            int
	in               *estate

	unpaid       []thing // orders whose story was cut before they were paid
	code         thing   // what the examinee holds, if anything
	registration string  // with it
	bad          []string
}

func (w *teller) badly(format string, args ...any) {
	w.bad = append(w.bad, fmt.Sprintf("client %d: ", w.n)+fmt.Sprintf(format, args...))
}

// change makes a call that changes something. ok is false when the story cannot
// go on: there was no answer, or the call was refused.
func (w *teller) change(a ask) (got answer, ok bool) {
	if a.method == http.MethodPost && a.key == "" {
		w.calls++
		a.key = fmt.Sprintf("%d-%d-%d", w.n, w.in.epoch, w.calls)
	}
	w.expect(&a)
	got = call(w.in.somewhere(w.dice), a.token, a.method, a.path, a.body, a.key)
	switch {
	case got.unsure():
		w.open = &a
		return got, false
	case got.code >= 200 && got.code < 300:
		w.in.acked.Add(1)
		if !w.underWay(&a, got) {
			w.done(&a)
		}
		w.learn(&a, got)
		return got, true
	}
	w.refused(&a)
	if got.code != http.StatusTooManyRequests && !w.in.lenient {
		w.badly("%s %s was refused: %d %s", a.method, a.path, got.code, got.body)
	}
	return got, false
}

// underWay tells whether a call has begun what ends by itself: a payment.
func (w *teller) underWay(a *ask, got answer) bool {
	return strings.HasSuffix(a.path, "/pay") && got.text("state") != "succeeded"
}

// learn notes what a call has made.
func (w *teller) learn(a *ask, got answer) {
	switch a.makes {
	case "order":
		w.things[thing{"order", int64(exam.ParseID[exam.OrderID](got.text("id")))}] = promise{is: a.made}
	case "registration":
		w.registration = got.text("id")
		w.things[w.registered()] = promise{is: a.made}
	case "export":
		w.things[thing{"export", int64(exam.ParseID[exam.ExportID](got.text("id")))}] = promise{is: a.made}
	case "refund":
		w.things[thing{"refund", a.order}] = promise{is: a.made}
	}
}

func (w *teller) registered() thing {
	return thing{"registration", int64(exam.ParseID[exam.RegistrationID](w.registration))}
}

// read makes a call that changes nothing worth keeping.
func (w *teller) read(method, path string) (answer, bool) {
	got := call(w.in.somewhere(w.dice), w.buyer, method, path, "", "")
	if !got.unsure() && got.code != http.StatusOK && !w.in.lenient {
		w.badly("%s %s: %d %s", method, path, got.code, got.body)
	}
	return got, got.code == http.StatusOK
}

// with is a code's state and generation as the ledger writes them.
func with(state string, generation int) string { return state + "/" + strconv.Itoa(generation) }

func (w *teller) generation(n thing) int {
	_, g, _ := strings.Cut(w.things[n].is, "/")
	v, _ := strconv.Atoi(g)
	return v
}

// story buys three codes, follows one of them and may give the others back; now and
// then it buys many.
func (w *teller) story() bool {
	if !w.putAway() {
		return false
	}
	for len(w.unpaid) > 0 {
		order := w.unpaid[0]
		w.unpaid = w.unpaid[1:]
		if _, ok := w.pay("/orders/"+exam.OrderID(order.id).String(), order); !ok {
			return false
		}
	}
	if w.dice.IntN(8) == 0 {
		_, _, _, ok := w.buy(3_500)
		return ok
	}
	path, order, paid, ok := w.buy(3)
	if !ok || !paid {
		return ok
	}
	codes, ok := w.codes(path)
	if !ok {
		return false
	}
	if w.dice.IntN(2) == 0 && !w.regenerate(codes[0]) {
		return false
	}
	if !w.redeem(codes[0]) {
		return false
	}
	if w.dice.IntN(2) == 0 && !w.refund(path, order.id, codes[1:]) {
		return false
	}
	return w.dice.IntN(6) > 0 || w.export()
}

// buy orders codes and pays for them; many are issued in parts, some of them while
// servers are killed.
func (w *teller) buy(quantity int) (path string, order thing, paid, ok bool) {
	body := `{"subject_id":"` + w.subjectID + `","quantity":` + strconv.Itoa(quantity) + `}`
	got, ok := w.change(ask{token: w.buyer, method: "POST", path: "/orders", body: body, makes: "order", made: "pending"})
	if !ok {
		return path, order, false, false
	}
	path = "/orders/" + got.text("id")
	order = thing{"order", int64(exam.ParseID[exam.OrderID](got.text("id")))}
	paid, ok = w.pay(path, order)
	return path, order, paid, ok
}

// pay pays an order; now and then the money comes late.
func (w *teller) pay(path string, order thing) (paid, ok bool) {
	a := ask{token: w.buyer, method: "POST", path: path + "/pay", body: `{"provider":"sandbox"}`, effects: []effect{{order, "paid"}}}
	if w.in.long && w.dice.IntN(8) == 0 {
		a.body = `{"provider":"sandbox","simulate":"late"}`
	}
	got, ok := w.change(a)
	return got.text("state") == "succeeded", ok
}

func (w *teller) codes(path string) (codes []thing, ok bool) {
	got, ok := w.read("GET", path+"/codes")
	if !ok {
		return nil, false
	}
	var list struct {
		Items []struct {
			ID exam.CodeID `json:"-"`
			S  string      `json:"id"`
		} `json:"items"`
	}
	if err := json.Unmarshal(got.body, &list); err != nil || len(list.Items) != 3 {
		if !w.in.lenient {
			w.badly("%d codes of 3, %v", len(list.Items), err)
		}
		return nil, false
	}
	for _, c := range list.Items {
		n := thing{"code", int64(exam.ParseID[exam.CodeID](c.S))}
		w.things[n] = promise{is: with("unused", 1)}
		codes = append(codes, n)
	}
	return codes, true
}

func pathOf(code thing) string { return "/codes/" + exam.CodeID(code.id).String() }

func (w *teller) regenerate(code thing) bool {
	_, ok := w.change(ask{token: w.buyer, method: "POST", path: pathOf(code) + "/regenerate", effects: []effect{{code, with("unused", w.generation(code)+1)}}})
	return ok
}

// redeem redeems a code and takes a seat, and gives both back half of the time.
func (w *teller) redeem(code thing) bool {
	got, ok := w.read("POST", pathOf(code)+"/reveal")
	if !ok {
		return false
	}
	w.code, w.registration = code, ""
	g := w.generation(code)
	if _, ok := w.change(ask{token: w.examinee, method: "POST", path: "/registrations", body: fmt.Sprintf(`{"subject_id":%q,"code":%q,"exam_type":"online"}`, w.subjectID, got.text("text")),
		effects: []effect{{code, with("bound", g)}}, makes: "registration", made: "registered"}); !ok {
		return false
	}
	if _, ok := w.change(ask{token: w.examinee, method: "PUT", path: "/registrations/" + w.registration + "/reservation", body: `{"session_id":"` + w.session + `"}`,
		effects: []effect{{code, with("reserved", g)}, {w.registered(), "reserved"}}}); !ok {
		return false
	}
	return w.dice.IntN(2) == 0 || w.putAway()
}

// putAway gives back what the examinee holds.
func (w *teller) putAway() bool {
	if w.code == (thing{}) {
		return true
	}
	g := w.generation(w.code)
	switch state, _, _ := strings.Cut(w.things[w.code].is, "/"); state {
	case "reserved":
		if _, ok := w.change(ask{token: w.examinee, method: "DELETE", path: "/registrations/" + w.registration + "/reservation",
			effects: []effect{{w.code, with("bound", g)}, {w.registered(), "registered"}}}); !ok {
			return false
		}
		fallthrough
	case "bound":
		if _, ok := w.change(ask{token: w.buyer, method: "POST", path: pathOf(w.code) + "/unbind",
			effects: []effect{{w.code, with("unused", g)}, {w.registered(), "cancelled"}}}); !ok {
			return false
		}
	}
	w.code, w.registration = thing{}, ""
	return true
}

// refund gives some codes of an order back; now and then the money goes late.
func (w *teller) refund(path string, order int64, codes []thing) bool {
	a := ask{token: w.buyer, method: "POST", path: path + "/refund", makes: "refund", made: "refunded", order: order}
	var ids []string
	for _, c := range codes {
		ids = append(ids, strconv.Quote(exam.CodeID(c.id).String()))
		a.effects = append(a.effects, effect{c, with("refunded", w.generation(c))})
	}
	a.body = `{"code_ids":[` + strings.Join(ids, ",") + `]`
	if w.in.long && w.dice.IntN(4) == 0 {
		a.body += `,"simulate":"late"`
	}
	a.body += "}"
	_, ok := w.change(a)
	return ok
}

func (w *teller) export() bool {
	got, ok := w.change(ask{token: w.buyer, method: "POST", path: "/exports", body: `{"kind":"codes","format":"csv"}`, makes: "export", made: "asked"})
	return ok || got.code == http.StatusTooManyRequests // three at once
}

// resolve asks again what was not answered.
func (w *teller) resolve(there map[thing]string) {
	a := w.open
	if a == nil {
		return
	}
	w.open = nil
	w.in.run.Count("unknown", 1)
	if a.key == "" && there[a.effects[0].on] == a.effects[0].is {
		w.in.run.Count("landed", 1)
		w.done(a)
		return
	}
	got := call(w.in.somewhere(w.dice), a.token, a.method, a.path, a.body, a.key)
	switch {
	case got.lost():
		w.in.run.Count("landed", 1)
		w.adopt(a, there)
	case got.code >= 200 && got.code < 300:
		if got.replayed {
			w.in.run.Count("landed", 1)
		}
		w.in.acked.Add(1)
		if !w.underWay(a, got) {
			w.done(a)
		}
		w.learn(a, got)
		if a.makes == "order" {
			w.unpaid = append(w.unpaid, thing{"order", int64(exam.ParseID[exam.OrderID](got.text("id")))})
		}
	case got.code == http.StatusTooManyRequests:
		w.refused(a)
	default:
		w.badly("%s %s asked again: %d %s", a.method, a.path, got.code, got.body)
	}
}

// adopt takes what a call has made whose answer was lost: it is there, and once.
func (w *teller) adopt(a *ask, there map[thing]string) {
	if w.underWay(a, answer{}) {
		return // what there is says how far it came
	}
	w.done(a)
	if a.makes == "" {
		return
	}
	surplus := w.surplus(there, a.makes)
	if len(surplus) != 1 {
		w.badly("%s %s was carried out and left %v", a.method, a.path, surplus)
		return
	}
	w.things[surplus[0]] = promise{is: there[surplus[0]]}
	if a.makes == "order" {
		w.unpaid = append(w.unpaid, surplus[0])
	}
	if a.makes == "registration" {
		w.registration = exam.RegistrationID(surplus[0].id).String()
	}
}

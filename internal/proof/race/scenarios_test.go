package race

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"examcode/internal/exam"
	"examcode/internal/fault"
)

// scenario is a race for one thing: all its shots at one moment, and how many of
// them may win.
type scenario struct {
	name  string
	shots []shot
	won   func([]reply) int // nil counts
	then  func(replicas []*replica, replies []reply) []string
}

const post = http.MethodPost

// times repeats a shot.
func times(n int, s shot) []shot {
	all := make([]shot, n)
	for i := range all {
		all[i] = s
	}
	return all
}

// made counts the different things that were made or answered.
func made(replies []reply) int {
	ids := map[string]bool{}
	for _, r := range replies {
		if r.won() {
			ids[r.id] = true
		}
	}
	return len(ids)
}

func (w *world) redeem(i int, b bought, code int) shot {
	who := w.examinees[i%people]
	return shot{key: w.key(who), method: post, path: "/registrations",
		body: map[string]any{"subject_id": b.subject.ID.String(), "code": b.texts[code], "exam_type": "online"}}
}

func (w *world) reserve(who exam.Actor, g exam.Registration, n exam.SessionID) shot {
	return shot{key: w.key(who), method: http.MethodPut, path: "/registrations/" + g.ID.String() + "/reservation", body: map[string]any{"session_id": n.String()}}
}

func (w *world) code(verb string, c exam.CodeID) shot {
	return shot{key: w.key(w.root), method: post, path: "/codes/" + c.String() + "/" + verb}
}

func (w *world) order(verb string, o exam.OrderID, body any) shot {
	return shot{key: w.key(w.root), method: post, path: "/orders/" + o.String() + "/" + verb, body: body}
}

// scenarios makes what every race is about.
func (w *world) scenarios() []scenario {
	var all []scenario
	race := func(name string, shots ...[]shot) *scenario {
		s := scenario{name: name}
		for _, some := range shots {
			s.shots = append(s.shots, some...)
		}
		all = append(all, s)
		return &all[len(all)-1]
	}
	one, two := w.examinees[0], w.examinees[1]
	pay := map[string]any{"provider": "sandbox"}

	b := w.buy(1)
	var crowd []shot
	for i := range 2 * people {
		crowd = append(crowd, w.redeem(i, b, 0))
	}
	race("redeem × 64", crowd)

	b = w.buy(5)
	race("refund × 16", times(16, w.order("refund", b.order.ID, map[string]any{})))

	b = w.buy(1)
	race("refund × redeem", times(8, w.order("refund", b.order.ID, map[string]any{})), times(4, w.redeem(2, b, 0)), times(4, w.redeem(3, b, 0)))

	b = w.buy(1)
	g, n := w.redeemed(one, b, 0), w.session(b, 5)
	race("unbind × reserve", times(8, w.code("unbind", b.codes[0])), []shot{w.reserve(one, g, n)})

	b = w.buy(1)
	race("regenerate × redeem", []shot{w.code("regenerate", b.codes[0])}, times(4, w.redeem(4, b, 0)), times(4, w.redeem(5, b, 0)))

	b = w.buy(1)
	w.redeemed(two, b, 0)
	race("unbind × unbind", times(16, w.code("unbind", b.codes[0])))

	b = w.buy(people)
	n = w.session(b, 1)
	crowd = nil
	for i, who := range w.examinees {
		crowd = append(crowd, w.reserve(who, w.redeemed(who, b, i), n))
	}
	race("last seat × 32", crowd)

	b = w.buy(8)
	n = w.session(b, 8)
	crowd = times(4, shot{key: w.key(w.admin), method: post, path: "/sessions/" + n.String() + "/cancel", body: map[string]any{"reason": "no power"}})
	for i, who := range w.examinees[:8] {
		s := w.reserve(who, w.redeemed(who, b, i), n)
		s.aside = true
		crowd = append(crowd, s)
	}
	race("cancel session × reserve", crowd)

	b = w.buy(1)
	g, n = w.redeemed(one, b, 0), w.session(b, 1)
	_, err := w.h.Actions.Reserve(context.Background(), one, g.ID, n)
	w.h.Must(err)
	race("give the seat back × 16", times(16, shot{key: w.key(one), method: http.MethodDelete, path: "/registrations/" + g.ID.String() + "/reservation"}))

	o := w.pending()
	race("close order × pay", times(8, w.order("cancel", o.ID, nil)), times(8, w.order("pay", o.ID, pay)))
	o = w.pending()
	race("pay × 16", times(16, w.order("pay", o.ID, pay)))

	once := shot{key: w.key(w.root), method: post, path: "/orders", once: "order " + w.h.Subject().ID.String(), body: map[string]any{"subject_id": b.subject.ID.String(), "quantity": 2}}
	race("idempotency key × 32", times(32, once)).won = made
	all[len(all)-1].then = again(once)
	once = shot{key: w.key(w.root), method: post, path: "/exports", once: "export " + b.order.ID.String(), body: map[string]any{"kind": "codes", "format": "csv", "filter": map[string]any{"order_id": b.order.ID.String()}}}
	race("export asked for × 16", times(16, once)).won = made
	all[len(all)-1].then = again(once)

	all = append(all, w.invitation(), w.revoked())
	return all
}

// again asks once more when all is over: the answer must be the one that was
// given.
func again(s shot) func([]*replica, []reply) []string {
	return func(to []*replica, replies []reply) []string {
		last := s.send(to[len(to)-1])
		for _, r := range replies {
			if r.won() && r.body != last.body {
				return []string{fmt.Sprintf("one key, two answers: %s and %s", r.body, last.body)}
			}
		}
		return nil
	}
}

// invitation is taken by many at once.
func (w *world) invitation() scenario {
	email := "invited." + w.h.Subject().ID.String() + "@people.example"
	_, err := w.h.Actions.InviteMember(context.Background(), w.root, email, exam.ViewCodes, "en")
	w.h.Must(err)
	token := w.link(email, "/invitation")
	form := url.Values{"name": {"Invited"}, "password": {"a long enough pass phrase"}, "again": {"a long enough pass phrase"}}
	return scenario{name: "invitation × 8", shots: times(8, shot{method: post, path: "/invitation", cookie: "link=" + token, body: form})}
}

// revoked: a member changes codes while the right to do so is taken away. What
// they begin after the answer is refused; what was done is dated before.
func (w *world) revoked() scenario {
	err := w.h.Actions.ChangeRights(context.Background(), w.root, w.clerk.Person, exam.ViewCodes|exam.ManageCodes, 0)
	if err != nil && fault.Of(err).Reason != "rights_unchanged" {
		w.h.Must(err)
	}
	b := w.buy(16)
	var shots []shot
	for i, c := range b.codes {
		s := w.code("regenerate", c)
		s.key, s.aside = w.key(w.clerk), true
		shots = append(shots, s)
		if i%4 == 1 {
			shots = append(shots, shot{key: w.key(w.root), method: http.MethodPatch, path: "/members/" + w.clerk.Person.String(), body: map[string]any{"rights": []string{"view"}}})
		}
	}
	return scenario{name: "right taken away × use", shots: shots, then: func(to []*replica, replies []reply) []string {
		after := fire(to, shots[:1])
		if after[0].status != http.StatusForbidden {
			return []string{fmt.Sprintf("a right that was taken away still works: %d", after[0].status)}
		}
		return nil
	}}
}

package mail

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/mail"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

func TestMail(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		r := proof.Begin(t, "mail", string(d.Engine()), 12)
		w := newWorld(t, r, store.New(d, id.NewSource(0, time.Now)), 5)
		pauses := []time.Duration{time.Minute, 6 * time.Minute, time.Hour, 7 * time.Hour, 48 * time.Hour}
		for r.Next() {
			w.weather()
			w.happen()
			w.send(1 + w.dice.IntN(3))
			w.Clock.Move(pauses[w.dice.IntN(len(pauses))])
		}
		w.heal()
		for what, n := range w.complaints(d) {
			t.Errorf("%s: %v", what, n)
		}
		if !t.Failed() {
			w.figures(d)
			w.fair()
			w.liar(d)
		}
	})
}

// heal lets the server take everything and time pass until nothing is owed.
func (w *world) heal() {
	w.t.Helper()
	w.server.Down(false)
	w.server.Forget()
	for range 60 {
		w.send(1)
		w.Clock.Move(2 * time.Hour)
	}
}

// promise is what is kept of a mail that was owed.
type promise struct{ id, state, detail string }

func (w *world) promises(d *db.DB) (all []promise) {
	w.t.Helper()
	rows, err := d.Read().Query(context.Background(), "SELECT id, state, detail FROM owed WHERE channel IN ('mail', 'letter', 'link') ORDER BY id")
	w.Must(err)
	defer rows.Close()
	for rows.Next() {
		var id exam.OwedID
		var p promise
		w.Must(rows.Scan(&id, &p.state, &p.detail))
		p.id = id.String()
		all = append(all, p)
	}
	w.Must(rows.Err())
	return all
}

// complaints compares what was owed with what arrived.
func (w *world) complaints(d *db.DB) map[string][]string {
	w.t.Helper()
	found := map[string][]string{}
	copies, _ := w.arrived()
	twice := 0
	for _, p := range w.promises(d) {
		n := copies[p.id]
		delete(copies, p.id)
		twice += max(n-1, 0)
		switch {
		case p.state == "sent" && n == 0:
			found["missing"] = append(found["missing"], p.id)
		case p.state == "owed":
			found["still owed"] = append(found["still owed"], p.id+" "+p.detail)
		case p.state != "sent" && p.detail == "":
			found["ended without a reason"] = append(found["ended without a reason"], p.id+" "+p.state)
		}
	}
	for id := range copies {
		found["nobody owes it"] = append(found["nobody owes it"], id)
	}
	if twice > w.cuts {
		found["sent twice"] = []string{fmt.Sprintf("%d copies too many with %d lines cut", twice, w.cuts)}
	}
	return found
}

// figures fills in the line.
func (w *world) figures(d *db.DB) {
	w.t.Helper()
	for _, state := range []string{"owed", "sent", "superseded", "cancelled", "dead"} {
		w.run.Count(state, 0)
	}
	copies, order := w.arrived()
	for _, p := range w.promises(d) {
		w.run.Count("owed", 1)
		w.run.Count(p.state, 1)
	}
	w.run.Set("missing", 0)
	w.run.Set("duplicates", len(order)-len(copies))
	w.run.Set("cuts", w.cuts)
}

// window is among how many mails that are due the longest turns are dealt.
const window = 5000

// fair lets one company owe many mails, and five others one each after it.
func (w *world) fair() {
	w.t.Helper()
	many := 300
	if w.run.Long() {
		many = 10_000
	}
	before := len(w.server.Messages())
	o, _ := w.Buy(w.roots[0], w.subject, 1)
	w.tell(w.roots[0], o, many)
	w.Clock.Move(time.Second)
	others := map[exam.OrderID]bool{}
	for _, root := range w.roots[1:] {
		w.Must(w.Actions.ChooseMail(context.Background(), root, nil))
		o, _ := w.Buy(root, w.subject, 1)
		others[o.ID] = true
	}
	emails := map[string]bool{}
	for _, e := range w.emails[1:] {
		emails[e] = true
	}
	w.send(1)
	last := 0
	for i, m := range w.server.Messages()[before:] {
		if slices.ContainsFunc(m.To, func(to string) bool { return emails[to] }) {
			last = i
		}
	}
	allowed := max(0, many-window) + 100
	w.run.Set("behind", last)
	if last == 0 || last > allowed {
		w.t.Errorf("mails of others were sent after %d of one company, at most %d are allowed", last, allowed)
	}
}

// liar says of every mail that it is sent.
type liar struct{}

func (liar) Send(context.Context, mail.Message) error { return nil }

// liar is the control: mails that were said to be sent have to be missed.
func (w *world) liar(d *db.DB) {
	w.t.Helper()
	w.through(liar{})
	w.Buy(w.roots[1], w.subject, 1)
	w.send(1)
	if len(w.complaints(d)["missing"]) == 0 {
		w.t.Error("CONTROL: mails that were never sent are not missed")
		return
	}
	w.run.Set("control", "caught")
}

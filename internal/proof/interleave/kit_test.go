package interleave

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
)

// world is one program and the people who act in it.
type world struct {
	scheduler
	run   *proof.Run
	h     *actiontest.House
	root  exam.Actor
	clerk exam.Actor // a member who may manage codes, until that is taken away
	staff exam.Actor
	one   exam.Actor
	two   exam.Actor
	past  map[string]*action.Service
}

// begins says how long before now the things of a start were made: late enough
// that a session has begun, or the order has ended.
var begins = map[string]time.Duration{"begun": 30 * 24 * time.Hour, "ended": 370 * 24 * time.Hour}

func newWorld(t *testing.T, run *proof.Run, d *db.DB) *world {
	t.Helper()
	h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	h.Spoiled = proof.Unguarded()
	h.Clock.Set(actiontest.Start.AddDate(-3, 0, 0))
	w := &world{scheduler: scheduler{t: t, d: d}, run: run, h: h, root: h.Company(true), past: map[string]*action.Service{}}
	var ready sync.WaitGroup
	ready.Go(func() { w.one = h.Examinee(true) })
	ready.Go(func() { w.two = h.Examinee(true) })
	ready.Go(func() { w.clerk = h.Member(w.root, exam.ViewCodes|exam.ManageCodes) })
	ready.Wait()
	w.staff = h.Admin
	for start, before := range begins {
		w.past[start] = h.Service(func(c *action.Config) { c.Now = func() time.Time { return actiontest.Start.Add(-before) } })
	}
	h.Clock.Set(actiontest.Start)
	return w
}

// kit is what two commands are about: an order of three codes, the first held by
// one, the second by two, the third unused, as far as the start says so; and two
// sessions, the first of one seat.
type kit struct {
	subject  exam.Subject
	order    exam.Order
	fresh    exam.OrderID // of one code more, where the order has ended
	codes    []exam.CodeID
	texts    []string
	regs     [2]exam.RegistrationID
	sessions [2]exam.SessionID
}

// starts are the states that kits begin in; "unused" codes are all free,
// "reserved" means that the first one holds the seat.
var starts = []string{"pending", "unused", "bound", "reserved", "begun", "ended"}

func (w *world) kit(start string) *kit {
	h, ctx, k := w.h, context.Background(), &kit{}
	made, at := h.Actions, actiontest.Start
	if s := w.past[start]; s != nil {
		made, at = s, at.Add(-begins[start])
	}
	h.Must(h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EndOver(ctx, exam.KeptTries, actiontest.Start.AddDate(9, 0, 0), 100_000) // limits are not the question here
		return err
	}))
	if err := h.Actions.ChangeRights(ctx, w.root, w.clerk.Person, exam.ViewCodes|exam.ManageCodes, 0); err != nil && fault.Of(err).Reason != "rights_unchanged" {
		h.Must(err)
	}
	k.subject = h.Subject()
	for i, seats := range []int{1, 5} {
		n, err := made.AddSession(ctx, w.staff, exam.Session{Subject: k.subject.ID, ExamType: exam.Online, Starts: at.Add(time.Duration(25+i) * 24 * time.Hour), Duration: time.Hour, Zone: "UTC", Seats: seats})
		h.Must(err)
		k.sessions[i] = n.ID
	}
	var err error
	k.order, err = made.BuyCodes(ctx, w.root, k.subject.ID, 3)
	h.Must(err)
	if start == "pending" {
		return k
	}
	_, err = made.PayOrder(ctx, w.root, k.order.ID, "sandbox", "", "")
	h.Must(err)
	k.texts = h.Texts(k.order)
	for _, c := range h.Codes(k.order) {
		k.codes = append(k.codes, c.ID)
	}
	if start == "unused" {
		return k
	}
	for i, who := range []exam.Actor{w.one, w.two} {
		g, err := made.RedeemCode(ctx, who, action.Redemption{Subject: k.subject.ID, Text: k.texts[i], ExamType: exam.Online})
		h.Must(err)
		k.regs[i] = g.ID
	}
	if start == "ended" { // and a code of an order that lives
		fresh, texts := h.Buy(w.root, k.subject, 1)
		k.fresh, k.texts = fresh.ID, append(k.texts, texts...)
	}
	if start != "bound" {
		_, err := made.Reserve(ctx, w.one, k.regs[0], k.sessions[0])
		h.Must(err)
	}
	return k
}

// picture is all that is stored about a kit, without its ids.
func (w *world) picture(k *kit) string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	read := func(into func(db.Rows) error, text string, args ...any) {
		rows, err := w.d.Read().Query(context.Background(), text, args...)
		w.h.Must(err)
		defer rows.Close()
		for rows.Next() {
			w.h.Must(into(rows))
		}
		w.h.Must(rows.Err())
	}
	name := func(person int64) string {
		return map[int64]string{0: "-", int64(w.one.Person): "one", int64(w.two.Person): "two"}[person]
	}
	place := func(session int64) int { return 1 + slices.Index(k.sessions[:], exam.SessionID(session)) }
	order := int64(k.order.ID)
	read(func(r db.Rows) error {
		var state string
		var version int64
		err := r.Scan(&state, &version)
		say("order %s v%d", state, version)
		return err
	}, "SELECT o.state, o.version FROM orders o WHERE o.id = $1 OR o.id = $2", order, int64(k.fresh))
	read(func(r db.Rows) error {
		var c, generation, version, holder int64
		var state string
		err := r.Scan(&c, &state, &generation, &version, &holder)
		say("code %d %s g%d v%d %s", slices.Index(k.codes, exam.CodeID(c)), state, generation, version, name(holder))
		return err
	}, "SELECT c.id, c.state, c.generation, c.version, COALESCE(c.holder_id, 0) FROM code c WHERE c.order_id = $1", order)
	read(func(r db.Rows) error {
		var c, person, session, version int64
		var state string
		err := r.Scan(&c, &person, &session, &version, &state)
		say("registration of %d by %s %s s%d v%d", slices.Index(k.codes, exam.CodeID(c)), name(person), state, place(session), version)
		return err
	}, "SELECT g.code_id, g.person_id, COALESCE(g.session_id, 0), g.version, g.state FROM registration g WHERE g.order_id = $1 OR g.order_id = $2", order, int64(k.fresh))
	read(func(r db.Rows) error {
		var n, taken, version int64
		err := r.Scan(&n, &taken, &version)
		say("session %d taken %d v%d", place(n), taken, version)
		return err
	}, "SELECT n.id, n.taken, n.version FROM session n WHERE n.subject_id = $1", int64(k.subject.ID))
	for what, text := range map[string]string{
		"refund":  "SELECT f.state, f.codes FROM refund f WHERE f.order_id = $1",
		"payment": "SELECT p.state, COUNT(*) FROM payment p WHERE p.order_id = $1 GROUP BY p.state",
		"event":   "SELECT e.kind, COUNT(*) FROM event e WHERE e.object_id IN (SELECT c.id FROM code c WHERE c.order_id = $1) AND e.version IS NOT NULL GROUP BY e.kind",
		"result":  "SELECT t.outcome, COUNT(*) FROM result t JOIN registration g ON g.id = t.registration_id WHERE g.order_id = $1 GROUP BY t.outcome",
		"told":    "SELECT m.kind, COUNT(*) FROM message m JOIN registration g ON g.id = m.about_id WHERE g.order_id = $1 GROUP BY m.kind",
	} {
		read(func(r db.Rows) error {
			var word string
			var n int64
			err := r.Scan(&word, &n)
			say("%s %s %d", what, word, n)
			return err
		}, text, order)
	}
	i, err := w.h.Read.IdentityOf(context.Background(), w.clerk.Person)
	w.h.Must(err)
	say("clerk %v", i.Actor.Rights.Names())
	sort.Strings(said)
	return strings.Join(said, "\n")
}

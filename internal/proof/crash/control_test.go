package crash

import (
	"fmt"
	"time"

	"examcode/internal/exam"
)

type owedID = exam.OwedID

// missed takes back one acknowledged change by hand: it has to be seen.
func (e *estate) missed() {
	e.t.Helper()
	for _, w := range e.tellers {
		for n, p := range w.things {
			if n.kind != "order" || p.is != "paid" {
				continue
			}
			for _, r := range e.replicas {
				r.kill()
			}
			e.write(fmt.Sprintf("UPDATE orders SET state = 'pending', paid_at = NULL, expires_at = NULL, first_code = NULL, issued = 0 WHERE id = %d", n.id))
			e.lenient = true
			if lost := e.check(true); lost != 1 {
				e.t.Errorf("CONTROL: of one change that was taken back %d are missed", lost)
			}
			e.lenient = false
			delete(w.things, n)
			e.run.Set("control", "caught")
			return
		}
	}
	e.t.Error("CONTROL: no order was acknowledged as paid, so none could be taken back")
}

// forgetful kills a PostgreSQL that answers before it has written: it has to lose
// what was acknowledged.
func (e *estate) forgetful() {
	t := e.t
	t.Helper()
	if t.Failed() {
		return
	}
	e.restart()
	e.write("ALTER ROLE postgres SET synchronous_commit = off")
	e.cluster.Kill() // who is connected has the old setting
	e.restart()
	e.later()
	e.lenient = true
	lost := 0
	for round := 0; lost == 0 && round < 10; round++ {
		for _, w := range e.tellers {
			w.things, w.open, w.code, w.unpaid = map[thing]promise{}, nil, thing{}, nil
		}
		e.load(time.Second, e.cluster.Kill)
		e.restart()
		lost += e.check(true)
	}
	e.run.Set("control_lost", lost)
	if lost == 0 {
		t.Error("CONTROL: PostgreSQL with synchronous_commit=off lost nothing: the harness would not see a loss")
	}
}

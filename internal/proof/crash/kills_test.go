package crash

import (
	"context"
	"slices"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/proof"
)

func TestKills(t *testing.T) {
	proof.Program(t) // before the time of the rounds begins
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		r := proof.Begin(t, "crash", "sqlite", 3)
		e := newEstate(t, r, nil, 1, tellersOf(r))
		for r.Next() {
			e.round("servers", func() { e.replicas[0].kill() })
		}
		e.end()
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		r := proof.Begin(t, "crash", "postgres", 3)
		cluster := dbtest.Durable(t, "log_min_messages=panic")
		e := newEstate(t, r, cluster, 2, tellersOf(r))
		for n := 0; r.Next(); n++ {
			if n%2 == 0 {
				e.round("databases", cluster.Kill)
				continue
			}
			p := e.replicas[e.dice.IntN(2)]
			e.round("servers", p.kill)
		}
		e.end()
		e.forgetful()
	})
}

func tellersOf(r *proof.Run) int {
	if r.Long() {
		return 8
	}
	return 4
}

// round kills something under load, starts it again and compares.
func (e *estate) round(what string, kill func()) {
	e.t.Helper()
	pause := 300 * time.Millisecond
	if e.long {
		pause += time.Duration(e.dice.IntN(1700)) * time.Millisecond
	}
	e.load(pause, kill)
	e.kills++
	e.run.Count("kills", 1)
	e.run.Count(what, 1)
	if e.cluster == nil {
		e.later() // while nobody has the file
	}
	e.restart()
	if e.cluster != nil {
		e.later()
	}
	e.run.Count("lost", int64(e.check(false)))
	e.verify(!e.long)
}

// restart starts what was killed and waits until every server can work.
func (e *estate) restart() {
	e.t.Helper()
	began := time.Now()
	if e.cluster != nil && !e.cluster.Running() {
		if err := e.cluster.Start(); err != nil {
			e.t.Fatal(err)
		}
	}
	for _, p := range e.replicas {
		if p.cmd == nil {
			p.start(e.t)
		}
	}
	for _, p := range e.replicas {
		p.awaitReady(e.t)
	}
	e.recovers = append(e.recovers, time.Since(began))
}

// end heals, compares everything once more and fills in the line.
func (e *estate) end() {
	t := e.t
	t.Helper()
	rest := e.heal()
	e.run.Count("lost", int64(e.check(true)))
	e.verify(true)
	e.mails()
	if !t.Failed() {
		e.missed()
	}
	slices.Sort(e.recovers)
	e.run.Set("acked", e.acked.Load())
	e.run.Count("unknown", 0)
	e.run.Count("landed", 0)
	e.run.Count("dup_effects", 0)
	e.run.Set("recover_p99", e.recovers[len(e.recovers)*99/100].Round(time.Millisecond).String())
	e.run.Set("rest", rest.Round(100*time.Millisecond).String())
	if t.Failed() {
		for _, p := range e.replicas {
			t.Logf("%s: %.4000s", p.address, p.out)
		}
	}
}

// atRest counts what is begun and has not ended.
var atRest = map[string]string{
	"payments": "SELECT COUNT(*) FROM payment WHERE state IN ('unknown', 'pending')",
	"refunds":  "SELECT COUNT(*) FROM refund WHERE state = 'refunding'",
	"exports":  "SELECT COUNT(*) FROM export WHERE state IN ('waiting', 'running')",
	"promises": "SELECT COUNT(*) FROM owed WHERE state = 'owed'",
}

// heal kills no more and waits until everything begun has come to rest. Time is
// made to pass for what is held by the dead: five minutes and a half for mails, one
// for an export. A short run forgets the queue as well, of which nothing may depend.
func (e *estate) heal() time.Duration {
	t := e.t
	t.Helper()
	for _, p := range e.replicas {
		p.kill()
	}
	e.kills++
	statements := []string{
		"UPDATE owed SET held_until = held_until - 331000000, next_at = next_at - 331000000, created_at = created_at - 331000000 WHERE state = 'owed'",
		"UPDATE export SET beat_at = beat_at - 60000000 WHERE state = 'running'",
	}
	if !e.long {
		statements = append(statements, "DELETE FROM river_job", "DELETE FROM river_leader")
	}
	e.write(statements...)
	e.restart()
	began := time.Now()
	cfg := e.config()
	cfg.LookOnly = true
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for {
		open := map[string]int64{}
		for what, q := range atRest {
			var n int64
			if err := d.Read().QueryRow(context.Background(), q).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				open[what] = n
			}
		}
		if len(open) == 0 {
			return time.Since(began)
		}
		if time.Since(began) > time.Minute {
			t.Errorf("a minute after the last kill there are still open: %v", open)
			return time.Since(began)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// mails compares what the mail server took with what is owed.
func (e *estate) mails() {
	t := e.t
	t.Helper()
	cfg := e.config()
	cfg.LookOnly = true
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	copies := map[string]int64{}
	for _, m := range e.sink.Messages() {
		copies[messageID(m.Data)]++
	}
	rows, err := d.Read().Query(context.Background(), "SELECT id, state FROM owed WHERE channel IN ('mail', 'letter', 'link')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	twice := int64(0)
	for rows.Next() {
		var id owedID
		var state string
		if err := rows.Scan(&id, &state); err != nil {
			t.Fatal(err)
		}
		n := copies[id.String()]
		delete(copies, id.String())
		if state == "sent" && n == 0 {
			t.Errorf("mail %s is sent and never arrived", id)
		}
		if n-1 > e.kills {
			t.Errorf("mail %s arrived %d times with %d kills", id, n, e.kills)
		}
		twice += max(n-1, 0)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(copies) > 0 {
		t.Errorf("mails that nobody owes: %v", copies)
	}
	e.run.Set("mails", len(e.sink.Messages()))
	e.run.Set("mails_twice", twice)
}

package crash

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/mail/mailtest"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
)

// estate is a database with the servers that use it and the clients who use them.
type estate struct {
	t        *testing.T
	run      *proof.Run
	long     bool
	data     string          // folder
	cluster  *dbtest.Cluster // nil on SQLite
	replicas []*replica
	sink     *mailtest.Server
	tellers  []*teller
	dice     *rand.Rand
	epoch    int64 // tells the keys of one run from those of another
	lenient  bool  // refusals are not counted as faults: the control loses what they rest on

	acked    atomic.Int64
	stopping atomic.Bool
	kills    int64
	recovers []time.Duration
	verified time.Duration // time spent on it
	began    time.Time
}

func newEstate(t *testing.T, r *proof.Run, cluster *dbtest.Cluster, replicas, tellers int) *estate {
	t.Helper()
	e := &estate{t: t, run: r, long: r.Long(), cluster: cluster, dice: r.Rand(1), epoch: time.Now().UnixNano(), began: time.Now()}
	e.data = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(e.data, 0o700); err != nil {
		t.Fatal(err)
	}
	e.sink = mailtest.Start(t, mailtest.Options{})
	e.people(tellers)
	args := append(e.storage("serve"), "--providers", "sandbox", "--smtp-host", e.sink.Host, "--smtp-port", strconv.Itoa(e.sink.Port), "--smtp-tls", "none", "--mail-from", "exams@programme.example")
	for range replicas {
		p := newReplica(t, args...)
		e.replicas = append(e.replicas, p)
		t.Cleanup(p.kill)
		p.start(t)
		p.awaitReady(t)
	}
	return e
}

// storage are the arguments that name the data to a command.
func (e *estate) storage(command string) []string {
	args := []string{command, "--data", e.data}
	if e.cluster != nil {
		args = append(args, "--database-url", e.cluster.URL())
	}
	return args
}

func (e *estate) config() db.Config {
	if e.cluster != nil {
		return db.Config{URL: e.cluster.URL(), Now: time.Now}
	}
	return db.Config{Path: filepath.Join(e.data, "examcode.db"), Now: time.Now}
}

// people fills the empty database with those who will call.
func (e *estate) people(tellers int) {
	e.t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, e.config())
	if err == nil {
		defer d.Close()
		err = storetest.Prepare(ctx, d)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	v, err := vault.LoadOrCreate(filepath.Join(e.data, "keyring.json"))
	if err != nil {
		e.t.Fatal(err)
	}
	h := actiontest.NewWith(e.t, store.New(d, id.NewSource(0, time.Now)), v)
	h.Spoiled = true // it is verified from outside
	h.Clock.Set(time.Now())
	key := func(who exam.Actor) string {
		_, clear, err := h.Actions.CreateKey(ctx, who, "crash")
		h.Must(err)
		return clear
	}
	for n := range tellers {
		root, s := h.Company(true), h.Subject()
		w := &teller{n: n, in: e, dice: e.run.Rand(uint64(10 + n)), account: int64(root.Account), subject: int64(s.ID), subjectID: s.ID.String(),
			buyer: key(root), examinee: key(h.Examinee(true)), session: h.Session(s, 30*24*time.Hour, 10).ID.String()}
		w.things = map[thing]promise{}
		e.tellers = append(e.tellers, w)
	}
}

// somewhere is one of the servers.
func (e *estate) somewhere(dice *rand.Rand) string {
	return e.replicas[dice.IntN(len(e.replicas))].address
}

// load lets all clients tell stories until something breaks them, and breaks
// them after a while by calling kill.
func (e *estate) load(long time.Duration, kill func()) {
	var all sync.WaitGroup
	e.stopping.Store(false)
	for _, w := range e.tellers {
		all.Go(func() {
			for !e.stopping.Load() && w.open == nil && len(w.bad) == 0 {
				w.story()
			}
		})
	}
	time.Sleep(long)
	kill()
	e.stopping.Store(true)
	all.Wait()
}

// later lets a minute pass for what waits for one: a key that was claimed by a
// call that is gone, and tries at codes that were taken and not given back. Only
// call it while no call is under way.
func (e *estate) later() {
	e.t.Helper()
	e.write(
		"UPDATE idempotency SET created_at = created_at - 61000000 WHERE status = 0",
		"DELETE FROM rate_limit")
}

// write changes the database by hand. On SQLite no server may run.
func (e *estate) write(statements ...string) {
	e.t.Helper()
	ctx := context.Background()
	do := func(statement string) error { return e.cluster.Exec(ctx, statement) }
	if e.cluster == nil {
		c, err := sql.Open("sqlite", "file:"+e.config().Path+"?_busy_timeout=10000")
		if err != nil {
			e.t.Fatal(err)
		}
		defer c.Close()
		do = func(statement string) error { _, err := c.ExecContext(ctx, statement); return err }
	}
	for _, s := range statements {
		if err := do(s); err != nil {
			e.t.Fatalf("%v in %s", err, s)
		}
	}
}

// check compares what is there with what was acknowledged, asks again what was
// not answered, and looks for what was done twice. It returns how much is lost.
func (e *estate) check(all bool) (lost int) {
	e.t.Helper()
	ctx := context.Background()
	cfg := e.config()
	cfg.LookOnly = true
	d, err := db.Open(ctx, cfg)
	if err != nil {
		e.t.Fatal(err)
	}
	defer d.Close()
	for _, w := range e.tellers {
		floor := w.floor
		if all {
			floor = 0
		}
		there, err := w.look(ctx, d, floor)
		if err != nil {
			e.t.Fatal(err)
		}
		missing := w.missing(there, floor)
		lost += len(missing)
		if e.lenient {
			continue
		}
		for _, m := range missing {
			e.t.Errorf("LOST by client %d: %s", w.n, m)
		}
		w.resolve(there)
		e.twice(ctx, d, w, floor)
		for _, b := range w.bad {
			e.t.Error(b)
		}
		w.bad = nil
	}
	return lost
}

// twice looks for things that nobody was told of, after all was resolved.
func (e *estate) twice(ctx context.Context, d *db.DB, w *teller, floor int64) {
	e.t.Helper()
	there, err := w.look(ctx, d, floor)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, kind := range []string{"order", "registration", "refund", "export"} {
		for _, n := range w.surplus(there, kind) {
			e.run.Count("dup_effects", 1)
			e.t.Errorf("client %d: %s %d is there and was never asked for a second time", w.n, n.kind, n.id)
		}
	}
	for _, m := range w.missing(there, floor) {
		e.t.Errorf("client %d, after all was resolved: %s", w.n, m)
	}
	for n := range there {
		if n.kind == "order" && n.id > w.floor && w.settled(n) {
			w.floor = n.id
		}
	}
}

// settled tells whether nothing is to come for an order.
func (w *teller) settled(order thing) bool { return w.code == (thing{}) && w.things[order].maybe == "" }

// verify asks the program itself, as often as it does not take too much time.
func (e *estate) verify(always bool) {
	e.t.Helper()
	if !always && e.verified > time.Since(e.began)/8 {
		return
	}
	began := time.Now()
	run(e.t, e.storage("verify")...)
	e.verified += time.Since(began)
	e.run.Count("verified", 1)
}

// messageID is the number of the promise that a mail keeps.
func messageID(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Message-Id") {
			return strings.TrimSuffix(strings.Trim(strings.TrimSpace(value), "<>"), "@examcode")
		}
	}
	return ""
}

package race

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
)

// people is how many examinees there are; some ask twice at once.
const people = 32

// world is one programme's data, its people and their API keys. Its things are
// made by the real actions while no server runs.
type world struct {
	t    *testing.T
	run  *proof.Run
	dir  string
	url  string // of PostgreSQL; "" is SQLite
	d    *db.DB
	h    *actiontest.House
	keys map[exam.PersonID]string

	admin, root, clerk exam.Actor
	examinees          []exam.Actor
}

func newWorld(t *testing.T, run *proof.Run, url string) *world {
	w := &world{t: t, run: run, dir: t.TempDir(), url: url, keys: map[exam.PersonID]string{}, examinees: make([]exam.Actor, people)}
	if err := os.Chmod(w.dir, 0o700); err != nil { // the program wants its folder to itself
		t.Fatal(err)
	}
	w.open()
	defer w.d.Close()
	if err := storetest.Prepare(context.Background(), w.d); err != nil {
		t.Fatal(err)
	}
	w.house()
	w.root = w.h.Company(true)
	w.admin = w.h.Admin
	token := w.link(w.person(w.root).Email, "/confirm-email")
	w.h.Must(w.h.Actions.ConfirmEmail(context.Background(), exam.Actor{Channel: exam.Console}, token))
	w.root = w.h.Who(w.root.Person)
	var ready sync.WaitGroup
	ready.Go(func() { w.clerk = w.h.Member(w.root, exam.ViewCodes|exam.ManageCodes) })
	for i := range w.examinees {
		ready.Go(func() { w.examinees[i] = w.h.Examinee(true) })
	}
	ready.Wait()
	for _, who := range append([]exam.Actor{w.admin, w.root, w.clerk}, w.examinees...) {
		_, clear, err := w.h.Actions.CreateKey(context.Background(), who, "race")
		w.h.Must(err)
		w.keys[who.Person] = "Bearer " + clear
	}
	return w
}

// storage are the flags that name the data.
func (w *world) storage() []string {
	if w.url != "" {
		return []string{"--data", w.dir, "--database-url", w.url}
	}
	return []string{"--data", w.dir}
}

// open opens the database; nobody else has it.
func (w *world) open() {
	w.t.Helper()
	cfg := db.Config{URL: w.url, Now: time.Now}
	if w.url == "" {
		cfg.Path = filepath.Join(w.dir, "examcode.db")
	}
	var err error
	if w.d, err = db.Open(context.Background(), cfg); err != nil {
		w.t.Fatal(err)
	}
}

// house puts the service over the open database, at this instant.
func (w *world) house() {
	w.t.Helper()
	v, err := vault.LoadOrCreate(filepath.Join(w.dir, "keyring.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	lease, err := w.d.LeaseNode(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.h = actiontest.NewWith(w.t, store.New(w.d, id.NewSource(lease.Node(), time.Now)), v)
	w.h.Spoiled = true // its database is closed at the end: the command verifies
	w.h.Clock.Set(time.Now())
	if w.admin.Person != 0 {
		w.h.Admin = w.admin
	}
}

func (w *world) person(who exam.Actor) exam.Person {
	w.t.Helper()
	p, err := w.h.Read.Person(context.Background(), who.Person)
	w.h.Must(err)
	return p
}

// forgive gives back the tries at codes that the races before have cost: an hour
// of losing is not what the limit is about.
func (w *world) forgive() {
	w.t.Helper()
	w.h.Must(w.d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM rate_limit")
		return err
	}))
}

func (w *world) key(who exam.Actor) string { return w.keys[who.Person] }

var linked = regexp.MustCompile(`http://127\.0\.0\.1:8080(/[a-z-]+)\?token=(exl_[\w-]+)`)

// link sends what is owed and returns the token that an address got for a page.
func (w *world) link(to, page string) string {
	w.t.Helper()
	for _, owed := range w.h.Queue.Owed() {
		w.h.Must(w.h.Actions.SendOwed(context.Background(), owed))
	}
	list, err := w.h.Outbox.List(500)
	w.h.Must(err)
	for _, k := range list {
		if k.To != to {
			continue
		}
		m, err := w.h.Outbox.Read(k.File)
		w.h.Must(err)
		if found := linked.FindStringSubmatch(m.Text); found != nil && found[1] == page {
			return found[2]
		}
	}
	w.t.Fatalf("%s was sent no link to %s", to, page)
	return ""
}

// bought is an order with a subject of its own.
type bought struct {
	subject exam.Subject
	order   exam.Order
	codes   []exam.CodeID
	texts   []string
}

func (w *world) buy(n int) bought {
	w.t.Helper()
	b := bought{subject: w.h.Subject()}
	b.order, b.texts = w.h.Buy(w.root, b.subject, n)
	for _, c := range w.h.Codes(b.order) {
		b.codes = append(b.codes, c.ID)
	}
	return b
}

func (w *world) pending() exam.Order {
	w.t.Helper()
	o, err := w.h.Actions.BuyCodes(context.Background(), w.root, w.h.Subject().ID, 3)
	w.h.Must(err)
	return o
}

func (w *world) redeemed(who exam.Actor, b bought, i int) exam.Registration {
	w.t.Helper()
	g, err := w.h.Actions.RedeemCode(context.Background(), who, action.Redemption{Subject: b.subject.ID, Text: b.texts[i], ExamType: exam.Online})
	w.h.Must(err)
	return g
}

func (w *world) session(b bought, seats int) exam.SessionID {
	w.t.Helper()
	return w.h.Session(b.subject, 60*24*time.Hour, seats).ID
}

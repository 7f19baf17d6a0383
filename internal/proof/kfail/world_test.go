package kfail

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
)

// world is a house whose outside can fail, with people in it.
type world struct {
	*actiontest.House
	breaker  *breaker
	do       *action.Service // the commands under test
	provider *provider
	box      *postbox
	db       *db.DB
	counts   string // the statement that counts every table's rows by state and kind

	root, staff, results, money, examinee exam.Actor
	subject                               exam.Subject
	n                                     int // of what is named anew
}

func newWorld(t *testing.T, s *store.Store, d *db.DB, set func(db.Hook)) *world {
	f := &breaker{}
	w := &world{House: actiontest.New(t, s), breaker: f, db: d,
		provider: &provider{breaker: f, mode: "ok", all: map[string]*object{}}, box: &postbox{breaker: f, took: map[string][]mail.Message{}}}
	w.do = w.Service(func(c *action.Config) {
		c.Providers, c.Mail, c.Queue = []pay.Provider{sandbox.New(actiontest.Secret), transfer.New(), w.provider}, w.box, queue{f}
		c.IssuePart = 2
	})
	w.root, w.examinee = w.Confirm(w.Company(true)), w.Confirm(w.Examinee(true))
	w.staff, w.results, w.money = w.Admin, w.Staff(exam.Results), w.Staff(exam.Money)
	w.subject = w.Subject()
	w.counts = w.counting()
	w.heal()
	set(f.hook)
	return w
}

// counting makes one statement for all tables: what neither an undisturbed
// command nor a repeated one has a say in is left out, and so are counts that lie
// in rows picked at random: verify counts them again.
func (w *world) counting() string {
	tables, columns := "SELECT name FROM sqlite_schema WHERE type = 'table'", "SELECT name FROM pragma_table_info($1)"
	if w.db.Engine() == db.PostgreSQL {
		tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
		columns = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
	}
	without := regexp.MustCompile(`^(river|goose|sqlite)|^(idempotency|rate_limit|mail_server|node|setting|login|stock|flow)$`)
	var parts []string
	for _, table := range w.texts(tables) {
		if without.MatchString(table) {
			continue
		}
		by := []string{"'" + table + "'"}
		for _, c := range w.texts(columns, table) {
			// An event's channel may differ: what was cut short is ended by the schedule.
			if slices.Contains([]string{"state", "kind", "answer", "outcome"}, c) || c == "channel" && table != "event" {
				by = append(by, "COALESCE(CAST("+c+" AS TEXT), '-')")
			}
		}
		key := strings.Join(by, " || ' ' || ")
		parts = append(parts, "SELECT x.what, COUNT(*) FROM (SELECT "+key+" AS what FROM "+table+") x GROUP BY x.what")
	}
	return strings.Join(parts, " UNION ALL ")
}

func (w *world) texts(sql string, args ...any) (all []string) {
	rows, err := w.db.Read().Query(context.Background(), sql, args...)
	w.Must(err)
	defer rows.Close()
	for rows.Next() {
		var s string
		w.Must(rows.Scan(&s))
		all = append(all, s)
	}
	w.Must(rows.Err())
	return all
}

// census is how many rows there are of everything.
type census map[string]int

func (w *world) census() census {
	rows, err := w.db.Read().Query(context.Background(), w.counts)
	w.Must(err)
	defer rows.Close()
	all := census{}
	for rows.Next() {
		var (
			what string
			n    int
		)
		w.Must(rows.Scan(&what, &n))
		if what != "event payment.updated" && what != "event refund.waiting" { // they count how often the provider put us off
			all[what] += n
		}
	}
	w.Must(rows.Err())
	return all
}

// since is what has changed from an earlier census.
func (c census) since(before census) census {
	d := maps.Clone(c)
	for what, n := range before {
		if d[what] -= n; d[what] == 0 {
			delete(d, what)
		}
	}
	return d
}

// String lists it in words.
func (c census) String() string {
	var said []string
	for what, n := range c {
		said = append(said, fmt.Sprintf("%s %+d", what, n))
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// heal does what is due until nothing is: the outside works again.
func (w *world) heal() {
	ctx := context.Background()
	for range 12 {
		w.Clock.Move(16 * time.Minute)
		w.Must(w.do.AskOpenPayments(ctx, 0))
		w.Must(w.do.AskOpenRefunds(ctx, 0))
		_, err := w.do.RunBulks(ctx)
		w.Must(err)
		w.Must(w.do.SendMails(ctx, time.Minute))
		w.Must(w.do.SweepOwed(ctx, func(ctx context.Context, ids []exam.OwedID) error {
			for _, id := range ids {
				if err := w.do.Settle(ctx, id); err != nil {
					return err
				}
			}
			return nil
		}))
		if len(w.texts("SELECT CAST(id AS TEXT) FROM owed WHERE state = 'owed' UNION ALL SELECT CAST(id AS TEXT) FROM bulk WHERE state = 'running' UNION ALL SELECT CAST(id AS TEXT) FROM payment WHERE state IN ('pending', 'unknown') AND provider = 'fake' UNION ALL SELECT CAST(f.id AS TEXT) FROM refund f JOIN payment y ON y.id = f.payment_id WHERE f.state = 'refunding' AND y.provider = 'fake'")) == 0 {
			return
		}
	}
	w.T.Error("something is still owed, running or unknown after three hours of health")
}

// orphans lists what the provider has and nobody here knows.
func (w *world) orphans() (lost []string) {
	known := map[string]bool{}
	for _, r := range w.texts("SELECT reference FROM payment UNION ALL SELECT reference FROM refund") {
		known[r] = true
	}
	for _, r := range w.provider.references() {
		if !known[r] {
			lost = append(lost, r)
		}
	}
	return lost
}

// fresh is a name nobody has.
func (w *world) fresh(what string) string {
	w.n++
	return fmt.Sprintf("%s%d", what, w.n)
}

// link is the token of the newest link to a page that an address got.
func (w *world) link(to, page string) string {
	w.T.Helper()
	w.heal()
	var found string
	for _, m := range w.box.took[to] {
		for _, l := range linked.FindAllStringSubmatch(m.Text, -1) {
			if strings.Contains(l[1], page) {
				found = l[2]
			}
		}
	}
	if found == "" {
		w.T.Fatalf("%s was sent no link to %s: %v", to, page, w.box.took[to])
	}
	return found
}

var linked = regexp.MustCompile(`http://127\.0\.0\.1:8080(/mail/agree/|/mail/stop/|/[a-z-]+\?token=)([\w.-]+)`)

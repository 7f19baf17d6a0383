package floor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pgbench is PostgreSQL's own load driver, where it is installed; "" otherwise.
func Pgbench() string {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// The same rows again, from a table of tickets that pgbench walks along.
const (
	ticketTable = `CREATE UNLOGGED TABLE IF NOT EXISTS bench_ticket (k BIGINT PRIMARY KEY, lookup BYTEA, code BIGINT, orders BIGINT, account BIGINT, subject BIGINT,
person BIGINT, registration BIGINT, event BIGINT, message BIGINT, owed BIGINT, expires BIGINT, name TEXT, key TEXT)`
	script = `\set i :i + 1
\set k :client_id * %[1]d + :i
\set s random(0, 3)
\set f random(0, 7)
BEGIN;
UPDATE code SET state = 'bound', registration_id = t.registration, holder_id = t.person, changed_at = %[2]d, version = code.version + 1 FROM bench_ticket t WHERE t.k = :k AND code.lookup = t.lookup AND code.state = 'unused' AND code.expires_at > %[2]d;
INSERT INTO registration (id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, why, version) SELECT t.registration, t.code, t.orders, t.account, t.person, t.name, t.name, t.subject, 'online', 'first', 'registered', t.expires, %[2]d, '', 1 FROM bench_ticket t WHERE t.k = :k;
INSERT INTO event (id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, request, data) SELECT t.event, 'code.redeemed', t.code, 1, %[2]d, t.account, t.registration, t.person, 'api', t.key, '` + eventData + `' FROM bench_ticket t WHERE t.k = :k;
INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at) SELECT t.message, t.person, t.account, 'registered', t.registration, 1, '` + messageLink + `', '` + messageData + `', %[2]d FROM bench_ticket t WHERE t.k = :k;
INSERT INTO owed (id, channel, target_id, account_id, state, created_at, tries, detail, next_at) SELECT t.owed, 'mail', t.message, t.account, 'owed', %[2]d, 0, '', %[2]d FROM bench_ticket t WHERE t.k = :k;
INSERT INTO idempotency (person_id, name, request, effect, status, answer, created_at) SELECT t.person, t.key, decode(repeat('00', 32), 'hex'), 1, 201, decode(repeat('00', 420), 'hex'), %[2]d FROM bench_ticket t WHERE t.k = :k;
INSERT INTO stock (account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired, gone) SELECT t.account, t.orders, :s, -1, 1, 0, 0, 0, 0, 0, 1 FROM bench_ticket t WHERE t.k = :k ON CONFLICT (account_id, order_id, slot) DO UPDATE SET unused = stock.unused + excluded.unused, bound = stock.bound + excluded.bound, gone = stock.gone + excluded.gone;
INSERT INTO flow (account_id, days, day, subject_id, slot, gone) SELECT t.account, d.days, d.day, t.subject, :f, 1 FROM bench_ticket t CROSS JOIN (VALUES (1, %[3]d), (8, %[4]d)) d(days, day) WHERE t.k = :k ON CONFLICT (account_id, days, day, subject_id, slot) DO UPDATE SET gone = flow.gone + excluded.gone;
END;
`
)

// Lay writes tickets down for Walk, as many as go evenly to its clients, and
// returns how many.
func (p *Postgres) Lay(ctx context.Context, tickets []Ticket) (int, error) {
	tickets = tickets[:len(tickets)/Conns*Conns]
	for _, text := range []string{ticketTable, "TRUNCATE bench_ticket"} {
		if _, err := p.pool.Exec(ctx, text); err != nil {
			return 0, err
		}
	}
	columns := []string{"k", "lookup", "code", "orders", "account", "subject", "person", "registration", "event", "message", "owed", "expires", "name", "key"}
	_, err := p.pool.CopyFrom(ctx, pgx.Identifier{"bench_ticket"}, columns, pgx.CopyFromSlice(len(tickets), func(i int) ([]any, error) {
		t := tickets[i]
		return []any{i + 1, t.Lookup, t.Code, t.Order, t.Account, t.Subject, t.Person, t.Registration, t.Event, t.Message, t.Owed, t.Expires, t.Name, t.Key}, nil
	}))
	if err != nil {
		return 0, err
	}
	_, err = p.pool.Exec(ctx, "ANALYZE bench_ticket")
	return len(tickets), err
}

var (
	tpsLine  = regexp.MustCompile(`tps = ([0-9.]+)`)
	failLine = regexp.MustCompile(`number of failed transactions: ([0-9]+)`)
)

// Walk lets pgbench redeem the n tickets that were laid out, with Conns clients,
// and returns how long that took without its connecting.
func (p *Postgres) Walk(ctx context.Context, n int, now int64, dir string) (time.Duration, error) {
	each := n / Conns
	file := filepath.Join(dir, "redeem.sql")
	if err := os.WriteFile(file, fmt.Appendf(nil, script, each, now, day(now), spanFrom(now)), 0o600); err != nil {
		return 0, err
	}
	before, err := p.Count(ctx, "registration")
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, Pgbench(), "-n", "-M", "prepared", "-c", strconv.Itoa(Conns), "-j", "2", "-t", strconv.Itoa(each), "-D", "i=0", "-f", file, p.url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	if m := failLine.FindSubmatch(out); m != nil && string(m[1]) != "0" {
		return 0, fmt.Errorf("pgbench: %s", strings.TrimSpace(string(out)))
	}
	after, err := p.Count(ctx, "registration")
	if err == nil && after-before != n {
		err = fmt.Errorf("pgbench: %d of %d codes were redeemed", after-before, n)
	}
	m := tpsLine.FindSubmatch(out)
	if err != nil || m == nil {
		return 0, errors.Join(err, fmt.Errorf("pgbench said\n%s", out))
	}
	tps, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil || tps == 0 {
		return 0, fmt.Errorf("pgbench said %s", m[0])
	}
	return time.Duration(float64(n) / tps * float64(time.Second)), nil
}

// Package floor does with bare statements what the program does with all its
// rules, on the program's own tables: the least work that leaves the same rows.
// It checks nothing, locks nothing and asks nobody, so it shows what the engine
// can do at best. It is for measuring alone; what it writes is thrown away.
package floor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"examcode/internal/db"
)

// Ticket is a code about to be redeemed by somebody, with ids for the rows.
type Ticket struct {
	Lookup                                      []byte
	Code, Order, Account, Subject, Person       int64
	Registration, Event, Message, Owed, Expires int64
	Name                                        string // of the person
	Key                                         string // Idempotency-Key
	Tail                                        string
}

// Code is a code to be stored, of an order that exists.
type Code struct {
	ID             int64
	Lookup, Sealed []byte
	Tail           string
}

// Order is what codes are stored for.
type Order struct {
	ID, Account, Buyer, Subject int64
	Number                      string
	Now, Expires                int64 // microseconds
}

// DB is a database opened beside the program.
type DB interface {
	// Version is the engine's.
	Version(ctx context.Context) (string, error)
	// Rest brings the database to how it is after a quiet while: statistics are
	// fresh, the log is folded in.
	Rest(ctx context.Context) error
	// Together redeems in transactions of several: size tickets at a time.
	Together(ctx context.Context, tickets []Ticket, size int, now int64) error
	// Issue stores an order with its codes in one transaction, the fastest way.
	Issue(ctx context.Context, o Order, codes []Code) error
	// Point reads one code by its lookup value.
	Point(ctx context.Context, lookup []byte) error
	// CSV writes every code of an account with its order, subject and holder,
	// sealed texts as they are, and returns the number of rows.
	CSV(ctx context.Context, account int64, w io.Writer) (int, error)
	// Count counts the rows of a table.
	Count(ctx context.Context, table string) (int, error)
	Close()
}

// Open opens the file or the database beside the program.
func Open(ctx context.Context, path, url string) (DB, error) {
	if url != "" {
		return openPostgres(ctx, url)
	}
	return openSQLite(ctx, path)
}

// Synchronous sets how SQLite's writing connection of the program syncs: FULL, as
// ever, or NORMAL.
func Synchronous(ctx context.Context, d *db.DB, how string) error {
	if d.Writer() == nil {
		return fmt.Errorf("floor: only SQLite has this setting")
	}
	_, err := d.Writer().ExecContext(ctx, "PRAGMA synchronous="+how)
	return err
}

// The rows of one redemption: what any design has to write. The tries that are
// counted and the job queue's row are the program's own, and not here.
const (
	takeCode = `UPDATE code SET state = 'bound', registration_id = $1, holder_id = $2, changed_at = $3, version = version + 1
WHERE lookup = $4 AND state = 'unused' AND expires_at > $3`
	addRegistration = `INSERT INTO registration (id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, expires_at, created_at, why, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'online', 'first', 'registered', $9, $10, '', 1)`
	addEvent = `INSERT INTO event (id, kind, object_id, version, at, account_id, registration_id, actor_id, channel, request, data)
VALUES ($1, 'code.redeemed', $2, 1, $3, $4, $5, $6, 'api', $7, $8)`
	addMessage = `INSERT INTO message (id, person_id, account_id, kind, about_id, about_version, link, data, created_at)
VALUES ($1, $2, $3, 'registered', $4, 1, $5, $6, $7)`
	addOwed = `INSERT INTO owed (id, channel, target_id, account_id, state, created_at, tries, detail, next_at)
VALUES ($1, 'mail', $2, $3, 'owed', $4, 0, '', $4)`
	addAnswer = `INSERT INTO idempotency (person_id, name, request, effect, status, answer, created_at)
VALUES ($1, $2, $3, 1, 201, $4, $5)`
)

// What is counted beside the rows, once a transaction for each order in it, and
// for each subject.
const (
	addStock = `INSERT INTO stock (account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired, gone) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, $5)
ON CONFLICT (account_id, order_id, slot) DO UPDATE SET unused = stock.unused + excluded.unused, bound = stock.bound + excluded.bound, gone = stock.gone + excluded.gone`
	addFlow = `INSERT INTO flow (account_id, days, day, subject_id, slot, gone) VALUES ($1, 1, $2, $3, $4, $5), ($1, 8, $6, $3, $4, $5)
ON CONFLICT (account_id, days, day, subject_id, slot) DO UPDATE SET gone = flow.gone + excluded.gone`
	slots     = 4 // that share what is counted of one order on PostgreSQL
	flowSlots = 8 // of one subject
)

// day is the day of an instant, and spanFrom that from which it is kept together
// with others, as flows are kept by.
func day(now int64) int64      { return now / (24 * time.Hour).Microseconds() }
func spanFrom(now int64) int64 { return day(now) / 8 * 8 }

// tally is how many tickets an account has of a thing.
type tally struct {
	account, of, n int64
}

func count(tickets []Ticket, of func(Ticket) int64) []tally {
	by := map[[2]int64]int64{}
	for _, t := range tickets {
		by[[2]int64{t.Account, of(t)}]++
	}
	list := make([]tally, 0, len(by))
	for k, n := range by {
		list = append(list, tally{k[0], k[1], n})
	}
	slices.SortFunc(list, func(a, b tally) int { return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.of, b.of)) })
	return list
}

const (
	eventData   = `{"from":"unused","tail":"0000","to":"bound"}`
	messageData = `{"subject_en":"Cloud Associate","subject_zh":"云计算工程师"}`
	messageLink = "/examinee/registrations/reg_0saq6nky80000"
)

var (
	requestHash = make([]byte, 32)
	answer      = make([]byte, 420) // about what a sealed answer takes
	statements  = []string{takeCode, addRegistration, addEvent, addMessage, addOwed, addAnswer}
)

// args are the arguments of statements, for one ticket.
func (t Ticket) args(now int64) [][]any {
	return [][]any{
		{t.Registration, t.Person, now, t.Lookup},
		{t.Registration, t.Code, t.Order, t.Account, t.Person, t.Name, t.Name, t.Subject, t.Expires, now},
		{t.Event, t.Code, now, t.Account, t.Registration, t.Person, t.Key, eventData},
		{t.Message, t.Person, t.Account, t.Registration, messageLink, messageData, now},
		{t.Owed, t.Message, t.Account, now},
		{t.Person, t.Key, requestHash, answer, now},
	}
}

// each does one redemption by exec, which returns the rows affected.
func (t Ticket) each(now int64, exec func(n int, args []any) (int64, error)) error {
	for i, args := range t.args(now) {
		n, err := exec(i, args)
		if err == nil && n != 1 {
			err = fmt.Errorf("floor: statement %d of a redemption changed %d rows", i, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	addOrder = `INSERT INTO orders (id, number, account_id, buyer_id, subject_id, quantity, issued, unit_price, total, currency, state, zone, created_at, paid_at, expires_at, first_code, version)
VALUES ($1, $2, $3, $4, $5, $6, $6, 12000, 12000, 'USD', 'paid', 'UTC', $7, $7, $8, $9, 2)`
	addCode = `INSERT INTO code (id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, changed_at, version)
VALUES ($1, $2, $3, $4, 'unused', 12000, 'USD', $5, $6, $7, $8, 1, $9, 0)`
	point = `SELECT c.id, c.order_id, c.account_id, c.subject_id, c.state, c.expires_at, c.tail, c.version FROM code c WHERE c.lookup = $1`
	rows  = `SELECT c.id, c.tail, c.state, s.name_en, COALESCE(g.name, ''), o.number, c.expires_at, COALESCE(c.registration_id, 0), c.sealed
FROM code c JOIN orders o ON o.id = c.order_id JOIN subject s ON s.id = c.subject_id LEFT JOIN registration g ON g.id = c.registration_id
WHERE c.account_id = %d ORDER BY c.id DESC`
)

func (o Order) args(quantity int, first int64) []any {
	return []any{o.ID, o.Number, o.Account, o.Buyer, o.Subject, quantity, o.Now, o.Expires, first}
}

func (c Code) args(o Order) []any {
	return []any{c.ID, o.ID, o.Account, o.Subject, o.Expires, c.Lookup, c.Sealed, c.Tail, o.Now}
}

// Micros is an instant as the database keeps it.
func Micros(t time.Time) int64 { return t.UnixMicro() }

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
)

// Store is the way to the database. Only action holds one.
type Store struct {
	db  *db.DB
	ids *id.Source
}

// New makes a store over an open, migrated database; ids come from the source
// of this replica.
func New(d *db.DB, ids *id.Source) *Store { return &Store{db: d, ids: ids} }

// Reader is every query. It sees the latest committed state; two calls may see
// two states (use Snapshot where they must agree).
type Reader struct {
	q  db.Querier
	db *db.DB // nil where all queries see one instant already
}

// Reader returns the queries.
func (s *Store) Reader() Reader { return Reader{s.db.Read(), s.db} }

// IDs is where new identifiers come from.
func (s *Store) IDs() *id.Source { return s.ids }

// Lanes is how many batches of changes are worth running at the same moment.
func (s *Store) Lanes() int { return s.db.Lanes() }

// Snapshot runs fn with queries that all see one instant.
func (s *Store) Snapshot(ctx context.Context, fn func(ctx context.Context, r Reader) error) error {
	return s.Reader().Snapshot(ctx, fn)
}

// Snapshot runs fn with queries that all see one instant; inside another one, or
// inside a transaction, they see that one's.
func (r Reader) Snapshot(ctx context.Context, fn func(ctx context.Context, r Reader) error) error {
	if r.db == nil {
		return fn(ctx, r)
	}
	return r.db.Snapshot(ctx, func(ctx context.Context, q db.Querier) error { return fn(ctx, Reader{q: q}) })
}

// Tx is one transaction: the queries, locks and writes.
type Tx struct {
	Reader
	tx   *db.Tx
	ids  *id.Source
	owed []exam.Owed
	counted
}

// Transact runs fn in one transaction. fn may run again after a serialisation
// failure, so it has no effect outside; it must not go on after a failed
// statement, and must not call Transact.
func (s *Store) Transact(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.db.Transact(ctx, func(ctx context.Context, t *db.Tx) error {
		tx := &Tx{Reader: Reader{q: inside(s.db, t)}, tx: t, ids: s.ids}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.settle(ctx)
	})
}

// Hurry lets the transaction give up with db.ErrBusy once it has waited for one
// lock as long as d.
func (tx *Tx) Hurry(ctx context.Context, d time.Duration) error { return tx.tx.Hurry(ctx, d) }

// Alone tells that nobody else writes before the transaction ends, so that what
// was read before a lock is so behind it.
func (tx *Tx) Alone() bool { return tx.tx.Alone() }

// DB is the engine's transaction, for the queue.
func (tx *Tx) DB() *db.Tx { return tx.tx }

// Owed lists what this transaction promised.
func (tx *Tx) Owed() []exam.Owed { return tx.owed }

// LockOrders locks orders in id order: shared for what happens to one of their
// codes, exclusive for what concerns the whole order.
func (tx *Tx) LockOrders(ctx context.Context, mode db.LockMode, ids ...exam.OrderID) error {
	return lock(ctx, tx.tx, "orders", mode, ids)
}

// LockCodes locks codes in id order.
func (tx *Tx) LockCodes(ctx context.Context, ids ...exam.CodeID) error {
	return lock(ctx, tx.tx, "code", db.Exclusive, ids)
}

// LockRegistrations locks registrations in id order.
func (tx *Tx) LockRegistrations(ctx context.Context, ids ...exam.RegistrationID) error {
	return lock(ctx, tx.tx, "registration", db.Exclusive, ids)
}

// LockInvitations locks invitations in id order.
func (tx *Tx) LockInvitations(ctx context.Context, ids ...exam.InvitationID) error {
	return lock(ctx, tx.tx, "invitation", db.Exclusive, ids)
}

// LockSessions locks sessions in id order.
func (tx *Tx) LockSessions(ctx context.Context, ids ...exam.SessionID) error {
	return lock(ctx, tx.tx, "session", db.Exclusive, ids)
}

func lock[I ~int64](ctx context.Context, tx *db.Tx, table string, mode db.LockMode, ids []I) error {
	plain := make([]int64, 0, len(ids))
	for _, i := range ids {
		if i != 0 {
			plain = append(plain, int64(i))
		}
	}
	if len(plain) == 0 || !guarded {
		return nil
	}
	return tx.Lock(ctx, table, mode, plain...)
}

// us is an instant as the database keeps it; the zero time is NULL.
func us(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// when scans microseconds; zero and NULL are the zero time.
type when time.Time

func (w *when) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*w = when{}
	case int64:
		*w = when{}
		if v != 0 {
			*w = when(time.UnixMicro(v).UTC())
		}
	default:
		return fmt.Errorf("store: %T is no instant", src)
	}
	return nil
}

// null is NULL for the zero id.
func null[I ~int64](i I) any {
	if i == 0 {
		return nil
	}
	return int64(i)
}

func dataText(d exam.Data) string {
	if len(d) == 0 {
		return "{}"
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic("store: event data cannot be written: " + err.Error())
	}
	return string(b)
}

// jsonData scans event data.
type jsonData struct{ to *exam.Data }

func (j jsonData) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), j.to)
	case []byte:
		return json.Unmarshal(v, j.to)
	}
	return fmt.Errorf("store: %T is no data", src)
}

// one reads a single row; no row is fault.ErrNotFound.
func one[T any](ctx context.Context, q db.Querier, scan func(db.Row) (T, error), sql string, args ...any) (T, error) {
	v, err := scan(q.QueryRow(ctx, sql, args...))
	if errors.Is(err, db.ErrNoRows) {
		return v, fault.ErrNotFound
	}
	return v, err
}

// all reads every row of a query, before anything else is asked.
func all[T any](ctx context.Context, q db.Querier, scan func(db.Row) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// into appends to a list what a statement about rows returns.
func into[T any](list *[]T, scan func(db.Row) (T, error)) func(db.Row) error {
	return func(row db.Row) error {
		v, err := scan(row)
		*list = append(*list, v)
		return err
	}
}

// byID reads the rows of a query whose column is one of some ids, in id order,
// so many at a time that no statement has too many arguments.
func byID[T any, I ~int64](ctx context.Context, q db.Querier, scan func(db.Row) (T, error), query, column string, ids []I) ([]T, error) {
	found := make([]T, 0, len(ids))
	for part := range slices.Chunk(slices.Sorted(slices.Values(ids)), 512) {
		args := repeated(anys(part))
		some, err := all(ctx, q, scan, query+" WHERE "+column+" IN "+list(1, len(args))+" ORDER BY "+column, args...)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// anys is a list as arguments.
func anys[T any](list []T) []any {
	args := make([]any, len(list))
	for i, v := range list {
		args[i] = v
	}
	return args
}

func number[T ~int64 | ~int](row db.Row) (T, error) {
	var n int64
	err := row.Scan(&n)
	return T(n), err
}

// exec runs a guarded write: anything but want rows is exam.ErrChangedMeanwhile.
func (tx *Tx) exec(ctx context.Context, want int, sql string, args ...any) error {
	n, err := tx.tx.Exec(ctx, sql, args...)
	return changed(n, want, err)
}

// execSet is exec for a statement about rows.
func (tx *Tx) execSet(ctx context.Context, want int, s db.Set, args []any) error {
	n, err := tx.tx.ExecSet(ctx, s, args)
	return changed(n, want, err)
}

func changed(n int64, want int, err error) error {
	if err == nil && n != int64(want) && guarded {
		err = exam.ErrChangedMeanwhile
	}
	return err
}

// query gathers conditions and their arguments.
type query struct {
	where []string
	args  []any
}

// arg adds an argument and returns its placeholder.
func (b *query) arg(v any) string {
	b.args = append(b.args, v)
	return fmt.Sprintf("$%d", len(b.args))
}

// and adds a condition; each ? in it is the next of the arguments.
func (b *query) and(cond string, args ...any) {
	for _, a := range args {
		cond = strings.Replace(cond, "?", b.arg(a), 1)
	}
	b.where = append(b.where, cond)
}

// in adds that a column is one of some values.
func (b *query) in(column string, values []any) {
	b.where = append(b.where, column+" IN "+list(len(b.args)+1, len(values)))
	b.args = append(b.args, values...)
}

// clone is a query that grows by itself.
func (b *query) clone() query {
	return query{where: slices.Clone(b.where), args: slices.Clone(b.args)}
}

func (b *query) String() string { return strings.Join(b.where, " AND ") }

// values writes a VALUES list of n rows: the first casts its placeholders to
// the given types, so that both engines know them.
func values(n int, types ...string) string { return valuesFrom(0, n, types...) }

// valuesFrom is values behind k arguments.
func valuesFrom(k, n int, types ...string) string {
	var s strings.Builder
	for row := range n {
		if row > 0 {
			s.WriteString(", ")
		}
		s.WriteByte('(')
		for i, t := range types {
			if i > 0 {
				s.WriteString(", ")
			}
			k++
			if row == 0 && t != "" {
				fmt.Fprintf(&s, "CAST($%d AS %s)", k, t)
			} else {
				fmt.Fprintf(&s, "$%d", k)
			}
		}
		s.WriteByte(')')
	}
	return s.String()
}

// round is the number of rows that a statement about n is written for: the next
// power of two, so that few texts serve sets of all sizes and stay compiled.
func round(n int) int {
	to := 1
	for to < n {
		to *= 2
	}
	return to
}

// filled adds rows of NULL up to round of the rows there are. A row is NULL in
// every column, and its statement passes over it.
func filled(args []any, columns int) ([]any, int) {
	n := round(len(args) / columns)
	return append(args, make([]any, n*columns-len(args))...), n
}

// repeated fills a list of arguments up by its last one: IN asks no more by it.
// Of none it makes one NULL, which nothing is IN.
func repeated(args []any) []any {
	if len(args) == 0 {
		return []any{nil}
	}
	for n := round(len(args)); len(args) < n; {
		args = append(args, args[len(args)-1])
	}
	return args
}

// list writes a parenthesised list of n placeholders from $first on.
func list(first, n int) string {
	p := make([]string, n)
	for i := range p {
		p[i] = fmt.Sprintf("$%d", first+i)
	}
	return "(" + strings.Join(p, ", ") + ")"
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const codeColumns = "c.id, c.order_id, c.account_id, c.subject_id, c.state, c.price, c.currency, c.expires_at, c.tail, c.generation, COALESCE(c.registration_id, 0), COALESCE(c.holder_id, 0), c.changed_at, c.version"

func codeFields(c *exam.Code) []any {
	return []any{&c.ID, &c.Order, &c.Account, &c.Subject, &c.State, &c.PricePaid.Minor, &c.PricePaid.Currency, (*when)(&c.Expires),
		&c.Tail, &c.Generation, &c.Registration, &c.Holder, (*when)(&c.Changed), &c.Version}
}

func scanCode(row db.Row) (exam.Code, error) {
	var c exam.Code
	err := row.Scan(codeFields(&c)...)
	return c, err
}

// CodeRow is a code with what lists show beside it.
type CodeRow struct {
	exam.Code
	OrderNumber string
	Zone        string
	SubjectName exam.Names
	HolderName  string
}

func codeRowFields(c *CodeRow) []any {
	return append(codeFields(&c.Code), &c.OrderNumber, &c.Zone, &c.SubjectName.EN, &c.SubjectName.ZH, &c.HolderName)
}

func scanCodeRow(row db.Row) (CodeRow, error) {
	var c CodeRow
	err := row.Scan(codeRowFields(&c)...)
	return c, err
}

const (
	codeRowColumns = codeColumns + ", o.number, o.zone, s.name_en, s.name_zh, COALESCE(g.name, '')"
	codeRowFrom    = " FROM code c JOIN orders o ON o.id = c.order_id JOIN subject s ON s.id = c.subject_id LEFT JOIN registration g ON g.id = c.registration_id"
	codeRowSelect  = "SELECT " + codeRowColumns + codeRowFrom
)

// Code reads a code of an account.
func (r Reader) Code(ctx context.Context, account exam.AccountID, id exam.CodeID) (CodeRow, error) {
	return one(ctx, r.q, scanCodeRow, codeRowSelect+" WHERE c.account_id = $1 AND c.id = $2", account, id)
}

// CodeFilter narrows a list of codes; zero fields do not (S19).
type CodeFilter struct {
	Code    exam.CodeID // one code, as found by its text
	Tail    string      // last four symbols
	Subject exam.SubjectID
	Order   exam.OrderID
	Number  string // order number, or a part of it
	State   exam.CodeState
	Used    bool      // bound, reserved or completed (S6)
	Holder  string    // a part of the examinee's name, in any case and width
	EndsBy  time.Time // of orders that have not ended and do so by this instant
	Bulk    exam.BulkID
	Outcome string // in Bulk: OutcomeDone, or a reason
}

// codeRange finds the ids of the codes of the order that a filter names; nothing
// when the account has no such paid order, be it that Number is only a part.
func (r Reader) codeRange(ctx context.Context, account exam.AccountID, f CodeFilter) (first, last int64, err error) {
	if f.Order == 0 && f.Number == "" {
		return 0, 0, nil
	}
	var b query
	b.and("o.account_id = ? AND o.first_code IS NOT NULL", account)
	if f.Order != 0 {
		b.and("o.id = ?", f.Order)
	}
	if f.Number != "" {
		b.and("o.number = ?", f.Number)
	}
	err = r.q.QueryRow(ctx, "SELECT o.first_code, o.first_code + o.quantity FROM orders o WHERE "+b.String(), b.args...).Scan(&first, &last)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return first, last, err
}

func codeWhere(account exam.AccountID, f CodeFilter, first, last int64, now time.Time) *query {
	var b query
	b.and("c.account_id = ?", account)
	if f.Code != 0 {
		b.and("c.id = ?", f.Code)
	}
	if f.Tail != "" {
		b.and("c.id IN (SELECT x.id FROM code x WHERE x.tail = ?)", f.Tail)
	}
	if f.Subject != 0 {
		b.and("c.subject_id = ?", f.Subject)
	}
	switch {
	case f.Order == 0 && f.Number != "" && last == 0:
		b.and("c.order_id IN (SELECT n.id FROM orders n WHERE n.account_id = ? AND n.number LIKE ? ESCAPE '!')", account, part(f.Number))
	case f.Order != 0 || f.Number != "": // an order's codes are one range of the primary key
		b.and("c.id >= ? AND c.id < ?", first, last)
	}
	if f.Bulk != 0 {
		b.and("c.id IN (SELECT i.code_id FROM bulk_item i WHERE i.bulk_id = ? AND i.outcome = ?)", f.Bulk, f.Outcome)
	}
	if f.Holder != "" {
		b.and("c.registration_id IN (SELECT h.id FROM registration h WHERE h.account_id = ? AND h.name_folded LIKE ? ESCAPE '!')", account, part(folded(f.Holder)))
		b.and("(c.state <> 'bound' OR c.expires_at > ?)", us(now)) // nobody holds what has ended
	}
	if !f.EndsBy.IsZero() {
		b.and("c.expires_at > ? AND c.expires_at <= ?", us(now), us(f.EndsBy))
	}
	if f.Used {
		b.and("(c.state IN ('reserved', 'completed') OR (c.state = 'bound' AND c.expires_at > ?))", us(now))
	}
	switch f.State {
	case "":
	case exam.Unused, exam.Bound:
		b.and("c.state = ? AND c.expires_at > ?", f.State, us(now))
	case exam.Expired:
		b.and("(c.state = 'expired' OR (c.state IN ('unused', 'bound') AND c.expires_at <= ?))", us(now))
	default:
		b.and("c.state = ?", f.State)
	}
	return &b
}

// CodeCounts counts an account's codes by state at an instant under a filter,
// its own State and Used left aside.
func (r Reader) CodeCounts(ctx context.Context, account exam.AccountID, f CodeFilter, now time.Time) (map[string]int, error) {
	f.State, f.Used = "", false
	if f == (CodeFilter{Subject: f.Subject, Order: f.Order, Number: f.Number, EndsBy: f.EndsBy}) { // what an order knows
		stocks, err := r.Stock(ctx, account, OrderFilter{ID: f.Order, NumberPart: f.Number, Subject: f.Subject, EndsBy: f.EndsBy}, now)
		return stockCounts(stocks), err
	}
	first, last, err := r.codeRange(ctx, account, f)
	if err != nil {
		return nil, err
	}
	b := codeWhere(account, f, first, last, now)
	at := b.arg(us(now))
	return counts(ctx, r.q, "SELECT CASE WHEN c.state IN ('unused', 'bound') AND c.expires_at <= "+at+" THEN 'expired' ELSE c.state END, COUNT(*) FROM code c WHERE "+b.String()+" GROUP BY 1", b.args...)
}

// Sealed reads the encrypted text of a code of an account.
func (r Reader) Sealed(ctx context.Context, account exam.AccountID, id exam.CodeID) ([]byte, error) {
	return one(ctx, r.q, func(row db.Row) ([]byte, error) {
		var b []byte
		err := row.Scan(&b)
		return b, err
	}, "SELECT c.sealed FROM code c WHERE c.account_id = $1 AND c.id = $2", account, id)
}

// Found is what a text belongs to. Replaced means the text is no longer the
// code's: it was regenerated.
type Found struct {
	exam.Code
	Replaced bool
}

// FindTexts finds by lookup values the codes that have, or had, their texts; those
// that belong to nothing are missing. It asks the same of each, so that its time
// tells nobody what it found.
func (r Reader) FindTexts(ctx context.Context, lookups [][]byte) (map[string]Found, error) {
	found := make(map[string]Found, len(lookups))
	for part := range slices.Chunk(lookups, 512) {
		args := repeated(anys(part))
		marks := list(1, len(args))
		type texted struct {
			lookup []byte
			Found
		}
		texts, err := all(ctx, r.q, func(row db.Row) (texted, error) {
			var t texted
			var replaced int64
			err := row.Scan(append(codeFields(&t.Code), &t.lookup, &replaced)...)
			t.Replaced = replaced != 0
			return t, err
		}, "SELECT "+codeColumns+", c.lookup, 0 FROM code c WHERE c.lookup IN "+marks+
			" UNION ALL SELECT "+codeColumns+", t.lookup, 1 FROM retired_text t JOIN code c ON c.id = t.code_id WHERE t.lookup IN "+marks, args...)
		if err != nil {
			return nil, err
		}
		for _, t := range texts {
			found[string(t.lookup)] = t.Found
		}
	}
	return found, nil
}

// Held is a person who has, or had, a registration with a code: a tie that lets
// them know more about it.
type Held struct {
	Code   exam.CodeID
	Person exam.PersonID
}

// HeldAmong finds which of some people held which of some codes.
func (r Reader) HeldAmong(ctx context.Context, asked []Held) (map[Held]bool, error) {
	codes, people := make([]any, len(asked)), make([]any, len(asked))
	for i, h := range asked {
		codes[i], people[i] = h.Code, h.Person
	}
	n := round(len(asked))
	held, err := all(ctx, r.q, func(row db.Row) (Held, error) {
		var h Held
		err := row.Scan(&h.Code, &h.Person)
		return h, err
	}, "SELECT g.code_id, g.person_id FROM registration g WHERE g.code_id IN "+list(1, n)+" AND g.person_id IN "+list(n+1, n),
		append(repeated(codes), repeated(people)...)...)
	found := make(map[Held]bool, len(held))
	for _, h := range held {
		found[h] = true
	}
	return found, err
}

// RetiredText is a replaced text, of which only the tail is known.
type RetiredText struct {
	Tail    string
	Retired time.Time
}

// RetiredTexts lists the replaced texts of a code, newest first.
func (r Reader) RetiredTexts(ctx context.Context, id exam.CodeID) ([]RetiredText, error) {
	return all(ctx, r.q, func(row db.Row) (RetiredText, error) {
		var t RetiredText
		err := row.Scan(&t.Tail, (*when)(&t.Retired))
		return t, err
	}, "SELECT t.tail, t.retired_at FROM retired_text t WHERE t.code_id = $1 ORDER BY t.generation DESC LIMIT 100", id)
}

// CodesByID reads codes of an account (of any, with zero) in id order; those
// that do not exist or are somebody else's are missing.
func (r Reader) CodesByID(ctx context.Context, account exam.AccountID, ids ...exam.CodeID) ([]exam.Code, error) {
	found := []exam.Code{}
	for part := range slices.Chunk(ids, 500) {
		args := anys(part)
		sql := "SELECT " + codeColumns + " FROM code c WHERE c.id IN " + list(1, len(part))
		if account != 0 {
			args = append(args, account)
			sql += fmt.Sprintf(" AND c.account_id = $%d", len(args))
		}
		cs, err := all(ctx, r.q, scanCode, sql+" ORDER BY c.id", args...)
		if err != nil {
			return nil, err
		}
		found = append(found, cs...)
	}
	return found, nil
}

// SaveCodes stores the next versions of codes as one set, each with its event;
// when one of them changed meanwhile none is stored. Ids are distinct.
func (tx *Tx) SaveCodes(ctx context.Context, codes []exam.Code, events []exam.Event) error {
	for rest := codes; len(rest) > 0; {
		part := rest[:min(500, len(rest))]
		rest = rest[len(part):]
		args := make([]any, 0, len(part)*6)
		for _, c := range part {
			args = append(args, c.ID, c.State, null(c.Registration), null(c.Holder), us(c.Changed), c.Version)
		}
		args, n := filled(args, 6)
		if err := tx.exec(ctx, len(part), `WITH v(id, state, registration_id, holder_id, changed_at, version) AS (VALUES `+
			values(n, "BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")+`)
UPDATE code SET state = v.state, registration_id = v.registration_id, holder_id = v.holder_id, changed_at = v.changed_at, version = v.version
FROM v WHERE code.id = v.id`+versionGuard, args...); err != nil {
			return err
		}
	}
	for i, c := range codes {
		tx.moved(c.Account, c.Order, cameFrom(events[i]), c.State, 1)
	}
	if err := tx.sweepAgain(ctx, codes, events); err != nil {
		return err
	}
	return tx.AddEvents(ctx, events...)
}

// cameFrom is the state that a code's event says it left.
func cameFrom(e exam.Event) exam.CodeState {
	from, _ := e.Data["from"].(string)
	return exam.CodeState(from)
}

// NewText is a code with the text that replaces its present one.
type NewText struct {
	exam.Code
	Lookup, Sealed []byte
}

// ReplaceTexts stores new texts as one set; the old ones are kept as lookup
// values, so that they answer "replaced". When one of the codes changed
// meanwhile nothing is stored.
func (tx *Tx) ReplaceTexts(ctx context.Context, codes []NewText, events []exam.Event) error {
	for part := range slices.Chunk(codes, 500) {
		if err := tx.retireTexts(ctx, part); err != nil {
			return err
		}
		const columns = 14
		args := make([]any, 0, len(part)*columns)
		for _, c := range part {
			args = append(args, c.ID, c.Order, c.Account, c.Subject, c.State, c.PricePaid.Minor, c.PricePaid.Currency,
				us(c.Expires), c.Lookup, c.Sealed, c.Tail, c.Generation, us(c.Changed), c.Version)
		}
		// The codes exist and are locked: this only ever updates. An INSERT tells
		// both engines the types of its columns, sealed bytes among them.
		if err := tx.exec(ctx, len(part), `INSERT INTO code (id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, changed_at, version)
VALUES `+values(len(part), make([]string, columns)...)+` ON CONFLICT (id) DO UPDATE SET lookup = excluded.lookup, sealed = excluded.sealed,
tail = excluded.tail, generation = excluded.generation, changed_at = excluded.changed_at, version = excluded.version
WHERE code.state = 'unused'`+replaceGuard, args...); err != nil {
			return err
		}
	}
	return tx.AddEvents(ctx, events...)
}

// retireTexts keeps the present texts of codes as earlier ones; whether they are
// still those of the versions at hand is seen as the new ones are stored.
func (tx *Tx) retireTexts(ctx context.Context, codes []NewText) error {
	args := make([]any, 0, len(codes)*2)
	for _, c := range codes {
		args = append(args, c.ID, us(c.Changed))
	}
	return tx.exec(ctx, len(codes), `WITH v(id, retired_at) AS (VALUES `+values(len(codes), "BIGINT", "BIGINT")+`)
INSERT INTO retired_text (lookup, code_id, generation, tail, retired_at)
SELECT code.lookup, code.id, code.generation, code.tail, v.retired_at FROM v JOIN code ON code.id = v.id`, args...)
}

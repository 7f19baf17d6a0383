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
	var args []any
	for _, c := range codes {
		args = append(args, c.ID, c.State, null(c.Registration), null(c.Holder), us(c.Changed), c.Version)
	}
	if err := tx.execSet(ctx, len(codes), db.Set{
		Before: "WITH v(id, state, registration_id, holder_id, changed_at, version) AS (",
		After: `)
UPDATE code SET state = v.state, registration_id = v.registration_id, holder_id = v.holder_id, changed_at = v.changed_at, version = v.version
FROM v WHERE code.id = v.id` + versionGuard,
		Types: []string{"BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT"},
	}, args); err != nil {
		return err
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

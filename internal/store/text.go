package store

import (
	"context"
	"slices"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

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

// NewText is a code with the text that replaces its present one.
type NewText struct {
	exam.Code
	Lookup, Sealed []byte
}

// ReplaceTexts stores new texts as one set; the old ones are kept as lookup
// values, so that they answer "replaced". When one of the codes changed
// meanwhile nothing is stored.
func (tx *Tx) ReplaceTexts(ctx context.Context, codes []NewText, events []exam.Event) error {
	if err := tx.retireTexts(ctx, codes); err != nil {
		return err
	}
	var args []any
	for _, c := range codes {
		args = append(args, c.ID, c.Order, c.Account, c.Subject, c.State, c.PricePaid.Minor, c.PricePaid.Currency,
			us(c.Expires), c.Lookup, c.Sealed, c.Tail, c.Generation, us(c.Changed), c.Version)
	}
	// The codes exist and are locked: this only ever updates.
	if err := tx.execSet(ctx, len(codes), db.Set{
		Before: "INSERT INTO code (id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, changed_at, version) ",
		After: ` ON CONFLICT (id) DO UPDATE SET lookup = excluded.lookup, sealed = excluded.sealed,
tail = excluded.tail, generation = excluded.generation, changed_at = excluded.changed_at, version = excluded.version
WHERE code.state = 'unused'` + replaceGuard,
		Types: issuedTypes,
	}, args); err != nil {
		return err
	}
	return tx.AddEvents(ctx, events...)
}

// retireTexts keeps the present texts of codes as earlier ones; whether they are
// still those of the versions at hand is seen as the new ones are stored.
func (tx *Tx) retireTexts(ctx context.Context, codes []NewText) error {
	var args []any
	for _, c := range codes {
		args = append(args, c.ID, us(c.Changed))
	}
	return tx.execSet(ctx, len(codes), db.Set{
		Before: "WITH v(id, retired_at) AS (",
		After: `)
INSERT INTO retired_text (lookup, code_id, generation, tail, retired_at)
SELECT code.lookup, code.id, code.generation, code.tail, v.retired_at FROM v JOIN code ON code.id = v.id`,
		Types: []string{"BIGINT", "BIGINT"},
	}, args)
}

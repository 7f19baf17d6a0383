package store

import (
	"context"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// EndingRow is a code as staff find it by the end of its text. Replaced means
// that a former text ends so; the present one may end otherwise.
type EndingRow struct {
	CodeRow
	AccountName string
	Replaced    bool
}

// CodesEnding lists the codes of all companies whose present or former text
// ends in four symbols, newest first, up to limit; for staff.
func (r Reader) CodesEnding(ctx context.Context, tail string, limit int) ([]EndingRow, error) {
	return all(ctx, r.q, scanEnding, "SELECT "+codeColumns+`, o.number, o.zone, s.name_en, s.name_zh, COALESCE(g.name, ''), a.name, CASE WHEN c.tail = $1 THEN 0 ELSE 1 END
FROM code c JOIN orders o ON o.id = c.order_id JOIN subject s ON s.id = c.subject_id JOIN account a ON a.id = c.account_id
LEFT JOIN registration g ON g.id = c.registration_id
WHERE c.id IN (SELECT x.id FROM code x WHERE x.tail = $1 UNION SELECT t.code_id FROM retired_text t WHERE t.tail = $1)
ORDER BY c.id DESC LIMIT $2`, tail, limit)
}

func scanEnding(row db.Row) (EndingRow, error) {
	var (
		e        EndingRow
		replaced int64
	)
	err := row.Scan(append(codeFields(&e.Code), &e.OrderNumber, &e.Zone, &e.SubjectName.EN, &e.SubjectName.ZH, &e.HolderName, &e.AccountName, &replaced)...)
	e.Replaced = replaced != 0
	return e, err
}

// AnyCode reads a code of any company as CodesEnding lists it; for staff.
func (r Reader) AnyCode(ctx context.Context, id exam.CodeID) (EndingRow, error) {
	return one(ctx, r.q, scanEnding, "SELECT "+codeColumns+`, o.number, o.zone, s.name_en, s.name_zh, COALESCE(g.name, ''), a.name, 0
FROM code c JOIN orders o ON o.id = c.order_id JOIN subject s ON s.id = c.subject_id JOIN account a ON a.id = c.account_id
LEFT JOIN registration g ON g.id = c.registration_id WHERE c.id = $1`, id)
}

// OrderByNumber reads an order of any company by its number; for staff.
func (r Reader) OrderByNumber(ctx context.Context, number string) (OrderRow, error) {
	return one(ctx, r.q, scanOrderRow, orderRowSelect+" WHERE o.number = $1", number)
}

// PersonByEmail reads a person by their normalised e-mail; for staff.
func (r Reader) PersonByEmail(ctx context.Context, email string) (exam.Person, error) {
	return one(ctx, r.q, scanPerson, "SELECT "+personColumns+" FROM person p WHERE p.email = $1", email)
}

// AccountNames reads the names of accounts; those that do not exist are missing.
func (r Reader) AccountNames(ctx context.Context, ids ...exam.AccountID) (map[exam.AccountID]string, error) {
	names := map[exam.AccountID]string{}
	type named struct {
		id   exam.AccountID
		name string
	}
	list, err := byID(ctx, r.q, func(row db.Row) (named, error) {
		var n named
		err := row.Scan(&n.id, &n.name)
		return n, err
	}, "SELECT a.id, a.name FROM account a", "a.id", ids)
	for _, n := range list {
		names[n.id] = n.name
	}
	return names, err
}

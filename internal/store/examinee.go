package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// SubjectStats are S8's numbers of one subject. Who was absent did not sit.
type SubjectStats struct {
	Subject                            exam.SubjectID
	Name                               exam.Names
	Registrations, Sat, Passed, Absent int
}

const satColumns = "COUNT(*) FILTER (WHERE t.outcome IN ('passed', 'failed')), COUNT(*) FILTER (WHERE t.outcome = 'passed'), COUNT(*) FILTER (WHERE t.outcome = 'absent')"

// byOrder tells whether a filter asks for nothing that only a registration
// knows: then what is kept of orders and results is enough to count.
func (f ExamineeFilter) byOrder() bool {
	return f.Name == "" && f.ExamType == "" && f.Attempt == ""
}

// ExamineeStats are the numbers of a filter by subject, its own Outcome left
// aside, most registrations first (S8, S26). Without a filter they are those of
// the subjects of which there are codes.
func (r Reader) ExamineeStats(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time) (list []SubjectStats, err error) {
	f.Outcome = ""
	if f.byOrder() {
		err = r.Snapshot(ctx, func(ctx context.Context, r Reader) (err error) {
			list, err = r.keptStats(ctx, account, f, now)
			return err
		})
		return list, err
	}
	b := examineeWhere(account, f, now)
	return all(ctx, r.q, func(row db.Row) (SubjectStats, error) {
		var s SubjectStats
		err := row.Scan(&s.Subject, &s.Name.EN, &s.Name.ZH, &s.Registrations, &s.Sat, &s.Passed, &s.Absent)
		return s, err
	}, "SELECT s.id, s.name_en, s.name_zh, COUNT(*), "+satColumns+`
FROM registration g JOIN subject s ON s.id = g.subject_id LEFT JOIN result t ON t.registration_id = g.id WHERE `+b.String()+`
GROUP BY s.id, s.name_en, s.name_zh ORDER BY COUNT(*) DESC, s.id LIMIT 1000`, b.args...)
}

// keptStats are the numbers of a filter that asks for nothing that only a
// registration knows. Of a time, they are those of its results.
func (r Reader) keptStats(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time) ([]SubjectStats, error) {
	if f.SatFrom.IsZero() && f.SatBefore.IsZero() {
		stocks, err := r.Stock(ctx, account, OrderFilter{Subject: f.Subject}, now)
		if err != nil {
			return nil, err
		}
		return r.subjectStats(ctx, account, stocks)
	}
	b := outcomeWhere(account, f)
	return all(ctx, r.q, func(row db.Row) (SubjectStats, error) {
		var s SubjectStats
		err := row.Scan(&s.Subject, &s.Name.EN, &s.Name.ZH, &s.Sat, &s.Passed, &s.Absent)
		s.Registrations = s.Sat + s.Absent
		return s, err
	}, "SELECT s.id, s.name_en, s.name_zh, "+outcomeSums+" FROM outcome k JOIN subject s ON s.id = k.subject_id WHERE "+b.String()+`
GROUP BY s.id, s.name_en, s.name_zh HAVING SUM(k.passed + k.failed + k.absent) > 0 ORDER BY SUM(k.passed + k.failed + k.absent) DESC, s.id LIMIT 1000`, b.args...)
}

// outcomeSums are how many sat, passed and were absent among what is kept of results k.
const outcomeSums = "CAST(SUM(k.passed + k.failed) AS BIGINT), CAST(SUM(k.passed) AS BIGINT), CAST(SUM(k.absent) AS BIGINT)"

// outcomeWhere is what a filter leaves of a company's results k.
func outcomeWhere(account exam.AccountID, f ExamineeFilter) *query {
	var b query
	b.and("k.account_id = ?", account)
	if !f.SatFrom.IsZero() {
		b.and("k.sat_at >= ?", us(f.SatFrom))
	}
	if !f.SatBefore.IsZero() {
		b.and("k.sat_at < ?", us(f.SatBefore))
	}
	if f.Subject != 0 {
		b.and("k.subject_id = ?", f.Subject)
	}
	return &b
}

// subjectStats are S8's numbers of the subjects that orders are of.
func (r Reader) subjectStats(ctx context.Context, account exam.AccountID, stocks []exam.Stock) ([]SubjectStats, error) {
	known, err := r.Subjects(ctx)
	if err != nil {
		return nil, err
	}
	results, err := all(ctx, r.q, func(row db.Row) (SubjectStats, error) {
		var s SubjectStats
		err := row.Scan(&s.Subject, &s.Sat, &s.Passed, &s.Absent)
		return s, err
	}, "SELECT k.subject_id, "+outcomeSums+" FROM outcome k WHERE k.account_id = $1 GROUP BY k.subject_id", account)
	if err != nil {
		return nil, err
	}
	at := map[exam.SubjectID]*SubjectStats{}
	for _, s := range stocks {
		if at[s.Subject] == nil {
			at[s.Subject] = &SubjectStats{Subject: s.Subject}
		}
		at[s.Subject].Registrations += s.Registrations()
	}
	for _, t := range results {
		if s := at[t.Subject]; s != nil {
			s.Sat, s.Passed, s.Absent = t.Sat, t.Passed, t.Absent
		}
	}
	list := make([]SubjectStats, 0, len(at))
	for _, s := range known {
		if n := at[s.ID]; n != nil {
			n.Name = s.Name
			list = append(list, *n)
		}
	}
	slices.SortStableFunc(list, func(a, b SubjectStats) int {
		return cmp.Or(cmp.Compare(b.Registrations, a.Registrations), cmp.Compare(a.Subject, b.Subject))
	})
	return list, nil
}

// OutcomeCount is how many results of each outcome there are in a time that
// begins at an instant.
type OutcomeCount struct {
	From                   time.Time
	Passed, Failed, Absent int
}

// OutcomesBetween counts a filter's results in each time between two neighbours
// of a list of instants; its own Outcome is left aside.
func (r Reader) OutcomesBetween(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time, at []time.Time) ([]OutcomeCount, error) {
	if len(at) < 2 {
		return nil, nil
	}
	f.Outcome = ""
	list := make([]OutcomeCount, len(at)-1)
	for i := range list {
		list[i].From = at[i]
	}
	read := r.outcomesByName
	if f.byOrder() {
		read = r.outcomesKept
	}
	return list, read(ctx, account, f, now, at, list)
}

// outcomesKept counts among what is kept of results.
func (r Reader) outcomesKept(ctx context.Context, account exam.AccountID, f ExamineeFilter, _ time.Time, at []time.Time, list []OutcomeCount) error {
	var periods []any
	for i := range list {
		periods = append(periods, int64(i), at[i].UnixMicro(), at[i+1].UnixMicro())
	}
	b := outcomeWhere(account, f)
	first := len(b.args)
	b.args = append(b.args, periods...)
	_, err := all(ctx, r.q, func(row db.Row) (struct{}, error) {
		var n, sat, passed, absent int
		err := row.Scan(&n, &sat, &passed, &absent)
		if err == nil {
			list[n].Passed, list[n].Failed, list[n].Absent = passed, sat-passed, absent
		}
		return struct{}{}, err
	}, "WITH m(n, since_us, until_us) AS (VALUES "+valuesFrom(first, len(list), "BIGINT", "BIGINT", "BIGINT")+") SELECT m.n, "+outcomeSums+
		" FROM m JOIN outcome k ON k.sat_at >= m.since_us AND k.sat_at < m.until_us WHERE "+b.String()+" GROUP BY m.n", b.args...)
	return err
}

// outcomesByName goes through the registrations of the filter.
func (r Reader) outcomesByName(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time, at []time.Time, list []OutcomeCount) error {
	b := examineeWhere(account, f, now)
	b.and("t.sat_at >= ? AND t.sat_at < ?", us(at[0]), us(at[len(at)-1]))
	var bucket strings.Builder
	for i, t := range at[1:] {
		fmt.Fprintf(&bucket, " WHEN t.sat_at < %s THEN %d", b.arg(us(t)), i)
	}
	_, err := all(ctx, r.q, func(row db.Row) (struct{}, error) {
		var n, passed, failed, absent int
		err := row.Scan(&n, &passed, &failed, &absent)
		if err == nil {
			list[n].Passed, list[n].Failed, list[n].Absent = passed, failed, absent
		}
		return struct{}{}, err
	}, "SELECT CASE"+bucket.String()+" END, COUNT(*) FILTER (WHERE t.outcome = 'passed'), COUNT(*) FILTER (WHERE t.outcome = 'failed'), COUNT(*) FILTER (WHERE t.outcome = 'absent') FROM registration g JOIN result t ON t.registration_id = g.id WHERE "+b.String()+" GROUP BY 1", b.args...)
	return err
}

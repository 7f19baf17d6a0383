package store

import (
	"context"

	"examcode/internal/db"
	"examcode/internal/exam"
)

func scoreOf(t exam.Result) any {
	if t.Score == nil {
		return nil
	}
	return int64(*t.Score)
}

// AddResults stores first results; their codes' events speak for them. A second
// one of a registration is exam.ErrResultRecorded. Numbers go on behind those of
// versions that were taken back.
func (tx *Tx) AddResults(ctx context.Context, list ...exam.Result) error {
	var args []any
	for _, t := range list {
		args = append(args, t.Registration, t.Outcome, scoreOf(t), us(t.SatAt), us(t.Recorded), t.RecordedBy, t.Why)
	}
	var added []resultKey
	if err := tx.tx.QuerySet(ctx, db.Set{
		Before: "WITH v(registration_id, outcome, score, sat_at, recorded_at, recorded_by, why) AS (",
		After: `)
INSERT INTO result (registration_id, outcome, score, sat_at, recorded_at, recorded_by, why, version, account_id, subject_id)
SELECT g.id, v.outcome, v.score, v.sat_at, v.recorded_at, v.recorded_by, v.why,
COALESCE((SELECT MAX(e.version) FROM result_version e WHERE e.registration_id = g.id), 0) + 1, g.account_id, g.subject_id
FROM v JOIN registration g ON g.id = v.registration_id WHERE true ON CONFLICT (registration_id) DO NOTHING RETURNING account_id, subject_id, sat_at, outcome`,
		Types: []string{"BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT"},
	}, args, into(&added, scanResultKey)); err != nil {
		return err
	}
	if len(added) != len(list) {
		return exam.ErrResultRecorded
	}
	for _, t := range added {
		tx.resulted(t, 1)
	}
	return nil
}

// CorrectResult puts a new result in the place of the present one, which is kept
// as an earlier version; the code's event speaks for both. With kept false the
// new one is no result but a no-show that was given back: it is kept as a
// version too, and the registration has no result.
func (tx *Tx) CorrectResult(ctx context.Context, t exam.Result, kept bool) error {
	if err := tx.exec(ctx, 1, `INSERT INTO result_version (registration_id, version, outcome, score, sat_at, recorded_at, recorded_by, why)
SELECT t.registration_id, t.version, t.outcome, t.score, t.sat_at, t.recorded_at, t.recorded_by, t.why FROM result t
WHERE t.registration_id = $1`, t.Registration); err != nil {
		return err
	}
	was, err := one(ctx, tx.q, scanResultKey, "SELECT t.account_id, t.subject_id, t.sat_at, t.outcome FROM result t WHERE t.registration_id = $1", t.Registration)
	if err != nil {
		return err
	}
	tx.resulted(was, -1)
	if kept {
		tx.resulted(resultKey{was.account, was.subject, t.SatAt, t.Outcome}, 1)
		return tx.exec(ctx, 1, `UPDATE result SET outcome = $1, score = $2, sat_at = $3, recorded_at = $4, recorded_by = $5, why = $6, version = $7
WHERE registration_id = $8 AND version = $9`, t.Outcome, scoreOf(t), us(t.SatAt), us(t.Recorded), t.RecordedBy, t.Why, t.Version, t.Registration, t.Version-1)
	}
	if err := tx.exec(ctx, 1, "DELETE FROM result WHERE registration_id = $1 AND version = $2", t.Registration, t.Version-1); err != nil {
		return err
	}
	return tx.exec(ctx, 1, `INSERT INTO result_version (registration_id, version, outcome, score, sat_at, recorded_at, recorded_by, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, t.Registration, t.Version, t.Outcome, scoreOf(t), us(t.SatAt), us(t.Recorded), t.RecordedBy, t.Why)
}

// ResultVersion is one version of a result, with the name of who recorded it.
type ResultVersion struct {
	exam.Result
	By string
}

const resultVersionColumns = "t.registration_id, t.outcome, COALESCE(t.score, -1), t.sat_at, t.recorded_at, t.recorded_by, t.version, t.why, p.name"

func scanResultVersion(row db.Row) (ResultVersion, error) {
	var (
		t     ResultVersion
		score int
	)
	err := row.Scan(&t.Registration, &t.Outcome, &score, (*when)(&t.SatAt), (*when)(&t.Recorded), &t.RecordedBy, &t.Version, &t.Why, &t.By)
	if score >= 0 {
		t.Score = &score
	}
	return t, err
}

// Result reads the present result of a registration.
func (r Reader) Result(ctx context.Context, id exam.RegistrationID) (ResultVersion, error) {
	return one(ctx, r.q, scanResultVersion, "SELECT "+resultVersionColumns+" FROM result t JOIN person p ON p.id = t.recorded_by WHERE t.registration_id = $1", id)
}

// ResultVersions lists what the result of a registration was before, newest
// first, up to 100.
func (r Reader) ResultVersions(ctx context.Context, id exam.RegistrationID) ([]ResultVersion, error) {
	return all(ctx, r.q, scanResultVersion, "SELECT "+resultVersionColumns+` FROM result_version t JOIN person p ON p.id = t.recorded_by
WHERE t.registration_id = $1 ORDER BY t.version DESC LIMIT 100`, id)
}

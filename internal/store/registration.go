package store

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/width"

	"examcode/internal/db"
	"examcode/internal/exam"
)

const registrationColumns = "g.id, g.code_id, g.order_id, g.account_id, g.person_id, g.name, g.subject_id, g.exam_type, g.attempt, g.state, COALESCE(g.session_id, 0), g.expires_at, g.created_at, g.reserved_at, g.completed_at, g.cancelled_at, g.why, g.version"

func registrationFields(g *exam.Registration) []any {
	return []any{&g.ID, &g.Code, &g.Order, &g.Account, &g.Person, &g.Name, &g.Subject, &g.ExamType, &g.Attempt, &g.State, &g.Session,
		(*when)(&g.Expires), (*when)(&g.Created), (*when)(&g.Reserved), (*when)(&g.Completed), (*when)(&g.Cancelled), &g.Why, &g.Version}
}

func scanRegistration(row db.Row) (exam.Registration, error) {
	var g exam.Registration
	err := row.Scan(registrationFields(&g)...)
	return g, err
}

// RegistrationRow is a registration with what pages show beside it. Session and
// Result are nil where there is none.
type RegistrationRow struct {
	exam.Registration
	SubjectName exam.Names
	AccountName string
	Zone        string // of the order
	CodeTail    string
	Email       string // of the examinee; for staff
	Session     *exam.Session
	Result      *exam.Result
}

// registrationRowSelect looks up what is of one other row each instead of joining
// it: to weigh the orders of eight tables takes PostgreSQL thirty times as long as
// to read the rows of a page.
const registrationRowSelect = "SELECT " + registrationColumns + `, s.name_en, s.name_zh,
(SELECT a.name FROM account a WHERE a.id = g.account_id), (SELECT o.zone FROM orders o WHERE o.id = g.order_id),
(SELECT c.tail FROM code c WHERE c.id = g.code_id), (SELECT p.email FROM person p WHERE p.id = g.person_id),
COALESCE(n.starts_at, 0), COALESCE(n.minutes, 0), COALESCE(n.zone, ''), COALESCE(n.place, ''), COALESCE(n.seats, 0), COALESCE(n.taken, 0), COALESCE(n.closed_at, 0),
COALESCE(t.outcome, ''), COALESCE(t.score, -1), COALESCE(t.sat_at, 0), COALESCE(t.recorded_at, 0), COALESCE(t.version, 0), COALESCE(t.why, '')
FROM registration g JOIN subject s ON s.id = g.subject_id
LEFT JOIN session n ON n.id = g.session_id LEFT JOIN result t ON t.registration_id = g.id`

func scanRegistrationRow(row db.Row) (RegistrationRow, error) {
	var (
		g       RegistrationRow
		n       exam.Session
		t       exam.Result
		minutes int64
		score   int
	)
	err := row.Scan(append(registrationFields(&g.Registration), &g.SubjectName.EN, &g.SubjectName.ZH, &g.AccountName, &g.Zone, &g.CodeTail, &g.Email,
		(*when)(&n.Starts), &minutes, &n.Zone, &n.Place, &n.Seats, &n.Taken, (*when)(&n.Closed), &t.Outcome, &score, (*when)(&t.SatAt), (*when)(&t.Recorded), &t.Version, &t.Why)...)
	if g.Registration.Session != 0 {
		n.ID, n.Subject, n.ExamType, n.Duration = g.Registration.Session, g.Subject, g.ExamType, time.Duration(minutes)*time.Minute
		g.Session = &n
	}
	if t.Outcome != "" {
		t.Registration = g.ID
		if score >= 0 {
			t.Score = &score
		}
		g.Result = &t
	}
	return g, err
}

func registrationKey(g RegistrationRow) int64 { return int64(g.ID) }

// Registration reads one registration of a person.
func (r Reader) Registration(ctx context.Context, p exam.PersonID, id exam.RegistrationID) (RegistrationRow, error) {
	return one(ctx, r.q, scanRegistrationRow, registrationRowSelect+" WHERE g.person_id = $1 AND g.id = $2", p, id)
}

// RegistrationsOf lists a person's registrations, newest first.
func (r Reader) RegistrationsOf(ctx context.Context, p exam.PersonID, page Page) (Rows[RegistrationRow], error) {
	var b query
	b.and("g.person_id = ?", p)
	return paged(ctx, r.q, &b, page, registrationRowSelect, "g.id", registrationKey, scanRegistrationRow)
}

// RegistrationOfCode reads the registration a company's code has now.
func (r Reader) RegistrationOfCode(ctx context.Context, account exam.AccountID, c exam.CodeID) (RegistrationRow, error) {
	return one(ctx, r.q, scanRegistrationRow, registrationRowSelect+" WHERE g.account_id = $1 AND g.code_id = $2 AND g.state <> 'cancelled'", account, c)
}

// AnyRegistration reads a registration of anybody; for staff.
func (r Reader) AnyRegistration(ctx context.Context, id exam.RegistrationID) (RegistrationRow, error) {
	return one(ctx, r.q, scanRegistrationRow, registrationRowSelect+" WHERE g.id = $1", id)
}

// Roster lists who holds or held a seat in a session, by name; for staff.
func (r Reader) Roster(ctx context.Context, n exam.SessionID) ([]RegistrationRow, error) {
	return all(ctx, r.q, scanRegistrationRow, registrationRowSelect+" WHERE g.session_id = $1 ORDER BY g.name, g.id LIMIT 10000", n)
}

// OutcomeSat filters those who sat, whatever came of it.
const OutcomeSat = "sat"

// ExamineeFilter narrows a company's examinees; zero fields do not (S26).
type ExamineeFilter struct {
	Name     string // a part of it, in any case and width
	Subject  exam.SubjectID
	ExamType exam.ExamType
	Attempt  string
	Outcome  string // OutcomeSat, or one of exam's outcomes
	// Those whose exam was at or after SatFrom and before SatBefore, came they or
	// not; zero does not narrow.
	SatFrom, SatBefore time.Time
}

// living are the registrations that count: not cancelled, and not lost to the
// order's end.
const living = "g.state <> 'cancelled' AND (g.state <> 'registered' OR g.expires_at > ?)"

func examineeWhere(account exam.AccountID, f ExamineeFilter, now time.Time) *query {
	var b query
	b.and("g.account_id = ? AND "+living, account, us(now))
	if f.Name != "" {
		b.and("g.name_folded LIKE ? ESCAPE '!'", part(folded(f.Name)))
	}
	if f.Subject != 0 {
		b.and("g.subject_id = ?", f.Subject)
	}
	if f.ExamType != "" {
		b.and("g.exam_type = ?", f.ExamType)
	}
	if f.Attempt != "" {
		b.and("g.attempt = ?", f.Attempt)
	}
	if !f.SatFrom.IsZero() {
		b.and("t.sat_at >= ?", us(f.SatFrom))
	}
	if !f.SatBefore.IsZero() {
		b.and("t.sat_at < ?", us(f.SatBefore))
	}
	switch f.Outcome {
	case "":
	case OutcomeSat:
		b.and("t.outcome IN ('passed', 'failed')")
	default:
		b.and("t.outcome = ?", f.Outcome)
	}
	return &b
}

// part is the pattern of texts that contain one; its signs are plain letters.
func part(text string) string { return "%" + likeEscape.Replace(text) + "%" }

var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// folded is a name as it is searched: lower case, half width, single spaces.
func folded(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(width.Fold.String(name))), " ")
}

// Examinees lists the registrations made with a company's codes, newest first. A
// name names its registrations, as it does codes.
func (r Reader) Examinees(ctx context.Context, account exam.AccountID, f ExamineeFilter, now time.Time, page Page) (Rows[RegistrationRow], error) {
	b := examineeWhere(account, f, now)
	if f == (ExamineeFilter{}) {
		return paged(ctx, r.q, b, page, registrationRowSelect, "g.id", registrationKey, scanRegistrationRow)
	}
	if f.Name != "" {
		ids, err := all(ctx, r.q, number[exam.RegistrationID], "SELECT g.id FROM registration g WHERE g.account_id = $1 AND g.name_folded LIKE $2 ESCAPE '!' LIMIT $3", account, part(folded(f.Name)), mostNamed)
		if err != nil {
			return Rows[RegistrationRow]{}, err
		}
		if len(ids) < mostNamed {
			inDirection(ids, page)
			return among(ctx, r.q, b, page, ids, registrationRowSelect, "g.id", registrationKey, scanRegistrationRow)
		}
	}
	var driver query
	driver.and("g.account_id = ?", account)
	return walked(ctx, r.q, "registration g", "g.id", &driver, b, page, registrationRowSelect, registrationKey, scanRegistrationRow)
}

// LivingRegistration reads the registration a person has for a subject.
func (r Reader) LivingRegistration(ctx context.Context, p exam.PersonID, s exam.SubjectID) (exam.Registration, error) {
	return one(ctx, r.q, scanRegistration, "SELECT "+registrationColumns+" FROM registration g WHERE g.person_id = $1 AND g.subject_id = $2 AND g.state IN ('registered', 'reserved')", p, s)
}

// Enrolled is a person and a subject.
type Enrolled struct {
	Person  exam.PersonID
	Subject exam.SubjectID
}

// Enrolments finds for which of some subjects some people have a registration that
// is not over.
func (r Reader) Enrolments(ctx context.Context, people []exam.PersonID, subjects []exam.SubjectID) (map[Enrolled]bool, error) {
	where, args := enrolled(people, subjects)
	list, err := all(ctx, r.q, func(row db.Row) (Enrolled, error) {
		var e Enrolled
		err := row.Scan(&e.Person, &e.Subject)
		return e, err
	}, "SELECT g.person_id, g.subject_id FROM registration g WHERE "+where+" AND g.state IN ('registered', 'reserved')", args...)
	living := make(map[Enrolled]bool, len(list))
	for _, e := range list {
		living[e] = true
	}
	return living, err
}

// SatEarlier counts how often some people sat which of some subjects; who was
// absent did not.
func (r Reader) SatEarlier(ctx context.Context, people []exam.PersonID, subjects []exam.SubjectID) (map[Enrolled]int, error) {
	type sat struct {
		Enrolled
		times int
	}
	where, args := enrolled(people, subjects)
	list, err := all(ctx, r.q, func(row db.Row) (sat, error) {
		var t sat
		err := row.Scan(&t.Person, &t.Subject, &t.times)
		return t, err
	}, `SELECT g.person_id, g.subject_id, COUNT(*) FROM registration g JOIN result t ON t.registration_id = g.id
WHERE `+where+` AND t.outcome IN ('passed', 'failed') GROUP BY g.person_id, g.subject_id`, args...)
	times := make(map[Enrolled]int, len(list))
	for _, t := range list {
		times[t.Enrolled] = t.times
	}
	return times, err
}

// enrolled is the condition that a registration is of some people for some subjects.
func enrolled(people []exam.PersonID, subjects []exam.SubjectID) (where string, args []any) {
	who, what := repeated(anys(people)), repeated(anys(subjects))
	return "g.person_id IN " + list(1, len(who)) + " AND g.subject_id IN " + list(1+len(who), len(what)), append(who, what...)
}

// AddRegistrations stores new registrations as one set; the codes' events speak
// for them. When one of them would be the second living one of its person for its
// subject that is exam.ErrAlreadyRegistered, and the transaction is to be given up.
func (tx *Tx) AddRegistrations(ctx context.Context, list []exam.Registration) error {
	var args []any
	for _, g := range list {
		args = append(args, g.ID, g.Code, g.Order, g.Account, g.Person, g.Name, g.Subject, g.ExamType, g.Attempt, g.State,
			us(g.Expires), us(g.Created), g.Why, g.Version, folded(g.Name))
	}
	added, err := tx.tx.ExecSet(ctx, db.Set{
		Before: "INSERT INTO registration (id, code_id, order_id, account_id, person_id, name, subject_id, exam_type, attempt, state, expires_at, created_at, why, version, name_folded) ",
		After:  " ON CONFLICT (person_id, subject_id) WHERE state IN ('registered', 'reserved') DO NOTHING",
		Types:  []string{"BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "TEXT", "BIGINT", "TEXT"},
	}, args)
	if err != nil {
		return err
	}
	if added != int64(len(list)) {
		return exam.ErrAlreadyRegistered
	}
	for _, g := range list {
		tx.went(g)
	}
	return nil
}

// SaveRegistration stores the next version; the code's event speaks for both.
func (tx *Tx) SaveRegistration(ctx context.Context, g exam.Registration) error {
	return tx.SaveRegistrations(ctx, []exam.Registration{g})
}

// SaveRegistrations stores the next versions as one set; when one of them
// changed meanwhile none is stored. Their codes' events speak for them.
func (tx *Tx) SaveRegistrations(ctx context.Context, list []exam.Registration) error {
	var args []any
	for _, g := range list {
		args = append(args, g.ID, g.State, null(g.Session), us(g.Reserved), us(g.Completed), us(g.Cancelled), g.Why, g.Version)
	}
	if err := tx.execSet(ctx, len(list), db.Set{
		Before: "WITH v(id, state, session_id, reserved_at, completed_at, cancelled_at, why, version) AS (",
		After: `)
UPDATE registration SET state = v.state, session_id = v.session_id, reserved_at = v.reserved_at, completed_at = v.completed_at, cancelled_at = v.cancelled_at, why = v.why, version = v.version
FROM v WHERE registration.id = v.id AND registration.version = v.version - 1`,
		Types: []string{"BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT"},
	}, args); err != nil {
		return err
	}
	for _, g := range list {
		if g.State == exam.RegCancelled { // which it is from now on, for good
			tx.came(g)
		}
	}
	return nil
}

// RegistrationsByID reads registrations in id order.
func (r Reader) RegistrationsByID(ctx context.Context, ids ...exam.RegistrationID) ([]exam.Registration, error) {
	return byID(ctx, r.q, scanRegistration, "SELECT "+registrationColumns+" FROM registration g", "g.id", ids)
}

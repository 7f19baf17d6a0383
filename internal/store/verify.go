package store

import (
	"context"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// Verified is what became of checking one invariant.
type Verified struct {
	ID         string `json:"id"`
	Says       string `json:"says"`
	Checked    int64  `json:"checked"`
	Violations int64  `json:"violations"`
	First      int64  `json:"first,omitempty"` // id of the first row that breaks it
}

// invariant is something that is true of all rows at every instant. Its
// statement answers how many were checked, how many break it, and the first.
type invariant struct{ id, says, sql string }

// tally selects what an invariant's statement answers, where broken is what a row
// that breaks it is.
func tally(id, broken string) string {
	return "SELECT COUNT(*), COUNT(*) FILTER (WHERE " + broken + "), COALESCE(MIN(" + id + ") FILTER (WHERE " + broken + "), 0) "
}

// perOrder sums up the codes of each order once.
const perOrder = `(SELECT c.order_id AS order_id, COUNT(*) AS n, CAST(SUM(c.price) AS BIGINT) AS price,
COUNT(*) FILTER (WHERE c.state = 'refunding') AS refunding, COUNT(*) FILTER (WHERE c.state = 'refunded') AS refunded,
CAST(COALESCE(SUM(c.price) FILTER (WHERE c.state IN ('refunding', 'refunded')), 0) AS BIGINT) AS back,
COUNT(*) FILTER (WHERE c.expires_at <> p.expires_at OR c.account_id <> p.account_id OR c.subject_id <> p.subject_id OR c.currency <> p.currency
 OR c.id < p.first_code OR c.id >= p.first_code + p.issued) AS strays
FROM code c JOIN orders p ON p.id = c.order_id GROUP BY c.order_id)`

// tracesLeft is true of erased people p of accounts a something of whom is left.
const tracesLeft = `p.name <> '` + exam.ErasedName + `' OR p.email <> 'erased-' || CAST(p.id AS TEXT) || '@erased.invalid' OR p.password <> '' OR p.suspended_at IS NULL
OR (a.kind = 'individual' AND a.name <> '` + exam.ErasedName + `')
OR EXISTS (SELECT 1 FROM login l WHERE l.person_id = p.id) OR EXISTS (SELECT 1 FROM api_key k WHERE k.person_id = p.id) OR EXISTS (SELECT 1 FROM message m WHERE m.person_id = p.id)
OR EXISTS (SELECT 1 FROM ticket t WHERE t.person_id = p.id) OR EXISTS (SELECT 1 FROM idempotency i WHERE i.person_id = p.id)
OR EXISTS (SELECT 1 FROM registration g WHERE g.person_id = p.id AND (g.name <> '` + exam.ErasedName + `' OR g.state IN ('registered', 'reserved')))
OR EXISTS (SELECT 1 FROM receiver v WHERE v.person_id = p.id AND v.state <> 'removed')
OR EXISTS (SELECT 1 FROM verification w WHERE w.account_id = p.account_id AND w.person_id = p.id AND (w.document_number IS NOT NULL OR w.document_id IS NOT NULL OR w.note <> '' OR w.state = 'waiting' OR (w.kind = 'individual' AND w.legal_name <> '')))`

// flowDays are the numbers of days for which flows are kept.
const flowDays = "(SELECT 1 AS days UNION ALL SELECT 8 AS days) d"

// keptStates takes what is kept of codes by state from what was counted.
func keptStates() (sql string) {
	for _, s := range stockColumns {
		sql += " UNION ALL SELECT k.order_id, k.account_id, '" + string(s) + "', -k." + string(s) + " FROM stock k"
	}
	return sql
}

// invariants of money, codes, registrations and seats, in the order they are told.
var invariants = []invariant{
	{"M-1", "an order's total is the sum of what its codes cost, those still to come included",
		tally("o.id", "COALESCE(t.price, -1) <> o.issued * (o.total / o.quantity) + CASE WHEN o.issued < o.total % o.quantity THEN o.issued ELSE o.total % o.quantity END OR o.total <> o.unit_price * o.quantity") + "FROM orders o LEFT JOIN " + perOrder + " t ON t.order_id = o.id WHERE o.state = 'paid'"},
	{"M-2", "an order is paid just when one payment of its total succeeded",
		tally("o.id", "(CASE WHEN o.state = 'paid' THEN 1 ELSE 0 END) <> COALESCE(y.n, 0) OR (y.n = 1 AND (y.amount <> o.total OR y.currency <> o.currency))") +
			"FROM orders o LEFT JOIN (SELECT p.order_id AS order_id, COUNT(*) AS n, MIN(p.amount) AS amount, MIN(p.currency) AS currency FROM payment p WHERE p.state = 'succeeded' GROUP BY p.order_id) y ON y.order_id = o.id"},
	{"M-3", "an order has at most one refund",
		tally("f.order_id", "f.n > 1") + "FROM (SELECT r.order_id AS order_id, COUNT(*) AS n FROM refund r GROUP BY r.order_id) f"},
	{"M-4", "a refund is the sum of what its codes cost, and no more than was paid",
		tally("f.id", "f.amount > o.total OR o.state <> 'paid' OR (f.state <> 'failed' AND f.amount <> COALESCE(t.back, 0))") +
			"FROM refund f JOIN orders o ON o.id = f.order_id LEFT JOIN " + perOrder + " t ON t.order_id = f.order_id"},
	{"M-5", "codes are on their way back while their order's refund is, and gone when it is done",
		tally("o.id", "(COALESCE(t.refunding, 0) > 0) <> (f.id IS NOT NULL AND f.state IN ('review', 'refunding')) OR (COALESCE(t.refunded, 0) > 0) <> (f.id IS NOT NULL AND f.state = 'refunded')") +
			"FROM orders o LEFT JOIN refund f ON f.order_id = o.id LEFT JOIN " + perOrder + " t ON t.order_id = o.id"},
	{"M-6", "a refund's codes are those that its last try lists",
		tally("c.id", "(c.state IN ('refunding', 'refunded') AND x.code_id IS NULL) OR (x.code_id IS NOT NULL AND x.state <> 'failed' AND c.state NOT IN ('refunding', 'refunded'))") +
			"FROM code c LEFT JOIN (SELECT k.code_id AS code_id, f.state AS state FROM refund_code k JOIN refund f ON f.id = k.refund_id AND f.try = k.try) x ON x.code_id = c.id WHERE x.code_id IS NOT NULL OR c.state IN ('refunding', 'refunded')"},
	{"C-1", "a paid order has as many codes as it says, each like its order; any other has none",
		tally("o.id", "(CASE WHEN o.state = 'paid' THEN o.issued ELSE 0 END) <> COALESCE(t.n, 0) OR COALESCE(t.strays, 0) > 0") + "FROM orders o LEFT JOIN " + perOrder + " t ON t.order_id = o.id"},
	{"C-2", "a code has one text, and as many earlier ones as it was regenerated",
		tally("c.id", "LENGTH(c.sealed) < 16 OR LENGTH(c.lookup) < 16 OR c.generation <> 1 + COALESCE(t.n, 0)") +
			"FROM code c LEFT JOIN (SELECT x.code_id AS code_id, COUNT(*) AS n FROM retired_text x GROUP BY x.code_id) t ON t.code_id = c.id"},
	{"C-3", "a text that was replaced is nobody's text any more",
		tally("t.code_id", "c.id IS NOT NULL") + "FROM retired_text t LEFT JOIN code c ON c.lookup = t.lookup"},
	{"C-4", "an order owes the codes that it was paid for and does not have yet, and nothing when it has them all",
		tally("o.id", "(o.state = 'paid' AND o.issued < o.quantity) <> (COALESCE(w.state, '') = 'owed')") + "FROM orders o LEFT JOIN owed w ON w.target_id = o.id AND w.channel = 'issue'"},
	{"C-6", "a code is held just when a living registration holds it",
		tally("c.id", "(c.state IN ('bound', 'reserved', 'completed')) <> (g.id IS NOT NULL) OR (g.id IS NOT NULL AND (g.id <> c.registration_id OR g.person_id <> c.holder_id OR g.state <> CASE c.state WHEN 'bound' THEN 'registered' ELSE c.state END))") +
			"FROM code c LEFT JOIN registration g ON g.code_id = c.id AND g.state <> 'cancelled'"},
	{"C-7", "no code that was given back has a living registration",
		tally("c.id", "g.id IS NOT NULL") + "FROM code c LEFT JOIN registration g ON g.code_id = c.id AND g.state <> 'cancelled' WHERE c.state IN ('refunding', 'refunded')"},
	{"R-1", "a code has at most one living registration, and so has a person for a subject",
		tally("x.id", "x.n > 1") + `FROM (SELECT g.code_id AS id, COUNT(*) AS n FROM registration g WHERE g.state <> 'cancelled' GROUP BY g.code_id
UNION ALL SELECT h.person_id AS id, COUNT(*) AS n FROM registration h WHERE h.state IN ('registered', 'reserved') GROUP BY h.person_id, h.subject_id) x`},
	{"R-2", "a registration is like its code",
		tally("g.id", "g.subject_id <> c.subject_id OR g.order_id <> c.order_id OR g.account_id <> c.account_id OR g.expires_at <> c.expires_at") + "FROM registration g JOIN code c ON c.id = g.code_id"},
	{"R-3", "a session's taken seats are those that are held, and no more than there are",
		tally("n.id", "n.taken <> COALESCE(g.n, 0) OR n.taken > n.seats") +
			"FROM session n LEFT JOIN (SELECT h.session_id AS session_id, COUNT(*) AS n FROM registration h WHERE h.state IN ('reserved', 'completed') GROUP BY h.session_id) g ON g.session_id = n.id"},
	{"R-4", "there is a result just when the registration is completed",
		tally("g.id", "(g.state = 'completed') <> (t.registration_id IS NOT NULL)") + "FROM registration g LEFT JOIN result t ON t.registration_id = g.id"},
	{"R-5", "a session that is held is the registration's own, of its type, and starts before the order's end",
		tally("g.id", "n.subject_id <> g.subject_id OR n.exam_type <> g.exam_type OR n.starts_at >= g.expires_at") + "FROM registration g JOIN session n ON n.id = g.session_id"},
	{"R-6", "nobody is in a session that was cancelled",
		tally("n.id", "n.taken > 0 OR g.n > 0") +
			"FROM session n LEFT JOIN (SELECT h.session_id AS session_id, COUNT(*) AS n FROM registration h GROUP BY h.session_id) g ON g.session_id = n.id WHERE n.cancelled_at IS NOT NULL"},
	{"R-7", "a result keeps all its earlier versions",
		tally("x.id", "x.n <> x.top") + `FROM (SELECT v.id AS id, COUNT(*) AS n, MAX(v.version) AS top FROM (SELECT t.registration_id AS id, t.version AS version FROM result t
UNION ALL SELECT e.registration_id AS id, e.version AS version FROM result_version e) v GROUP BY v.id) x`},
	{"Z-2", "nobody registered at or after the order's end",
		tally("g.id", "g.created_at >= g.expires_at OR g.reserved_at >= g.expires_at") + "FROM registration g"},
	{"Z-3", "an order whose end is written down has ended, has all its codes, and none of them is Unused or Bound",
		tally("o.id", "o.expires_at > o.swept_at OR o.issued < o.quantity OR EXISTS (SELECT 1 FROM code c WHERE c.id >= o.first_code AND c.id < o.first_code + o.quantity AND c.state IN ('unused', 'bound'))") +
			"FROM orders o WHERE o.swept_at IS NOT NULL"},
	{"N-1", "people are reminded of an order's end before it, and told when its trail says so",
		tally("d.order_id", "d.at >= d.expires_at OR (d.state = 'told' AND COALESCE(e.n, 0) = 0)") +
			"FROM reminder d LEFT JOIN (SELECT x.object_id AS object_id, x.at AS at, COUNT(*) AS n FROM event x WHERE x.kind = 'order.reminded' GROUP BY x.object_id, x.at) e ON e.object_id = d.order_id AND e.at = d.at"},
	{"N-4", "every message owes its e-mail",
		tally("m.id", "w.id IS NULL") + "FROM message m LEFT JOIN owed w ON w.target_id = m.id AND w.channel = 'mail'"},
	{"N-6", "somebody of its account is told of a purchase just when it was paid, and knows unless they were erased",
		tally("o.id", "(o.state <> 'paid' AND m.id IS NOT NULL) OR (o.state = 'paid' AND m.id IS NULL AND NOT EXISTS (SELECT 1 FROM person p WHERE p.account_id = o.account_id AND p.erased_at IS NOT NULL))") + "FROM orders o LEFT JOIN (SELECT q.about_id AS id FROM message q WHERE q.kind = 'order_paid' GROUP BY q.about_id) m ON m.id = o.id"},
	{"D-2", "of an erased person nothing is left that names them, and nothing of theirs goes on",
		tally("p.id", "("+tracesLeft+")") + "FROM person p JOIN account a ON a.id = p.account_id WHERE p.erased_at IS NOT NULL"},
	{"X-1", "an export owes its file just while it has not ended, and a ready one has bytes",
		tally("x.id", "w.id IS NULL OR (w.state = 'owed') <> (x.state IN ('waiting', 'running')) OR (x.state = 'ready' AND x.size < 1)") + "FROM export x LEFT JOIN owed w ON w.target_id = x.id AND w.channel = 'export'"},
	{"A-2", "a thing's events number its versions without a gap",
		tally("v.id", "COALESCE(e.n, 0) <> v.version OR COALESCE(e.top, 0) <> v.version") + `FROM (SELECT c.id AS id, c.version AS version FROM code c
UNION ALL SELECT n.id AS id, n.version AS version FROM session n UNION ALL SELECT o.id AS id, o.version AS version FROM orders o UNION ALL SELECT y.id AS id, y.version AS version FROM payment y
UNION ALL SELECT f.id AS id, f.version AS version FROM refund f) v
LEFT JOIN (SELECT x.object_id AS object_id, COUNT(*) AS n, MAX(x.version) AS top FROM event x WHERE x.version IS NOT NULL GROUP BY x.object_id) e ON e.object_id = v.id`},
	{"K-1", "what is kept of an order's codes by state, and of those that are gone, is what counting them and its registrations gives",
		tally("y.id", "y.n <> 0") + "FROM (SELECT x.id AS id, SUM(x.n) AS n FROM (SELECT c.order_id AS id, c.account_id AS account_id, c.state AS state, COUNT(*) AS n FROM code c GROUP BY c.order_id, c.account_id, c.state" +
			" UNION ALL SELECT g.order_id, g.account_id, 'gone', COUNT(*) FROM registration g WHERE g.cancelled_at IS NULL OR g.cancelled_at >= g.expires_at GROUP BY g.order_id, g.account_id" +
			" UNION ALL SELECT k.order_id, k.account_id, 'gone', -k.gone FROM stock k" + keptStates() + ") x GROUP BY x.id, x.account_id, x.state) y"},
	{"K-2", "what is kept of a company's codes that are gone, by subject and days, is what counting its registrations gives",
		tally("y.id", "y.gone <> 0") + `FROM (SELECT x.id AS id, SUM(x.gone) AS gone FROM (
SELECT g.account_id AS id, d.days AS days, g.created_at / 86400000000 / d.days AS part, g.subject_id AS subject_id, 1 AS gone FROM registration g CROSS JOIN ` + flowDays + `
UNION ALL SELECT g.account_id, d.days, g.cancelled_at / 86400000000 / d.days, g.subject_id, -1 FROM registration g CROSS JOIN ` + flowDays + ` WHERE g.cancelled_at IS NOT NULL AND g.cancelled_at < g.expires_at
UNION ALL SELECT f.account_id, f.days, CASE WHEN f.day % f.days = 0 THEN f.day / f.days ELSE -1 END, f.subject_id, -f.gone FROM flow f) x GROUP BY x.id, x.days, x.part, x.subject_id) y`},
	{"K-3", "what is kept of a company's results is what counting them gives",
		tally("y.id", "y.passed <> 0 OR y.failed <> 0 OR y.absent <> 0") + `FROM (SELECT x.id AS id, SUM(x.passed) AS passed, SUM(x.failed) AS failed, SUM(x.absent) AS absent FROM (
SELECT t.account_id AS id, t.sat_at AS sat_at, t.subject_id AS subject_id, CASE t.outcome WHEN 'passed' THEN 1 ELSE 0 END AS passed, CASE t.outcome WHEN 'failed' THEN 1 ELSE 0 END AS failed,
CASE t.outcome WHEN 'absent' THEN 1 ELSE 0 END AS absent FROM result t
UNION ALL SELECT k.account_id, k.sat_at, k.subject_id, -k.passed, -k.failed, -k.absent FROM outcome k) x GROUP BY x.id, x.sat_at, x.subject_id) y`},
	{"P-3", "a provider's notice is kept once, and what it changed is one step of its thing that no other notice made",
		tally("h.id", "h.twins > 1 OR (h.state = 'news' AND (h.claims > 1 OR e.id IS NULL)) OR (h.state = 'news') <> (h.object_version IS NOT NULL)") +
			`FROM (SELECT n.id AS id, n.state AS state, n.object_id AS object_id, n.object_version AS object_version, COUNT(*) OVER (PARTITION BY n.provider, n.event) AS twins,
COUNT(*) OVER (PARTITION BY n.object_id, n.object_version) AS claims FROM provider_notice n) h LEFT JOIN event e ON e.object_id = h.object_id AND e.version = h.object_version`},
	{"S-1", "whatever belongs to a thing belongs to its account",
		tally("x.id", "x.own <> x.parent") + `FROM (SELECT c.id AS id, c.account_id AS own, o.account_id AS parent FROM code c JOIN orders o ON o.id = c.order_id
UNION ALL SELECT g.id AS id, g.account_id AS own, o.account_id AS parent FROM registration g JOIN orders o ON o.id = g.order_id
UNION ALL SELECT y.id AS id, y.account_id AS own, o.account_id AS parent FROM payment y JOIN orders o ON o.id = y.order_id
UNION ALL SELECT f.id AS id, f.account_id AS own, o.account_id AS parent FROM refund f JOIN orders o ON o.id = f.order_id
UNION ALL SELECT t.registration_id AS id, t.account_id AS own, g.account_id AS parent FROM result t JOIN registration g ON g.id = t.registration_id
UNION ALL SELECT x.id AS id, x.account_id AS own, p.account_id AS parent FROM export x JOIN person p ON p.id = x.person_id
UNION ALL SELECT k.id AS id, k.account_id AS own, p.account_id AS parent FROM api_key k JOIN person p ON p.id = k.person_id) x`},
}

// Verify checks every invariant on one snapshot of the database, whatever its
// size: nothing is kept but counts.
func (s *Store) Verify(ctx context.Context, each func(Verified)) (violations int64, err error) {
	err = s.Snapshot(ctx, func(ctx context.Context, r Reader) error {
		tell := func(v Verified) {
			violations += v.Violations
			each(v)
		}
		for _, i := range invariants {
			v, err := one(ctx, r.q, func(row db.Row) (Verified, error) {
				v := Verified{ID: i.id, Says: i.says}
				return v, row.Scan(&v.Checked, &v.Violations, &v.First)
			}, i.sql)
			if err != nil {
				return err
			}
			tell(v)
		}
		for _, check := range []func(context.Context) (Verified, error){r.endsKept, r.statesReplayed, r.nothingOver} {
			v, err := check(ctx)
			if err != nil {
				return err
			}
			tell(v)
		}
		return nil
	})
	return violations, err
}

// breaks notes a row that breaks the invariant.
func (v *Verified) breaks(id int64) {
	if v.Violations == 0 {
		v.First = id
	}
	v.Violations++
}

// stream reads rows one after the other and keeps none.
func stream(ctx context.Context, q db.Querier, each func(db.Row) error, sql string, args ...any) error {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// endsKept computes every paid order's end again (S15).
func (r Reader) endsKept(ctx context.Context) (Verified, error) {
	v := Verified{ID: "Z-1", Says: "a paid order ends when the rule says"}
	zones := map[string]*time.Location{}
	return v, stream(ctx, r.q, func(row db.Row) error {
		var (
			id         int64
			paid, ends time.Time
			name       string
		)
		if err := row.Scan(&id, (*when)(&paid), (*when)(&ends), &name); err != nil {
			return err
		}
		zone, known := zones[name]
		if !known {
			var err error
			if zone, err = time.LoadLocation(name); err != nil {
				zone = time.UTC
			}
			zones[name] = zone
		}
		v.Checked++
		if !exam.EndOfOrder(paid, zone).Equal(ends) {
			v.breaks(id)
		}
		return nil
	}, "SELECT o.id, o.paid_at, o.expires_at, o.zone FROM orders o WHERE o.state = 'paid'")
}

// statesReplayed follows every code's events from unused on and compares where
// they lead with what is stored.
func (r Reader) statesReplayed(ctx context.Context) (Verified, error) {
	v := Verified{ID: "C-5", Says: "a code's state is where its events lead, by allowed steps in order of time"}
	var (
		code         int64
		stored, at   exam.CodeState
		last         int64
		broken, open bool
	)
	close := func() {
		if open && (broken || at != stored) {
			v.breaks(code)
		}
	}
	err := stream(ctx, r.q, func(row db.Row) error {
		var (
			id, time int64
			state    exam.CodeState
			kind     exam.EventKind
		)
		if err := row.Scan(&id, &state, &kind, &time); err != nil {
			return err
		}
		if id != code {
			close()
			code, stored, at, last, broken, open = id, state, exam.Unused, 0, false, true
			v.Checked++
		}
		if kind == "" {
			return nil
		}
		next, allowed := exam.StepTo(at, kind)
		broken = broken || !allowed || time < last
		at, last = next, time
		return nil
	}, `SELECT c.id, c.state, COALESCE(e.kind, ''), COALESCE(e.at, 0) FROM code c
LEFT JOIN event e ON e.object_id = c.id AND e.version IS NOT NULL ORDER BY c.id, e.version`)
	close()
	return v, err
}

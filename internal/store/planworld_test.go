package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
)

// What the plans are read on: 60 orders of 500 codes, most of one company, whose
// first 20 have ended and are not swept; every kind of row that lists are long of.
const (
	planOrders  = 60
	planCodes   = 500
	planAccount = 1
	planCode    = 1_000_000 // id of the first code; those of registrations and the rest follow the same way
	planDay     = int64(24 * time.Hour / time.Microsecond)
)

// planNow is the instant at which the lists are read.
var planNow = time.UnixMicro(400 * planDay)

// fill writes rows by statements alone: i counts them from 0.
func fill(t *testing.T, d *db.DB, n int, into, columns, sel string) {
	t.Helper()
	bytes := "BLOB"
	if d.Engine() == db.PostgreSQL {
		bytes = "BYTEA"
	}
	sql := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n.i + 1 FROM n WHERE n.i < %d) INSERT INTO %s (%s) SELECT %s", n-1, into, columns, strings.ReplaceAll(sel, "BYTES", bytes))
	if !strings.Contains(sel, "FROM") {
		sql += " FROM n"
	}
	write(t, d, sql)
}

// write runs a statement past the program.
func write(t *testing.T, d *db.DB, sql string) {
	t.Helper()
	if err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func planWorld(t *testing.T, d *db.DB) {
	t.Helper()
	day := fmt.Sprint(planDay)
	fill(t, d, 2, "account", "id, kind, name, zone, verified, created_at, version", "n.i + 1, 'enterprise', 'Company', 'UTC', 'verified', 0, 1")
	fill(t, d, 9000, "person", "id, account_id, email, name, password, role, rights, lang, theme, created_at, version",
		"n.i + 1, 1 + n.i % 2, 'p' || CAST(n.i AS TEXT) || '@example.com', 'Somebody', '', 'root', 0, 'en', '', 0, 1")
	fill(t, d, 3, "subject", "id, code, name_en, name_zh, about_en, about_zh, price, currency, exam_types, cancel_cutoff, no_show, pass_mark, max_quantity, created_at, version",
		"n.i + 1, 'S' || CAST(n.i AS TEXT), 'Subject', '科目', '', '', 100, 'USD', 'online', 0, 'forfeit', 60, 100, 0, 1")
	fill(t, d, 400, "session", "id, subject_id, exam_type, starts_at, minutes, zone, place, seats, taken, created_at, version",
		"n.i + 1, 1 + n.i % 3, 'online', n.i * "+day+" * 2, 90, 'UTC', '', 1000, 0, 0, 1")
	// An order is paid every six days and ends 280 days later.
	fill(t, d, planOrders, "orders", "id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, paid_at, expires_at, first_code, version",
		fmt.Sprintf("n.i + 1, 'EC-' || CAST(n.i + 100 AS TEXT), CASE WHEN n.i %% 14 < 13 THEN 1 ELSE 2 END, 1, 1 + n.i %% 3, %d, 100, 100, 'USD', 'paid', 'UTC', n.i * 6 * %s, n.i * 6 * %s, (n.i * 6 + 280) * %s, %d + n.i * %d, 1",
			planCodes, day, day, day, planCode, planCodes))
	fill(t, d, 300, "orders", "id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, version",
		"n.i + 1001, 'ED-' || CAST(n.i + 100 AS TEXT), 1, 1, 1 + n.i % 3, 1, 100, 100, 'USD', CASE WHEN n.i % 50 = 0 THEN 'pending' ELSE 'closed' END, 'UTC', n.i, 1")
	fill(t, d, 300, "payment", "id, order_id, account_id, provider, reference, amount, currency, state, provider_ref, redirect_url, detail, simulate, created_at, version",
		"n.i + 1, n.i + 1001, 1, CASE WHEN n.i % 40 = 0 THEN 'transfer' ELSE 'sandbox' END, 'r' || CAST(n.i AS TEXT), 100, 'USD', CASE WHEN n.i % 50 = 0 THEN 'pending' WHEN n.i = 7 THEN 'unknown' ELSE 'failed' END, '', '', '', '', 0, 1")
	// Of 500 codes 150 are left, 20 bound, 10 reserved, 317 completed and 3 of the fifth order refunded.
	state := "CASE WHEN n.i % 500 < 150 THEN 'unused' WHEN n.i % 500 < 170 THEN 'bound' WHEN n.i % 500 < 180 THEN 'reserved' WHEN n.i % 500 >= 497 AND n.i / 500 = 4 THEN 'refunded' WHEN n.i % 500 < 497 THEN 'completed' ELSE 'unused' END"
	held := "CASE WHEN n.i %% 500 >= 150 AND n.i %% 500 < 497 THEN %s END"
	all := planOrders * planCodes
	fill(t, d, all, "code", "id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, registration_id, holder_id, changed_at, version",
		fmt.Sprintf("n.i + %d, n.i / 500 + 1, CASE WHEN n.i / 500 %% 14 < 13 THEN 1 ELSE 2 END, 1 + n.i / 500 %% 3, %s, 100, 'USD', (n.i / 500 * 6 + 280) * %s, CAST('lookup-lookup' || CAST(n.i AS TEXT) AS BYTES), CAST('sealed-sealed-sealed' AS BYTES), 'T' || CAST(n.i %% 900 AS TEXT), 1, %s, %s, 0, 1",
			planCode, state, day, fmt.Sprintf(held, "n.i + 5000000"), fmt.Sprintf(held, "1 + n.i % 9000")))
	fill(t, d, all, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, session_id, expires_at, created_at, why, version",
		fmt.Sprintf(`n.i + 5000000, c.id, c.order_id, c.account_id, CASE c.state WHEN 'completed' THEN c.holder_id ELSE n.i / 500 * 30 + n.i %% 500 - 149 END, 'Name', 'name ' || CAST(n.i AS TEXT), c.subject_id, 'online', 'first',
CASE c.state WHEN 'bound' THEN 'registered' ELSE c.state END, CASE c.state WHEN 'bound' THEN NULL WHEN 'reserved' THEN 150 + n.i %% 10 * 10 ELSE 1 + n.i %% 300 END, c.expires_at, n.i / 500 * 6 * %s + n.i %% 500, '', 1
FROM n JOIN code c ON c.id = n.i + %d WHERE c.registration_id IS NOT NULL`, day, planCode))
	fill(t, d, all, "result", "registration_id, outcome, sat_at, recorded_at, recorded_by, account_id, subject_id",
		"g.id, 'passed', g.session_id * "+day+", 0, 1, g.account_id, g.subject_id FROM n JOIN registration g ON g.id = n.i + 5000000 WHERE g.state = 'completed'")
	fill(t, d, all, "event", "id, kind, object_id, version, at, account_id, channel, request, data",
		fmt.Sprintf("n.i + 1, CASE WHEN n.i %% 9999 = 3 THEN 'member.added' WHEN n.i < 3000 THEN 'code.revealed' ELSE 'code.redeemed' END, n.i + %d, 1, 0, CASE WHEN n.i / 500 %% 14 < 13 THEN 1 ELSE 2 END, 'console', '', '{}'", planCode))
	fill(t, d, 9000, "message", "id, person_id, account_id, kind, about_id, about_version, link, data, created_at, read_at",
		"n.i + 1, 1, 1, 'order_paid', n.i, 1, '/', '{}', 0, CASE WHEN n.i < 30 THEN NULL ELSE 1 END")
	fill(t, d, 9000, "owed", "id, channel, target_id, state, created_at, tries, detail, account_id", "n.i + 1, 'mail', n.i + 1, CASE WHEN n.i < 20 THEN 'owed' WHEN n.i < 40 THEN 'dead' ELSE 'sent' END, 0, 0, '', 1")
	fill(t, d, 1, "bulk", "id, account_id, person_id, verb, new_text, state, total, settled, channel, request, created_at, version", "1, 1, 1, 'unbind', 0, 'draft', 20000, 0, '', '', 0, 1")
	fill(t, d, 20000, "bulk_item", "bulk_id, code_id, version, state, outcome", fmt.Sprintf("1, n.i + %d, 1, 'bound', CASE WHEN n.i %% 4000 = 1 THEN 'code_not_bound' ELSE 'done' END", planCode))
	settled(t, d)
}

// settled counts what is there and lets PostgreSQL look at it, where each number
// is the sum of some rows.
func settled(t *testing.T, d *db.DB) {
	t.Helper()
	slot, flowSlot := "0", "0"
	if d.Engine() == db.PostgreSQL {
		slot, flowSlot = "c.id % 4", "g.id % 8"
	}
	stock := "c.account_id, c.order_id, " + slot
	for _, state := range []exam.CodeState{exam.Unused, exam.Bound, exam.Reserved, exam.Completed, exam.Refunding, exam.Refunded, exam.Expired} {
		stock += fmt.Sprintf(", COUNT(*) FILTER (WHERE c.state = '%s')", state)
	}
	fill(t, d, 1, "stock", "account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired, gone",
		stock+", COUNT(c.registration_id) FROM code c GROUP BY 1, 2, 3")
	fill(t, d, 1, "flow", "account_id, days, day, subject_id, slot, gone",
		fmt.Sprintf("g.account_id, d.days, g.created_at / %d / d.days * d.days, g.subject_id, %s, COUNT(*) FROM registration g CROSS JOIN (SELECT 1 AS days UNION ALL SELECT 8 AS days) d GROUP BY 1, 2, 3, 4, 5", planDay, flowSlot))
	fill(t, d, 1, "outcome", "account_id, sat_at, subject_id, passed, failed, absent", "t.account_id, t.sat_at, t.subject_id, COUNT(*), 0, 0 FROM result t GROUP BY t.account_id, t.sat_at, t.subject_id")
	if d.Engine() == db.PostgreSQL {
		write(t, d, "ANALYZE")
	}
}

//go:build flatcheck

package store_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// flatOrder is how many codes an order has: 25 of them are the company that is read.
const flatOrder = 10_000

// TestFlat measures what pages cost beside a look-up of one code, with so many
// codes (FLAT_CODES, a million) and with a tenth of them. Every figure is the
// median of interleaved rounds; make flat-check.
func TestFlat(t *testing.T) {
	codes, _ := strconv.Atoi(os.Getenv("FLAT_CODES"))
	if codes == 0 {
		codes = 1_000_000
	}
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{codes / 10, codes} {
			flatWorld(t, d, n)
			flatRead(t, d, n)
		}
	})
}

// flatWorld brings the number of codes up to n, a quarter million of them, at
// most, of the first company.
func flatWorld(t *testing.T, d *db.DB, n int) {
	day := fmt.Sprint(planDay)
	first, _ := strconv.Atoi(query(t, d, 1, "SELECT CAST(COUNT(*) AS TEXT) FROM orders o")[0][0])
	if first == 0 {
		fill(t, d, 200, "account", "id, kind, name, zone, verified, created_at, version", "n.i + 1, 'enterprise', 'Company', 'UTC', 'verified', 0, 1")
		fill(t, d, 100_000, "person", "id, account_id, email, name, password, role, rights, lang, theme, created_at, version",
			"n.i + 1, 1 + n.i % 200, 'p' || CAST(n.i AS TEXT) || '@example.com', 'Somebody', '', 'root', 0, 'en', '', 0, 1")
		fill(t, d, 3, "subject", "id, code, name_en, name_zh, about_en, about_zh, price, currency, exam_types, cancel_cutoff, no_show, pass_mark, max_quantity, created_at, version",
			"n.i + 1, 'S' || CAST(n.i AS TEXT), 'Subject', '科目', '', '', 100, 'USD', 'online', 0, 'forfeit', 60, 100, 0, 1")
		fill(t, d, 400, "session", "id, subject_id, exam_type, starts_at, minutes, zone, place, seats, taken, created_at, version",
			"n.i + 1, 1 + n.i % 3, 'online', n.i * "+day+", 90, 'UTC', '', 1000, 0, 0, 1")
	}
	for ; first < n/flatOrder; first += flatStep {
		flatGrow(t, d, first, min(flatStep, n/flatOrder-first))
	}
	for _, table := range []string{"stock", "flow", "outcome"} {
		write(t, d, "DELETE FROM "+table)
	}
	settled(t, d)
}

// flatStep is how many orders are made with one statement, which may take half a minute.
const flatStep = 10

// flatGrow makes so many orders more, with all that comes of their codes.
func flatGrow(t *testing.T, d *db.DB, first, orders int) {
	day := fmt.Sprint(planDay)
	from := func(offset int) string { return fmt.Sprintf("(n.i + %d)", offset) }
	o := from(first)
	fill(t, d, orders, "orders", "id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, paid_at, expires_at, first_code, issued, version",
		fmt.Sprintf("%s + 1, 'EC-' || CAST(%s + 1000 AS TEXT), CASE WHEN %s < 25 THEN 1 ELSE 2 + %s %% 199 END, 1, 1 + %s %% 3, %d, 100, 100, 'USD', 'paid', 'UTC', %s %% 25 * 12 * %s, %s %% 25 * 12 * %s, (%s %% 25 * 12 + 365) * %s, %d + %s * %d, %d, 1",
			o, o, o, o, o, flatOrder, o, day, o, day, o, day, planCode, o, flatOrder, flatOrder))
	c := from(first * flatOrder)
	bytes := "CAST('lookup-lookup' || CAST(" + c + " AS TEXT) AS BYTES), CAST('sealed-sealed-sealed-sealed-sealed' AS BYTES)"
	held := func(what string) string {
		return "CASE WHEN " + c + " % 100 >= 40 THEN " + what + " END"
	}
	fill(t, d, orders*flatOrder, "code", "id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, registration_id, holder_id, changed_at, version",
		fmt.Sprintf("%s + %d, o.id, o.account_id, o.subject_id, CASE WHEN %s %% 100 < 40 THEN 'unused' ELSE 'completed' END, 100, 'USD', o.expires_at, %s, 'T' || CAST(%s %% 900000 AS TEXT), 1, %s, %s, 0, 1 FROM n JOIN orders o ON o.id = %s / %d + 1",
			c, planCode, c, bytes, c, held(c+" + 500000000"), held("1 + "+c+" % 100000"), c, flatOrder))
	fill(t, d, orders*flatOrder, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, session_id, expires_at, created_at, why, version",
		fmt.Sprintf("%s + 500000000, c.id, c.order_id, c.account_id, c.holder_id, 'Name', 'name ' || CAST(%s AS TEXT), c.subject_id, 'online', 'first', 'completed', 1 + %s %% 400, c.expires_at, c.expires_at - (1 + %s %% 360) * %s, '', 1 FROM n JOIN code c ON c.id = %s + %d WHERE c.registration_id IS NOT NULL",
			c, c, c, c, day, c, planCode))
	fill(t, d, orders*flatOrder, "result", "registration_id, outcome, sat_at, recorded_at, recorded_by, account_id, subject_id",
		"g.id, 'passed', g.session_id * "+day+", 0, 1, g.account_id, g.subject_id FROM n JOIN registration g ON g.id = "+c+" + 500000000")
}

func flatRead(t *testing.T, d *db.DB, n int) {
	ctx, r := context.Background(), store.New(d, id.NewSource(0, time.Now)).Reader()
	own := min(n, 25*flatOrder)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	deep := store.Page{Older: int64(planCode + own*2/5)}
	codes := func(f store.CodeFilter, page store.Page) func() error {
		return func() error { _, err := r.Codes(ctx, 1, f, planNow, page); return err }
	}
	asks := []struct {
		name string
		ask  func() error
	}{
		{"one code by its text", func() error {
			_, err := r.FindTexts(ctx, [][]byte{[]byte("lookup-lookup" + strconv.Itoa(int(time.Now().UnixNano())%n))})
			return err
		}},
		{"overview", func() error {
			_, err := r.Overview(ctx, 1, planNow, exam.CourseBack(planNow, 12, shanghai))
			return err
		}},
		{"codes, page 1", codes(store.CodeFilter{}, store.Page{})},
		{fmt.Sprintf("codes, page %d", own*3/5/50), codes(store.CodeFilter{}, deep)},
		{"unused, page 1", codes(store.CodeFilter{State: exam.Unused}, store.Page{})},
		{"unused of a subject, deep", codes(store.CodeFilter{State: exam.Unused, Subject: 1}, deep)},
		{"completed, deep", codes(store.CodeFilter{State: exam.Completed}, deep)},
		{"counts by state", func() error { _, err := r.CodeCounts(ctx, 1, store.CodeFilter{}, planNow); return err }},
		{"examinees, page 1", func() error { _, err := r.Examinees(ctx, 1, store.ExamineeFilter{}, planNow, store.Page{}); return err }},
	}
	took := make([][]time.Duration, len(asks))
	for range 41 {
		for i, a := range asks {
			began := time.Now()
			if err := a.ask(); err != nil {
				t.Fatal(a.name, err)
			}
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i, a := range asks {
		slices.Sort(took[i])
		median := took[i][len(took[i])/2]
		t.Logf("%s, %d codes, %d of the company: %-28s %8s, %5.1f look-ups", d.Engine(), n, own, a.name, median.Round(time.Microsecond), float64(median)/float64(took[0][len(took[0])/2]))
	}
}

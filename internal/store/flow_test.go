package store_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/migrations"
	"examcode/internal/store/storetest"
)

// until are the migrations up to one.
func until(t *testing.T, last string) fs.FS {
	some := fstest.MapFS{}
	for _, dir := range []string{"sqlite", "postgres"} {
		files, err := fs.ReadDir(migrations.FS, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Name()[:len(last)] > last {
				continue
			}
			data, err := fs.ReadFile(migrations.FS, dir+"/"+f.Name())
			if err != nil {
				t.Fatal(err)
			}
			some[dir+"/"+f.Name()] = &fstest.MapFile{Data: data}
		}
	}
	return some
}

// TestFlowsAreConverted: what was kept of flows by order becomes what counting
// registrations gives by subject, those that came back among them, before their
// order's end and after.
func TestFlowsAreConverted(t *testing.T) {
	old := until(t, "00013")
	dbtest.EachFrom(t, "store at 00013", func(ctx context.Context, d *db.DB) error {
		if err := d.Migrate(ctx, old); err != nil {
			return err
		}
		return d.MigrateRiver(ctx)
	}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		oldFlows(t, d)
		if err := d.Migrate(ctx, migrations.FS); err != nil {
			t.Fatal(err)
		}
		s := store.New(d, id.NewSource(0, time.Now))
		checked := map[string]int64{}
		if _, err := s.Verify(ctx, func(v store.Verified) {
			if strings.HasPrefix(v.ID, "K-") && v.ID != "K-3" {
				checked[v.ID] = v.Checked
				if v.Violations != 0 {
					t.Errorf("%s: %d violations, the first %d", v.ID, v.Violations, v.First)
				}
			}
		}); err != nil || checked["K-1"] == 0 || checked["K-2"] == 0 {
			t.Fatalf("%v, %v were checked", err, checked)
		}
		// The page has them: of all days so far.
		o, err := s.Reader().Overview(ctx, planAccount, planNow, []time.Time{time.UnixMicro(0)})
		if err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, k := range o.Stock {
			gone += k.Gone
		}
		if o.Flows[0].Gone != gone || gone == 0 {
			t.Errorf("%d codes are gone, the flows say %d", gone, o.Flows[0].Gone)
		}
	})
}

// oldFlows writes 8 orders of 50 codes, 30 of each redeemed over 30 days, and what
// was kept of them until 00013. A quarter came back before the order's end, every
// other time, or at the end.
func oldFlows(t *testing.T, d *db.DB) {
	t.Helper()
	day := fmt.Sprint(planDay)
	fill(t, d, 2, "account", "id, kind, name, zone, verified, created_at, version", "n.i + 1, 'enterprise', 'Company', 'UTC', 'verified', 0, 1")
	fill(t, d, 400, "person", "id, account_id, email, name, password, role, rights, lang, theme, created_at, version",
		"n.i + 1, 1, 'p' || CAST(n.i AS TEXT) || '@example.com', 'Somebody', '', 'root', 0, 'en', '', 0, 1")
	fill(t, d, 3, "subject", "id, code, name_en, name_zh, about_en, about_zh, price, currency, exam_types, cancel_cutoff, no_show, pass_mark, max_quantity, created_at, version",
		"n.i + 1, 'S' || CAST(n.i AS TEXT), 'Subject', '科目', '', '', 100, 'USD', 'online', 0, 'forfeit', 60, 100, 0, 1")
	fill(t, d, 8, "orders", "id, number, account_id, buyer_id, subject_id, quantity, unit_price, total, currency, state, zone, created_at, paid_at, expires_at, first_code, issued, version",
		"n.i + 1, 'EC-' || CAST(n.i AS TEXT), 1 + n.i % 2, 1, 1 + n.i % 3, 50, 100, 5000, 'USD', 'paid', 'UTC', 0, 0, 100 * "+day+", 1000 + n.i * 50, 50, 1")
	bytes := "CAST('lookup-lookup' || CAST(n.i AS TEXT) AS BYTES), CAST('sealed-sealed-sealed' AS BYTES)"
	fill(t, d, 400, "code", "id, order_id, account_id, subject_id, state, price, currency, expires_at, lookup, sealed, tail, generation, registration_id, holder_id, changed_at, version",
		"1000 + n.i, o.id, o.account_id, o.subject_id, 'unused', 100, 'USD', o.expires_at, "+bytes+", 'T', 1, NULL, NULL, 0, 1 FROM n JOIN orders o ON o.id = n.i / 50 + 1")
	fill(t, d, 400, "registration", "id, code_id, order_id, account_id, person_id, name, name_folded, subject_id, exam_type, attempt, state, session_id, expires_at, created_at, cancelled_at, why, version",
		`n.i + 1, c.id, c.order_id, c.account_id, 1 + n.i, 'Name', 'name', c.subject_id, 'online', 'first', CASE WHEN n.i % 4 = 0 THEN 'cancelled' ELSE 'registered' END, NULL, c.expires_at, n.i % 50 * `+day+` + n.i,
CASE n.i % 8 WHEN 0 THEN n.i % 50 * `+day+` + n.i * 1000000000 WHEN 4 THEN c.expires_at END, '', 1 FROM n JOIN code c ON c.id = 1000 + n.i WHERE n.i % 50 < 30`)
	fill(t, d, 1, "stock", "account_id, order_id, slot, unused, bound, reserved, completed, refunding, refunded, expired",
		"c.account_id, c.order_id, c.account_id - 1 + c.id % 2, COUNT(*), 0, 0, 0, 0, 0, 0 FROM code c GROUP BY 1, 2, 3")
	fill(t, d, 1, "flow", "account_id, day, order_id, slot, went, came", `x.account_id, x.at / `+day+`, x.order_id, x.id % 2, SUM(x.went), SUM(x.came) FROM (
SELECT g.account_id AS account_id, g.created_at AS at, g.order_id AS order_id, g.id AS id, 1 AS went, 0 AS came FROM registration g
UNION ALL SELECT g.account_id, g.cancelled_at, g.order_id, g.id, 0, 1 FROM registration g WHERE g.cancelled_at IS NOT NULL AND g.cancelled_at < g.expires_at) x
GROUP BY x.account_id, x.at / `+day+`, x.order_id, x.id % 2`)
}

// TestFlowsOfAnyDays: whatever days are asked for, the flows are those of the
// days, each counted once.
func TestFlowsOfAnyDays(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		ctx, s := context.Background(), store.New(d, id.NewSource(0, time.Now))
		// On day n of 40 there were n * n + 1 redemptions, of subject n % 3.
		fill(t, d, 40, "flow", "account_id, days, day, subject_id, slot, gone", "1, 1, 400 + n.i, n.i % 3, 0, n.i * n.i + 1")
		fill(t, d, 1, "flow", "account_id, days, day, subject_id, slot, gone", "1, 8, f.day / 8 * 8, f.subject_id, 0, SUM(f.gone) FROM flow f GROUP BY f.day / 8, f.subject_id")
		at := func(day int) time.Time { return time.UnixMicro(int64(day) * planDay) }
		for from := 398; from < 442; from++ {
			for until := from; until < 442; until++ {
				want := 0
				for day := max(from, 400); day < min(until, 440); day++ {
					want += (day-400)*(day-400) + 1
				}
				o, err := s.Reader().Overview(ctx, 1, at(441), []time.Time{at(from), at(until)})
				if err != nil {
					t.Fatal(err)
				}
				if o.Flows[0].Gone != want {
					t.Fatalf("from %d to %d: %d, want %d", from, until, o.Flows[0].Gone, want)
				}
			}
		}
		o, err := s.Reader().Overview(ctx, 1, at(400).Add(exam.PaceWindow+93*time.Hour), nil)
		if err != nil {
			t.Fatal(err)
		}
		// The days 403 to 439 are in it.
		want := map[exam.SubjectID]int{}
		for n := 3; n < 40; n++ {
			want[exam.SubjectID(n%3)] += n*n + 1
		}
		for subject, n := range want {
			if o.Pace[subject] != n {
				t.Errorf("the pace of %d is %d, not %d", subject, o.Pace[subject], n)
			}
		}
	})
}

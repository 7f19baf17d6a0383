package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"examcode/internal/db"
)

// long are the tables that grow with what people do: no page reads one to its end.
var long = []string{"code", "registration", "event", "message", "orders", "payment", "owed", "result", "bulk_item", "flow", "idempotency", "rate_limit", "retired_text", "login", "api_key"}

// mostJoined is how many tables a statement joins to its first: PostgreSQL plans
// six in a few milliseconds, seven in thirty.
const mostJoined = 6

// most is how many rows of long tables a statement may read.
const most = 2_500

var (
	aliasOf   = regexp.MustCompile(`(?:FROM|JOIN) (?:v (?:CROSS )?JOIN )?(\w+) (\w+)`)
	pinned    = regexp.MustCompile(`(\w+)\.(\w+) = (?:\$\d+|'[^']*')`)
	stepUsing = regexp.MustCompile(`^(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?(?:INDEX|INTEGER PRIMARY KEY|PRIMARY KEY) ?(\w*) ?(?:\((.*)\))?)?`)
)

// asked is a statement that was run, with its arguments.
type asked struct {
	sql  string
	args []any
}

// planner reads the plans of what a store asks.
type planner struct {
	t     *testing.T
	d     *db.DB
	set   func(db.Hook)
	seen  map[string]bool
	asked int // plans
}

// of runs fn and reads the plan of each statement that it asked: what is wrong
// with them.
func (p *planner) of(fn func() error, may allowed) (complaints []string) {
	p.t.Helper()
	var list []asked
	p.set(func(_ context.Context, at db.Point) error {
		if at.Op == db.Read && at.Done {
			list = append(list, asked{at.Text, at.Args})
		}
		return nil
	})
	err := fn()
	p.set(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, a := range list {
		key := a.sql + fmt.Sprint(a.args)
		if p.seen[key] {
			continue
		}
		p.seen[key] = true
		if n := strings.Count(a.sql, " JOIN "); n > mostJoined {
			complaints = append(complaints, fmt.Sprintf("%d joins: to weigh their orders takes PostgreSQL longer than to read the rows\n  in %s", n, a.sql))
		}
		read := p.sqlite
		if p.d.Engine() == db.PostgreSQL {
			read = p.postgres
		}
		for _, c := range read(a, may) {
			complaints = append(complaints, c+"\n  in "+a.sql)
		}
	}
	return complaints
}

// allowed is what a case may do that no page should.
type allowed struct {
	all   bool // it lists all there is, newest first
	few   bool // it sorts what is few: what is open, what ends soon, what a search found
	names bool // it searches a part of a name among those of one account, or counts what that finds
}

// bounded are searches that cannot find many: one row by its key, what is between
// two ids, or what one person has.
var bounded = regexp.MustCompile(`\b(rowid|id|code_id|target_id|object_id|person_id|registration_id|order_id)=|\b(id|rowid)>`)

// oneAccount is how a page pins its account, which is no list of several.
var oneAccount = regexp.MustCompile(`account_id IN \(\$\d+, \$\d+\)`)

// sqlite reads the words of EXPLAIN QUERY PLAN: a long table is searched, never
// scanned; by an index that has every column that the statement pins, unless the
// search is bounded; and never sorted.
func (p *planner) sqlite(a asked, may allowed) (bad []string) {
	tables, first, said := map[string]string{}, "", oneAccount.ReplaceAllLiteralString(a.sql, "account_id = $1")
	for _, m := range aliasOf.FindAllStringSubmatch(a.sql, -1) {
		if first == "" {
			first = m[1]
		}
		tables[m[2]] = m[1]
	}
	p.asked++
	for _, row := range query(p.t, p.d, 4, fmt.Sprintf("EXPLAIN QUERY PLAN %s -- %d", a.sql, p.asked), a.args...) { // a plan that was kept would not know of a dropped index
		step := strings.TrimSpace(row[3])
		m := stepUsing.FindStringSubmatch(step)
		if m == nil {
			if strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && slices.Contains(long, first) && !may.few && !may.names && !strings.Contains(a.sql, "GROUP BY") && !strings.Contains(said, " IN ($") {
				bad = append(bad, step)
			}
			continue
		}
		alias, index, by := m[2], m[3], m[4]
		table := tables[alias]
		switch {
		case !slices.Contains(long, table) || may.names:
		case m[1] == "SCAN":
			if !may.all && p.partial(index) == "" {
				bad = append(bad, step)
			}
		case table == "orders" || may.all || bounded.MatchString(by):
		default:
			_, conditions, _ := strings.Cut(said, " WHERE ")
			for _, c := range pinned.FindAllStringSubmatch(conditions, -1) {
				if c[1] == alias && !strings.Contains(by, c[2]+"=") && !strings.Contains(p.partial(index), c[2]) && !strings.Contains(a.sql, "WHEN "+alias+"."+c[2]) {
					bad = append(bad, fmt.Sprintf("%s leaves %s.%s to be looked at row by row", step, alias, c[2]))
				}
			}
		}
	}
	return bad
}

// partial is what rows an index has; "" when it has all.
func (p *planner) partial(index string) string {
	for _, r := range query(p.t, p.d, 1, "SELECT COALESCE(s.sql, '') FROM sqlite_schema s WHERE s.name = $1", index) {
		_, where, _ := strings.Cut(r[0], " WHERE ")
		return where
	}
	return ""
}

// node is a step of a plan of PostgreSQL, as it went.
type node struct {
	Relation string  `json:"Relation Name"`
	Type     string  `json:"Node Type"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Again    float64 `json:"Rows Removed by Index Recheck"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []node
}

// postgres counts the rows of long tables that a statement has read.
func (p *planner) postgres(a asked, may allowed) []string {
	var text string
	if err := p.d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		// So few rows are soonest read as a whole: what matters is whether they must be.
		for _, way := range []string{"seqscan", "hashjoin", "mergejoin"} {
			if _, err := tx.Exec(ctx, "SET LOCAL enable_"+way+" = off"); err != nil {
				return err
			}
		}
		return tx.QueryRow(ctx, "EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) "+a.sql, a.args...).Scan(&text)
	}); err != nil {
		p.t.Fatalf("%s: %v", a.sql, err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		p.t.Fatal(err)
	}
	rows := map[string]float64{}
	var walk func(n node)
	walk = func(n node) {
		if slices.Contains(long, n.Relation) {
			rows[n.Relation] += (n.Rows + n.Removed + n.Again) * n.Loops
		}
		for _, c := range n.Plans {
			walk(c)
		}
	}
	walk(plans[0].Plan)
	var bad []string
	for table, n := range rows {
		if n > most && !may.names {
			bad = append(bad, fmt.Sprintf("%.0f rows of %s were read", n, table))
		}
	}
	return bad
}

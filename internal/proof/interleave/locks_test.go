package interleave

import (
	"fmt"
	"regexp"

	"examcode/internal/db"
)

// ranks is the one order in which a transaction takes its locks.
var ranks = map[string]int{"invitation": 0, "person": 1, "orders": 2, "code": 3, "registration": 4, "session": 5}

var (
	locking  = regexp.MustCompile(`^SELECT id FROM (\w+) WHERE id = ANY\(\$1\) ORDER BY id FOR (UPDATE|SHARE)$`)
	updating = regexp.MustCompile(`\bUPDATE (\w+) SET\b`)
)

// lockOrder watches the locks of one actor's transactions. On SQLite nobody says
// when one begins, and there are none.
type lockOrder struct {
	begun      bool
	held       map[string]string // table → strength
	top        string            // the last table in the order that is held
	inversions []string
}

// see notes a lock that is about to be asked for.
func (o *lockOrder) see(at db.Point) {
	if at.Op == db.Begin {
		o.begun, o.held, o.top = true, nil, ""
	}
	if !o.begun || at.Op != db.Statement || at.Done {
		return
	}
	if m := locking.FindStringSubmatch(at.Text); m != nil {
		o.take(m[1], m[2])
	} else if m := updating.FindStringSubmatch(at.Text); m != nil {
		o.take(m[1], "UPDATE")
	}
}

// take refuses what could make two transactions wait for each other: a lock that
// comes before one that is held, and a stronger one of what is shared.
func (o *lockOrder) take(table, strength string) {
	rank, known := ranks[table]
	if !known {
		return
	}
	if o.held == nil {
		o.held = map[string]string{}
	}
	switch had := o.held[table]; {
	case had == "SHARE" && strength == "UPDATE":
		o.inversions = append(o.inversions, fmt.Sprintf("%s is locked for a change while it is shared", table))
	case had == "" && o.top != "" && ranks[o.top] > rank:
		o.inversions = append(o.inversions, fmt.Sprintf("%s %s %s", table, inverted, o.top))
	}
	if o.held[table] != "UPDATE" {
		o.held[table] = strength
	}
	if o.top == "" || rank > ranks[o.top] {
		o.top = table
	}
}

package store_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"examcode/internal/db/dbtest"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// columnsOf lists the columns of a schema as table.column.
func columnsOf(lines []string) map[string]bool {
	found := map[string]bool{}
	for _, l := range lines {
		table, rest, _ := strings.Cut(l, ": ")
		if name, is := strings.CutPrefix(rest, "column "); is {
			column, _, _ := strings.Cut(name, " ")
			found[table+"."+column] = true
		}
	}
	return found
}

// said lists what inventory and impersonal columns name.
func said(inventory []store.Personal, impersonal map[string]string) map[string]int {
	named := map[string]int{}
	for _, p := range inventory {
		for _, c := range strings.Fields(p.Columns) {
			named[p.Table+"."+c]++
		}
	}
	for table, columns := range impersonal {
		for _, c := range strings.Fields(columns) {
			named[table+"."+c]++
		}
	}
	return named
}

// faultsOf compares what is named with what is there.
func faultsOf(there map[string]bool, named map[string]int) (faults []string) {
	for c := range there {
		switch named[c] {
		case 0:
			faults = append(faults, c+" is neither in the inventory nor impersonal")
		case 1:
		default:
			faults = append(faults, c+" is named more than once")
		}
	}
	for c := range named {
		if !there[c] {
			faults = append(faults, c+" is named and is not there")
		}
	}
	slices.Sort(faults)
	return faults
}

// Every column of every table is in the inventory of personal data or among the
// impersonal ones, on both engines; one that is added is missed.
func TestEveryColumnIsInTheInventory(t *testing.T) {
	for name, lines := range map[string][]string{
		"sqlite":   schema(t, dbtest.SQLite(t, "store", storetest.Prepare)),
		"postgres": schema(t, dbtest.Postgres(t, "store", storetest.Prepare)),
	} {
		there := columnsOf(lines)
		if len(there) < 200 {
			t.Fatalf("%s: only %d columns", name, len(there))
		}
		for _, f := range faultsOf(there, said(store.Inventory, store.Impersonal)) {
			t.Errorf("%s: %s", name, f)
		}
		there["person.phone"] = true
		if f := faultsOf(there, said(store.Inventory, store.Impersonal)); len(f) == 0 || !slices.Contains(f, "person.phone is neither in the inventory nor impersonal") {
			t.Errorf("%s: a new column is not missed: %v", name, f)
		}
	}
	for _, p := range store.Inventory {
		if p.Purpose == "" || p.Period == "" || p.Erased == "" {
			t.Errorf("%s: %s lacks a purpose, a period or what an erasing does", p.Table, p.Columns)
		}
		if p.Copied != "" && !slices.Contains(store.Sections(), p.Copied) {
			t.Errorf("%s: a copy has no part %q", p.Table, p.Copied)
		}
	}
}

// The operators' guide says what the inventory says.
func TestTheGuideSaysWhatIsKept(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), store.KeptTable()) {
		t.Errorf("docs/operating.md lacks this table of what is kept:\n%s", store.KeptTable())
	}
}

package bench

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// An export is looked at while it runs, and what was seen reads back as a table.
func TestExportsAreSampled(t *testing.T) {
	d := dbtest.Open(t, db.Config{Path: t.TempDir() + "/test.db"})
	if err := storetest.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	house := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	var out bytes.Buffer
	b := &Bench{Config: Config{Now: time.Now, Samples: &out}}
	h := &House{Program: &Program{DB: d, Store: house.Store, Vault: house.Vault, Actions: house.Actions}, b: b}
	house.Must(h.fill(t.Context(), 1000))
	r, err := h.exported(t.Context(), exam.CSV)
	house.Must(err)
	house.Must(b.tell("export codes as csv", 0, r))
	lines, err := csv.NewReader(bytes.NewReader(append([]byte(SampleHead), out.Bytes()...))).ReadAll()
	if err != nil || len(lines) < 3 || len(lines) != len(r.Samples)+1 {
		t.Fatalf("%d samples are %q, %v", len(r.Samples), lines, err)
	}
	for _, s := range r.Samples {
		if s.Resident < 1<<20 || s.Heap < 1<<20 {
			t.Errorf("a sample is %+v", s)
		}
	}
	if r.Ops != 1000 || r.First <= 0 {
		t.Errorf("%d rows, the first after %s", r.Ops, r.First)
	}
}

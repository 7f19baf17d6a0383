package db_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/db/dbtest"
)

// grades maps what was looked at to how it was graded.
func grades(t *testing.T, d *db.DB) map[string]db.Grade {
	t.Helper()
	all, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]db.Grade{}
	for _, f := range all {
		found[f.What] = f.Grade
	}
	return found
}

// TestTheSettingsInForceAreRead: the server of the tests is as careless as it
// gets, a file is not, also when it is only looked at.
func TestTheSettingsInForceAreRead(t *testing.T) {
	got := grades(t, dbtest.Postgres(t, "", nil))
	for _, what := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if got[what] != db.Unsafe {
			t.Errorf("%s is off and graded %q", what, got[what])
		}
	}
	if got["data_sync_retry"] != db.Fine || got["role"] != db.Doubtful {
		t.Errorf("graded %v", got)
	}
	path := filepath.Join(t.TempDir(), "t.db")
	d := dbtest.Open(t, db.Config{Path: path})
	for _, d := range []*db.DB{d, dbtest.Open(t, db.Config{Path: path, LookOnly: true})} {
		got := grades(t, d)
		if got["journal"] != db.Fine || got["file system"] == "" || got["file system"] == db.Unsafe {
			t.Errorf("graded %v", got)
		}
	}
	if got := grades(t, d); got["synchronous"] != db.Fine || got["foreign keys"] != db.Fine {
		t.Errorf("graded %v", got)
	}
	for pragma, what := range map[string]string{"synchronous(NORMAL)": "synchronous", "foreign_keys(0)": "foreign keys"} {
		if _, err := d.Writer().Exec("PRAGMA " + pragma); err != nil {
			t.Fatal(err)
		}
		if got := grades(t, d); got[what] != db.Unsafe {
			t.Errorf("%s is graded %q", pragma, got[what])
		}
	}
}

func TestTheSkewOfClocks(t *testing.T) {
	url := dbtest.PostgresURL(t)
	for _, ahead := range []time.Duration{0, 5 * time.Second, -5 * time.Second} {
		d := dbtest.Open(t, db.Config{URL: url, Now: func() time.Time { return time.Now().Add(ahead) }})
		skew, err := d.Skew(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if off := (skew + ahead).Abs(); off > time.Second {
			t.Errorf("our clock is ahead by %s and the skew is %s", ahead, skew)
		}
	}
	if skew, err := dbtest.SQLite(t, "", nil).Skew(context.Background()); err != nil || skew != 0 {
		t.Errorf("%s, %v", skew, err)
	}
}

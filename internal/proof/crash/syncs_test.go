package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"examcode/internal/db"
	"examcode/internal/proof"
)

// What the traced process does, one after the other: single commits, then
// writers who come at once.
const (
	singles = 100
	writers = 16
	each    = 25 // commits of a writer
)

// The traced process is this test's binary again, told by these what to do.
const (
	syncsFile = "EXAMCODE_SYNCS_FILE"
	syncsMode = "EXAMCODE_SYNCS_MODE" // of the writer, empty as the program opens it
)

// TestSyncs counts what a process asks of the disk before it acknowledges.
func TestSyncs(t *testing.T) {
	if path := os.Getenv(syncsFile); path != "" {
		commits(t, path, os.Getenv(syncsMode))
		return
	}
	r := proof.Begin(t, "syncs", "sqlite", 1)
	for r.Next() {
		c := traced(t, "")
		if c.synced != singles {
			t.Errorf("%d of %d commits were acknowledged before they were synced", singles-c.synced, singles)
		}
		r.Count("commits", singles)
		r.Count("syncs", int64(c.syncs))
		r.Set("syncs/commit", fmt.Sprintf("%.2f", float64(c.syncs)/singles))
		r.Set("grouped", fmt.Sprintf("%.2f", float64(c.grouped)/(writers*each)))
	}
	for _, mode := range []string{"NORMAL", "OFF"} {
		c := traced(t, mode)
		r.Set(strings.ToLower(mode), fmt.Sprintf("%.2f", float64(c.syncs)/singles))
		if c.synced == singles || c.syncs >= singles {
			t.Errorf("CONTROL: with synchronous=%s %d commits had %d syncs: the harness would not see a missing one", mode, singles, c.syncs)
		}
	}
	if !t.Failed() {
		r.Set("control", "caught")
	}
}

// commits commits, and calls mark before the first single commit, after each of
// them, and after the writers who come at once.
func commits(t *testing.T, path, mode string) {
	d, err := db.Open(t.Context(), db.Config{Path: path, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	do := func(statement string) error {
		return d.Transact(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		})
	}
	if err := do("CREATE TABLE thing (id INTEGER PRIMARY KEY, state TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	if mode != "" {
		if _, err := d.Writer().Exec("PRAGMA synchronous = " + mode); err != nil {
			t.Fatal(err)
		}
	}
	add := func() {
		if err := do("INSERT INTO thing (state) VALUES ('unused')"); err != nil {
			t.Error(err)
		}
	}
	mark(t)
	for range singles {
		add()
		mark(t)
	}
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				add()
			}
		})
	}
	all.Wait()
	mark(t)
}

// mark leaves a line in the trace: a sync of no file.
func mark(t *testing.T) {
	if err := syscall.Fsync(-1); !errors.Is(err, syscall.EBADF) {
		t.Fatalf("a sync of no file: %v", err)
	}
}

// count is what a trace shows.
type count struct {
	synced  int // single commits with a sync of their own before their mark
	syncs   int // of the single commits
	grouped int // syncs of the writers who came at once
}

// ended matches the end of a sync that was done, and of a mark.
var ended = regexp.MustCompile(`(?m)^.*sync.*= (0|-1 EBADF.*)$`)

// traced runs a process that commits and reads the trace of its syncs.
func traced(t *testing.T, mode string) (c count) {
	t.Helper()
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-o", trace, "-e", "trace=fsync,fdatasync", "-e", "signal=none", os.Args[0], "-test.run=^TestSyncs$")
	cmd.Env = append(os.Environ(), syncsFile+"="+filepath.Join(dir, "examcode.db"), syncsMode+"="+mode)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("a traced process (tools/need.sh installs strace): %v\n%s", err, out)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	var between []int // syncs between two marks
	syncs := 0
	for _, m := range ended.FindAllSubmatch(text, -1) {
		if string(m[1]) == "0" {
			syncs++
			continue
		}
		between = append(between, syncs)
		syncs = 0
	}
	if len(between) != singles+2 {
		t.Fatalf("the trace has %d marks, not %d:\n%.4000s", len(between), singles+2, text)
	}
	for _, n := range between[1 : singles+1] {
		c.syncs += n
		if n > 0 {
			c.synced++
		}
	}
	c.grouped = between[singles+1]
	return c
}

package disk

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// small mounts a file system of so many bytes in memory.
func small(t *testing.T, size int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ecdisk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+strconv.Itoa(size)); err != nil {
		t.Fatalf("a small file system cannot be mounted (%v): run this as root, or SQLite's alone with: unshare -rm go test ./internal/proof/disk -run TestDisk/sqlite", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestDisk(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := small(t, 256<<20)
		try(t, dir, db.Config{Path: filepath.Join(dir, "examcode.db")}, []string{"PRAGMA query_only = 1", "PRAGMA query_only = 0"})
	})
	t.Run("postgres", func(t *testing.T) {
		dir := small(t, 256<<20)
		if os.Geteuid() == 0 { // the server runs as somebody else
			u, err := user.Lookup("postgres")
			if err != nil {
				u, err = user.Lookup("nobody")
			}
			if err != nil {
				t.Fatal(err)
			}
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			if err := os.Chown(dir, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
		c := dbtest.Durable(t)
		for _, s := range []string{"CREATE TABLESPACE small LOCATION '" + dir + "'"} {
			if err := c.Exec(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		try(t, dir, db.Config{URL: c.URL() + "&default_tablespace=small"}, []string{"ALTER ROLE postgres SET default_transaction_read_only = on", "ALTER ROLE postgres SET default_transaction_read_only = off"})
	})
}

// clerk buys codes and remembers what was acknowledged.
type clerk struct {
	*actiontest.House
	mu      sync.Mutex
	root    exam.Actor
	subject exam.Subject
	acked   map[exam.OrderID]bool
	maybe   map[exam.OrderID]bool // begun, with no answer that settles it
	refused int64
	wrong   int64 // refused as something else than trouble of the database
	success int64 // acknowledged though nothing could be written
}

// buy buys once and tells whether it was acknowledged.
func (c *clerk) buy(quantity int) bool {
	ctx := context.Background()
	o, err := c.Actions.BuyCodes(ctx, c.root, c.subject.ID, quantity)
	var p exam.Payment
	if err == nil {
		p, err = c.Actions.PayOrder(ctx, c.root, o.ID, "sandbox", "", "")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil && p.State == exam.PaymentSucceeded:
		c.acked[o.ID] = true
		return true
	case err == nil:
		c.maybe[o.ID] = true
		return false
	}
	c.refuse(err)
	if o.ID != 0 {
		c.maybe[o.ID] = true
	}
	return false
}

// refuse counts a refusal by its reason.
func (c *clerk) refuse(err error) {
	switch fault.Of(err).Reason {
	case "database_unavailable", "commit_unknown", "busy":
		c.refused++
	default:
		c.wrong++
		c.T.Errorf("a full disk is told as: %v", err)
	}
}

// lost counts what was acknowledged and is not there.
func (c *clerk) lost() (n int64) {
	for o := range c.acked {
		got, err := c.Read.Order(context.Background(), c.root.Account, o)
		c.Must(err)
		if got.State != exam.Paid {
			n++
		}
	}
	return n
}

// fill takes all space but so many bytes, in a file beside the database.
func fill(t *testing.T, dir string, left int64) (free func()) {
	path := filepath.Join(dir, "ballast")
	space, err := db.FreeSpace(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, max(1, space-left)); err != nil {
		t.Fatal(err)
	}
	return func() { os.Remove(path) }
}

func try(t *testing.T, dir string, cfg db.Config, readOnly []string) {
	cfg.Now = time.Now
	d := dbtest.Open(t, cfg)
	if err := storetest.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	r := proof.Begin(t, "disk", string(d.Engine()), 2)
	r.Set("faults", int64(0))
	h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
	c := &clerk{House: h, root: h.Company(true), subject: h.Subject(), acked: map[exam.OrderID]bool{}, maybe: map[exam.OrderID]bool{}}
	individual := h.Examinee(false)
	first, _ := h.Buy(c.root, c.subject, 3)
	c.acked[first.ID] = true
	for r.Next() {
		if space, err := db.FreeSpace(dir); err != nil || space < 12<<20 {
			break // what was bought stays: a long run ends here
		}
		release := fill(t, dir, 2<<20)
		c.untilRefused(r)
		c.whileFull(first, individual)
		release()
		c.resume(r)
		c.forbidden(d, r, readOnly)
	}
	r.Set("acked", len(c.acked))
	r.Set("refused", c.refused)
	r.Set("lost", c.lost())
	r.Set("wrong_success", c.success)
	r.Set("wrong_word", c.wrong)
	if c.lost() > 0 {
		t.Errorf("%d acknowledged orders are not paid", c.lost())
	}
	whole(t, d)
	// The control: an order that was never paid, claimed to be.
	o, err := c.Actions.BuyCodes(t.Context(), c.root, c.subject.ID, 1)
	h.Must(err)
	c.acked[o.ID] = true
	if c.lost() != 1 {
		t.Error("a loss is not seen")
	}
	r.Set("control", "caught")
}

// untilRefused lets four buy at once until every one of them was refused.
func (c *clerk) untilRefused(r *proof.Run) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for misses, n := 0, 0; misses < 3 && n < 400; n++ {
				if c.buy(300) {
					misses = 0
				} else {
					misses++
					r.Count("faults", 1)
				}
			}
		})
	}
	all.Wait()
	if c.refused == 0 {
		c.T.Error("the disk never was full")
	}
}

// whileFull asks what must go on, and what must be refused.
func (c *clerk) whileFull(first exam.Order, who exam.Actor) {
	ctx := context.Background()
	if _, err := c.Read.Order(ctx, c.root.Account, first.ID); err != nil {
		c.T.Errorf("reading stops: %v", err)
	}
	if len(c.Codes(first)) != 3 {
		c.T.Error("reading a list stops")
	}
	large := make([]byte, 4<<20)
	copy(large, "%PDF-1.4 sample")
	if _, err := c.Actions.SubmitVerification(ctx, who, exam.Verification{LegalName: "Examinee", DocumentKind: "passport", DocumentNumber: "P1234567"},
		&action.Upload{Name: "p.pdf", Content: large}); err == nil {
		c.success++
		c.T.Error("an upload was taken by a full disk")
	} else {
		c.refuse(err)
	}
}

// resume sees that writing goes on by itself.
func (c *clerk) resume(r *proof.Run) {
	began := time.Now()
	for !c.buy(1) {
		if time.Since(began) > time.Minute {
			c.T.Fatal("nothing is written a minute after there is space again")
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.Set("resumed_ms", time.Since(began).Milliseconds())
	c.tidy()
}

// tidy closes the orders whose payment was never begun: only so many may wait.
func (c *clerk) tidy() {
	ctx := context.Background()
	c.Must(c.Actions.AskOpenPayments(ctx, 0))
	for o := range c.maybe {
		if _, err := c.Actions.CancelOrder(ctx, c.root, o); err != nil && fault.Of(err).Kind != fault.Conflict && fault.Of(err).Kind != fault.NotFound {
			c.T.Error(err)
		}
	}
	clear(c.maybe)
}

// whole asks the engine and the program whether everything is as it must be.
func whole(t *testing.T, d *db.DB) {
	if d.Engine() != db.SQLite {
		return // the house asks for the invariants at its end
	}
	var said string
	if err := d.Writer().QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Errorf("integrity: %s, %v", said, err)
	}
}

// forbidden takes the right to write away and gives it back.
func (c *clerk) forbidden(d *db.DB, r *proof.Run, readOnly []string) {
	switched := func(statement string) {
		var err error
		if d.Engine() == db.SQLite {
			_, err = d.Writer().Exec(statement)
		} else {
			_, err = d.Pool().Exec(context.Background(), "BEGIN READ WRITE; "+statement+"; COMMIT")
			d.Pool().Reset() // it counts for new connections
		}
		c.Must(err)
	}
	switched(readOnly[0])
	if c.buy(1) {
		c.success++
		c.T.Error("a write was acknowledged by a database that takes none")
	}
	r.Count("faults", 1)
	if n := c.lost(); n > 0 {
		c.T.Errorf("%d are lost while nothing can be written", n)
	}
	switched(readOnly[1])
	c.resume(r)
}

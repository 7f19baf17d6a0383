package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"examcode/internal/db"
	"examcode/internal/id"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
	"examcode/internal/store/migrations"
	"examcode/internal/vault"
)

// errUnwell is a check that failed; which and what to do was printed.
var errUnwell = errors.New("not well; see the lines above that begin with bad")

// doctor prints one line for each thing it looks at. It changes nothing.
type doctor struct {
	env
	s     *settings
	quick bool
	bad   bool
	now   func() time.Time
}

// runDoctor checks everything that serve would refuse, and what goes wrong
// slowly. It may run before serve and beside it.
func runDoctor(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve", listen: "127.0.0.1:8080", programme: "Certification", providers: "transfer"}
	d := &doctor{env: e, s: s, now: time.Now}
	f := newFlags("doctor", s)
	f.BoolVar(&d.quick, "quick", false, "leave out what takes long: the invariants")
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	d.say(db.Finding{Grade: db.Fine, What: "version", Says: "is examcode " + Version})
	d.settings()
	d.folder()
	d.database(ctx)
	d.mailServer(ctx)
	if d.bad {
		return errUnwell
	}
	return nil
}

func (d *doctor) say(f db.Finding) {
	line := fmt.Sprintf("%-4s  %s %s", f.Grade, f.What, f.Says)
	if f.Remedy != "" {
		line += ": " + f.Remedy
	}
	fmt.Fprintln(d.out, line)
	d.bad = d.bad || f.Grade == db.Unsafe
}

func (d *doctor) fine(what, says string) { d.say(db.Finding{Grade: db.Fine, What: what, Says: says}) }
func (d *doctor) warn(what, says, remedy string) {
	d.say(db.Finding{Grade: db.Doubtful, What: what, Says: says, Remedy: remedy})
}
func (d *doctor) fail(what, says, remedy string) {
	d.say(db.Finding{Grade: db.Unsafe, What: what, Says: says, Remedy: remedy})
}

// broke tells of a check that could not be made.
func (d *doctor) broke(what string, err error) {
	d.fail(what, "cannot be checked", inWords(err).Error())
}

func (d *doctor) settings() {
	err := d.s.checkServe()
	if err == nil {
		_, err = d.s.reviewLimits()
	}
	if err == nil {
		_, err = providersOf(d.s.providers, sandbox.New())
	}
	if err == nil {
		d.fine("settings", "are such as serve takes")
		return
	}
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		d.fail("settings", "are refused", err.Error())
		return
	}
	for _, one := range many.Unwrap() {
		d.fail("settings", "are refused", one.Error())
	}
}

// Free space of the data folder, in bytes.
const (
	spaceWarn = 1 << 30
	spaceBad  = 64 << 20
)

func (d *doctor) folder() {
	info, err := os.Stat(d.s.data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.warn("data folder", d.s.data+" is not there", "serve makes it; if it was there before, look for it")
		return
	case err != nil:
		d.broke("data folder", err)
		return
	case info.Mode().Perm()&0o077 != 0:
		d.fail("data folder", "is open to others", "run chmod 700 "+d.s.data)
	default:
		d.fine("data folder", "is its owner's alone")
	}
	free, err := db.FreeSpace(d.s.data)
	says := fmt.Sprintf("has %d MB free", free>>20)
	switch {
	case err != nil:
		d.warn("disk", "cannot be measured", "see yourself that the data folder has space")
	case free < spaceBad:
		d.fail("disk", says, "make space: nothing can be written when it is full")
	case free < spaceWarn:
		d.warn("disk", says, "make space before it is full")
	default:
		d.fine("disk", says)
	}
}

func (d *doctor) database(ctx context.Context) {
	look := db.Config{LookOnly: true, URL: d.s.databaseURL, Now: d.now, Log: slog.New(slog.DiscardHandler)}
	if look.URL == "" {
		look.Path = d.s.path("examcode.db")
		if _, err := os.Stat(look.Path); errors.Is(err, fs.ErrNotExist) {
			d.warn("database", "is not there", "serve makes it; if it was there before, look for it")
			return
		}
	}
	x, err := db.Open(ctx, look)
	if err != nil {
		d.fail("database", "cannot be opened", err.Error())
		return
	}
	defer x.Close()
	d.fine("database", "answers ("+string(x.Engine())+")")
	d.kept(ctx, x)
	n, err := x.Pending(ctx, migrations.FS)
	switch {
	case err != nil:
		d.broke("schema", err)
		return
	case n > 0:
		d.fail("schema", fmt.Sprintf("lacks %d migrations", n), "run examcode migrate with the same --data and --database-url")
		return
	}
	d.fine("schema", "is that of this version")
	st := store.New(x, id.NewSource(0, d.now))
	d.replicas(ctx, x)
	d.ring(ctx, st.Reader())
	d.health(ctx, st.Reader())
	if !d.quick {
		d.invariants(ctx, st)
	}
}

// kept is whether what is committed stays, and by whose clock.
func (d *doctor) kept(ctx context.Context, x *db.DB) {
	all, err := x.Inspect(ctx)
	if err != nil {
		d.broke("database settings", err)
	}
	for _, f := range all {
		d.say(f)
	}
	if x.Engine() == db.SQLite {
		return
	}
	skew, err := x.Skew(ctx)
	if err != nil {
		d.broke("clock", err)
		return
	}
	d.say(clockFinding(skew))
}

// replicas is how many processes have a number.
func (d *doctor) replicas(ctx context.Context, x *db.DB) {
	if x.Engine() == db.SQLite {
		return
	}
	used, of, err := x.Replicas(ctx)
	switch {
	case err != nil:
		d.broke("replicas", err)
	case used == of:
		d.fail("replicas", fmt.Sprintf("hold all %d numbers", of), "stop some: no other can start")
	default:
		d.fine("replicas", fmt.Sprintf("hold %d of %d numbers", used, of))
	}
}

// clockFinding is what it means that the database's clock is ahead by so much.
func clockFinding(skew time.Duration) db.Finding {
	f := db.Finding{Grade: db.Fine, What: "clock", Says: "agrees with the database's"}
	if skew.Abs() > db.MaxSkew {
		f = db.Finding{Grade: db.Unsafe, What: "clock", Says: fmt.Sprintf("is %s from the database's", skew.Abs().Round(time.Millisecond)),
			Remedy: "let NTP keep both machines' clocks"}
	}
	return f
}

func (d *doctor) ring(ctx context.Context, r store.Reader) {
	known, err := r.Setting(ctx, ringSetting)
	if err != nil {
		d.broke("key ring", err)
		return
	}
	v, err := vault.Load(d.s.path("keyring.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && known == "":
		d.warn("key ring", "is not there", "serve makes it; back it up elsewhere than the database")
	case err != nil:
		d.fail("key ring", "cannot be used", err.Error())
	case known != "" && known != v.Fingerprint():
		d.fail("key ring", "is another one", errForeignRing.Error())
	default:
		d.fine("key ring", "belongs to the database")
	}
}

func (d *doctor) health(ctx context.Context, r store.Reader) {
	h, err := r.Health(ctx, d.now())
	if err != nil {
		d.broke("promises", err)
		return
	}
	for _, q := range []struct {
		n            int
		what, remedy string
	}{
		{h.Dead.Count, "promises given up", "an operator sees them under Deliveries and can send them again"},
		{h.Overdue.Count, "promises overdue", "see that a process serves, and its log"},
		{h.Unknown.Count, "payments unknown for a day", "ask the provider; an operator finds them on the Work page"},
		{h.Jobs, "jobs given up", "see the log for why they failed; sweeps do their work anew"},
	} {
		if q.n > 0 {
			d.warn(q.what, fmt.Sprintf("are %d", q.n), q.remedy)
		} else {
			d.fine(q.what, "are none")
		}
	}
}

func (d *doctor) invariants(ctx context.Context, st *store.Store) {
	var first string
	violations, err := st.Verify(ctx, func(v store.Verified) {
		if v.Violations > 0 && first == "" {
			first = v.ID
		}
	})
	switch {
	case err != nil:
		d.broke("invariants", err)
	case violations > 0:
		d.fail("invariants", fmt.Sprintf("are broken %d times, %s first", violations, first), "run examcode verify and keep what it says")
	default:
		d.fine("invariants", "hold")
	}
}

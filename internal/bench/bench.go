package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"examcode/internal/action"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/vault"
)

// Program is the program put together over one database.
type Program struct {
	DB      *db.DB
	Store   *store.Store
	Vault   *vault.Vault
	Actions *action.Service
	Handler http.Handler
	Path    string // of the file on SQLite
	URL     string // of the database on PostgreSQL
	// Alone lets each change commit by itself, as without grouping; false is as ever.
	Alone func(bool)
	Close func()
}

// Config says what is measured and how.
type Config struct {
	Open   func(ctx context.Context, dir, url string) (*Program, error) // a new, empty program
	Dir    string                                                       // empty, for all files
	URL    string                                                       // a PostgreSQL server to make databases on; "" is SQLite
	Codes  int
	Rounds int
	Only   *regexp.Regexp // names of works; nil is all
	Now    func() time.Time
	Serve  []string // the command that serves, for what is measured of a process
	Say    func(format string, args ...any)
	Works  []Work // instead of our own
	// Profile begins a profile of what is measured of ours, one for each round; nil
	// is none.
	Profile func() (end func(), err error)
	// Samples takes looks at long rounds of ours, as lines of CSV; nil takes none.
	Samples io.Writer
}

// Bench is one run.
type Bench struct {
	Config
	house *House
	small *House
	done  []func()
}

func (b *Bench) now() time.Time { return b.Now() }

// Engine is what the run is over.
func (b *Bench) Engine() db.Engine {
	if b.URL != "" {
		return db.PostgreSQL
	}
	return db.SQLite
}

// Run measures every work that is asked for.
func Run(ctx context.Context, c Config) (*Report, error) {
	b := &Bench{Config: c}
	defer func() {
		for _, f := range slices.Backward(b.done) {
			f()
		}
	}()
	rep := &Report{Engine: string(b.Engine()), Codes: c.Codes, Rounds: c.Rounds, Date: c.Now().UTC().Format(time.DateOnly)}
	works := c.Works
	if len(works) == 0 {
		works = all
	}
	for _, w := range works {
		if c.Only != nil && !c.Only.MatchString(w.Name()) {
			continue
		}
		b.Say("%s", w.Name())
		rows, err := b.run(ctx, w)
		if err != nil {
			return rep, fmt.Errorf("%s: %w", w.Name(), err)
		}
		rep.Rows = append(rep.Rows, rows...)
	}
	rep.about(ctx, b)
	return rep, nil
}

// run lets the sides of one work take turns. Who begins changes from round to
// round; the first round of each side warms up and is not counted.
func (b *Bench) run(ctx context.Context, w Work) ([]Row, error) {
	contest, err := w.Prepare(ctx, b)
	if err != nil {
		return nil, err
	}
	sides := []Side{contest.Ours}
	for _, f := range contest.Floors {
		sides = append(sides, f.Side)
	}
	got := make([][]Round, len(sides))
	for round := -1; round < b.Rounds; round++ {
		if round < 0 && b.Rounds == 1 {
			continue // somebody looks whether it works
		}
		for i := range sides {
			n := (i + round + 1) % len(sides)
			side := sides[n]
			if n == 0 && round >= 0 && b.Profile != nil {
				side = b.profiled(side)
			}
			r, err := b.measure(ctx, side)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", side.Name, err)
			}
			if round >= 0 {
				got[n] = append(got[n], r)
				if err := b.tell(w.Name(), round, r); err != nil {
					return nil, err
				}
			}
		}
	}
	return judge(w.Name(), contest, got), nil
}

// profiled is a side with a profile taken of it.
func (b *Bench) profiled(s Side) Side {
	work := s.Go
	s.Go = func(ctx context.Context) (Round, error) {
		end, err := b.Profile()
		if err != nil {
			return Round{}, err
		}
		defer end()
		return work(ctx)
	}
	return s
}

// all are our own works, in the order of the table.
var all = []Work{
	redeem{64}, redeem{256}, whileIssuing{}, stored{},
	verifying{}, // what follows leaves rows of floors that no rule made
	issue{}, list{}, listStored{}, overview{}, export{exam.CSV}, export{exam.XLSX}, bare{}, process{},
}

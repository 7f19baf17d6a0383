package mutant

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// killFor is how long tests may run on a mutant; one that hangs is killed.
const killFor = 5 * time.Minute

var (
	failed = regexp.MustCompile(`(?m)^--- FAIL: (Test[A-Za-z0-9_]+)`)
	ran    = regexp.MustCompile(`(?m)^=== RUN +(Test[A-Za-z0-9_]+)$`)
)

// none is no mutant.
const none = -1

// Kill runs tests of a built package, named by a regular expression, with a
// mutant on, and returns the first that failed; none when it survived.
func (p *Program) Kill(ctx context.Context, number int, binary, pkg, tests string) (by string, err error) {
	ctx, stop := context.WithTimeout(ctx, killFor)
	defer stop()
	m := Mutant{ID: "none"}
	if number != none {
		m = p.Mutants[number]
	}
	if w := m.SQL; w != nil && w.File != "" {
		tests += "/^" + path.Dir(w.File) + "$" // the other engine misses nothing
	}
	c := exec.CommandContext(ctx, binary, "-test.failfast", "-test.v", "-test.run", tests)
	c.Dir, c.WaitDelay = filepath.Join(p.root, pkg), 10*time.Second
	c.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(number))
	if w := m.SQL; w != nil {
		c.Env = append(c.Env, "MUTANT_FILE="+w.File, "MUTANT_FROM="+strconv.Itoa(w.From), "MUTANT_OLD="+w.Old, "MUTANT_NEW="+w.New)
	}
	text, err := c.CombinedOutput()
	out := string(text)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		if all := ran.FindAllStringSubmatch(out, -1); all != nil {
			return all[len(all)-1][1], nil // it never ended
		}
		return "", ctx.Err()
	case !errors.As(err, &exit):
		return "", err
	}
	if by := failed.FindStringSubmatch(out); by != nil {
		return by[1], nil
	}
	if all := ran.FindAllStringSubmatch(out, -1); all != nil { // it panicked
		return all[len(all)-1][1], nil
	}
	return "", fmt.Errorf("mutant: %s: tests failed without saying which:\n%s", m.ID, out)
}

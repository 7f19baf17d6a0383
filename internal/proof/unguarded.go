package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// unguardedEnv is set in the runs of a program without guards.
const unguardedEnv = "PROVE_UNGUARDED"

// Unguarded tells whether this run is a negative control: the program is built
// without its locks and version guards, and the harness must see it.
func Unguarded() bool { return os.Getenv(unguardedEnv) != "" }

// unguarded is the present package's test binary built without guards, once.
var unguarded struct {
	once sync.Once
	path string
	err  error
}

// WithoutGuards runs some quick tests of the package in whose folder the test
// runs, built without locks and version guards, and returns what they printed;
// the error is that of their failure. The run has the seed of its control, and
// reports no line.
func WithoutGuards(t testing.TB, tests string, seed uint64) (string, error) {
	t.Helper()
	u := &unguarded
	u.once.Do(func() {
		dir, err := os.MkdirTemp("", "unguarded")
		if err != nil {
			u.err = err
			return
		}
		u.path = filepath.Join(dir, "unguarded.test")
		if out, err := exec.Command("go", "test", "-c", "-tags=unguarded", "-o", u.path, ".").CombinedOutput(); err != nil {
			u.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if u.err != nil {
		t.Fatal(u.err)
	}
	c := exec.Command(u.path, "-test.timeout=4m", "-test.v", "-test.run="+tests)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PROVE_") {
			c.Env = append(c.Env, e)
		}
	}
	c.Env = append(c.Env, unguardedEnv+"=1", fmt.Sprintf("PROVE_SEED=%d", seed))
	out, err := c.CombinedOutput()
	return string(out), err
}

// Sweep removes what WithoutGuards and Program built; call it when all tests are over.
func Sweep() {
	if unguarded.path != "" {
		_ = os.RemoveAll(filepath.Dir(unguarded.path)) // a temporary folder
	}
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir)
	}
}

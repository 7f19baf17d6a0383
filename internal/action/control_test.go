package action_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// control is set in the run that is built without guards.
const control = "EXAMCODE_CONTROL"

// unguarded is the folder of this package's tests built without locks and
// version guards, once for all negative controls.
var unguarded struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if unguarded.dir != "" {
		_ = os.RemoveAll(unguarded.dir) // a temporary folder
	}
	os.Exit(code)
}

// withoutGuards runs some tests of this package, built without guards, and
// returns what they printed; the error is that of their failure.
func withoutGuards(t *testing.T, tests string) (string, error) {
	t.Helper()
	u := &unguarded
	u.once.Do(func() {
		if u.dir, u.err = os.MkdirTemp("", "unguarded"); u.err != nil {
			return
		}
		if out, err := exec.Command("go", "test", "-c", "-tags=unguarded", "-o", filepath.Join(u.dir, "action.test"), ".").CombinedOutput(); err != nil {
			u.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if u.err != nil {
		t.Fatal(u.err)
	}
	c := exec.Command(filepath.Join(u.dir, "action.test"), "-test.timeout=4m", "-test.run="+tests)
	c.Env = append(os.Environ(), control+"=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

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

// programs are the real program as it was built, by the flags it was built with.
var programs struct {
	sync.Mutex
	dir  string
	path map[string]string
}

// Program builds the real program, once for each set of build flags, and returns
// where it is; Sweep removes it.
func Program(t testing.TB, flags ...string) string {
	t.Helper()
	p, key := &programs, strings.Join(flags, " ")
	p.Lock()
	defer p.Unlock()
	if path := p.path[key]; path != "" {
		return path
	}
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "examcode-program-")
		if err != nil {
			t.Fatal(err)
		}
		p.dir, p.path = dir, map[string]string{}
	}
	path := filepath.Join(p.dir, fmt.Sprintf("examcode-%d", len(p.path)))
	args := append(append([]string{"build"}, flags...), "-o", path, "examcode/cmd/examcode")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.path[key] = path
	return path
}

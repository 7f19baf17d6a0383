package race

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"examcode/internal/proof"
)

func TestMain(m *testing.M) {
	result := m.Run()
	proof.Sweep()
	os.Exit(result)
}

// replica is one running process of the program.
type replica struct {
	base  string
	cmd   *exec.Cmd
	out   bytes.Buffer
	ended chan error
}

// start starts the program and returns when it is ready.
func start(t *testing.T, path string, args ...string) *replica {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	r := &replica{base: "http://" + address, ended: make(chan error, 1)}
	r.cmd = exec.Command(path, append([]string{"serve", "--providers", "sandbox", "--base-url", r.base, "--listen", address}, args...)...)
	r.cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=")
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := launch(r.cmd); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	for deadline := time.Now().Add(90 * time.Second); len(r.ended) == 0 && time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if a, err := http.Get(r.base + "/readyz"); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return r
			}
		}
	}
	_ = r.cmd.Process.Kill() // it never was ready
	<-r.ended
	t.Fatalf("the program is not ready\n%s", r.out.String())
	return nil
}

// stop asks the process to end, and returns what its log says of errors.
func (r *replica) stop(t *testing.T) []string {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	select {
	case err := <-r.ended:
		if err != nil {
			t.Errorf("a server asked to stop ended with %v", err)
		}
	case <-time.After(60 * time.Second):
		_ = r.cmd.Process.Kill() // it was asked to
		<-r.ended
		t.Error("a server asked to stop went on")
	}
	var errors []string
	for line := range strings.Lines(r.out.String()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") {
			errors = append(errors, "in a server's log: "+line)
		}
	}
	return errors
}

// verify runs the program's own check of the data; its violations are returned.
func verify(path string, args ...string) []string {
	ctx, done := context.WithTimeout(context.Background(), 5*time.Minute)
	defer done()
	cmd := exec.CommandContext(ctx, path, append([]string{"verify"}, args...)...)
	cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return []string{fmt.Sprintf("examcode verify: %v\n%s", err, out)}
	}
	return nil
}

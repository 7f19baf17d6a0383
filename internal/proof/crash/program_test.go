package crash

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"examcode/internal/proof"
)

func TestMain(m *testing.M) {
	result := m.Run()
	proof.Sweep()
	os.Exit(result)
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(proof.Program(t), args...)
	cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=")
	return cmd
}

// run runs a command of the program to its end.
func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := command(t, args...).CombinedOutput(); err != nil {
		t.Errorf("examcode %v: %v\n%s", args, err, out)
	}
}

// replica is a server of the program.
type replica struct {
	address string
	args    []string
	cmd     *exec.Cmd
	ended   chan error
	out     *output
}

func newReplica(t *testing.T, args ...string) *replica {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	return &replica{address: address, args: append(args, "--listen", address, "--base-url", "http://"+address)}
}

// start starts the server; awaitReady waits for it.
func (p *replica) start(t *testing.T) {
	t.Helper()
	p.out = &output{}
	p.cmd = command(t, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	var err error
	if p.ended, err = launch(p.cmd); err != nil {
		t.Fatal(err)
	}
}

func (p *replica) awaitReady(t *testing.T) {
	t.Helper()
	quick := &http.Client{Timeout: 5 * time.Second}
	defer quick.CloseIdleConnections()
	for deadline := time.Now().Add(time.Minute); ; {
		answer, err := quick.Get("http://" + p.address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			t.Fatalf("the server ended by itself: %v\n%s", err, p.out)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not ready after a minute: %v\n%s", err, p.out)
		}
	}
}

// kill kills the server with no time for a last word.
func (p *replica) kill() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill()
	<-p.ended
	p.cmd = nil
}

// output keeps the end of what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.b.Len() > 1<<20 {
		o.b.Next(o.b.Len() / 2)
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

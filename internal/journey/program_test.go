package journey_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(proof.Program(t), args...)
	cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=", "EXAMCODE_ALLOW_UNSAFE_DATABASE=true") // the tests' server does not sync
	return cmd
}

// run runs a command to its end and returns what it printed.
func run(t *testing.T, input string, args ...string) string {
	t.Helper()
	cmd := command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("examcode %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

// process is a running server.
type process struct {
	base string
	out  *output
}

// output collects what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start starts a server that listens on address and returns when it is ready.
// When the test ends the server is asked to stop, and must do so with status 0
// and without an error in its log.
func start(t *testing.T, address string, args ...string) *process {
	t.Helper()
	p := &process{base: "http://" + address, out: &output{}}
	cmd := command(t, append(args, "--listen", address)...)
	cmd.Stdout, cmd.Stderr = p.out, p.out
	if err := launch(cmd); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended, p.out) })
	for deadline := time.Now().Add(90 * time.Second); ; {
		answer, err := http.Get(p.base + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return p
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("examcode %s ended: %v\n%s", args[0], err, p.out)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("examcode %s is not ready: %v\n%s", args[0], err, p.out)
		}
	}
}

func stop(t *testing.T, cmd *exec.Cmd, ended chan error, out *output) {
	cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("a server asked to stop ended with %v\n%s", err, out)
		}
	case <-time.After(30 * time.Second):
		cmd.Process.Kill()
		t.Errorf("a server asked to stop went on for 30 s\n%s", out)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") {
			t.Errorf("in the server's log: %s", line)
		}
	}
}

// freeAddress is an address nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// demo is a demo with the people it printed.
type demo struct {
	*process
	Accounts []struct {
		Kind     string `json:"kind"`
		Role     string `json:"role"`
		Email    string `json:"email"`
		Password string `json:"password"`
		Key      string `json:"api_key"`
		Name     string `json:"name"`
		Verified bool   `json:"verified"`
	} `json:"accounts"`
	Subjects []struct {
		ID   string            `json:"id"`
		Code string            `json:"code"`
		Name map[string]string `json:"name"`
	} `json:"subjects"`
}

// startDemo starts the demo in a folder of its own; databaseURL may be "".
func startDemo(t *testing.T, data, databaseURL string, flags ...string) *demo {
	t.Helper()
	args := append([]string{"demo", "--data", data}, flags...)
	if databaseURL != "" {
		args = append(args, "--database-url", databaseURL)
	}
	d := &demo{process: start(t, freeAddress(t), args...)}
	raw, err := os.ReadFile(filepath.Join(data, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// client is a client with the API keys of the demo's people, by e-mail.
func (d *demo) client(t *testing.T, more ...string) *client {
	c := newClient(t, append([]string{d.base}, more...)...)
	for _, a := range d.Accounts {
		c.keys[a.Email] = a.Key
	}
	return c
}

func (d *demo) subject(t *testing.T, code string) string {
	t.Helper()
	for _, s := range d.Subjects {
		if s.Code == code {
			return s.ID
		}
	}
	t.Fatalf("the demo has no subject %s", code)
	return ""
}

// privateDir is an empty folder nobody else may read, as the program wants it.
func privateDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// drained reads a body to its end so that the connection is used again.
func drained(r *http.Response) []byte {
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return b
}

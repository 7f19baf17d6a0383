package canary

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"examcode/internal/proof"
)

func TestMain(m *testing.M) {
	result := m.Run()
	proof.Sweep()
	os.Exit(result)
}

// server is the program, serving.
type server struct {
	address string
	cmd     *exec.Cmd
	ended   chan error
	out     *output
}

// serve builds and starts the program with a folder of its own for temporary files.
func serve(t *testing.T, temp string, args ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String(), out: &output{}}
	l.Close()
	s.cmd = exec.Command(proof.Program(t), append(args, "--listen", s.address, "--base-url", "http://"+s.address)...)
	s.cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=", "TMPDIR="+temp)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if s.ended, err = launch(s.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if a, err := http.Get("http://" + s.address + "/readyz"); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return s
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not ready after a minute:\n%s", s.out)
		}
	}
}

// kill leaves the program no time to tidy up.
func (s *server) kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

// output keeps what a process prints.
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

// tables adds what every table of PostgreSQL holds: as text, and its bytes as they
// are.
func (w *world) tables(all map[string][]byte) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close(ctx)
	rows, err := c.Query(ctx, "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'")
	if err != nil {
		w.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 20 {
		w.t.Fatalf("%d tables, %v", len(names), err)
	}
	for _, name := range names {
		for _, format := range []string{"text", "binary"} {
			var b bytes.Buffer
			if _, err := c.PgConn().CopyTo(ctx, &b, fmt.Sprintf("COPY %s TO STDOUT (FORMAT %s)", name, format)); err != nil {
				w.t.Fatal(err)
			}
			all["table "+name+" "+format] = b.Bytes()
		}
	}
}

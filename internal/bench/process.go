package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// process is the program as its own process: from start to ready, and what it
// takes up when nobody asks for anything.
type process struct{}

func (process) Name() string { return "process" }

func (process) Prepare(ctx context.Context, b *Bench) (Contest, error) {
	ours, err := b.process(ctx)
	alone := func(m Metric) func(r Round) (float64, float64) {
		return func(r Round) (float64, float64) { return r.metric(m), 0 }
	}
	return Contest{Ours: ours, Checks: []Check{
		{Name: "start to ready", Unit: "ms", Of: alone(P50)},
		{Name: "idle memory", Unit: "MiB", Of: alone(Resident)},
		{Name: "binary", Unit: "MiB", Of: alone(Size)},
	}}, err
}

// process starts and stops the program. Its first start makes the database, which
// is not what a restart costs.
func (b *Bench) process(ctx context.Context) (Side, error) {
	dir := filepath.Join(b.Dir, "process")
	start := func(ctx context.Context) (Round, error) {
		return Boot(ctx, b.Now, "/readyz", func(addr string) *exec.Cmd {
			return exec.Command(b.Serve[0], append(b.Serve[1:], "--data", dir, "--listen", addr, "--base-url", "http://"+addr)...)
		})
	}
	_, err := start(ctx)
	return Side{Name: "ours", Go: start}, err
}

// Boot starts a server on a free address, waits until a path of it answers 200,
// looks at its memory a moment later, and stops it.
func Boot(ctx context.Context, now func() time.Time, path string, command func(addr string) *exec.Cmd) (Round, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Round{}, err
	}
	addr := l.Addr().String()
	l.Close()
	cmd := command(addr)
	begun := now()
	if err := cmd.Start(); err != nil {
		return Round{}, err
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}()
	for {
		a, err := http.Get("http://" + addr + path)
		if err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				break
			}
		}
		if now().Sub(begun) > 30*time.Second {
			return Round{}, fmt.Errorf("%s is not ready after 30 s", cmd)
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return Round{}, err
		}
	}
	ready := now().Sub(begun)
	if err := pause(ctx, time.Second); err != nil {
		return Round{}, err
	}
	info, err := os.Stat(cmd.Path)
	if err != nil {
		return Round{}, err
	}
	return Round{Ops: 1, Took: ready, Latencies: []time.Duration{ready}, Size: info.Size(), Resident: status(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid), "VmRSS:")}, nil
}

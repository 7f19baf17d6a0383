package bench

import (
	"context"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measure runs one round of a side.
func (b *Bench) measure(ctx context.Context, s Side) (Round, error) {
	if s.Ready != nil {
		if err := s.Ready(ctx); err != nil {
			return Round{}, err
		}
	}
	debug.FreeOSMemory() // what is left of the round before is not idle
	idle := forgetPeak()
	cpu, begun := cpuTime(), b.now()
	r, err := s.Go(ctx)
	if r.Took == 0 {
		r.Took = b.now().Sub(begun)
	}
	r.CPU = cpuTime() - cpu
	r.Idle, r.Peak = idle, peak()
	slices.Sort(r.Latencies)
	return r, err
}

// cpuTime is what this process has used so far, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// forgetPeak lets the kernel's mark of the most memory begin anew, and returns
// what is resident. Both are zero where there is no such mark.
func forgetPeak() int64 {
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return status("/proc/self/status", "VmRSS:")
}

func peak() int64 { return status("/proc/self/status", "VmHWM:") }

// status reads a number of kilobytes from a process's status, as bytes.
func status(file, name string) int64 {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}

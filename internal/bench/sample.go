package bench

import (
	"fmt"
	"runtime/metrics"
	"time"
)

// Sample is one look at a round while it runs.
type Sample struct {
	At       time.Duration // since it began
	Rows     int64         // stored so far
	Resident int64         // bytes of this process, as the kernel counts them
	Heap     int64         // bytes of Go's objects, dead ones that are not collected yet among them
}

// sampled is how often a round is looked at.
const sampled = 100 * time.Millisecond

func look(at time.Duration, rows int64) Sample {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	return Sample{at, rows, status("/proc/self/status", "VmRSS:"), int64(heap[0].Value.Uint64())}
}

// SampleHead is the head of the lines that samples are written as.
const SampleHead = "engine,work,round,seconds,rows,resident_mib,heap_mib\n"

// tell writes the samples of a round as lines of CSV, the first of them what was
// there before it began.
func (b *Bench) tell(work string, round int, r Round) error {
	if b.Samples == nil || len(r.Samples) == 0 {
		return nil
	}
	for _, s := range r.Samples {
		if _, err := fmt.Fprintf(b.Samples, "%s,%s,%d,%.2f,%d,%.1f,%.1f\n", b.Engine(), work, round+1, s.At.Seconds(), s.Rows, mib(s.Resident), mib(s.Heap)); err != nil {
			return err
		}
	}
	return nil
}

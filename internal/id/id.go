// Package id makes the program's identifiers: 64-bit integers ordered by time
// and, outside the database, a text with a prefix that names the kind
// (ord_…, cod_…). They are unique over all replicas by construction: a replica
// holds a node number, and no two live replicas hold the same.
//
// Identifiers are not secrets; nothing may be guarded by their being unknown.
package id

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// An id is milliseconds since Epoch (41 bits), node (5 bits), sequence (17 bits).
const (
	nodeBits = 5
	seqBits  = 17
	// Nodes is how many replicas may make ids at the same time.
	Nodes = 1 << nodeBits
	// MaxBlock is the largest contiguous block: more than the largest order.
	MaxBlock = 1 << seqBits
)

// Epoch is the first instant an id can carry.
var Epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Source makes ids for one node. It is safe for concurrent use.
type Source struct {
	mu   sync.Mutex
	node int64
	now  func() time.Time
	ms   int64
	seq  int64
}

// NewSource returns a source for a node number from 0 to Nodes-1.
func NewSource(node int, now func() time.Time) *Source {
	if node < 0 || node >= Nodes {
		panic("id: node number out of range")
	}
	return &Source{node: int64(node), now: now}
}

// Next returns a new id, larger than every earlier one of this source.
func (s *Source) Next() int64 { return s.Block(1) }

// Block returns the first of n ids that follow each other without a gap,
// 1 ≤ n ≤ MaxBlock. A clock that stands still or goes back does no harm: the
// time in the ids then runs ahead of it.
func (s *Source) Block(n int) int64 {
	if n < 1 || n > MaxBlock {
		panic("id: block size out of range")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := s.now().Sub(Epoch).Milliseconds()
	switch {
	case ms > s.ms:
		s.ms, s.seq = ms, 0
	case s.seq+int64(n) > MaxBlock:
		s.ms, s.seq = s.ms+1, 0
	}
	first := s.ms<<(nodeBits+seqBits) | s.node<<seqBits | s.seq
	s.seq += int64(n)
	return first
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// ErrMalformed is returned by Parse; faces turn it into "not found".
var ErrMalformed = errors.New("id: malformed")

// Format writes n as prefix_ and 13 symbols of Crockford base32.
func Format(prefix string, n int64) string {
	var b [13]byte
	u := uint64(n)
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = alphabet[u&31]
		u >>= 5
	}
	return prefix + "_" + string(b[:])
}

// Parse reads what Format wrote, for the same prefix; zero is refused.
func Parse(prefix, text string) (int64, error) {
	rest, ok := strings.CutPrefix(text, prefix+"_")
	if !ok || len(rest) != 13 || rest[0] > '7' {
		return 0, ErrMalformed
	}
	var u uint64
	for i := 0; i < len(rest); i++ {
		v := strings.IndexByte(alphabet, rest[i])
		if v < 0 {
			return 0, ErrMalformed
		}
		u = u<<5 | uint64(v)
	}
	if u == 0 {
		return 0, ErrMalformed
	}
	return int64(u), nil
}

package net

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// toxic is what a proxy does to what passes.
type toxic string

const (
	none    toxic = ""
	latency toxic = "latency" // every piece is late
	trickle toxic = "trickle" // a byte at a time
	silent  toxic = "silent"  // taken, not passed on
	reset   toxic = "reset"   // every line is cut when something passes
	short   toxic = "short"   // cut after some bytes
	refuse  toxic = "refuse"  // every line is cut at once
	undone  toxic = "undone"  // cut instead of passing COMMIT on
	unheard toxic = "unheard" // COMMIT is passed on and its answer is not
)

// ofAll spoil any line; ofCommits only one to a database.
var (
	ofAll     = []toxic{latency, trickle, silent, reset, short, refuse}
	ofCommits = []toxic{undone, unheard}
)

// proxy passes lines on to where dial leads.
type proxy struct {
	l    net.Listener
	dial func() (net.Conn, error)

	mu    sync.Mutex
	now   toxic
	left  int // bytes until a line is cut, for short
	lines map[*line]bool
	cuts  int
	all   sync.WaitGroup
}

type line struct {
	near, far net.Conn
	deaf      atomic.Bool // nothing is passed back any more
}

func (l *line) cut() {
	if c, ok := l.near.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
	l.near.Close()
	l.far.Close()
}

func newProxy(t *testing.T, dial func() (net.Conn, error)) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, dial: dial, lines: map[*line]bool{}}
	p.all.Go(p.accept)
	return p
}

func (p *proxy) port() int { return p.l.Addr().(*net.TCPAddr).Port }

func (p *proxy) close() {
	p.l.Close()
	p.cutAll()
	p.all.Wait()
}

// set changes what is done from now on; lines that were silent are cut when that
// ends, half of the time.
func (p *proxy) set(what toxic, dice *rand.Rand) {
	p.mu.Lock()
	was := p.now
	p.now, p.left = what, dice.IntN(2000)
	p.mu.Unlock()
	if what == refuse || was == silent && dice.IntN(2) == 0 {
		p.cutAll()
	}
}

func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.cut()
		p.cuts++
	}
}

// count is how many lines there are.
func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

func (p *proxy) accept() {
	for {
		near, err := p.l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refused := p.now == refuse
		p.mu.Unlock()
		if refused {
			near.Close()
			continue
		}
		far, err := p.dial()
		if err != nil {
			near.Close()
			continue
		}
		l := &line{near: near, far: far}
		p.mu.Lock()
		p.lines[l] = true
		p.mu.Unlock()
		p.all.Go(func() {
			var both sync.WaitGroup
			both.Go(func() { p.pass(l, l.near, l.far, true) })
			both.Go(func() { p.pass(l, l.far, l.near, false) })
			both.Wait()
			p.mu.Lock()
			delete(p.lines, l)
			p.mu.Unlock()
		})
	}
}

var commitMessage = []byte("Q\x00\x00\x00\x0bcommit\x00")

// pass passes on what comes in one direction until the line ends.
func (p *proxy) pass(l *line, from, to net.Conn, asks bool) {
	defer l.cut()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		for piece := buf[:n]; len(piece) > 0; {
			out, cut := p.spoil(piece, asks)
			if cut == afterwards {
				l.deaf.Store(true)
			}
			if len(out) > 0 && (asks || !l.deaf.Load()) {
				if _, err := to.Write(out); err != nil {
					return
				}
			}
			if cut == afterwards {
				time.Sleep(20 * time.Millisecond) // the other side works on what it got
			}
			if cut != not {
				p.mu.Lock()
				p.cuts++
				p.mu.Unlock()
				return
			}
			piece = piece[len(out):]
		}
	}
}

type cutting int

const (
	not cutting = iota
	atOnce
	afterwards
)

// spoil tells how much of a piece to pass on now, and whether to cut then.
func (p *proxy) spoil(piece []byte, asks bool) (out []byte, cut cutting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.now == silent {
		p.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		p.mu.Lock()
	}
	switch commits := asks && bytes.Contains(piece, commitMessage); {
	case p.now == reset, p.now == undone && commits:
		return nil, atOnce
	case p.now == unheard && commits:
		return piece, afterwards
	case p.now == short:
		if p.left -= len(piece); p.left <= 0 {
			p.left = 500
			return piece[:len(piece)/2], atOnce
		}
	case p.now == trickle:
		p.mu.Unlock()
		time.Sleep(time.Millisecond)
		p.mu.Lock()
		return piece[:1], not
	case p.now == latency:
		p.mu.Unlock()
		time.Sleep(30 * time.Millisecond)
		p.mu.Lock()
	}
	return piece, not
}

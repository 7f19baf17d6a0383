package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Caller is a client with one connection that it keeps. It writes requests as
// they are and understands no more of answers than it needs, so that most of the
// machine is left to the server.
type Caller struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
}

// Call sends a request and returns the status of its answer; the answer's body is
// appended to into, when that is not nil.
func (c *Caller) Call(method, path, headers string, body []byte, into *[]byte) (int, error) {
	b := append(c.buf[:0], method...)
	b = append(append(append(b, ' '), path...), " HTTP/1.1\r\nHost: 127.0.0.1\r\n"...)
	b = append(b, headers...)
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	b = append(append(b, "\r\n"...), body...)
	c.buf = b
	if _, err := c.conn.Write(b); err != nil {
		return 0, err
	}
	a, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	if into == nil {
		_, err = io.Copy(io.Discard, a.Body)
		return a.StatusCode, err
	}
	*into, err = io.ReadAll(a.Body)
	return a.StatusCode, err
}

// Bearer is the header of an API key.
func Bearer(key string) string { return "Authorization: Bearer " + key + "\r\n" }

// Crowd are callers of one server.
type Crowd struct {
	now     func() time.Time
	addr    string
	callers []*Caller
}

// Dial connects n callers to a server.
func Dial(now func() time.Time, addr string, n int) (*Crowd, error) {
	c := &Crowd{now: now, addr: addr, callers: make([]*Caller, n)}
	if err := c.connect(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// connect lets all callers call anew.
func (c *Crowd) connect() error {
	c.Close()
	for i := range c.callers {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return err
		}
		c.callers[i] = &Caller{conn: conn, r: bufio.NewReaderSize(conn, 32<<10)}
	}
	return nil
}

// Close hangs up.
func (c *Crowd) Close() {
	for _, x := range c.callers {
		if x != nil {
			x.conn.Close()
		}
	}
}

// errEnough ends a caller without a failure.
var errEnough = errors.New("bench: enough")

// Do lets all callers work off n operations, each as fast as it is answered, and
// returns how long each took. The first error ends it; errEnough ends it well. They
// connect anew: while others had their turn a server has hung up on who was silent.
func (c *Crowd) Do(ctx context.Context, n int, do func(x *Caller, i int) error) (Round, error) {
	if err := c.connect(); err != nil {
		return Round{}, err
	}
	var (
		next   atomic.Int64
		all    sync.WaitGroup
		took   = make([]time.Duration, n)
		ends   = make([]time.Duration, n)
		failed atomic.Pointer[error]
		begun  = c.now()
	)
	for _, x := range c.callers {
		all.Go(func() {
			for failed.Load() == nil && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				from := c.now()
				if err := do(x, i); err != nil {
					if err != errEnough {
						failed.CompareAndSwap(nil, &err)
					}
					return
				}
				to := c.now()
				took[i], ends[i] = to.Sub(from), to.Sub(begun)
			}
		})
	}
	all.Wait()
	r := Round{Took: c.now().Sub(begun)}
	if err := failed.Load(); err != nil {
		return r, *err
	}
	undone := func(d time.Duration) bool { return d == 0 }
	r.Latencies, ends = slices.DeleteFunc(took, undone), slices.DeleteFunc(ends, undone)
	r.Ops = len(r.Latencies)
	slices.Sort(ends)
	last := time.Duration(0)
	for _, e := range ends {
		r.Stall, last = max(r.Stall, e-last), e
	}
	return r, ctx.Err()
}

// wantStatus refuses another status than was meant.
func wantStatus(got, want int, body []byte, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("status %d, want %d: %.300s", got, want, body)
	}
	return err
}

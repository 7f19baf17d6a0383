package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"examcode/internal/bench"
)

// pocketbase is the peer: filled with as many codes as we have, and serving.
type pocketbase struct {
	path  string
	dir   string
	addr  string
	token string
	next  int // code to redeem
	made  int // codes created by requests
}

// started fills and starts the peer, once a run.
func (p *pocketbase) started(ctx context.Context, b *bench.Bench) error {
	if p.addr != "" {
		return nil
	}
	p.dir = filepath.Join(b.Dir, "pocketbase")
	out, err := exec.CommandContext(ctx, p.path, "fill", strconv.Itoa(b.Codes), "--dir", p.dir).Output()
	if err != nil {
		return fmt.Errorf("%s fill: %w\n%s", p.path, err, out)
	}
	_, token, ok := strings.Cut(string(out), "token: ")
	if !ok {
		return fmt.Errorf("%s fill gave no token: %s", p.path, out)
	}
	p.token = strings.TrimSpace(token)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.addr = l.Addr().String()
	l.Close()
	cmd := p.serve(p.addr)
	if err := cmd.Start(); err != nil {
		return err
	}
	b.AtEnd(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	for range 3000 {
		if a, err := http.Get("http://" + p.addr + "/api/health"); err == nil {
			a.Body.Close()
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%s does not answer", p.path)
}

func (p *pocketbase) serve(addr string) *exec.Cmd {
	return exec.Command(p.path, "serve", "--http", addr, "--dir", p.dir)
}

// text is the text of a code, as the peer's own program makes it.
func text(i int) string {
	sum := sha256.Sum256([]byte("code " + strconv.Itoa(i)))
	return base32.StdEncoding.EncodeToString(sum[:10])
}

func (p *pocketbase) bearer() string { return "Authorization: " + p.token + "\r\n" }

// crowd connects callers to the peer.
func (p *pocketbase) crowd(ctx context.Context, b *bench.Bench, n int) (*bench.Crowd, error) {
	if err := p.started(ctx, b); err != nil {
		return nil, err
	}
	c, err := bench.Dial(b.Now, p.addr, n)
	if err == nil {
		b.AtEnd(c.Close)
	}
	return c, err
}

// call wants an answer's status.
func call(x *bench.Caller, method, path, headers string, body []byte, want int) ([]byte, error) {
	var got []byte
	status, err := x.Call(method, path, headers, body, &got)
	if err == nil && status != want {
		err = fmt.Errorf("%s %s: status %d, want %d: %.300s", method, path, status, want, got)
	}
	return got, err
}

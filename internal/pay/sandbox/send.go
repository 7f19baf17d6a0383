package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"examcode/internal/pay"
)

// sendAtOnce is how many notices wait or are on their way at a time. More are
// not sent: the program asks about what it is not told.
const sendAtOnce = 256

// Sender sends the sandbox's notices by HTTP, each until it is accepted or has
// been tried often enough. Nothing is kept: what was not sent when the process
// ends is found by asking.
type Sender struct {
	secret []byte
	now    func() time.Time
	log    *slog.Logger
	pauses []time.Duration // before each try
	client *http.Client

	mu      sync.Mutex
	url     string // "" while nothing is sent
	ctx     context.Context
	cancel  context.CancelFunc
	waiting int
	running sync.WaitGroup
}

// NewSender makes a sender that does not send yet.
func NewSender(secret []byte, now func() time.Time, log *slog.Logger) *Sender {
	return &Sender{secret: secret, now: now, log: log, pauses: []time.Duration{0, time.Second, 5 * time.Second, 25 * time.Second},
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Start lets notices go to an address from now on.
func (s *Sender) Start(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = url
	s.ctx, s.cancel = context.WithCancel(context.Background())
}

// Stop gives up what is not accepted yet.
func (s *Sender) Stop() {
	s.mu.Lock()
	if s.url != "" {
		s.url = ""
		s.cancel()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// send sends a notice after a while. It never waits.
func (s *Sender) send(n pay.Notice, in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == "" || s.waiting >= sendAtOnce {
		return
	}
	s.waiting++
	ctx, url := s.ctx, s.url
	s.running.Go(func() {
		s.deliver(ctx, url, n, in)
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	})
}

func (s *Sender) deliver(ctx context.Context, url string, n pay.Notice, in time.Duration) {
	if !pause(ctx, in) {
		return
	}
	var err error
	for _, d := range s.pauses {
		if !pause(ctx, d) {
			return
		}
		if err = s.post(ctx, url, Write(n)); err == nil {
			return
		}
	}
	s.log.Warn("the sandbox's notice was not accepted", "notice", n.ID, "about", n.Reference, "error", err)
}

// post sends once; anything but a 2xx answer is an error.
func (s *Sender) post(ctx context.Context, url string, raw []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(SignatureHeader, pay.Sign(s.secret, raw, s.now()))
	a, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, 64<<10))
	if a.StatusCode/100 != 2 {
		return fmt.Errorf("answered %s", a.Status)
	}
	return nil
}

// pause waits; false when the sender was stopped meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

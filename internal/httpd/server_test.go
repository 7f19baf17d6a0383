package httpd_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"examcode/internal/httpd"
)

// TestWhatDoesNotFinishIsCutOff: a request that is still being answered when the
// time to finish is over learns that nobody waits for it any more.
func TestWhatDoesNotFinishIsCutOff(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	cut := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
		close(cut)
	})
	answered := make(chan error, 1)
	go func() {
		a, err := http.Get("http://" + l.Addr().String())
		if err == nil {
			a.Body.Close()
		}
		answered <- err
	}()
	if err := httpd.Serve(ctx, l, h, 50*time.Millisecond, slog.New(slog.DiscardHandler)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	<-cut
	if <-answered == nil {
		t.Error("it was answered")
	}
}

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"syscall"
	"testing"
	"time"

	"examcode/internal/db/dbtest"
)

// TestStopping: a process that is told to stop says so at /readyz while it goes
// on, then takes nobody in, answers whole what it has accepted and ends in time
// with status 0. What it could not finish the next process does.
//
// The control is a process that is killed: the same eyes have to see what it cut.
func TestStopping(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); newShop(t, "", 5_000).stopping() })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); newShop(t, dbtest.PostgresURL(t), 5_000).stopping() })
	t.Run("control", func(t *testing.T) { t.Parallel(); newShop(t, "", 5_000).killed() })
}

// stopping stops processes until one leaves something to the next.
func (s *shop) stopping() {
	s.start()
	for left := 0; left == 0; s.rounds++ {
		if s.rounds == 5 {
			s.t.Fatal("no process ever left an export to the next")
		}
		order := s.stop()
		left = s.later()
		s.start()
		if got := s.call(http.MethodGet, "/orders/"+order, ""); got["quantity"] != float64(2) {
			s.t.Errorf("the order is %v", got)
		}
		s.allReady()
	}
	s.signal(syscall.SIGTERM)
	if err := <-s.ended; err != nil {
		s.t.Errorf("with nothing to do it ended with %v\n%s", err, s.out)
	}
	s.verify()
}

// stop stops the process in the middle of its work and returns the order that
// was taken meanwhile.
func (s *shop) stop() string {
	t := s.t
	t.Helper()
	download, order := s.beginDownload(s.ready(s.export()), s.narrow()), s.beginOrder()
	s.signal(syscall.SIGTERM)
	closed := s.untilClosed()
	select {
	case err := <-s.ended:
		t.Fatalf("it ended (%v) with two requests unanswered\n%s", err, s.out)
	case <-time.After(300 * time.Millisecond):
	}
	for range 3 {
		if _, err := s.get("/readyz"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("somebody is taken in after the door was closed: %v", err)
		}
	}
	id, err := order.finish()
	if err != nil {
		t.Errorf("an order whose text came slowly: %v", err)
	}
	if err := download.finish(); err != nil {
		t.Errorf("a file that was read slowly: %v", err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("it ended with %v\n%s", err, s.out)
		}
	case <-time.After(time.Until(closed.Add(grace))):
		t.Fatalf("it has not ended %s after the door was closed", grace)
	}
	return id
}

func (s *shop) killed() {
	s.start()
	download, order := s.beginDownload(s.ready(s.export()), s.narrow()), s.beginOrder()
	s.signal(syscall.SIGKILL)
	if err := <-s.ended; err == nil {
		s.t.Error("CONTROL: a killed process has status 0")
	}
	if _, err := order.finish(); err == nil {
		s.t.Error("CONTROL: a killed process answers")
	}
	if download.finish() == nil {
		s.t.Error("CONTROL: a file that was cut is taken for a whole one")
	}
}

// untilClosed asks whether the process is ready until nobody is taken in. It has
// to be refused in words first. Meanwhile everything else goes on: exports are
// asked for, as many as may wait at once.
func (s *shop) untilClosed() (closed time.Time) {
	said := 0
	for {
		status, err := s.get("/readyz")
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			if said == 0 {
				s.t.Error("the door was closed before /readyz said no")
			}
			return time.Now()
		case err != nil:
			continue // the door was closed over this one
		case status == http.StatusServiceUnavailable:
			said++
			if status, _, err := s.try(http.MethodPost, "/exports", someExport); err == nil && status != http.StatusCreated && status != http.StatusTooManyRequests {
				s.t.Errorf("with the door open it answers %d", status)
			}
		case said > 0:
			s.t.Errorf("/readyz says %d after it said no", status)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// get asks over a connection of its own.
func (s *shop) get(path string) (status int, err error) {
	own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	got, err := own.Get("http://" + s.address + path)
	if err != nil {
		return 0, err
	}
	return got.StatusCode, got.Body.Close()
}

// narrow is a connection that holds little on its way, so that an answer has not
// left the process before it is read.
func (s *shop) narrow() net.Conn {
	s.t.Helper()
	return s.dial(net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = errors.Join(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10),
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536))
		}), err)
	}})
}

func (s *shop) dial(d net.Dialer) net.Conn {
	s.t.Helper()
	c, err := d.DialContext(context.Background(), "tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return c
}

// download is a file that is being read.
type download struct {
	answer *http.Response
	read   int64
}

// beginDownload reads the first bytes of an export's file.
func (s *shop) beginDownload(id string, c net.Conn) *download {
	s.t.Helper()
	fmt.Fprintf(c, "GET /api/v1/exports/%s/file HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", id, s.address, s.token)
	got, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
	if err != nil || got.StatusCode != http.StatusOK || got.ContentLength < 500<<10 {
		s.t.Fatalf("the file of %s: %v, %v", id, got, err)
	}
	n, err := io.CopyN(io.Discard, got.Body, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return &download{got, n}
}

// finish reads the rest.
func (d *download) finish() error {
	n, err := io.Copy(io.Discard, d.answer.Body)
	if n += d.read; err == nil && n != d.answer.ContentLength {
		err = fmt.Errorf("%d bytes of %d", n, d.answer.ContentLength)
	}
	return err
}

// order is a request whose text has come by half.
type order struct {
	net.Conn
	answers *bufio.Reader
	rest    string
}

// beginOrder sends half of an order, once it is waited for.
func (s *shop) beginOrder() *order {
	s.t.Helper()
	text := fmt.Sprintf(`{"subject_id":%q,"quantity":2}`, s.subject)
	c := s.dial(net.Dialer{})
	fmt.Fprintf(c, "POST /api/v1/orders HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nIdempotency-Key: slow-%d\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		s.address, s.token, s.rounds, len(text))
	o := &order{c, bufio.NewReader(c), text[10:]}
	got, err := http.ReadResponse(o.answers, nil)
	if err != nil || got.StatusCode != http.StatusContinue {
		s.t.Fatalf("an order is not waited for: %v, %v", got, err)
	}
	io.WriteString(c, text[:10])
	return o
}

// finish sends the other half and returns the order's id.
func (o *order) finish() (id string, err error) {
	io.WriteString(o, o.rest)
	got, err := http.ReadResponse(o.answers, nil)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%d %s, %w", got.StatusCode, text, err)
	}
	return path.Base(got.Header.Get("Location")), nil
}

// TestStoppingHasOneTime: a request and a job that never end are cut off within
// the same time, not one after the other.
func TestStoppingHasOneTime(t *testing.T) {
	t.Parallel()
	s := newShop(t, "", 1)
	s.later() // mails are owed
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // a mail server that says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	to := deaf.Addr().(*net.TCPAddr)
	set := &settings{data: s.data, programme: "Programme", providers: "transfer", exportDays: 7, documentDays: 180, baseURL: "http://" + s.address,
		smtpHost: to.IP.String(), smtpPort: to.Port, smtpTLS: "none", mailFrom: "exams@programme.example"}
	y, err := openSystem(t.Context(), set, time.Now, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer y.close(context.Background())
	y.grace = 5 * time.Second
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- y.serve(ctx, set, l, nil) }()
	mail, err := deaf.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	s.beginOrder()
	told := time.Now()
	stop()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(told); took >= 2*y.grace {
		t.Errorf("it took %s to end, %s are promised", took, y.grace)
	}
}

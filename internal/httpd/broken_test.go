package httpd_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"examcode/internal/httpd"
)

// TestACutAnswerDoesNotLookWhole: a failure or a panic after the first bytes
// breaks the connection off, so that half a file is never taken for a whole one.
func TestACutAnswerDoesNotLookWhole(t *testing.T) {
	h := build(t)
	begin := func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("row\n", 5000)) }
	h.Handle(h.calls, "GET", "/api/fails", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		begin(w)
		return errors.New("the database went away")
	})
	h.Handle(h.calls, "GET", "/api/panics", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		begin(w)
		panic("defect")
	})
	s := httptest.NewServer(h.Registry)
	defer s.Close()
	for _, path := range []string{"/api/fails", "/api/panics"} {
		res, err := http.Get(s.URL + path)
		if err != nil {
			continue // cut before the headers were sent: as good
		}
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil {
			t.Errorf("%s: a cut answer was read to its end", path)
		}
	}
}

// TestOddRequestLines are answered, not crashed on.
func TestOddRequestLines(t *testing.T) {
	h := build(t)
	s := httptest.NewServer(h.Registry)
	defer s.Close()
	for _, line := range []string{"CONNECT host:80 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET //evil.example/ HTTP/1.1", "BREW / HTTP/1.1"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, line+"\r\nHost: host\r\nConnection: close\r\n\r\n")
		answer, err := bufio.NewReader(c).ReadString('\n')
		c.Close()
		if err != nil || strings.Contains(answer, " 500 ") {
			t.Errorf("%s: %q, %v", line, answer, err)
		}
	}
}

// TestTextsThatAreNone are refused before anything looks at them.
func TestTextsThatAreNone(t *testing.T) {
	h := build(t)
	h.Handle(h.calls, "GET", "/api/things/{id}", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "read")
		return err
	})
	for target, status := range map[string]int{
		"/api/things/1?q=fine": 200, "/api/things/%E6%9D%8E?q=%E6%9D%8E": 200,
		"/api/things/1?q=%00": 400, "/api/things/1?q=%ff": 400, "/api/things/1?q=%ed%a0%80": 400, "/api/things/1?%00=q": 400,
		"/api/things/%00": 400, "/api/things/%ff": 400,
	} {
		if got := h.send(httptest.NewRequest("GET", target, nil)).Code; got != status {
			t.Errorf("%s: %d, want %d", target, got, status)
		}
	}
}

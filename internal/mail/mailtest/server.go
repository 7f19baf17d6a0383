// Package mailtest is a mail server inside the test: it speaks real SMTP, keeps
// what it got and refuses what it is told to refuse. It also holds the suite
// that every mail.Sender passes.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Got is a mail as it came over the wire.
type Got struct {
	From   string
	To     []string
	User   string // who signed in; empty for nobody
	Secure bool
	Data   []byte
}

// Reply is a scripted refusal of one command.
type Reply struct {
	At      string // "mail", "rcpt", "data" (before the content is taken), "answer" (the line drops when it is taken, unanswered) or "quit" (the line drops after it)
	Code    int
	Message string
}

// Options of a server; the zero value is plain SMTP without sign-in.
type Options struct {
	TLS            string // "", "starttls" or "tls"
	User, Password string
}

// Server is a running mail server. It is safe for concurrent use.
type Server struct {
	Host  string
	Port  int
	Roots *x509.CertPool // trusts its certificate

	options Options
	mu      sync.Mutex
	got     []Got
	script  []Reply
	down    bool
	lines   int
	last    *smtp.Conn
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, Roots: x509.NewCertPool()}
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS() // only for its certificate of 127.0.0.1
	config := &tls.Config{Certificates: certificate.TLS.Certificates}
	s.Roots.AddCert(certificate.Certificate())
	certificate.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	s.Host = host
	s.Port, _ = strconv.Atoi(port)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c != s.last { // a refused EHLO is followed by HELO on the same line
			s.last = c
			s.lines++
		}
		if s.down {
			return nil, &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "not now"}
		}
		return &session{server: s, conn: c}, nil
	}))
	server.Domain = "mail.example.org"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	switch o.TLS {
	case "starttls":
		server.TLSConfig = config
	case "tls":
		l = tls.NewListener(l, config)
	}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		l.Close() // Close does not know the listener yet when the test was quicker than Serve
		<-done
	})
	return s
}

// Messages returns what was accepted so far, in order.
func (s *Server) Messages() []Got {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Got(nil), s.got...)
}

// Down makes the server turn away everybody, or take mail again.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Lines counts the conversations that were begun.
func (s *Server) Lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}

// Script adds refusals; each is used once, at the next command it names.
func (s *Server) Script(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, replies...)
}

// Forget drops the refusals that nobody has met yet.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = nil
}

func (s *Server) refusal(at string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.script {
		if r.At == at {
			s.script = append(s.script[:i:i], s.script[i+1:]...)
			return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.EnhancedCode{r.Code / 100, 0, 0}, Message: r.Message}
		}
	}
	return nil
}

type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	from   string
	to     []string
}

func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.User != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.server.refusal("mail")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return s.server.refusal("rcpt")
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.refusal("data"); err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	s.server.got = append(s.server.got, Got{From: s.from, To: s.to, User: s.user, Secure: secure, Data: data})
	s.server.mu.Unlock()
	if err := s.server.refusal("answer"); err != nil {
		s.conn.Conn().Close()
	}
	return nil
}

func (s *session) Reset() {
	delivered := s.from != "" && s.to != nil
	s.from, s.to = "", nil
	if delivered {
		if err := s.server.refusal("quit"); err != nil {
			s.conn.Conn().Close()
		}
	}
}

func (s *session) Logout() error { return nil }

// ErrNothing is returned by Last when nothing came.
var ErrNothing = errors.New("mailtest: no mail came")

// Last returns the newest mail.
func (s *Server) Last() (Got, error) {
	all := s.Messages()
	if len(all) == 0 {
		return Got{}, ErrNothing
	}
	return all[len(all)-1], nil
}

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTPConfig is how to reach the mail server.
type SMTPConfig struct {
	Host     string
	Port     int    // 0: 587 for starttls, 465 for tls, 25 for none
	User     string // empty: no sign-in
	Password string
	From     string
	FromName string
	TLS      string         // "starttls" (required, never skipped), "tls" or "none"
	RootCAs  *x509.CertPool // nil: the system's
}

// Timeout bounds each step of a conversation with the mail server.
const Timeout = 30 * time.Second

// SMTP sends each message in a conversation of its own. It is safe for
// concurrent use.
type SMTP struct {
	sender
	host    string
	tls     *tls.Config // not nil: TLS from the first byte
	options []gomail.Option
}

// NewSMTP checks the configuration; it does not connect. A password is refused
// without TLS, unless the server is this machine.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	s, err := newSender(c.From, c.FromName)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	out := &SMTP{sender: s, host: c.Host}
	options := []gomail.Option{gomail.WithTimeout(Timeout), gomail.WithTLSConfig(config)}
	port := c.Port
	switch c.TLS {
	case "starttls":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
		port = orElse(port, 587)
	case "tls":
		// We dial ourselves and already encrypted, so that there is nothing to
		// upgrade; a policy of NoTLS would hide from the sign-in that it is safe.
		out.tls = config
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		port = orElse(port, 465)
	case "none":
		if c.User != "" && c.Host != "localhost" && c.Host != "127.0.0.1" && c.Host != "::1" {
			return nil, errors.New("mail: a password needs TLS; set it to starttls or tls")
		}
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		port = orElse(port, 25)
	default:
		return nil, fmt.Errorf("mail: TLS is %q; it must be starttls, tls or none", c.TLS)
	}
	if c.User != "" {
		how := gomail.SMTPAuthAutoDiscover
		if c.TLS == "none" {
			how = gomail.SMTPAuthPlain // which itself insists on this machine
		}
		options = append(options, gomail.WithSMTPAuth(how), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	options = append(options, gomail.WithPort(port))
	if _, err := gomail.NewClient(c.Host, options...); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	out.options = options
	return out, nil
}

func orElse(port, standard int) int {
	if port == 0 {
		return standard
	}
	return port
}

// Send delivers the message to the mail server. Only a 5xx answer about the
// receiver or the content is permanent: a server that refuses us, our sender
// address or our password is a fault of the setup, and the mail can wait for
// its repair.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	line := &line{ctx: ctx, tls: s.tls}
	defer line.hangUp()
	client, err := gomail.NewClient(s.host, append(s.options[:len(s.options):len(s.options)], gomail.WithDialContextFunc(line.dial))...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail: reaching the mail server: %w", errors.Join(err, ctx.Err()))
	}
	err = client.SendWithSMTPClient(conn, msg)
	// After the server took the message nothing that follows makes it unsent:
	// reporting a failed goodbye would send the mail twice.
	if msg.IsDelivered() {
		client.CloseWithSMTPClient(conn)
		return nil
	}
	if err == nil {
		err = errors.New("the server did not confirm the message")
	}
	return classed(fmt.Errorf("mail: %w", errors.Join(err, ctx.Err())))
}

// line is one connection. The library minds the context only while it dials,
// and forgets connections whose greeting failed; line closes them in both cases.
type line struct {
	ctx  context.Context
	tls  *tls.Config
	conn net.Conn
	stop func() bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	l.stop = context.AfterFunc(l.ctx, func() { conn.Close() })
	if l.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, l.tls)
	return secure, secure.HandshakeContext(ctx)
}

func (l *line) hangUp() {
	if l.conn != nil {
		l.stop()
		l.conn.Close()
	}
}

func classed(err error) error {
	var e *gomail.SendError
	if !errors.As(err, &e) || e.ErrorCode() < 500 || e.ErrorCode() > 599 {
		return err
	}
	switch e.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return permanent{err}
	}
	return err
}

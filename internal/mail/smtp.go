package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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

// SMTP sends messages, each in a conversation of its own or many over one line.
// It is safe for concurrent use; a line is not.
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
	options := []gomail.Option{gomail.WithTimeout(Timeout), gomail.WithTLSConfig(config), gomail.WithoutNoop()}
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

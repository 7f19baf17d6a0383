package cli

import (
	"bufio"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"examcode/internal/mail"
)

// mailPatience is how long the mail server may take to answer a doctor.
const mailPatience = 10 * time.Second

// mailServer connects and signs in, and sends nothing.
func (d *doctor) mailServer(ctx context.Context) {
	s := d.s
	if s.smtpHost == "" {
		d.warn("mail server", "is not set", "mails are kept as files in "+s.path("outbox")+"; give --smtp-host")
		return
	}
	sender, err := mail.NewSMTP(mail.SMTPConfig{Host: s.smtpHost, Port: s.smtpPort, User: s.smtpUser, Password: s.smtpPassword,
		From: s.mailFrom, FromName: s.programme, TLS: s.smtpTLS})
	if err != nil {
		d.fail("mail server", "is set wrongly", err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	line, err := sender.Open(ctx)
	if err != nil {
		d.fail("mail server", s.smtpHost+" does not let us in", err.Error())
		return
	}
	line.Close()
	says := s.smtpHost + " lets us in"
	if g := s.greeting(ctx); g != "" {
		says += " and greets with " + strconv.Quote(g)
	}
	d.fine("mail server", says)
}

// greeting is the first line of the mail server; empty when it is encrypted.
func (s *settings) greeting(ctx context.Context) string {
	if s.smtpTLS == "tls" {
		return ""
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.smtpHost, strconv.Itoa(s.smtpPort)))
	if err != nil {
		return ""
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		conn.SetDeadline(until)
	}
	text, _ := bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
	io.WriteString(conn, "QUIT\r\n")
	return strings.TrimSpace(text)
}

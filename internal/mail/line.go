package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// perLine is how many messages one connection takes; servers hang up on those
// who never stop.
const perLine = 100

// Send delivers the message to the mail server in a conversation of its own; see
// the line's Send for its errors.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	l, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Send(ctx, m)
}

// Open connects and signs in. Its errors are IsAway.
func (s *SMTP) Open(ctx context.Context) (Line, error) {
	l := &smtpLine{smtp: s, ctx: ctx}
	return l, l.connect()
}

// smtpLine is a connection that is made anew when the server ends it between two
// messages.
type smtpLine struct {
	smtp   *SMTP
	ctx    context.Context
	wire   *wire
	client *gomail.Client
	conn   *smtp.Client
	sent   int // over this connection
}

func (l *smtpLine) connect() (err error) {
	l.Close()
	l.wire, l.sent = &wire{ctx: l.ctx, tls: l.smtp.tls}, 0
	o := l.smtp.options
	if l.client, err = gomail.NewClient(l.smtp.host, append(o[:len(o):len(o)], gomail.WithDialContextFunc(l.wire.dial))...); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if l.conn, err = l.client.DialToSMTPClientWithContext(l.ctx); err != nil {
		l.conn = nil
		l.Close()
		return away{fmt.Errorf("mail: reaching the mail server: %w", errors.Join(err, l.ctx.Err()))}
	}
	return nil
}

// Send delivers the message. Only a 5xx answer about the receiver or the content
// is permanent: a server that refuses us, our sender address or our password is
// a fault of the setup, and the mail can wait for its repair.
func (l *smtpLine) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	used := l.conn != nil && l.sent > 0
	if l.conn == nil || l.sent >= perLine {
		if err := l.connect(); err != nil {
			return err
		}
		used = false
	}
	stop := context.AfterFunc(ctx, l.wire.hangUp)
	defer stop()
	early, err := l.send(m)
	if err != nil && early && used && ctx.Err() == nil {
		// The server hung up while nothing was said; nothing of this message is there yet.
		if err := l.connect(); err != nil {
			return err
		}
		stop()
		stop = context.AfterFunc(ctx, l.wire.hangUp)
		_, err = l.send(m)
	}
	if err != nil {
		err = fmt.Errorf("mail: %w", errors.Join(err, ctx.Err()))
		return classed(err)
	}
	return nil
}

// send tries the message once; early tells that the conversation ended before the
// server heard of it.
func (l *smtpLine) send(m Message) (early bool, err error) {
	msg, err := l.smtp.compose(m)
	if err != nil {
		return false, err
	}
	err = l.client.SendWithSMTPClient(l.conn, msg)
	// After the server took the message nothing that follows makes it unsent:
	// reporting a failed goodbye would send the mail twice.
	if msg.IsDelivered() {
		l.sent++
		if err != nil {
			l.hangUp()
		}
		return false, nil
	}
	if err == nil {
		err = errors.New("the server did not confirm the message")
	}
	code, reason := said(err)
	if code < 400 || code == 421 || l.client.ResetWithSMTPClient(l.conn) != nil {
		l.hangUp()
	}
	l.sent++
	return (code < 400 || code == 421) && (reason == gomail.ErrSMTPMailFrom || reason == gomail.ErrConnCheck), err
}

// Close says goodbye and ends the line.
func (l *smtpLine) Close() {
	if l.conn != nil {
		l.client.CloseWithSMTPClient(l.conn)
	}
	l.hangUp()
}

func (l *smtpLine) hangUp() {
	if l.wire != nil {
		l.wire.hangUp()
	}
	l.conn = nil
}

// wire is one connection. The library minds the context only while it dials,
// and forgets connections whose greeting failed; wire closes them in both cases.
type wire struct {
	ctx  context.Context
	tls  *tls.Config
	conn net.Conn
	stop func() bool
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.conn = conn
	w.stop = context.AfterFunc(w.ctx, func() { conn.Close() })
	if w.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, w.tls)
	return secure, secure.HandshakeContext(ctx)
}

func (w *wire) hangUp() {
	if w.conn != nil {
		w.stop()
		w.conn.Close()
	}
}

// said is the server's answer to a message, 0 when there was none, and the step
// it was given at.
func said(err error) (code int, at gomail.SendErrReason) {
	var e *gomail.SendError
	if !errors.As(err, &e) {
		return 0, gomail.ErrConnCheck
	}
	return e.ErrorCode(), e.Reason
}

func classed(err error) error {
	code, at := said(err)
	aboutIt := at == gomail.ErrSMTPRcptTo || at == gomail.ErrSMTPData || at == gomail.ErrSMTPDataClose
	switch {
	case IsPermanent(err):
		return err
	case !aboutIt || code < 400 || code == 421:
		return away{err}
	case code >= 500:
		return permanent{err}
	}
	return err
}

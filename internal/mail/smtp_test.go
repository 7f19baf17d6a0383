package mail_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
)

func config(s *mailtest.Server, tls string) mail.SMTPConfig {
	return mail.SMTPConfig{Host: s.Host, Port: s.Port, From: "sender@example.org", FromName: "Exam Office 考试中心", TLS: tls, RootCAs: s.Roots}
}

func connect(t *testing.T, c mail.SMTPConfig) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSMTPConforms(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) (mail.Sender, func() [][]byte) {
		server := mailtest.Start(t, mailtest.Options{})
		return connect(t, config(server, "none")), func() (all [][]byte) {
			for _, m := range server.Messages() {
				if m.From != "sender@example.org" || len(m.To) != 1 || m.To[0] != "li.na@example.org" {
					t.Errorf("envelope from %s to %v", m.From, m.To)
				}
				all = append(all, m.Data)
			}
			return all
		}
	})
}

func TestEncryptionAndSignIn(t *testing.T) {
	ctx := context.Background()
	for _, how := range []string{"none", "starttls", "tls"} {
		server := mailtest.Start(t, mailtest.Options{TLS: strings.TrimPrefix(how, "none"), User: "exams", Password: "secret"})
		c := config(server, how)
		c.User, c.Password = "exams", "secret"
		if err := connect(t, c).Send(ctx, mailtest.Message("a@b")); err != nil {
			t.Errorf("%s: %v", how, err)
			continue
		}
		if got, err := server.Last(); err != nil || got.User != "exams" || got.Secure != (how != "none") {
			t.Errorf("%s: %+v, %v", how, got, err)
		}
		c.Password = "wrong"
		if err := connect(t, c).Send(ctx, mailtest.Message("b@b")); err == nil || mail.IsPermanent(err) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s, wrong password: %v", how, err)
		}
		c.RootCAs = nil
		if err := connect(t, c).Send(ctx, mailtest.Message("c@b")); err == nil || mail.IsPermanent(err) {
			t.Errorf("%s, unknown certificate: %v", how, err)
		}
		if n := len(server.Messages()); n != 1 {
			t.Errorf("%s: %d mails", how, n)
		}
	}
}

func TestStartTLSIsNotSkipped(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	if err := connect(t, config(server, "starttls")).Send(context.Background(), mailtest.Message("a@b")); err == nil || mail.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
	if n := len(server.Messages()); n != 0 {
		t.Errorf("%d mails went out in clear", n)
	}
}

func TestRefusalsAreClassed(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	s := connect(t, config(server, "none"))
	for _, c := range []struct {
		at        string
		code      int
		permanent bool
	}{
		{"rcpt", 451, false}, {"rcpt", 550, true}, {"data", 451, false}, {"data", 554, true},
		{"mail", 451, false}, {"mail", 550, false}, // our address is refused, not the receiver's
	} {
		server.Script(mailtest.Reply{At: c.at, Code: c.code, Message: "scripted"})
		err := s.Send(context.Background(), mailtest.Message("a@b"))
		if err == nil || mail.IsPermanent(err) != c.permanent || !strings.Contains(err.Error(), "scripted") {
			t.Errorf("%d at %s: permanent %v, %v", c.code, c.at, mail.IsPermanent(err), err)
		}
	}
	if err := s.Send(context.Background(), mailtest.Message("a@b")); err != nil || len(server.Messages()) != 1 {
		t.Errorf("after the refusals: %v, %d mails", err, len(server.Messages()))
	}
}

func TestALineThatDropsAfterDeliveryIsASuccess(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	server.Script(mailtest.Reply{At: "quit", Code: 421, Message: "bye"})
	if err := connect(t, config(server, "none")).Send(context.Background(), mailtest.Message("a@b")); err != nil {
		t.Errorf("a delivered mail is reported as %v", err)
	}
	if n := len(server.Messages()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := mail.SMTPConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "sender@example.org", TLS: "none"}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err = connect(t, c).Send(ctx, mailtest.Message("a@b")) // accepted by the kernel, never greeted
	if !errors.Is(err, context.DeadlineExceeded) || mail.IsPermanent(err) || time.Since(start) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	l.Close()
	if err := connect(t, c).Send(context.Background(), mailtest.Message("a@b")); err == nil || mail.IsPermanent(err) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	good := mail.SMTPConfig{Host: "mail.example.org", From: "sender@example.org", TLS: "starttls", User: "u", Password: "p"}
	if _, err := mail.NewSMTP(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*mail.SMTPConfig){
		"no host":           func(c *mail.SMTPConfig) { c.Host = "" },
		"no sender":         func(c *mail.SMTPConfig) { c.From = "" },
		"sender with name":  func(c *mail.SMTPConfig) { c.From = "A <a@example.org>" },
		"injection":         func(c *mail.SMTPConfig) { c.FromName = "a\r\nBcc: b@example.org" },
		"unknown TLS":       func(c *mail.SMTPConfig) { c.TLS = "maybe" },
		"password in clear": func(c *mail.SMTPConfig) { c.TLS = "none" },
		"port":              func(c *mail.SMTPConfig) { c.Port = 70000 },
	} {
		c := good
		spoil(&c)
		if _, err := mail.NewSMTP(c); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

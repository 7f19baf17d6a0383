package mail_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
)

// Many messages share a connection, also after one of them was refused, and a
// server that hangs up between two of them is called again.
func TestALineCarriesManyMessages(t *testing.T) {
	ctx, server := context.Background(), mailtest.Start(t, mailtest.Options{})
	l, err := mail.Open(ctx, connect(t, config(server, "none")))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	send := func(n int) error { return l.Send(ctx, mailtest.Message(fmt.Sprintf("%d@b", n))) }
	server.Script(mailtest.Reply{At: "rcpt", Code: 550, Message: "nobody"}, mailtest.Reply{At: "data", Code: 451, Message: "later"})
	if err := send(0); !mail.IsPermanent(err) || mail.IsAway(err) {
		t.Errorf("refused for good: %v", err)
	}
	if err := send(1); err == nil || mail.IsPermanent(err) || mail.IsAway(err) {
		t.Errorf("refused for now: %v", err)
	}
	for n := 2; n < 10; n++ {
		if err := send(n); err != nil {
			t.Fatal(err)
		}
	}
	if server.Lines() != 1 || len(server.Messages()) != 8 {
		t.Errorf("%d lines for %d messages", server.Lines(), len(server.Messages()))
	}
	server.Script(mailtest.Reply{At: "quit", Code: 421, Message: "bye"}) // hangs up after the next
	for n := 10; n < 14; n++ {
		if err := send(n); err != nil {
			t.Fatal(err)
		}
	}
	if server.Lines() != 2 || len(server.Messages()) != 12 {
		t.Errorf("%d lines for %d messages", server.Lines(), len(server.Messages()))
	}
	// Taken and unanswered: nobody can know. It is no success, and no refusal.
	server.Script(mailtest.Reply{At: "answer", Code: 421, Message: "gone"})
	if err := send(14); !mail.IsAway(err) || mail.IsPermanent(err) {
		t.Errorf("unanswered: %v", err)
	}
	for n := 20; n < 20+250; n++ {
		if err := send(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.Lines(); got != 5 {
		t.Errorf("%d lines: a connection should take 100 messages", got)
	}
	server.Down(true)
	if _, err := mail.Open(ctx, connect(t, config(server, "none"))); !mail.IsAway(err) {
		t.Errorf("a server that turns us away: %v", err)
	}
}

// Mails that can be stopped say so to programs; others do not.
func TestStopHeaders(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	m := mailtest.Message("a@b")
	m.ListID = "codes.exams.example.org"
	if err := connect(t, config(server, "none")).Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	head := string(server.Messages()[0].Data)
	for _, want := range []string{"List-Id: <codes.exams.example.org>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Auto-Submitted: auto-generated"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in %s", want, head)
		}
	}
	for _, bad := range []string{"codes", "codes.\r\nBcc: x.y", "a b.c", "<a.b>"} {
		m.ListID = bad
		if err := connect(t, config(server, "none")).Send(context.Background(), m); !mail.IsPermanent(err) {
			t.Errorf("ListID %q: %v", bad, err)
		}
	}
}

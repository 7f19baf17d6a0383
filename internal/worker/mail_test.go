package worker

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/pay/transfer"
	"examcode/internal/store"
)

// over lets the house send over a real mail server.
func (h *house) over(server *mailtest.Server) {
	h.t.Helper()
	sender, err := mail.NewSMTP(mail.SMTPConfig{Host: server.Host, Port: server.Port, From: "exams@programme.example", FromName: "考试中心", TLS: "none"})
	if err != nil {
		h.t.Fatal(err)
	}
	h.actions = action.New(action.Config{Store: h.Store, Vault: h.Vault, Providers: []pay.Provider{sandbox.New(), transfer.New()}, Mail: sender, Queue: h.queue,
		Compose: mail.Composer(mail.ComposeConfig{BaseURL: "https://exams.example", Programme: "考试中心", Now: h.Clock.Now}),
		Now:     h.Clock.Now, Random: rand.Reader, Log: h.log})
}

// arrived counts the mails by Message-ID, as a receiver reads them.
func arrived(t *testing.T, server *mailtest.Server) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, g := range server.Messages() {
		m, err := netmail.ReadMessage(bytes.NewReader(g.Data))
		if err != nil {
			t.Fatal(err)
		}
		n[m.Header.Get("Message-Id")]++
	}
	return n
}

func messageID(id exam.OwedID) string { return "<" + id.String() + "@examcode>" }

func (h *house) send() {
	h.t.Helper()
	if err := h.actions.SendMails(context.Background(), time.Minute); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) state(s string) int64 {
	return h.number("SELECT COUNT(*) FROM owed WHERE state = $1", s)
}

// One message and one mail for each payment that succeeds, none for others, over
// real SMTP, with two workers and a restart between.
func TestS5_OneMailForEachPaymentOverRestartAndTwoWorkers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, server := context.Background(), mailtest.Start(t, mailtest.Options{})
		h.over(server)
		var ids []exam.OwedID
		for _, simulate := range []string{"decline", "unknown"} {
			o, err := h.actions.BuyCodes(ctx, h.root, h.subject.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.actions.PayOrder(ctx, h.root, o.ID, "sandbox", simulate, ""); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			ids = append(ids, h.buy()...)
		}
		first, second := h.work(), h.work()
		for range 5 {
			ids = append(ids, h.buy()...)
		}
		stop, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		if err := first.Stop(stop); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			ids = append(ids, h.buy()...)
		}
		h.work()
		h.within(20*time.Second, "nothing is owed", func() bool { return h.state("owed") == 0 })
		if err := second.Stop(stop); err != nil {
			t.Fatal(err)
		}
		got := arrived(t, server)
		for _, id := range ids {
			if got[messageID(id)] != 1 {
				t.Errorf("%s arrived %d times", id, got[messageID(id)])
			}
		}
		if n := h.number("SELECT COUNT(*) FROM message WHERE kind = 'order_paid'"); len(ids) != 15 || n != 15 {
			t.Errorf("%d messages and %d mails for 15 payments", n, len(ids))
		}
		read := 0
		for _, g := range server.Messages() {
			if m, err := netmail.ReadMessage(bytes.NewReader(g.Data)); err == nil && m.Header.Get("Message-Id") == messageID(ids[0]) {
				read++
				readPaid(t, m)
			}
		}
		if read != 1 {
			t.Errorf("read %d times", read)
		}
	})
}

// readPaid reads the mail of a paid order with nothing but the standard library.
func readPaid(t *testing.T, m *netmail.Message) {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.HasPrefix(subject, "Order EC-") || m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("List-Unsubscribe") != "" {
		t.Errorf("%q %v %v", subject, m.Header, err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		p, err := parts.NextPart()
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want) {
			t.Fatalf("no %s part: %v", want, err)
		}
		if b, err := io.ReadAll(p); err != nil || !strings.Contains(string(b), "https://exams.example/enterprise/orders/ord_") {
			t.Errorf("%s part: %v %s", want, err, b)
		}
	}
}

// A server that is down for two days is asked by few, nothing is given up, and
// everything arrives once when it is back.
func TestADeadServerIsNotStormedAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, server := context.Background(), mailtest.Start(t, mailtest.Options{})
		h.over(server)
		for range 30 {
			h.buy()
		}
		owed := h.state("owed")
		server.Down(true)
		woken := 0
		end := h.Clock.Now().Add(48 * time.Hour)
		for h.Clock.Now().Before(end) {
			h.Clock.Move(time.Minute)
			if err := h.actions.SweepOwed(ctx, func(context.Context, []exam.OwedID) error { woken++; h.send(); h.send(); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if n := server.Lines(); n < 48*4-10 || n > 48*4+20 {
			t.Errorf("a dead server was asked %d times in two days", n)
		}
		state, err := h.Read.MailServer(ctx)
		if err != nil || state.Failing.IsZero() || state.Detail == "" || woken == 0 {
			t.Errorf("%+v, %v", state, err)
		}
		if h.state("dead") != 0 || h.state("owed") != owed {
			t.Errorf("%d dead, %d owed of %d", h.state("dead"), h.state("owed"), owed)
		}
		server.Down(false)
		h.Clock.Move(20 * time.Minute)
		h.send()
		for range 10 { // those that were tried wait for their own time
			h.Clock.Move(time.Hour)
			h.send()
		}
		if h.state("owed") != 0 || h.state("sent") != owed {
			t.Errorf("after it came back: %d owed, %d sent of %d", h.state("owed"), h.state("sent"), owed)
		}
		for id, n := range arrived(t, server) {
			if n != 1 {
				t.Errorf("%s arrived %d times", id, n)
			}
		}
		if state, err := h.Read.MailServer(ctx); err != nil || !state.Failing.IsZero() {
			t.Errorf("still failing: %+v, %v", state, err)
		}
	})
}

// A mail refused for good is dead at once, shown to staff with what was said,
// and sent again by one verb; refused for now it comes later; taken without an
// answer it comes again under the same Message-ID.
func TestWhatAServerSaysDecidesWhatBecomesOfAMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, server := context.Background(), mailtest.Start(t, mailtest.Options{})
		h.over(server)
		h.send() // what furnishing the house owes
		dead, later, unsure := h.buy()[0], exam.OwedID(0), exam.OwedID(0)
		server.Script(mailtest.Reply{At: "rcpt", Code: 550, Message: "no such person"})
		h.send()
		later = h.buy()[0]
		server.Script(mailtest.Reply{At: "data", Code: 451, Message: "greylisted"})
		h.send()
		unsure = h.buy()[0]
		server.Script(mailtest.Reply{At: "answer", Code: 421, Message: "gone"})
		h.send()
		if o := h.owed(dead); o.State != exam.OwedDead || !strings.Contains(o.Detail, "no such person") {
			t.Errorf("refused for good: %+v", o)
		}
		if o := h.owed(later); o.State != exam.OwedOpen || o.Tries != 1 || !strings.Contains(o.Detail, "greylisted") {
			t.Errorf("refused for now: %+v", o)
		}
		rows, err := h.Read.Deliveries(ctx, store.DeliveryDead, "", store.Page{})
		if err != nil || len(rows.Items) != 1 || rows.Items[0].ID != dead || rows.Items[0].Email == "" {
			t.Errorf("staff see %+v, %v", rows.Items, err)
		}
		work, err := h.Read.Work(ctx, h.Clock.Now())
		if err != nil || work.MailDead.Count != 1 || work.MailFailing.Count != 2 {
			t.Errorf("work: %+v, %v", work, err)
		}
		staff := h.Staff(exam.Money)
		if _, err := h.actions.SendAgain(ctx, staff, dead); err != nil {
			t.Error(err)
		}
		if _, err := h.actions.SendAgain(ctx, h.root, later); err == nil {
			t.Error("a customer sends mails again")
		}
		for range 3 {
			h.Clock.Move(5 * time.Minute)
			h.send()
		}
		if _, err := h.actions.SendAgain(ctx, staff, dead); err != exam.ErrOwedSettled {
			t.Errorf("sent, and sent again: %v", err)
		}
		got := arrived(t, server)
		if got[messageID(dead)] != 1 || got[messageID(later)] != 1 || got[messageID(unsure)] != 2 {
			t.Errorf("arrived %d, %d and %d times", got[messageID(dead)], got[messageID(later)], got[messageID(unsure)])
		}
	})
}

// Accounts take turns: a mail of another company does not wait for all of one
// that has many. Two who take mails never get the same.
func TestAccountsTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.send()
		for range 20 {
			h.buy()
		}
		h.root = h.Company(true)
		h.send()
		for range 20 {
			h.buy()
		}
		many := h.root
		h.root = h.Company(true)
		one := h.buy()[0]
		taken := map[exam.OwedID]bool{}
		for n := range 2 {
			err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
				now := h.Clock.Now()
				ids, err := tx.HoldMail(ctx, now, now.Add(time.Minute), 8)
				for _, id := range ids {
					if taken[id] {
						t.Errorf("%s is taken twice", id)
					}
					taken[id] = true
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 && !taken[one] {
				t.Errorf("the one mail waits for those of %s", many.Name)
			}
		}
		if len(taken) != 16 {
			t.Errorf("%d taken", len(taken))
		}
	})
}

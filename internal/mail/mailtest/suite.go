package mailtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/mail"
)

// Message is a good mail with everything in it.
func Message(id string) mail.Message {
	return mail.Message{
		To: "li.na@example.org", ToName: "李娜", Subject: "您的考试码将在 30 天后到期：订单 EC-2026-000123，请尽快分配给员工使用",
		Text:      "您好，李娜：\n\n.一行以点开头\nFrom here on = 100 %\n" + strings.Repeat("很长的一行", 300) + "\n",
		HTML:      "<p>您好，<b>李娜</b>：</p>\n<p>" + strings.Repeat("long ", 400) + "</p>\n",
		MessageID: id, Category: "expiry", ListUnsubscribe: "https://exams.example.org/preferences?token=" + strings.Repeat("a", 120),
		At: time.Date(2026, 3, 1, 17, 30, 5, 123456000, time.FixedZone("", 8*3600)), Lang: "zh",
	}
}

// Run checks a Sender. open returns one that sends from sender@example.org,
// named "Exam Office 考试中心", and a function that returns every delivered mail.
func Run(t *testing.T, open func(t *testing.T) (mail.Sender, func() [][]byte)) {
	ctx := context.Background()
	t.Run("everything arrives", func(t *testing.T) {
		s, delivered := open(t)
		m := Message("notice-1@exams.example.org")
		if err := s.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
		compare(t, one(t, delivered), m)
	})
	t.Run("plain part alone", func(t *testing.T) {
		s, delivered := open(t)
		m := Message("<notice-2@exams.example.org>")
		m.HTML, m.ToName, m.Subject, m.ListUnsubscribe, m.Category, m.Lang = "", "", "Plain", "", "", ""
		if err := s.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
		compare(t, one(t, delivered), m)
	})
	t.Run("names with punctuation", func(t *testing.T) {
		s, delivered := open(t)
		names := []string{`Ann "Annie" O'Neil, Ltd. <x>`, `back\slash`, `x" <eve@example.org> (`, "=?utf-8?q?x?="}
		for i, name := range names {
			m := Message(fmt.Sprintf("name-%d@exams.example.org", i))
			m.ToName, m.At = name, m.At.Truncate(time.Second)
			if err := s.Send(ctx, m); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		got := map[string]bool{}
		for _, raw := range delivered() {
			k, err := mail.Parse(bytes.NewReader(raw))
			if err != nil || k.To != "li.na@example.org" {
				t.Errorf("%+v, %v", k, err)
			}
			got[k.ToName] = true
		}
		for _, name := range names[:3] { // what looks encoded already is decoded by every reader
			if !got[name] {
				t.Errorf("%s is missing in %v", name, got)
			}
		}
	})
	t.Run("header injection", func(t *testing.T) { injection(t, open) })
	t.Run("malformed", func(t *testing.T) { malformed(t, open) })
	t.Run("a context that ended", func(t *testing.T) {
		s, delivered := open(t)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.Send(gone, Message("gone@exams.example.org")); err == nil || mail.IsPermanent(err) {
			t.Errorf("got %v", err)
		}
		if n := len(delivered()); n != 0 {
			t.Errorf("%d delivered", n)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		s, delivered := open(t)
		errs := make(chan error)
		for i := range 8 {
			go func() { errs <- s.Send(ctx, Message(fmt.Sprintf("many-%d@exams.example.org", i))) }()
		}
		for range 8 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := len(delivered()); n != 8 {
			t.Errorf("%d delivered", n)
		}
	})
}

func one(t *testing.T, delivered func() [][]byte) []byte {
	t.Helper()
	all := delivered()
	if len(all) != 1 {
		t.Fatalf("%d mails delivered", len(all))
	}
	return all[0]
}

func injection(t *testing.T, open func(t *testing.T) (mail.Sender, func() [][]byte)) {
	s, delivered := open(t)
	for _, evil := range []string{"\r\nBcc: eve@example.org", "\nBcc: eve@example.org", "\rX: y", "a\x00b", "\r\n\r\nbody", "\u2028x", "\x7f", "\xff"} {
		for field, spoil := range map[string]func(*mail.Message){
			"To":              func(m *mail.Message) { m.To += evil },
			"ToName":          func(m *mail.Message) { m.ToName += evil },
			"Subject":         func(m *mail.Message) { m.Subject += evil },
			"MessageID":       func(m *mail.Message) { m.MessageID += evil },
			"Category":        func(m *mail.Message) { m.Category += evil },
			"ListUnsubscribe": func(m *mail.Message) { m.ListUnsubscribe += evil },
			"Lang":            func(m *mail.Message) { m.Lang += evil },
		} {
			m := Message("evil@exams.example.org")
			spoil(&m)
			if err := s.Send(context.Background(), m); !mail.IsPermanent(err) {
				t.Errorf("%s with %q: %v", field, evil, err)
			}
		}
	}
	if n := len(delivered()); n != 0 {
		t.Errorf("%d delivered", n)
	}
}

func malformed(t *testing.T, open func(t *testing.T) (mail.Sender, func() [][]byte)) {
	s, delivered := open(t)
	for name, spoil := range map[string]func(*mail.Message){
		"no receiver":     func(m *mail.Message) { m.To = "" },
		"two receivers":   func(m *mail.Message) { m.To = "a@example.org, b@example.org" },
		"a name as well":  func(m *mail.Message) { m.To = "A <a@example.org>" },
		"no subject":      func(m *mail.Message) { m.Subject = "" },
		"no text":         func(m *mail.Message) { m.Text = "" },
		"no id":           func(m *mail.Message) { m.MessageID = "" },
		"half an id":      func(m *mail.Message) { m.MessageID = "x" },
		"two ids":         func(m *mail.Message) { m.MessageID = "<a@b> <c@d>" },
		"no time":         func(m *mail.Message) { m.At = time.Time{} },
		"two links":       func(m *mail.Message) { m.ListUnsubscribe = "https://a>,<https://b" },
		"not a link":      func(m *mail.Message) { m.ListUnsubscribe = "javascript:1" },
		"endless subject": func(m *mail.Message) { m.Subject = strings.Repeat("a", 5000) },
	} {
		m := Message("bad@exams.example.org")
		spoil(&m)
		if err := s.Send(context.Background(), m); !mail.IsPermanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(delivered()); n != 0 {
		t.Errorf("%d delivered", n)
	}
}

// compare reads raw with nothing but the standard library.
func compare(t *testing.T, raw []byte, m mail.Message) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if len(line) > 998 {
			t.Fatalf("a line of %d bytes", len(line))
		}
	}
	if bad := regexp.MustCompile(`[^\x00-\x7f]`).FindIndex(raw); bad != nil {
		t.Errorf("a byte beyond ASCII at %d", bad[0])
	}
	var words mime.WordDecoder
	unsubscribe := ""
	if m.ListUnsubscribe != "" {
		unsubscribe = "<" + m.ListUnsubscribe + ">"
	}
	for name, want := range map[string]string{
		"Subject": m.Subject, "Message-Id": "<" + strings.Trim(m.MessageID, "<>") + ">", "Date": "Sun, 01 Mar 2026 17:30:05 +0800",
		"Auto-Submitted": "auto-generated", "Content-Language": m.Lang, "List-Unsubscribe": unsubscribe,
		"X-Examcode-Category": m.Category, "Mime-Version": "1.0", "Bcc": "", "Cc": "",
	} {
		got, err := words.DecodeHeader(msg.Header.Get(name))
		if err != nil || got != want || len(msg.Header[name]) > 1 {
			t.Errorf("%s is %q (%d times), %v", name, got, len(msg.Header[name]), err)
		}
	}
	for name, want := range map[string]netmail.Address{
		"From": {Name: "Exam Office 考试中心", Address: "sender@example.org"},
		"To":   {Name: m.ToName, Address: m.To},
	} {
		list, err := msg.Header.AddressList(name)
		if err != nil || len(list) != 1 || *list[0] != want {
			t.Errorf("%s is %v, %v", name, list, err)
		}
	}
	parts := bodies(t, msg)
	want := []string{"text/plain\n" + m.Text}
	if m.HTML != "" {
		want = append(want, "text/html\n"+m.HTML)
	}
	if len(parts) != len(want) {
		t.Fatalf("%d parts, want %d", len(parts), len(want))
	}
	for i := range want {
		if strings.TrimRight(parts[i], "\n") != strings.TrimRight(want[i], "\n") {
			t.Errorf("part %d differs:\n%q\nwant\n%q", i, parts[i], want[i])
		}
	}
}

// bodies returns "type\ncontent" of each part, plain first as it must stand.
func bodies(t *testing.T, msg *netmail.Message) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, params map[string]string, r io.Reader) string {
		b, err := io.ReadAll(r)
		if err != nil || !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("a %s part in %q: %v", kind, params["charset"], err)
		}
		return kind + "\n" + strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if kind != "multipart/alternative" {
		return []string{text(kind, params, quotedprintable.NewReader(msg.Body))}
	}
	var all []string
	r := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := r.NextPart() // undoes quoted-printable
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text(kind, params, p))
	}
}

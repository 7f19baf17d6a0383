package mail

import (
	"bytes"
	"io"
	"maps"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"examcode/internal/exam"
	"examcode/internal/store"
)

const base = "https://exams.example.org"

var at = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// written is a message as it leaves, read again; nil when it is refused, which
// must be for good.
func written(t *testing.T, m Message) (*netmail.Message, Kept) {
	s, err := newSender("exams@programme.example", "Programme")
	if err != nil {
		t.Fatal(err)
	}
	msg, err := s.compose(m)
	if err != nil {
		if !IsPermanent(err) {
			t.Fatalf("refused for now: %v", err)
		}
		return nil, Kept{}
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("%v in %q", err, b.String())
	}
	kept, err := Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("%v in %q", err, b.String())
	}
	to, err := msg.GetRecipients()
	if err != nil || len(to) != 1 {
		t.Fatalf("goes to %q: %v", to, err)
	}
	if one, err := netmail.ParseAddress(to[0]); err != nil || one.Address != m.To {
		t.Fatalf("goes to %q, not to %q: %v", to, m.To, err)
	}
	return read, kept
}

// same fails when a mail has other headers than are expected, or one twice.
func same(t *testing.T, m *netmail.Message, want ...string) {
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Fatalf("%s is there %d times", name, len(values))
		}
	}
	got := slices.Sorted(maps.Keys(m.Header))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("the headers are %q, not %q", got, want)
	}
}

var plain = []string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Examcode-Category"}

// Whatever stands in a name, a subject or an address, a mail has the same headers
// and goes to the one address it is for; names and subjects read back.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"Li Na", "李娜", "a\r\nBcc: x@y.example", "a\nb", "\"Root\" <x@y.example>, z", "=?utf-8?q?=0D=0ABcc:_x?=", strings.Repeat("é", 300), "a\u2028b", "\\\"", "a\x00", "x@y.example"} {
		f.Add(s, s, "li@people.example", "body")
	}
	f.Add("Li", "S", "li@people.example, x@y.example", ".\r\nRCPT TO:<x@y.example>\r\n.")
	f.Add("Li", "S", "\"a b\"@people.example", "--boundary--")
	f.Fuzz(func(t *testing.T, name, subject, to, text string) {
		m := Message{To: to, ToName: name, Subject: subject, Text: text, MessageID: "1@programme.example", Category: "orders", At: at, Lang: "en"}
		read, kept := written(t, m)
		if read == nil {
			return
		}
		same(t, read, append(slices.Clone(plain), transfer(read)...)...)
		if kept.To != to || kept.MessageID != m.MessageID || kept.Category != "orders" || !kept.At.Equal(at) {
			t.Fatalf("reads back as %+v", kept)
		}
		if squeezed(kept.ToName) != squeezed(address(name, to).Name) || squeezed(kept.Subject) != squeezed(subject) {
			t.Fatalf("%q and %q read back as %q and %q", name, subject, kept.ToName, kept.Subject)
		}
	})
}

// transfer is the header that a mail of one part has besides.
func transfer(m *netmail.Message) []string {
	if m.Header.Get("Content-Transfer-Encoding") != "" {
		return []string{"Content-Transfer-Encoding"}
	}
	return nil
}

// squeezed is a text without its blanks, which folding may change.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// The program's own mails, with hostile names of people, companies and things in
// them: the same headers, one receiver, no mark-up of somebody else's.
func FuzzComposer(f *testing.F) {
	compose := Composer(ComposeConfig{BaseURL: base, Programme: "Programme", Now: func() time.Time { return at }})
	kinds := slices.Sorted(maps.Keys(exam.NoticeKinds))
	for i, s := range []string{"Li Na", "<script>alert(1)</script>", "a\r\nBcc: x@y.example", "{{.Link}}", "\" onload=\"x", "\u202e", "<a href=//x>"} {
		for k := range kinds {
			if k%7 == i {
				f.Add(s, "Li", uint8(k))
			}
		}
	}
	f.Fuzz(func(t *testing.T, hostile, name string, which uint8) {
		if utf8.RuneCountInString(hostile) > 200 || utf8.RuneCountInString(name) > 200 {
			return // no name and no place is longer
		}
		o := store.OwedMail{Email: "li@people.example", Name: name, Lang: []string{"en", "zh"}[which%2], Zone: "Asia/Shanghai", Account: hostile}
		o.Channel = exam.ByMail
		o.Notice = exam.Notice{ID: 1, Person: 2, Kind: kinds[int(which)%len(kinds)], Link: "/orders", Created: at, Data: exam.Data{}}
		for _, k := range []string{"number", "subject", "subject_en", "subject_zh", "account", "name", "by", "reason", "place", "note", "member", "email", "file", "holder", "programme"} {
			o.Notice.Data[k] = hostile
		}
		m := compose(o)
		m.MessageID = "1@programme.example"
		read, kept := written(t, m)
		if read == nil {
			t.Fatalf("%s cannot be sent with %q", o.Notice.Kind, hostile)
		}
		want := slices.Clone(plain)
		if m.ListUnsubscribe != "" {
			want = append(want, "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id")
		}
		same(t, read, append(want, transfer(read)...)...)
		ours(t, kept.HTML)
	})
}

// ours fails when a page holds an element or a link that our template has not.
func ours(t *testing.T, page string) {
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		if !slices.Contains([]string{"html", "head", "meta", "title", "style", "body", "main", "p", "h1", "a", "footer", "strong", "br"}, token.Data) {
			t.Fatalf("%s in %s", token, page)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && !strings.HasPrefix(a.Val, base+"/") {
				t.Fatalf("%s in %s", token, page)
			}
		}
	}
	if z.Err() != io.EOF {
		t.Fatal(z.Err())
	}
}

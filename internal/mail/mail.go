// Package mail delivers finished messages: over SMTP, or into an outbox folder
// where no mail may leave the machine. It refuses header injection and tells
// refusals that last from those worth another try.
//
// It does not decide who is written to, how often or in which words, and it
// does not remember what it sent: the caller holds what is owed and repeats
// with the same Message-ID.
package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail to one person.
type Message struct {
	To              string // the bare address
	ToName          string
	Subject         string
	Text            string // the plain part; always needed
	HTML            string // the HTML part; empty for none
	MessageID       string // "left@right", with or without angle brackets; the same for every try
	Category        string // our word for what it is about; a header for filters
	ListUnsubscribe string // an https link that stops such mails when it is posted to; empty for none
	ListID          string // "category.host" of mails that can be stopped; empty for none
	At              time.Time
	Lang            string // "en", "zh"
}

// Sender delivers a message. A nil error means that somebody else has taken
// responsibility for it. Any error may come after an unseen success, so a
// repeated message can arrive twice; receivers tell it by its Message-ID.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Line sends one message after the other. It is for one goroutine; its end must
// be told by Close.
type Line interface {
	Sender
	Close()
}

// Open readies a line for several messages. A sender that has no lines sends each
// message by itself.
func Open(ctx context.Context, s Sender) (Line, error) {
	if o, ok := s.(interface {
		Open(context.Context) (Line, error)
	}); ok {
		return o.Open(ctx)
	}
	return single{s}, nil
}

type single struct{ Sender }

func (single) Close() {}

// away marks an error that is not about the message: the server cannot be
// reached, does not let us in, or breaks off.
type away struct{ err error }

func (a away) Error() string { return a.err.Error() }
func (a away) Unwrap() error { return a.err }

// IsAway tells whether an error would meet every other message just as well.
func IsAway(err error) bool {
	var a away
	return errors.As(err, &a)
}

// permanent marks an error that no further try will mend.
type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// IsPermanent tells whether sending the same message again is pointless: it is
// malformed, or the receiver refused it for good.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

func malformed(format string, args ...any) error {
	return permanent{fmt.Errorf("mail: "+format, args...)}
}

var listID = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`)

var messageID = regexp.MustCompile(`^[!-;=?A-~]+@[!-;=?A-~]+$`)

// checkHeader refuses every character that could end a header line.
func checkHeader(name, value string) error {
	if !utf8.ValidString(value) {
		return malformed("%s is not UTF-8", name)
	}
	if len(value) > 2000 {
		return malformed("%s is too long", name)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
		return malformed("%s contains a control character", name)
	}
	return nil
}

func checkAddress(name, address string) error {
	if a, err := netmail.ParseAddress(address); err != nil || a.Address != address {
		return malformed("%s is not a bare address", name)
	}
	return nil
}

// id returns the Message-ID without brackets.
func (m Message) id() string {
	return strings.TrimSuffix(strings.TrimPrefix(m.MessageID, "<"), ">")
}

// Check refuses a message that cannot be sent by anybody; the error is permanent.
func (m Message) Check() error {
	for _, h := range [][2]string{
		{"To", m.To}, {"ToName", m.ToName}, {"Subject", m.Subject}, {"MessageID", m.MessageID},
		{"Category", m.Category}, {"ListUnsubscribe", m.ListUnsubscribe}, {"ListID", m.ListID}, {"Lang", m.Lang},
	} {
		if err := checkHeader(h[0], h[1]); err != nil {
			return err
		}
	}
	if err := checkAddress("To", m.To); err != nil {
		return err
	}
	if !messageID.MatchString(m.id()) || len(m.id()) > 250 {
		return malformed("MessageID has not the form left@right")
	}
	if l := m.ListUnsubscribe; l != "" && (strings.ContainsAny(l, "<> ,") ||
		!strings.HasPrefix(l, "https://") && !strings.HasPrefix(l, "http://") && !strings.HasPrefix(l, "mailto:")) {
		return malformed("ListUnsubscribe is not a link")
	}
	if l := m.ListID; l != "" && !listID.MatchString(l) {
		return malformed("ListID is not a name with dots")
	}
	if m.Subject == "" || m.Text == "" || m.At.IsZero() {
		return malformed("a message needs a subject, a plain text and a time")
	}
	return nil
}

// verbatim is a header text that reads back as it is. Encoders leave plain ASCII
// alone, and a name such as "=?utf-8?q?=0A?=" would be read as what it encodes.
func verbatim(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 { // in whole characters, a word each
		n := min(len(s), 42)
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(s[:n])) + "?=")
		s = s[n:]
	}
	return b.String()
}

// sender is whom the mails come from.
type sender struct{ from, name string }

func newSender(from, name string) (sender, error) {
	for _, err := range []error{checkHeader("From", from), checkHeader("FromName", name), checkAddress("From", from)} {
		if err != nil {
			return sender{}, err
		}
	}
	return sender{from, name}, nil
}

// address is an address with a name before it. The library writes a backslash
// beside a letter that is not ASCII as it is, where other programs then read no
// address: a wide one stands for it.
func address(name, to string) *netmail.Address {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		name = strings.ReplaceAll(name, `\`, "＼")
	}
	return &netmail.Address{Name: name, Address: to}
}

// compose builds the RFC 5322 form that every Sender delivers.
func (s sender) compose(m Message) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	// Not FromFormat and AddToFormat, which paste the name into a text and parse
	// that again: a quote in a name would end it.
	msg.FromMailAddress(address(s.name, s.from))
	msg.ToMailAddress(address(m.ToName, m.To))
	msg.Subject(verbatim(m.Subject))
	msg.SetMessageIDWithValue(m.id())
	msg.SetDateWithValue(m.At)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Lang != "" {
		msg.SetGenHeader("Content-Language", m.Lang)
	}
	if m.Category != "" {
		msg.SetGenHeader(categoryHeader, m.Category)
	}
	if m.ListUnsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+m.ListUnsubscribe+">")
		if strings.HasPrefix(m.ListUnsubscribe, "https://") { // RFC 8058
			msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		}
	}
	if m.ListID != "" {
		msg.SetGenHeader("List-Id", "<"+m.ListID+">")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

const categoryHeader = "X-Examcode-Category"

package mail

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/url"
	"strings"
	"time"
	"unicode"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/money"
	"examcode/internal/store"
)

// ComposeConfig is what every mail of the program has in common. All fields are
// needed.
type ComposeConfig struct {
	BaseURL   string // "https://…"; links begin with it
	Programme string // who sends
	Now       func() time.Time
}

//go:embed notice.html
var noticeHTML string

var noticeTemplate = template.Must(template.New("notice").Parse(noticeHTML))

// NoticeText is a notice in the locale's language: a title of one line and a
// body of one or more. Sessions and order ends are written in their own zones.
func NoticeText(l lang.Locale, n exam.Notice) (title, body string) {
	title, lines := words{l, n}.write()
	return title, strings.Join(lines, "\n")
}

// Composer returns the writer of owed mails: plain and HTML part in the
// receiver's language, with the one link that matters. It leaves MessageID to
// the sender of the promise. Mails that can be stopped say how, to people and in
// headers to their programs.
func Composer(cfg ComposeConfig) func(store.OwedMail) Message {
	base := strings.TrimRight(cfg.BaseURL, "/")
	return func(o store.OwedMail) Message {
		l := lang.Locale{Lang: lang.Match(o.Lang, ""), Zone: lang.Zone(o.Zone), Now: cfg.Now()}
		title, lines := words{l, o.Notice}.write()
		name, category := oneLine(o.Name), or(exam.NoticeKinds[o.Notice.Kind], "account")
		p := page{
			Lang: string(l.Lang), Title: oneLine(title), Hello: l.T("mail.hello", "name", or(name, o.Email)), Lines: lines,
			Programme: oneLine(cfg.Programme), Why: l.T("mail.why", "programme", oneLine(cfg.Programme), "email", o.Email),
		}
		if isLink(o.Notice.Kind) {
			p.Why = l.T("mail.why_"+string(o.Notice.Kind), "programme", oneLine(cfg.Programme), "email", o.Email)
		}
		if o.Channel == exam.ByLetter {
			p.Why = l.T("mail.why_letter", "programme", oneLine(cfg.Programme), "account", oneLine(o.Account), "email", o.Email)
		}
		if o.Notice.Link != "" {
			p.Link, p.Label = base+o.Notice.Link, l.T("notice."+string(o.Notice.Kind)+".link")
		}
		m := Message{To: o.Email, ToName: name, Subject: p.Title, Category: category, At: o.Notice.Created, Lang: p.Lang}
		if o.Stop != "" {
			p.Stop, p.StopLabel = base+o.Stop, l.T("mail.stop", "category", l.T("account.messages.category."+category))
			if o.Channel == exam.ByLetter {
				p.StopLabel = l.T("mail.stop_letter", "account", oneLine(o.Account))
			}
			m.ListUnsubscribe, m.ListID = p.Stop, category+"."+host(base)
		}
		m.Text, m.HTML = p.text(), p.html()
		return m
	}
}

// host is the name of the machine that people know us by.
func host(base string) string {
	u, err := url.Parse(base)
	if err != nil || !strings.Contains(u.Hostname(), ".") {
		return "examcode.local"
	}
	return u.Hostname()
}

// page is what both parts of a mail show.
type page struct {
	Lang, Title, Hello string
	Lines              []string
	Link, Label        string // empty for none
	Programme, Why     string
	Stop, StopLabel    string // empty when it cannot be stopped
}

func (p page) text() string {
	parts := append([]string{p.Hello, p.Title}, p.Lines...)
	if p.Link != "" {
		parts = append(parts, p.Label+"\n"+p.Link)
	}
	parts = append(parts, "--\n"+p.Programme+"\n"+p.Why)
	if p.Stop != "" {
		parts = append(parts, p.StopLabel+"\n"+p.Stop)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// html writes the HTML part. The template and the fields are ours, so that an
// error is a defect; the plain part then goes out alone.
func (p page) html() string {
	var b bytes.Buffer
	if err := noticeTemplate.Execute(&b, p); err != nil {
		return ""
	}
	return b.String()
}

// words writes one notice in one language.
type words struct {
	l lang.Locale
	n exam.Notice
}

func (w words) t(key string, pairs ...any) string {
	return w.l.T("notice."+string(w.n.Kind)+"."+key, pairs...)
}

func (w words) write() (title string, lines []string) {
	if isLink(w.n.Kind) {
		return w.link()
	}
	subject := exam.Names{EN: w.data("subject_en"), ZH: w.data("subject_zh")}.In(string(w.l.Lang))
	switch w.n.Kind {
	case exam.NoticeOrderPaid:
		return w.t("title", "number", w.data("number")), w.order(subject)
	case exam.NoticeRefundAsked, exam.NoticeRefundHeld, exam.NoticeRefundDone, exam.NoticeRefundRefused:
		return w.t("title", "number", w.data("number")), w.refund(subject)
	case exam.NoticeVerificationApproved:
		return w.t("title", "account", w.data("account")), []string{w.t("body")}
	case exam.NoticeMemberJoined, exam.NoticeRightsChanged, exam.NoticeMemberRemoved, exam.NoticePasswordChanged:
		return w.member()
	case exam.NoticeVerificationRejected:
		return w.t("title", "account", w.data("account")), append(w.rejection(), w.t("body"))
	case exam.NoticeExportReady:
		lines = []string{w.t("body", "n", int(w.number("rows")))}
		if until, ok := w.instant("kept"); ok {
			lines = append(lines, w.t("kept", "until", w.l.Instant(until, lang.Zone(w.data("zone")))))
		}
		return w.t("title", "what", w.exported()), lines
	case exam.NoticeExportFailed:
		return w.t("title", "what", w.exported()), []string{w.t("body")}
	}
	if w.n.Kind == exam.NoticeOrderEnding || w.n.Kind == exam.NoticeOrderEnded {
		return w.endings()
	}
	if text, mine := receiverWords[w.n.Kind]; mine {
		return text(w)
	}
	title = w.t("title", "subject", subject)
	switch w.n.Kind {
	case exam.NoticeRegistered:
		return title, []string{w.t("body"), w.t("next")}
	case exam.NoticeReserved:
		return title, append(w.session(), w.t("next"))
	case exam.NoticeRescheduled:
		lines = append([]string{w.t("body")}, w.session()...)
		return title, append(lines, w.l.T("notice.reserved.next"))
	case exam.NoticeReservationCancelled:
		lines = append([]string{w.t("body")}, w.session()...)
		return title, append(lines, w.t("next"))
	case exam.NoticeSessionCancelled:
		return title, w.seatLost()
	case exam.NoticeSeatsLost:
		return title, w.seatsLost()
	case exam.NoticeCorrected:
		return title, append([]string{w.t("body", "name", w.data("name"))}, w.session()...)
	case exam.NoticeUnbound:
		company := w.data("company")
		return title, []string{w.t("body", "company", company, "subject", subject), w.t("next", "company", company)}
	case exam.NoticeExpired:
		company := w.data("company")
		lines = []string{w.t("body", "company", company, "subject", subject), w.t("next", "company", company)}
		if end, ok := w.instant("expires_at"); ok {
			lines = append(lines, w.l.ValidThrough(end, lang.Zone(w.data("zone"))))
		}
		return title, lines
	case exam.NoticeSessionSoon:
		return title, append(w.session(), w.t("next"))
	}
	return title, append([]string{w.t("body")}, w.session()...)
}

// exported names what an export lists.
func (w words) exported() string {
	if w.data("kind") == string(exam.ExportExaminees) {
		return w.l.T("export.kind.examinees")
	}
	return w.l.T("export.kind.codes")
}

// order says what was bought, for how much and until when.
func (w words) order(subject string) []string {
	codes := "codes"
	if issued := w.number("issued"); 0 < issued && issued < w.number("quantity") { // when it was paid
		codes = "issuing"
	}
	lines := []string{
		w.t(codes, "n", int(w.number("quantity")), "subject", subject),
		w.t("total", "total", money.Amount{Minor: w.number("minor"), Currency: w.data("currency")}),
	}
	if end, ok := w.instant("expires_at"); ok {
		lines = append(lines, w.l.ValidThrough(end, lang.Zone(w.data("zone"))))
	}
	return append(lines, w.t("ends"))
}

// refund says what became of a refund, and of its codes.
func (w words) refund(subject string) (lines []string) {
	codes := "notice.refund.codes"
	switch w.n.Kind {
	case exam.NoticeRefundDone:
		codes = "notice.refund_done.codes"
	case exam.NoticeRefundRefused:
		codes = "notice.refund_refused.codes"
		switch note := w.data("note"); w.data("detail") {
		case exam.RefundDeclined:
			lines = append(lines, w.t("declined", "note", note))
		case exam.RefundNotSent:
			lines = append(lines, w.t("not_sent", "note", note))
		default:
			lines = append(lines, w.t("body"))
		}
	}
	return append(lines, w.l.T(codes, "n", int(w.number("count")), "subject", subject),
		w.l.T("notice.refund.amount", "total", money.Amount{Minor: w.number("minor"), Currency: w.data("currency")}),
		w.l.T("notice.refund.reference", "reference", w.data("reference")), w.t("next"))
}

// rejection says why a verification was sent back: the reason's words, and what
// the reviewer wrote besides, which may have several lines.
func (w words) rejection() (lines []string) {
	note, _ := w.n.Data["note"].(string)
	note = strings.TrimSpace(note)
	if reason := w.data("reason"); reason != "other" || note == "" {
		lines = append(lines, w.t("reason", "reason", w.l.T("reject."+reason)))
	}
	for i, part := range strings.FieldsFunc(note, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if part = oneLine(part); i == 0 {
			part = w.t("note", "note", part)
		}
		lines = append(lines, part)
	}
	return lines
}

// session says when and, unless it is online, where.
func (w words) session() (lines []string) {
	if at, ok := w.instant("starts_at"); ok {
		lines = append(lines, w.l.T("notice.session", "at", w.l.SessionTime(at, int(w.number("minutes")), lang.Zone(w.data("zone")))))
	}
	if place := w.data("place"); place != "" {
		lines = append(lines, w.l.T("notice.place", "place", place))
	}
	return lines
}

// data is a text of the notice, on one line.
func (w words) data(name string) string {
	s, _ := w.n.Data[name].(string)
	return oneLine(s)
}

// number is a whole number of the notice, as it was made or as JSON gave it back.
func (w words) number(name string) int64 {
	switch v := w.n.Data[name].(type) {
	case int:
		return int64(v)
	case int64:
		return v
	case float64:
		return int64(v)
	case json.Number:
		n, _ := v.Int64()
		return n
	}
	return 0
}

func (w words) instant(name string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, w.data(name))
	return t, err == nil
}

// oneLine makes one line of what people typed: header values and sentences of ours
// must not be broken by it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

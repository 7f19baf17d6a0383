package mail_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/mail"
	"examcode/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noticed = time.Date(2026, 11, 21, 8, 4, 0, 0, time.UTC)

// facts are what the notices carry, as JSON gives them back.
var facts = func() map[exam.NoticeKind]exam.Data {
	subject := exam.Data{"subject_en": "Cloud Associate", "subject_zh": "云计算工程师"}
	at := exam.Data{"starts_at": "2027-01-14T01:00:00Z", "minutes": 90.0, "zone": "Asia/Shanghai", "place": "Hall 2"}
	with := func(more ...exam.Data) exam.Data {
		d := maps.Clone(subject)
		for _, m := range more {
			maps.Copy(d, m)
		}
		return d
	}
	ends := func(orders int) exam.Data { // names the first two, as it does the first twenty
		lines := []any{}
		for i := range min(orders, 2) {
			lines = append(lines, map[string]any{"number": "EC-261121-7QF2" + string(rune('K'+i)), "subject_en": "Cloud Associate", "subject_zh": "云计算工程师",
				"unused": 40.0, "bound": 3.0, "expires_at": "2027-01-20T16:00:00Z", "zone": "Asia/Shanghai", "days": 60.0})
		}
		return exam.Data{"orders": float64(orders), "unused": 1240.0, "bound": 3.0, "lines": lines}
	}
	refund := with(exam.Data{"number": "EC-261121-7QF2K", "count": 38.0, "minor": 456000.0, "currency": "USD", "reference": "ref_0000000000001", "detail": "", "note": ""})
	return map[exam.NoticeKind]exam.Data{
		exam.NoticeRefundAsked: refund, exam.NoticeRefundHeld: refund, exam.NoticeRefundDone: refund, exam.NoticeRefundRefused: refund,
		exam.NoticeOrderPaid: with(exam.Data{"number": "EC-261121-7QF2K", "quantity": 1200.0, "minor": 14400000.0, "currency": "USD",
			"expires_at": "2027-11-22T16:00:00Z", "zone": "Asia/Shanghai"}),
		exam.NoticeVerificationApproved: {"account": "Xinghe", "reason": "", "note": ""},
		exam.NoticeVerificationRejected: {"account": "Xinghe", "reason": "unreadable", "note": "Page 2 is dark.\r\nSend it again."},
		exam.NoticeRegistered:           with(),
		exam.NoticeReserved:             with(at),
		exam.NoticeRescheduled:          with(at),
		exam.NoticeReservationCancelled: with(at),
		exam.NoticeUnbound:              with(exam.Data{"company": "Xinghe"}),
		exam.NoticeResult:               with(at),
		exam.NoticeReturned:             with(at),
		exam.NoticeExportReady:          {"kind": "codes", "rows": 412.0, "kept": "2027-01-21T01:00:00Z", "zone": "Asia/Shanghai", "reason": ""},
		exam.NoticeExportFailed:         {"kind": "examinees", "rows": 0.0, "kept": "0001-01-01T00:00:00Z", "zone": "Asia/Shanghai", "reason": "export_failed"},
		exam.NoticeOrderEnding:          ends(1),
		exam.NoticeOrderEnded:           ends(23),
		exam.NoticeExpired:              with(exam.Data{"company": "Xinghe", "expires_at": "2026-11-20T16:00:00Z", "zone": "Asia/Shanghai"}),
		exam.NoticeSessionSoon:          with(at),
		exam.NoticeSessionCancelled:     with(at, exam.Data{"why": "The hall is flooded.", "fate": "wait", "company": "Xinghe", "ends_at": "2027-01-31T16:00:00Z", "end_zone": "Asia/Shanghai"}),
		exam.NoticeSeatsLost:            with(at, exam.Data{"why": "The hall is flooded.", "people": 3.0, "wait": 1.0, "ended": 2.0}),
		exam.NoticeResultCorrected:      with(at),
		exam.NoticeCorrected:            with(at, exam.Data{"name": "Li Na"}),
		exam.NoticeMemberJoined:         {"account": "Xinghe", "name": "Wang Fang", "email": "wang@xinghe.example", "rights": "view buy"},
		exam.NoticeRightsChanged:        {"account": "Xinghe", "name": "Wang Fang", "email": "wang@xinghe.example", "rights": ""},
		exam.NoticeMemberRemoved:        {"account": "Xinghe", "name": "Wang Fang", "email": "wang@xinghe.example", "rights": "view"},
		exam.NoticePasswordChanged:      {"account": "Xinghe", "name": "Wang Fang", "email": "wang@xinghe.example", "rights": "view"},
		exam.NoticeReceiversChanged:     {"account": "Xinghe", "who": "Chen Yu", "what": "added", "receiver": "finance@example.org", "categories": "orders expiry"},
		exam.NoticeReceiverConfirm:      {"account": "Xinghe", "categories": "orders"},
		exam.NoticeReceiverRemoved:      {"account": "Xinghe", "categories": "orders"},
	}
}()

func owed(kind exam.NoticeKind, l string) store.OwedMail {
	return store.OwedMail{Email: "li.na@example.org", Name: "Li Na", Lang: l, Zone: "Europe/Berlin",
		Notice: exam.Notice{Kind: kind, Link: "/things/1", Created: noticed, Data: maps.Clone(facts[kind])}}
}

var compose = mail.Composer(mail.ComposeConfig{BaseURL: "https://exams.example.org/", Programme: "Exam Office", Now: func() time.Time { return noticed }})

func sendable(t *testing.T, m mail.Message) {
	t.Helper()
	m.MessageID = "owe_1@examcode"
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	for _, part := range []string{m.Subject, m.Text, m.HTML} {
		if part == "" || strings.Contains(part, "⟦") || strings.Contains(part, "<no value>") || strings.Contains(part, "%!") {
			t.Errorf("not written: %q", part)
		}
	}
}

func TestEveryNoticeIsWritten(t *testing.T) {
	defer lang.ReportMissing(func(l lang.Lang, key string) { t.Errorf("%s: %s is missing", l, key) })()
	for kind, category := range exam.NoticeKinds {
		subjects := map[string]bool{}
		for _, l := range []string{"en", "zh"} {
			t.Run(string(kind)+"."+l, func(t *testing.T) {
				if facts[kind] == nil {
					t.Fatal("no facts to write about")
				}
				m := compose(owed(kind, l))
				sendable(t, m)
				subjects[m.Subject] = true
				if m.Category != category || m.Lang != l || m.ListUnsubscribe != "" || !m.At.Equal(noticed) || m.ToName != "Li Na" {
					t.Errorf("%+v", m)
				}
				for _, part := range []string{m.Text, m.HTML} {
					if n := strings.Count(part, "https://"); n != 1 && n != 2 { // the address, and in HTML the anchor
						t.Errorf("%d links in %s", n, part)
					}
					if !strings.Contains(part, "https://exams.example.org/things/1") || !strings.Contains(part, "Li Na") || !strings.Contains(part, "Exam Office") {
						t.Errorf("link, name or programme is missing in %s", part)
					}
				}
				title, body := mail.NoticeText(lang.Locale{Lang: lang.Lang(l), Now: noticed}, owed(kind, l).Notice)
				if title != m.Subject {
					t.Errorf("the message centre says %q, the mail %q", title, m.Subject)
				}
				for _, line := range strings.Split(body, "\n") {
					if line == "" || !strings.Contains(m.Text, line) {
						t.Errorf("%q of the message centre is not in the mail", line)
					}
				}
			})
		}
		if len(subjects) != 2 {
			t.Errorf("%s reads the same in both languages: %v", kind, slices.Collect(maps.Keys(subjects)))
		}
	}
}

func TestNoticesAsWritten(t *testing.T) {
	for _, kind := range []exam.NoticeKind{exam.NoticeOrderPaid, exam.NoticeReserved, exam.NoticeOrderEnding, exam.NoticeOrderEnded} {
		for _, l := range []string{"en", "zh"} {
			m := compose(owed(kind, l))
			for ending, got := range map[string]string{"txt": m.Subject + "\n\n" + m.Text, "html": m.HTML} {
				file := filepath.Join("testdata", string(kind)+"."+l+"."+ending)
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), got); d != "" {
					t.Errorf("%s: %s", file, d)
				}
			}
		}
	}
}

// What people typed stays text, on its line, and out of the header.
func TestNoticesAreNotBrokenByNames(t *testing.T) {
	const hostile = "A\r\nBcc: eve@example.org\u2028<b onload=\"x\">&amp;</b> {{.x}} \xff"
	for kind, data := range facts {
		for _, l := range []string{"en", "zh"} {
			o := owed(kind, l)
			o.Name = hostile
			for name := range data {
				if _, text := data[name].(string); text && name != "starts_at" && name != "expires_at" && name != "zone" && name != "currency" && name != "reason" && name != "what" && name != "categories" {
					o.Notice.Data[name] = hostile
				}
			}
			m := mail.Composer(mail.ComposeConfig{BaseURL: "https://exams.example.org", Programme: hostile, Now: func() time.Time { return noticed }})(o)
			sendable(t, m)
			if strings.ContainsAny(m.Subject+m.ToName, "\r\n\u2028") {
				t.Errorf("%s: subject %q, name %q", kind, m.Subject, m.ToName)
			}
			if strings.Contains(m.HTML, "<b ") || !strings.Contains(m.HTML, "&lt;b onload") {
				t.Errorf("%s: mark-up of a name is alive in %s", kind, m.HTML)
			}
			for _, line := range strings.Split(m.Text, "\n") {
				if strings.HasPrefix(line, "Bcc:") && kind != exam.NoticeVerificationRejected { // a note has lines of its own
					t.Errorf("%s: a name broke a line in %s", kind, m.Text)
				}
			}
			dir := t.TempDir()
			box, err := mail.NewOutbox(dir, "office@example.org", "Exam Office")
			if err != nil {
				t.Fatal(err)
			}
			m.MessageID = "owe_1@examcode"
			if err := box.Send(t.Context(), m); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
			raw, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
			if bytes.Contains(head, []byte("\nBcc:")) {
				t.Errorf("%s: a header was added: %s", kind, head)
			}
		}
	}
}

func TestNoticeOfARejection(t *testing.T) {
	write := func(reason, note string) string {
		_, body := mail.NoticeText(lang.Locale{Lang: lang.EN, Now: noticed}, exam.Notice{Kind: exam.NoticeVerificationRejected,
			Data: exam.Data{"account": "Xinghe", "reason": reason, "note": note}})
		return body
	}
	seen := map[string]bool{}
	for _, reason := range exam.RejectReasons {
		first, _, _ := strings.Cut(write(reason, ""), "\n")
		if !strings.HasPrefix(first, "Reason: ") || seen[first] {
			t.Errorf("%s: %q", reason, first)
		}
		seen[first] = true
	}
	if got := write("other", "Line 1\n\nLine 2"); !strings.HasPrefix(got, "Note of the reviewer: Line 1\nLine 2\n") {
		t.Errorf("with other, the note alone is the reason: %q", got)
	}
}

// A language nobody offers, or none, is English; so is the outcome's secrecy
// independent of it.
func TestNoticeLanguageAndSecrecy(t *testing.T) {
	for _, l := range []string{"", "xx", "en"} {
		if m := compose(owed(exam.NoticeResult, l)); m.Lang != "en" || !strings.HasPrefix(m.Text, "Hello Li Na,") {
			t.Errorf("%q: %s", l, m.Text)
		}
	}
	for _, l := range lang.All {
		o := owed(exam.NoticeResult, string(l))
		o.Notice.Data["outcome"], o.Notice.Data["score"] = "failed", 417.0
		m := compose(o)
		word := lang.Locale{Lang: l}.State("result", "failed")
		if all := m.Subject + m.Text + m.HTML; strings.Contains(all, word) || strings.Contains(all, "417") {
			t.Errorf("%s tells the outcome: %s", l, all)
		}
	}
}

// What is still being issued is not said to be there.
func TestTheNoticeOfALargeOrder(t *testing.T) {
	for issued, words := range map[float64][2]string{
		1000: {"are being issued", "正在发放"},
		1200: {"are ready to be handed out", "已可分发"},
	} {
		for i, l := range []string{"en", "zh"} {
			m := owed(exam.NoticeOrderPaid, l)
			m.Notice.Data["issued"] = issued
			if text := compose(m).Text; !strings.Contains(text, words[i]) {
				t.Errorf("%v of 1200 issued, and it says %q", issued, text)
			}
		}
	}
}

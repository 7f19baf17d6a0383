package examinee

import (
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/web/view"
)

// calendar answers with the reserved session as a calendar file (RFC 5545).
func (c console) calendar(w http.ResponseWriter, r *http.Request) error {
	g, err := c.registration(r)
	if err != nil {
		return err
	}
	if g.Shown != string(exam.SeatReserved) {
		return fault.ErrNotFound
	}
	s := *g.Session
	lines := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//examcode//sessions//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "BEGIN:VEVENT",
		"UID:" + g.ID.String() + "@examcode", "DTSTAMP:" + instant(g.Reserved), "SEQUENCE:" + g.version(),
		"DTSTART:" + instant(s.Starts), "DTEND:" + instant(s.Ends()),
		"SUMMARY:" + escaped(view.T(r.Context(), "examinee.calendar.title", "subject", g.Title)),
		"LOCATION:" + escaped(where(r.Context(), s)),
		"DESCRIPTION:" + escaped(view.T(r.Context(), "examinee.calendar.about", "programme", c.Programme, "reference", g.ID.String())),
		"URL:" + c.BaseURL + g.Path(""), "END:VEVENT", "END:VCALENDAR"}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(folded(l))
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="exam-session.ics"`)
	_, err = w.Write([]byte(b.String()))
	return err
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escaped is a text as a calendar's value.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(s)
}

// folded is a content line in pieces of at most 75 bytes, each further one
// behind a space; no character is cut.
func folded(line string) string {
	var b strings.Builder
	for room := 75; len(line) > room; room = 74 {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	return b.String() + line + "\r\n"
}

package operator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
)

func TestReadTime(t *testing.T) {
	shanghai, berlin := lang.Zone("Asia/Shanghai"), lang.Zone("Europe/Berlin")
	want := time.Date(2027, 1, 14, 1, 0, 0, 0, time.UTC)
	for _, text := range []string{"2027-01-14T09:00", "2027-01-14T09:00:00", "2027-01-14 09:00", "2027-1-14 9:00", "14 Jan 2027 09:00", "14 Jan 2027, 09:00", " 14  January 2027   9:00 ",
		"Thu 14 Jan 2027, 09:00", "Thursday, 14 Jan 2027 09:00", "Jan 14, 2027 09:00", "2027年1月14日 09:00", "2027年1月14日09:00", "2027年 1月 14日 周四 9:00", "２０２７年１月１４日　０９：００", "14 JAN 2027 09:00"} {
		if got, err := readTime(text, shanghai); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "tomorrow", "05/02/2027 09:00", "14.01.2027 09:00", "14 Jan 2027", "2027-02-30 09:00", "2027-01-14T25:00", "09:00", "14 Jan 27 09:00"} {
		if got, err := readTime(text, shanghai); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	if got, err := readTime("2027-03-28T02:30", berlin); err == nil {
		t.Errorf("an hour that does not exist was read as %v", got)
	}
	if _, err := readTime("2027-10-31T02:30", berlin); err != nil {
		t.Errorf("an hour that exists twice: %v", err)
	}
}

func TestZonesAreKnown(t *testing.T) {
	for _, z := range zones {
		if !exam.KnownZone(z) {
			t.Errorf("%s is not known", z)
		}
	}
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, s := w.as(exam.Results), w.Subject()
		other := w.Subject(func(s *exam.Subject) { s.Name = exam.Names{EN: "Data Engineer", ZH: "数据工程师"} })
		good := func(change ...string) []string {
			f := []string{"subject_id", s.ID.String(), "exam_type", "test_center", "starts_at", "14 Jan 2027 09:00", "zone", "Asia/Shanghai", "duration_minutes", "90", "place", "Pudong 1", "seats", "20"}
			for i := 0; i+1 < len(change); i += 2 {
				for j := range f {
					if j%2 == 0 && f[j] == change[i] {
						f[j+1] = change[i+1]
					}
				}
			}
			return f
		}
		for field, c := range map[string][]string{
			"subject_id": good("subject_id", ""), "starts_at": good("starts_at", "05/02/2027 09:00"), "duration_minutes": good("duration_minutes", "long"),
			"place": good("place", " "), "seats": good("seats", "0"), "zone": good("zone", "Mars/Base"), "exam_type": good("exam_type", ""),
		} {
			b.Post("/operator/sessions", c...).Is(422, "There is a problem").Has(`href="#f-` + field + `"`)
		}
		b.Post("/operator/sessions", good("starts_at", "14 Jan 2020 09:00")...).Is(422, "There is a problem").Has(`type="text" value="14 Jan 2020 09:00"`)
		// A time that cannot be read does not hide what else is wrong.
		b.Post("/operator/sessions", good("starts_at", "soon", "seats", "none", "place", "")...).Is(422).Has(`href="#f-starts_at"`, `href="#f-seats"`, `href="#f-place"`, `value="soon"`)
		b.Post("/operator/sessions", good("starts_at", "soon", "subject_id", "")...).Is(422).Has(`href="#f-starts_at"`, `href="#f-subject_id"`)

		to := b.Post("/operator/sessions", good()...).Leads()
		b.Get(to).Is(200, "The session on Thu 14 Jan 2027, 09:00–10:30 (UTC+8) can be reserved now.", "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "Pudong 1", "0 of 20 taken", "Nobody holds a seat in this session.").Without("Record results")
		b.In(lang.ZH).Get(to).Is(200, "2027年1月14日 周四 09:00–10:30（UTC+8）", "已预约 0，共 20")
		id := strings.TrimPrefix(to, "/operator/sessions/")
		b.Get("/operator/sessions/new?like="+id).Is(200, "Add a session").Has(`type="datetime-local" value="2027-01-14T09:00"`, `value="Asia/Shanghai" selected`, `value="Pudong 1"`, `value="`+s.ID.String()+`" selected`)
		b.Post("/operator/sessions", good("starts_at", "2027-01-15T09:00", "zone", "Asia/Kathmandu", "subject_id", other.ID.String(), "exam_type", "online", "place", "")...).Leads()

		b.Get("/operator/sessions").Is(200, "Pudong 1", "Data Engineer", "(UTC+5:45)", "0 of 20 taken")
		b.Get("/operator/sessions?subject_id="+s.ID.String()).Is(200, "Subject: Cloud Associate", "Pudong 1").Without("(UTC+5:45)")
		b.Get("/operator/sessions?exam_type=online").Is(200, "Exam type: Online proctored", "(UTC+5:45)").Without("Pudong 1")
		b.Get("/operator/sessions?exam_type=online&subject_id="+s.ID.String()).Is(200, "No sessions match these filters.")
		b.Get("/operator/sessions?when=past").Is(200, "No session has begun yet.")
	})
}

// The list continues behind a session, without gaps or repeats.
func TestSessionsByPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Subject()
		for i := range sessionRows + 3 {
			w.Session(s, time.Duration(i+1)*time.Hour, 10+i)
		}
		b := w.as(exam.Results)
		first := b.Get("/operator/sessions").Is(200, "0 of 10 taken", fmt.Sprintf("0 of %d taken", 10+sessionRows-1), "Older")
		first.Without(fmt.Sprintf("0 of %d taken", 10+sessionRows))
		_, link, _ := strings.Cut(first.Body, `href="/operator/sessions?after=`)
		id, _, _ := strings.Cut(link, `"`)
		b.Get("/operator/sessions?after="+id).Is(200, fmt.Sprintf("0 of %d taken", 10+sessionRows), "Back to start").Without("0 of 10 taken", "Older")
		b.Get("/operator/sessions?after=ses_nonsense").Is(200, "0 of 10 taken")
		w.after(3*time.Hour + time.Minute)
		b.Get("/operator/sessions?when=past").Is(200, "0 of 10 taken", "0 of 12 taken", "Results missing").Without("0 of 13 taken")
	})
}

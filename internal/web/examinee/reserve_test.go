package examinee

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/web/webtest"
)

func TestS17_ChoosingASession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		codes := w.codes(w.cloud, 2)
		g, h := w.register(li, codes[0]), w.register(wang, codes[1])
		b := w.As(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.Get(path+"/sessions").Is(200, "No session with a free seat is open", "Valid through", "21 Nov 2027 (UTC+8)")

		end := time.Date(2027, time.November, 21, 16, 0, 0, 0, time.UTC)
		near := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		full := w.session(time.Date(2027, time.January, 14, 6, 0, 0, 0, time.UTC), 1)
		last := w.session(end.Add(-time.Minute), 5)
		atEnd := w.session(end, 5)
		w.session(end.Add(time.Hour), 5)
		far := w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: time.Date(2027, time.February, 1, 15, 30, 0, 0, time.UTC), Duration: 90 * time.Minute, Zone: "Europe/Berlin", Place: "Saal <2>", Seats: 1})
		online := w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.Online, Starts: near.Starts, Duration: time.Hour, Zone: "UTC", Seats: 9})
		w.reserve(wang, h, full)

		list := b.Get(path+"/sessions").Is(200, "Thursday, 14 Jan 2027 (UTC+8)", "09:00–10:30, Hall 1", "2 seats left", "1 seat left", "Full sessions", "Thu 14 Jan 2027, 14:00–15:30 (UTC+8)",
			"2 later sessions are hidden: your code ends on 21 Nov 2027 (UTC+8)", "Monday, 1 Feb 2027 (UTC+1)", "16:30–18:00, Saal <2>", "In your zone: Mon 1 Feb 2027, 23:30 – Tue 2 Feb 2027, 01:00 (UTC+8)").
			Has(last.ID.String()).Without(atEnd.ID.String(), online.ID.String(), `value="`+full.ID.String()).Lacks("Saal <2>")
		if n := strings.Count(list.Body, `type="radio"`); n != 3 {
			t.Errorf("%d sessions can be chosen", n)
		}
		if strings.Index(list.Body, near.ID.String()) > strings.Index(list.Body, far.ID.String()) {
			t.Error("the sessions are not in order")
		}

		// Nothing chosen, or something that cannot be.
		for id, words := range map[string]string{"": "This session was not found", "ses_nonsense": "This session was not found", atEnd.ID.String(): "does not start before your code ends",
			online.ID.String(): "of another exam type", full.ID.String(): "No seat is left"} {
			b.Get(path+"/reserve?session_id="+id).Is(422, words).Has(`href="#f-session_id"`, `id="f-session_id"`, "<title>Error: Choose a session")
			b.Post(path+"/reserve", "session_id", id, "version", "1").Is(422, words)
		}
		b.Get(path+"/reserve?session_id="+full.ID.String()).Is(422, "This was your choice")

		b.Get(path+"/reserve?session_id="+near.ID.String()).Is(200, "Reserve Thu 14 Jan 2027, 09:00–10:30 (UTC+8)?", "until 13 Jan 2027, 09:00 (UTC+8)", "the result is No-show",
			"Bring the document", "Xinghe Technology sees the date", "Reserve this session").Has(`name="version" value="1"`)
		if w.row(li, g.ID).State != exam.Registered {
			t.Error("looking took a seat")
		}
		b.Post(path+"/reserve", "session_id", near.ID.String(), "version", "1").Goes(path + "/reserved")
		b.Get(path+"/reserved").Is(200, "Your session is reserved", "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "Hall 1", "li.na@example.com", "until 13 Jan 2027, 09:00 (UTC+8)", "Reserved")
		b.Post(path+"/reserve", "session_id", near.ID.String(), "version", "1").Goes(path + "/reserved")
		b.Get(path + "/registered").Goes(path)
		b.Get("/examinee/").Is(200, "Next: Cloud Associate", "Your session is on Thu 14 Jan 2027", "Reserved")
		b.Get(path).Is(200, "Reschedule", "Cancel reservation", "Li Na reserved the session on 14 Jan 2027", "Can be changed until")

		// The seat that was chosen is gone when the form is sent.
		zhao := w.examinee("Zhao Lei", "zhao@example.com")
		k := w.register(zhao, w.codes(w.cloud, 1)[0])
		p := "/examinee/registrations/" + k.ID.String()
		z := w.As(zhao)
		z.Get(p+"/reserve?session_id="+far.ID.String()).Is(200, "Reserve this session")
		w.reserve(wang, h, far)
		z.Post(p+"/reserve", "session_id", far.ID.String(), "version", "1").Is(422, "No seat is left", "This was your choice")
		if w.row(zhao, k.ID).State != exam.Registered {
			t.Error("a full session was reserved")
		}
	})
}

func TestManySessionsAreNarrowed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		for i := range 12 {
			w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: time.Date(2027, time.January, 10+3*i, 1, 0, 0, 0, time.UTC), Duration: time.Hour, Zone: "Asia/Shanghai", Place: fmt.Sprint("Hall ", i%2), Seats: 3})
		}
		b := w.As(li)
		path := "/examinee/registrations/" + g.ID.String() + "/sessions"
		radios := func(a webtest.Answer) int { return strings.Count(a.Body, `type="radio"`) }
		if n := radios(b.Get(path).Is(200, "All months", "January 2027", "Hall 1")); n != 12 {
			t.Errorf("%d of 12 sessions", n)
		}
		if n := radios(b.Get(path+"?month=2027-02").Is(200, "Filters (1)").Has(`value="2027-02" selected`)); n != 4 {
			t.Errorf("%d of 4 sessions in February", n)
		}
		if n := radios(b.Get(path+"?month=2027-02&place=Hall+1").Is(200, "Filters (2)")); n != 2 {
			t.Errorf("%d of 2 sessions in February in hall 1", n)
		}
		b.Get(path+"?month=2027-06").Is(200, "No session fits these filters")
		b.Get(path+"?place=Nowhere").Is(200, "No session fits these filters", "Nowhere")
		if n := radios(b.Get(path + "?month=nonsense").Is(200)); n != 12 {
			t.Errorf("%d of 12 sessions", n)
		}
	})
}

func TestReschedulingAndCancelling(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		from := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		to := w.session(time.Date(2027, time.January, 21, 1, 0, 0, 0, time.UTC), 1)
		w.reserve(li, g, from)
		b := w.As(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.Get(path+"/sessions").Is(200, "Choose another session", "Your session now", "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "21 Jan 2027").Without(`value="` + from.ID.String())
		b.Get(path + "/reserve?session_id=" + from.ID.String()).Goes(path + "/reserved")
		b.Get(path+"/reserve?session_id="+to.ID.String()).Is(200, "Reschedule to Thu 21 Jan 2027", "From", "To", "kept until the new one is sure", "Reschedule to this session").Has(`name="version" value="2"`)

		// Looked at before something else changed: nothing is done, the facts are shown.
		b.Post(path+"/reserve", "session_id", to.ID.String(), "version", "1").Is(409, "This changed while you were reading: your session is now Thu 14 Jan 2027", "Nothing was done", "Reschedule to this session")
		if s := w.row(li, g.ID); s.Session.ID != from.ID {
			t.Error("a stale form moved the session")
		}
		b.Post(path+"/reserve", "session_id", to.ID.String(), "version", "2").Goes(path + "/reserved")
		b.Get(path+"/reserved").Is(200, "Thu 21 Jan 2027")
		b.Get(path).Is(200, "moved from the session on 14 Jan 2027")

		b.Get(path+"/cancel").Is(200, "Cancel your reservation for Thu 21 Jan 2027, 09:00–10:30 (UTC+8)?", "You stay registered; your code is Bound again", "The seat is offered to others at once",
			"before 22 Nov 2027, 00:00 (UTC+8)", "Xinghe Technology sees the change", "Keep my reservation").Has(`name="version" value="3"`)
		b.Post(path+"/cancel", "version", "2").Is(409, "This changed while you were reading", "Nothing was done")
		if w.row(li, g.ID).State != exam.SeatReserved {
			t.Error("a stale form cancelled")
		}
		b.Post(path+"/cancel", "version", "3").Goes(path)
		b.Get(path).Is(200, "Your reservation for Thu 21 Jan 2027", "You are still registered", "Registered", "cancelled the reservation")
		b.Post(path+"/cancel", "version", "3").Goes(path)
		b.Post(path+"/cancel", "version", "1").Is(409, "No session is reserved")
		b.Get(path+"/cancel").Is(409, "No session is reserved", "Back to the registration")
		b.Get(path + "/reserved").Goes(path)
	})
}

func TestAfterTheCutoff(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		at := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		other := w.session(time.Date(2027, time.January, 21, 1, 0, 0, 0, time.UTC), 1)
		w.reserve(li, g, at)
		path := "/examinee/registrations/" + g.ID.String()
		const late = "possible until 13 Jan 2027, 09:00 (UTC+8)"

		w.Clock.Set(at.Starts.Add(-24*time.Hour - time.Second))
		b := w.As(li)
		b.Get(path+"/cancel").Is(200, "Cancel reservation")
		w.Clock.Set(at.Starts.Add(-24 * time.Hour))
		b = w.As(li)
		for _, p := range []string{"/cancel", "/sessions", "/reserve?session_id=" + other.ID.String()} {
			b.Get(path+p).Is(409, late, "the code counts as used, result No-show", "Back to the registration").Without("btn-danger")
		}
		b.Post(path+"/cancel", "version", "2").Is(409, late)
		b.Post(path+"/reserve", "session_id", other.ID.String(), "version", "2").Is(409, late)
		b.Get(path).Is(200, late).Without(path+"/cancel", path+"/sessions")
		if w.row(li, g.ID).Session.ID != at.ID {
			t.Error("changed after the cut-off")
		}

		// A seat taken so late cannot be changed, which is said before.
		wang := w.examinee("Wang Fang", "wang@example.com")
		h := w.register(wang, w.codes(w.cloud, 1)[0])
		w.As(wang).Get("/examinee/registrations/"+h.ID.String()+"/reserve?session_id="+at.ID.String()).Is(200, "It cannot be changed or cancelled any more: that was possible until 13 Jan 2027")
	})
}

func TestS16_AfterTheOrdersEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		w.Clock.Set(g.Expires)
		s := w.session(w.Clock.Now().Add(48*time.Hour), 5)
		b := w.As(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.Get(path).Is(200, "Cancelled", "The code's validity ended").Without(path + "/sessions")
		b.Get(path+"/sessions").Is(409, "The validity of the order has ended")
		b.Get(path + "/reserve?session_id=" + s.ID.String()).Is(409)
		b.Post(path+"/reserve", "session_id", s.ID.String(), "version", "1").Is(409, "The validity of the order has ended")
		b.Get("/examinee/").Is(200, "Cancelled").Without("Next: choose")
		b.Get(path + "/registered").Goes(path)
	})
}

func TestResults(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		score := func(n int) *int { return &n }
		b := w.As(li)
		b.Get("/examinee/results").Is(200, "No results yet")
		for i, c := range []struct {
			outcome exam.Outcome
			score   *int
			words   []string
		}{
			{exam.Failed, score(580), []string{"You have not passed this time", "580", "Pass mark: 600", "register with another code", "First attempt"}},
			{exam.Absent, nil, []string{"recorded as No-show", "register with another code", "Retake"}},
			{exam.Passed, score(712), []string{"You have passed", "712", "Retake", "You, Xinghe Technology and the programme"}},
		} {
			g := w.register(li, w.codes(w.cloud, 1)[0])
			path := "/examinee/registrations/" + g.ID.String()
			b = w.As(li)
			b.Get(path+"/result").Is(409, "There is a result only when the code is Completed")
			s := w.session(w.Clock.Now().Add(48*time.Hour), 2)
			w.reserve(li, g, s)
			b.Get(path + "/result").Is(409)
			w.Clock.Set(s.Ends())
			b = w.As(li)
			b.Get(path+"/result").Is(200, "The result is not here yet", "Awaiting result")
			b.Get(path).Is(200, "Awaiting result", "The result is not here yet")
			b.Get("/examinee/results").Is(200, "Awaiting result")
			out, err := w.Actions.RecordResults(context.Background(), w.Admin, []exam.Result{{Registration: g.ID, Outcome: c.outcome, Score: c.score}})
			w.Must(err)
			w.Must(out[0].Err)
			b.Get(path+"/result").Is(200, c.words...)
			b.Get(path).Is(200, "Completed", "View results", "recorded the result")
			b.Get("/examinee/").Is(200, "Your result for Cloud Associate is here")
			b.Get(path+"/sessions").Is(409, "This registration is over")
			if n := strings.Count(b.Get("/examinee/results").Is(200).Body, "/result\""); n != i+1 {
				t.Errorf("%d results are listed, want %d", n, i+1)
			}
		}
		w.Clock.Move(15 * 24 * time.Hour)
		w.As(li).Get("/examinee/").Is(200).Without("is here")
	})
}

func TestNoShowThatGivesTheCodeBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		code := w.codes(w.data, 1)[0]
		b := w.As(li)
		path := strings.TrimSuffix(b.Post("/examinee/registrations", form(w.data, code, "online")...).To, "/registered")
		s := w.sessionOf(exam.Session{Subject: w.data.ID, ExamType: exam.Online, Starts: w.Clock.Now().Add(time.Hour), Duration: time.Hour, Zone: "UTC", Seats: 1})
		b.Get(path+"/sessions").Is(200, "Online proctored", "In your zone")
		b.Get(path+"/reserve?session_id="+s.ID.String()).Is(200, "comes back to you", "camera and microphone")
		b.Post(path+"/reserve", "session_id", s.ID.String(), "version", "1").Goes(path + "/reserved")
		w.Clock.Set(s.Starts)
		b = w.As(li)
		b.Get(path).Is(200, "the code comes back to you")
		id := exam.ParseID[exam.RegistrationID](strings.TrimPrefix(path, "/examinee/registrations/"))
		out, err := w.Actions.RecordResults(context.Background(), w.Admin, []exam.Result{{Registration: id, Outcome: exam.Absent}})
		w.Must(err)
		w.Must(out[0].Err)
		b.Get(path).Is(200, "Registered", "Choose a session", "recorded a no-show")
	})
}

func TestOtherPeoplesRegistrationsAreNotFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		s := w.session(w.Clock.Now().Add(72*time.Hour), 2)
		path := "/examinee/registrations/" + g.ID.String()
		for _, below := range []string{"", "/registered", "/sessions", "/reserve?session_id=" + s.ID.String(), "/reserved", "/cancel", "/result"} {
			w.As(wang).Get(path + below).Is(404)
			w.As(wang).Get("/examinee/registrations/reg_nonsense" + below).Is(404)
			w.As(w.chen).Get(path + below).Is(403)
			if to := w.Browser().Get(path + below).Leads(); !strings.HasPrefix(to, "/sign-in?next=") {
				t.Errorf("%s leads to %q", below, to)
			}
		}
		for _, verb := range []string{"/reserve", "/cancel"} {
			w.As(wang).Post(path+verb, "session_id", s.ID.String(), "version", "1").Is(404)
			w.As(w.chen).Post(path+verb, "session_id", s.ID.String(), "version", "1").Is(403)
			w.Browser().Post(path+verb, "session_id", s.ID.String(), "version", "1").Is(401)
		}
		if r := w.row(li, g.ID); r.State != exam.Registered {
			t.Error(r.State)
		}
	})
}

// Every page in Chinese, over a whole life.
func TestEveryPageInChinese(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		li := w.examinee("李娜", "li.na@example.com")
		w.Must(w.Actions.ChangeSettings(context.Background(), li, "zh", "auto"))
		b := w.As(li)
		b.Get("/examinee/").Is(200, "您还没有考试")
		b.Get("/examinee/subjects").Is(200, "云计算工程师", "开考前 24 小时")
		b.Get("/examinee/redeem").Is(200, "16 位字母和数字")
		b.Get("/examinee/results").Is(200, "还没有成绩")
		codes := w.codes(w.cloud, 2)
		b.Post("/examinee/redeem", form(w.cloud, "x", "online")...).Is(422, "请修正以下问题")
		b.Post("/examinee/redeem", form(w.cloud, codes[0], "test_center")...).Is(200, "兑换“云计算工程师”的考试码？", "兑换并报名")
		path := strings.TrimSuffix(b.Post("/examinee/registrations", form(w.cloud, codes[0], "test_center")...).To, "/registered")
		b.Get(path+"/registered").Is(200, "报名成功，请继续选择场次。")
		b.Get(path+"/sessions").Is(200, "目前没有可预约的场次")
		for i := range 9 {
			w.session(time.Date(2027, time.January, 14+7*i, 1, 0, 0, 0, time.UTC), 2)
		}
		w.session(time.Date(2028, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		s := w.session(time.Date(2027, time.January, 13, 1, 0, 0, 0, time.UTC), 1)
		b.Get(path+"/sessions").Is(200, "2027年1月14日（UTC+8）周四", "剩 1 个名额", "另有 1 个较晚场次未显示", "2027年2月")
		b.Get(path+"/reserve?session_id="+s.ID.String()).Is(200, "预约 2027年1月13日 周三 09:00–10:30（UTC+8）？", "预约此场次")
		b.Post(path+"/reserve", "session_id", s.ID.String(), "version", "1").Goes(path + "/reserved")
		b.Get(path+"/reserved").Is(200, "场次预约成功")
		b.Get(path+"/cancel").Is(200, "取消 2027年1月13日 周三 09:00–10:30（UTC+8）的预约？", "保留预约")
		b.Post(path+"/cancel", "version", "1").Is(409, "在您查看期间内容已变化")
		b.Get(path+"/sessions").Is(200, "当前场次")
		b.Get("/examinee/").Is(200, "接下来：云计算工程师")
		b.Get(path).Is(200, "改期", "动态")
		w.Clock.Set(s.Ends())
		b = w.As(li)
		b.Get(path+"/result").Is(200, "成绩尚未公布")
		n := 720
		_, err := w.Actions.RecordResults(context.Background(), w.Admin, []exam.Result{{Registration: exam.ParseID[exam.RegistrationID](strings.TrimPrefix(path, "/examinee/registrations/")), Outcome: exam.Passed, Score: &n}})
		w.Must(err)
		b.Get(path+"/result").Is(200, "您已通过考试", "及格分：600")
		b.Get("/examinee/results").Is(200, "通过")
		b.Get("/examinee/").Is(200, "成绩已公布")
		b.Get(path+"/sessions").Is(409, "返回报名")
		b.Get("/examinee/registrations/x").Is(404)
	})
}

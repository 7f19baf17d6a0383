package examinee

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
)

func TestS17_ChoosingASession(t *testing.T) {
	each(t, func(w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		codes := w.codes(w.cloud, 2)
		g, h := w.register(li, codes[0]), w.register(wang, codes[1])
		b := w.as(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.get(path+"/sessions").is(200, "No session with a free seat is open", "Valid through", "21 Nov 2027 (UTC+8)")

		end := time.Date(2027, time.November, 21, 16, 0, 0, 0, time.UTC)
		near := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		full := w.session(time.Date(2027, time.January, 14, 6, 0, 0, 0, time.UTC), 1)
		last := w.session(end.Add(-time.Minute), 5)
		atEnd := w.session(end, 5)
		w.session(end.Add(time.Hour), 5)
		far := w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: time.Date(2027, time.February, 1, 15, 30, 0, 0, time.UTC), Duration: 90 * time.Minute, Zone: "Europe/Berlin", Place: "Saal <2>", Seats: 1})
		online := w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.Online, Starts: near.Starts, Duration: time.Hour, Zone: "UTC", Seats: 9})
		w.reserve(wang, h, full)

		list := b.get(path+"/sessions").is(200, "Thursday, 14 Jan 2027 (UTC+8)", "09:00–10:30, Hall 1", "2 seats left", "1 seat left", "Full sessions", "Thu 14 Jan 2027, 14:00–15:30 (UTC+8)",
			"2 later sessions are hidden: your code ends on 21 Nov 2027 (UTC+8)", "Monday, 1 Feb 2027 (UTC+1)", "16:30–18:00, Saal <2>", "In your zone: Mon 1 Feb 2027, 23:30 – Tue 2 Feb 2027, 01:00 (UTC+8)", last.ID.String()).
			without(atEnd.ID.String(), online.ID.String(), `value="`+full.ID.String(), "Saal <2>")
		if n := strings.Count(list.body, `type="radio"`); n != 3 {
			t.Errorf("%d sessions can be chosen", n)
		}
		if strings.Index(list.body, near.ID.String()) > strings.Index(list.body, far.ID.String()) {
			t.Error("the sessions are not in order")
		}

		// Nothing chosen, or something that cannot be.
		for id, words := range map[string]string{"": "This session was not found", "ses_nonsense": "This session was not found", atEnd.ID.String(): "does not start before your code ends",
			online.ID.String(): "of another exam type", full.ID.String(): "No seat is left"} {
			b.get(path+"/reserve?session_id="+id).is(422, words, `href="#f-session_id"`, `id="f-session_id"`, "<title>Error: Choose a session")
			b.post(path+"/reserve", "session_id", id, "version", "1").is(422, words)
		}
		b.get(path+"/reserve?session_id="+full.ID.String()).is(422, "This was your choice")

		b.get(path+"/reserve?session_id="+near.ID.String()).is(200, "Reserve Thu 14 Jan 2027, 09:00–10:30 (UTC+8)?", "until 13 Jan 2027, 09:00 (UTC+8)", "the result is No-show",
			"Bring the document", "Xinghe Technology sees the date", "Reserve this session", `name="version" value="1"`)
		if w.row(li, g.ID).State != exam.Registered {
			t.Error("looking took a seat")
		}
		b.post(path+"/reserve", "session_id", near.ID.String(), "version", "1").goes(path + "/reserved")
		b.get(path+"/reserved").is(200, "Your session is reserved", "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "Hall 1", "li.na@example.com", "until 13 Jan 2027, 09:00 (UTC+8)", "Reserved")
		b.post(path+"/reserve", "session_id", near.ID.String(), "version", "1").goes(path + "/reserved")
		b.get(path + "/registered").goes(path)
		b.get("/examinee/").is(200, "Next: Cloud Associate", "Your session is on Thu 14 Jan 2027", "Reserved")
		b.get(path).is(200, "Reschedule", "Cancel reservation", "Li Na reserved the session on 14 Jan 2027", "Can be changed until")

		// The seat that was chosen is gone when the form is sent.
		zhao := w.examinee("Zhao Lei", "zhao@example.com")
		k := w.register(zhao, w.codes(w.cloud, 1)[0])
		p := "/examinee/registrations/" + k.ID.String()
		z := w.as(zhao)
		z.get(p+"/reserve?session_id="+far.ID.String()).is(200, "Reserve this session")
		w.reserve(wang, h, far)
		z.post(p+"/reserve", "session_id", far.ID.String(), "version", "1").is(422, "No seat is left", "This was your choice")
		if w.row(zhao, k.ID).State != exam.Registered {
			t.Error("a full session was reserved")
		}
	})
}

func TestManySessionsAreNarrowed(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		for i := range 12 {
			w.sessionOf(exam.Session{Subject: w.cloud.ID, ExamType: exam.TestCenter, Starts: time.Date(2027, time.January, 10+3*i, 1, 0, 0, 0, time.UTC), Duration: time.Hour, Zone: "Asia/Shanghai", Place: fmt.Sprint("Hall ", i%2), Seats: 3})
		}
		b := w.as(li)
		path := "/examinee/registrations/" + g.ID.String() + "/sessions"
		radios := func(a answer) int { return strings.Count(a.body, `type="radio"`) }
		if n := radios(b.get(path).is(200, "All months", "January 2027", "Hall 1")); n != 12 {
			t.Errorf("%d of 12 sessions", n)
		}
		if n := radios(b.get(path+"?month=2027-02").is(200, "Filters (1)", `value="2027-02" selected`)); n != 4 {
			t.Errorf("%d of 4 sessions in February", n)
		}
		if n := radios(b.get(path+"?month=2027-02&place=Hall+1").is(200, "Filters (2)")); n != 2 {
			t.Errorf("%d of 2 sessions in February in hall 1", n)
		}
		b.get(path+"?month=2027-06").is(200, "No session fits these filters")
		b.get(path+"?place=Nowhere").is(200, "No session fits these filters", "Nowhere")
		if n := radios(b.get(path + "?month=nonsense").is(200)); n != 12 {
			t.Errorf("%d of 12 sessions", n)
		}
	})
}

func TestReschedulingAndCancelling(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		from := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		to := w.session(time.Date(2027, time.January, 21, 1, 0, 0, 0, time.UTC), 1)
		w.reserve(li, g, from)
		b := w.as(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.get(path+"/sessions").is(200, "Choose another session", "Your session now", "Thu 14 Jan 2027, 09:00–10:30 (UTC+8)", "21 Jan 2027").without(`value="` + from.ID.String())
		b.get(path + "/reserve?session_id=" + from.ID.String()).goes(path + "/reserved")
		b.get(path+"/reserve?session_id="+to.ID.String()).is(200, "Reschedule to Thu 21 Jan 2027", "From", "To", "kept until the new one is sure", "Reschedule to this session", `name="version" value="2"`)

		// Looked at before something else changed: nothing is done, the facts are shown.
		b.post(path+"/reserve", "session_id", to.ID.String(), "version", "1").is(409, "This changed while you were reading: your session is now Thu 14 Jan 2027", "Nothing was done", "Reschedule to this session")
		if s := w.row(li, g.ID); s.Session.ID != from.ID {
			t.Error("a stale form moved the session")
		}
		b.post(path+"/reserve", "session_id", to.ID.String(), "version", "2").goes(path + "/reserved")
		b.get(path+"/reserved").is(200, "Thu 21 Jan 2027")
		b.get(path).is(200, "moved from the session on 14 Jan 2027")

		b.get(path+"/cancel").is(200, "Cancel your reservation for Thu 21 Jan 2027, 09:00–10:30 (UTC+8)?", "You stay registered; your code is Bound again", "The seat is offered to others at once",
			"before 22 Nov 2027, 00:00 (UTC+8)", "Xinghe Technology sees the change", "Keep my reservation", `name="version" value="3"`)
		b.post(path+"/cancel", "version", "2").is(409, "This changed while you were reading", "Nothing was done")
		if w.row(li, g.ID).State != exam.SeatReserved {
			t.Error("a stale form cancelled")
		}
		b.post(path+"/cancel", "version", "3").goes(path)
		b.get(path).is(200, "Your reservation for Thu 21 Jan 2027", "You are still registered", "Registered", "cancelled the reservation")
		b.post(path+"/cancel", "version", "3").goes(path)
		b.post(path+"/cancel", "version", "1").is(409, "No session is reserved")
		b.get(path+"/cancel").is(409, "No session is reserved", "Back to the registration")
		b.get(path + "/reserved").goes(path)
	})
}

func TestAfterTheCutoff(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		at := w.session(time.Date(2027, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		other := w.session(time.Date(2027, time.January, 21, 1, 0, 0, 0, time.UTC), 1)
		w.reserve(li, g, at)
		path := "/examinee/registrations/" + g.ID.String()
		const late = "possible until 13 Jan 2027, 09:00 (UTC+8)"

		w.now = at.Starts.Add(-24*time.Hour - time.Second)
		b := w.as(li)
		b.get(path+"/cancel").is(200, "Cancel reservation")
		w.now = at.Starts.Add(-24 * time.Hour)
		b = w.as(li)
		for _, p := range []string{"/cancel", "/sessions", "/reserve?session_id=" + other.ID.String()} {
			b.get(path+p).is(409, late, "the code counts as used, result No-show", "Back to the registration").without("btn-danger")
		}
		b.post(path+"/cancel", "version", "2").is(409, late)
		b.post(path+"/reserve", "session_id", other.ID.String(), "version", "2").is(409, late)
		b.get(path).is(200, late).without(path+"/cancel", path+"/sessions")
		if w.row(li, g.ID).Session.ID != at.ID {
			t.Error("changed after the cut-off")
		}

		// A seat taken so late cannot be changed, which is said before.
		wang := w.examinee("Wang Fang", "wang@example.com")
		h := w.register(wang, w.codes(w.cloud, 1)[0])
		w.as(wang).get("/examinee/registrations/"+h.ID.String()+"/reserve?session_id="+at.ID.String()).is(200, "It cannot be changed or cancelled any more: that was possible until 13 Jan 2027")
	})
}

func TestS16_AfterTheOrdersEnd(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		w.now = g.Expires
		s := w.session(w.now.Add(48*time.Hour), 5)
		b := w.as(li)
		path := "/examinee/registrations/" + g.ID.String()
		b.get(path).is(200, "Cancelled", "The code's validity ended").without(path + "/sessions")
		b.get(path+"/sessions").is(409, "The validity of the order has ended")
		b.get(path + "/reserve?session_id=" + s.ID.String()).is(409)
		b.post(path+"/reserve", "session_id", s.ID.String(), "version", "1").is(409, "The validity of the order has ended")
		b.get("/examinee/").is(200, "Cancelled").without("Next: choose")
		b.get(path + "/registered").goes(path)
	})
}

func TestResults(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		score := func(n int) *int { return &n }
		b := w.as(li)
		b.get("/examinee/results").is(200, "No results yet")
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
			b = w.as(li)
			b.get(path+"/result").is(409, "There is a result only when the code is Completed")
			s := w.session(w.now.Add(48*time.Hour), 2)
			w.reserve(li, g, s)
			b.get(path + "/result").is(409)
			w.now = s.Ends()
			b = w.as(li)
			b.get(path+"/result").is(200, "The result is not here yet", "Awaiting result")
			b.get(path).is(200, "Awaiting result", "The result is not here yet")
			b.get("/examinee/results").is(200, "Awaiting result")
			out, err := w.actions.RecordResults(context.Background(), w.staff, []exam.Result{{Registration: g.ID, Outcome: c.outcome, Score: c.score}})
			w.must(err)
			w.must(out[0].Err)
			b.get(path+"/result").is(200, c.words...)
			b.get(path).is(200, "Completed", "View results", "recorded the result")
			b.get("/examinee/").is(200, "Your result for Cloud Associate is here")
			b.get(path+"/sessions").is(409, "This registration is over")
			if n := strings.Count(b.get("/examinee/results").is(200).body, "/result\""); n != i+1 {
				t.Errorf("%d results are listed, want %d", n, i+1)
			}
		}
		w.now = w.now.Add(15 * 24 * time.Hour)
		w.as(li).get("/examinee/").is(200).without("is here")
	})
}

func TestNoShowThatGivesTheCodeBack(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("Li Na", "li.na@example.com")
		code := w.codes(w.data, 1)[0]
		b := w.as(li)
		path := strings.TrimSuffix(b.post("/examinee/registrations", form(w.data, code, "online")...).to, "/registered")
		s := w.sessionOf(exam.Session{Subject: w.data.ID, ExamType: exam.Online, Starts: w.now.Add(time.Hour), Duration: time.Hour, Zone: "UTC", Seats: 1})
		b.get(path+"/sessions").is(200, "Online proctored", "In your zone")
		b.get(path+"/reserve?session_id="+s.ID.String()).is(200, "comes back to you", "camera and microphone")
		b.post(path+"/reserve", "session_id", s.ID.String(), "version", "1").goes(path + "/reserved")
		w.now = s.Starts
		b = w.as(li)
		b.get(path).is(200, "the code comes back to you")
		id := exam.ParseID[exam.RegistrationID](strings.TrimPrefix(path, "/examinee/registrations/"))
		out, err := w.actions.RecordResults(context.Background(), w.staff, []exam.Result{{Registration: id, Outcome: exam.Absent}})
		w.must(err)
		w.must(out[0].Err)
		b.get(path).is(200, "Registered", "Choose a session", "recorded a no-show")
	})
}

func TestOtherPeoplesRegistrationsAreNotFound(t *testing.T) {
	each(t, func(w *world) {
		li, wang := w.examinee("Li Na", "li.na@example.com"), w.examinee("Wang Fang", "wang@example.com")
		g := w.register(li, w.codes(w.cloud, 1)[0])
		s := w.session(w.now.Add(72*time.Hour), 2)
		path := "/examinee/registrations/" + g.ID.String()
		for _, below := range []string{"", "/registered", "/sessions", "/reserve?session_id=" + s.ID.String(), "/reserved", "/cancel", "/result"} {
			w.as(wang).get(path + below).is(404)
			w.as(wang).get("/examinee/registrations/reg_nonsense" + below).is(404)
			w.as(w.chen).get(path + below).is(403)
			if a := w.browser().get(path + below); a.status != 303 || !strings.HasPrefix(a.to, "/sign-in?next=") {
				t.Errorf("%s: %d to %q", a.what, a.status, a.to)
			}
		}
		for _, verb := range []string{"/reserve", "/cancel"} {
			w.as(wang).post(path+verb, "session_id", s.ID.String(), "version", "1").is(404)
			w.as(w.chen).post(path+verb, "session_id", s.ID.String(), "version", "1").is(403)
			w.browser().post(path+verb, "session_id", s.ID.String(), "version", "1").is(401)
		}
		if r := w.row(li, g.ID); r.State != exam.Registered {
			t.Error(r.State)
		}
	})
}

// Every page in Chinese, over a whole life.
func TestEveryPageInChinese(t *testing.T) {
	each(t, func(w *world) {
		li := w.examinee("李娜", "li.na@example.com")
		w.must(w.actions.ChangeSettings(context.Background(), w.actor(li), "zh", "auto"))
		b := w.as(li)
		b.get("/examinee/").is(200, "您还没有考试")
		b.get("/examinee/subjects").is(200, "云计算工程师", "开考前 24 小时")
		b.get("/examinee/redeem").is(200, "16 位字母和数字")
		b.get("/examinee/results").is(200, "还没有成绩")
		codes := w.codes(w.cloud, 2)
		b.post("/examinee/redeem", form(w.cloud, "x", "online")...).is(422, "请修正以下问题")
		b.post("/examinee/redeem", form(w.cloud, codes[0], "test_center")...).is(200, "兑换“云计算工程师”的考试码？", "兑换并报名")
		path := strings.TrimSuffix(b.post("/examinee/registrations", form(w.cloud, codes[0], "test_center")...).to, "/registered")
		b.get(path+"/registered").is(200, "报名成功，请继续选择场次。")
		b.get(path+"/sessions").is(200, "目前没有可预约的场次")
		for i := range 9 {
			w.session(time.Date(2027, time.January, 14+7*i, 1, 0, 0, 0, time.UTC), 2)
		}
		w.session(time.Date(2028, time.January, 14, 1, 0, 0, 0, time.UTC), 2)
		s := w.session(time.Date(2027, time.January, 13, 1, 0, 0, 0, time.UTC), 1)
		b.get(path+"/sessions").is(200, "2027年1月14日（UTC+8）周四", "剩 1 个名额", "另有 1 个较晚场次未显示", "2027年2月")
		b.get(path+"/reserve?session_id="+s.ID.String()).is(200, "预约 2027年1月13日 周三 09:00–10:30（UTC+8）？", "预约此场次")
		b.post(path+"/reserve", "session_id", s.ID.String(), "version", "1").goes(path + "/reserved")
		b.get(path+"/reserved").is(200, "场次预约成功")
		b.get(path+"/cancel").is(200, "取消 2027年1月13日 周三 09:00–10:30（UTC+8）的预约？", "保留预约")
		b.post(path+"/cancel", "version", "1").is(409, "在您查看期间内容已变化")
		b.get(path+"/sessions").is(200, "当前场次")
		b.get("/examinee/").is(200, "接下来：云计算工程师")
		b.get(path).is(200, "改期", "动态")
		w.now = s.Ends()
		b = w.as(li)
		b.get(path+"/result").is(200, "成绩尚未公布")
		n := 720
		_, err := w.actions.RecordResults(context.Background(), w.staff, []exam.Result{{Registration: exam.ParseID[exam.RegistrationID](strings.TrimPrefix(path, "/examinee/registrations/")), Outcome: exam.Passed, Score: &n}})
		w.must(err)
		b.get(path+"/result").is(200, "您已通过考试", "及格分：600")
		b.get("/examinee/results").is(200, "通过")
		b.get("/examinee/").is(200, "成绩已公布")
		b.get(path+"/sessions").is(409, "返回报名")
		b.get("/examinee/registrations/x").is(404)
	})
}

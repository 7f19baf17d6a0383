package operator

import (
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/web/webtest"
)

// who may open what; admin opens everything.
var pages = map[string][]exam.Role{
	"/operator/":              exam.StaffRoles,
	"/operator/verifications": {exam.Review}, "/operator/verifications?state=verified": {exam.Review}, "/operator/verifications?state=all": {exam.Review},
	"/operator/money": {exam.Money}, "/operator/money?tab=checks": {exam.Money}, "/operator/money?tab=all": {exam.Money}, "/operator/money?q=EC-1": {exam.Money},
	"/operator/subjects": exam.StaffRoles, "/operator/subjects/new": {},
	"/operator/sessions": {exam.Results}, "/operator/sessions?when=past": {exam.Results}, "/operator/sessions?exam_type=online": {exam.Results}, "/operator/sessions/new": {exam.Results},
	"/operator/results": {exam.Results},
	"/operator/look-up": exam.StaffRoles, "/operator/look-up?q=K7QF": exam.StaffRoles,
	"/operator/audit": {exam.Audit}, "/operator/audit?kind=code.expired": {exam.Audit},
}

// things are pages and forms of one thing, with an id nobody has.
var things = map[string][]exam.Role{
	"GET /operator/verifications/ver_1": {exam.Review}, "GET /operator/verifications/ver_1/document": {exam.Review}, "GET /operator/verifications/ver_1/reject": {exam.Review},
	"POST /operator/verifications/ver_1/approve": {exam.Review}, "POST /operator/verifications/ver_1/reject": {exam.Review},
	"GET /operator/money/pay_1": {exam.Money}, "GET /operator/money/pay_1/confirm": {exam.Money}, "POST /operator/money/pay_1/confirm": {exam.Money}, "POST /operator/money/pay_1/ask": {exam.Money},
	"GET /operator/subjects/sub_1": exam.StaffRoles, "GET /operator/subjects/sub_1/edit": {}, "GET /operator/subjects/sub_1/retire": {},
	"POST /operator/subjects/sub_1/edit": {}, "POST /operator/subjects/sub_1/retire": {},
	"GET /operator/sessions/ses_1": {exam.Results}, "GET /operator/results/ses_1": {exam.Results}, "POST /operator/results/ses_1": {exam.Results},
}

func may(role exam.Role, roles []exam.Role) bool {
	for _, r := range roles {
		if r == role {
			return true
		}
	}
	return role == exam.Admin
}

func TestEveryRoleSeesItsOwnPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, role := range exam.StaffRoles {
			b := w.as(role)
			for path, roles := range pages {
				status := 403
				if may(role, roles) {
					status = 200
				}
				if a := b.Get(path); a.Status != status {
					w.T.Errorf("%s, %s: %d, want %d", role, path, a.Status, status)
				}
			}
			for call, roles := range things {
				method, path, _ := strings.Cut(call, " ")
				status := 403
				if may(role, roles) {
					status = 404
				}
				a := b.Get
				if method == "POST" {
					a = func(path string) webtest.Answer { return b.Post(path, "version", "1") }
				}
				if got := a(path); got.Status != status {
					w.T.Errorf("%s, %s: %d, want %d", role, call, got.Status, status)
				}
			}
		}
	})
}

func TestOtherAudiencesStayOutside(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		company, person := w.As(w.company("Xinghe")), w.As(w.signUp(exam.Individual, "Li Na"))
		nobody := w.Browser()
		for path := range pages {
			for _, b := range []*webtest.Browser{company, person} {
				b.Get(path).Is(403)
			}
			if a := nobody.Get(path); a.Status != 303 || !strings.HasPrefix(a.To, "/sign-in?next=%2Foperator%2F") {
				w.T.Errorf("nobody, %s: %d to %s", path, a.Status, a.To)
			}
		}
		for call := range things {
			method, path, _ := strings.Cut(call, " ")
			if method == "GET" {
				company.Get(path).Is(403)
				continue
			}
			company.Post(path, "version", "1").Is(403)
			nobody.Post(path, "version", "1").Is(401)
		}
	})
}

// Every page of an empty programme says so, in both languages.
func TestNothingYet(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.as(exam.Admin)
		for path, says := range map[string][2]string{
			"/operator/":                             {"Nothing waits. Last checked 4 Mar 2026, 10:00 (UTC).", "暂无待办，最近检查 2026年3月4日 10:00（UTC）。"},
			"/operator/verifications":                {"No verification is waiting.", "没有待审核的认证。"},
			"/operator/verifications?state=rejected": {"No verification has this state.", "没有处于该状态的认证。"},
			"/operator/money":                        {"No money is waiting for you.", "没有待处理的款项。"},
			"/operator/money?tab=checks":             {"No money is waiting for you.", "没有待处理的款项。"},
			"/operator/money?tab=all":                {"No payment has been started yet.", "尚未发起任何付款。"},
			"/operator/money?q=EC-9":                 {"No payment matches EC-9 here.", "此处没有与 EC-9 匹配的付款。"},
			"/operator/subjects":                     {"No subjects yet. Add the first exam you sell.", "还没有科目，请添加第一个在售考试。"},
			"/operator/sessions":                     {"No sessions yet. Without one nobody can reserve.", "还没有场次，考生无法预约。"},
			"/operator/sessions?when=past":           {"No session has begun yet.", "还没有已开始的场次。"},
			"/operator/sessions?exam_type=online":    {"No sessions match these filters.", "没有符合条件的场次。"},
			"/operator/results":                      {"No session is waiting for results.", "没有待录入成绩的场次。"},
			"/operator/look-up?q=K7QF":               {"Nothing found for K7QF.", "未找到“K7QF”。"},
			"/operator/look-up":                      {"What are you looking for", "查询内容"},
			"/operator/audit?kind=code.expired":      {"Nothing of this kind has been recorded.", "没有此类记录。"},
			"/operator/subjects/new":                 {"Such as 120.00", "例如 120.00"},
			"/operator/sessions/new":                 {"Local time in the zone below.", "以下方时区的当地时间为准"},
		} {
			b.In(lang.EN).Get(path).Is(200, says[0])
			b.In(lang.ZH).Get(path).Is(200, says[1])
		}
		w.as(exam.Results).Get("/operator/subjects").Is(200, "An administrator of the programme adds the first one.").Without("Add a subject")
	})
}

// Only the queues a role may open are links, and each count is that of its list.
func TestWork(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub := w.Subject()
		root := w.Company(true)
		_, texts := w.Buy(root, sub, 1)
		who := w.Examinee(true)
		reg, err := w.Redeem(who, sub, texts[0])
		w.Must(err)
		session := w.Session(sub, 48*time.Hour, 5)
		_, err = w.Actions.Reserve(w.ctx, who, reg.ID, session.ID)
		w.Must(err)
		w.as(exam.Admin).Get("/operator/").Is(200, "Sessions with missing results 0", "E-mails not yet sent 7")
		w.after(48*time.Hour + 89*time.Minute)
		w.as(exam.Admin).Get("/operator/").Is(200, "Sessions with missing results 0")
		w.after(time.Minute)
		late := w.company("Late")
		_, err = w.Actions.SubmitVerification(w.ctx, late, exam.Verification{LegalName: "Late", RegNumber: "1234", Country: "DE"}, &action.Upload{Name: "a.pdf", Content: []byte("%PDF-1")})
		w.Must(err)
		for _, p := range []struct{ way, simulate string }{{"transfer", ""}, {"sandbox", "unknown"}} {
			o, err := w.Actions.BuyCodes(w.ctx, root, sub.ID, 2)
			w.Must(err)
			_, err = w.Actions.PayOrder(w.ctx, root, o.ID, p.way, p.simulate, "")
			w.Must(err)
		}
		links := map[string]exam.Role{`href="/operator/verifications"`: exam.Review, `href="/operator/money"`: exam.Money, `href="/operator/money?tab=checks"`: exam.Money, `href="/operator/results"`: exam.Results}
		for _, role := range exam.StaffRoles {
			a := w.as(role).Get("/operator/").Is(200, "Verifications waiting 1", "Transfers to confirm 1", "Payments being checked 1", "Sessions with missing results 1", "just now", "2 days ago")
			_, table, _ := strings.Cut(a.Body, "<table")
			for link, opens := range links {
				if got := strings.Contains(table, link); got != may(role, []exam.Role{opens}) {
					w.T.Errorf("%s: link %s is there: %v", role, link, got)
				}
			}
		}
		w.as(exam.Admin).In(lang.ZH).Get("/operator/").Is(200, "待审核的认证 1")
	})
}

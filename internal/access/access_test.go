package access

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/api"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/web"
	"examcode/internal/web/account"
	"examcode/internal/web/webtest"
)

// caller is somebody who calls routes; the zero one is not signed in.
type caller struct {
	name string
	who  exam.Actor
	key  string
}

// house is a program with two companies, and callers of every kind.
type house struct {
	*webtest.World
	callers []caller
	things  map[string]string // noun in a path → id of a thing of the first company
	owner   exam.AccountID

	described description
	answers   int // compared with the description
	wrong     int
	seen      map[exam.PersonID]string // tokens of sessions
}

// session is the token of a caller's session, a new one when the last one ended.
func (h *house) session(c caller) string {
	if token := h.seen[c.who.Person]; token != "" {
		if _, err := h.Actions.BySession(context.Background(), token); err == nil {
			return token
		}
	}
	token, _, err := h.Actions.OpenSession(context.Background(), c.who.Person, "matrix")
	h.Must(err)
	h.seen[c.who.Person] = token
	return token
}

func open(w *webtest.World) *house {
	web.Mount(w.Kit, account.Options{})
	api.Mount(w.Registry, api.Deps{Actions: w.Actions, Store: w.Read, Now: w.Clock.Now, BaseURL: webtest.BaseURL,
		Cursor: w.Vault.Sign, Seal: w.Vault.Seal, Open: w.Vault.Open})
	h := &house{World: w, things: map[string]string{}, seen: map[exam.PersonID]string{}}
	h.furnish()
	return h
}

// furnish gives the first company one thing of each kind, and the callers their keys.
func (h *house) furnish() {
	ctx := context.Background()
	root, sub := h.Company(true), h.Subject()
	h.owner = root.Account
	h.Confirm(root)
	session := h.Session(sub, 240*time.Hour, 5)
	order, texts := h.Buy(root, sub, 3)
	lina := h.Examinee(true)
	reg, err := h.Redeem(lina, sub, texts[0])
	h.Must(err)
	_, err = h.Actions.Reserve(ctx, lina, reg.ID, session.ID)
	h.Must(err)
	payments, err := h.Read.Payments(ctx, root.Account, order.ID)
	h.Must(err)
	notices, err := h.Read.Notices(ctx, root.Person, false, store.Page{Limit: 1})
	h.Must(err)
	member := h.Member(root, exam.ViewCodes)
	key, _, err := h.Actions.CreateKey(ctx, root, "matrix")
	h.Must(err)
	verifications, err := h.Read.Verifications(ctx, "", store.Page{Limit: 1})
	h.Must(err)
	export, err := h.Actions.AskExport(ctx, root, action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV, WithTexts: true})
	h.Must(err)
	bulk, err := h.Actions.DraftBulk(ctx, root, exam.BulkRegenerate, store.CodeFilter{}, []exam.CodeID{h.Codes(order)[1].ID})
	h.Must(err)
	invitation, err := h.Actions.InviteMember(ctx, root, "invited@company.example", exam.ViewCodes, "en")
	h.Must(err)
	receiver, err := h.Actions.AddReceiver(ctx, root, exam.Receiver{Person: member.Person, Categories: []string{"orders"}})
	h.Must(err)
	back, _ := h.Buy(root, sub, 1)
	refund, err := h.Actions.RefundOrder(ctx, root, back.ID, action.RefundRequest{Simulate: "unknown"})
	h.Must(err)
	h.things = map[string]string{
		"bulks": bulk.ID.String(), "invitations": invitation.ID.String(),
		"receivers": receiver.ID.String(), "refunds": refund.ID.String(),
		"files": export.ID.String(), "exports": export.ID.String(),
		"orders": order.ID.String(), "codes": h.Codes(order)[1].ID.String(), "registrations": reg.ID.String(), "results": reg.ID.String(),
		"sessions": session.ID.String(), "subjects": sub.ID.String(), "payments": payments[0].ID.String(), "money": payments[0].ID.String(),
		"messages": notices.Items[0].ID.String(), "members": member.Person.String(), "people": lina.Person.String(), "examinees": lina.Person.String(), "keys": key.ID.String(),
		"verifications": verifications.Items[0].ID.String(),
	}
	h.callers = []caller{{name: "nobody"}}
	h.add("foreign root", h.Company(true))
	h.add("unverified root", h.Company(false))
	other := h.Company(true)
	h.add("foreign member without rights", h.Member(other, 0))
	for _, r := range exam.RightNames {
		h.add("foreign member to "+r.Name, h.Member(other, r.Right))
	}
	h.add("other examinee", h.Examinee(true))
	h.add("unverified examinee", h.Examinee(false))
	h.add("member without rights", h.Member(root, 0))
	for _, r := range exam.RightNames {
		h.add("member to "+r.Name, h.Member(root, r.Right))
	}
	for _, r := range exam.StaffRoles {
		h.add("staff for "+string(r), h.Staff(r))
	}
	h.add("examinee", lina)
	h.add("root", root)
}

func (h *house) add(name string, who exam.Actor) {
	_, key, err := h.Actions.CreateKey(context.Background(), who, "matrix")
	h.Must(err)
	h.callers = append(h.callers, caller{name, who, key})
}

// stranger tells whether the first company's things are none of the caller's.
func (h *house) stranger(c caller) bool {
	return c.who.Account != h.owner && c.who.Kind != exam.Operator && c.name != "examinee"
}

var parameter = regexp.MustCompile(`/([a-z-]+)/\{(id|person|file)\.*\}`)

// path fills a pattern's parameters with the owner's things, or with ids of nothing.
func (h *house) path(pattern string, missing bool) string {
	pattern = strings.TrimSuffix(pattern, "{$}")
	return parameter.ReplaceAllStringFunc(pattern, func(part string) string {
		noun := parameter.FindStringSubmatch(part)[1]
		id := h.things[noun]
		if id == "" {
			id = "none_0000000000000"
		}
		if missing {
			id = id[:4] + "0000000000001"
		}
		return "/" + noun + "/" + id
	})
}

// answer is what matters of an answer.
type answer struct {
	status int
	reason string // of a problem
	to     string // of a redirect
	body   string
}

func (h *house) call(c caller, r httpd.Route, path string) answer {
	body := ""
	if r.Method != http.MethodGet && r.Face == "api" {
		body = "{}"
	}
	q := httptest.NewRequest(r.Method, webtest.BaseURL+path, strings.NewReader(body))
	switch {
	case c.who.Person == 0:
	case r.Face == "api":
		q.Header.Set("Authorization", "Bearer "+c.key)
	default:
		q.AddCookie(&http.Cookie{Name: webtest.SessionCookie, Value: h.session(c)})
	}
	if r.Method != http.MethodGet && r.Face != "api" {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		q.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	h.Registry.ServeHTTP(rec, q)
	a := answer{rec.Code, "", rec.Header().Get("Location"), rec.Body.String()}
	var problem struct{ Reason string }
	if strings.Contains(rec.Header().Get("Content-Type"), "problem+json") && json.Unmarshal(rec.Body.Bytes(), &problem) == nil {
		a.reason = problem.Reason
	}
	if rec.Header().Get("X-Content-Type-Options") != "nosniff" || rec.Header().Get("X-Frame-Options") != "DENY" || (r.Face == "web" && rec.Header().Get("Content-Security-Policy") == "") {
		h.T.Errorf("%s %s: headers are missing: %v", r.Method, path, rec.Header())
	}
	h.compare(r, a, rec.Header().Get("Content-Type"))
	return a
}

// refused tells whether an answer is the policy's refusal.
func refused(r httpd.Route, need error, a answer) bool {
	f := fault.Of(need)
	if r.Face == "web" && f.Kind == fault.Unauthenticated && r.Method == http.MethodGet {
		return a.status == http.StatusSeeOther && strings.HasPrefix(a.to, "/sign-in")
	}
	return a.status == httpd.Status(f) && (r.Face == "web" || a.reason == f.Reason)
}

// TestRights: every route × every caller × own, foreign and missing things: who is
// not admitted is refused by the policy's own word; a foreign thing is answered as
// one that does not exist; nothing of the company's changes by strangers, by those
// who were let go, by methods that a path does not have or by fields that a form
// does not have; what is answered is what the description says.
func TestRights(t *testing.T) {
	webtest.Each(t, func(t *testing.T, w *webtest.World) {
		h := open(w)
		engine := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
		run := proof.Begin(t, "authz", engine, 1)
		routes := h.Registry.Routes()
		h.described = describe(h)
		for run.Next() {
			called := map[string]bool{}
			before, cells := h.trail(), 0
			for _, c := range h.callers {
				if !h.stranger(c) && before >= 0 {
					if now := h.trail(); now != before {
						h.unexpected("strangers changed the company's things: %d events, before %d", now, before)
					}
					before = -1
				}
				for _, r := range routes {
					if strings.HasPrefix(r.Pattern, "/static/") {
						continue
					}
					cells++
					called[r.Method+" "+r.Pattern] = true
					if bad := h.cell(c, r); bad != "" {
						h.unexpected("%s", bad)
					}
				}
			}
			run.Set("routes", fmt.Sprintf("%d/%d", len(called)+statics(routes), len(routes)))
			run.Set("callers", len(h.callers)+len(gone))
			if cells < 1500 {
				t.Errorf("only %d cells", cells)
			}
			run.Count("cells", int64(cells+h.gone(routes)+h.methods(routes)))
			run.Count("extra_fields", int64(h.extraCalls(routes)+h.extraForms(routes)))
		}
		run.Set("answers", h.answers)
		run.Set("unexpected", h.wrong)
		run.Set("unlisted", h.unlisted(routes))
		run.Set("control", h.control())
	})
}

// unexpected reports a cell that is not as it should be.
func (h *house) unexpected(format string, args ...any) {
	h.T.Helper()
	h.wrong++
	h.T.Errorf(format, args...)
}

func statics(routes []httpd.Route) (n int) {
	for _, r := range routes {
		if strings.HasPrefix(r.Pattern, "/static/") {
			n++
		}
	}
	return n
}

// trail counts the events of the first company.
func (h *house) trail() int {
	n, at := 0, store.Page{Limit: 200}
	for {
		rows, err := h.Read.Trail(context.Background(), h.owner, "", at)
		h.Must(err)
		n += len(rows.Items)
		if rows.Older == 0 {
			return n
		}
		at.Older = rows.Older
	}
}

// private are the nouns whose things belong to somebody.
var private = regexp.MustCompile(`/(orders|codes|registrations|results|payments|messages|members|examinees|keys|exports|files|bulks|invitations|receivers|refunds|verifications)/\{`)

// cell asks a route as a caller and tells what is wrong with the answer; "" is nothing.
func (h *house) cell(c caller, r httpd.Route) string {
	a := h.call(c, r, h.path(r.Pattern, false))
	what := c.name + ": " + r.Method + " " + r.Pattern
	if a.status >= 500 {
		return fmt.Sprintf("%s: %d %.300s", what, a.status, a.body)
	}
	who := c.who
	if who.Channel = exam.Console; r.Face == "api" {
		who.Channel = exam.API
	}
	if need := r.Policy.Need(who); need != nil {
		if !refused(r, need, a) {
			return fmt.Sprintf("%s: %d %s %s, the policy (%s) says %v", what, a.status, a.reason, a.to, r.Policy.Name, need)
		}
		return ""
	}
	if c.who.Person != 0 && a.status == http.StatusUnauthorized {
		return fmt.Sprintf("%s: is admitted, and answered %d", what, a.status)
	}
	if h.stranger(c) && private.MatchString(r.Pattern) {
		none := h.call(c, r, h.path(r.Pattern, true))
		if none.status != a.status || none.reason != a.reason || a.status < 300 {
			return fmt.Sprintf("%s: a foreign thing is %d %s, one that does not exist %d %s", what, a.status, a.reason, none.status, none.reason)
		}
	}
	return ""
}

package access

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store/migrations"
	"examcode/internal/web/webtest"
)

// columns are the names of all columns of the tables, and what attackers guess.
func (h *house) columns() []string {
	column := regexp.MustCompile(`(?m)^\s+([a-z_]+) +(?:BIGINT|TEXT|INTEGER|BLOB|BYTEA|BOOLEAN)\b`)
	names := map[string]bool{"is_admin": true, "admin": true, "__proto__": true, "$where": true, "totalMinor": true, "Version": true}
	h.Must(fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(migrations.FS, path)
		for _, m := range column.FindAllStringSubmatch(string(b), -1) {
			names[m[1]] = true
		}
		return err
	}))
	var all []string
	for n := range names {
		all = append(all, n)
	}
	slices.Sort(all)
	if len(all) < 60 {
		h.T.Errorf("only %d columns: %v", len(all), all)
	}
	return all
}

func (h *house) named(name string) caller {
	return h.callers[slices.IndexFunc(h.callers, func(c caller) bool { return c.name == name })]
}

// extraCalls sends every call of the API every column as a field: all that the
// call does not describe are refused by name, and nothing changes.
func (h *house) extraCalls(routes []httpd.Route) (n int) {
	columns := h.columns()
	before := h.trail()
	for _, r := range routes {
		op, described := h.described.of(r)
		if r.Face != "api" || r.Method == http.MethodGet || !described {
			continue
		}
		who := caller{}
		for _, name := range []string{"root", "staff for admin", "examinee"} {
			c := h.named(name)
			if c.who.Channel = exam.API; r.Policy.Need(c.who) == nil && who.name == "" {
				who = c
			}
		}
		if who.name == "" || strings.Contains(r.Pattern, "webhook") {
			continue // signed notices are no calls of people
		}
		known := h.described.follow(op.RequestBody.Content["application/json"].Schema).Properties
		body := map[string]any{}
		var extra []string
		for _, c := range columns {
			if _, ok := known[c]; !ok {
				body[c], extra = 1, append(extra, c)
			}
		}
		n += len(extra)
		a := h.send(who, r, h.path(r.Pattern, false), body)
		if !h.refusesAll(r, a, extra) {
			h.unexpected("%s %s takes fields it does not know: %d %.300s", r.Method, r.Pattern, a.status, a.body)
		}
	}
	if now := h.trail(); now != before {
		h.unexpected("fields that no call knows changed %d things", now-before)
	}
	return n
}

// refusesAll tells whether an answer refuses each of the fields.
func (h *house) refusesAll(_ httpd.Route, a answer, fields []string) bool {
	var p struct {
		Reason string
		Errors []struct{ Field, Reason string }
	}
	if a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest || json.Unmarshal([]byte(a.body), &p) != nil {
		return false
	}
	for _, f := range fields {
		if !slices.ContainsFunc(p.Errors, func(e struct{ Field, Reason string }) bool { return e.Field == f && e.Reason == "unknown_field" }) {
			return false
		}
	}
	return true
}

func (h *house) send(c caller, r httpd.Route, path string, body map[string]any) answer {
	raw, err := json.Marshal(body)
	h.Must(err)
	q := httptest.NewRequest(r.Method, webtest.BaseURL+path, strings.NewReader(string(raw)))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+c.key)
	rec := httptest.NewRecorder()
	h.Registry.ServeHTTP(rec, q)
	return answer{status: rec.Code, body: rec.Body.String()}
}

// privileged are columns that no form has.
var privileged = []string{"account_id", "person_id", "owner", "total_minor", "total", "created_at", "expires_at", "verified", "verified_at", "suspended_at", "email_confirmed_at",
	"password_hash", "text_sealed", "lookup", "tail", "is_admin", "root", "paid_at", "unit_minor", "seller"}

// extraForms sends every form a page does not have fields for: it is answered as
// it is without them, and a purchase costs what it costs.
func (h *house) extraForms(routes []httpd.Route) (n int) {
	for _, r := range routes {
		if r.Face != "web" || r.Method != http.MethodPost || strings.Contains(r.Pattern, "sign-out") {
			continue
		}
		for _, name := range []string{"foreign member without rights", "other examinee"} {
			c := h.named(name)
			path := h.path(r.Pattern, true)
			without, before := h.post(c, path, url.Values{}), h.trail()
			extra := url.Values{}
			for _, f := range privileged {
				extra.Set(f, "1")
			}
			n += len(extra)
			with := h.post(c, path, extra)
			if with.status != without.status || h.trail() != before {
				h.unexpected("%s: POST %s is %d with fields that it has not, %d without", name, r.Pattern, with.status, without.status)
			}
		}
	}
	h.extraPurchase()
	return n
}

func (h *house) extraPurchase() {
	root := h.named("root")
	b, check := h.As(root.who), "/enterprise/subjects/"+h.Subject().ID.String()+"/check"
	form := b.Get(check+"?quantity=2").Form("provider", "transfer", "quantity", "2")
	for _, f := range append(privileged, "state", "price", "unit_price", "currency", "zone") {
		if !form.Has(f) {
			form.Set(f, "1")
		}
	}
	form.Set("account_id", h.named("foreign root").who.Account.String())
	to := b.Submit(check, form)
	id := regexp.MustCompile(`ord_[0-9a-z]{13}`).FindString(to.To)
	o, err := h.Read.Order(context.Background(), h.owner, exam.ParseID[exam.OrderID](id))
	if err != nil || o.State != exam.Pending || o.Total.Minor != 24000 || o.Buyer != root.who.Person {
		h.unexpected("a purchase with fields of its own: %d to %q: %+v, %v: %.300s", to.Status, to.To, o, err, to.Main)
	}
}

func (h *house) post(c caller, path string, form url.Values) answer {
	q := httptest.NewRequest("POST", webtest.BaseURL+path, strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.AddCookie(&http.Cookie{Name: webtest.SessionCookie, Value: h.session(c)})
	rec := httptest.NewRecorder()
	h.Registry.ServeHTTP(rec, q)
	return answer{status: rec.Code, to: rec.Header().Get("Location"), body: rec.Body.String()}
}

package httpd_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"examcode/internal/exam"
	"examcode/internal/httpd"
)

// Who gets in by which policy: everybody who is not named is refused as said.
func TestPolicies(t *testing.T) {
	const in, unknown, right, company, person, staff = "", "not_signed_in", "not_allowed", "not_enterprise", "not_individual", "not_operator"
	columns := []string{"", "root", "viewer", "manager", "member", "examinee", "admin", "money", "audit"}
	table := []struct {
		policy httpd.Policy
		want   []string
	}{
		{httpd.Public, []string{in, in, in, in, in, in, in, in, in}},
		{httpd.SignedIn, []string{unknown, in, in, in, in, in, in, in, in}},
		{httpd.Enterprise, []string{unknown, in, in, in, in, company, company, company, company}},
		{httpd.WithRight(exam.ViewCodes), []string{unknown, in, in, in, right, company, company, company, company}},
		{httpd.WithRight(exam.ManageCodes), []string{unknown, in, right, in, right, company, company, company, company}},
		{httpd.WithRight(exam.ViewCodes | exam.ManageCodes), []string{unknown, in, right, in, right, company, company, company, company}},
		{httpd.WithRight(exam.AllRights), []string{unknown, in, right, right, right, company, company, company, company}},
		{httpd.Examinee, []string{unknown, person, person, person, person, in, person, person, person}},
		{httpd.Staff(exam.Money), []string{unknown, staff, staff, staff, staff, staff, in, in, right}},
		{httpd.Staff(exam.Review, exam.Audit), []string{unknown, staff, staff, staff, staff, staff, in, right, in}},
		{httpd.AnyStaff, []string{unknown, staff, staff, staff, staff, staff, in, in, in}},
	}
	h, names := build(t), map[string]bool{}
	for _, row := range table {
		if names[row.policy.Name] {
			t.Errorf("two policies are named %q", row.policy.Name)
		}
		names[row.policy.Name] = true
		path := "/api/" + strings.ReplaceAll(strings.ReplaceAll(row.policy.Name, " ", "-"), ":", "")
		h.Handle(h.calls, "GET", path, row.policy, says("in"))
		for i, who := range columns {
			w := h.send(httptest.NewRequest("GET", path, nil), "Who", who)
			body := w.Body.String()
			if row.want[i] == in {
				if w.Code != 200 || body != "in" {
					t.Errorf("%s, %q: %d %s", row.policy.Name, who, w.Code, body)
				}
				continue
			}
			status := 403
			if row.want[i] == unknown {
				status = 401
			}
			if w.Code != status || !strings.Contains(body, "refuses: "+row.want[i]+",") {
				t.Errorf("%s, %q: %d %s, want %d %s", row.policy.Name, who, w.Code, body, status, row.want[i])
			}
		}
	}
	if got := h.Routes(); len(got) != len(table) || got[0].Face != "calls" || got[0].Method != "GET" || got[0].Policy.Name != "public" {
		t.Errorf("routes: %+v", got)
	}
}

// A session that ended does not close what is open to all.
func TestAnEndedSessionIsNobody(t *testing.T) {
	h := build(t)
	h.Handle(h.pages, "GET", "/open", httpd.Public, says("in"))
	h.Handle(h.pages, "GET", "/mine", httpd.SignedIn, says("in"))
	if w := h.send(httptest.NewRequest("GET", "/open", nil), "Who", "ended"); w.Code != 200 {
		t.Errorf("a public page answers %d", w.Code)
	}
	if w := h.send(httptest.NewRequest("GET", "/mine", nil), "Who", "ended"); w.Code != 401 {
		t.Errorf("a page for people answers %d", w.Code)
	}
}

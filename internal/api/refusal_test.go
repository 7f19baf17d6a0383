package api_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/api"
	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// Bad input is a problem with a reason, never a 500 and never another shape.
func TestBadInput(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		w.person("wang", false)
		sub := w.subject("EX-100")
		code := w.reveal("buyer", w.codesOf("buyer", w.bought("buyer", sub, 1))[0])
		reg := w.redeem("lina", sub, code).want(201).text("id")
		ses := w.session(sub, 48*time.Hour, 1)
		quantity := func(v string) string { return `{"subject_id":"` + sub + `","quantity":` + v + `}` }
		seat := "/registrations/" + reg + "/reservation"
		subject := func(old, new string) string {
			return strings.Replace(`{"code":"EX-900","name":{"en":"A","zh":"甲"},"price":{"minor":1,"currency":"USD"},"exam_types":["online"],"cancel_cutoff_hours":1,"no_show":"forfeit","pass_mark":1}`, old, new, 1)
		}
		for _, c := range []struct {
			who, method, path, body string
			status                  int
			reason, field           string
		}{
			{"buyer", "POST", "/orders", quantity("1.5"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("-1"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("0"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("100001"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity(`"12"`), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("null"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("true"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("[1]"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("1e400"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("-1e400"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("9223372036854775808"), 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", quantity("NaN"), 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `{"subject_id":"` + sub + `"}`, 422, "quantity_out_of_range", "quantity"},
			{"buyer", "POST", "/orders", `{"subject_id":"` + sub + `","quantity":1,"colour":"red"}`, 422, "unknown_field", "colour"},
			{"buyer", "POST", "/orders", `{"subject_id":"` + sub + `","quantity":1,"Quantity":9}`, 422, "unknown_field", "Quantity"},
			{"buyer", "POST", "/orders", `{"subject_id":"sub_nonsense","quantity":1}`, 422, "subject_unknown", "subject_id"},
			{"buyer", "POST", "/orders", `{"subject_id":"` + strings.Replace(sub, "sub_", "ord_", 1) + `","quantity":1}`, 422, "subject_unknown", "subject_id"},
			{"buyer", "POST", "/orders", `{"subject_id":"sub_0000000000001","quantity":1}`, 422, "subject_unknown", "subject_id"},
			{"buyer", "POST", "/orders", `{"subject_id":5,"quantity":0}`, 422, "invalid_input", "subject_id"},
			{"buyer", "POST", "/orders", `{"subject_id":"` + "\\u0000" + `","quantity":1}`, 422, "text_control", "subject_id"},
			{"buyer", "POST", "/orders", `{"subject_id":"` + "\xff" + `","quantity":1}`, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `{"subject_id":`, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", quantity("1") + quantity("1"), 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `[]`, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `null`, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `"text"`, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", ``, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", `   `, 400, "malformed_request", ""},
			{"buyer", "POST", "/orders", strings.Repeat("[", 20000), 400, "malformed_request", ""},
			{"buyer", "POST", "/orders/ord_0000000000001/cancel", `{"x":1}`, 422, "unknown_field", "x"},
			{"buyer", "POST", "/orders/ord_0000000000001/cancel", `{}`, 404, "not_found", ""},
			{"buyer", "POST", "/orders/nonsense/pay", `{"provider":"sandbox"}`, 404, "not_found", ""},
			{"buyer", "POST", "/orders/ord_0000000000001/pay", `{"provider":"gold"}`, 422, "provider_unknown", "provider"},
			{"buyer", "GET", "/orders/ord_zzz", ``, 404, "not_found", ""},
			{"buyer", "GET", "/orders/%00", ``, 400, "malformed_request", ""},
			{"buyer", "GET", "/orders?limit=0", ``, 422, "limit_out_of_range", "limit"},
			{"buyer", "GET", "/orders?limit=201", ``, 422, "limit_out_of_range", "limit"},
			{"buyer", "GET", "/orders?limit=ten", ``, 422, "limit_out_of_range", "limit"},
			{"buyer", "GET", "/orders?cursor=AAAA", ``, 422, "cursor_malformed", "cursor"},
			{"buyer", "GET", "/orders?cursor=%25%25", ``, 422, "cursor_malformed", "cursor"},
			{"buyer", "GET", "/orders?number=%00", ``, 400, "malformed_request", ""},
			{"buyer", "GET", "/orders?number=%ff", ``, 400, "malformed_request", ""},
			{"buyer", "GET", "/orders?number=%zz", ``, 400, "malformed_request", ""},
			{"buyer", "GET", "/codes?stat=unused", ``, 422, "unknown_parameter", "stat"},
			{"buyer", "GET", "/codes?state=gone", ``, 422, "invalid_input", "state"},
			{"buyer", "GET", "/codes?subject_id=x", ``, 422, "subject_unknown", "subject_id"},
			{"buyer", "GET", "/codes?order_id=x", ``, 422, "invalid_input", "order_id"},
			{"buyer", "GET", "/codes?code=ABCDEFGH", ``, 422, "code_mistyped", "code"},
			{"buyer", "POST", "/codes/unbind", `{"ids":[]}`, 422, "batch_size", "ids"},
			{"buyer", "POST", "/codes/unbind", `{"ids":null}`, 422, "batch_size", "ids"},
			{"buyer", "POST", "/codes/unbind", `{"ids":[` + strings.Repeat(`"x",`, action.MaxBatch) + `"x"]}`, 422, "batch_size", "ids"},
			{"buyer", "POST", "/codes/unbind", `{}`, 422, "batch_size", "ids"},
			{"buyer", "POST", "/codes/nonsense/unbind", ``, 404, "not_found", ""},
			{"buyer", "PATCH", "/me", `{"lang":"de"}`, 422, "lang_unknown", "lang"},
			{"buyer", "PATCH", "/me", `{"theme":"pink"}`, 422, "invalid_input", "theme"},
			{"buyer", "POST", "/keys", `{"name":" "}`, 422, "key_name_missing", "name"},
			{"buyer", "POST", "/keys", `{}`, 422, "invalid_input", "name"},
			{"buyer", "DELETE", "/keys/nonsense", ``, 404, "not_found", ""},
			{"buyer", "POST", "/messages/nonsense/read", ``, 404, "not_found", ""},
			{"buyer", "POST", "/verifications", `{"legal_name":"X"}`, 409, "verification_done", ""},
			{"buyer", "POST", "/registrations", `{"subject_id":"` + sub + `","code":"x","exam_type":"online"}`, 403, "not_individual", ""},
			{"wang", "POST", "/registrations", `{"subject_id":"x","code":"x","exam_type":"online"}`, 403, "account_not_verified", ""},
			{"wang", "POST", "/verifications", `{"legal_name":"X","document_kind":"library card","document_number":"1"}`, 422, "invalid_input", "document_kind"},
			{"wang", "POST", "/verifications", `{"legal_name":"X","document_kind":"passport","document_number":"A1234","document":{"name":"a.png","content":"%%%"}}`, 422, "document_file", "document"},
			{"wang", "POST", "/verifications", `{"legal_name":"X","document_kind":"passport","document_number":"A1234","document":{"name":"a.png","content":"R0lGODlh"}}`, 422, "document_file", "document"},
			{"lina", "POST", "/registrations", `{"subject_id":"x","code":"` + code + `","exam_type":"online"}`, 422, "subject_unknown", "subject_id"},
			{"lina", "POST", "/registrations", `{"subject_id":"` + sub + `","code":"0000-0000-0000-0001","exam_type":"online"}`, 422, "code_mistyped", "code"},
			{"lina", "POST", "/registrations", `{"subject_id":"` + sub + `","code":"` + code + `","exam_type":"by post"}`, 422, "exam_type_unknown", "exam_type"},
			{"lina", "PUT", seat, `{"session_id":"ses_x"}`, 422, "session_unknown", "session_id"},
			{"lina", "PUT", seat, `{"session_id":"ses_0000000000001"}`, 422, "session_unknown", "session_id"},
			{"lina", "PUT", "/registrations/reg_0000000000001/reservation", `{"session_id":"` + ses + `"}`, 404, "not_found", ""},
			{"lina", "DELETE", seat, ``, 409, "not_reserved", ""},
			{"lina", "GET", "/sessions?from=tomorrow", ``, 422, "time_malformed", "from"},
			{"lina", "GET", "/sessions?exam_type=oral", ``, 422, "exam_type_unknown", "exam_type"},
			{"admin", "POST", "/subjects", subject("EX-900", "x"), 422, "subject_code_malformed", "code"},
			{"admin", "POST", "/subjects", subject("EX-900", "EX-100"), 409, "subject_code_taken", "code"},
			{"admin", "POST", "/subjects", subject(`"minor":1,`, `"minor":1.5,`), 422, "price_malformed", "price.minor"},
			{"admin", "POST", "/subjects", subject(`"minor":1,`, `"minor":0,`), 422, "price_malformed", "price"},
			{"admin", "POST", "/subjects", subject(`"USD"`, `"usd"`), 422, "price_malformed", "price.currency"},
			{"admin", "POST", "/subjects", subject(`"甲"`, `" "`), 422, "name_missing", "name.zh"},
			{"admin", "POST", "/subjects", subject(`["online"]`, `["oral"]`), 422, "exam_type_unknown", "exam_types"},
			{"admin", "POST", "/subjects", subject(`["online"]`, `null`), 422, "exam_type_unknown", "exam_types"},
			{"admin", "PATCH", "/subjects/" + sub, `{"version":99}`, 409, "changed_meanwhile", ""},
			{"admin", "PATCH", "/subjects/" + sub, `{"pass_mark":1001}`, 422, "pass_mark_out_of_range", "pass_mark"},
			{"results", "POST", "/sessions", `{"subject_id":"` + sub + `","exam_type":"online","starts_at":"soon","duration_minutes":90,"seats":1}`, 422, "time_malformed", "starts_at"},
			{"results", "POST", "/sessions", `{"subject_id":"` + sub + `","exam_type":"online","starts_at":"2020-01-01T00:00:00Z","duration_minutes":90,"seats":1}`, 422, "start_in_past", "starts_at"},
			{"results", "POST", "/sessions", `{"subject_id":"` + sub + `","exam_type":"online","starts_at":"2030-01-01T00:00:00Z","duration_minutes":90,"seats":0}`, 422, "seats_out_of_range", "seats"},
			{"results", "POST", "/results", `{"registration_id":"x","outcome":"passed"}`, 422, "registration_unknown", "registration_id"},
			{"results", "POST", "/results", `{"registration_id":"` + reg + `","outcome":"passed"}`, 409, "not_reserved", ""},
			{"results", "POST", "/results", `{"registration_id":"` + reg + `","outcome":"passed","score":1.5}`, 422, "score_out_of_range", "score"},
			{"results", "POST", "/results", `{"results":[{"registration_id":"x","outcome":"passed","sat_at":"noon"}]}`, 422, "time_malformed", "results[0].sat_at"},
			{"results", "POST", "/results", `{"results":[]}`, 422, "batch_size", "results"},
			{"results", "POST", "/results", `{"outcome":"passed","results":[{"registration_id":"x","outcome":"passed"}]}`, 422, "invalid_input", "results"},
			{"money", "POST", "/payments/pay_x/confirm", `{"amount":{"minor":1,"currency":"USD"}}`, 404, "not_found", ""},
			{"money", "POST", "/payments/pay_x/confirm", `{"amount":12}`, 422, "invalid_input", "amount"},
			{"review", "POST", "/verifications/ver_x/approve", ``, 404, "not_found", ""},
			{"audit", "GET", "/events?kind=code.eaten", ``, 422, "invalid_input", "kind"},
			{"audit", "GET", "/events?account_id=x", ``, 422, "invalid_input", "account_id"},
			{"", "GET", "/me", ``, 401, "not_signed_in", ""},
			{"buyer", "GET", "/payments", ``, 403, "not_operator", ""},
			{"audit", "GET", "/payments", ``, 403, "not_allowed", ""},
			{"lina", "GET", "/codes", ``, 403, "not_enterprise", ""},
			{"buyer", "GET", "/registrations", ``, 403, "not_individual", ""},
			{"buyer", "GET", "/nowhere", ``, 404, "not_found", ""},
			{"buyer", "DELETE", "/orders", ``, 405, "method_not_allowed", ""},
		} {
			g := w.do(c.who, c.method, c.path, c.body).refused(c.status, c.reason)
			if c.field != "" {
				g.on(c.field)
			}
			if c.status == http.StatusUnauthorized && g.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", g.call)
			}
		}
		w.do("", "GET", "/me", "", "Authorization", "Bearer exk_nobody").refused(401, "key_unknown")
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "nonsense/"} {
			w.do("buyer", "POST", "/orders", quantity("1"), "Content-Type", kind).refused(415, "content_type")
		}
		w.do("buyer", "POST", "/orders", quantity("1e0"), "Content-Type", "application/json; charset=UTF-8").want(201)
		w.do("buyer", "GET", "/me", "", "Accept", "application/problem+json, text/html").want(200)
	})
}

// Too large a body is refused, announced or not; a document may be larger.
func TestLargeBodies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.person("wang", false)
		send := func(path string, size int, chunked bool) *reply {
			body := []byte(`{"legal_name":"` + strings.Repeat("x", size) + `"}`)
			r := httptest.NewRequest("POST", api.Prefix+path, bytes.NewReader(body))
			if chunked {
				r.ContentLength = -1
			}
			r.Header.Set("Authorization", "Bearer "+w.keys["wang"])
			return w.serve(r)
		}
		for _, chunked := range []bool{false, true} {
			send("/keys", 1<<20, chunked).refused(413, "body_too_large")
			send("/verifications", 1<<20, chunked).refused(422, "invalid_input").on("legal_name")
			send("/verifications", 8<<20, chunked).refused(413, "body_too_large")
		}
	})
}

// What belongs to others does not exist; rights are asked for each call.
func TestOthersThings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.company("rival", true)
		w.company("new", false)
		w.person("lina", true)
		w.person("wang", true)
		sub := w.subject("EX-100")
		order := w.bought("buyer", sub, 2)
		code := w.codesOf("buyer", order)[0]
		reg := w.redeem("lina", sub, w.reveal("buyer", code)).want(201).text("id")
		ses := w.session(sub, 48*time.Hour, 1)
		message := w.get("buyer", "/messages").list("items")[0].(map[string]any)["id"].(string)
		key := w.post("buyer", "/keys", `{"name":"second"}`).want(201).text("id")
		for _, c := range [][3]string{
			{"GET", "/orders/" + order}, {"GET", "/orders/" + order + "/codes"}, {"GET", "/orders/" + order + "/payments"},
			{"POST", "/orders/" + order + "/cancel"}, {"POST", "/orders/" + order + "/pay", `{"provider":"sandbox"}`},
			{"GET", "/codes/" + code}, {"GET", "/codes/" + code + "/events"}, {"GET", "/codes/" + code + "/result"},
			{"POST", "/codes/" + code + "/reveal"}, {"POST", "/codes/" + code + "/unbind"}, {"POST", "/codes/" + code + "/regenerate"},
			{"POST", "/messages/" + message + "/read"}, {"GET", "/keys/" + key}, {"DELETE", "/keys/" + key},
		} {
			w.do("rival", c[0], c[1], c[2]).refused(404, "not_found")
		}
		for _, c := range [][3]string{
			{"GET", "/registrations/" + reg}, {"GET", "/registrations/" + reg + "/result"},
			{"PUT", "/registrations/" + reg + "/reservation", `{"session_id":"` + ses + `"}`}, {"DELETE", "/registrations/" + reg + "/reservation"},
		} {
			w.do("wang", c[0], c[1], c[2]).refused(404, "not_found")
		}

		// S1: a refusal says which condition fails; both, when both do.
		buy := `{"subject_id":"` + sub + `","quantity":1}`
		w.post("new", "/orders", buy).refused(403, "account_not_verified")
		root, err := s.Reader().IdentityOf(t.Context(), w.people["buyer"].ID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.actions.AddPerson(t.Context(), root.Actor, root.Account.ID, exam.Person{Name: "Member", Email: "member@company.test", Role: exam.Member, Rights: exam.ViewCodes}, password)
		w.join("member", p, err)
		w.post("member", "/orders", buy).refused(403, "buyer_not_root")
		w.get("member", "/codes/"+code).want(200)
		w.post("member", "/codes/"+code+"/reveal", "").refused(403, "not_allowed")
		w.post("member", "/codes/"+code+"/unbind", "").refused(403, "not_allowed")
		w.post("member", "/verifications", `{"legal_name":"X"}`).refused(403, "not_allowed")
		w.get("member", "/me").want(200).field("buy.allowed", false).field("buy.reasons", "[buyer_not_root]").field("rights", "[view]")

		// A key that is revoked is nobody's from that moment.
		second := w.post("buyer", "/keys", `{"name":"third"}`).want(201)
		w.do("", "GET", "/me", "", "Authorization", "Bearer "+second.text("key")).want(200)
		w.delete("buyer", "/keys/"+second.text("id")).want(204)
		w.do("", "GET", "/me", "", "Authorization", "Bearer "+second.text("key")).refused(401, "key_unknown")
	})
}

// The sentence is in the language that is asked for, the reason in none.
func TestLanguages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		for _, l := range []lang.Lang{lang.EN, lang.ZH} {
			g := w.do("buyer", "GET", "/orders?limit=0", "", "Accept-Language", string(l)).refused(422, "limit_out_of_range")
			want := lang.Locale{Lang: l}.Fault(api.ErrLimit)
			if g.doc["detail"] != want || g.Header().Get("Content-Language") != string(l) {
				t.Errorf("%s: %v", l, g.doc["detail"])
			}
		}
		w.patch("buyer", "/me", `{"lang":"zh"}`).want(200).field("lang", "zh").field("theme", "auto")
		if g := w.get("buyer", "/orders?limit=0"); g.doc["detail"] != (lang.Locale{Lang: lang.ZH}).Fault(api.ErrLimit) {
			t.Errorf("the setting is passed over: %v", g.doc["detail"])
		}
	})
}

// Tries at codes are limited, and the answer says when to come back.
func TestTooManyTries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("buyer", true)
		w.person("lina", true)
		sub := w.subject("EX-100")
		codes := w.codesOf("buyer", w.bought("buyer", sub, 2))
		dead := w.reveal("buyer", codes[0])
		w.post("buyer", "/codes/"+codes[0]+"/regenerate", "").want(200)
		for range 10 {
			w.redeem("lina", sub, dead).refused(409, "code_not_usable")
		}
		body := `{"subject_id":"` + sub + `","code":"` + w.reveal("buyer", codes[1]) + `","exam_type":"online"}`
		g := w.do("lina", "POST", "/registrations", body, "Idempotency-Key", "again").refused(429, "too_many_tries")
		if g.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		w.do("lina", "POST", "/registrations", body, "Idempotency-Key", "again").refused(429, "too_many_tries")
		// The key was let go of: the very same request succeeds once it may.
		*w.clock = w.clock.Add(2 * time.Hour)
		w.do("lina", "POST", "/registrations", body, "Idempotency-Key", "again").want(201)
	})
}

// Nothing is public but the description and the door for payment providers, whose
// notices are signed.
func TestOnlyTheDescriptionIsPublic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, r := range newWorld(t, s).reg.Routes() {
			if (r.Policy.Need(exam.Actor{}) == nil) != (r.Pattern == api.Prefix+"/openapi.json" || r.Pattern == api.Prefix+"/webhooks/{provider}") {
				t.Errorf("%s %s: %s", r.Method, r.Pattern, r.Policy.Name)
			}
		}
	})
}

package api_test

import (
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"examcode/internal/api"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// settle does what is owed, as the worker would.
func (w *world) settle() {
	w.t.Helper()
	ids, err := w.store.Reader().OpenOwed(w.t.Context(), w.clock.Add(time.Hour), 0, 500)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, id := range ids {
		if err := w.actions.Settle(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
	}
}

// file takes the file of an export, head and rows.
func (w *world) file(who, id string) [][]string {
	w.t.Helper()
	r := httptest.NewRequest("GET", api.Prefix+"/exports/"+id+"/file", nil)
	r.Header.Set("Authorization", "Bearer "+w.keys[who])
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rec.Body.String(), "\ufeff"))).ReadAll()
	if rec.Code != 200 || err != nil || rec.Header().Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d, %v: %s", rec.Code, err, rec.Body)
	}
	return rows
}

// TestS20_TheAPIExportsWhatItLists, page after page, with the same filters.
func TestS20_TheAPIExportsWhatItLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("chen", true)
		w.company("liu", true)
		w.person("lina", true)
		sub, other := w.subject("AA"), w.subject("BB")
		order := w.bought("chen", sub, 12)
		w.bought("chen", other, 3)
		w.redeem("lina", sub, w.reveal("chen", w.codesOf("chen", order)[4])).want(201)
		for query, filter := range map[string]string{"": `{}`, "&state=unused": `{"state":"unused"}`, "&subject_id=" + sub: fmt.Sprintf(`{"subject_id":%q}`, sub), "&order_id=" + order + "&state=bound": fmt.Sprintf(`{"order_id":%q,"state":"bound"}`, order)} {
			var want []string
			for cursor := ""; ; {
				page := w.get("chen", "/codes?limit=5"+query+cursor).want(200)
				for _, c := range page.list("items") {
					x := c.(map[string]any)
					holder, _ := x["holder"].(string)
					want = append(want, fmt.Sprint(x["id"], x["order_number"], x["text_masked"], x["expires_at"], holder))
				}
				if page.at("next_cursor") == nil {
					break
				}
				cursor = "&cursor=" + page.text("next_cursor")
			}
			id := w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":`+filter+`}`).want(201).field("state", "waiting").field("total", len(want)).text("id")
			w.settle()
			w.get("chen", "/exports/"+id).want(200).field("state", "ready").field("rows", len(want)).field("with_texts", false)
			var got []string
			for _, r := range w.file("chen", id)[1:] {
				got = append(got, fmt.Sprint(r[7], r[4], r[0], r[6], r[3]))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: the file has %q, the list %q", filter, got, want)
			}
		}
		w.get("chen", "/exports?limit=2").want(200)
		first := w.get("chen", "/exports").want(200).list("items")[3].(map[string]any)["id"].(string)
		for _, call := range []func() *reply{
			func() *reply { return w.get("liu", "/exports/"+first) },
			func() *reply { return w.get("liu", "/exports/"+first+"/file") },
			func() *reply { return w.post("liu", "/exports/"+first+"/again", "") },
			func() *reply { return w.post("liu", "/exports/"+first+"/stop", "") },
		} {
			call().refused(404, "not_found")
		}
		if len(w.get("liu", "/exports").want(200).list("items")) != 0 {
			t.Error("another company's exports are listed")
		}
	})
}

// TestS26_TheAPIExportsExaminees, and says what it does not take.
func TestS26_TheAPIExportsExaminees(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.company("chen", true)
		w.person("lina", true)
		sub := w.subject("AA")
		order := w.bought("chen", sub, 2)
		w.redeem("lina", sub, w.reveal("chen", w.codesOf("chen", order)[0])).want(201)
		id := w.post("chen", "/exports", `{"kind":"examinees","format":"csv","filter":{"name":"LIN","attempt":"first"}}`).want(201).text("id")
		w.get("chen", "/exports/"+id+"/file").refused(409, "export_not_ready")
		w.settle()
		listed := w.get("chen", "/examinees?name=LIN&attempt=first").want(200).list("items")
		rows := w.file("chen", id)
		if len(listed) != 1 || len(rows) != 2 || rows[1][9] != listed[0].(map[string]any)["registration_id"] || rows[1][0] != "lina" {
			t.Errorf("%q, %v", rows, listed)
		}
		w.post("chen", "/exports", `{"kind":"examinees","format":"csv","filter":{"state":"unused"}}`).refused(422, "unknown_field").on("filter.state")
		w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":{"name":"Lin"}}`).refused(422, "unknown_field").on("filter.name")
		w.post("chen", "/exports", `{"kind":"examinees","format":"csv","with_texts":true}`).refused(422, "export_texts_of_codes").on("with_texts")
		w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":{"outcome":"passed"}}`).refused(422, "unknown_field")
		w.post("chen", "/exports", `{"kind":"examinees","format":"csv","filter":{"outcome":"done"}}`).refused(422, "outcome_unknown").on("filter.outcome")
		w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":{"ends_within":999}}`).want(422)
		w.post("chen", "/exports", `{"kind":"orders","format":"pdf"}`).want(422)
		w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":{"state":"refunded"}}`).refused(422, "export_empty")
		w.post("chen", "/exports", `{"kind":"codes","format":"csv","filter":{"code":"0000-0000-0000-0000"}}`).refused(422, "export_empty")
		w.post("lina", "/exports", `{"kind":"codes","format":"csv"}`).refused(403, "not_enterprise")
		again := w.post("chen", "/exports/"+id+"/again", "").want(201).field("kind", "examinees").text("id")
		w.post("chen", "/exports/"+again+"/stop", "").want(200).field("state", "stopped")
		w.post("chen", "/exports/"+again+"/stop", "").refused(409, "export_ended")
		texts := w.post("chen", "/exports", `{"kind":"codes","format":"csv","with_texts":true}`).want(201).text("id")
		w.settle()
		if got := w.file("chen", texts)[1][0]; got != w.reveal("chen", w.codesOf("chen", order)[0]) {
			t.Errorf("the text is %q", got)
		}
		*w.clock = w.clock.Add(8 * 24 * time.Hour)
		w.get("chen", "/exports/"+texts).want(200).field("state", "deleted")
		w.get("chen", "/exports/"+texts+"/file").refused(409, "export_deleted")
	})
}

// The filter of an export has every field that the lists' searches have.
func TestExportFiltersAreTheListsFilters(t *testing.T) {
	names := func(v any, tag string) map[string]bool {
		all := map[string]bool{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if name, _, _ := strings.Cut(f.Tag.Get(tag), ","); name != "" {
				all[name] = true
			}
		}
		return all
	}
	want := names(api.CodeSearch{}, "query")
	for name := range names(api.ExamineeSearch{}, "query") {
		want[name] = true
	}
	if got := names(api.ExportFilter{}, "json"); !reflect.DeepEqual(got, want) {
		t.Errorf("an export is narrowed by %v, the lists by %v", got, want)
	}
}

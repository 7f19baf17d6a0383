package access

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"examcode/internal/api"
	"examcode/internal/httpd"
	"examcode/internal/web/webtest"
)

// description is the OpenAPI document.
type description struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Properties           map[string]schema
	Items                *schema
	AdditionalProperties json.RawMessage
}

func describe(h *house) (d description) {
	rec := httptest.NewRecorder()
	h.Registry.ServeHTTP(rec, httptest.NewRequest("GET", webtest.BaseURL+api.Prefix+"/openapi.json", nil))
	h.Must(json.Unmarshal(rec.Body.Bytes(), &d))
	return d
}

// of is the operation of a route.
func (d description) of(r httpd.Route) (operation, bool) {
	op, ok := d.Paths[strings.TrimPrefix(r.Pattern, api.Prefix)][strings.ToLower(r.Method)]
	return op, ok
}

// follow is the schema that a reference stands for.
func (d description) follow(s schema) schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// beyond is the first key of a value that its schema has not; "" for none.
func (d description) beyond(s schema, v any, at string) string {
	s = d.follow(s)
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if s.Items == nil {
				return at + "[]"
			}
			if bad := d.beyond(*s.Items, x, at+"[]"); bad != "" {
				return bad
			}
		}
	case map[string]any:
		for k, x := range v {
			p, known := s.Properties[k]
			if !known && len(s.AdditionalProperties) > 0 && string(s.AdditionalProperties) != "false" {
				continue
			}
			if !known {
				return at + "." + k
			}
			if bad := d.beyond(p, x, at+"."+k); bad != "" {
				return bad
			}
		}
	}
	return ""
}

// compare looks for keys in an answer of the API that the description has not.
func (h *house) compare(r httpd.Route, a answer, kind string) {
	op, ok := h.described.of(r)
	if !ok || !strings.Contains(kind, "json") || strings.Contains(kind, "openapi") {
		return
	}
	said, ok := op.Responses[fmt.Sprint(a.status)]
	if !ok {
		said, ok = op.Responses["default"]
	}
	content, typed := said.Content[kind]
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil || !ok || !typed {
		h.unexpected("%s %s: %d %s is not described (%v)", r.Method, r.Pattern, a.status, kind, err)
		return
	}
	h.answers++
	if bad := h.described.beyond(content.Schema, v, ""); bad != "" {
		h.unexpected("%s %s: %d answers with %s, which is not described", r.Method, r.Pattern, a.status, bad)
	}
}

// unlisted counts calls that are registered and not described, or the other way.
func (h *house) unlisted(routes []httpd.Route) (n int) {
	registered := map[string]bool{}
	for _, r := range routes {
		if r.Policy.Need == nil {
			n++
			h.T.Errorf("%s %s has no policy", r.Method, r.Pattern)
		}
		if !strings.HasPrefix(r.Pattern, api.Prefix) {
			continue
		}
		registered[strings.ToLower(r.Method)+" "+strings.TrimPrefix(r.Pattern, api.Prefix)] = true
		if _, ok := h.described.of(r); !ok {
			n++
			h.T.Errorf("%s %s is not described", r.Method, r.Pattern)
		}
	}
	for path, operations := range h.described.Paths {
		for method := range operations {
			if method != "parameters" && !registered[method+" "+path] {
				n++
				h.T.Errorf("%s %s is described and not registered", method, path)
			}
		}
	}
	return n
}

// control is a program with its guards down, one after the other; each must be seen.
func (h *house) control() string {
	var foreign, viewer caller
	for _, c := range h.callers {
		switch c.name {
		case "foreign root":
			foreign = c
		case "member without rights":
			viewer = c
		}
	}
	face := h.Kit.Face()
	h.Registry.Handle(face, http.MethodGet, "/test/open", httpd.SignedIn, func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusOK)
		return nil
	})
	weak := httpd.Route{Face: "web", Method: http.MethodGet, Pattern: "/test/open", Policy: httpd.AnyStaff}
	h.Registry.Handle(face, http.MethodGet, "/test/orders/{id}", httpd.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("id") != h.things["orders"] { // what a query without its account does
			http.NotFound(w, r)
		}
		return nil
	})
	leak := httpd.Route{Face: "web", Method: http.MethodGet, Pattern: "/test/orders/{id}", Policy: httpd.SignedIn}
	var more any
	h.Must(json.Unmarshal([]byte(`{"items": [{"id": "x", "password_hash": "x"}], "next_cursor": null}`), &more))
	list := h.described.Paths["/codes"]["get"].Responses["200"].Content["application/json"].Schema
	for what, seen := range map[string]bool{
		"a weakened policy":     h.cell(viewer, weak) != "",
		"a leak to strangers":   h.cell(foreign, leak) != "",
		"a key too many":        h.described.beyond(list, more, "") != "",
		"a field that is taken": !h.refusesAll(httpd.Route{Method: "POST", Pattern: api.Prefix + "/keys"}, answer{status: 201}, []string{"role"}),
	} {
		if !seen {
			h.T.Errorf("%s is not seen", what)
			return "missed"
		}
	}
	return "caught"
}

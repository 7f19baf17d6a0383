package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"examcode/internal/api"
	"examcode/internal/fault"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// operationOf finds the description of a call; nil for what is not registered.
func (w *world) operationOf(method, path string) map[string]any {
	best, most := map[string]any(nil), -1
	for pattern, item := range w.spec["paths"].(map[string]any) {
		a, b := strings.Split(pattern, "/"), strings.Split(path, "/")
		if len(a) != len(b) {
			continue
		}
		same := 0
		for i := range a {
			if a[i] == b[i] {
				same++
			} else if !strings.HasPrefix(a[i], "{") {
				same = -100
			}
		}
		if op, ok := item.(map[string]any)[method].(map[string]any); ok && same > most && same >= 0 {
			best, most = op, same
		}
	}
	return best
}

// checkShape wants the answer to be what the description promises: the status,
// the content type, no other keys, every required key.
func (g *reply) checkShape() {
	g.w.t.Helper()
	op := g.w.operationOf(g.method, g.path)
	kind := g.Header().Get("Content-Type")
	if op == nil || g.Code >= 400 {
		if g.Code < 400 || kind != "application/problem+json" {
			g.w.t.Errorf("%s: %d %q is no problem", g.call, g.Code, kind)
		}
		g.fits(g.doc, map[string]any{"$ref": "#/components/schemas/Problem"}, "problem")
		if g.doc["status"] != json.Number(strconv.Itoa(g.Code)) || g.doc["request_id"] != g.Header().Get("X-Request-Id") && g.Header().Get("Idempotency-Replayed") == "" {
			g.w.t.Errorf("%s: status or request id differ: %s", g.call, g.Body)
		}
		return
	}
	answers := op["responses"].(map[string]any)
	answer, ok := answers[strconv.Itoa(g.Code)].(map[string]any)
	if !ok {
		g.w.t.Fatalf("%s: status %d is not described", g.call, g.Code)
	}
	content, _ := answer["content"].(map[string]any)
	if content == nil {
		if g.Body.Len() > 0 {
			g.w.t.Errorf("%s: a body where none is described: %s", g.call, g.Body)
		}
		return
	}
	media, ok := content[kind].(map[string]any)
	if !ok {
		g.w.t.Fatalf("%s: content type %q is not described", g.call, kind)
	}
	g.fits(g.doc, media["schema"].(map[string]any), "body")
}

// fits compares a value with a schema.
func (g *reply) fits(v any, schema map[string]any, at string) {
	g.w.t.Helper()
	for schema["$ref"] != nil {
		name := strings.TrimPrefix(schema["$ref"].(string), "#/components/schemas/")
		schema = g.w.spec["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
	}
	types, ok := schema["type"].([]any)
	if !ok && schema["type"] != nil {
		types = []any{schema["type"]}
	}
	got := "null"
	switch v := v.(type) {
	case map[string]any:
		got = "object"
	case []any:
		got = "array"
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case json.Number:
		got = "number"
		if !strings.ContainsAny(v.String(), ".eE") && !slices.Contains(types, any("number")) {
			got = "integer"
		}
	}
	if types != nil && !slices.Contains(types, any(got)) {
		g.w.t.Errorf("%s: %s is %s, described as %v", g.call, at, got, types)
	}
	if enum, ok := schema["enum"].([]any); ok && got == "string" && !slices.Contains(enum, v) {
		g.w.t.Errorf("%s: %s is %q, not one of %v", g.call, at, v, enum)
	}
	switch v := v.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for k, x := range v {
			p, ok := properties[k].(map[string]any)
			if !ok {
				if properties != nil {
					g.w.t.Errorf("%s: %s.%s is not described", g.call, at, k)
				}
				continue
			}
			g.fits(x, p, at+"."+k)
		}
		required, _ := schema["required"].([]any)
		for _, k := range required {
			if _, ok := v[k.(string)]; !ok {
				g.w.t.Errorf("%s: %s.%s is missing", g.call, at, k)
			}
		}
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, x := range v {
			if items != nil {
				g.fits(x, items, fmt.Sprintf("%s[%d]", at, i))
			}
		}
	}
}

func TestDescription(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		if w.spec["openapi"] != "3.1.0" {
			t.Errorf("openapi %v", w.spec["openapi"])
		}
		if url := w.spec["servers"].([]any)[0].(map[string]any)["url"]; url != "http://exam.test"+api.Prefix {
			t.Errorf("server %v", url)
		}
		described := 0
		for _, item := range w.spec["paths"].(map[string]any) {
			described += len(item.(map[string]any))
		}
		ids := map[string]bool{}
		for _, r := range w.reg.Routes() {
			path, ok := strings.CutPrefix(r.Pattern, api.Prefix)
			item, _ := w.spec["paths"].(map[string]any)[path].(map[string]any)
			op, found := item[strings.ToLower(r.Method)].(map[string]any)
			if !ok || !found {
				t.Errorf("%s %s is not described", r.Method, r.Pattern)
				continue
			}
			id := op["operationId"].(string)
			if ids[id] {
				t.Errorf("operation id %s twice", id)
			}
			ids[id] = true
			if r.Face != "api" || r.Policy.Name == "" {
				t.Errorf("%s %s: face %q, policy %q", r.Method, r.Pattern, r.Face, r.Policy.Name)
			}
		}
		if len(w.reg.Routes()) != described || described < 40 {
			t.Errorf("%d routes, %d described", len(w.reg.Routes()), described)
		}
		schemas := w.spec["components"].(map[string]any)["schemas"].(map[string]any)
		enum := schemas["Problem"].(map[string]any)["properties"].(map[string]any)["reason"].(map[string]any)["enum"].([]any)
		for _, e := range fault.Declared() {
			if !slices.Contains(enum, any(e.Reason)) {
				t.Errorf("reason %s is not described", e.Reason)
			}
		}
		raw, _ := json.Marshal(w.spec)
		for _, ref := range strings.Split(string(raw), `"#/components/schemas/`)[1:] {
			name, _, _ := strings.Cut(ref, `"`)
			if schemas[name] == nil {
				t.Errorf("schema %s is missing", name)
			}
		}
		if strings.Contains(string(raw), "ErrorModel") || strings.Contains(string(raw), "$schema") {
			t.Error("the description shows shapes that are never answered")
		}
		// The description is open to all, also with a key that is not known.
		w.get("", "/openapi.json").want(200)
		w.do("", "GET", "/openapi.json", "", "Authorization", "Bearer exk_nobody").want(200)
	})
}

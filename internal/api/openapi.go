package api

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"examcode/internal/fault"
	"examcode/internal/httpd"
)

const policyKey = "policy"

// config is huma without its extras: no pages, no links to schemas, JSON only.
func (s *server) config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "examcode", Version: "1",
				Description: "Exam codes in bulk: buying, handing out, redeeming, sitting, results. " +
					"Every refusal is a problem document whose reason is stable. " +
					"Every POST takes an Idempotency-Key: the same key and body give the same answer."},
			Servers: []*huma.Server{{URL: strings.TrimSuffix(s.BaseURL, "/") + Prefix}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key": {Type: "http", Scheme: "bearer", Description: "An API key of the person who acts."}},
			},
			Security: []map[string][]string{{"key": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, problemType: huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{catch},
	}
}

// problemResponse is the answer of every operation that refuses.
func (s *server) problemResponse() *huma.Response {
	schema := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return &huma.Response{Description: "A refusal; see reason.",
		Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

// finish makes the description say what huma does not know: the reasons, and
// that its own error shape is never used.
func (s *server) finish(o *huma.OpenAPI) {
	schemas := o.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	reasons := []any{}
	for _, e := range fault.Declared() {
		reasons = append(reasons, e.Reason)
	}
	for _, name := range []string{"Problem", "ProblemField", "Refusal"} {
		schemas[name].Properties["reason"].Enum = reasons
	}
	o.Paths[exportFilePath] = exportFileItem(s.problemResponse())
	o.Paths[webhookPath] = webhookItem(s.problemResponse())
	o.Paths["/openapi.json"] = &huma.PathItem{Get: &huma.Operation{
		OperationID: "get-openapi", Summary: "This description", Tags: []string{"openapi.json"}, Security: []map[string][]string{},
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
			"application/openapi+json": {Schema: &huma.Schema{Type: "object"}}}}},
	}}
}

// operation describes one call.
func (s *server) operation(p httpd.Policy, method, path, summary string) huma.Operation {
	words := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '{' || r == '}' })
	op := huma.Operation{
		OperationID: strings.ToLower(method) + "-" + strings.Join(words, "-"),
		Method:      method,
		Path:        path,
		Summary:     summary,
		Description: "For: " + p.Name + ".",
		Tags:        words[:1],
		Metadata:    map[string]any{policyKey: p},
		Responses:   map[string]*huma.Response{"default": s.problemResponse()},
		// The body was read and measured before huma sees the request.
		MaxBodyBytes:    -1,
		BodyReadTimeout: -1,
	}
	if method == http.MethodPost {
		most := 255
		op.Parameters = []*huma.Param{{Name: idempotencyHeader, In: "header",
			Description: "Makes repeating safe: the same key and body give the same answer, without doing it again.",
			Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: &most}}}
	}
	return op
}

// Package api is the JSON face of the program under /api/v1: everything that
// the consoles do, for programs that hold an API key, with its own description
// at /api/v1/openapi.json.
//
// It decides no rule and holds no state. A request is checked against the typed
// input of its operation, handed to package action or read from the store, and
// answered; whatever is refused is a problem document (RFC 9457) with a stable
// reason.
package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/store"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// The largest bodies that are read, in bytes; the larger one is for documents,
// which are base64 in JSON, and for the ids of the codes of a whole order.
const (
	maxBody   = 1 << 20
	maxUpload = 8 << 20
)

// Deps is what the API works with. All fields are needed.
type Deps struct {
	Actions *action.Service
	Store   store.Reader
	Now     func() time.Time
	BaseURL string // "https://…", without the prefix
	// Cursor signs bytes for a purpose (vault.Sign).
	Cursor func(purpose string, b []byte) []byte
	// Seal and Open keep remembered answers unreadable at rest (vault.Seal, vault.Open).
	Seal func(plain, about string) ([]byte, error)
	Open func(sealed []byte, about string) (string, error)
}

// server is the API as its operations see it.
type server struct {
	Deps
	reg    *httpd.Registry
	face   *httpd.Face
	upload *httpd.Face // takes larger bodies
	huma   huma.API
}

// Property names are compared exactly: encoding/json alone would let
// {"quantity": 1, "Quantity": 9} pass a check on the one and use the other.
func init() { huma.ValidateStrictCasing = true }

// Mount registers every operation. Call it once per registry.
func Mount(reg *httpd.Registry, d Deps) {
	if d.Cursor == nil || d.Seal == nil || d.Open == nil {
		panic("api: Deps needs Cursor, Seal and Open")
	}
	s := &server{Deps: d, reg: reg}
	s.face = &httpd.Face{Name: "api", Channel: exam.API, Identify: reg.ByKey, Refuse: s.refuse, MaxBody: maxBody,
		Headers: map[string]string{"Cache-Control": "no-store"}}
	upload := *s.face
	upload.MaxBody = maxUpload
	s.upload = &upload
	reg.Own("/api/", s.face)
	s.huma = huma.NewAPI(s.config(), s)
	for _, mount := range []func(){
		s.me, s.privacy, s.keys, s.members, s.messages, s.receivers, s.deliveries, s.subjects, s.sessions, s.sessionVerbs, s.orders, s.codes, s.statistics,
		s.registrations, s.verifications, s.payments, s.refunds, s.webhooks, s.results, s.corrections, s.trail, s.exports,
	} {
		mount()
	}
	description := s.describe()
	reg.Handle(s.face, http.MethodGet, Prefix+"/openapi.json", httpd.Public, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, err := w.Write(description)
		return err
	})
}

// describe writes the OpenAPI document, once everything is registered.
func (s *server) describe() []byte {
	s.finish(s.huma.OpenAPI())
	b, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic("api: the description cannot be written: " + err.Error())
	}
	return b
}

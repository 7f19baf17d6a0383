package api

import (
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"examcode/internal/httpd"
	"examcode/internal/store"
)

const webhookPath = "/webhooks/{provider}"

// maxNotice is the most bytes a provider's notice may have.
const maxNotice = 64 << 10

// webhooks takes the notices of payment providers. Nobody signs in here: a notice
// proves itself by its signature, over the bytes as they are, and is answered with
// success after what it changed is committed.
func (s *server) webhooks() {
	face := *s.face
	face.MaxBody = maxNotice
	face.Identify = func(*http.Request) (store.Identity, string, error) { return store.Identity{}, "", nil }
	s.reg.Handle(&face, http.MethodPost, Prefix+webhookPath, httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			if isTooLarge(err) {
				return err
			}
			return httpd.ErrMalformed.Wrap(err)
		}
		if _, err := s.Actions.HearProvider(r.Context(), r.PathValue("provider"), r.Header.Values, raw); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err = w.Write([]byte(`{"received":true}` + "\n"))
		return err
	})
}

// webhookItem describes the one call that is for payment providers.
func webhookItem(refused *huma.Response) *huma.PathItem {
	object := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}}
	return &huma.PathItem{Post: &huma.Operation{
		OperationID: "post-webhooks-provider", Summary: "A payment provider's notice, signed by it", Tags: []string{"webhooks"}, Security: []map[string][]string{},
		Description: "For: payment providers. A notice is kept once, by its id; what it is about is then asked of the provider. Any other answer than success means: send it again.",
		Parameters:  []*huma.Param{{Name: "provider", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		RequestBody: &huma.RequestBody{Required: true, Content: object},
		Responses:   map[string]*huma.Response{"200": {Description: "OK", Content: object}, "default": refused},
	}}
}

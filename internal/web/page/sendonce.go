package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"

	"examcode/internal/action"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/web/view"
)

// sent is what is kept of a form's first sending.
type sent struct {
	Landing
	Cookies []string `json:"cookies,omitempty"` // set with the redirect: the notice
}

// SendOnce makes a form's handler do what it does once for each form that
// carries a once-key, without the handler knowing: a second sending waits for
// the first and gets its redirect. Where the first one showed a page instead
// (something was refused), the second leads back to where the form was. A
// handler that calls Once itself is not given to it.
func (k *Kit) SendOnce(h httpd.Handler) httpd.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := ReadForm(r)
		if err != nil {
			return err
		}
		if f.Get(OnceField) == "" {
			return h(w, r)
		}
		key, asked := "form:"+f.Get(OnceField), sha256.Sum256([]byte(r.URL.Path))
		ctx, known, err := k.claim(r.Context(), r, key, asked[:])
		if err != nil {
			return err
		}
		if known.Status != 0 {
			var first sent
			if err := json.Unmarshal(known.Answer, &first); err != nil {
				return err
			}
			for _, c := range first.Cookies {
				w.Header().Add("Set-Cookie", c)
			}
			return k.Land(w, r, first.Landing)
		}
		out := &held{header: http.Header{}}
		err = h(out, r.WithContext(ctx))
		k.keepFirst(ctx, r, key, out, err)
		if err != nil {
			return err
		}
		return out.send(w)
	}
}

// keepFirst stores how the first sending ended. What may be tried again with
// the same form, because nothing was done, is not kept.
func (k *Kit) keepFirst(ctx context.Context, r *http.Request, key string, out *held, err error) {
	who, free := httpd.From(r.Context()).Actor(), context.WithoutCancel(ctx)
	first, status := sent{Landing: Landing{To: out.header.Get("Location")}, Cookies: out.header.Values("Set-Cookie")}, out.status
	if err != nil || status != http.StatusSeeOther {
		if err != nil && !action.Lasting(err) {
			if released := k.Actions.ReleaseKey(free, who, key); released != nil {
				k.Registry.Log.Error("form key not released", "path", r.URL.Path, "error", released)
			}
			return
		}
		if err != nil {
			status = httpd.Status(fault.Of(err))
		}
		first = sent{Landing: Landing{To: back(r), Kind: view.Attention, Text: httpd.From(r.Context()).Locale.T("form.sent_twice")}}
	}
	answer, _ := json.Marshal(first)
	if kept := k.Actions.KeepAnswer(free, who, key, status, answer); kept != nil {
		k.Registry.Log.Error("form answer not kept", "path", r.URL.Path, "error", kept)
	}
}

// held is an answer that is not sent yet.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header { return h.header }

func (h *held) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}

func (h *held) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *held) send(w http.ResponseWriter) error {
	for name, values := range h.header {
		for _, v := range values {
			w.Header().Add(name, v)
		}
	}
	h.WriteHeader(http.StatusOK)
	w.WriteHeader(h.status)
	_, err := w.Write(h.body.Bytes())
	return err
}

package page

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"examcode/internal/action"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// OnceField carries a form's once-key: however often the form is sent, what it
// asks for is done once, and every sending is answered alike.
const OnceField = "once"

// NewOnce makes a form's once-key.
func NewOnce() view.Pair { return view.Pair{Name: OnceField, Value: rand.Text()} }

// Landing is where a form leads, with the notice that says what was done.
type Landing struct {
	To   string `json:"to"`
	Kind string `json:"kind,omitempty"`
	Text string `json:"text,omitempty"`
}

// patience is how long the second sending of a form waits for the first.
const patience = 5 * time.Second

// Once does what a form asks for and redirects. Every further sending of the
// form, changed or not, gets the first one's answer; where that was a refusal it
// leads back to again. The refusal itself is returned and shown by the caller.
func (k *Kit) Once(w http.ResponseWriter, r *http.Request, f *Form, again string, do func(ctx context.Context) (Landing, error)) error {
	who, key := httpd.From(r.Context()).Actor(), "form:"+f.Get(OnceField)
	if f.Get(OnceField) == "" {
		key = "form:" + rand.Text()
	}
	asked := sha256.Sum256([]byte(r.URL.Path))
	ctx, known, err := k.claim(r.Context(), r, key, asked[:])
	if err != nil {
		return err
	}
	var to Landing
	if known.Status != 0 {
		if err := json.Unmarshal(known.Answer, &to); err != nil {
			return err
		}
		return k.Land(w, r, to)
	}
	to, err = do(ctx)
	keep, status := to, http.StatusSeeOther
	if err != nil {
		if !action.Lasting(err) {
			if free := k.Actions.ReleaseKey(context.WithoutCancel(ctx), who, key); free != nil {
				k.Registry.Log.Error("form key not released", "path", r.URL.Path, "error", free)
			}
			return err
		}
		keep, status = Landing{To: again, Kind: view.Attention, Text: httpd.From(r.Context()).Locale.T("form.sent_before")}, httpd.Status(fault.Of(err))
	}
	answer, _ := json.Marshal(keep)
	if kept := k.Actions.KeepAnswer(context.WithoutCancel(ctx), who, key, status, answer); kept != nil {
		k.Registry.Log.Error("form answer not kept", "path", r.URL.Path, "error", kept)
	}
	if err != nil {
		return err
	}
	return k.Land(w, r, to)
}

// claim claims the key, waiting a little for a first sending that still runs.
func (k *Kit) claim(ctx context.Context, r *http.Request, key string, asked []byte) (context.Context, store.Remembered, error) {
	waited := time.Duration(0)
	for {
		with, known, err := k.Actions.Remember(ctx, httpd.From(r.Context()).Actor(), key, asked)
		if !errors.Is(err, action.ErrKeyRunning) || waited >= patience {
			return with, known, err
		}
		const pause = 100 * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx, known, ctx.Err()
		case <-time.After(pause):
			waited += pause
		}
	}
}

// Land redirects after a change.
func (k *Kit) Land(w http.ResponseWriter, r *http.Request, to Landing) error {
	if to.Text != "" {
		k.Registry.SetNotice(w, httpd.Notice{Kind: to.Kind, Text: to.Text})
	}
	http.Redirect(w, r, to.To, http.StatusSeeOther)
	return nil
}

package enterprise

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
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// onceField carries a form's once-key: however often the form is sent, what it
// asks for is done once, and every sending is answered alike.
const onceField = "once"

// newOnce makes a form's once-key.
func newOnce() view.Pair { return view.Pair{Name: onceField, Value: rand.Text()} }

// landing is where a form leads, with the notice that says what was done.
type landing struct {
	To   string `json:"to"`
	Kind string `json:"kind,omitempty"`
	Text string `json:"text,omitempty"`
}

// patience is how long the second sending of a form waits for the first.
const patience = 5 * time.Second

// once does what a form asks for and redirects. Every further sending of the
// form, changed or not, gets the first one's answer; where that was a refusal it
// leads back to again. The refusal itself is returned and shown by the caller.
func (c console) once(w http.ResponseWriter, r *http.Request, f *page.Form, again string, do func(ctx context.Context) (landing, error)) error {
	who, key := actor(r), "form:"+f.Get(onceField)
	if f.Get(onceField) == "" {
		key = "form:" + rand.Text()
	}
	asked := sha256.Sum256([]byte(r.URL.Path))
	ctx, known, err := c.claim(r.Context(), r, key, asked[:])
	if err != nil {
		return err
	}
	var to landing
	if known.Status != 0 {
		if err := json.Unmarshal(known.Answer, &to); err != nil {
			return err
		}
		return c.land(w, r, to)
	}
	to, err = do(ctx)
	keep, status := to, http.StatusSeeOther
	if err != nil {
		if !action.Lasting(err) {
			if free := c.Actions.ReleaseKey(context.WithoutCancel(ctx), who, key); free != nil {
				c.Registry.Log.Error("form key not released", "path", r.URL.Path, "error", free)
			}
			return err
		}
		keep, status = landing{To: again, Kind: view.Attention, Text: locale(r).T("enterprise.sent_before")}, httpd.Status(fault.Of(err))
	}
	answer, _ := json.Marshal(keep)
	if kept := c.Actions.KeepAnswer(context.WithoutCancel(ctx), who, key, status, answer); kept != nil {
		c.Registry.Log.Error("form answer not kept", "path", r.URL.Path, "error", kept)
	}
	if err != nil {
		return err
	}
	return c.land(w, r, to)
}

// claim claims the key, waiting a little for a first sending that still runs.
func (c console) claim(ctx context.Context, r *http.Request, key string, asked []byte) (context.Context, store.Remembered, error) {
	waited := time.Duration(0)
	for {
		with, known, err := c.Actions.Remember(ctx, actor(r), key, asked)
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

// land redirects after a change.
func (c console) land(w http.ResponseWriter, r *http.Request, to landing) error {
	if to.Text != "" {
		c.Registry.SetNotice(w, httpd.Notice{Kind: to.Kind, Text: to.Text})
	}
	http.Redirect(w, r, to.To, http.StatusSeeOther)
	return nil
}

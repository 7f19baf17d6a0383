package enterprise

import (
	"context"
	"errors"
	"net/http"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// codeVerb is a verb on one code with its confirmation page.
type codeVerb struct {
	name string
	// allowed asks the rule whether it could be done now.
	allowed func(c exam.Code) error
	confirm func(d codeData) (title string, page view.Confirm)
	do      func(ctx context.Context, seen exam.Seen) ([]action.Outcome[exam.CodeID], error)
	done    func(d codeData) string
}

// ask shows the verb's confirmation page, or the rule's refusal.
func (c console) ask(w http.ResponseWriter, r *http.Request, v codeVerb) error {
	d, err := c.readCode(r)
	if err != nil {
		return err
	}
	return c.showConfirm(w, r, v, d, "")
}

func (c console) showConfirm(w http.ResponseWriter, r *http.Request, v codeVerb, d codeData, changed string) error {
	if err := v.allowed(d.Code.Code); err != nil {
		return err
	}
	status := http.StatusOK
	if changed != "" {
		status = http.StatusConflict
	}
	title, confirm := v.confirm(d)
	confirm.Changed, confirm.Action = changed, codeOf(d.Code.ID)+"/"+v.name
	confirm.Hidden = []view.Pair{version(d.Code.Version), page.NewOnce()}
	return c.Show(w, r, status, c.codePageOf(w, r, d, title), view.ConfirmForm(confirm))
}

// carryOut does the verb when the code is what the page said it is.
func (c console) carryOut(w http.ResponseWriter, r *http.Request, f *page.Form, v codeVerb) error {
	var d codeData
	err := c.Once(w, r, f, r.URL.Path, func(ctx context.Context) (page.Landing, error) {
		var err error
		if d, err = c.readCode(r); err != nil {
			return page.Landing{}, err
		}
		out, err := v.do(ctx, f.Seen())
		if err != nil {
			return page.Landing{}, err
		}
		if out[0].Err != nil {
			return page.Landing{}, out[0].Err
		}
		return page.Landing{To: codeOf(d.Code.ID), Kind: view.Done, Text: v.done(d)}, nil
	})
	if d.Code.ID != 0 && errors.Is(err, exam.ErrChangedMeanwhile) {
		if d, err = c.readCode(r); err != nil {
			return err
		}
		l := locale(r)
		return c.showConfirm(w, r, v, d, l.T("enterprise.codes.changed", "state", l.State("code", string(d.State)), "at", l.Instant(d.Code.Changed, d.Zone)))
	}
	return err
}

func (c console) ids(r *http.Request) []exam.CodeID {
	return []exam.CodeID{exam.ParseID[exam.CodeID](r.PathValue("id"))}
}

func (c console) regenerateVerb(r *http.Request) codeVerb {
	l, ctx := locale(r), r.Context()
	return codeVerb{
		name: "regenerate",
		allowed: func(code exam.Code) error {
			_, _, err := code.Regenerate(actor(r), "", c.Now())
			return err
		},
		confirm: func(d codeData) (string, view.Confirm) {
			return l.T("enterprise.regenerate.title", "tail", d.Code.Tail), view.Confirm{
				Happens: []string{l.T("enterprise.regenerate.dead"), l.T("enterprise.regenerate.no_way_back")},
				Stays:   []string{l.T("enterprise.regenerate.stays", "order", d.Code.OrderNumber, "subject", nameIn(ctx, d.Code.SubjectName), "date", l.LastDay(d.Code.Expires, d.Zone))},
				Told:    []string{l.T("enterprise.regenerate.told")},
				Verb:    l.T("enterprise.regenerate.verb"), WayOut: view.Link{Label: l.T("enterprise.regenerate.keep"), Href: codeOf(d.Code.ID)},
			}
		},
		do: func(ctx context.Context, seen exam.Seen) ([]action.Outcome[exam.CodeID], error) {
			return c.Actions.RegenerateCodes(ctx, actor(r), c.ids(r), seen)
		},
		done: func(d codeData) string { return l.T("enterprise.regenerate.done", "tail", d.Code.Tail) },
	}
}

func (c console) regeneratePage(w http.ResponseWriter, r *http.Request) error {
	return c.ask(w, r, c.regenerateVerb(r))
}

func (c console) regenerate(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	return c.carryOut(w, r, f, c.regenerateVerb(r))
}

// The choice of the unbind page: whether the code also gets a new text.
const (
	textNew  = "new"
	textKeep = "keep"
)

func (c console) unbindVerb(r *http.Request, f *page.Form) codeVerb {
	l, ctx, newText := locale(r), r.Context(), f.Get("text") != textKeep
	return codeVerb{
		name: "unbind",
		allowed: func(code exam.Code) error {
			_, _, err := code.Unbind(actor(r), c.Now())
			return err
		},
		confirm: func(d codeData) (string, view.Confirm) {
			choice := f.Choice(view.Choice{Name: "text", Label: l.T("confirm.choice"), Hint: l.T("enterprise.unbind.knows", "name", d.Code.HolderName), Options: []view.Option{
				{Value: textNew, Label: l.T("enterprise.unbind.new_text")}, {Value: textKeep, Label: l.T("enterprise.unbind.keep_text")},
			}})
			return l.T("enterprise.unbind.title", "tail", d.Code.Tail, "name", d.Code.HolderName), view.Confirm{
				Happens: []string{
					l.T("enterprise.unbind.cancelled", "subject", nameIn(ctx, d.Code.SubjectName), "name", d.Code.HolderName),
					l.T("enterprise.unbind.unused", "order", d.Code.OrderNumber, "date", l.LastDay(d.Code.Expires, d.Zone)),
				},
				Stays:  []string{l.T("enterprise.unbind.no_refund")},
				Told:   []string{l.T("enterprise.unbind.told", "name", d.Code.HolderName)},
				Choice: &choice,
				Verb:   l.T("enterprise.unbind.verb"), WayOut: view.Link{Label: l.T("enterprise.unbind.keep"), Href: codeOf(d.Code.ID)},
			}
		},
		do: func(ctx context.Context, seen exam.Seen) ([]action.Outcome[exam.CodeID], error) {
			return c.Actions.UnbindCodes(ctx, actor(r), c.ids(r), newText, seen)
		},
		done: func(d codeData) string {
			key := "enterprise.unbind.done"
			if newText {
				key = "enterprise.unbind.done_new"
			}
			return l.T(key, "tail", d.Code.Tail, "name", d.Code.HolderName)
		},
	}
}

func (c console) unbindPage(w http.ResponseWriter, r *http.Request) error {
	return c.ask(w, r, c.unbindVerb(r, page.NewForm("text", textNew)))
}

func (c console) unbind(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	return c.carryOut(w, r, f, c.unbindVerb(r, f))
}

// revealPage says that looking is recorded; only a fresh sign-in gets there.
func (c console) revealPage(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	d, err := c.readCode(r)
	if err != nil {
		return err
	}
	l := locale(r)
	confirm := view.Confirm{Safe: true, Action: codeOf(d.Code.ID) + "/reveal",
		Happens: []string{l.T("enterprise.reveal.shown"), l.T("enterprise.reveal.recorded")},
		Stays:   []string{l.T("enterprise.reveal.stays")},
		Verb:    l.T("enterprise.codes.reveal"), WayOut: view.Link{Label: l.T("enterprise.reveal.not"), Href: codeOf(d.Code.ID)},
	}
	return c.Show(w, r, http.StatusOK, c.codePageOf(w, r, d, l.T("enterprise.reveal.title", "tail", d.Code.Tail)), view.ConfirmForm(confirm))
}

// reveal shows the text once, on the answer to the form itself: it is in no
// address and in no cache.
func (c console) reveal(w http.ResponseWriter, r *http.Request) error {
	if !httpd.From(r.Context()).Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	text, err := c.Actions.RevealCode(r.Context(), actor(r), exam.ParseID[exam.CodeID](r.PathValue("id")))
	if err != nil {
		return err
	}
	d, err := c.readCode(r)
	if err != nil {
		return err
	}
	p := c.codePageOf(w, r, d, locale(r).T("enterprise.reveal.done_title"))
	p.Badge = [2]string{"code", string(d.State)}
	return c.Show(w, r, http.StatusOK, p, revealedPage(d, text.Reveal()))
}

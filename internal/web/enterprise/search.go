package enterprise

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// search leads from what was typed into the frame's field to the thing itself: a
// code by its text or its last four symbols, an order by its number. What is not
// exactly one thing is looked for in the list of codes.
func (c console) search(w http.ResponseWriter, r *http.Request) error {
	ctx, a, q := r.Context(), actor(r), strings.TrimSpace(r.URL.Query().Get("q"))
	number := strings.ToUpper(q)
	found, err := c.Store.Orders(ctx, a.Account, store.OrderFilter{Number: number}, c.Now(), store.Page{Limit: 1})
	switch {
	case err != nil:
		return err
	case q == "":
		return c.Land(w, r, page.Landing{To: home})
	case len(found.Items) == 1:
		return c.Land(w, r, page.Landing{To: orderOf(found.Items[0].ID)})
	case strings.HasPrefix(number, "EC-") || !a.Has(exam.ViewCodes):
		return c.Land(w, r, page.Landing{To: orders + "?number=" + url.QueryEscape(number)})
	}
	list := page.Landing{To: codes + "?code=" + url.QueryEscape(q)}
	if t, ok := tail(q); ok {
		rows, err := c.Store.Codes(ctx, a.Account, store.CodeFilter{Tail: t}, c.Now(), store.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(rows.Items) == 1 && rows.Older == 0 {
			list.To = codeOf(rows.Items[0].ID)
		}
		return c.Land(w, r, list)
	}
	id, replaced, err := c.Actions.FindCode(ctx, a, q)
	switch {
	case errors.Is(err, fault.ErrNotFound), errors.Is(err, codetext.ErrMistyped):
		return c.Land(w, r, list)
	case err != nil:
		return err
	}
	list.To = codeOf(id)
	if replaced {
		list.Kind, list.Text = view.Attention, locale(r).T("enterprise.codes.replaced")
	}
	return c.Land(w, r, list)
}

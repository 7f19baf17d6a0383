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
// code by its text or its last four symbols, an order by its number, a code by who
// holds it. What is not exactly one thing is looked for in the list of codes.
func (c console) search(w http.ResponseWriter, r *http.Request) error {
	ctx, a, q := r.Context(), actor(r), strings.TrimSpace(r.URL.Query().Get("q"))
	number := orderNumber(q)
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
	if tail, ok := codetext.ParseTail(q); ok {
		rows, err := c.Store.Codes(ctx, a.Account, store.CodeFilter{Tail: tail}, c.Now(), store.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(rows.Items) > 0 {
			return c.searchFor(w, r, store.CodeFilter{Tail: tail}, codes+"?code="+tail)
		}
		return c.searchFor(w, r, store.CodeFilter{Holder: q}, codes+"?holder="+url.QueryEscape(q)) // "Li Na" reads as an end, too
	}
	id, replaced, err := c.Actions.FindCode(ctx, a, q)
	to := page.Landing{To: codeOf(id)}
	switch {
	case errors.Is(err, codetext.ErrMistyped):
		return c.searchFor(w, r, store.CodeFilter{Holder: q}, codes+"?holder="+url.QueryEscape(q))
	case errors.Is(err, fault.ErrNotFound):
		to.To = codes + "?code_id=" + unknown
	case err != nil:
		return err
	case replaced:
		to.Kind, to.Text = view.Attention, locale(r).T("enterprise.codes.replaced")
	}
	return c.Land(w, r, to)
}

// searchFor leads to the one code that a filter finds, or to the list of those
// it finds. What was perhaps meant as a whole text is not repeated in an address
// when it finds nothing.
func (c console) searchFor(w http.ResponseWriter, r *http.Request, f store.CodeFilter, list string) error {
	rows, err := c.Store.Codes(r.Context(), actor(r).Account, f, c.Now(), store.Page{Limit: 1})
	to := page.Landing{To: list}
	switch {
	case err != nil:
		return err
	case len(rows.Items) == 1 && rows.Older == 0:
		to.To = codeOf(rows.Items[0].ID)
	case len(rows.Items) == 0 && codetext.MeantWhole(f.Holder):
		to = page.Landing{To: codes, Kind: view.Attention, Text: locale(r).Fault(codetext.ErrMistyped)}
	}
	return c.Land(w, r, to)
}

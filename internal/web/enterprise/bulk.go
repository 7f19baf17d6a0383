package enterprise

import (
	"context"
	"errors"
	"net/http"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// bulkData is a verb on many codes: what it will do, how far it is, or what
// became of it.
type bulkData struct {
	Bulk     exam.Bulk
	States   map[string]int // as the codes were frozen
	Outcomes map[string]int
}

// fit is how many of the frozen codes the verb can be done to.
func (d bulkData) fit() int { return d.States[string(d.Bulk.Verb.Needs())] }

func bulkOf(id exam.BulkID) string { return bulks + "/" + id.String() }

// partsAtOnce is how much of a bulk is done before its page is shown; the worker
// does the rest.
const partsAtOnce = 2

// draftBulk freezes the ticked codes, or all of the filter, and leads to the page
// that says what will happen to them.
func (c console) draftBulk(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	var (
		ids    []exam.CodeID
		filter store.CodeFilter
	)
	if f.Get("scope") == "all" {
		d, err := c.readCodeFilter(r, f)
		if err != nil {
			return err
		}
		if d.Form.Refused() != nil {
			return d.Form.Refused()
		}
		filter = d.Filter
	} else {
		for _, text := range f.Values["ids"] {
			ids = append(ids, filtered(exam.ParseID[exam.CodeID](text), text))
		}
		if len(ids) == 0 {
			return c.Go(w, r, listOf(f), view.Attention, "enterprise.bulk.tick")
		}
	}
	b, err := c.Actions.DraftBulk(r.Context(), actor(r), exam.BulkVerb(r.URL.Query().Get("verb")), filter, ids)
	if errors.Is(err, exam.ErrBulkEmpty) || errors.Is(err, exam.ErrBulkLarge) {
		return c.Land(w, r, page.Landing{To: listOf(f), Kind: view.Attention, Text: locale(r).Fault(fault.Of(err))})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, bulkOf(b.ID), http.StatusSeeOther)
	return nil
}

func (c console) readBulk(r *http.Request) (d bulkData, err error) {
	ctx := r.Context()
	if d.Bulk, err = c.Store.Bulk(ctx, actor(r).Account, exam.ParseID[exam.BulkID](r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.States, err = c.Store.BulkStates(ctx, d.Bulk.ID); err == nil {
		d.Outcomes, err = c.Store.BulkOutcomes(ctx, d.Bulk.ID)
	}
	return d, err
}

func (c console) bulk(w http.ResponseWriter, r *http.Request) error {
	d, err := c.readBulk(r)
	if err != nil {
		return err
	}
	ctx, key := r.Context(), "enterprise.bulk."+string(d.Bulk.Verb)
	title, content := view.T(ctx, key+".title", "count", d.fit(), "total", d.Bulk.Total), bulkDraftPage(d)
	if d.Bulk.State != exam.BulkDraft {
		title, content = view.T(ctx, key+"."+string(d.Bulk.State), "n", d.Outcomes[store.OutcomeDone]), bulkPage(d)
	}
	p := c.Page(w, r, codes, title)
	p.Narrow, p.Primary = true, nil
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.nav.codes"), Href: codes}}
	return c.Show(w, r, http.StatusOK, p, content)
}

// beginBulk confirms the verb and does its first parts. Sent again, it leads to
// the same page.
func (c console) beginBulk(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	b, err := c.Actions.BeginBulk(r.Context(), actor(r), exam.ParseID[exam.BulkID](r.PathValue("id")), f.Get("text") != textKeep)
	if err != nil {
		return err
	}
	if err := c.Actions.RunBulk(context.WithoutCancel(r.Context()), b.ID, partsAtOnce); err != nil {
		c.Registry.Log.Warn("the worker will go on", "bulk", b.ID, "error", err) // it is confirmed, and owed
	}
	http.Redirect(w, r, bulkOf(b.ID), http.StatusSeeOther)
	return nil
}

// becameWord says what became of a code.
func becameWord(ctx context.Context, outcome string) string {
	switch outcome {
	case store.OutcomeDone:
		return view.T(ctx, "enterprise.bulk.done")
	case "":
		return view.T(ctx, "enterprise.bulk.open")
	}
	return lang.From(ctx).Fault(fault.Reason(outcome))
}

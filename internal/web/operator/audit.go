package operator

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"examcode/internal/exam"
	"examcode/internal/store"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

type auditData struct {
	Kind     exam.EventKind
	Entries  []view.Entry
	Accounts []string // whose trail it is, beside each entry
	Pager    view.Pager
}

func (c console) audit(w http.ResponseWriter, r *http.Request) error {
	var d auditData
	if k := exam.EventKind(r.URL.Query().Get("kind")); slices.Contains(exam.EventKinds, k) {
		d.Kind = k
	}
	rows, err := c.Store.Trail(r.Context(), 0, d.Kind, page.ListPage(r))
	if err != nil {
		return err
	}
	names, err := c.Store.AccountNames(r.Context(), accountsOf(rows.Items)...)
	if err != nil {
		return err
	}
	d.Entries, d.Pager = page.Entries(r, rows.Items, nil), page.Pager(r, rows, "")
	for _, e := range rows.Items {
		d.Accounts = append(d.Accounts, names[e.Account])
	}
	return c.Show(w, r, http.StatusOK, c.Page(w, r, pathAudit, t(r, "operator.nav.audit")), auditPage(d))
}

func accountsOf(trail []store.TrailEntry) []exam.AccountID {
	var ids []exam.AccountID
	for _, e := range trail {
		if e.Account != 0 {
			ids = append(ids, e.Account)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (d auditData) filters(ctx context.Context) view.Filters {
	kinds := view.Choice{Name: "kind", Label: view.T(ctx, "operator.audit.kind"), Blank: view.T(ctx, "operator.audit.every")}
	for _, k := range exam.EventKinds {
		kinds.Options = append(kinds.Options, view.Option{Value: string(k), Label: view.T(ctx, "operator.audit."+string(k)), Chosen: k == d.Kind})
	}
	return view.Filters{Action: pathAudit, Reset: pathAudit, Fields: []templ.Component{view.Select(kinds)}, Active: len(d.chips(ctx))}
}

func (d auditData) chips(ctx context.Context) []view.Chip {
	if d.Kind == "" {
		return nil
	}
	return []view.Chip{{Label: view.T(ctx, "operator.audit.chip", "name", view.T(ctx, "operator.audit."+string(d.Kind))), Remove: pathAudit}}
}

func (d auditData) listing(ctx context.Context) view.Listing {
	l := view.Listing{Caption: view.T(ctx, "operator.nav.audit"), Columns: []view.Column{
		{Label: view.T(ctx, "operator.audit.what")}, {Label: view.T(ctx, "operator.audit.account")}, {Label: view.T(ctx, "operator.audit.at")},
		{Label: view.T(ctx, "operator.audit.channel")}, {Label: view.T(ctx, "operator.audit.reference")},
	}}
	for i, e := range d.Entries {
		var ref templ.Component
		if e.Ref != "" {
			ref = view.Mono(e.Ref, "")
		}
		l.Rows = append(l.Rows, view.Row{Cells: cells{view.Text(e.Text), optional(d.Accounts[i]), view.Time(e.At, e.Zone), view.Text(e.Channel), ref}})
	}
	return l
}

func (d auditData) empty(ctx context.Context) view.Empty {
	e := view.Empty{Icon: "list-details", Text: view.T(ctx, "operator.audit.none")}
	if d.Kind != "" {
		e.Text, e.Action = view.T(ctx, "operator.audit.none_match"), &view.Link{Label: view.T(ctx, "list.clear"), Href: pathAudit}
	}
	return e
}

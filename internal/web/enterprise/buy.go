package enterprise

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/pay"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

// sandbox is the provider whose outcome can be chosen.
const sandbox = "sandbox"

// simulations are the outcomes the sandbox plays, as the form sends them.
var simulations = []string{"succeed", "decline", "unknown", "late"}

// payment is the choice of a way to pay.
type payment struct {
	Ways []string
	Form *page.Form
}

func (c console) payment(f *page.Form) payment {
	ways := c.Actions.WaysToPay()
	if f.Get("provider") == "" && len(ways) > 0 {
		f.Set("provider", ways[0])
	}
	if f.Get("simulate") == "" {
		f.Set("simulate", simulations[0])
	}
	return payment{Ways: ways, Form: f}
}

// chosen reads the way to pay. Refusals: provider_unknown, simulate_unknown.
func (c console) chosen(f *page.Form) (provider, simulate string, err error) {
	provider, simulate = f.Get("provider"), f.Get("simulate")
	switch {
	case !slices.Contains(c.Actions.WaysToPay(), provider):
		return "", "", exam.ErrProviderUnknown.On("provider")
	case provider != sandbox || simulate == "" || simulate == simulations[0]:
		return provider, "", nil
	case !slices.Contains(simulations, simulate):
		return "", "", pay.ErrSimulate.With("word", simulate).On("simulate")
	}
	return provider, simulate, nil
}

// purchase is what E4 shows.
type purchase struct {
	offer
	payment
	Quantity   int
	Conditions conditions
	Account    string
	Buyer      string
	Changed    bool // the subject was changed while the buyer was reading
	Once       view.Pair
}

// asked reads the quantity; a refusal is shown on E3.
func (o *offer) asked(r *http.Request, text string) (int, bool) {
	o.Form.Set("quantity", text)
	n, ok := o.Form.Int("quantity")
	if !ok {
		n = 0
	}
	if err := exam.CheckQuantity(n, o.Subject); err != nil {
		o.Form.Refuse(r, err)
		return 0, false
	}
	return n, true
}

// check is E4: what is bought, by whom, for how much, and the way to pay (S3).
func (c console) check(w http.ResponseWriter, r *http.Request) error {
	o, err := c.offer(w, r)
	if o == nil {
		return err
	}
	n, ok := o.asked(r, r.URL.Query().Get("quantity"))
	if !ok {
		return c.showQuantity(w, r, *o)
	}
	return c.showCheck(w, r, http.StatusOK, purchase{offer: *o, Quantity: n}, page.NewForm())
}

func (c console) showCheck(w http.ResponseWriter, r *http.Request, status int, b purchase, f *page.Form) error {
	ctx, i := r.Context(), httpd.From(r.Context()).Identity
	s, err := c.conditions(r)
	if err != nil {
		return err
	}
	b.payment, b.Conditions, b.Account, b.Buyer, b.Once = c.payment(f), s, i.Account.Name, i.Person.Name, page.NewOnce()
	p := c.Page(w, r, "", view.T(ctx, "enterprise.buy.check_title"))
	p.Narrow, p.Primary, p.Errors = true, nil, f.Errors()
	p.Breadcrumb = []view.Link{{Label: view.T(ctx, "enterprise.buy.title"), Href: subjects}, {Label: nameIn(ctx, b.Subject.Name), Href: buyOf(b.Subject.ID)}}
	return c.Show(w, r, status, p, checkPage(b))
}

// buy places the order and begins its payment, once for every once-key.
func (c console) buy(w http.ResponseWriter, r *http.Request) error {
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	o, err := c.offer(w, r)
	if o == nil {
		return err
	}
	n, ok := o.asked(r, f.Get("quantity"))
	if !ok {
		return c.showQuantity(w, r, *o)
	}
	b := purchase{offer: *o, Quantity: n}
	provider, simulate, err := c.chosen(f)
	if err != nil {
		f.Refuse(r, err)
		return c.showCheck(w, r, f.Status(), b, f)
	}
	err = c.Once(w, r, f, checkOf(o.Subject.ID, n), func(ctx context.Context) (page.Landing, error) {
		if f.Get("version") != version(o.Subject.Version).Value {
			return page.Landing{}, exam.ErrChangedMeanwhile
		}
		placed, err := c.Actions.BuyCodes(ctx, actor(r), o.Subject.ID, n)
		if err != nil {
			return page.Landing{}, err
		}
		return c.begin(ctx, r, placed.ID, provider, simulate)
	})
	if errors.Is(err, exam.ErrChangedMeanwhile) {
		b.Changed = true
		return c.showCheck(w, r, http.StatusConflict, b, f)
	}
	return err
}

// begin starts a payment and leads to the page that tells what became of it. The
// order stands whatever happens, so that page is the answer also when the
// payment could not be started.
func (c console) begin(ctx context.Context, r *http.Request, id exam.OrderID, provider, simulate string) (page.Landing, error) {
	to := page.Landing{To: orderOf(id) + "/result"}
	_, err := c.Actions.PayOrder(ctx, actor(r), id, provider, simulate, c.BaseURL+to.To)
	if err != nil {
		c.Registry.Log.Warn("payment not started", "order", id, "error", err)
	}
	return to, nil
}

package account

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/web/page"
	"examcode/internal/web/view"
)

const receiversPath = "/account/receivers"

// receivers is who is told about a company's affairs.
type receivers struct {
	People    map[exam.PersonID]exam.Person
	Roots     []exam.Person
	Receivers []exam.Receiver
	Mine      bool // the reader may change them
}

// receivers reads the people of the reader's company and its receivers.
func (c *console) receivers(r *http.Request) (receivers, error) {
	who := httpd.From(r.Context()).Actor()
	d := receivers{People: map[exam.PersonID]exam.Person{}, Mine: who.Role == exam.Root}
	people, err := c.Store.People(r.Context(), who.Account)
	if err != nil {
		return d, err
	}
	for _, p := range people {
		d.People[p.ID] = p
		if p.Role == exam.Root && p.Suspended.IsZero() {
			d.Roots = append(d.Roots, p)
		}
	}
	d.Receivers, err = c.Store.Receivers(r.Context(), who.Account)
	return d, err
}

func (c *console) receiversPage(w http.ResponseWriter, r *http.Request) error {
	d, err := c.receivers(r)
	if err != nil {
		return err
	}
	p := c.page(w, r, "/messages", "receiver.title")
	p.Sub, p.Narrow = view.T(r.Context(), "receiver.about"), false
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.messages"), Href: "/messages"}}
	if d.Mine {
		p.Actions = []view.Verb{{Label: view.T(r.Context(), "receiver.add_address"), Href: receiversPath + "/new", Icon: "plus", Primary: true},
			{Label: view.T(r.Context(), "receiver.add_member"), Href: receiversPath + "/new?of=member"}}
	}
	return c.Show(w, r, http.StatusOK, p, receiversContent(d))
}

// rootOnly refuses everybody who may not change receivers, and asks for the
// password again where it was given too long ago.
func (c *console) rootOnly(r *http.Request) error {
	req := httpd.From(r.Context())
	if err := exam.NeedRight(req.Actor(), 0); err != nil {
		return err
	}
	if req.Actor().Role != exam.Root {
		return exam.ErrNotAllowed
	}
	if !req.Fresh(c.Now()) {
		return httpd.ErrNotFresh
	}
	return nil
}

func (c *console) newReceiverPage(w http.ResponseWriter, r *http.Request) error {
	if err := c.rootOnly(r); err != nil {
		return err
	}
	f := page.NewForm("of", r.URL.Query().Get("of"), "lang", string(httpd.From(r.Context()).Locale.Lang))
	f.Values["category"] = []string{"orders", "expiry"}
	return c.showNewReceiver(w, r, f)
}

func (c *console) showNewReceiver(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	key, people := "receiver.add_address", []view.Option(nil)
	if f.Get("of") == "member" {
		key = "receiver.add_member"
		d, err := c.receivers(r)
		if err != nil {
			return err
		}
		for _, p := range d.People {
			named := slices.ContainsFunc(d.Receivers, func(v exam.Receiver) bool { return v.Person == p.ID })
			if p.Role != exam.Root && p.Suspended.IsZero() && !named {
				people = append(people, view.Option{Value: p.ID.String(), Label: p.Name + " · " + p.Email})
			}
		}
		slices.SortFunc(people, func(a, b view.Option) int { return strings.Compare(a.Label, b.Label) })
	}
	p := c.receiverForm(w, r, f, key)
	p.Back = receiversPath + "/new"
	return c.Show(w, r, f.Status(), p, newReceiverContent(f, people))
}

func (c *console) receiverForm(w http.ResponseWriter, r *http.Request, f *page.Form, key string, pairs ...any) view.Page {
	p := c.page(w, r, "/messages", key, pairs...)
	p.Errors = f.Errors()
	p.Breadcrumb = []view.Link{{Label: view.T(r.Context(), "account.messages"), Href: "/messages"}, {Label: view.T(r.Context(), "receiver.title"), Href: receiversPath}}
	return p
}

// typed is the receiver that a form describes.
func typed(f *page.Form) exam.Receiver {
	return exam.Receiver{Email: f.Text("email"), Person: exam.ParseID[exam.PersonID](f.Get("person")), Label: f.Text("label"), Lang: f.Get("lang"), Categories: f.Values["category"]}
}

func (c *console) newReceiver(w http.ResponseWriter, r *http.Request) error {
	if err := c.rootOnly(r); err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	err = c.Once(w, r, f, receiversPath, func(ctx context.Context) (page.Landing, error) {
		in := typed(f)
		if f.Get("of") == "member" {
			in.Email = ""
			if in.Person == 0 {
				return page.Landing{}, exam.ErrReceiverStranger.On("person")
			}
		} else {
			in.Person = 0
		}
		v, err := c.Actions.AddReceiver(ctx, httpd.From(ctx).Actor(), in)
		key := "receiver.added"
		if v.Email != "" {
			key = "receiver.asked"
		}
		return page.Landing{To: receiversPath, Kind: view.Done, Text: view.T(ctx, key, "email", v.Email)}, err
	})
	return c.formAgain(w, r, f, err, c.showNewReceiver)
}

// formAgain shows the form once more with what was refused about it.
func (c *console) formAgain(w http.ResponseWriter, r *http.Request, f *page.Form, err error, show func(http.ResponseWriter, *http.Request, *page.Form) error) error {
	if err == nil || !f.Refuse(r, err) {
		return err
	}
	return show(w, r, f)
}

// receiver reads the receiver of the path, one that is still there.
func (c *console) receiver(r *http.Request) (exam.Receiver, error) {
	if err := c.rootOnly(r); err != nil {
		return exam.Receiver{}, err
	}
	v, err := c.Store.Receiver(r.Context(), httpd.From(r.Context()).Actor().Account, exam.ParseID[exam.ReceiverID](r.PathValue("id")))
	if err == nil && v.State == exam.ReceiverRemoved {
		err = exam.ErrReceiverGone
	}
	return v, err
}

func (c *console) receiverPage(w http.ResponseWriter, r *http.Request) error {
	v, err := c.receiver(r)
	if err != nil {
		return err
	}
	f := page.NewForm("label", v.Label, "lang", v.Lang)
	f.Values["category"] = v.Categories
	return c.showReceiver(w, r, f, v)
}

func (c *console) showReceiver(w http.ResponseWriter, r *http.Request, f *page.Form, v exam.Receiver) error {
	name, err := c.nameOf(r, v)
	if err != nil {
		return err
	}
	p := c.receiverForm(w, r, f, "receiver.change.title", "name", name)
	return c.Show(w, r, f.Status(), p, receiverContent(f, v))
}

// nameOf is how the account knows a receiver.
func (c *console) nameOf(r *http.Request, v exam.Receiver) (string, error) {
	if v.Person == 0 {
		return v.Email, nil
	}
	p, err := c.Store.Person(r.Context(), v.Person)
	return p.Name, err
}

func (c *console) changeReceiver(w http.ResponseWriter, r *http.Request) error {
	v, err := c.receiver(r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(f.Get("version"), 10, 64)
	err = c.Once(w, r, f, receiversPath, func(ctx context.Context) (page.Landing, error) {
		_, err := c.Actions.ChangeReceiver(ctx, httpd.From(ctx).Actor(), v.ID, version, typed(f))
		return page.Landing{To: receiversPath, Kind: view.Done, Text: view.T(ctx, "receiver.changed")}, err
	})
	return c.formAgain(w, r, f, err, func(w http.ResponseWriter, r *http.Request, f *page.Form) error { return c.showReceiver(w, r, f, v) })
}

func (c *console) removeReceiverPage(w http.ResponseWriter, r *http.Request) error {
	v, err := c.receiver(r)
	if err != nil {
		return err
	}
	name, err := c.nameOf(r, v)
	if err != nil {
		return err
	}
	p := c.receiverForm(w, r, page.NewForm(), "receiver.remove.title", "name", name)
	return c.Show(w, r, http.StatusOK, p, removeReceiverContent(v))
}

func (c *console) removeReceiver(w http.ResponseWriter, r *http.Request) error {
	v, err := c.receiver(r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(f.Get("version"), 10, 64)
	return c.Once(w, r, f, receiversPath, func(ctx context.Context) (page.Landing, error) {
		_, err := c.Actions.RemoveReceiver(ctx, httpd.From(ctx).Actor(), v.ID, version)
		return page.Landing{To: receiversPath, Kind: view.Done, Text: view.T(ctx, "receiver.removed")}, err
	})
}

func (c *console) askReceiver(w http.ResponseWriter, r *http.Request) error {
	v, err := c.receiver(r)
	if err != nil {
		return err
	}
	f, err := page.ReadForm(r)
	if err != nil {
		return err
	}
	return c.Once(w, r, f, receiversPath, func(ctx context.Context) (page.Landing, error) {
		_, err := c.Actions.AskReceiver(ctx, httpd.From(ctx).Actor(), v.ID)
		return page.Landing{To: receiversPath, Kind: view.Done, Text: view.T(ctx, "receiver.asked", "email", v.Email)}, err
	})
}

package account

import (
	"net/http"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/web/view"
)

// Links in mails are opened by people, by their programs and by what scans their
// mail: looking changes nothing, the button does. The token is in the address
// alone, and the pages send no referrer to anywhere else.

// agreement is what an address is asked.
type agreement struct {
	Receiver exam.Receiver
	Account  string
	Token    string
	Done     bool
}

func (c *console) agreePage(w http.ResponseWriter, r *http.Request) error {
	v, account, err := c.Actions.Asked(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return c.showAgreement(w, r, agreement{v, account, r.PathValue("token"), v.State == exam.ReceiverActive})
}

func (c *console) agree(w http.ResponseWriter, r *http.Request) error {
	v, account, err := c.Actions.Agree(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return c.showAgreement(w, r, agreement{v, account, r.PathValue("token"), true})
}

func (c *console) showAgreement(w http.ResponseWriter, r *http.Request, a agreement) error {
	key := "receiver.agree.title"
	if a.Done {
		key = "receiver.agree.done"
	}
	p := c.page(w, r, "", key, "account", a.Account)
	p.Back = "/"
	return c.Show(w, r, http.StatusOK, p, agreementContent(a))
}

func (c *console) stopPage(w http.ResponseWriter, r *http.Request) error {
	s, err := c.Actions.Stoppable(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return c.showStop(w, r, s)
}

// stop also answers the mail programs that stop mails with one request (RFC 8058).
func (c *console) stop(w http.ResponseWriter, r *http.Request) error {
	s, err := c.Actions.StopMail(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	s.Stopped = true
	return c.showStop(w, r, s)
}

func (c *console) showStop(w http.ResponseWriter, r *http.Request, s action.Stoppable) error {
	key := "receiver.stop.title"
	if s.Stopped {
		key = "receiver.stop.done"
	}
	p := c.page(w, r, "", key)
	p.Back = "/"
	return c.Show(w, r, http.StatusOK, p, stopContent(s, r.PathValue("token"), view.T(r.Context(), "account.messages.category."+s.Category)))
}

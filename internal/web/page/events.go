package page

import (
	"net/http"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/money"
	"examcode/internal/store"
	"examcode/internal/web/view"
)

// Entries turns a trail into the sentences of a timeline. People of other
// accounts stay unnamed unless the reader is staff.
func Entries(r *http.Request, trail []store.TrailEntry, zone *time.Location) []view.Entry {
	req := httpd.From(r.Context())
	l := req.Locale
	entries := make([]view.Entry, len(trail))
	for i, e := range trail {
		args := []any{"who", who(req, e)}
		for k, v := range e.Data {
			switch k {
			case "starts_at", "from_starts_at", "expires_at":
				if t, err := time.Parse(time.RFC3339, text(v)); err == nil {
					v = l.Instant(t, zone)
				}
			case "reason":
				if v = l.Fault(fault.Reason(text(v))); e.Kind == exam.EventVerificationRejected {
					v = l.T("reject." + text(e.Data["reason"]))
				}
			case "outcome":
				v = l.State("result", text(v))
			case "tail", "new_tail":
				v = codetext.Mask(text(v))
			case "state", "from", "to":
				v = text(v)
			case "quantity", "count", "score", "seats":
				v = l.Number(number(v))
			case "total":
				v = l.Money(money.Amount{Minor: number(v), Currency: text(e.Data["currency"])})
			}
			args = append(args, k, v)
		}
		key := "event." + string(e.Kind)
		if e.Kind == exam.EventPaymentUpdated {
			key += "." + text(e.Data["state"])
		}
		entries[i] = view.Entry{ID: e.ID.String(), Icon: icons[e.Kind], Text: view.T(r.Context(), key, args...), At: e.At, Zone: zone,
			Channel: channel(r, e), Ref: e.Request, Refused: e.Kind == exam.EventCodeRedeemRefused}
	}
	return entries
}

func who(req *httpd.Request, e store.TrailEntry) string {
	a := req.Actor()
	switch {
	case e.Actor == 0 && e.Channel == exam.Schedule:
		return req.Locale.T("who.schedule")
	case e.Actor == 0:
		return req.Locale.T("who.system")
	case e.Actor == a.Person, e.ActorAccount == a.Account, a.Kind == exam.Operator:
		return e.ActorName
	case e.Registration != 0 && e.Account == a.Account && e.Kind != exam.EventCodeRedeemRefused && e.Kind != exam.EventCodeCompleted:
		return e.ActorName
	case e.Kind == exam.EventCodeCompleted, e.Kind == exam.EventCodeReturned, e.Kind == exam.EventVerificationApproved, e.Kind == exam.EventVerificationRejected, e.Kind == exam.EventPaymentUpdated, e.Kind == exam.EventOrderPaid:
		return req.Locale.T("who.programme")
	}
	return req.Locale.T("who.outside")
}

func channel(r *http.Request, e store.TrailEntry) string {
	if e.KeyName != "" {
		return view.T(r.Context(), "channel.key", "name", e.KeyName)
	}
	return view.T(r.Context(), "channel."+string(e.Channel))
}

var icons = map[exam.EventKind]string{
	exam.EventOrderPlaced: "shopping-cart", exam.EventOrderPaid: "circle-check", exam.EventOrderClosed: "circle-x",
	exam.EventCodeRedeemed: "link", exam.EventCodeRedeemRefused: "alert-triangle", exam.EventCodeReserved: "calendar",
	exam.EventCodeRescheduled: "calendar", exam.EventCodeReleased: "calendar", exam.EventCodeCompleted: "check",
	exam.EventCodeUnbound: "link", exam.EventCodeRegenerated: "refresh", exam.EventCodeRevealed: "eye",
	exam.EventPaymentStarted: "credit-card", exam.EventPaymentUpdated: "credit-card",
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int64 {
	switch n := v.(type) {
	case float64:
		return int64(n)
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

package page

import (
	"net/http"
	"strings"
	"time"

	"examcode/internal/codetext"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/lang"
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
		name, channel, ref := who(r, e)
		args := []any{"who", name}
		for k, v := range e.Data {
			switch k {
			case "starts_at", "from_starts_at", "expires_at":
				if t, err := time.Parse(time.RFC3339, text(v)); err == nil {
					v = l.Instant(t, zoneOf(e.Data, zone))
				}
			case "reason":
				if v = l.Fault(fault.Reason(text(v))); e.Kind == exam.EventVerificationRejected {
					v = l.T("reject." + text(e.Data["reason"]))
				}
			case "outcome", "from_outcome":
				v = l.State("result", text(v))
			case "texts":
				v = l.T("export.texts." + text(v))
			case "tail", "new_tail":
				v = codetext.Mask(text(v))
			case "categories":
				v = categories(l, text(v))
			case "state", "from", "to", "why":
				v = text(v)
			case "rights", "gained", "lost":
				v = RightsInWords(l, strings.Fields(text(v)))
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
			Channel: channel, Ref: ref, Refused: e.Kind == exam.EventCodeRedeemRefused}
	}
	return entries
}

// who names the one who did it as far as the reader may know, and the means and
// the request's reference likewise.
func who(r *http.Request, e store.TrailEntry) (name, channel, ref string) {
	req := httpd.From(r.Context())
	l := req.Locale
	channel = l.T("channel." + string(e.Channel))
	switch teller := e.WhoDid(req.Actor(), e.ActorAccount); teller {
	case exam.ByName:
		if e.KeyName != "" {
			channel = l.T("channel.key", "name", e.KeyName)
		}
		return e.ActorName, channel, e.Request
	case exam.NameOnly:
		return e.ActorName, channel, ""
	default:
		return l.T("who." + string(teller)), channel, ""
	}
}

// RightsInWords lists rights as people read them.
func RightsInWords(l lang.Locale, names []string) string {
	if len(names) == 0 {
		return l.T("right.none")
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = l.T("right." + n)
	}
	return l.List(words)
}

var icons = map[exam.EventKind]string{
	exam.EventOrderPlaced: "shopping-cart", exam.EventOrderPaid: "circle-check", exam.EventOrderClosed: "circle-x",
	exam.EventCodeRedeemed: "link", exam.EventCodeRedeemRefused: "alert-triangle", exam.EventCodeReserved: "calendar",
	exam.EventCodeRescheduled: "calendar", exam.EventCodeReleased: "calendar", exam.EventCodeCompleted: "check",
	exam.EventCodeUnbound: "link", exam.EventCodeRegenerated: "refresh", exam.EventCodeRevealed: "eye",
	exam.EventCodeSeatLost: "calendar", exam.EventCodeCorrected: "refresh", exam.EventCodeWithdrawn: "refresh",
	exam.EventRefundAsked: "arrow-back-up", exam.EventRefundHeld: "eye", exam.EventRefundApproved: "check", exam.EventRefundDeclined: "x",
	exam.EventRefundWaiting: "hourglass", exam.EventRefundDone: "arrow-back-up", exam.EventRefundRefused: "x",
	exam.EventCodeRefunding: "hourglass", exam.EventCodeRefunded: "arrow-back-up", exam.EventCodeRefundRefused: "x",
	exam.EventPaymentStarted: "credit-card", exam.EventPaymentUpdated: "credit-card",
}

// categories are the names of categories of the message centre.
func categories(l lang.Locale, words string) string {
	var names []string
	for _, c := range strings.Fields(words) {
		names = append(names, l.T("account.messages.category."+c))
	}
	return l.List(names)
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

// zoneOf is the zone of the session an event is about, else the reader's.
func zoneOf(d exam.Data, otherwise *time.Location) *time.Location {
	if name := text(d["zone"]); name != "" {
		return lang.Zone(name)
	}
	return otherwise
}

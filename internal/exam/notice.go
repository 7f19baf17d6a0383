package exam

import (
	"slices"
	"time"
)

// NoticeKind is what a person is told; also the key of its texts.
type NoticeKind string

const (
	NoticeOrderPaid            NoticeKind = "order_paid"
	NoticeRefundAsked          NoticeKind = "refund_asked"
	NoticeRefundHeld           NoticeKind = "refund_held"
	NoticeRefundDone           NoticeKind = "refund_done"
	NoticeRefundRefused        NoticeKind = "refund_refused"
	NoticeVerificationApproved NoticeKind = "verification_approved"
	NoticeVerificationRejected NoticeKind = "verification_rejected"
	NoticeRegistered           NoticeKind = "registered"
	NoticeReserved             NoticeKind = "reserved"
	NoticeRescheduled          NoticeKind = "rescheduled"
	NoticeReservationCancelled NoticeKind = "reservation_cancelled"
	NoticeUnbound              NoticeKind = "unbound"
	NoticeResult               NoticeKind = "result"
	NoticeReturned             NoticeKind = "returned"
	NoticeExportReady          NoticeKind = "export_ready"
	NoticeExportFailed         NoticeKind = "export_failed"
	NoticeOrderEnding          NoticeKind = "order_ending"
	NoticeOrderEnded           NoticeKind = "order_ended"
	NoticeExpired              NoticeKind = "expired"
	NoticeSessionSoon          NoticeKind = "session_soon"
	NoticeSessionCancelled     NoticeKind = "session_cancelled"
	NoticeSeatsLost            NoticeKind = "seats_lost"       // to the company
	NoticeResultCorrected      NoticeKind = "result_corrected" // to the examinee
	NoticeCorrected            NoticeKind = "code_corrected"   // to the company
	NoticeMemberJoined         NoticeKind = "member_joined"
	NoticeRightsChanged        NoticeKind = "rights_changed"
	NoticeMemberRemoved        NoticeKind = "member_removed"
	NoticePasswordChanged      NoticeKind = "password_changed"
	NoticeReceiversChanged     NoticeKind = "receivers_changed"
	NoticeReceiverConfirm      NoticeKind = "receiver_confirm" // to an address, by letter alone
	NoticeReceiverRemoved      NoticeKind = "receiver_removed" // to an address, by letter alone
)

// NoticeKinds is every kind, with its category in the message centre.
var NoticeKinds = map[NoticeKind]string{
	NoticeOrderPaid:            "orders",
	NoticeRefundAsked:          "orders",
	NoticeRefundHeld:           "orders",
	NoticeRefundDone:           "orders",
	NoticeRefundRefused:        "orders",
	NoticeVerificationApproved: "account",
	NoticeVerificationRejected: "account",
	NoticeRegistered:           "codes",
	NoticeReserved:             "codes",
	NoticeRescheduled:          "codes",
	NoticeReservationCancelled: "codes",
	NoticeUnbound:              "codes",
	NoticeResult:               "results",
	NoticeReturned:             "results",
	NoticeExportReady:          "files",
	NoticeExportFailed:         "files",
	NoticeOrderEnding:          "expiry",
	NoticeOrderEnded:           "expiry",
	NoticeExpired:              "expiry",
	NoticeSessionSoon:          "codes",
	NoticeSessionCancelled:     "codes",
	NoticeSeatsLost:            "codes",
	NoticeResultCorrected:      "results",
	NoticeCorrected:            "results",
	NoticeMemberJoined:         "account",
	NoticeRightsChanged:        "account",
	NoticeMemberRemoved:        "account",
	NoticePasswordChanged:      "account",
	NoticeReceiversChanged:     "account",
	NoticeReceiverConfirm:      "account",
	NoticeReceiverRemoved:      "account",
}

// NoticeCategories are the categories of the message centre, as they are shown.
var NoticeCategories = []string{"orders", "expiry", "codes", "results", "account", "files"}

// OptionalMail are the categories that a person may do without mail about. Money,
// ends and security are told by mail in any case.
var OptionalMail = []string{"codes", "results", "files"}

// mandatory are kinds of optional categories that are told by mail all the same,
// because they take something away.
var mandatory = []NoticeKind{NoticeUnbound, NoticeSessionCancelled}

// ForTheRemoved tells whether the mail still goes to a member or an address that
// was removed: only the one that says so does.
func (k NoticeKind) ForTheRemoved() bool {
	return k == NoticeMemberRemoved || k == NoticeReceiverRemoved
}

// Mandatory tells whether the mail about a kind cannot be switched off.
func (k NoticeKind) Mandatory() bool {
	return !slices.Contains(OptionalMail, NoticeKinds[k]) || slices.Contains(mandatory, k)
}

// KindsOf lists the kinds of a category, in order.
func KindsOf(category string) []NoticeKind {
	var kinds []NoticeKind
	for k, c := range NoticeKinds {
		if c == category {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Notice tells one person one thing, once: (Person, Kind, About, Version) is
// unique, so a repeated run cannot tell it twice. It is an entry of the message
// centre from the moment of the change; its e-mail is owed.
type Notice struct {
	ID      MessageID
	Person  PersonID
	Account AccountID
	Kind    NoticeKind
	About   int64  // id of the thing it is about
	Version int64  // version of the thing
	Link    string // path of the page that matters
	Data    Data
	Created time.Time
	Read    time.Time
}

package exam

import "time"

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

// OwedState is how far an owed thing is settled.
type OwedState string

const (
	OwedOpen       OwedState = "owed"
	OwedSent       OwedState = "sent"
	OwedSuperseded OwedState = "superseded"
	OwedCancelled  OwedState = "cancelled"
	OwedDead       OwedState = "dead"
)

// OwedChannel is what settles it.
type OwedChannel string

const (
	// ByMail sends the notice that Target names by e-mail.
	ByMail OwedChannel = "mail"
	// ByExport writes the file of the export that Target names.
	ByExport OwedChannel = "export"
	// ByLink sends the one-time link of the ticket that Target names by e-mail.
	ByLink OwedChannel = "link"
)

// Owed is a promise kept in the database until it is settled: committed with
// the change that caused it; (Channel, Target) exists once.
type Owed struct {
	ID      OwedID
	Channel OwedChannel
	Target  int64
	State   OwedState
	Created time.Time
	Settled time.Time
	Tries   int
	Detail  string
}

package exam

import "time"

// Event is the trace of one change, written in the change's own transaction.
// Object is the thing that changed and Version its version after the change;
// (Object, Version) is unique, so no change can be recorded twice. An event
// that records a refusal has version zero.
type Event struct {
	ID      EventID
	Kind    EventKind
	Object  int64
	Version int64
	At      time.Time

	Account      AccountID      // whose trail it is: the company's for codes and orders
	Registration RegistrationID // when one is concerned

	Actor   PersonID
	Channel Channel
	Key     KeyID
	Request string
	Data    Data
}

// Data are the facts of an event, named; values are texts and numbers only.
// No code text, password or document number ever goes in.
type Data map[string]any

// EventKind is noun.participle, also the key of its sentence in the timeline.
type EventKind string

const (
	EventAccountCreated        EventKind = "account.created"
	EventMemberAdded           EventKind = "member.added"
	EventMemberInvited         EventKind = "member.invited"
	EventMemberJoined          EventKind = "member.joined"
	EventMemberRightsChanged   EventKind = "member.rights_changed"
	EventMemberRemoved         EventKind = "member.removed"
	EventInvitationSentAgain   EventKind = "invitation.sent_again"
	EventInvitationRevoked     EventKind = "invitation.revoked"
	EventPasswordChanged       EventKind = "person.password_changed"
	EventEmailConfirmed        EventKind = "person.email_confirmed"
	EventPersonTextRefused     EventKind = "person.text_refused"
	EventDataCopied            EventKind = "person.data_copied"
	EventPersonErased          EventKind = "person.erased"
	EventKeyCreated            EventKind = "key.created"
	EventKeyRevoked            EventKind = "key.revoked"
	EventVerificationSubmitted EventKind = "verification.submitted"
	EventVerificationApproved  EventKind = "verification.approved"
	EventVerificationRejected  EventKind = "verification.rejected"
	EventDocumentOpened        EventKind = "verification.document_opened"
	EventSubjectAdded          EventKind = "subject.added"
	EventSubjectChanged        EventKind = "subject.changed"
	EventSubjectRetired        EventKind = "subject.retired"
	EventSessionAdded          EventKind = "session.added"
	EventSessionClosed         EventKind = "session.closed"
	EventSessionReopened       EventKind = "session.reopened"
	EventSessionCancelled      EventKind = "session.cancelled"
	EventResultsUploaded       EventKind = "results.uploaded"
	EventOrderPlaced           EventKind = "order.placed"
	EventOrderPaid             EventKind = "order.paid"
	EventOrderClosed           EventKind = "order.closed"
	EventOrderReminded         EventKind = "order.reminded"
	EventOrderEnded            EventKind = "order.ended"
	EventPaymentStarted        EventKind = "payment.started"
	EventPaymentUpdated        EventKind = "payment.updated"
	EventRefundAsked           EventKind = "refund.asked"
	EventRefundHeld            EventKind = "refund.held"
	EventRefundApproved        EventKind = "refund.approved"
	EventRefundDeclined        EventKind = "refund.declined"
	EventRefundWaiting         EventKind = "refund.waiting"
	EventRefundDone            EventKind = "refund.done"
	EventRefundRefused         EventKind = "refund.refused"
	EventCodeRedeemed          EventKind = "code.redeemed"
	EventCodeRedeemRefused     EventKind = "code.redeem_refused"
	EventCodeReserved          EventKind = "code.reserved"
	EventCodeRescheduled       EventKind = "code.rescheduled"
	EventCodeReleased          EventKind = "code.reservation_cancelled"
	EventCodeCompleted         EventKind = "code.completed"
	EventCodeReturned          EventKind = "code.returned"
	EventCodeSeatLost          EventKind = "code.seat_lost"
	EventCodeCorrected         EventKind = "code.result_corrected"
	EventCodeWithdrawn         EventKind = "code.result_withdrawn" // corrected to a no-show that returns the code
	EventCodeUnbound           EventKind = "code.unbound"
	EventCodeRegenerated       EventKind = "code.regenerated"
	EventCodeRevealed          EventKind = "code.revealed"
	EventCodeRefunding         EventKind = "code.refunding"
	EventCodeRefunded          EventKind = "code.refunded"
	EventCodeRefundRefused     EventKind = "code.refund_refused"
	EventCodeExpired           EventKind = "code.expired"
	EventBulkStarted           EventKind = "bulk.started"
	EventBulkFinished          EventKind = "bulk.finished"
	EventExportAsked           EventKind = "export.asked"
	EventExportReady           EventKind = "export.ready"
	EventExportFailed          EventKind = "export.failed"
	EventExportStopped         EventKind = "export.stopped"
	EventExportDownloaded      EventKind = "export.downloaded"
	EventReceiverAdded         EventKind = "receiver.added"
	EventReceiverConfirmed     EventKind = "receiver.confirmed"
	EventReceiverChanged       EventKind = "receiver.changed"
	EventReceiverRemoved       EventKind = "receiver.removed"
	EventMailSentAgain         EventKind = "mail.sent_again"
)

// EventKinds is every kind; a test asserts that each has its sentence.
var EventKinds = []EventKind{
	EventAccountCreated, EventMemberAdded, EventMemberInvited, EventMemberJoined, EventMemberRightsChanged, EventMemberRemoved,
	EventInvitationSentAgain, EventInvitationRevoked, EventPasswordChanged, EventEmailConfirmed, EventPersonTextRefused, EventDataCopied, EventPersonErased, EventKeyCreated, EventKeyRevoked,
	EventVerificationSubmitted, EventVerificationApproved, EventVerificationRejected, EventDocumentOpened,
	EventSubjectAdded, EventSubjectChanged, EventSubjectRetired, EventSessionAdded,
	EventOrderPlaced, EventOrderPaid, EventOrderClosed, EventOrderReminded, EventOrderEnded, EventPaymentStarted, EventPaymentUpdated,
	EventSessionClosed, EventSessionReopened, EventSessionCancelled, EventResultsUploaded,
	EventRefundAsked, EventRefundHeld, EventRefundApproved, EventRefundDeclined, EventRefundWaiting, EventRefundDone, EventRefundRefused,
	EventCodeRedeemed, EventCodeRedeemRefused, EventCodeReserved, EventCodeRescheduled, EventCodeReleased,
	EventCodeCompleted, EventCodeReturned, EventCodeSeatLost, EventCodeCorrected, EventCodeWithdrawn, EventCodeUnbound, EventCodeRegenerated, EventCodeRevealed,
	EventCodeRefunding, EventCodeRefunded, EventCodeRefundRefused, EventCodeExpired, EventBulkStarted, EventBulkFinished,
	EventExportAsked, EventExportReady, EventExportFailed, EventExportStopped, EventExportDownloaded,
	EventReceiverAdded, EventReceiverConfirmed, EventReceiverChanged, EventReceiverRemoved, EventMailSentAgain,
}

// event starts an event of the actor.
func (a Actor) event(kind EventKind, object int64, now time.Time) Event {
	return Event{Kind: kind, Object: object, At: now, Account: a.Account,
		Actor: a.Person, Channel: a.Channel, Key: a.Key, Request: a.Request}
}

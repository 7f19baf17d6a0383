package arch

import (
	"testing"

	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
)

// told are the facts that events of a kind always bring, besides who did it.
var told = map[exam.EventKind][]string{
	exam.EventAccountCreated: {"kind"}, exam.EventMemberAdded: {"role", "rights"},
	exam.EventMemberInvited: {"email", "rights"}, exam.EventInvitationSentAgain: {"email", "rights"}, exam.EventInvitationRevoked: {"email", "rights"},
	exam.EventMemberJoined: {"name", "email", "rights"}, exam.EventMemberRightsChanged: {"name", "from", "to", "gained", "lost"},
	exam.EventMemberRemoved:        {"name", "email", "keys"},
	exam.EventVerificationRejected: {"reason"},
	exam.EventReceiverAdded:        {"receiver", "categories"}, exam.EventReceiverConfirmed: {"receiver", "categories"},
	exam.EventReceiverChanged: {"receiver", "categories"}, exam.EventReceiverRemoved: {"receiver", "categories"},
	exam.EventMailSentAgain: {"count"},
	exam.EventKeyCreated:    {"name", "tail"}, exam.EventKeyRevoked: {"name", "tail"},
	exam.EventSubjectAdded: {"code"}, exam.EventSubjectChanged: {"code"}, exam.EventSubjectRetired: {"code"},
	exam.EventSessionAdded:   {"subject", "seats", "starts_at"},
	exam.EventOrderPlaced:    {"number", "quantity", "total", "currency"},
	exam.EventOrderPaid:      {"number", "quantity", "provider", "expires_at"},
	exam.EventOrderClosed:    {"number", "quantity", "why"},
	exam.EventOrderReminded:  {"number", "quantity", "days", "unused", "bound"},
	exam.EventOrderEnded:     {"number", "quantity", "unused", "bound"},
	exam.EventPaymentStarted: {"order", "provider", "state"}, exam.EventPaymentUpdated: {"order", "provider", "state"},
	exam.EventRefundAsked: {"order", "reference", "count", "total", "state"}, exam.EventRefundHeld: {"order", "reference", "count", "total", "state"},
	exam.EventRefundApproved: {"order", "reference", "count", "total", "state"}, exam.EventRefundDeclined: {"order", "reference", "count", "total", "state", "note"},
	exam.EventRefundWaiting: {"order", "reference", "count", "total", "state"}, exam.EventRefundDone: {"order", "reference", "count", "total", "state"},
	exam.EventRefundRefused: {"order", "reference", "count", "total", "state", "detail"},
	exam.EventCodeRedeemed:  {"from", "to", "tail"}, exam.EventCodeRedeemRefused: {"tail", "reason"},
	exam.EventCodeReserved:    {"from", "to", "tail", "session", "starts_at"},
	exam.EventCodeRescheduled: {"from", "to", "tail", "session", "starts_at", "from_session", "from_starts_at"},
	exam.EventCodeReleased:    {"from", "to", "tail", "session", "starts_at"},
	exam.EventCodeCompleted:   {"from", "to", "tail", "outcome"}, exam.EventCodeReturned: {"from", "to", "tail", "session"},
	exam.EventCodeSeatLost:     {"from", "to", "tail", "session", "starts_at"},
	exam.EventCodeCorrected:    {"from", "to", "tail", "outcome", "from_outcome", "why"},
	exam.EventCodeWithdrawn:    {"from", "to", "tail", "outcome", "from_outcome", "why"},
	exam.EventSessionClosed:    {"starts_at", "zone"},
	exam.EventSessionReopened:  {"starts_at", "zone"},
	exam.EventSessionCancelled: {"starts_at", "zone", "count", "why"},
	exam.EventResultsUploaded:  {"count"},
	exam.EventCodeUnbound:      {"from", "to", "tail"}, exam.EventCodeRegenerated: {"from", "to", "tail", "new_tail"},
	exam.EventCodeRevealed: {"tail", "count"}, exam.EventCodeRefunding: {"from", "to", "tail"},
	exam.EventCodeRefunded: {"from", "to", "tail"}, exam.EventCodeRefundRefused: {"from", "to", "tail"}, exam.EventCodeExpired: {"from", "to", "tail"},
	exam.EventExportAsked: {"kind", "format", "count", "texts"}, exam.EventExportReady: {"kind", "format", "count", "texts"},
	exam.EventExportFailed: {"kind", "format", "count", "texts", "reason"}, exam.EventExportStopped: {"kind", "format", "count", "texts"},
	exam.EventExportDownloaded: {"kind", "format", "count", "texts"},
	exam.EventBulkStarted:      {"verb", "count"}, exam.EventBulkFinished: {"verb", "count"},
}

func TestEveryEventHasItsSentence(t *testing.T) {
	missed := func(l lang.Lang, key string) {
		t.Errorf("%s: %s has no text, or asks for what no such event brings", l, key)
	}
	defer lang.ReportMissing(missed)()
	payment := []exam.PaymentState{exam.PaymentSucceeded, exam.PaymentPending, exam.PaymentUnknown, exam.PaymentFailed}
	for _, id := range lang.All {
		l := lang.Locale{Lang: id}
		for _, kind := range exam.EventKinds {
			args := []any{"who", "W"}
			for _, name := range told[kind] {
				args = append(args, name, "X")
			}
			if kind != exam.EventPaymentUpdated {
				l.T("event."+string(kind), args...)
				continue
			}
			for _, s := range payment {
				l.T("event."+string(kind)+"."+string(s), args...)
			}
		}
	}
}

// Words that pages look up by a value of the domain exist for every value.
func TestEveryValueHasItsWord(t *testing.T) {
	keys := []string{"who.schedule", "who.system", "who.programme", "who.outside", "channel.key", "refusal.again",
		"role.enterprise.root", "role.enterprise.member", "role.individual.root"}
	for _, k := range []fault.Kind{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooMany, fault.Unavailable, fault.Internal} {
		keys = append(keys, "refusal.title."+string(k))
	}
	for _, c := range []exam.Channel{exam.Console, exam.API, exam.Schedule, exam.Command} {
		keys = append(keys, "channel."+string(c))
	}
	for _, r := range exam.StaffRoles {
		keys = append(keys, "role.operator."+string(r))
	}
	for _, r := range exam.RejectReasons {
		keys = append(keys, "reject."+r)
	}
	for _, r := range exam.RightNames {
		keys = append(keys, "right."+r.Name, "right."+r.Name+".label", "right."+r.Name+".hint")
	}
	for kind := range exam.TicketKinds {
		for _, part := range []string{"title", "body", "until", "not_you", "link"} {
			keys = append(keys, "notice.link_"+string(kind)+"."+part)
		}
		keys = append(keys, "mail.why_link_"+string(kind))
	}
	for _, kind := range exam.EventKinds {
		keys = append(keys, "operator.audit."+string(kind))
	}
	for kind := range exam.NoticeKinds {
		keys = append(keys, "notice."+string(kind)+".title", "notice."+string(kind)+".link")
	}
	for _, l := range lang.All {
		for _, k := range keys {
			if !(lang.Locale{Lang: l}).Has(k) {
				t.Errorf("%s: %s has no text", l, k)
			}
		}
	}
}

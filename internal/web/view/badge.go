package view

// stateIcon is the decorative sign of each state; the word carries the meaning
// and app.css gives the hue by the class st-<kind>-<state>.
var stateIcon = map[string]string{
	"code.unused": "circle", "code.bound": "link", "code.reserved": "calendar", "code.completed": "check",
	"code.refunding": "hourglass", "code.refunded": "arrow-back-up", "code.expired": "ban",

	"order.pending": "hourglass", "order.paid": "check", "order.ended": "ban", "order.closed": "x",

	"payment.succeeded": "check", "payment.pending": "hourglass", "payment.unknown": "search", "payment.failed": "x",

	"refund.review": "eye", "refund.refunding": "hourglass", "refund.checking": "search", "refund.refunded": "arrow-back-up", "refund.failed": "x",

	"registration.registered": "clipboard-list", "registration.reserved": "calendar", "registration.awaiting": "hourglass",
	"registration.completed": "check", "registration.cancelled": "x",

	"session.open": "calendar", "session.closed": "minus", "session.cancelled": "x",

	"result.passed": "check", "result.failed": "x", "result.absent": "minus",

	"export.waiting": "hourglass", "export.running": "refresh", "export.ready": "check", "export.failed": "x", "export.stopped": "ban", "export.deleted": "minus",

	"verification.none": "circle", "verification.waiting": "hourglass", "verification.verified": "shield-check", "verification.rejected": "x",
}

func hue(kind, state string) string { return "st-" + kind + "-" + state }

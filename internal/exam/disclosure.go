package exam

// Teller is how much of an event's origin a reader may know.
type Teller string

const (
	ByName    Teller = "name"      // the person, with key and request reference
	NameOnly  Teller = "name_only" // the person, but not by what means
	Programme Teller = "programme" // the programme's staff, unnamed
	Outsider  Teller = "outside"   // somebody outside the reader's account
	ByClock   Teller = "schedule"
	ByNobody  Teller = "system"
)

// staffDid are the changes that only the programme's staff make.
var staffDid = map[EventKind]bool{
	EventCodeCompleted: true, EventCodeReturned: true, EventVerificationApproved: true, EventVerificationRejected: true,
	EventDocumentOpened: true, EventOrderPaid: true, EventPaymentUpdated: true, EventSessionAdded: true,
	EventSubjectAdded: true, EventSubjectChanged: true, EventSubjectRetired: true,
}

// WhoDid decides what a reader learns of who caused an event; account is the
// account of the event's actor. Staff and colleagues see the person. A company
// sees the examinees who hold its codes, by name; whoever else tried a code, and
// the programme's staff, stay unnamed, and the company stays unnamed to examinees.
func (e Event) WhoDid(reader Actor, account AccountID) Teller {
	switch {
	case e.Actor == 0 && e.Channel == Schedule:
		return ByClock
	case e.Actor == 0:
		return ByNobody
	case reader.Kind == Operator, e.Actor == reader.Person, account == reader.Account:
		return ByName
	case staffDid[e.Kind]:
		return Programme
	case e.Account == reader.Account && e.Registration != 0 && e.Kind != EventCodeRedeemRefused:
		return NameOnly
	}
	return Outsider
}

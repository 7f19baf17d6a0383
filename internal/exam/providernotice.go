package exam

import (
	"strconv"
	"strings"
	"time"

	"examcode/internal/money"
)

// HeardState is what came of a provider's notice.
type HeardState string

const (
	HeardNews        HeardState = "news"        // asked about it, the provider said something new
	HeardNothing     HeardState = "nothing"     // nothing that is not known
	HeardUnknown     HeardState = "unknown"     // it names nothing of ours
	HeardQuarantined HeardState = "quarantined" // it contradicts what is ours; people look at it
)

// Why a notice is quarantined.
const (
	MisfitAmount   = "amount"
	MisfitCurrency = "currency"
	MisfitObject   = "object" // the provider has another number for our reference
	MisfitState    = "state"  // one of the two says succeeded, the other failed, both for good
)

// Misfits are the words of why a notice is quarantined; each has its sentence.
var Misfits = []string{MisfitAmount, MisfitCurrency, MisfitObject, MisfitState}

// NoticesKeptFor is how long notices of providers are kept: far longer than any
// provider repeats one.
const NoticesKeptFor = 90 * 24 * time.Hour

// ProviderNotice is what a provider told us unasked, and what came of it. What it
// claims is compared and shown, and never believed.
type ProviderNotice struct {
	ID        HeardID
	Provider  string
	Event     string // the provider's id of it
	Refund    bool   // about a refund, not a payment
	Reference string // ours, as it claims
	Claimed   PaymentState
	Amount    money.Amount
	Number    string // the provider's own number, as it claims
	State     HeardState
	Detail    string // why it is quarantined
	Object    int64  // the payment or refund; zero when unknown
	Version   int64  // that it made of the object; zero when it changed nothing
	Created   time.Time
	Received  time.Time
}

// Quarantine sets a notice aside for people, with the reason.
func (n ProviderNotice) Quarantine(why string) ProviderNotice {
	n.State, n.Detail = HeardQuarantined, why
	return n
}

// Misfit is how a notice contradicts what we know of its thing: its amount, the
// provider's number of it, and what became of it. "" when it does not.
func (n ProviderNotice) Misfit(amount money.Amount, number string, state PaymentState) string {
	switch {
	case n.Amount.Currency != amount.Currency:
		return MisfitCurrency
	case n.Amount.Minor != amount.Minor:
		return MisfitAmount
	case n.Number != "" && number != "" && n.Number != number:
		return MisfitObject
	case n.Claimed.Final() && state.Final() && n.Claimed != state:
		return MisfitState
	}
	return ""
}

// AboutEarlier judges a notice about a try of a refund that another has followed,
// because it was refused: late news, unless the money is said to have gone after all.
func (n ProviderNotice) AboutEarlier() ProviderNotice {
	if n.Claimed == PaymentSucceeded {
		return n.Quarantine(MisfitState)
	}
	n.State = HeardNothing
	return n
}

// Known is what is known of the money of a refund's last try.
func (r Refund) Known() PaymentState {
	switch r.State {
	case RefundDone:
		return PaymentSucceeded
	case RefundRefused:
		return PaymentFailed
	}
	return r.Answer
}

// ReadTry takes the reference of a try of a refund apart; see AskRefund.
func ReadTry(reference string) (id RefundID, try int64) {
	text, number, later := strings.Cut(reference, "-")
	if id = ParseID[RefundID](text); id == 0 || !later {
		return id, 1
	}
	try, err := strconv.ParseInt(number, 10, 64)
	if err != nil || try < 2 {
		return 0, 0
	}
	return id, try
}

package exam

import "examcode/internal/id"

// ID is a 64-bit identifier of one kind of thing. Kinds do not mix: a CodeID is
// no OrderID. Outside the database it is the kind's prefix and 13 symbols.
type ID[K kind] int64

type kind interface{ prefix() string }

type (
	accountKind      struct{}
	personKind       struct{}
	verificationKind struct{}
	keyKind          struct{}
	subjectKind      struct{}
	sessionKind      struct{}
	orderKind        struct{}
	paymentKind      struct{}
	refundKind       struct{}
	codeKind         struct{}
	registrationKind struct{}
	eventKind        struct{}
	messageKind      struct{}
	owedKind         struct{}
	blobKind         struct{}
	exportKind       struct{}
	resultFileKind   struct{}
	invitationKind   struct{}
	ticketKind       struct{}
	receiverKind     struct{}
	letterKind       struct{}
	bulkKind         struct{}
	heardKind        struct{}
)

func (accountKind) prefix() string      { return "acc" }
func (personKind) prefix() string       { return "per" }
func (verificationKind) prefix() string { return "ver" }
func (keyKind) prefix() string          { return "key" }
func (subjectKind) prefix() string      { return "sub" }
func (sessionKind) prefix() string      { return "ses" }
func (orderKind) prefix() string        { return "ord" }
func (paymentKind) prefix() string      { return "pay" }
func (refundKind) prefix() string       { return "ref" }
func (codeKind) prefix() string         { return "cod" }
func (registrationKind) prefix() string { return "reg" }
func (eventKind) prefix() string        { return "evt" }
func (messageKind) prefix() string      { return "msg" }
func (owedKind) prefix() string         { return "owe" }
func (blobKind) prefix() string         { return "blb" }
func (exportKind) prefix() string       { return "exp" }
func (resultFileKind) prefix() string   { return "rsf" }
func (invitationKind) prefix() string   { return "inv" }
func (ticketKind) prefix() string       { return "tkt" }
func (receiverKind) prefix() string     { return "rcv" }
func (letterKind) prefix() string       { return "let" }
func (bulkKind) prefix() string         { return "blk" }
func (heardKind) prefix() string        { return "ntc" }

type (
	AccountID      = ID[accountKind]
	PersonID       = ID[personKind]
	VerificationID = ID[verificationKind]
	KeyID          = ID[keyKind]
	SubjectID      = ID[subjectKind]
	SessionID      = ID[sessionKind]
	OrderID        = ID[orderKind]
	PaymentID      = ID[paymentKind]
	RefundID       = ID[refundKind]
	CodeID         = ID[codeKind]
	RegistrationID = ID[registrationKind]
	EventID        = ID[eventKind]
	MessageID      = ID[messageKind]
	OwedID         = ID[owedKind]
	BlobID         = ID[blobKind]
	ExportID       = ID[exportKind]
	ResultFileID   = ID[resultFileKind]
	InvitationID   = ID[invitationKind]
	TicketID       = ID[ticketKind]
	ReceiverID     = ID[receiverKind]
	LetterID       = ID[letterKind]
	BulkID         = ID[bulkKind]
	HeardID        = ID[heardKind]
)

// String is the outside form, "cod_…"; the zero id is the empty text.
func (i ID[K]) String() string {
	if i == 0 {
		return ""
	}
	var k K
	return id.Format(k.prefix(), int64(i))
}

// MarshalText writes the outside form.
func (i ID[K]) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads the outside form of the same kind, the empty text of the
// zero id included; anything else is an error.
func (i *ID[K]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	var k K
	n, err := id.Parse(k.prefix(), string(b))
	*i = ID[K](n)
	return err
}

// ParseID reads an outside form; a malformed one is the zero id, which no row has.
func ParseID[I ID[K], K kind](text string) I {
	var k K
	n, _ := id.Parse(k.prefix(), text)
	return I(n)
}

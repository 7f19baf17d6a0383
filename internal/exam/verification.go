package exam

import (
	"strings"
	"time"

	"examcode/internal/fault"
)

// VerificationState of an account.
type VerificationState string

const (
	NotStarted VerificationState = "none"
	Waiting    VerificationState = "waiting"
	Verified   VerificationState = "verified"
	Rejected   VerificationState = "rejected"
)

// Verification is one submission of who an account is. Each try is a row of its
// own; document numbers are sealed and never leave the store in clear but for
// the reviewer.
type Verification struct {
	ID             VerificationID
	Account        AccountID
	Person         PersonID // who sent it
	Kind           AccountKind
	LegalName      string
	RegNumber      string // enterprise: registration number
	Country        string // enterprise: ISO 3166 alpha-2
	DocumentKind   string // individual: passport, id_card, driving_licence
	DocumentNumber string // individual
	Document       BlobID // a picture or PDF of the document
	State          VerificationState
	Reason         string // why it was rejected, a word of RejectReasons
	Note           string // what the reviewer wrote besides
	Submitted      time.Time
	Decided        time.Time
	DecidedBy      PersonID
	Version        int64
}

// DocumentKinds an individual can show.
var DocumentKinds = []string{"passport", "id_card", "driving_licence"}

// RejectReasons are the words a reviewer chooses from; "other" needs a note.
var RejectReasons = []string{"name_differs", "unreadable", "out_of_date", "not_holder", "other"}

var (
	ErrLegalName       = fault.New(fault.Invalid, "legal_name_missing", "the legal name is needed")
	ErrRegNumber       = fault.New(fault.Invalid, "registration_number_malformed", "the registration number has 4 to 40 letters and digits")
	ErrCountry         = fault.New(fault.Invalid, "country_unknown", "choose the country")
	ErrDocumentKind    = fault.New(fault.Invalid, "document_kind_unknown", "choose the kind of document")
	ErrDocumentNumber  = fault.New(fault.Invalid, "document_number_malformed", "the document number has 4 to 40 letters and digits")
	ErrDocumentMissing = fault.New(fault.Invalid, "document_missing", "a document is needed")
	ErrDocumentFile    = fault.New(fault.Invalid, "document_file", "a PDF, PNG or JPEG of at most 5 MB is needed")
	ErrVerifyWaits     = fault.New(fault.Conflict, "verification_waiting", "a verification is in review already")
	ErrVerifyDone      = fault.New(fault.Conflict, "verification_done", "the account is verified already")
	ErrVerifyDecided   = fault.New(fault.Conflict, "verification_decided", "this verification is decided already")
	ErrRejectReason    = fault.New(fault.Invalid, "reject_reason_missing", "choose a reason; with other, write it")
)

// Submit sends a verification for an account. Only its root does.
func Submit(a Actor, acc Account, v Verification, now time.Time) (Account, Verification, Event, error) {
	fail := func(err error) (Account, Verification, Event, error) { return acc, v, Event{}, err }
	switch {
	case a.Person == 0:
		return fail(ErrNotSignedIn)
	case a.Account != acc.ID:
		return fail(fault.ErrNotFound)
	case a.Role != Root || acc.Kind == Operator:
		return fail(ErrNotAllowed)
	case acc.Verified == Waiting:
		return fail(ErrVerifyWaits)
	case acc.Verified == Verified:
		return fail(ErrVerifyDone)
	}
	v.Account, v.Person, v.Kind = acc.ID, a.Person, acc.Kind
	if err := v.check(); err != nil {
		return fail(err)
	}
	v.State, v.Submitted, v.Version = Waiting, now, 1
	acc.Verified = Waiting
	acc.Version++
	e := a.event(EventVerificationSubmitted, int64(v.ID), now)
	e.Version = 1
	return acc, v, e, nil
}

func (v Verification) check() error {
	var c fault.Check
	if strings.TrimSpace(v.LegalName) == "" {
		c.Add("legal_name", ErrLegalName)
	}
	c.Add("legal_name", CheckLine(v.LegalName, 200))
	if v.Kind == Enterprise {
		if !plainNumber(v.RegNumber) {
			c.Add("registration_number", ErrRegNumber)
		}
		if len(v.Country) != 2 || strings.Trim(v.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			c.Add("country", ErrCountry)
		}
		if v.Document == 0 {
			c.Add("document", ErrDocumentMissing)
		}
		return c.Err()
	}
	known := false
	for _, k := range DocumentKinds {
		known = known || k == v.DocumentKind
	}
	if !known {
		c.Add("document_kind", ErrDocumentKind)
	}
	if !plainNumber(v.DocumentNumber) {
		c.Add("document_number", ErrDocumentNumber)
	}
	return c.Err()
}

// plainNumber accepts 4 to 40 letters, digits, spaces and dashes.
func plainNumber(s string) bool {
	if len(s) < 4 || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == ' ' || r == '/') {
			return false
		}
	}
	return true
}

// Approve makes the account verified. Staff with the review role, and never for
// an account of their own.
func (v Verification) Approve(a Actor, acc Account, now time.Time) (Account, Verification, Event, error) {
	return v.decide(a, acc, Verified, "", "", EventVerificationApproved, now)
}

// Reject sends the verification back with a reason.
func (v Verification) Reject(a Actor, acc Account, reason, note string, now time.Time) (Account, Verification, Event, error) {
	known := false
	for _, r := range RejectReasons {
		known = known || r == reason
	}
	if !known || (reason == "other" && strings.TrimSpace(note) == "") {
		return acc, v, Event{}, ErrRejectReason.On("reason")
	}
	if err := CheckText(note, 500); err != nil {
		return acc, v, Event{}, fault.Of(err).On("note")
	}
	return v.decide(a, acc, Rejected, reason, note, EventVerificationRejected, now)
}

func (v Verification) decide(a Actor, acc Account, to VerificationState, reason, note string, kind EventKind, now time.Time) (Account, Verification, Event, error) {
	if err := NeedStaff(a, Review); err != nil {
		return acc, v, Event{}, err
	}
	if v.State != Waiting {
		return acc, v, Event{}, ErrVerifyDecided
	}
	v.State, v.Reason, v.Note, v.Decided, v.DecidedBy = to, reason, note, now, a.Person
	v.Version++
	acc.Verified = to
	acc.Version++
	e := a.event(kind, int64(v.ID), now)
	e.Account, e.Version = v.Account, v.Version
	if reason != "" {
		e.Data = Data{"reason": reason}
	}
	return acc, v, e, nil
}

// OpenDocument records that a reviewer looked at what was uploaded. It changes
// nothing, so its event has no version.
func (v Verification) OpenDocument(a Actor, now time.Time) (Event, error) {
	if err := NeedStaff(a, Review); err != nil {
		return Event{}, err
	}
	if v.Document == 0 {
		return Event{}, fault.ErrNotFound
	}
	e := a.event(EventDocumentOpened, int64(v.ID), now)
	e.Account = v.Account
	return e, nil
}

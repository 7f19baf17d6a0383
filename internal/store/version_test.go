package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/store"
)

// saver stores the next version of a thing: the one behind what is stored, and so
// many less.
type saver func(ctx context.Context, tx *store.Tx, behind int64) error

// change is what somebody does in a transaction.
type change = func(ctx context.Context, tx *store.Tx) error

// next saves a thing with the version behind what is stored, or so many less.
func next(version *int64, save change) saver {
	was := *version
	return func(ctx context.Context, tx *store.Tx, behind int64) error {
		defer func() { *version = was }() // others save the thing too
		*version = was + 1 - behind
		return save(ctx, tx)
	}
}

// still saves what leaves the version of a thing as it is.
func still(version *int64, save change) saver {
	return func(ctx context.Context, tx *store.Tx, behind int64) error {
		return next(version, save)(ctx, tx, behind+1)
	}
}

// get reads what is there.
func get[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Whoever has read a thing before it changed stores nothing over the change.
func TestNothingIsStoredOverALaterVersion(t *testing.T) {
	onSite(t, func(t *testing.T, s site) {
		s.do("UPDATE export SET state = 'running', version = 2 WHERE id = $1", s.export)
		for name, save := range savers(s) {
			for behind, want := range []error{errUndo, exam.ErrChangedMeanwhile} {
				err := s.in(func(ctx context.Context, tx *store.Tx) error {
					if err := save(ctx, tx, int64(behind)); err != nil {
						return err
					}
					return errUndo
				})
				if !errors.Is(err, want) {
					t.Errorf("%s, %d behind: %v, want %v", name, behind, err, want)
				}
			}
		}
	})
}

func savers(s site) map[string]saver {
	t, r, ctx, now, none := s.t, s.Read, s.ctx, s.Clock.Now(), exam.Event{}
	account := get[exam.Account](t)(r.Account(ctx, s.root.Account))
	person := get[exam.Person](t)(r.Person(ctx, s.root.Person))
	submission := get[store.VerificationRow](t)(r.Verification(ctx, exam.VerificationID(s.verification))).Verification
	pending := get[exam.Order](t)(r.AnyOrder(ctx, exam.OrderID(s.pending)))
	session := get[exam.Session](t)(r.Session(ctx, exam.SessionID(s.session)))
	subject := get[exam.Subject](t)(r.Subject(ctx, exam.SubjectID(s.subject)))
	payment := get[exam.Payment](t)(r.Payment(ctx, exam.PaymentID(s.payment)))
	refund := get[exam.Refund](t)(r.Refund(ctx, exam.RefundID(s.refund)))
	registration := get[store.RegistrationRow](t)(r.AnyRegistration(ctx, exam.RegistrationID(s.registration))).Registration
	receiver := get[exam.Receiver](t)(r.Receiver(ctx, s.root.Account, exam.ReceiverID(s.told)))
	invitation := get[store.InvitationRow](t)(r.Invitation(ctx, s.root.Account, exam.InvitationID(s.invitation))).Invitation
	bulk := get[exam.Bulk](t)(r.Bulk(ctx, s.root.Account, exam.BulkID(s.bulk)))
	export := get[store.ExportRow](t)(r.Export(ctx, s.root.Account, exam.ExportID(s.export))).Export
	codes := get[[]exam.Code](t)(r.CodesByID(ctx, s.root.Account, exam.CodeID(s.codes[0])))
	result := get[store.ResultVersion](t)(r.Result(ctx, exam.RegistrationID(s.sat))).Result
	code, text := codes[0], codes[0]
	text.Generation++
	return map[string]saver{
		"account": next(&account.Version, func(ctx context.Context, tx *store.Tx) error {
			v := submission
			v.Version++
			return tx.SaveVerification(ctx, v, account, none)
		}),
		"verification": next(&submission.Version, func(ctx context.Context, tx *store.Tx) error {
			a := account
			a.Version++
			return tx.SaveVerification(ctx, submission, a, none)
		}),
		"person": next(&person.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SavePerson(ctx, person, none) }),
		"erased person": still(&person.Version, func(ctx context.Context, tx *store.Tx) error {
			n := person
			n.Name, n.Email, n.Erased, n.Version = exam.ErasedName, fmt.Sprintf("erased-%d@erased.invalid", n.ID), now, n.Version+1
			return tx.ErasePerson(ctx, person, n, exam.Enterprise, none)
		}),
		"order": next(&pending.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveOrder(ctx, pending, none) }),
		"paid order": next(&pending.Version, func(ctx context.Context, tx *store.Tx) error {
			o, c := pending, code
			o.State, o.PaidAt, o.Expires = exam.Paid, now, now.Add(time.Hour)
			c.ID, c.Order = exam.CodeID(s.ids.Next()), o.ID
			return tx.PayOrder(ctx, o, none, []store.Issued{{Code: c, Lookup: []byte("lookup"), Sealed: []byte("sealed")}})
		}),
		"ended order": next(&pending.Version, func(ctx context.Context, tx *store.Tx) error { return tx.EndOrders(ctx, []exam.Order{pending}, nil) }),
		"payment":     next(&payment.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SavePayment(ctx, payment, none) }),
		"refund":      next(&refund.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveRefund(ctx, refund, nil, none) }),
		"refund tried again": next(&refund.Version, func(ctx context.Context, tx *store.Tx) error {
			f := refund
			f.Try = 2
			return tx.AddTry(ctx, f, []exam.CodeID{code.ID}, nil, none)
		}),
		"registration":      next(&registration.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveRegistration(ctx, registration) }),
		"result":            next(&result.Version, func(ctx context.Context, tx *store.Tx) error { return tx.CorrectResult(ctx, result, true) }),
		"result taken back": next(&result.Version, func(ctx context.Context, tx *store.Tx) error { return tx.CorrectResult(ctx, result, false) }),
		"session":           next(&session.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveSession(ctx, session, none) }),
		"subject":           next(&subject.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveSubject(ctx, subject, none) }),
		"receiver":          next(&receiver.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveReceiver(ctx, receiver, none) }),
		"invitation":        next(&invitation.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveInvitation(ctx, invitation, none) }),
		"bulk":              next(&bulk.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveBulk(ctx, bulk, none) }),
		"export":            next(&export.Version, func(ctx context.Context, tx *store.Tx) error { return tx.SaveExport(ctx, export) }),
		"export's run":      still(&export.Version, func(ctx context.Context, tx *store.Tx) error { return tx.BeatExport(ctx, export, 1, now) }),
		"export's file": still(&export.Version, func(ctx context.Context, tx *store.Tx) error {
			e := export
			e.Blob = exam.BlobID(s.blob)
			return tx.NameBlob(ctx, e)
		}),
		"export given back": still(&export.Version, func(ctx context.Context, tx *store.Tx) error { return tx.ReleaseExport(ctx, export) }),
		"code": next(&code.Version, func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveCodes(ctx, []exam.Code{code}, []exam.Event{none})
		}),
		"code's text": next(&text.Version, func(ctx context.Context, tx *store.Tx) error {
			return tx.ReplaceTexts(ctx, []store.NewText{{Code: text, Lookup: []byte("lookup"), Sealed: []byte("sealed")}}, []exam.Event{none})
		}),
	}
}

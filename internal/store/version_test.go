package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// saver stores the next version of a thing: the one behind what is stored, and so
// many less.
type saver func(ctx context.Context, tx *store.Tx, behind int64) error

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
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true
		r := plantAll(h, d)
		d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE export SET state = 'running', version = 2 WHERE id = $1", r.export)
			return err
		})
		for name, save := range savers(t, h, r) {
			for behind, want := range []error{errUndo, exam.ErrChangedMeanwhile} {
				err := h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) error {
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

func savers(t *testing.T, h *actiontest.House, r planted) map[string]saver {
	ctx, now, none := context.Background(), h.Clock.Now(), exam.Event{}
	account := get[exam.Account](t)(h.Read.Account(ctx, r.root.Account))
	person := get[exam.Person](t)(h.Read.Person(ctx, r.root.Person))
	submission := get[store.VerificationRow](t)(h.Read.Verification(ctx, exam.VerificationID(r.verification))).Verification
	pending := get[exam.Order](t)(h.Read.AnyOrder(ctx, exam.OrderID(r.pending)))
	session := get[exam.Session](t)(h.Read.Session(ctx, exam.SessionID(r.session)))
	subject := get[exam.Subject](t)(h.Read.Subject(ctx, exam.SubjectID(r.subject)))
	payment := get[exam.Payment](t)(h.Read.Payment(ctx, exam.PaymentID(r.payment)))
	refund := get[exam.Refund](t)(h.Read.Refund(ctx, exam.RefundID(r.refund)))
	registration := get[store.RegistrationRow](t)(h.Read.AnyRegistration(ctx, exam.RegistrationID(r.registration))).Registration
	receiver := get[exam.Receiver](t)(h.Read.Receiver(ctx, r.root.Account, exam.ReceiverID(r.told)))
	invitation := get[store.InvitationRow](t)(h.Read.Invitation(ctx, r.root.Account, exam.InvitationID(r.invitation))).Invitation
	bulk := get[exam.Bulk](t)(h.Read.Bulk(ctx, r.root.Account, exam.BulkID(r.bulk)))
	export := get[store.ExportRow](t)(h.Read.Export(ctx, r.root.Account, exam.ExportID(r.export))).Export
	codes := get[[]exam.Code](t)(h.Read.CodesByID(ctx, r.root.Account, exam.CodeID(r.codes[0])))
	result := get[store.ResultVersion](t)(h.Read.Result(ctx, exam.RegistrationID(r.sat))).Result
	return map[string]saver{
		"account": func(ctx context.Context, tx *store.Tx, behind int64) error {
			v, a := submission, account
			v.Version, a.Version = v.Version+1, a.Version+1-behind
			return tx.SaveVerification(ctx, v, a, none)
		},
		"verification": func(ctx context.Context, tx *store.Tx, behind int64) error {
			v, a := submission, account
			v.Version, a.Version = v.Version+1-behind, a.Version+1
			return tx.SaveVerification(ctx, v, a, none)
		},
		"person": func(ctx context.Context, tx *store.Tx, behind int64) error {
			p := person
			p.Version += 1 - behind
			return tx.SavePerson(ctx, p, none)
		},
		"erased person": func(ctx context.Context, tx *store.Tx, behind int64) error {
			was := person
			was.Version -= behind
			n := was
			n.Name, n.Email, n.Erased, n.Version = exam.ErasedName, fmt.Sprintf("erased-%d@erased.invalid", n.ID), now, was.Version+1
			return tx.ErasePerson(ctx, was, n, exam.Enterprise, none)
		},
		"order": func(ctx context.Context, tx *store.Tx, behind int64) error {
			o := pending
			o.Version += 1 - behind
			return tx.SaveOrder(ctx, o, none)
		},
		"paid order": func(ctx context.Context, tx *store.Tx, behind int64) error {
			o, c := pending, codes[0]
			o.State, o.PaidAt, o.Expires, o.Version = exam.Paid, now, now.Add(time.Hour), o.Version+1-behind
			c.ID, c.Order = exam.CodeID(h.Store.IDs().Next()), o.ID
			return tx.PayOrder(ctx, o, none, []store.Issued{{Code: c, Lookup: []byte("lookup"), Sealed: []byte("sealed")}})
		},
		"ended order": func(ctx context.Context, tx *store.Tx, behind int64) error {
			o := pending
			o.Version += 1 - behind
			return tx.EndOrders(ctx, []exam.Order{o}, nil)
		},
		"payment": func(ctx context.Context, tx *store.Tx, behind int64) error {
			p := payment
			p.Version += 1 - behind
			return tx.SavePayment(ctx, p, none)
		},
		"refund": func(ctx context.Context, tx *store.Tx, behind int64) error {
			f := refund
			f.Version += 1 - behind
			return tx.SaveRefund(ctx, f, nil, none)
		},
		"refund tried again": func(ctx context.Context, tx *store.Tx, behind int64) error {
			f := refund
			f.Try, f.Version = 2, f.Version+1-behind
			return tx.AddTry(ctx, f, []exam.CodeID{codes[0].ID}, nil, none)
		},
		"registration": func(ctx context.Context, tx *store.Tx, behind int64) error {
			g := registration
			g.Version += 1 - behind
			return tx.SaveRegistration(ctx, g)
		},
		"result": func(ctx context.Context, tx *store.Tx, behind int64) error {
			v := result
			v.Version += 1 - behind
			return tx.CorrectResult(ctx, v, true)
		},
		"result taken back": func(ctx context.Context, tx *store.Tx, behind int64) error {
			v := result
			v.Version += 1 - behind
			return tx.CorrectResult(ctx, v, false)
		},
		"session": func(ctx context.Context, tx *store.Tx, behind int64) error {
			s := session
			s.Version += 1 - behind
			return tx.SaveSession(ctx, s, none)
		},
		"subject": func(ctx context.Context, tx *store.Tx, behind int64) error {
			s := subject
			s.Version += 1 - behind
			return tx.SaveSubject(ctx, s, none)
		},
		"receiver": func(ctx context.Context, tx *store.Tx, behind int64) error {
			v := receiver
			v.Version += 1 - behind
			return tx.SaveReceiver(ctx, v, none)
		},
		"invitation": func(ctx context.Context, tx *store.Tx, behind int64) error {
			i := invitation
			i.Version += 1 - behind
			return tx.SaveInvitation(ctx, i, none)
		},
		"bulk": func(ctx context.Context, tx *store.Tx, behind int64) error {
			b := bulk
			b.Version += 1 - behind
			return tx.SaveBulk(ctx, b, none)
		},
		"export": func(ctx context.Context, tx *store.Tx, behind int64) error {
			e := export
			e.Version += 1 - behind
			return tx.SaveExport(ctx, e)
		},
		"export's run": func(ctx context.Context, tx *store.Tx, behind int64) error {
			e := export
			e.Version -= behind
			return tx.BeatExport(ctx, e, 1, now)
		},
		"export's file": func(ctx context.Context, tx *store.Tx, behind int64) error {
			e := export
			e.Version, e.Blob = e.Version-behind, exam.BlobID(r.blob)
			return tx.NameBlob(ctx, e)
		},
		"export given back": func(ctx context.Context, tx *store.Tx, behind int64) error {
			e := export
			e.Version -= behind
			return tx.ReleaseExport(ctx, e)
		},
		"code": func(ctx context.Context, tx *store.Tx, behind int64) error {
			c := codes[0]
			c.Version += 1 - behind
			return tx.SaveCodes(ctx, []exam.Code{c}, []exam.Event{none})
		},
		"code's text": func(ctx context.Context, tx *store.Tx, behind int64) error {
			c := codes[0]
			c.Version, c.Generation = c.Version+1-behind, c.Generation+1
			return tx.ReplaceTexts(ctx, []store.NewText{{Code: c, Lookup: []byte("lookup"), Sealed: []byte("sealed")}}, []exam.Event{none})
		},
	}
}

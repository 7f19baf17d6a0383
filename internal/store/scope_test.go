package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
)

// found turns an answer into whether there was one.
func found[T any](_ T, err error) (bool, error) {
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// What is asked for under an account or a person is found under its own alone.
func TestTheRowsOfOthersAreNotFound(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h, ctx := actiontest.New(t, store.New(d, id.NewSource(0, time.Now))), context.Background()
		h.Spoiled = true
		mine, theirs, r := plantAll(h, d), plantAll(h, d), h.Read
		for name, read := range map[string]func(of, at planted) (bool, error){
			"Blob": func(of, at planted) (bool, error) { return found(r.Blob(ctx, of.root.Account, exam.BlobID(at.blob))) },
			"Bulk": func(of, at planted) (bool, error) { return found(r.Bulk(ctx, of.root.Account, exam.BulkID(at.bulk))) },
			"Code": func(of, at planted) (bool, error) {
				return found(r.Code(ctx, of.root.Account, exam.CodeID(at.codes[0])))
			},
			"Sealed": func(of, at planted) (bool, error) {
				return found(r.Sealed(ctx, of.root.Account, exam.CodeID(at.codes[0])))
			},
			"Export": func(of, at planted) (bool, error) {
				return found(r.Export(ctx, of.root.Account, exam.ExportID(at.export)))
			},
			"Invitation": func(of, at planted) (bool, error) {
				return found(r.Invitation(ctx, of.root.Account, exam.InvitationID(at.invitation)))
			},
			"Order": func(of, at planted) (bool, error) {
				return found(r.Order(ctx, of.root.Account, exam.OrderID(at.order)))
			},
			"OrderRow": func(of, at planted) (bool, error) {
				return found(r.OrderRow(ctx, of.root.Account, exam.OrderID(at.order)))
			},
			"Receiver": func(of, at planted) (bool, error) {
				return found(r.Receiver(ctx, of.root.Account, exam.ReceiverID(at.told)))
			},
			"Member": func(of, at planted) (bool, error) { return found(r.Member(ctx, of.root.Account, at.root.Person)) },
			"RegistrationOfCode": func(of, at planted) (bool, error) {
				return found(r.RegistrationOfCode(ctx, of.root.Account, exam.CodeID(at.codes[3])))
			},
			"RefundOf": func(of, at planted) (bool, error) {
				f, err := r.RefundOf(ctx, of.root.Account, exam.OrderID(at.order))
				return f.ID != 0, err
			},
			"RefundsOf": func(of, at planted) (bool, error) {
				fs, err := r.RefundsOf(ctx, of.root.Account, []exam.OrderID{exam.OrderID(at.order)})
				return len(fs) > 0, err
			},
			"Payments": func(of, at planted) (bool, error) {
				ps, err := r.Payments(ctx, of.root.Account, exam.OrderID(at.order))
				return len(ps) > 0, err
			},
			"Key": func(of, at planted) (bool, error) { return found(r.Key(ctx, of.root.Person, exam.KeyID(at.key))) },
			"Notice": func(of, at planted) (bool, error) {
				return found(r.Notice(ctx, of.root.Person, exam.MessageID(at.message)))
			},
			"Registration": func(of, at planted) (bool, error) {
				return found(r.Registration(ctx, of.examinee.Person, exam.RegistrationID(at.registration)))
			},
			"LivingRegistration": func(of, at planted) (bool, error) {
				return found(r.LivingRegistration(ctx, of.examinee.Person, exam.SubjectID(at.subject)))
			},
			"SatEarlier": func(of, at planted) (bool, error) {
				sat, err := r.SatEarlier(ctx, []exam.PersonID{of.examinee.Person}, []exam.SubjectID{exam.SubjectID(at.subject)})
				return sat[store.Enrolled{Person: of.examinee.Person, Subject: exam.SubjectID(at.subject)}] > 0, err
			},
			"Enrolments": func(of, at planted) (bool, error) {
				living, err := r.Enrolments(ctx, []exam.PersonID{of.examinee.Person}, []exam.SubjectID{exam.SubjectID(at.subject)})
				return living[store.Enrolled{Person: of.examinee.Person, Subject: exam.SubjectID(at.subject)}], err
			},
			"HeldAmong": func(of, at planted) (bool, error) {
				asked := store.Held{Code: exam.CodeID(at.codes[3]), Person: of.examinee.Person}
				held, err := r.HeldAmong(ctx, []store.Held{asked})
				return held[asked], err
			},
		} {
			if is, err := read(mine, mine); err != nil || !is {
				t.Errorf("%s does not find what is there: %v", name, err)
			}
			if is, err := read(mine, theirs); err != nil || is {
				t.Errorf("%s finds what is somebody else's: %v", name, err)
			}
		}
		if _, err := r.RegistrationOfCode(ctx, mine.root.Account, exam.CodeID(mine.codes[1])); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("a code has the registration that was cancelled: %v", err)
		}
	})
}

// reads is all that lists and counts say of a company, its root and its examinee.
func reads(h *actiontest.House, p planted) map[string]any {
	ctx, now, r := context.Background(), h.Clock.Now(), h.Read
	said := map[string]any{}
	note := func(name string, v any, err error) {
		if err != nil {
			h.T.Fatalf("%s: %v", name, err)
		}
		said[name] = v
	}
	root, err := r.Person(ctx, p.root.Person)
	note("Person", root, err)
	examinee, err := r.Person(ctx, p.examinee.Person)
	note("Examinee", examinee, err)
	for name, read := range map[string]func() (any, error){
		"People":          func() (any, error) { return r.People(ctx, p.root.Account) },
		"Members":         func() (any, error) { return r.Members(ctx, p.root.Account) },
		"Receivers":       func() (any, error) { return r.Receivers(ctx, p.root.Account) },
		"VerificationsOf": func() (any, error) { return r.VerificationsOf(ctx, p.root.Account) },
		"OpenExports":     func() (any, error) { return r.OpenExports(ctx, p.root.Account) },
		"PendingOrders":   func() (any, error) { return r.PendingOrders(ctx, p.root.Account) },
		"NewestDrafts":    func() (any, error) { return r.NewestDrafts(ctx, p.root.Account, 0, 9) },
		"NewestDraftsOf":  func() (any, error) { return r.NewestDrafts(ctx, p.root.Account, p.root.Person, 9) },
		"Keys":            func() (any, error) { return r.Keys(ctx, p.root.Person) },
		"LivingKeys":      func() (any, error) { return r.LivingKeys(ctx, p.root.Person) },
		"Logins":          func() (any, error) { return r.Logins(ctx, p.root.Person, time.UnixMicro(1), time.UnixMicro(1)) },
		"LoginsLater":     func() (any, error) { return r.Logins(ctx, p.root.Person, time.UnixMicro(1), time.UnixMicro(2)) },
		"MailOff":         func() (any, error) { return r.MailOff(ctx, p.root.Person) },
		"Unread":          func() (any, error) { return r.Unread(ctx, p.root.Person) },
		"Living":          func() (any, error) { return r.Living(ctx, p.examinee.Person) },
		"OpenInvitations": func() (any, error) { return r.OpenInvitationsTo(ctx, p.email) },
		"Affairs":         func() (any, error) { return r.Affairs(ctx, root, now) },
		"AffairsExaminee": func() (any, error) { return r.Affairs(ctx, examinee, now) },
		"ExamineeStats":   func() (any, error) { return r.ExamineeStats(ctx, p.root.Account, store.ExamineeFilter{}, now) },
		"Overview":        func() (any, error) { return r.Overview(ctx, p.root.Account, now, nil) },
		"CopyOf":          func() (any, error) { return copied(r, root, exam.Enterprise) },
		"CopyOfExaminee":  func() (any, error) { return copied(r, examinee, exam.Individual) },
		"Remembered":      func() (any, error) { return remembered(h, p.root.Person) },
		"OrderRow":        func() (any, error) { return r.OrderRow(ctx, p.root.Account, exam.OrderID(p.order)) },
		"CodesLeft":       func() (any, error) { return r.CodesLeft(ctx, exam.OrderID(p.order)) },
		"CodesEnded":      func() (any, error) { return r.CodesEnded(ctx, exam.OrderID(p.order)) },
	} {
		v, err := read()
		note(name, v, err)
	}
	return said
}

// copied is a copy as text.
func copied(r store.Reader, p exam.Person, kind exam.AccountKind) (string, error) {
	var b bytes.Buffer
	err := r.CopyOf(context.Background(), p, kind, func(c store.Copied) error {
		_, err := fmt.Fprintf(&b, "%s %v\n", c.Section, c.Fields)
		return err
	})
	return b.String(), err
}

// remembered reads the claim of a key that is claimed again.
func remembered(h *actiontest.House, p exam.PersonID) (known *store.Remembered, err error) {
	err = h.Store.Transact(context.Background(), func(ctx context.Context, tx *store.Tx) (err error) {
		known, err = tx.Remember(ctx, p, "N", []byte{1}, h.Clock.Now())
		return err
	})
	return known, err
}

// What others have changes nothing of what a company and its people read, and nor
// does what a colleague has of what is somebody's own.
func TestOthersChangeNothingOfWhatIsRead(t *testing.T) {
	storetest.EachDB(t, func(t *testing.T, d *db.DB) {
		h := actiontest.New(t, store.New(d, id.NewSource(0, time.Now)))
		h.Spoiled = true
		mine := plantAll(h, d)
		colleague := h.Add(mine.root, exam.AllRights)
		before := reads(h, mine)
		if f := before["Affairs"].(exam.Affairs); f.Keys != 2 || f.SignIns != 1 || f.Submissions != 1 || f.Documents != 1 || f.Receivers != 1 || f.Invitations != 1 || f.Files != 0 ||
			f.Orders != 3 || f.OpenPayments != 1 || f.OpenRefunds != 1 || f.Usable != 4 || f.Roots != 0 || f.Colleagues != 1 {
			t.Errorf("of the root: %+v", f)
		}
		if f := before["AffairsExaminee"].(exam.Affairs); f.Registrations != 4 || f.Bound != 1 || f.Reserved != 1 || f.Results != 1 || f.Files != 1 {
			t.Errorf("of the examinee: %+v", f)
		}
		for name, n := range map[string]int{"NewestDrafts": len(before["NewestDrafts"].([]exam.BulkID)), "Logins": len(before["Logins"].([]store.Login)), "Receivers": len(before["Receivers"].([]exam.Receiver))} {
			if want := map[string]int{"Receivers": 2}[name]; n != max(want, 1) {
				t.Errorf("%s: %d", name, n)
			}
		}
		if n := len(before["LoginsLater"].([]store.Login)); n != 0 {
			t.Errorf("%d logins that began earlier", n)
		}
		theirs := plantAll(h, d)
		h.Must(d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error { // they have results of the same subject
			_, err := tx.Exec(ctx, "UPDATE result SET subject_id = $1 WHERE account_id = $2", mine.subject, theirs.account)
			return err
		}))
		if diff := cmp.Diff(before, reads(h, mine)); diff != "" {
			t.Errorf("what another company has changes it (-before +after):\n%s", diff)
		}
		p := planter{t, d, h.Store.IDs()}
		p.plantFor(mine.account, int64(colleague.Person), "c@x.example", "rejected")
		after := reads(h, mine)
		for _, common := range []string{"Receivers", "VerificationsOf", "OpenExports", "NewestDrafts", "Members"} { // the company's
			if cmp.Equal(before[common], after[common]) {
				t.Errorf("%s is the same", common)
			}
			delete(before, common)
			delete(after, common)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("what a colleague has changes it (-before +after):\n%s", diff)
		}
	})
}

// Whoever was refused a text does not read in their copy that it is a code's; who
// holds the code does.
func TestACopyHidesTheCodesOfOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := actiontest.New(t, s)
		sub, holder, stranger := h.Subject(), h.Examinee(true), h.Examinee(true)
		o, texts := h.Buy(h.Company(true), sub, 1)
		_, err := h.Redeem(holder, sub, texts[0])
		h.Must(err)
		if _, err := h.Redeem(stranger, sub, texts[0]); err == nil {
			t.Fatal("a code is redeemed twice")
		}
		code := fmt.Sprint(int64(h.Codes(o)[0].ID))
		for who, told := range map[exam.PersonID]bool{holder.Person: true, stranger.Person: false} {
			text := get[string](t)(copied(h.Read, get[exam.Person](t)(h.Read.Person(t.Context(), who)), exam.Individual))
			if strings.Contains(text, code) != told {
				t.Errorf("the copy tells of the code: %v\n%s", !told, text)
			}
		}
	})
}

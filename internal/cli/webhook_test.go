package cli

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
)

// buyer is the root of a verified company, and a subject on sale.
func (y *system) buyer(ctx context.Context, t *testing.T) (exam.Actor, exam.Subject) {
	t.Helper()
	add := func(kind exam.AccountKind, role exam.Role, email string) exam.Actor {
		p, err := y.addUser(ctx, kind, exam.Person{Email: email, Name: "Somebody", Role: role}, "Company", demoPassword)
		if err != nil {
			t.Fatal(err)
		}
		i, err := y.store.Reader().IdentityOf(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return i.Actor
	}
	admin, root := add(exam.Operator, exam.Admin, "admin@example.org"), add(exam.Enterprise, exam.Root, "root@example.org")
	v, err := y.actions.SubmitVerification(ctx, root, exam.Verification{LegalName: "Company Ltd", RegNumber: "HRB 12345", Country: "DE"},
		&action.Upload{Name: "register.pdf", Content: []byte("%PDF-1.4 sample")})
	if err == nil {
		err = y.actions.ApproveVerification(ctx, admin, v.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	root.Verified = exam.Verified
	sub, err := y.actions.AddSubject(ctx, admin, exam.Subject{Code: "SUB-1", Name: exam.Names{EN: "Subject", ZH: "科目"}, Price: usd(100), ExamTypes: exam.ExamTypes, NoShow: exam.Forfeit, PassMark: 60})
	if err != nil {
		t.Fatal(err)
	}
	return root, sub
}

// The sandbox of a program that serves tells it of a payment by a signed notice,
// which is heard; the program ends while another notice still waits.
func TestTheSandboxTellsItsProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	y := demoFrom(t, filepath.Join(t.TempDir(), "demo"))
	defer y.close(context.Background())
	root, sub := y.buyer(ctx, t)
	pays := func() exam.Payment {
		t.Helper()
		o, err := y.actions.BuyCodes(ctx, root, sub.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := y.actions.PayOrder(ctx, root, o.ID, "sandbox", "", "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	heard := func(p exam.Payment) bool {
		id := sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: p.Reference}, pay.Succeeded, p.Created).ID
		n, err := y.store.Reader().ProviderNotice(ctx, "sandbox", id)
		if err == nil && (n.Object != int64(p.ID) || n.Amount != p.Amount || n.State != exam.HeardNothing) {
			t.Errorf("heard %+v", n)
		}
		return err == nil
	}
	unheard := pays() // nothing is sent before the program serves
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- y.serve(ctx, &settings{baseURL: "http://" + l.Addr().String(), demo: true}, l, nil) }()
	told, tries := false, 0
	for ; !told && tries < 10; tries++ { // the first may come before the program serves
		p := pays()
		for range 40 {
			if told = heard(p); told {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	if !told {
		t.Error("nothing was heard")
	}
	if heard(unheard) {
		t.Error("told while nothing served")
	}
	pays()
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(grace):
		t.Error("a waiting notice held up the end")
	}
}

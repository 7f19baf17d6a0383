package cli

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// demoFrom opens the system of a demo folder, as the command does, with queue and
// web left out.
func demoFrom(t *testing.T, dir string) *system {
	t.Helper()
	s := &settings{data: dir, programme: "Programme", providers: "sandbox,transfer", baseURL: "http://127.0.0.1:8080", demo: true, clock: true}
	y, err := openSystem(context.Background(), s, time.Now, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// TestAYearInAMinute: the clock of a demo moves through the year of an order.
// Time passes day by day, so that each reminder is told on its day, the order ends
// and its verbs are refused; who is signed in stays so, and a restart keeps it all.
func TestAYearInAMinute(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "demo")
	y := demoFrom(t, dir)
	open := true
	defer func() {
		if open {
			y.close(ctx)
		}
	}()
	add := func(kind exam.AccountKind, role exam.Role, email string) exam.Actor {
		t.Helper()
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
	admin := add(exam.Operator, exam.Admin, "admin@example.org")
	root := add(exam.Enterprise, exam.Root, "root@example.org")
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
	o, err := y.actions.BuyCodes(ctx, root, sub.ID, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.actions.PayOrder(ctx, root, o.ID, "sandbox", "", ""); err != nil {
		t.Fatal(err)
	}
	if o, err = y.store.Reader().Order(ctx, root.Account, o.ID); err != nil {
		t.Fatal(err)
	}
	token, _, err := y.actions.OpenSession(ctx, root.Person, "test")
	if err != nil {
		t.Fatal(err)
	}
	told := func() map[exam.NoticeKind]int {
		t.Helper()
		rows, err := y.store.Reader().Notices(ctx, root.Person, false, store.Page{Limit: store.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		n := map[exam.NoticeKind]int{}
		for _, m := range rows.Items {
			n[m.Kind]++
		}
		return n
	}
	clock := demoClock{y}
	if err := clock.MoveTo(ctx, y.now().Add(-time.Hour)); err == nil {
		t.Error("the clock went back")
	}
	if err := clock.MoveTo(ctx, o.RemindAt(60).Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := told(); n[exam.NoticeOrderEnding] != 2 || n[exam.NoticeOrderEnded] != 0 {
		t.Errorf("60 days before the end: %v", n)
	}
	if _, err := y.actions.BySession(ctx, token); err != nil {
		t.Errorf("the move signed people out: %v", err)
	}

	// Another start finds the clock where it was, and time goes on from there.
	y.close(ctx)
	y = demoFrom(t, dir)
	clock = demoClock{y}
	if now := y.now(); now.Before(o.RemindAt(60)) || now.After(o.RemindAt(60).Add(2*time.Hour)) {
		t.Errorf("after a restart it is %s", now)
	}
	codes, err := y.store.Reader().LeftCodes(ctx, o.ID, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	regenerate := func() error {
		out, err := y.actions.RegenerateCodes(ctx, root, []exam.CodeID{codes[0].ID})
		if err == nil {
			err = out[0].Err
		}
		return err
	}
	if err := regenerate(); err != nil {
		t.Errorf("before the end: %v", err)
	}
	if err := clock.MoveTo(ctx, o.Expires); err != nil {
		t.Fatal(err)
	}
	if n := told(); n[exam.NoticeOrderEnding] != 4 || n[exam.NoticeOrderEnded] != 1 {
		t.Errorf("at the end: %v", n)
	}
	if err := regenerate(); err == nil || !strings.Contains(err.Error(), exam.ErrOrderExpired.Text) {
		t.Errorf("after the end: %v", err)
	}
	y.close(ctx)
	open = false

	// Production does not take such data over.
	var out bytes.Buffer
	code := run(ctx, env{&out, &out, strings.NewReader(""), func(string) string { return "" }},
		[]string{"serve", "--data", dir, "--base-url", "http://127.0.0.1:1", "--listen", "127.0.0.1:0"})
	if code != 1 || !strings.Contains(out.String(), "clock was moved") {
		t.Errorf("serve ends with %d: %s", code, &out)
	}
}

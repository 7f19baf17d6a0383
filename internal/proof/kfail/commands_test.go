package kfail

import (
	"context"
	"errors"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/exam"
	"examcode/internal/pay"
	"examcode/internal/pay/sandbox"
	"examcode/internal/store"
)

// command is something a person or the clock does. prepare makes what it needs
// anew and returns it ready to be said, any number of times.
type command struct {
	name    string
	keyed   bool           // people repeat it under an Idempotency-Key
	loose   bool           // a repeat may leave one more of what it makes, as a second sign-in
	clock   bool           // it is about the passing of time
	mode    mode           // of the provider, when it is one that is asked
	before  func(w *world) // puts away what earlier ones would have a say in
	prepare func(w *world) func(ctx context.Context) error
}

// run is a command that only fails.
type run = func(ctx context.Context) error

// fails drops what a command returns beside its error.
func fails[A any](_ A, err error) error { return err }

// each is the outcome of a batch: all of it or an error.
func each[I any](all []action.Outcome[I], err error) error {
	for _, o := range all {
		err = errors.Join(err, o.Err)
	}
	return err
}

func commands() []command {
	list := append(append(append(programme(), company()...), people()...), sweeps()...)
	for _, m := range modes {
		list = append(list, payments(m)...)
	}
	return list
}

// codesOf are the ids of an order's codes.
func (w *world) codesOf(o exam.Order) (ids []exam.CodeID) {
	for _, c := range w.Codes(o) {
		ids = append(ids, c.ID)
	}
	return ids
}

func (w *world) bought(n int) (exam.Order, exam.Subject, []string) {
	sub := w.Subject()
	o, texts := w.Buy(w.root, sub, n)
	return o, sub, texts
}

func (w *world) bound() (exam.Registration, exam.Subject, exam.Order) {
	o, sub, texts := w.bought(1)
	g, err := w.Redeem(w.examinee, sub, texts[0])
	w.Must(err)
	return g, sub, o
}

func (w *world) seated() (exam.Registration, exam.Session) {
	g, sub, _ := w.bound()
	n := w.Session(sub, 5*24*time.Hour, 3)
	g, err := w.Actions.Reserve(context.Background(), w.examinee, g.ID, n.ID)
	w.Must(err)
	return g, n
}

// examined is a seat whose session is over.
func (w *world) examined() (exam.Registration, exam.Session) {
	g, n := w.seated()
	w.Clock.Move(6 * 24 * time.Hour)
	return g, n
}

// programme is what the staff does.
func programme() []command {
	ctx := context.Background()
	session := func(w *world) exam.Session { return w.Session(w.Subject(), 5*24*time.Hour, 3) }
	return []command{
		{name: "AddPerson", keyed: true, prepare: func(w *world) run {
			p := exam.Person{Name: "Member", Email: w.fresh("m") + "@people.example", Role: exam.Member, Rights: exam.ViewCodes}
			return func(ctx context.Context) error {
				return fails(w.do.AddPerson(ctx, w.root, w.root.Account, p, actiontest.Password))
			}
		}},
		{name: "AddSubject", keyed: true, prepare: func(w *world) run {
			s := w.subject
			s.ID, s.Code = 0, w.fresh("NEW-")
			return func(ctx context.Context) error { return fails(w.do.AddSubject(ctx, w.staff, s)) }
		}},
		{name: "ChangeSubject", keyed: true, prepare: func(w *world) run {
			s := w.Subject()
			s.Price.Minor++
			return func(ctx context.Context) error { return fails(w.do.ChangeSubject(ctx, w.staff, s)) }
		}},
		{name: "RetireSubject", prepare: func(w *world) run {
			s := w.Subject()
			return func(ctx context.Context) error { return fails(w.do.RetireSubject(ctx, w.staff, s.ID)) }
		}},
		{name: "AddSession", keyed: true, prepare: func(w *world) run {
			s := w.Subject()
			n := exam.Session{Subject: s.ID, ExamType: exam.Online, Starts: w.Clock.Now().Add(99 * time.Hour), Duration: time.Hour, Zone: "UTC", Seats: 2}
			return func(ctx context.Context) error { return fails(w.do.AddSession(ctx, w.staff, n)) }
		}},
		{name: "CloseSession", prepare: func(w *world) run {
			n := session(w)
			return func(ctx context.Context) error { return fails(w.do.CloseSession(ctx, w.results, n.ID)) }
		}},
		{name: "ReopenSession", prepare: func(w *world) run {
			n, err := w.Actions.CloseSession(ctx, w.results, session(w).ID)
			w.Must(err)
			return func(ctx context.Context) error { return fails(w.do.ReopenSession(ctx, w.results, n.ID)) }
		}},
		{name: "CancelSession", prepare: func(w *world) run {
			_, n := w.seated()
			return func(ctx context.Context) error { return fails(w.do.CancelSession(ctx, w.results, n.ID, "Flooded")) }
		}},
		{name: "RecordResults", prepare: func(w *world) run {
			g, _ := w.examined()
			return func(ctx context.Context) error {
				return each(w.do.RecordResults(ctx, w.results, []exam.Result{{Registration: g.ID, Outcome: exam.Passed}}))
			}
		}},
		{name: "CorrectResult", prepare: func(w *world) run {
			g, _ := w.examined()
			w.Must(each(w.Actions.RecordResults(ctx, w.results, []exam.Result{{Registration: g.ID, Outcome: exam.Passed}})))
			return func(ctx context.Context) error {
				return fails(w.do.CorrectResult(ctx, w.staff, exam.Result{Registration: g.ID, Outcome: exam.Failed}, "Counted twice"))
			}
		}},
		{name: "UploadResults", keyed: true, prepare: func(w *world) run {
			n := session(w)
			return func(ctx context.Context) error {
				return fails(w.do.UploadResults(ctx, w.results, exam.ResultFile{Session: n.ID, Name: "r.csv", Content: []byte("a,b\n")}, 1))
			}
		}},
		{name: "SubmitVerification", keyed: true, prepare: func(w *world) run {
			who := w.Company(false)
			v := exam.Verification{LegalName: "Company Ltd", RegNumber: "HRB 1", Country: "DE"}
			return func(ctx context.Context) error {
				return fails(w.do.SubmitVerification(ctx, who, v, &action.Upload{Name: "r.pdf", Content: []byte("%PDF-1.4 sample")}))
			}
		}},
		{name: "ApproveVerification", prepare: func(w *world) run {
			v := w.waiting()
			return func(ctx context.Context) error { return w.do.ApproveVerification(ctx, w.staff, v.ID) }
		}},
		{name: "RejectVerification", prepare: func(w *world) run {
			v := w.waiting()
			return func(ctx context.Context) error {
				return w.do.RejectVerification(ctx, w.staff, v.ID, exam.RejectReasons[0], "Not readable")
			}
		}},
		{name: "HearProvider", prepare: heard},
		{name: "ConfirmTransfer", prepare: func(w *world) run {
			o := w.ordered()
			p, err := w.Actions.PayOrder(ctx, w.root, o.ID, "transfer", "", "")
			w.Must(err)
			return func(ctx context.Context) error { return fails(w.do.ConfirmTransfer(ctx, w.money, p.ID, o.Total)) }
		}},
	}
}

// heard is a provider's notice of a payment that it has decided meanwhile.
func heard(w *world) run {
	p, err := w.do.PayOrder(context.Background(), w.root, w.ordered().ID, "sandbox", sandbox.SettlesLate, "")
	w.Must(err)
	w.Clock.Move(sandbox.Late)
	raw := sandbox.Write(sandbox.Told(pay.Notice{About: pay.AboutCharge, Reference: p.Reference, Amount: p.Amount}, pay.Succeeded, p.Created))
	return func(ctx context.Context) error {
		return fails(w.do.HearProvider(ctx, "sandbox", actiontest.Signed(pay.Sign(actiontest.Secret, raw, w.Clock.Now())), raw))
	}
}

// waiting is a verification in review.
func (w *world) waiting() exam.Verification {
	v, err := w.Actions.SubmitVerification(context.Background(), w.Examinee(false),
		exam.Verification{LegalName: "Examinee", DocumentKind: "passport", DocumentNumber: w.fresh("P12345")}, nil)
	w.Must(err)
	return v
}

// ordered is an order that waits for its money.
func (w *world) ordered() exam.Order {
	o, err := w.Actions.BuyCodes(context.Background(), w.root, w.Subject().ID, 2)
	w.Must(err)
	return o
}

// sweeps are what the clock does.
func sweeps() []command {
	later := func(d time.Duration, prepare func(w *world), do func(w *world, ctx context.Context) error) func(w *world) run {
		return func(w *world) run {
			prepare(w)
			w.Clock.Move(d)
			return func(ctx context.Context) error { return do(w, ctx) }
		}
	}
	return []command{
		{name: "SweepEnded", clock: true, prepare: later(400*24*time.Hour, func(w *world) { w.bound() }, func(w *world, ctx context.Context) error { return fails(w.do.SweepEnded(ctx)) })},
		{name: "RemindEnds", clock: true, prepare: later(340*24*time.Hour, func(w *world) { w.bought(2) }, func(w *world, ctx context.Context) error { return fails(w.do.RemindEnds(ctx)) })},
		{name: "RemindSessions", clock: true, prepare: later(4*24*time.Hour+time.Hour, func(w *world) { w.seated() }, func(w *world, ctx context.Context) error { return fails(w.do.RemindSessions(ctx)) })},
		{name: "CloseUnpaidOrders", clock: true, prepare: later(30*24*time.Hour, func(w *world) { w.ordered() }, func(w *world, ctx context.Context) error { return fails(w.do.CloseUnpaidOrders(ctx)) })},
		{name: "PassTime", clock: true, prepare: later(400*24*time.Hour, func(w *world) { w.bound() }, func(w *world, ctx context.Context) error { return w.do.PassTime(ctx) })},
		{name: "Tidy", clock: true, prepare: later(400*24*time.Hour, func(w *world) { w.exported() }, func(w *world, ctx context.Context) error { return w.do.Tidy(ctx) })},
		{name: "TidyExports", clock: true, prepare: later(40*24*time.Hour, func(w *world) { w.exported() }, func(w *world, ctx context.Context) error { return w.do.TidyExports(ctx) })},
	}
}

// settled is what may have been done by the time a sweep is undisturbed.
func (w *world) calm() {
	ctx := context.Background()
	w.Clock.Move(800 * 24 * time.Hour)
	for range 3 {
		w.Must(w.do.PassTime(ctx))
		w.Must(fails(w.do.CloseUnpaidOrders(ctx)))
		w.Must(w.do.Tidy(ctx))
		w.heal()
	}
}

func (w *world) exported() exam.Export {
	o, _, _ := w.bought(2)
	e, err := w.do.AskExport(context.Background(), w.root, codesAsked(o))
	w.Must(err)
	w.heal()
	return e
}

func codesAsked(o exam.Order) action.ExportRequest {
	in := action.ExportRequest{Kind: exam.ExportCodes, Format: exam.CSV, Lang: "en"}
	in.Filter.Codes = store.CodeFilter{Order: o.ID}
	return in
}

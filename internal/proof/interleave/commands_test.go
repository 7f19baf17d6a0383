package interleave

import (
	"context"

	"examcode/internal/action"
	"examcode/internal/exam"
	"examcode/internal/store"
)

// command is something that is done to a kit.
type command struct {
	name string
	do   func(ctx context.Context, w *world, k *kit) error
}

// first is the refusal of a batch of one.
func first[I any](out []action.Outcome[I], err error) error {
	if err != nil {
		return err
	}
	return out[0].Err
}

func redeem(name string, who func(*world) exam.Actor, code int) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.RedeemCode(ctx, who(w), action.Redemption{Subject: k.subject.ID, Text: k.texts[code], ExamType: exam.Online})
		return err
	}}
}

func unbind(name string, who func(*world) exam.Actor, newText bool) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		return first(w.h.Actions.UnbindCodes(ctx, who(w), k.codes[:1], newText))
	}}
}

func regenerate(name string, who func(*world) exam.Actor) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		return first(w.h.Actions.RegenerateCodes(ctx, who(w), k.codes[:1]))
	}}
}

func reserve(name string, who func(*world) exam.Actor, reg, session int) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.Reserve(ctx, who(w), k.regs[reg], k.sessions[session])
		return err
	}}
}

func record(name string, outcome exam.Outcome) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		n, err := w.h.Read.Session(context.Background(), k.sessions[0])
		if err != nil {
			return err
		}
		return first(w.h.Actions.RecordResults(ctx, w.staff, []exam.Result{{Registration: k.regs[0], Outcome: outcome, SatAt: n.Starts}}))
	}}
}

func refund(name string, chosen bool) command {
	return command{name, func(ctx context.Context, w *world, k *kit) error {
		what := action.RefundRequest{}
		if chosen {
			what.Chosen = k.codes[:1]
		}
		_, err := w.h.Actions.RefundOrder(ctx, w.root, k.order.ID, what)
		return err
	}}
}

func root(w *world) exam.Actor  { return w.root }
func clerk(w *world) exam.Actor { return w.clerk }
func one(w *world) exam.Actor   { return w.one }
func two(w *world) exam.Actor   { return w.two }

var (
	pay = command{"pay", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.PayOrder(ctx, w.root, k.order.ID, "sandbox", "", "")
		return err
	}}
	closeOrder = command{"close order", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.CancelOrder(ctx, w.root, k.order.ID)
		return err
	}}
	giveBack = command{"cancel reservation", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.CancelReservation(ctx, w.one, k.regs[0])
		return err
	}}
	cancelSession = command{"cancel session", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.CancelSession(ctx, w.staff, k.sessions[0], "no power")
		return err
	}}
	closeSession = command{"close session", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.CloseSession(ctx, w.staff, k.sessions[0])
		return err
	}}
	revoke = command{"take the right away", func(ctx context.Context, w *world, k *kit) error {
		return w.h.Actions.ChangeRights(ctx, w.root, w.clerk.Person, exam.ViewCodes, 0)
	}}
	sweep = command{"sweep ended orders", func(ctx context.Context, w *world, k *kit) error {
		_, err := w.h.Actions.SweepEnded(ctx)
		return err
	}}
	// backwards is what no command may do; only the control plays it.
	backwards = command{"locks in the wrong order", func(ctx context.Context, w *world, k *kit) error {
		return w.h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockCodes(ctx, k.codes[0]); err != nil {
				return err
			}
			return tx.LockOrders(ctx, exclusive, k.order.ID)
		})
	}}
)

// commands are those that are played against each other, and each against
// itself, from a start.
var commands = map[string][]command{
	"pending":  {pay, closeOrder},
	"unused":   {redeem("redeem", one, 0), redeem("redeem too", two, 0), regenerate("regenerate by a member", clerk), refund("refund", false), refund("refund one", true), revoke},
	"bound":    {unbind("unbind by a member", clerk, false), unbind("unbind with a new text", root, true), regenerate("regenerate", root), redeem("redeem again", one, 2), reserve("reserve", one, 0, 0), reserve("reserve the seat too", two, 1, 0), refund("refund", false), cancelSession, closeSession, revoke},
	"reserved": {giveBack, reserve("reserve another", one, 0, 1), reserve("reserve the seat", two, 1, 0), unbind("unbind", root, false), refund("refund", false), cancelSession, closeSession},
	"begun":    {record("record passed", exam.Passed), record("record absent", exam.Absent), giveBack, unbind("unbind", root, false), cancelSession},
	"ended":    {sweep, record("record passed", exam.Passed), cancelSession, unbind("unbind", root, false), redeem("redeem what ended", one, 2), redeem("redeem a new one", two, 3), refund("refund", false)},
}

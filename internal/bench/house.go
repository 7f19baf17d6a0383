package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"examcode/internal/auth"
	"examcode/internal/bench/floor"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/money"
	"examcode/internal/store"
)

// House is a program with a company, its codes, and people who redeem them.
type House struct {
	*Program
	b       *Bench
	floor   floor.DB
	addr    string // of its server on loopback
	admin   exam.Actor
	company exam.Actor
	key     string // the company's
	session string // the company's root in a browser
	other   exam.Actor
	stock   stock
}

// subjects is how many there are; a person registers once for each.
const subjects = 20

// main is the house with all the codes, made when it is first needed.
func (b *Bench) main(ctx context.Context) (_ *House, err error) {
	if b.house == nil {
		b.house, err = b.build(ctx, "main", b.Codes)
	}
	return b.house, err
}

// fewCodes is how many codes the small house has.
const fewCodes = 10_000

// few is the house with few codes.
func (b *Bench) few(ctx context.Context) (_ *House, err error) {
	if b.small == nil {
		b.small, err = b.build(ctx, "few", min(fewCodes, b.Codes))
	}
	return b.small, err
}

// build opens an empty program, serves it and fills it.
func (b *Bench) build(ctx context.Context, name string, codes int) (*House, error) {
	url := ""
	if b.URL != "" {
		made, drop, err := floor.CreateDatabase(ctx, b.URL, fmt.Sprintf("examcode_bench_%s_%d", name, b.now().UnixNano()))
		if err != nil {
			return nil, err
		}
		b.done = append(b.done, drop)
		url = made
	}
	p, err := b.Open(ctx, filepath.Join(b.Dir, name), url)
	if err != nil {
		return nil, err
	}
	b.done = append(b.done, p.Close)
	h := &House{Program: p, b: b}
	if h.floor, err = floor.Open(ctx, p.Path, p.URL); err != nil {
		return nil, err
	}
	b.done = append(b.done, h.floor.Close)
	if err := h.serve(ctx); err != nil {
		return nil, err
	}
	begun := b.now()
	if err := h.fill(ctx, codes); err != nil {
		return nil, err
	}
	b.Say("%d codes made in %s", codes, b.now().Sub(begun).Round(10*time.Millisecond))
	return h, h.floor.Rest(ctx)
}

// serve answers on loopback as the program does, until the run ends.
func (h *House) serve(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		httpd.Serve(ctx, l, h.Handler, time.Second, slog.New(slog.DiscardHandler))
		close(ended)
	}()
	h.b.done = append(h.b.done, func() { stop(); <-ended })
	return nil
}

// fill makes the people and the codes, by the program's own verbs.
func (h *House) fill(ctx context.Context, codes int) error {
	command := exam.Actor{Channel: exam.Command}
	p, err := h.Actions.OpenProgramme(ctx, command, "Programme", exam.Person{Email: "admin@programme.example", Name: "Admin", Role: exam.Admin}, "measure-twice-9")
	if err != nil {
		return err
	}
	h.admin = exam.Actor{Person: p.ID, Account: p.Account, Kind: exam.Operator, Role: exam.Admin, Verified: exam.Verified, Name: p.Name, Channel: exam.Console}
	if err := h.Store.Transact(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if h.company, err = h.open(ctx, tx, exam.Enterprise); err == nil {
			h.other, err = h.open(ctx, tx, exam.Enterprise)
		}
		if err == nil {
			h.key, _, err = h.keyOf(ctx, tx, h.company)
		}
		if err != nil {
			return err
		}
		token, hash := auth.NewToken(auth.SessionPrefix)
		h.session = token
		return tx.AddLogin(ctx, hash, h.company.Person, "bench", h.b.now())
	}); err != nil {
		return err
	}
	h.stock.house = h
	for i := range subjects {
		s, err := h.Actions.AddSubject(ctx, h.admin, exam.Subject{Code: fmt.Sprintf("SUB-%02d", i), Name: exam.Names{EN: fmt.Sprintf("Cloud Associate %d", i), ZH: "云计算工程师"},
			Price: money.Amount{Minor: 12000, Currency: "USD"}, ExamTypes: exam.ExamTypes, CancelCutoff: 24 * time.Hour, NoShow: exam.Forfeit, PassMark: 60})
		if err != nil {
			return err
		}
		h.stock.subjects = append(h.stock.subjects, s.ID)
	}
	for left, i := codes, 0; left > 0; i++ {
		n := min(left, max(1, min(exam.MaxQuantity, codes/subjects)))
		o, err := h.buy(ctx, h.company, h.stock.subjects[i%subjects], n)
		if err != nil {
			return err
		}
		h.stock.add(i%subjects, o)
		left -= n
	}
	return nil
}

// buy buys codes and issues all of them, as the worker would go on to.
func (h *House) buy(ctx context.Context, who exam.Actor, s exam.SubjectID, n int) (exam.Order, error) {
	o, err := h.Actions.BuyCodes(ctx, who, s, n)
	if err != nil {
		return o, err
	}
	if _, err := h.Actions.PayOrder(ctx, who, o.ID, "sandbox", "", ""); err != nil {
		return o, err
	}
	if err := h.Actions.IssueCodes(ctx, o.ID); err != nil {
		return o, err
	}
	o, err = h.Store.Reader().Order(ctx, who.Account, o.ID)
	if err == nil && o.Issued != n {
		err = fmt.Errorf("%d of %d codes of %s were issued", o.Issued, n, o.Number)
	}
	return o, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// open writes a verified account with its root down, without the price of a
// password: nobody can sign in with one.
func (h *House) open(ctx context.Context, tx *store.Tx, kind exam.AccountKind) (exam.Actor, error) {
	ids, now := h.Store.IDs(), h.b.now()
	acc := exam.Account{ID: exam.AccountID(ids.Next()), Kind: kind, Name: "Account", Zone: "UTC", Verified: exam.Verified}
	p := exam.Person{ID: exam.PersonID(ids.Next()), Name: "Wei Chen", Role: exam.Root, Rights: exam.AllRights, Theme: "auto", Confirmed: now}
	p.Email = fmt.Sprintf("p%d@people.example", p.ID)
	acc, p, e := exam.Open(exam.Actor{Channel: exam.Command}, acc, p, now)
	who := exam.Actor{Person: p.ID, Account: acc.ID, Kind: kind, Role: p.Role, Rights: p.Rights, Verified: exam.Verified, Name: p.Name, Channel: exam.Console}
	return who, tx.AddAccount(ctx, acc, p, "-", e)
}

// keyOf makes an API key of somebody and returns its text.
func (h *House) keyOf(ctx context.Context, tx *store.Tx, who exam.Actor) (string, exam.KeyID, error) {
	clear, hash := auth.NewToken(auth.KeyPrefix)
	k, e, err := exam.MakeKey(who, exam.Key{ID: exam.KeyID(h.Store.IDs().Next()), Name: "bench", Tail: clear[len(clear)-4:]}, h.b.now())
	if err != nil {
		return "", 0, err
	}
	return clear, k.ID, tx.AddKey(ctx, k, hash, e)
}

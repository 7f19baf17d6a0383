package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"examcode/internal/db"
	"examcode/internal/exam"
	"examcode/internal/web/account"
)

// demoFile is what demo.json holds, so that scripts can begin at once.
type demoFile struct {
	BaseURL  string        `json:"base_url"`
	Accounts []demoAccount `json:"accounts"`
	Subjects []demoSubject `json:"subjects"`
	Tail     string        `json:"code_ending,omitempty"` // of a bound code, for a first search
}

type demoAccount struct {
	Kind     exam.AccountKind `json:"kind"`
	Role     exam.Role        `json:"role"`
	Email    string           `json:"email"`
	Password string           `json:"password"`
	APIKey   string           `json:"api_key"`
	Name     string           `json:"name"`
	Account  string           `json:"account"`
	Verified bool             `json:"verified"`
	About    string           `json:"about,omitempty"`
	AboutZH  string           `json:"about_zh,omitempty"`
}

type demoSubject struct {
	ID       exam.SubjectID `json:"id"`
	Code     string         `json:"code"`
	Name     exam.Names     `json:"name"`
	OnSale   bool           `json:"on_sale"`
	Currency string         `json:"currency"`
	Price    int64          `json:"price_minor"`
}

func runDemo(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/demo", listen: "127.0.0.1:8080", programme: "Northwind Certification", seller: "Northwind Certification Ltd; 1 Harbour Road, Singapore 049213; GST reg. no. NW-2026-001", providers: "sandbox,transfer", demo: true}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.StringVar(&s.data, "data", s.data, "folder of everything the demo keeps")
	f.StringVar(&s.listen, "listen", s.listen, "HOST:PORT to listen on")
	f.StringVar(&s.databaseURL, "database-url", "", "postgres://… to use PostgreSQL instead of the embedded database")
	s.review(f)
	f.BoolVar(&s.empty, "empty", false, "accounts and subjects only, without history")
	f.BoolVar(&s.clock, "clock", false, "the clock can be moved ahead, on /demo/clock: a year passes in a minute")
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	defer l.Close()
	s.baseURL = "http://" + l.Addr().String()
	d, err := prepareDemo(ctx, s, log)
	if err != nil {
		return err
	}
	y, err := openSystem(ctx, s, time.Now, nil, log)
	if err != nil {
		return err
	}
	defer y.close(context.WithoutCancel(ctx))
	d.print(e, s)
	if ahead := y.clock.Ahead(); s.clock || ahead != 0 {
		fmt.Fprintf(e.out, "It is %s here. Move the clock: %s/demo/clock\n", y.now().UTC().Format("2 Jan 2006, 15:04 (UTC)"), s.baseURL)
	}
	return y.serve(ctx, s, l, d.people())
}

// prepareDemo reopens a demo as it was, or seeds an empty folder.
func prepareDemo(ctx context.Context, s *settings, log *slog.Logger) (*demoFile, error) {
	if err := s.prepareData(); err != nil {
		return nil, err
	}
	var d demoFile
	b, err := os.ReadFile(s.path("demo.json"))
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &d); err != nil {
			return nil, fmt.Errorf("%s cannot be read: remove the folder to begin anew: %w", s.path("demo.json"), err)
		}
	case errors.Is(err, fs.ErrNotExist):
		fresh, err := seed(ctx, s, log)
		if err != nil {
			return nil, fmt.Errorf("the sample data could not be made (remove %s to try again): %w", s.data, err)
		}
		d = *fresh
	default:
		return nil, err
	}
	d.BaseURL = s.baseURL
	b, err = json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	return &d, writeFile(s.path("demo.json"), append(b, '\n'))
}

// writeFile replaces a file at once, readable by its owner alone.
func writeFile(path string, b []byte) error {
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// seed fills an empty database through the actions, with a clock that moves
// from a year ago to now, so that the data obeys every rule.
func seed(ctx context.Context, s *settings, log *slog.Logger) (*demoFile, error) {
	clock := time.Now()
	y, err := openSystem(ctx, s, func() time.Time { return clock }, noQueue{}, log)
	if err != nil {
		return nil, err
	}
	defer y.close(context.WithoutCancel(ctx))
	sd := &seeder{system: y, clock: &clock, end: clock.Truncate(time.Second)}
	if err := sd.all(ctx, !s.empty); err != nil {
		return nil, err
	}
	return &sd.file, nil
}

// noQueue wakes nobody: the seed settles its own promises.
type noQueue struct{}

func (noQueue) Wake(context.Context, *db.Tx, []exam.Owed) error { return nil }

func (d *demoFile) people() []account.DemoPerson {
	var list []account.DemoPerson
	for _, a := range d.Accounts {
		if a.About != "" {
			title := a.Name
			if a.Account != a.Name {
				title += " · " + a.Account
			}
			list = append(list, account.DemoPerson{Title: title, TitleZH: title, About: a.About, AboutZH: a.AboutZH, Email: a.Email, Password: a.Password})
		}
	}
	return list
}

func (d *demoFile) print(e env, s *settings) {
	fmt.Fprintf(e.out, "\nexamcode demo: %s\n\nSign in with one click there, or with these (password of everybody: %s):\n\n", d.BaseURL, demoPassword)
	for _, a := range d.Accounts {
		if a.About != "" {
			fmt.Fprintf(e.out, "  %-32s %-11s %-8s %s\n", a.Email, a.Kind, a.Role, a.Account)
		}
	}
	fmt.Fprintf(e.out, "\nAll accounts, with API keys: %s\n", s.path("demo.json"))
	if d.Tail != "" {
		fmt.Fprintf(e.out, "Try: sign in as the first, press / and type %s\n", d.Tail)
	}
	fmt.Fprintln(e.out, "Stop with Ctrl-C; the data stays for the next start.")
}

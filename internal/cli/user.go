package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"examcode/internal/action"
	"examcode/internal/auth"
	"examcode/internal/exam"
	"examcode/internal/fault"
	"examcode/internal/lang"
	"examcode/internal/store"
)

// commandLine acts from the command line.
func commandLine() exam.Actor { return exam.Actor{Channel: exam.Command} }

func runUser(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve", programme: "Certification", providers: "transfer"}
	var kind, role, email, name, company, rights, password string
	f := flag.NewFlagSet("user", flag.ContinueOnError)
	s.storage(f)
	f.StringVar(&kind, "kind", "operator", "operator, enterprise or individual")
	f.StringVar(&role, "role", "", "operator: admin, review, money, results, audit; enterprise: root, member")
	f.StringVar(&email, "email", "", "e-mail to sign in with")
	f.StringVar(&name, "name", "", "the person's name")
	f.StringVar(&company, "account", "", "enterprise: the company's name; for a member its id, acc_…")
	f.StringVar(&rights, "rights", "view", "member: of view, manage, buy, refund, reveal, separated by commas")
	f.StringVar(&password, "password", "", `"-" reads it from standard input; without, one is made and printed`)
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	y, err := openSystem(ctx, s, time.Now, nil, slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer y.close(context.WithoutCancel(ctx))
	made := password == ""
	switch password {
	case "":
		password = newPassword()
	case "-":
		line, err := bufio.NewReader(e.in).ReadString('\n')
		if err != nil && line == "" {
			return err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	p, err := y.addUser(ctx, exam.AccountKind(kind), exam.Person{Email: email, Name: name, Role: exam.Role(role), Rights: rightsOf(rights)}, company, password)
	if err != nil {
		return inWords(err)
	}
	fmt.Fprintf(e.out, "%s %s (%s, %s)\n", p.ID, p.Email, kind, p.Role)
	if made {
		fmt.Fprintf(e.out, "password: %s\n", password)
	}
	return nil
}

func (y *system) addUser(ctx context.Context, kind exam.AccountKind, p exam.Person, company, password string) (exam.Person, error) {
	who := commandLine()
	switch {
	case kind == exam.Operator:
		programme, err := y.programme(ctx)
		if err != nil {
			return p, err
		}
		if p.Role == "" {
			p.Role = exam.Admin
		}
		if programme == 0 {
			return y.actions.OpenProgramme(ctx, who, "Programme", p, password)
		}
		return y.actions.AddPerson(ctx, who, programme, p, password)
	case kind == exam.Enterprise && p.Role == exam.Member:
		return y.actions.AddPerson(ctx, who, exam.ParseID[exam.AccountID](company), p, password)
	}
	return y.actions.SignUp(ctx, who, action.SignUp{Kind: kind, AccountName: company, Name: p.Name, Email: p.Email, Password: password}, "")
}

// programme is the operators' account; zero when there is none yet.
func (y *system) programme(ctx context.Context) (exam.AccountID, error) {
	rows, err := y.store.Reader().Accounts(ctx, exam.Operator, store.Page{Limit: 1})
	if err != nil || len(rows.Items) == 0 {
		return 0, err
	}
	return rows.Items[0].ID, nil
}

func runAPIKey(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve", programme: "Certification", providers: "transfer"}
	var email, name string
	f := flag.NewFlagSet("apikey", flag.ContinueOnError)
	s.storage(f)
	f.StringVar(&email, "email", "", "whose key it is")
	f.StringVar(&name, "name", "", "what the key is for")
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	y, err := openSystem(ctx, s, time.Now, nil, slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	defer y.close(context.WithoutCancel(ctx))
	key, err := y.keyFor(ctx, email, name)
	if err != nil {
		return inWords(err)
	}
	fmt.Fprintln(e.out, key)
	return nil
}

// keyFor makes an API key of the person with an e-mail.
func (y *system) keyFor(ctx context.Context, email, name string) (string, error) {
	normal, err := auth.NormalEmail(email)
	if err != nil {
		return "", err
	}
	cred, err := y.store.Reader().CredentialsOf(ctx, normal)
	if err != nil {
		return "", err
	}
	i, err := y.store.Reader().IdentityOf(ctx, cred.Person)
	if err != nil {
		return "", err
	}
	i.Actor.Channel = exam.Command
	_, clear, err := y.actions.CreateKey(ctx, i.Actor, name)
	return clear, err
}

func rightsOf(words string) exam.Rights {
	var r exam.Rights
	for _, w := range strings.Split(words, ",") {
		for _, n := range exam.RightNames {
			if n.Name == strings.TrimSpace(w) {
				r |= n.Right
			}
		}
	}
	return r
}

func newPassword() string {
	var b [10]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// inWords is a refusal as people read it, field by field.
func inWords(err error) error {
	e := fault.Of(err)
	if e.Kind == fault.Internal {
		return err
	}
	l := lang.Locale{Lang: lang.EN, Zone: time.UTC}
	if len(e.Fields) == 0 {
		return errors.New(l.Fault(e))
	}
	lines := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		lines[i] = fmt.Errorf("%s: %s", f.Name, l.FaultField(f))
	}
	return errors.Join(lines...)
}

package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"examcode/internal/id"
	"examcode/internal/lang"
	"examcode/internal/mail"
)

// runMail sends one mail with the settings of serve, to see that they work.
func runMail(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve", programme: "Certification", providers: "transfer"}
	f := newFlags("mail", s)
	var to, language string
	f.StringVar(&to, "to", "", "address that gets a test mail")
	f.StringVar(&language, "lang", "en", "en or zh")
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	if to == "" {
		fmt.Fprintln(e.err, "examcode mail: --to is missing: name the address that gets a test mail")
		return errUsage
	}
	if err := s.prepareData(); err != nil {
		return err
	}
	y := &system{now: time.Now, log: slog.New(slog.NewTextHandler(e.err, nil))}
	sender, err := y.mailer(s)
	if err != nil {
		return err
	}
	l := lang.Locale{Lang: lang.Match(language, "")}
	m := mail.Message{To: to, Subject: l.T("mail.test.subject", "programme", s.programme), Text: l.T("mail.test.text", "programme", s.programme) + "\n",
		MessageID: fmt.Sprintf("test-%d@examcode", id.NewSource(0, time.Now).Next()), At: time.Now(), Lang: string(l.Lang)}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := sender.Send(ctx, m); err != nil {
		return err
	}
	if y.outbox != nil {
		fmt.Fprintf(e.out, "kept as a file in %s; no mail server is set\n", s.path("outbox"))
		return nil
	}
	fmt.Fprintf(e.out, "%s took the mail to %s\n", s.smtpHost, to)
	return nil
}

package cli

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"examcode/internal/money"
)

// settings are what a command runs with. Each comes from its flag, else from
// EXAMCODE_… in the environment, else from the file named by --config, else it
// has its default.
type settings struct {
	data        string
	databaseURL string
	listen      string
	baseURL     string
	programme   string
	seller      string
	providers   string
	trustProxy  bool
	allowHTTP   bool
	allowUnsafe bool
	config      string

	smtpHost, smtpUser, smtpPassword, smtpTLS string
	smtpPort                                  int
	mailFrom                                  string

	reviewAbove string // amounts above which a refund waits for the staff
	exportDays  int

	drain        time.Duration
	strict       bool // an unsafe database is refused
	documentDays int  // documents of verifications, after the decision

	demo, empty, clock bool
}

// storage are the flags of every command that needs the data.
func (s *settings) storage(f *flag.FlagSet) {
	f.StringVar(&s.data, "data", s.data, "folder of the database, the key ring and kept mails")
	f.StringVar(&s.databaseURL, "database-url", "", "postgres://… to use PostgreSQL instead of the embedded database")
	f.StringVar(&s.config, "config", "", "file with lines NAME = VALUE, named as the flags")
}

// server are the flags of commands that serve.
func (s *settings) server(f *flag.FlagSet) {
	f.StringVar(&s.listen, "listen", s.listen, "HOST:PORT to listen on")
	f.StringVar(&s.baseURL, "base-url", "", "address people use, as https://exams.example.org")
	f.StringVar(&s.programme, "programme", s.programme, "name of the certification programme")
	f.StringVar(&s.seller, "seller", s.seller, "who sells, for receipts: name; address; tax number")
	f.StringVar(&s.providers, "providers", s.providers, "ways to pay, in order: transfer, sandbox (moves no money)")
	s.review(f)
	f.BoolVar(&s.trustProxy, "trust-proxy", false, "a reverse proxy sets X-Forwarded-For")
	f.BoolVar(&s.allowHTTP, "allow-http", false, "serve without https on a private network; cookies travel in the clear")
	f.BoolVar(&s.allowUnsafe, "allow-unsafe-database", false, "serve from a database that can lose what it acknowledged; for test servers only")
	f.DurationVar(&s.drain, "drain", 0, "after a signal to stop, how long /readyz says no before the door is closed, as 10s")
	f.StringVar(&s.smtpHost, "smtp-host", "", "mail server; without it mails are kept as files in the data folder")
	f.IntVar(&s.smtpPort, "smtp-port", 587, "port of the mail server")
	f.StringVar(&s.smtpUser, "smtp-user", "", "user at the mail server")
	f.StringVar(&s.smtpPassword, "smtp-password", "", "password at the mail server; better given in the environment")
	f.StringVar(&s.smtpTLS, "smtp-tls", "starttls", "starttls, tls or none")
	f.IntVar(&s.exportDays, "export-days", 7, "days that files of exports are kept")
	f.IntVar(&s.documentDays, "document-days", 180, "days that documents of verifications are kept after the decision")
	f.StringVar(&s.mailFrom, "mail-from", "", "sender address of mails")
}

// review is the flag that holds big refunds; the demo has it too.
func (s *settings) review(f *flag.FlagSet) {
	f.StringVar(&s.reviewAbove, "refund-review-above", "", "refunds above this wait for the staff's approval, as \"USD 5000.00, CNY 30000\"; none by default")
}

// reviewLimits reads the amounts of --refund-review-above, one a currency.
func (s *settings) reviewLimits() ([]money.Amount, error) {
	var limits []money.Amount
	for _, part := range strings.Split(s.reviewAbove, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		currency, number, _ := strings.Cut(part, " ")
		a, err := money.Parse(strings.TrimSpace(number), currency)
		if err != nil || a.Minor < 0 {
			return nil, fmt.Errorf("--refund-review-above: %q is no amount: write USD 5000.00", part)
		}
		limits = append(limits, a)
	}
	return limits, nil
}

// newFlags are the flags of a command that serves.
func newFlags(name string, s *settings) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	s.storage(f)
	s.server(f)
	return f
}

// parse reads the flags, the environment and the file.
func (s *settings) parse(e env, f *flag.FlagSet, args []string) error {
	f.SetOutput(e.err)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(e.err, "examcode %s: unexpected %q\n", f.Name(), f.Arg(0))
		return errUsage
	}
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	if !given["config"] {
		s.config = e.getenv("EXAMCODE_CONFIG")
	}
	file, err := readConfig(s.config, f)
	if err != nil {
		return err
	}
	var bad error
	f.VisitAll(func(x *flag.Flag) {
		if given[x.Name] || x.Name == "config" || bad != nil {
			return
		}
		name := "EXAMCODE_" + strings.ToUpper(strings.ReplaceAll(x.Name, "-", "_"))
		value, from := e.getenv(name), name
		if value == "" {
			value, from = file[x.Name], s.config
		}
		if value != "" {
			if err := x.Value.Set(value); err != nil {
				bad = fmt.Errorf("%s: %s cannot be %q", from, x.Name, value)
			}
		}
	})
	return bad
}

// readConfig reads NAME = VALUE lines; # begins a comment, names are flags.
func readConfig(path string, f *flag.FlagSet) (map[string]string, error) {
	values := map[string]string{}
	if path == "" {
		return values, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return values, readLines(file, path, f, values)
}

// readLines reads the lines of a file of that name into values.
func readLines(in io.Reader, path string, f *flag.FlagSet, values map[string]string) error {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !ok || f.Lookup(name) == nil {
			return fmt.Errorf("%s:%d: there is no setting %q for this command", path, n, name)
		}
		values[name] = strings.TrimSpace(value)
	}
	return lines.Err()
}

// checkServe refuses settings that are unsafe in production, each with its remedy.
func (s *settings) checkServe() error {
	var bad []error
	if s.baseURL == "" {
		bad = append(bad, errors.New("--base-url is missing: give the https:// address people use"))
	} else if u, err := url.Parse(s.baseURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		bad = append(bad, fmt.Errorf("--base-url %q is no address: write https://exams.example.org", s.baseURL))
	} else if u.Scheme == "http" && !loopback(u.Hostname()) && !s.allowHTTP {
		bad = append(bad, errors.New("--base-url has no https: put a TLS proxy in front, or say --allow-http on a private network"))
	}
	for _, p := range strings.Split(s.providers, ",") {
		if strings.TrimSpace(p) == "sandbox" && !loopback(host(s.baseURL)) {
			bad = append(bad, errors.New("--providers has sandbox, which gives codes away: take it out, it is for trying on this machine only"))
		}
	}
	if s.smtpHost != "" && s.mailFrom == "" {
		bad = append(bad, errors.New("--mail-from is missing: give the address mails come from"))
	}
	if s.exportDays < 1 || s.exportDays > 365 {
		bad = append(bad, errors.New("--export-days is from 1 to 365"))
	}
	if s.drain < 0 || s.drain > time.Minute {
		bad = append(bad, errors.New("--drain is from 0s to 1m"))
	}
	if s.documentDays < 1 || s.documentDays > 3650 {
		bad = append(bad, errors.New("--document-days is from 1 to 3650"))
	}
	return errors.Join(bad...)
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// prepareData makes the data folder, readable by its owner alone.
func (s *settings) prepareData() error {
	if s.data == "" {
		return errors.New("--data is missing: name the folder for the database and the key ring")
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(s.data)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the data folder %s is open to others: run chmod 700 %s", s.data, s.data)
	}
	return nil
}

// sellerLines are the parts of the seller's data.
func (s *settings) sellerLines() (lines []string) {
	for part := range strings.SplitSeq(s.seller, ";") {
		if part = strings.TrimSpace(part); part != "" {
			lines = append(lines, part)
		}
	}
	return lines
}

func (s *settings) path(name string) string { return filepath.Join(s.data, name) }

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"examcode/internal/action/actiontest"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/id"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
)

// shop is a database with a company that has codes, and the
// process that serves it.
type shop struct {
	t       *testing.T
	data    string
	config  db.Config
	address string
	token   string // an API key of the company's root
	subject string
	rounds  int

	cmd   *exec.Cmd
	ended chan error
	out   *bytes.Buffer // read it when the process has ended
}

// newShop fills an empty database; without a URL it is the embedded one.
func newShop(t *testing.T, url string, codes int) *shop {
	t.Helper()
	ctx := context.Background()
	s := &shop{t: t, data: filepath.Join(t.TempDir(), "data"), address: freeAddress(t)}
	if err := os.Mkdir(s.data, 0o700); err != nil {
		t.Fatal(err)
	}
	s.config = db.Config{URL: url, Now: time.Now}
	if url == "" {
		s.config.Path = filepath.Join(s.data, "examcode.db")
	}
	v, err := vault.LoadOrCreate(filepath.Join(s.data, "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, s.config)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := storetest.Prepare(ctx, d); err != nil {
		t.Fatal(err)
	}
	h := actiontest.NewWith(t, store.New(d, id.NewSource(0, time.Now)), v)
	h.Spoiled = true // it is verified from outside
	h.Clock.Set(time.Now())
	root, subject := h.Company(true), h.Subject()
	h.Buy(root, subject, codes)
	s.subject = subject.ID.String()
	_, s.token, err = h.Actions.CreateKey(ctx, root, "stop")
	h.Must(err)
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// command is a command of the program over the shop's data.
func (s *shop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("examcode", append([]string{name, "--data", s.data}, args...)...)
	if s.config.URL != "" {
		cmd.Args = append(cmd.Args, "--database-url", s.config.URL)
	}
	cmd.Env = append(os.Environ(), "EXAMCODE_CONFIG=")
	return cmd
}

// start starts the server and waits until it is ready.
func (s *shop) start() {
	s.t.Helper()
	s.out = &bytes.Buffer{}
	s.cmd = s.command("serve", "--listen", s.address, "--base-url", "http://"+s.address, "--allow-unsafe-database", "--drain", "1s")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	var err error
	if s.ended, err = launch(s.cmd); err != nil {
		s.t.Fatal(err)
	}
	process := s.cmd.Process
	s.t.Cleanup(func() { process.Kill() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if status, err := s.get("/readyz"); err == nil && status == http.StatusOK {
			return
		}
		select {
		case err := <-s.ended:
			s.t.Fatalf("the server ended by itself: %v\n%s", err, s.out)
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatal("the server is not ready after a minute")
		}
	}
}

func (s *shop) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// later lets the minute pass after which a promise that nobody works on is
// looked for, and tells how many exports wait. No server may run, so none of
// them may say that somebody is at work on it.
func (s *shop) later() (waiting int) {
	s.t.Helper()
	d := dbtest.Open(s.t, s.config)
	defer d.Close()
	running := 0
	err := d.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FILTER (WHERE state = 'waiting'), COUNT(*) FILTER (WHERE state = 'running') FROM export").Scan(&waiting, &running); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE owed SET created_at = created_at - 61000000, next_at = next_at - 61000000 WHERE state = 'owed'")
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if running > 0 {
		s.t.Errorf("%d exports were not put back", running)
	}
	return waiting
}

// verify asks whether everything holds.
func (s *shop) verify() {
	s.t.Helper()
	if out, err := s.command("verify").CombinedOutput(); err != nil {
		s.t.Errorf("%v\n%s", err, out)
	}
}

// try calls the API and returns what it answers.
func (s *shop) try(method, path, body string) (status int, doc map[string]any, err error) {
	r, err := http.NewRequest(method, "http://"+s.address+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer got.Body.Close()
	err = json.NewDecoder(got.Body).Decode(&doc)
	return got.StatusCode, doc, err
}

// call is try for what has to be done.
func (s *shop) call(method, path, body string) map[string]any {
	s.t.Helper()
	status, doc, err := s.try(method, path, body)
	if err != nil || status >= 300 {
		s.t.Fatalf("%s %s: %d %v, %v", method, path, status, doc, err)
	}
	return doc
}

// someExport asks for all codes as a file.
const someExport = `{"kind":"codes","format":"csv","with_texts":true}`

// export asks for a file and returns the export's id.
func (s *shop) export() string {
	s.t.Helper()
	id, _ := s.call(http.MethodPost, "/exports", someExport)["id"].(string)
	return id
}

// allReady waits until every export is, and reads its file.
func (s *shop) allReady() {
	s.t.Helper()
	items, _ := s.call(http.MethodGet, "/exports?limit=100", "")["items"].([]any)
	for _, i := range items {
		id, _ := i.(map[string]any)["id"].(string)
		if err := s.beginDownload(s.ready(id), s.dial(net.Dialer{})).finish(); err != nil {
			s.t.Errorf("an export that was asked for before: %v", err)
		}
	}
}

func (s *shop) state(export string) string {
	s.t.Helper()
	state, _ := s.call(http.MethodGet, "/exports/"+export, "")["state"].(string)
	return state
}

// ready waits until an export is.
func (s *shop) ready(export string) string {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); s.state(export) != "ready"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the export is %s after a minute", s.state(export))
		}
	}
	return export
}

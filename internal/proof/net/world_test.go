package net

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"examcode/internal/action"
	"examcode/internal/action/actiontest"
	"examcode/internal/api"
	"examcode/internal/db"
	"examcode/internal/db/dbtest"
	"examcode/internal/exam"
	"examcode/internal/httpd"
	"examcode/internal/id"
	"examcode/internal/mail"
	"examcode/internal/mail/mailtest"
	"examcode/internal/pay"
	"examcode/internal/proof"
	"examcode/internal/store"
	"examcode/internal/store/storetest"
	"examcode/internal/vault"
	"examcode/internal/worker"
)

// world is the program over bad lines, and the same database over a good one.
type world struct {
	t       *testing.T
	run     *proof.Run
	direct  *db.DB // not over the proxy: what is really there
	house   *actiontest.House
	d       *db.DB // over the proxy, as the program has it
	actions *action.Service
	server  *httptest.Server
	gateway *gateway
	data    *proxy // to PostgreSQL
	post    *proxy // to the mail server
	bank    *proxy // to the gateway
	clients []*client
	keyless bool // the control: keys do not reach the program
	stop    []func()
	idle    int // goroutines before the first toxic
}

func newWorld(t *testing.T, run *proof.Run, clients int) *world {
	t.Helper()
	ctx := context.Background()
	address := dbtest.PostgresURL(t)
	w := &world{t: t, run: run, direct: dbtest.Open(t, db.Config{URL: address, Now: time.Now})}
	w.must(storetest.Prepare(ctx, w.direct))
	v, err := vault.Create(filepath.Join(t.TempDir(), "keyring.json"))
	w.must(err)
	w.house = actiontest.NewWith(t, store.New(w.direct, id.NewSource(1, time.Now)), v)
	w.house.Clock.Set(time.Now())
	for n := range clients {
		w.clients = append(w.clients, w.client(n))
	}
	sink := mailtest.Start(t, mailtest.Options{})
	w.gateway = newGateway()
	w.data = newProxy(t, dialDatabase(t, address))
	w.post = newProxy(t, func() (net.Conn, error) { return net.Dial("tcp", net.JoinHostPort(sink.Host, strconv.Itoa(sink.Port))) })
	w.bank = newProxy(t, func() (net.Conn, error) { return net.Dial("tcp", w.gateway.server.Listener.Addr().String()) })
	w.open(v, proxied(t, address, w.data.port()))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// dialDatabase leads to the server that a URL names.
func dialDatabase(t *testing.T, address string) func() (net.Conn, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if dir := u.Query().Get("host"); dir != "" {
		return func() (net.Conn, error) { return net.Dial("unix", filepath.Join(dir, ".s.PGSQL.5432")) }
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "5432")
	}
	return func() (net.Conn, error) { return net.Dial("tcp", host) }
}

// proxied is the same URL by way of a port of this machine.
func proxied(t *testing.T, address string, port int) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = fmt.Sprintf("127.0.0.1:%d", port), q.Encode()
	return u.String()
}

// open puts the program together as its command does.
func (w *world) open(v *vault.Vault, address string) {
	w.t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	var err error
	w.d, err = db.Open(ctx, db.Config{URL: address, Now: time.Now, Log: log})
	w.must(err)
	s := store.New(w.d, id.NewSource(2, time.Now))
	queue, err := worker.NewQueue(w.d, log)
	w.must(err)
	sender, err := mail.NewSMTP(mail.SMTPConfig{Host: "127.0.0.1", Port: w.post.port(), From: "exams@programme.example", FromName: "Programme", TLS: "none"})
	w.must(err)
	bank := newProvider(w.bank.port())
	w.actions = action.New(action.Config{Store: s, Vault: v, Providers: []pay.Provider{bank}, Mail: sender, Queue: queue,
		Compose: mail.Composer(mail.ComposeConfig{BaseURL: "http://127.0.0.1", Programme: "Programme", Now: time.Now}), Now: time.Now, Random: rand.Reader, Log: log})
	reg := httpd.NewRegistry(httpd.Config{Actions: w.actions, Now: time.Now, Log: log, BaseURL: "http://127.0.0.1"})
	api.Mount(reg, api.Deps{Actions: w.actions, Store: s.Reader(), Now: time.Now, BaseURL: "http://127.0.0.1", Cursor: v.Sign, Seal: v.Seal, Open: v.Open})
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.keyless {
			r.Header.Del("Idempotency-Key")
		}
		reg.ServeHTTP(rw, r)
	}))
	work, err := worker.Start(ctx, w.d, w.actions, log)
	w.must(err)
	w.stop = []func(){
		func() {
			stop, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if err := work.Stop(stop); err != nil {
				w.t.Errorf("the worker does not stop: %v", err)
			}
		},
		w.server.Close, w.d.Close, bank.http.CloseIdleConnections, w.gateway.server.Close, w.data.close, w.post.close, w.bank.close,
	}
	w.idle = runtime.NumGoroutine()
}

// close takes everything down, which has to leave nothing running.
func (w *world) close(before int) {
	w.t.Helper()
	wire.CloseIdleConnections()
	for _, stop := range w.stop {
		stop()
	}
	w.within("goroutines end", func() string {
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<16)
			return fmt.Sprintf("%d run and %d did before\n%s", n, before, buf[:runtime.Stack(buf, true)])
		}
		return ""
	})
}

// within wants something within a minute; check tells what is not yet so.
func (w *world) within(what string, check func() string) time.Duration {
	w.t.Helper()
	began := time.Now()
	for {
		open := check()
		if open == "" {
			return time.Since(began)
		}
		if time.Since(began) > time.Minute {
			w.t.Errorf("%s: not within a minute: %s", what, open)
			return time.Since(began)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// number is the answer to a query over the good line.
func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	w.must(w.direct.Read().QueryRow(context.Background(), query, args...).Scan(&n))
	return n
}

// write changes the database over the good line.
func (w *world) write(statements ...string) {
	w.t.Helper()
	w.must(w.direct.Transact(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}))
}

// client is a company of its own.
func (w *world) client(n int) *client {
	w.t.Helper()
	root, s := w.house.Company(true), w.house.Subject()
	_, key, err := w.house.Actions.CreateKey(context.Background(), root, "net")
	w.must(err)
	return &client{w: w, n: n, token: key, account: int64(root.Account), subject: s.ID, dice: w.run.Rand(uint64(10 + n)), orders: map[exam.OrderID]string{}}
}

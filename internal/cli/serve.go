package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"examcode/internal/api"
	"examcode/internal/db"
	"examcode/internal/fault"
	"examcode/internal/httpd"
	"examcode/internal/store/migrations"
	"examcode/internal/web"
	"examcode/internal/web/account"
	"examcode/internal/web/page"
	"examcode/internal/worker"
)

// grace is how long accepted requests and running jobs may take to finish once
// the door is closed.
const grace = 20 * time.Second

func runServe(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve", listen: "127.0.0.1:8080", programme: "Certification", providers: "transfer"}
	if err := s.parse(e, newFlags("serve", s), args); err != nil {
		return err
	}
	if err := s.checkServe(); err != nil {
		return fmt.Errorf("unsafe settings, not started:\n%w", err)
	}
	log := slog.New(slog.NewJSONHandler(e.err, nil))
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	defer l.Close()
	s.strict = true
	y, err := openSystem(ctx, s, time.Now, nil, log)
	if err != nil {
		return err
	}
	defer y.close(context.WithoutCancel(ctx))
	if y.clock.Ahead() != 0 {
		return errors.New("this data belongs to a demo whose clock was moved: it cannot be served")
	}
	log.Info("examcode serves", "listen", l.Addr().String(), "engine", y.db.Engine(), "base_url", s.baseURL)
	return y.serve(ctx, s, l, nil)
}

// serve answers and works until ctx ends, and then for at most the system's
// grace. Jobs get a little less of it: those that do not finish are cancelled,
// and take a moment to put away what they have begun.
func (y *system) serve(ctx context.Context, s *settings, l net.Listener, people []account.DemoPerson) error {
	w, err := worker.Start(ctx, y.db, y.actions, y.log)
	if err != nil {
		return err
	}
	y.sandbox.Start("http://" + l.Addr().String() + api.Prefix + "/webhooks/sandbox")
	defer y.sandbox.Stop()
	end, cancel := context.WithCancel(y.drained(ctx, s.drain))
	defer cancel()
	worked := make(chan error, 1)
	go func() { // beside the requests: there is one time for both
		<-end.Done()
		stop, done := context.WithTimeout(context.WithoutCancel(ctx), y.grace*3/4)
		defer done()
		worked <- w.Stop(stop)
	}()
	served := httpd.Serve(end, l, y.handler(s, people), y.grace, y.log)
	cancel()
	return errors.Join(served, <-worked)
}

// drained ends a while after ctx does. From then on this process says that it is
// not ready, so that a balancer sends nobody here when the door closes.
func (y *system) drained(ctx context.Context, d time.Duration) context.Context {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		y.stopping.Store(true)
		time.AfterFunc(d, cancel)
	})
	return end
}

// handler mounts every face.
func (y *system) handler(s *settings, people []account.DemoPerson) http.Handler {
	reg := httpd.NewRegistry(httpd.Config{Actions: y.actions, Now: y.now, Log: y.log, BaseURL: s.baseURL, TrustProxy: s.trustProxy})
	k := &page.Kit{Registry: reg, Actions: y.actions, Store: y.store.Reader(), Now: y.now, Programme: s.programme, Seller: s.sellerLines(),
		BaseURL: s.baseURL, Version: Version, Demo: s.demo}
	if s.demo && (s.clock || y.clock.Ahead() != 0) {
		k.Clock = demoClock{y}
	}
	web.Mount(k, account.Options{Demo: people, Outbox: y.outbox})
	api.Mount(reg, api.Deps{Actions: y.actions, Store: y.store.Reader(), Now: y.now, BaseURL: s.baseURL, Cursor: y.vault.Sign, Seal: y.vault.Seal, Open: y.vault.Open})
	y.health(k)
	return reg
}

// health tells whether the process lives and whether it can do its work.
func (y *system) health(k *page.Kit) {
	answer := func(w http.ResponseWriter, text string) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte(text + "\n"))
		return err
	}
	k.Handle("GET", "/healthz", httpd.Public, func(w http.ResponseWriter, r *http.Request) error { return answer(w, "alive") })
	k.Handle("GET", "/readyz", httpd.Public, func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		if err := y.ready(ctx); err != nil {
			return fault.Of(db.ErrUnavailable).Wrap(err)
		}
		return answer(w, "ready")
	})
}

// ready tells what keeps this process from doing its work.
func (y *system) ready(ctx context.Context) error {
	if y.stopping.Load() {
		return errors.New("about to stop")
	}
	n, err := y.db.Pending(ctx, migrations.FS)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d migrations are missing", n)
	}
	skew, err := y.db.Skew(ctx)
	if err != nil {
		return err
	}
	if f := clockFinding(skew); f.Grade == db.Unsafe {
		return fmt.Errorf("%s %s: %s", f.What, f.Says, f.Remedy)
	}
	return nil
}

func runMigrate(ctx context.Context, e env, args []string) error {
	s := &settings{data: "./data/serve"}
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	s.storage(f)
	if err := s.parse(e, f, args); err != nil {
		return err
	}
	d, err := openDB(ctx, s, time.Now, slog.New(slog.NewTextHandler(e.err, nil)))
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.Pending(ctx, migrations.FS)
	if err != nil {
		return err
	}
	if err := migrate(ctx, d); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: %d migrations applied\n", d.Engine(), n)
	return nil
}

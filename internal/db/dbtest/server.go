package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"examcode/internal/db"
)

// ServerEnv names a running server to use instead of one of our own: a URL whose
// user may create databases.
const ServerEnv = "EXAMCODE_TEST_POSTGRES"

// server is a PostgreSQL server that tests may fill with databases.
type server struct {
	url   url.URL // its path is replaced by the database
	count atomic.Int64
}

var errAbsent = errors.New("PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql)")

var theServer = sync.OnceValues(func() (*server, error) {
	if given := os.Getenv(ServerEnv); given != "" {
		u, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ServerEnv, err)
		}
		return &server{url: *u}, nil
	}
	return start()
})

// running returns the server of this test binary. Without PostgreSQL the test is
// skipped; where CI is set it fails instead.
func running(t testing.TB) *server {
	t.Helper()
	s, err := theServer()
	if errors.Is(err, errAbsent) && os.Getenv("CI") == "" {
		t.Skipf("NOT TESTED ON POSTGRESQL: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start makes a cluster in a short temporary folder and runs it, reachable only
// through a socket in that folder.
func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "ecpg")
	if err != nil {
		return nil, err
	}
	var owner *user.User
	if os.Geteuid() == 0 { // the server refuses to run as root
		if owner, err = firstUser("postgres", "nobody"); err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(owner.Uid)
		gid, _ := strconv.Atoi(owner.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir = dir
	runAs(initdb, owner, false)
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := launch(supervised(bin, dir, data, owner)); err != nil {
		return nil, err
	}
	s := &server{url: url.URL{Scheme: "postgres", RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode()}}
	return s, s.await(filepath.Join(dir, "log"))
}

// supervised wraps the server in a shell that stops it and removes its folder
// when this process is gone.
func supervised(bin, dir, data string, owner *user.User) *exec.Cmd {
	const script = `trap 'kill -QUIT $pid; wait $pid; cd /; rm -rf "$1"; exit 0' TERM INT
"$2" -D "$3" -k "$1" -h '' -F \
 -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 \
 -c shared_buffers=64MB -c max_connections=300 -c autovacuum=off -c jit=off \
 -c deadlock_timeout=100ms -c max_wal_size=4GB -c checkpoint_timeout=1h >"$1/log" 2>&1 </dev/null &
pid=$!; wait $pid`
	cmd := exec.Command("/bin/sh", "-c", script, "examcode-postgres", dir, filepath.Join(bin, "postgres"), data)
	cmd.Dir = dir
	runAs(cmd, owner, true)
	return cmd
}

// launch starts cmd from a thread that lives as long as the process, because the
// kernel tells a child of its parent thread's end.
func launch(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		cmd.Wait()
		select {}
	}()
	return <-started
}

func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errAbsent
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

func firstUser(names ...string) (*user.User, error) {
	for _, name := range names {
		if u, err := user.Lookup(name); err == nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("none of the users %v exists to run PostgreSQL", names)
}

// await returns when the server answers.
func (s *server) await(log string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.admin(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			out, _ := os.ReadFile(log)
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, out)
		case <-tick.C:
		}
	}
}

func (s *server) database(name string) string {
	u := s.url
	u.Path = "/" + name
	return u.String()
}

// admin runs one statement in the maintenance database.
func (s *server) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.database("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func (s *server) create(template string) (string, error) {
	name := fmt.Sprintf("examcode_test_%d_%d", os.Getpid(), s.count.Add(1))
	return name, s.admin(context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+template)
}

func (s *server) fresh(t testing.TB, template string) string {
	t.Helper()
	name, err := s.create(template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.admin(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.database(name)
}

// template prepares a database to be copied. On a given server it stays behind.
func (s *server) template(prepare func(ctx context.Context, d *db.DB) error) (string, error) {
	name, err := s.create("template0")
	if err != nil {
		return "", err
	}
	return name, prepared(db.Config{URL: s.database(name), Now: Clock}, prepare)
}

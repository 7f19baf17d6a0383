package dbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Cluster is a PostgreSQL server of one test that keeps what it has committed,
// unlike the one that tests share: with its own settings, and to be killed.
type Cluster struct {
	server
	bin, dir string
	owner    *user.User
	settings []string
	process  *exec.Cmd
	ended    chan struct{}
}

// Durable makes a cluster and starts it, with PostgreSQL's own settings but for
// those given as name=value. It is taken down when the test ends.
func Durable(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c := &Cluster{settings: settings}
	t.Cleanup(func() { c.Kill(); os.RemoveAll(c.dir) })
	err := c.make()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Cluster) make() (err error) {
	if c.bin, err = binaries(); err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp("/tmp", "ecpg"); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // the server refuses to run as root
		if c.owner, err = firstUser("postgres", "nobody"); err != nil {
			return err
		}
		uid, _ := strconv.Atoi(c.owner.Uid)
		gid, _ := strconv.Atoi(c.owner.Gid)
		if err := os.Chown(c.dir, uid, gid); err != nil {
			return err
		}
	}
	c.url = url.URL{Scheme: "postgres", RawQuery: url.Values{"host": {c.dir}, "user": {"postgres"}}.Encode()}
	initdb := exec.Command(filepath.Join(c.bin, "initdb"), "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir = c.dir
	runAs(initdb, c.owner, false)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// URL is the address of the database every cluster has.
func (c *Cluster) URL() string { return c.database("postgres") }

// Exec runs one statement as the server's owner.
func (c *Cluster) Exec(ctx context.Context, statement string) error { return c.admin(ctx, statement) }

// Start starts the server and returns when it answers.
func (c *Cluster) Start() error {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", c.data(), "-k", c.dir, "-h", "", "-c", "max_connections=60"}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	c.process = exec.Command(filepath.Join(c.bin, "postgres"), args...)
	c.process.Dir, c.process.Stdout, c.process.Stderr = c.dir, log, log
	runAs(c.process, c.owner, true)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the kernel tells the server of the end of the thread that made it
		err := c.process.Start()
		started <- err
		if err == nil {
			c.process.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return err
	}
	c.ended = ended
	return c.await(log.Name())
}

// Kill kills every process of the server at once, with no time for a last word,
// and returns when they are gone.
func (c *Cluster) Kill() {
	if c.process == nil || c.process.Process == nil {
		return
	}
	c.process.Process.Signal(syscall.SIGSTOP) // it starts no further ones
	children := childrenOf(c.process.Process.Pid)
	for _, pid := range children {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	c.process.Process.Kill()
	<-c.ended
	for _, pid := range children {
		for syscall.Kill(pid, 0) == nil && alive(pid) {
			runtime.Gosched()
		}
	}
	c.process = nil
}

// childrenOf lists the processes that a process has made.
func childrenOf(parent int) (children []int) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		panic("dbtest: the processes of a server cannot be listed: " + err.Error())
	}
	for line := range strings.Lines(string(out)) {
		var pid, of int
		if n, _ := fmt.Sscan(line, &pid, &of); n == 2 && of == parent {
			children = append(children, pid)
		}
	}
	return children
}

// alive tells whether a process that was killed still runs: a zombie does not.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// Running tells whether the server was started and not killed since.
func (c *Cluster) Running() bool { return c.process != nil }

package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
)

// readerCount connections serve reads beside the one that writes.
const readerCount = 4

func (d *DB) openSQLite(ctx context.Context, path string) error {
	d.engine = SQLite
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	d.path = path
	if d.look {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("db: %w", err)
		}
	} else if err := d.openWriter(ctx, path); err != nil {
		return err
	}
	if d.readers, err = openFile(ctx, path, readerCount, url.Values{
		"_query_only": {"1"},
		"_pragma":     {"cache_size(-16384)"},
	}); err != nil {
		return err
	}
	d.read = readOnly{db: d, q: d.hook.querier(Read, sqlQuerier{c: d.readers})}
	if d.writer != nil {
		d.group = newGrouper(d.writer, d.now, d.hook)
	}
	return nil
}

// openWriter takes the file for this process and opens the connection that writes.
func (d *DB) openWriter(ctx context.Context, path string) (err error) {
	if d.lock, err = lockFile(path + ".lock"); err != nil {
		return err
	}
	// SQLite gives its side files the mode of the main file.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	err = f.Chmod(0o600)
	f.Close()
	if err != nil {
		return fmt.Errorf("db: %w", err)
	}
	if d.writer, err = openFile(ctx, path, 1, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"cache_size(-65536)", "journal_size_limit(67108864)", "wal_autocheckpoint(8192)", // 32 MiB
			"temp_store(memory)", // what a statement may have to take back
		},
	}); err != nil {
		return err
	}
	return nil
}

// openFile opens a pool that keeps its connections. A double-quoted word is
// never a string, as on PostgreSQL.
func openFile(ctx context.Context, path string, conns int, q url.Values) (*sql.DB, error) {
	q.Set("_busy_timeout", "10000")
	q.Set("_dqs", "0")
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	driver, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	pool := sql.OpenDB(lite{driver})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("db: open %s: %w", path, translate(err))
	}
	return pool, nil
}

// lockFile keeps a second process away: each would group its own writers and
// make ids under the same number.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, ErrInUse.Wrap(fmt.Errorf("lock %s: %w", path, err))
	}
	return f, nil
}

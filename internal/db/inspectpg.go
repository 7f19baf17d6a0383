package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"examcode/internal/id"
)

// minServer is the oldest PostgreSQL that is supported, as server_version_num.
const minServer = 140000

// serverState is what a PostgreSQL server says about itself in our sessions.
type serverState struct {
	Version        int64  `db:"version"`
	Fsync          string `db:"fsync"`
	FullPageWrites string `db:"full_page_writes"`
	SyncCommit     string `db:"synchronous_commit"`
	Standbys       string `db:"synchronous_standby_names"`
	DataSyncRetry  string `db:"data_sync_retry"`
	Checksums      string `db:"data_checksums"`
	Superuser      bool   `db:"superuser"`
	Recovering     bool   `db:"recovering"`
}

func (d *DB) inspectPostgres(ctx context.Context) ([]Finding, error) {
	rows, err := d.pool.Query(ctx, `SELECT CAST(current_setting('server_version_num') AS BIGINT) AS version,
current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
current_setting('synchronous_commit') AS synchronous_commit, current_setting('synchronous_standby_names') AS synchronous_standby_names,
current_setting('data_sync_retry') AS data_sync_retry, current_setting('data_checksums') AS data_checksums,
(SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS superuser, pg_is_in_recovery() AS recovering`)
	if err != nil {
		return nil, translate(err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[serverState])
	if err != nil {
		return nil, translate(err)
	}
	return s.findings(), nil
}

func (s serverState) findings() []Finding {
	all := []Finding{
		grade("version", fmt.Sprintf("PostgreSQL %d", s.Version/10000), s.Version < minServer, Unsafe,
			fmt.Sprintf("upgrade the server to PostgreSQL %d or later", minServer/10000)),
		setting("fsync", s.Fsync, s.Fsync != "on", "a power cut can destroy the database: set fsync = on in postgresql.conf and restart the server"),
		setting("full_page_writes", s.FullPageWrites, s.FullPageWrites != "on", "a power cut can tear pages: set full_page_writes = on in postgresql.conf and reload"),
		setting("synchronous_commit", s.SyncCommit, s.SyncCommit == "off" || s.SyncCommit == "local" && s.Standbys != "",
			"a crash loses what was acknowledged: set synchronous_commit = on for this role, database and URL"),
		setting("data_sync_retry", s.DataSyncRetry, s.DataSyncRetry != "off", "a failed write to disk would be taken for done: set data_sync_retry = off in postgresql.conf and restart the server"),
		grade("server", "takes writes", s.Recovering, Unsafe, "this is a standby: name the primary in --database-url"),
		grade("page checksums", "are "+s.Checksums, s.Checksums != "on", Doubtful, "silent damage of the disk stays unseen: stop the server and run pg_checksums --enable"),
		grade("role", "is no superuser", s.Superuser, Doubtful, "give examcode a role of its own, the owner of its database, that is no superuser"),
	}
	if s.Recovering {
		all[5].Says = "is a standby and refuses writes"
	}
	if s.Superuser {
		all[7].Says = "is a superuser"
	}
	return all
}

func setting(name, value string, wrong bool, remedy string) Finding {
	return grade(name, "is "+value, wrong, Unsafe, remedy)
}

// grade is Fine, or what it is when it is wrong, with its remedy.
func grade(what, says string, wrong bool, then Grade, remedy string) Finding {
	if !wrong {
		return Finding{Grade: Fine, What: what, Says: says}
	}
	return Finding{Grade: then, What: what, Says: says, Remedy: remedy}
}

// Replicas is how many of how many replica numbers are held now; on SQLite the
// one there is counts as held by nobody.
func (d *DB) Replicas(ctx context.Context) (used, of int, err error) {
	if d.engine == SQLite {
		return 0, 1, nil
	}
	err = d.pool.QueryRow(ctx, "SELECT COUNT(*) FROM node WHERE until_us > "+nowUs).Scan(&used)
	return used, id.Nodes, translate(err)
}

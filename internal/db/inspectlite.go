package db

import (
	"context"
	"database/sql"
	"path/filepath"
	"strconv"
)

// inspectSQLite reads back what is in force. What only the writing connection
// knows is left out when the database was opened to look only.
func (d *DB) inspectSQLite(ctx context.Context) ([]Finding, error) {
	conn := d.writer
	if d.look {
		conn = d.readers
	}
	journal, err := pragma(ctx, conn, "journal_mode")
	if err != nil {
		return nil, err
	}
	all := []Finding{grade("journal", "is "+journal, journal != "wal", Unsafe,
		"the file system keeps SQLite from using its log: put the data folder on a local disk")}
	if !d.look {
		level, err := pragma(ctx, conn, "synchronous")
		if err != nil {
			return nil, err
		}
		keys, err := pragma(ctx, conn, "foreign_keys")
		if err != nil {
			return nil, err
		}
		n, _ := strconv.Atoi(level) // 2 is FULL, 3 EXTRA
		all = append(all,
			grade("synchronous", "is "+level, n < 2, Unsafe, "a power cut loses what was acknowledged: this build of SQLite is not one examcode can use"),
			grade("foreign keys", "are "+keys, keys != "1", Unsafe, "constraints are off: this build of SQLite is not one examcode can use"))
	}
	return append(all, fileSystem(filepath.Dir(d.path))), nil
}

func pragma(ctx context.Context, conn *sql.DB, name string) (value string, err error) {
	return value, translate(conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value))
}

// graded is what a file system means for SQLite's file. Locks and shared memory
// of network file systems do not hold, and nobody knows what is behind FUSE.
func graded(kind int64) Finding {
	network := map[int64]string{0x6969: "NFS", 0x517b: "SMB", 0xfe534d42: "SMB", 0xff534d42: "CIFS", 0x01021997: "9p",
		0x00c36400: "Ceph", 0x5346414f: "AFS", 0x564c: "NCP", 0x0bd00bd0: "Lustre", 0x01161970: "GFS2", 0x7461636f: "OCFS2", 0x786f4256: "a shared folder of VirtualBox"}
	if name, ok := network[kind]; ok {
		return Finding{Unsafe, "file system", "is " + name + ", a network file system", "the embedded database needs a local disk: move the data folder there, or use PostgreSQL"}
	}
	switch kind {
	case 0x65735546:
		return Finding{Doubtful, "file system", "is FUSE", "make sure that it is a local disk that syncs what it says it has synced"}
	case 0x01021994, 0x858458f6:
		return Finding{Doubtful, "file system", "is in memory", "all is lost when this machine stops: move the data folder to a disk"}
	}
	return Finding{Grade: Fine, What: "file system", Says: "is local"}
}

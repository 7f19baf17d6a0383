#!/bin/sh
# Runs a command with a PostgreSQL server of its own, in a temporary folder that
# goes with it: $POSTGRES is its address. The server keeps what it commits (fsync
# on) and is set as docs/operating.md asks; SHARED_BUFFERS says how much memory it
# gets (512MB). TMPDIR says on which disk.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
dir=$(mktemp -d "${TMPDIR:-/tmp}/ecpg.XXXXXX")
as=""
if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
	user=postgres
	id -u "$user" >/dev/null 2>&1 || user=nobody
	chown "$user" "$dir"
	as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
fi
stop() {
	trap '' INT TERM
	(cd "$dir" && $as "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null 2>&1) || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
(
	cd "$dir"
	$as "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >"$dir.log" 2>&1 || { cat "$dir.log" >&2; exit 1; }
	rm -f "$dir.log"
	$as "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/data/log" -o "-k $dir -h '' -c max_connections=100 -c shared_buffers=${SHARED_BUFFERS:-512MB} -c wal_compression=lz4 -c max_wal_size=4GB -c checkpoint_timeout=15min" start >/dev/null
)
POSTGRES="postgres:///postgres?host=$dir&user=postgres" "$@"

#!/bin/sh
# Measures both engines, one after the other: CODES stored, ROUNDS rounds, the
# works that ONLY names, on the disk of TMPDIR. JSON=1 prints JSON; SAMPLES is a
# folder for the memory during exports.
set -eu
flags="--codes ${CODES:-1000000} --rounds ${ROUNDS:-5}"
[ -z "${JSON:-}" ] || flags="$flags --json"
# shellcheck disable=SC2086
./bin/examcode bench $flags --only "${ONLY:-}" ${TMPDIR:+--dir "$TMPDIR"} ${SAMPLES:+--samples "$SAMPLES/export-sqlite.csv"}
echo
# shellcheck disable=SC2016,SC2086
./tools/with-postgres.sh sh -c './bin/examcode bench "$@" --engine postgres --database-url "$POSTGRES"' sh $flags --only "${ONLY:-}" ${TMPDIR:+--dir "$TMPDIR"} ${SAMPLES:+--samples "$SAMPLES/export-postgres.csv"}

#!/bin/sh
# Runs the tests with the race detector where it pays: everywhere but in the
# journeys, which drive built binaries from outside, and in the access matrix,
# which calls one route after the other.
set -eu
go="${GO:-go}"
all=$($go list "$@")
inside=$(echo "$all" | grep -v '/internal/\(journey\|access\)$' || true)
outside=$(echo "$all" | grep '/internal/\(journey\|access\)$' || true)
# shellcheck disable=SC2086
[ -z "$inside" ] || $go test -race -timeout 15m $inside
# shellcheck disable=SC2086
[ -z "$outside" ] || $go test -timeout 10m -v $outside

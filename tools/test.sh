#!/bin/sh
# Runs every test, then those in which many act at once again with the race
# detector. RACE=all runs everything with it, which takes several times as long.
set -eu
go="${GO:-go}"
all=$($go list "$@")
race=""
[ "${RACE:-}" != all ] || race="-race"
inside=$(echo "$all" | grep -v '/internal/journey$' || true)
outside=$(echo "$all" | grep '/internal/journey$' || true)
together=$(echo "$all" | grep '/internal/\(db\|httpd\|id\|mail\|vault\|worker\)$' || true)
house=$(echo "$all" | grep '/internal/\(action\|store\)$' || true)
# shellcheck disable=SC2086
{
	[ -z "$inside" ] || $go test $race -timeout 20m $inside
	[ -n "$race" ] || [ -z "$together" ] || $go test -race -timeout 15m $together
	[ -n "$race" ] || [ -z "$house" ] || $go test -race -timeout 15m -run 'AtOnce|Against|Races|While|AtOneMoment|ManyRunners|ManyClients|Deadlock' -skip CanSee $house
	[ -z "$outside" ] || $go test -timeout 10m -v $outside
}

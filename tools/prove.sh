#!/bin/sh
# Runs every harness for its share of MINUTES and prints one line for each run.
# The table gives shares in thousandths, packages and tests; both engines of a
# harness run at once. A share with the word fuzz goes to the fuzz targets.
set -eu
minutes="${1:-60}"
go="${GO:-go}"
report="${PROVE_REPORT:-$(mktemp -d)/report}"
export PROVE_REPORT="$report"
: >"$report"
failed=0

lines() { tail -n +$(($1 + 1)) "$report" | sed 's/.*"line":"\([^"]*\)".*/\1/'; }

prove() { # seconds package test
	before=$(wc -l <"$report")
	if ! PROVE_SECONDS=$1 $go test -count=1 -timeout $(($1 + 1800))s -run "^$3\$" "./internal/$2" >"$report.log" 2>&1; then
		failed=1
		echo "FAILED $2 $3:"
		tail -n 60 "$report.log"
	fi
	lines "$before"
}

while read -r share package test; do
	case "$share" in '' | \#*) continue ;; esac
	seconds=$((minutes * 60 * share / 1000))
	[ "$seconds" -ge 1 ] || seconds=1
	if [ "$package" = fuzz ]; then
		./tools/fuzz.sh "$seconds" || failed=1
	else
		prove "$seconds" "$package" "$test"
	fi
done <<TABLE
410 proof/model TestModel
25 proof/race TestRaces
95 proof/linear TestLinear
30 proof/interleave TestInterleavings
145 proof/kfail TestKthFailure
102 proof/crash TestKills
8 proof/clock TestClock
28 proof/net TestNet
6 proof/webhook TestWebhooks
30 proof/mail TestMail
28 proof/disk TestDisk
12 access TestRights
6 access TestHeaders
10 proof/guess TestGuesses
15 proof/guess TestTiming
10 proof/canary TestCanaries
8 proof/privacy TestPrivacy
8 proof/mutant TestMutants
24 fuzz
TABLE
echo "report: $report"
exit $failed

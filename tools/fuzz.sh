#!/bin/sh
# Runs every fuzz target of the program for its share of SECONDS and prints one
# line. A crasher fails, and its input is left under testdata/fuzz to be committed
# with what mends it.
#
# Each package is built once, before the shares begin, and only it and what parses
# are watched for new paths: comparing the counters of everything, the embedded
# database's among them, would take a hundred times what most tries take.
set -u
seconds="${1:-300}"
go="${GO:-go}"
root=$(pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
began=$(date +%s)
kept="$($go env GOCACHE)/fuzz/examcode"

watched() { # package
	for p in "$1" internal/auth internal/codetext internal/exam internal/httpd internal/id internal/lang internal/money internal/pay internal/sheet internal/vault; do
		echo "-gcflags=examcode/$p=-d=libfuzzer"
	done
}

crashers=0
: >"$dir/targets"
for package in $(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -n1 dirname | sort -u); do
	binary="$dir/$(echo "$package" | tr / _)"
	# shellcheck disable=SC2046 # one word a flag
	$go test -c -vet=off $(watched "$package") -o "$binary" "./$package" || { crashers=$((crashers + 1)); continue; }
	for target in $(cd "$package" && "$binary" -test.list '^Fuzz'); do
		echo "$package $target $binary"
	done
done >>"$dir/targets"
targets=$(wc -l <"$dir/targets")
[ "$targets" -gt 0 ] || { echo "fuzz: no targets"; exit 1; }
share=$((seconds / targets))
[ "$share" -ge 1 ] || share=1

execs=0
while read -r package target binary; do
	cd "$root/$package" || exit 1
	"$binary" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${share}s" -test.fuzzminimizetime 5s \
		-test.fuzzcachedir "$kept/$package" >"$dir/out" 2>&1 </dev/null
	code=$?
	n=$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' "$dir/out" | tail -n 1)
	execs=$((execs + ${n:-0}))
	echo "$package $target ${n:-0} execs, $((${n:-0} / share))/s"
	# Time that runs out in the middle of a try ends some runs with this and nothing else.
	if [ "$code" -ne 0 ] && { grep -q 'Failing input written' "$dir/out" || ! grep -q 'context deadline exceeded' "$dir/out"; }; then
		crashers=$((crashers + 1))
		tail -n 40 "$dir/out"
	fi
done <"$dir/targets"
cd "$root" || exit 1

corpus=$(find "$kept" cmd internal -path '*/Fuzz*' -type f 2>/dev/null | wc -l)
result=ok
[ "$crashers" -eq 0 ] || result=FAILED
taken=$(($(date +%s) - began))
line="fuzz targets=$targets execs=$execs new_crashers=$crashers corpus=$corpus seconds=$taken result=$result"
echo "$line"
if [ -n "${PROVE_REPORT:-}" ]; then
	printf '{"harness":"fuzz","values":{"targets":%d,"execs":%d,"new_crashers":%d,"corpus":%d},"seconds":%d,"result":"%s","line":"%s"}\n' \
		"$targets" "$execs" "$crashers" "$corpus" "$taken" "$result" "$line" >>"$PROVE_REPORT"
fi
[ "$crashers" -eq 0 ]

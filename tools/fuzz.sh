#!/bin/sh
# Runs every fuzz target of the program for its share of SECONDS and prints one
# line. A crasher fails, and its input is left under testdata/fuzz to be committed
# with what mends it.
set -u
seconds="${1:-300}"
go="${GO:-go}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
began=$(date +%s)

for package in $(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -n1 dirname | sort -u); do
	for target in $($go test -list '^Fuzz' "./$package" | grep '^Fuzz'); do
		echo "$package $target"
	done
done >"$dir/targets"
targets=$(wc -l <"$dir/targets")
[ "$targets" -gt 0 ] || { echo "fuzz: no targets"; exit 1; }
share=$((seconds / targets))
[ "$share" -ge 1 ] || share=1

execs=0
crashers=0
while read -r package target; do
	$go test -run '^$' -fuzz "^$target\$" -fuzztime "${share}s" "./$package" >"$dir/out" 2>&1 </dev/null
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

corpus=$(find "$($go env GOCACHE)/fuzz/examcode" internal -path '*/Fuzz*' -type f 2>/dev/null | wc -l)
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

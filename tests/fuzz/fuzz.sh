#!/usr/bin/env bash
# Builds the fuzzers and lets them work, each for a while.
#
#	tests/fuzz/fuzz.sh [--seconds N | --runs N] [--seed N] [--log] [--merge] [HARNESS...]
#
# Without HARNESS all of them; 60 seconds each. Each begins with the inputs that are kept in
# corpus/ and with those that earlier runs left in build/fuzz/corpus/. What it finds is
# copied to findings/HARNESS/, and the exit code is 1. --log adds a line to log.md;
# --merge takes what is new from build/fuzz/corpus/ into corpus/ instead of looking for more.
#
# For each harness it says how many inputs were tried; the last line counts harnesses.
set -euo pipefail
cd "$(dirname "$0")/../.."

harnesses=(descriptor sql plan history command dot text)
seconds=60 runs=-1 seed=0 log=no merge=no chosen=()
number() {
	[[ ${1:-} =~ ^[0-9]+$ ]] || { echo "fuzz.sh: $2 wants a number" >&2; exit 2; }
	echo "$1"
}
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=$(number "${2:-}" "$1"); shift ;;
	--runs) runs=$(number "${2:-}" "$1"); seconds=0; shift ;;
	--seed) seed=$(number "${2:-}" "$1"); shift ;;
	--log) log=yes ;;
	--merge) merge=yes ;;
	-*) echo "fuzz.sh: unknown option '$1'" >&2; exit 2 ;;
	*)
		[[ " ${harnesses[*]} " == *" $1 "* ]] ||
			{ echo "fuzz.sh: there is no harness '$1'" >&2; exit 2; }
		chosen+=("$1") ;;
	esac
	shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${harnesses[@]}")

build=$PWD/build/fuzz here=$PWD/tests/fuzz
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
mkdir -p "$build"
{ cmake --preset fuzz -G Ninja "${launcher[@]}" && cmake --build --preset fuzz; } \
	>"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }

stat() {
	sed -n "s/^stat::$1: *//p" "$build/$2.log"
}

# One harness; 0 where it found nothing.
run() {
	local name=$1 own=$build/corpus/$1 out=$build/out/$1 failed=0 file
	rm -rf "$out"
	mkdir -p "$own" "$out" "$here/findings/$name" "$here/corpus/$name"
	if [ $merge = yes ]; then
		"$build/tests/fuzz/$name" -merge=1 -max_len=4096 "$here/corpus/$name" "$own" \
			>"$build/$name.log" 2>&1
		echo "$name: $(find "$here/corpus/$name" -type f | wc -l) inputs kept"
		return 0
	fi
	"$build/tests/fuzz/$name" -max_total_time="$seconds" -runs="$runs" -seed="$seed" \
		-max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-dict="$here/dict/$name.dict" -artifact_prefix="$out/" \
		"$own" "$here/corpus/$name" "$here/findings/$name" >"$build/$name.log" 2>&1 || failed=1
	for file in "$out"/*; do
		[ -e "$file" ] || continue
		# a slow unit is worth a look, but is no finding
		[[ $file == */slow-unit-* ]] || cp "$file" "$here/findings/$name/"
	done
	local tried speed kept found
	tried=$(stat number_of_executed_units "$name")
	speed=$(stat average_exec_per_sec "$name")
	kept=$(find "$here/corpus/$name" "$own" -type f | wc -l)
	found=$(find "$out" -type f ! -name 'slow-unit-*' | wc -l)
	echo "$name: ${tried:-0} executions, ${speed:-0} a second, $kept inputs, $found findings"
	[ $failed = 0 ] || tail -30 "$build/$name.log"
	[ $log = no ] || echo "| $(date -u +%Y-%m-%d) | $name | ${tried:-0} | ${speed:-0} |" \
		"$kept | $found |" >>"$here/log.md"
	return $failed
}

passed=0 failed=0
for name in "${chosen[@]}"; do
	if run "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]

#!/usr/bin/env bash
# The model of the protocol (amplan.pml), searched exhaustively: without a defect nothing
# may be found, with each of the defects below it must be found, and by its kind.
#
#	protocol.sh [--full] [--point NAME] [--trail]
#
# --point takes one search or defect only; --trail prints how it came to it. --full has
# all budgets at once, which takes 8 GB and some ten minutes.
set -uo pipefail
model=$(cd "$(dirname "$0")" && pwd)/amplan.pml
full= only= trail=
passed=0 failed=0 all_states=0
while [ $# -gt 0 ]; do
	case $1 in
	--full) full=yes ;;
	--point) only=$2 && shift ;;
	--trail) trail=yes ;;
	*) echo "protocol.sh: unknown option '$1'" >&2 && exit 2 ;;
	esac
	shift
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name starters crashes timeouts faults writes resolves; livelock: cycles are looked for
searches="
kills      2 1 0 0 1 0 safety
answers    2 0 1 1 0 0 safety
persons    2 1 0 0 0 1 safety
crowd      3 0 0 0 0 0 safety
alone      1 2 1 1 1 2 safety
endless    2 1 0 0 0 0 livelock
"
[ -n "$full" ] && searches="$searches
everything 2 1 1 1 1 1 safety
crowded    3 1 0 0 0 0 safety
"

# What breaks: the kind that must be found, the budgets, and what it is.
defects="
FENCE_BEFORE_LOCK       assertion 2 0 0 0 0 0 history compared before the lock is there
NO_FENCE                assertion 2 0 0 0 0 0 history not compared at all
FENCE_HEAD_ONLY         assertion 2 0 0 0 1 0 schema not compared under the lock
LOCK_IN_TWO             assertion 2 0 0 0 0 0 lock looked at, then taken
LOCK_FILE               assertion 1 1 0 0 0 0 a lock that outlives its process
NO_ROLLBACK             assertion 1 0 0 1 0 0 a failed stage keeps the lock
ROW_AFTER_COMMIT        assertion 1 0 0 0 0 0 history row in a transaction of its own
END_IGNORED             assertion 1 0 0 1 0 0 SQL ended the transaction, the next one runs
LOOK_IN_TWO             assertion 2 0 0 0 0 0 history and its head read one after the other
LOOK_ONCE               livelock  2 0 0 0 0 0 planned again from the old view
NOT_STARTED             assertion 1 1 0 0 0 0 no row before a step outside a transaction
ASIDE_LATE              assertion 2 0 0 0 0 0 aside lock taken after that row
ASIDE_EARLY             assertion 2 0 0 0 0 0 aside lock dropped before the row that ends it
ABANDONED_LATE          assertion 1 0 0 1 0 0 forgotten although a statement took effect
INTERRUPTED_IGNORED     assertion 1 1 0 0 0 0 an interrupted step is run again
INTERRUPTED_FROM_MEMORY assertion 2 0 0 0 0 0 called interrupted by what was read before
WAITER_HOLDS            livelock  2 1 0 0 0 0 who waits for a step looks like who runs it
BETWEEN_STAGES          assertion 2 0 0 0 0 0 another does the next stage of a plan at work
ENDS_UNTOLD             assertion 2 0 1 0 1 0 begun and not recorded, told as nothing done
STAMP_EARLY             assertion 1 0 0 0 0 0 catalog stamped as applied with its first row
STAMP_ON_ABANDONED      assertion 2 0 0 1 0 0 catalog stamped by the row of a failed attempt
SAVED_REPLANNED         assertion 2 0 0 0 1 0 a saved plan made anew where it does not fit
SAVED_HEAD_ONLY         assertion 2 0 0 0 1 0 a saved plan checked against history alone
RESOLVE_NO_ASIDE        assertion 1 0 0 0 0 1 resolve settles a step that runs
RESOLVE_ORDER           deadlock  1 0 0 0 0 1 resolve takes the locks the other way round
RESOLVE_FROM_MEMORY     assertion 1 1 0 0 0 2 resolve settles what was read before the lock
"

# build MODE STARTERS CRASHES TIMEOUTS FAULTS WRITES RESOLVES [DEFECT]: a checker
build() {
	local mode=-DSAFETY optimise=-O1
	[ "$1" = livelock ] && mode=-DNP
	[ $# -gt 7 ] && optimise=-O0
	rm -f "$work"/*
	(cd "$work" && spin -a -DSTARTERS="$2" -DCRASHES="$3" -DTIMEOUTS="$4" -DFAULTS="$5" \
		-DWRITES="$6" -DRESOLVES="$7" ${8:+-DBUG_$8} "$model" &&
		gcc "$optimise" -w "$mode" -DCOLLAPSE -DMEMLIM="${full:+8000}${full:-900}" -o pan pan.c) \
		>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

# run MODE: what the checker found: nothing, assertion, deadlock, livelock, unfinished
run() {
	local options="-m200000 -w20"
	[ "$1" = livelock ] && options="$options -l"
	(cd "$work" && ./pan $options) >"$work/log" 2>&1
	states=$(awk '/states, stored/ { print $1 }' "$work/log")
	seconds=$(awk '/elapsed time/ { print $4 }' "$work/log")
	all_states=$((all_states + ${states:-0}))
	if grep -q "^pan:1: assertion violated" "$work/log"; then
		found=assertion
	elif grep -q "^pan:1: invalid end state" "$work/log"; then
		found=deadlock
	elif grep -q "^pan:1: non-progress cycle" "$work/log"; then
		found=livelock
	elif grep -q "errors: 0" "$work/log" && ! grep -qE "not completed|max search depth" "$work/log"; then
		found=nothing
	else
		found=unfinished
		cat "$work/log" >&2
	fi
}

# verdict NAME WANTED
verdict() {
	if [ "$found" = "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1: found $found, not $2; again with: protocol.sh --point $1 --trail" >&2
	fi
	if [ -n "$trail" ] && ls "$work"/*.trail >/dev/null 2>&1; then
		(cd "$work" && spin -t -p -g -l ./*.trail 2>/dev/null || ./pan -r -n)
	fi
}

# What no search comes by proves nothing: lines of the model that all of them left out.
unreached() {
	sed -n "/^unreached in proctype $1\$/,/^unreached in/p" "$work/log" |
		sed -nE 's/.*\.pml:([0-9]+), state.*/\1/p' | sort -u
}

missed=
while read -r name starters crashes timeouts faults writes resolves mode; do
	[ -z "$name" ] || { [ -n "$only" ] && [ "$only" != "$name" ]; } && continue
	build "$mode" "$starters" "$crashes" "$timeouts" "$faults" "$writes" "$resolves"
	run "$mode"
	printf '%-24s %10d states %8s s   %s starters, budgets %s %s %s %s %s, %s\n' "$name" \
		"${states:-0}" "${seconds:-?}" "$starters" "$crashes" "$timeouts" "$faults" "$writes" \
		"$resolves" "$mode"
	verdict "$name" nothing
	lines=$(unreached Starter)
	[ -n "$missed" ] && lines=$(comm -12 <(echo "$missed") <(echo "$lines"))
	missed=${lines:--}
done <<<"$searches"
searched=$all_states

while read -r name kind starters crashes timeouts faults writes resolves what; do
	[ -z "$name" ] || { [ -n "$only" ] && [ "$only" != "$name" ]; } && continue
	mode=safety
	[ "$kind" = livelock ] && mode=livelock
	build "$mode" "$starters" "$crashes" "$timeouts" "$faults" "$writes" "$resolves" "$name"
	run "$mode"
	printf '%-24s %-10s after %7d states   %s\n' "$name" "$found" "${states:-0}" "$what"
	verdict "$name" "$kind"
done <<<"$defects"

if [ -z "$only" ]; then
	listed=$(awk 'NF > 8 { print $1 }' <<<"$defects" | sort)
	found=$(diff <(grep -oE 'BUG_[A-Z_]+' "$model" | sed 's/^BUG_//' | grep -v '^_*$' | sort -u) \
		<(echo "$listed") | grep -c '^[<>]')
	verdict "defects of the model that the table does not name" 0
	found=$([ "${missed:--}" = - ] && echo reached || echo "unreached, line(s) $(echo $missed)")
	verdict "each line of the model" reached
	found=$([ "$searched" -ge 1000000 ] && echo enough || echo "$searched states")
	verdict "a million states" enough
fi
echo "protocol: $searched states without a defect: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

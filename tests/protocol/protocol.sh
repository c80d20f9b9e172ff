#!/usr/bin/env bash
# The protocol, tried in all its states: amplan.pml by spin, once as it is, where nothing may
# be found, and once with each bug of the table below, which must be found in its own way.
#
#	protocol.sh [--full] [--point K]
#
# A point is one search; --full adds the world in which everybody is there at once, some
# 10^8 states and 8 GB; --point K does search K only and shows the way to what it found.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/amplan-protocol-XXXXXX")
trap 'rm -rf "$work"' EXIT
full= only=
states=0 number=-1 passed=0 failed=0

while [ $# -gt 0 ]; do
	case $1 in
	--full) full=yes ;;
	--point) only=$2 && shift ;;
	*) echo "protocol: unknown option '$1'" >&2 && exit 2 ;;
	esac
	shift
done

# world, crashes, failures: nothing may be found
worlds="1 2 2
2 2 2
3 2 2
3 1 1"

# bug, world in which it shows, what must be found
bugs="LOCK_NOT_ATOMIC 1 assertion violated (inside==1)
TIMEOUT_GOES_ON 3 assertion violated (inside==1)
LOCK_OUTLIVES 1 invalid end state
NO_FENCE 3 assertion violated (made[1]==0)
FENCE_BEFORE_LOCK 3 assertion violated (made[2]==0)
FENCE_HISTORY_ONLY 2 assertion violated ( !(exact)||((head==seen_head)&&(schema==seen_schema)))
LOCK_DROPPED_BETWEEN 3 assertion violated (made[2]==0)
COMMIT_IN_TWO 1 assertion violated (((was[0]==2)==(made[0]==2))&&(made[0]!=1))
HISTORY_FIRST 1 assertion violated (((was[0]==2)==(made[0]==2))&&(made[0]!=1))
STARTED_UNRECORDED 1 assertion violated ((was[1]!=0)||(made[1]==0))
APPLIED_BEFORE_RUN 1 assertion violated ((was[1]!=2)||(made[1]==2))
ABANDONED_AFTER_EFFECT 1 assertion violated ((was[1]!=0)||(made[1]==0))
INTERRUPTED_RERUN 3 assertion violated (made[1]==0)
INTERRUPTED_FROM_MEMORY 1 assertion violated ((history[1]==1)&&(runner==15))
NO_ASIDE 1 assertion violated ((history[1]==1)&&(runner==15))
ASIDE_RELEASED_EARLY 1 assertion violated ((history[1]==1)&&(runner==15))
ASIDE_AFTER_LOCK 1 invalid end state
RESOLVE_WITHOUT_ASIDE 1 assertion violated (runner==15)"

# search OPTIONS...: leaves what was found in $work/log
search() {
	rm -f "$work"/pan* "$work"/*.trail
	(cd "$work" && spin "$@" -a "$here/amplan.pml" >spin 2>&1 &&
		gcc -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM="${memory:-900}" -o pan pan.c &&
		./pan -m200000 -w22) >"$work/log" 2>&1
	cat "$work/spin" >>"$work/log"
}

found() {
	sed -n 's/^pan:1: \(.*\) (at depth [0-9]*)$/\1/p' "$work/log"
}

# judge NAME EXPECTED: "" where nothing may be found
judge() {
	local what seen
	what=$(found)
	seen=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/log")
	if [ "$what" = "$2" ] && { [ -n "$2" ] || grep -q 'errors: 0$' "$work/log"; } &&
		! grep -qE 'Search not completed|max search depth too small' <([ -n "$2" ] || cat "$work/log"); then
		passed=$((passed + 1))
		echo "ok   $1: ${seen:-?} states, ${what:-nothing found}"
		[ -n "$2" ] || states=$((states + $(printf '%.0f' "$seen")))
	else
		failed=$((failed + 1))
		echo "FAIL $1: found '${what:-nothing}', expected '${2:-nothing}'"
		tail -20 "$work/log" | sed 's/^/     /'
	fi
	[ -z "$only" ] || (cd "$work" && spin "${options[@]}" -t -p -g -k amplan.pml.trail "$here/amplan.pml" 2>/dev/null)
}

take() {
	number=$((number + 1))
	[ -z "$only" ] || [ "$only" = "$number" ]
}

[ -z "$full" ] || worlds+=$'\n4 1 1'
while read -r world crashes failures; do
	take || continue
	options=(-DWORLD="$world" -DCRASHES="$crashes" -DFAILURES="$failures")
	[ "$world" != 4 ] || memory=8000
	search "${options[@]}"
	judge "world $world, $crashes crashes, $failures failures" ""
done <<<"$worlds"
while read -r bug world expected; do
	take || continue
	options=(-DBUG_"$bug" -DWORLD="$world" -DCRASHES=1)
	search "${options[@]}"
	judge "bug $bug" "$expected"
done <<<"$bugs"

# a bug of the model that nobody looks for would be one that nobody catches
diff <(grep -oE 'BUG_[A-Z_]+' "$here/amplan.pml" | sed 's/^BUG_//' | grep -v '^_*$' | sort -u) \
	<(cut -d' ' -f1 <<<"$bugs" | sort) >"$work/unlisted" || {
	echo "FAIL the table and the model do not name the same bugs:"
	cat "$work/unlisted"
	failed=$((failed + 1))
}
echo "protocol: $((passed + failed)) searches, $states states without a fault, no seed: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] && { [ -n "$only" ] || [ "$states" -ge 1000000 ]; }

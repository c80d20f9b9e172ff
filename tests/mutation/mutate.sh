#!/usr/bin/env bash
# Mutation: each conditional jump of the planner turned round, one at a time; a unit test
# must then fail.
#
#	mutate.sh [--every N] [--seed N] [--point K] [--list] [FILE...]
#
# FILE is a source below planner/; without any, those of the core. They are compiled without
# optimisation, so that each half of a condition is a jump of its own, and AMP_ALWAYS and
# AMP_NEVER are constants as for ./coverage. A mutant on which all tests pass has survived:
# its place is told. The last line says how many points were tried, how many of them were
# killed ("passed"), and how many survived ("failed").
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(cd "$here/../.." && pwd)
build=${MUTATION_BUILD:-$SOURCE/build/mutation}
every=${POINTS_EVERY:-1} seed=${POINTS_SEED:-4711} point= list=
core=(graph order cycle plan meet redundant ancestors rollback squash stages past)
files=()

die() {
	echo "mutation: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--every) every=$2 && shift ;;
	--seed) seed=$2 && shift ;;
	--point) point=$2 && shift ;;
	--list) list=yes ;;
	-*) die "unknown option '$1'" ;;
	*) files+=("$(basename "$1" .c)") ;;
	esac
	shift
done
case $every in '' | *[!0-9]* | 0) die "--every wants a number above 0" ;; esac
[ ${#files[@]} -gt 0 ] || files=("${core[@]}")

# The tests that know most of the file come first; the others follow.
tests_of() {
	local all="graph order cycle plan plan_edges meet redundant planner_properties \
		planner_memory lint lint_corners lint_edges startup"
	case $1 in
	rollback | squash | stages | past) echo "plan plan_edges $all" ;;
	ancestors) echo "planner_properties meet $all" ;;
	*) echo "$1 $all" ;;
	esac | tr -s ' \t' '\n' | awk '!seen[$0]++'
}

prepare() {
	mkdir -p "$build"
	{ cmake -S "$SOURCE" -B "$build/tree" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
		-DCMAKE_EXPORT_COMPILE_COMMANDS=ON &&
		ninja -C "$build/tree" $(tests_of none | grep -v none | sed 's,^,tests/unit/test_,'); } \
		>"$build/log" 2>&1 || {
		cat "$build/log"
		die "it cannot be built"
	}
}

# assembly FILE: with .loc lines, which say where a jump comes from
assembly() {
	local command
	command=$(jq -r --arg file "$SOURCE/planner/$1.c" \
		'[.[] | select(.file == $file)][0].command' "$build/tree/compile_commands.json")
	command=$(sed -E 's, -o [^ ]+, ,; s, -c , ,' <<<"$command")
	(cd "$build/tree" && eval "$command -DAMPLAN_COVERAGE -g1 -O0 -fno-stack-protector \
		-fno-sanitize=all -S -o '$build/$1.s'") || die "$1.c cannot be compiled"
}

# jumps FILE: line in the assembly, line in the source
jumps() {
	awk -v name="planner/$1.c" '
		$1 == ".file" { if (index($0, name)) ours = ours " " $2 " " }
		$1 == ".loc" { line = index(ours, " " $2 " ") ? $3 : 0 }
		$1 ~ /^j[a-z]+$/ && $1 != "jmp" && line { print FNR, line }' "$build/$1.s"
}

# turn FILE LINE: the other jump, in $build/mutant.o
turn() {
	awk -v at="$2" '
		BEGIN {
			n = split("je jne jg jle jl jge ja jbe jb jae js jns jp jnp", j, " ")
			for (i = 1; i < n; i += 2) { other[j[i]] = j[i + 1]; other[j[i + 1]] = j[i] }
			other["jnb"] = "jb"; other["jnbe"] = "jbe"; other["jna"] = "ja"
			other["jnl"] = "jl"; other["jnle"] = "jle"; other["jng"] = "jg"
		}
		FNR == at {
			if (!($1 in other)) exit 3
			sub($1, other[$1])
		}
		{ print }' "$build/$1.s" >"$build/mutant.s" || return 1
	gcc -c "$build/mutant.s" -o "$build/mutant.o"
}

# link TEST: with the mutant before the archive, which then does not give its own
link() {
	local command
	[ -e "$build/link.$1" ] || ninja -C "$build/tree" -t commands "tests/unit/test_$1" |
		tail -n 1 | sed -E "s, -o [^ ]+, $build/mutant.o -o $build/mutant," >"$build/link.$1"
	command=$(cat "$build/link.$1")
	(cd "$build/tree" && eval "$command") >"$build/log" 2>&1
}

# Killed: a test fails, dies or does not end.
is_killed() {
	local test
	for test in $(tests_of "$1"); do
		[ -e "$build/tree/tests/unit/test_$test" ] || continue
		link "$test" || { cat "$build/log"; die "test_$test cannot be linked"; }
		{ (cd "$build" && ulimit -v 4000000 && timeout 10 ./mutant); } >/dev/null 2>&1 || return 0
	done
	return 1
}

number=-1 tried=0 passed=0 failed=0
prepare
# without any mutant all is well, or nothing that follows means anything
: >"$build/empty.c"
gcc -c "$build/empty.c" -o "$build/mutant.o"
[ -n "$list" ] || ! is_killed none || die "a test fails without any mutant"
for file in "${files[@]}"; do
	assembly "$file"
	while read -r at line; do
		number=$((number + 1))
		place="planner/$file.c:$line"
		if [ -n "$list" ]; then
			echo "$number $place"
			continue
		fi
		if [ -n "$point" ]; then
			[ "$number" -eq "$point" ] || continue
		else
			[ $(((number + seed) % every)) -eq 0 ] || continue
		fi
		tried=$((tried + 1))
		turn "$file" "$at" || die "$place: this jump is not known"
		if is_killed "$file"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "mutation: point $number (--point $number): $place survived:" \
				"$(sed -n "${line}p" "$SOURCE/planner/$file.c")"
		fi
	done < <(jumps "$file")
done
[ -z "$list" ] || exit 0
echo "mutation: $tried of $((number + 1)) points, seed $seed: $passed passed," \
	"$failed failed"
[ "$failed" -eq 0 ] && [ "$tried" -gt 0 ]

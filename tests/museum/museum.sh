#!/usr/bin/env bash
# The bug museum: each NAME.patch here brings a bug back, and names the suite that must
# then fail. A piece whose suite stays green means that the suite has rotted.
#
#	museum.sh [--list] [--every N] [--seed N] [--healthy] [NAME...]
#	museum.sh --build NAME
#	museum.sh --self-test
#
# The tree is copied, built once, and for each piece patched, built and put to its suite.
# Each eighth piece is run, or with --every N each N-th, which ones depends on the seed; of
# the others it is only tried that the patch still fits. --healthy runs each suite without its bug as well,
# where it must pass. --build leaves the copy with the bug in it, to look at, and says where.
# The environment may say the same: POINTS_EVERY, POINTS_SEED; MUSEUM_TREE is the copy.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(cd "$here/../.." && pwd)
tree=${MUSEUM_TREE:-$SOURCE/build/museum}
every=${POINTS_EVERY:-8} seed=${POINTS_SEED:-4711}
healthy= list= build=
self_test=
pieces=$here
names=()
passed=0 failed=0

die() {
	echo "museum: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--every) every=$2 && shift ;;
	--seed) seed=$2 && shift ;;
	--healthy) healthy=yes ;;
	--list) list=yes ;;
	--build) build=yes ;;
	--self-test) self_test=yes ;;
	-*) die "unknown option '$1'" ;;
	*) names+=("$1") ;;
	esac
	shift
done
case $every in '' | *[!0-9]* | 0) die "--every wants a number above 0" ;; esac

# field PIECE NAME: a line of the header of a piece, without its name
field() {
	sed -n "/^--- /q; s/^$2: *//p" "$pieces/$1.patch"
}

# suites PIECE: what must fail, each with the number of tries it has
suites() {
	field "$1" Suite | sed 's/^/1 /'
	field "$1" Storm | sed 's/^/5 /'
}

# A copy of what git knows and of what is new. Only what differs is written, so that the
# build of the last time is still of use, and a file with a bug in it is never taken for
# an older one without.
copy() {
	local file
	mkdir -p "$tree/source"
	(cd "$SOURCE" && { git ls-files -co --exclude-standard 2>/dev/null ||
		find . -path ./build -prune -o -type f -printf '%P\n'; }) | LC_ALL=C sort >"$tree/files"
	(cd "$tree/source" && find . -type f -printf '%P\n') | LC_ALL=C sort |
		LC_ALL=C comm -13 "$tree/files" - | (cd "$tree/source" && xargs -r -d '\n' rm --)
	while read -r file; do
		[ -e "$SOURCE/$file" ] || continue
		cmp -s "$SOURCE/$file" "$tree/source/$file" && continue
		mkdir -p "$(dirname "$tree/source/$file")"
		cp "$SOURCE/$file" "$tree/source/$file" || die "the tree cannot be copied"
	done <"$tree/files"
}

configure() {
	cmake -S "$tree/source" -B "$tree/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
		-DAMPLAN_SANITIZE=ON >"$tree/log" 2>&1 || {
		cat "$tree/log"
		die "the copy cannot be configured"
	}
}

# make PIECE: the program, and what the commands of its suite name in $BUILD
make() {
	local targets
	targets=$(suites "$1" | grep -oE '\$BUILD/[A-Za-z0-9_./-]+' | sed 's,^\$BUILD/,,')
	ninja -C "$tree/build" cli/amplan ${targets:-} >"$tree/log" 2>&1
}

# suite COMMAND [SEED]: runs it in the copy, as ctest would
suite() {
	(
		cd "$tree/source" || exit 126
		export BUILD=$tree/build SOURCE=$tree/source BINARY=$tree/build
		export AMPLAN=$BUILD/cli/amplan PRAYER_WALL=$BUILD/examples/prayer_wall
		export LC_ALL=C NO_COLOR=1
		unset POINTS_EVERY POINTS_SEED
		[ -z "${2:-}" ] || export POINTS_SEED=$2
		timeout 300 bash -c "$1"
	) >"$tree/out" 2>&1 </dev/null
}

pass() {
	passed=$((passed + 1))
	echo "ok   $1"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL $1"
	sed 's/^/     /' "$2" | tail -20
}

well() {
	local command
	while read -r _ command; do
		if suite "$command"; then
			pass "$1 (healthy): $command"
		else
			fail "$1 (healthy): fails without the bug: $command" "$tree/out"
		fi
	done < <(suites "$1")
}

# Red is an exit code of the suite's own. Not red: too late, not found, misused.
ill() {
	local command rc turn tries
	while read -r tries command; do
		for ((turn = 0; turn < tries; turn++)); do
			suite "$command" $((4711 + turn))
			rc=$?
			[ $rc -eq 0 ] || break
		done
		case $rc in
		0) fail "$1: not caught by: $command" "$tree/out" ;;
		2 | 124 | 126 | 127) fail "$1: exit $rc is no answer: $command" "$tree/out" ;;
		*) pass "$1" ;;
		esac
	done < <(suites "$1")
}

try() {
	[ -n "$(suites "$1")" ] && [ -n "$(field "$1" What)" ] || {
		fail "$1: wants a What: and a Suite: or a Storm:" /dev/null
		return
	}
	if [ -n "$healthy" ]; then
		make "$1" && well "$1" || fail "$1: does not build without the bug" "$tree/log"
	fi
	patch -d "$tree/source" -p1 -F0 -s -f --no-backup-if-mismatch <"$pieces/$1.patch" >"$tree/log" 2>&1 || {
		fail "$1: the patch does not fit any more" "$tree/log"
		copy
		return
	}
	if make "$1"; then ill "$1"; else fail "$1: does not build" "$tree/log"; fi
	patch -d "$tree/source" -R -p1 -s -f --no-backup-if-mismatch <"$pieces/$1.patch" >/dev/null
}

fits() {
	if patch -d "$SOURCE" -p1 -F0 -s -f --dry-run <"$pieces/$1.patch" >"$tree/log" 2>&1; then
		pass "$1 (fits)"
	else
		fail "$1: the patch does not fit any more" "$tree/log"
	fi
}

# Pieces that the museum must not take: a bug that nobody sees, one whose patch is for
# another tree, one whose suite does not exist.
self_test() {
	pieces=$(mktemp -d) names=(unseen unfit unknown unlucky)
	local diff='--- a/base/version.c
+++ b/base/version.c
@@ -1 +1,2 @@
+/* seen by nobody */
'
	diff+=" $(head -1 "$SOURCE/base/version.c")"
	printf 'What: nothing\nSuite: true\n%s\n' "$diff" >"$pieces/unseen.patch"
	printf 'What: nothing\nSuite: false\n%s\n' "${diff%?}" >"$pieces/unfit.patch"
	printf 'What: nothing\nSuite: tests/no-such-suite\n%s\n' "$diff" >"$pieces/unknown.patch"
	printf 'What: nothing\nStorm: [ $POINTS_SEED -lt 4716 ]\n%s\n' "$diff" >"$pieces/unlucky.patch"
	every=1
	run >"$tree/told"
	rm -r "$pieces"
	for said in "FAIL unseen: not caught by: true" \
		"FAIL unfit: the patch does not fit any more" \
		"FAIL unknown: exit 127 is no answer: tests/no-such-suite" \
		"FAIL unlucky: not caught by: [ \$POINTS_SEED -lt 4716 ]" \
		"museum: 4 pieces, seed $seed, every 1: 0 passed, 4 failed"; do
		grep -qxF "$said" "$tree/told" || {
			cat "$tree/told"
			echo "museum: it does not say: $said"
			exit 1
		}
	done
	echo "museum: 4 bad pieces refused"
	exit 0
}

# run: all the pieces
run() {
	local number=0 name
	copy
	configure
	for name in "${names[@]}"; do
		if [ $(((number + seed) % every)) -eq 0 ]; then try "$name"; else fits "$name"; fi
		number=$((number + 1))
	done
	echo "museum: ${#names[@]} pieces, seed $seed, every $every: $passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

mkdir -p "$tree"
[ -z "$self_test" ] || self_test
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd "$pieces" && ls -- *.patch | sed 's/\.patch$//')
for name in "${names[@]}"; do
	[ -e "$pieces/$name.patch" ] || die "there is no piece '$name'; --list names them all"
done

if [ -n "$list" ]; then
	for name in "${names[@]}"; do
		printf '%s\n    %s\n    found by: %s\n' "$name" "$(field "$name" What)" "$(field "$name" Found)"
	done
	exit 0
fi

if [ -n "$build" ]; then
	copy
	patch -d "$tree/source" -p1 <"$pieces/${names[0]}.patch" || exit 1
	configure
	ninja -C "$tree/build" || exit 1
	echo "the tree with the bug is $tree/source, built in $tree/build; suite:"
	suites "${names[0]}" | cut -d ' ' -f 2-
	exit 0
fi
run

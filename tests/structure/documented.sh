#!/usr/bin/env bash
# Every public function has a comment directly above it that says since when it is there,
# and what it returns where it returns something.
. "$(dirname "$0")/lib.sh"

check() {
	awk '
		function fail(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; bad = 1 }
		/^\/\*/ { text = ""; inside = 1 }
		inside { text = text "\n" $0 }
		/\*\// { inside = 0; fresh = FNR; next }
		/^AMPLAN_API/ {
			if (fresh != FNR - 1) fail("no comment directly above: " $0)
			if (text !~ /Since [0-9]/) fail("does not say since when: " $0)
			if ($0 !~ /AMPLAN_API void/ && text !~ /Returns|Tells/) fail("does not say what it returns: " $0)
			functions++
		}
		END { if (functions < 15) fail("only " functions " functions found"); exit bad }
	' "$root"/include/amplan/*.h
}

if [ "$1" = --self-test ]; then
	root=$2
	copy_tree
	echo 'AMPLAN_API int amplan_secret(void);' >>"$copy/include/amplan/error.h"
	must_fail "a function has no comment"
else
	root=$1
	check
fi

#!/usr/bin/env bash
# Every public header compiles alone, as C11 and as C++17, without a warning.
. "$(dirname "$0")/lib.sh"

check() {
	local bad=0
	for header in "$root"/include/amplan/*.h; do
		gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$root/include" \
			-fsyntax-only -x c "$header" || bad=1
		g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$root/include" \
			-fsyntax-only -x c++ "$header" || bad=1
	done
	return $bad
}

if [ "$1" = --self-test ]; then
	root=$2
	copy_tree
	sed -i '/stddef.h/d' "$copy/include/amplan/finding.h"
	must_fail "a header lacks an include"
else
	root=$1
	check
fi

#!/usr/bin/env bash
# All C files are as clang-format would write them.
. "$(dirname "$0")/lib.sh"

check() {
	cd "$root" && sources | xargs clang-format --dry-run -Werror
}

if [ "$1" = --self-test ]; then
	root=$2
	copy_tree
	printf 'int  broken( void ) ;\n' >>"$copy/base/str.c"
	must_fail "a file is not formatted"
else
	root=$1
	check
fi

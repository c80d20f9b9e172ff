#!/usr/bin/env bash
# The C code in the documentation compiles against the public headers. A block counts as
# whole, and is looked at, where it begins with an #include; others are parts of something.
. "$(dirname "$0")/lib.sh"

# Prints each whole block of a page, with a function around bare statements, into
# $blocks/NAME.N.c.
extract() {
	awk -v stem="$blocks/$(basename "$1")" '
		/^```c$/ { on = 1; head = body = ""; next }
		/^```$/ && on && head != "" {
			file = stem "." ++n ".c"
			if (body !~ /\n\{/)
				body = "void snippet(void);\nvoid snippet(void)\n{" body "\n}"
			printf "%s%s\n", head, body >file
			close(file)
		}
		/^```$/ { on = 0 }
		on && /^#include/ { head = head $0 "\n"; next }
		on { body = body "\n" $0 }
	' "$1"
}

check() {
	local bad=0 count=0 page block
	blocks=$(mktemp -d)
	for page in "$root"/README.md "$root"/docs/*.md; do
		extract "$page"
	done
	for block in "$blocks"/*.c; do
		count=$((count + 1))
		gcc -std=c11 -Wall -Wextra -Werror -I"$root/include" -fsyntax-only "$block" || {
			cat -n "$block" >&2
			bad=1
		}
	done
	rm -rf "$blocks"
	if [ "$count" -lt 2 ]; then
		echo "only $count whole blocks of C were found" >&2
		bad=1
	fi
	return $bad
}

if [ "$1" = --self-test ]; then
	root=$2
	copy_tree
	cp -r "$root/README.md" "$root/docs" "$copy/"
	sed -i 's/options\.nfolders/options.folder_count/' "$copy/README.md"
	must_fail "the README uses a field that does not exist"
else
	root=$1
	check
fi

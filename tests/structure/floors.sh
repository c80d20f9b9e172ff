#!/usr/bin/env bash
# A floor stands on those above it in the list and never reaches down; each foreign
# library stays on its floor; the library floors neither print nor exit.
. "$(dirname "$0")/lib.sh"

floors=(include base schema planner executor cli)

rank() {
	for i in "${!floors[@]}"; do
		[ "${floors[$i]}" = "$1" ] && echo "$i"
	done
}

complain() {
	echo "$1" >&2
	bad=1
}

check_includes() {
	local file=$1 floor=${1%%/*} header to
	while read -r header; do
		to=${header%%/*}
		case $header in
		amplan/*) ;;
		*/*)
			if [ -n "$(rank "$to")" ] && [ "$(rank "$to")" -gt "$(rank "$floor")" ]; then
				complain "$file: reaches up to $header"
			elif [ "$floor" = cli ] && [ "$to" != cli ] && [ -n "$(rank "$to")" ]; then
				complain "$file: cli uses public headers only, not $header"
			fi
			;;
		esac
		case $header in
		sqlite3.h) [[ $file == executor/sqlite*.[ch] ]] || complain "$file: $header" ;;
		libxml/*) [ "$floor" = schema ] || complain "$file: $header" ;;
		sha2.h) [ "$floor" = base ] || complain "$file: $header" ;;
		graphviz/* | yajl/* | cgraph.h) [ "$floor" = cli ] || complain "$file: $header" ;;
		esac
	done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^">]+)[">].*/\1/p' "$root/$file")
}

check_calls() {
	local file=$1
	grep -nE '(^|[^a-z_])(exit|_exit|abort|printf|puts|putchar|perror|signal|sigaction|atexit)\(' \
		"$root/$file" && complain "$file: a library never prints, exits or takes signals"
}

check() {
	bad=0
	while read -r file; do
		case ${file%%/*} in
		include | base | schema | planner | executor)
			check_includes "$file"
			check_calls "$file"
			;;
		cli) check_includes "$file" ;;
		esac
	done < <(sources)
	return $bad
}

if [ "$1" = --self-test ]; then
	root=$2
	copy_tree
	echo '#include "executor/run.h"' >>"$copy/planner/graph.c"
	must_fail "the planner includes the executor"
	copy_tree
	echo '#include "base/str.h"' >>"$copy/cli/main.c"
	must_fail "the program includes an inner header"
	copy_tree
	echo '#include <sqlite3.h>' >>"$copy/executor/history.c"
	must_fail "history uses sqlite3 directly"
	copy_tree
	echo 'void f(void) { exit(1); }' >>"$copy/schema/catalog.c"
	must_fail "the library exits"
else
	root=$1
	check
fi

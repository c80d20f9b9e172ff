#!/usr/bin/env bash
# A floor stands on those above it in the list and never reaches down; each foreign
# library stays on its floor; the library floors neither print nor exit.
. "$(dirname "$0")/lib.sh"

declare -A rank=([include]=0 [base]=1 [schema]=2 [planner]=3 [executor]=4 [cli]=5 [examples]=6)

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
			[ "${rank[$to]:-0}" -le "${rank[$floor]}" ] ||
				complain "$file: reaches down to $header"
			[[ $floor != cli && $floor != examples ]] || [ "$to" = "$floor" ] ||
				[ -z "${rank[$to]:-}" ] ||
				complain "$file: $floor uses public headers only, not $header"
			;;
		esac
		case $header in
		sqlite3.h) [[ $file == executor/sqlite*.[ch] || $floor == examples ]] || complain "$file: $header" ;;
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
		cli | examples) check_includes "$file" ;;
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
	echo '#include "base/str.h"' >>"$copy/examples/prayer_wall/main.c"
	must_fail "an example includes an inner header"
	copy_tree
	echo '#include <libxml/parser.h>' >>"$copy/planner/order.c"
	must_fail "the planner uses libxml2"
	copy_tree
	echo '#include <graphviz/cgraph.h>' >>"$copy/executor/plan.c"
	must_fail "the executor draws"
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

#!/usr/bin/env bash
# console.sh PAGE: runs the examples of a manual page in a new folder with the sample
# migrations, and prints the page with what the commands really say. A page is right when
# it comes out as it went in; after a change `console.sh PAGE >new` makes the new page.
#
# Examples are blocks that begin with ```console; a line that begins with "$ " is a
# command, what follows is what it prints. <!-- run: COMMAND --> prepares something in
# silence. Times, digests and the name of the host are the same in all examples.
# AMPLAN names the program, SOURCE the root of the sources.
set -u

page=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
unset PRODUCTION_MODE AUTO_MIGRATE_ON_STARTUP AUTO_MIGRATE_ON_FAILURE
export NO_COLOR=1 LC_ALL=C.UTF-8
cp -r "$SOURCE"/migrations "$folder"
cd "$folder" || exit 1

amplan() {
	"$AMPLAN" "$@"
}

steady() {
	sed -E \
		-e 's/[0-9]{4}(-[0-9]{2}){2}T[0-9:]{8}\.[0-9]{3}Z/2026-01-31T12:00:00.000Z/g' \
		-e 's/(000Z on )[^ ]+/\1host/g' \
		-e 's/sha256:[0-9a-f]{64}/sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945/g' \
		-e 's/[0-9]+\.[0-9] s$/0.0 s/; s/milliseconds=[0-9]+/milliseconds=0/'
}

inside=false
code=0
while IFS= read -r line <&9; do
	case $line in
	'<!-- run: '*)
		command=${line#<!-- run: }
		eval "${command% -->}" >/dev/null 2>&1 </dev/null
		;;
	'```console') inside=true ;;
	'```') inside=false ;;
	esac
	if ! $inside || [ "$line" = '```console' ]; then
		printf '%s\n' "$line"
	elif [[ $line == '$ '* ]]; then
		printf '%s\n' "$line"
		command=${line#$ }
		(exit $code)
		eval "$command" >out 2>&1 </dev/null
		code=$?
		steady <out
		rm out
	fi
done 9<"$page"

#!/usr/bin/env bash
# The states of a run and their arrows: the same in the executor, in the model and in the
# documentation. With --self-test each of them loses an arrow, which must be seen.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

in_executor() {
	sed -nE 's/^\t\[AMP_RUN_([A-Z]+)\] = (.*TO.*),$/\1 \2/p' "$1" | while read -r from rest; do
		grep -oE 'TO\([A-Z]+\)' <<<"$rest" | sed -E "s/TO\((.*)\)/$from \1/"
	done | sort
}

in_model() {
	sed -nE 's/^\t\(from == ([A-Z]+) && to == ([A-Z]+)\).*/\1 \2/p' "$1" | sort
}

in_documentation() {
	sed -nE 's/^\| `([A-Z]+)` \| `([A-Z]+)` \|.*/\1 \2/p' "$1" | sort
}

# compare EXECUTOR MODEL DOCUMENTATION
compare() {
	local code=0
	[ "$(in_executor "$1" | wc -l)" -ge 5 ] || code=1
	diff --label executor --label model -u <(in_executor "$1") <(in_model "$2") || code=1
	diff --label executor --label documentation -u <(in_executor "$1") <(in_documentation "$3") || code=1
	return $code
}

files=("$root/executor/run.c" "$root/tests/protocol/amplan.pml" "$root/docs/protocol.md")
if [ "${1:-}" != --self-test ]; then
	compare "${files[@]}" && echo "arrows: $(in_executor "${files[0]}" | wc -l) arrows, the same in 3 places"
	exit
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
for broken in 0 1 2; do
	changed=("${files[@]}")
	changed[broken]=$copy/file
	sed -E '/from == ALONE && to == PARTIAL|^\| `ALONE` \| `PARTIAL`/d; s/ \| TO\(PARTIAL\)//' "${files[broken]}" >"$copy/file"
	! compare "${changed[@]}" >/dev/null || {
		echo "arrows: not seen: an arrow missing in ${files[broken]}"
		exit 1
	}
done
echo "arrows: 3 of 3 missing arrows seen"

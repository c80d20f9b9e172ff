# Shared by the checks: `sources` lists our files below $root, `copy_tree` makes a copy to
# break, `must_fail` runs the check on it and fails where the check finds nothing wrong.
set -u

sources() {
	(cd "$root" && find include base schema planner executor cli tests bench examples \
		-name '*.[ch]' | LC_ALL=C sort)
}

copy_tree() {
	copy=$(mktemp -d)
	trap 'rm -rf "$copy"' EXIT
	(cd "$root" && tar cf - .clang-format include base schema planner executor cli tests \
		bench examples) | tar xf - -C "$copy"
}

must_fail() {
	if root=$copy check >/dev/null 2>&1; then
		echo "the check passes although: $1" >&2
		exit 1
	fi
	echo "the check fails, as it should, when: $1"
}

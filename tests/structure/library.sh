#!/usr/bin/env bash
# The shared library shows what its headers declare and nothing else, and needs only the
# libraries that it says. With --self-test it makes libraries that show or need something
# else, which must not pass.
set -u

declared() {
	cat "$root"/include/amplan/*.h | tr '\n' ' ' |
		grep -oE 'AMPLAN_API [^;(]*amplan_[a-z_]+\(' | grep -oE 'amplan_[a-z_]+\(' |
		tr -d '(' | LC_ALL=C sort -u
}

# Names that the sanitizers and the coverage counters add are not ours.
shown() {
	nm -D --defined-only "$1" | awk '{print $3}' | sed 's/@.*//' |
		grep -vE '^(AMPLAN_0\.1$|__(asan|ubsan|odr_asan|gcov))' | LC_ALL=C sort -u
}

needed() {
	readelf -d "$1" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' |
		grep -vE '^lib(asan|ubsan|m|gcc_s)\.so' | LC_ALL=C sort
}

check() {
	local library=$1 bad=0
	if [ "$(declared | wc -l)" -lt 15 ]; then
		echo "too few functions are declared" >&2
		bad=1
	fi
	if ! diff <(declared) <(shown "$library") >&2; then
		echo "declared in the headers (<), shown by the library (>)" >&2
		bad=1
	fi
	if ! diff <(printf 'lib%s\n' c.so.6 md.so.0 sqlite3.so.0 xml2.so.2) \
		<(needed "$library") >&2; then
		echo "libraries that it should need (<), that it needs (>)" >&2
		bad=1
	fi
	return $bad
}

# make_library FLAG...: one with a function for each name on stdin
make_library() {
	sed 's/.*/int &(void); int &(void) { return 0; }/' |
		gcc -shared -fPIC -o "$copy/lib.so" -x c - -Wl,--no-as-needed "$@"
}

self_test() {
	local usual="-lmd -lsqlite3 -lxml2" bad=0
	copy=$(mktemp -d)
	trap 'rm -rf "$copy"' EXIT
	declared | make_library $usual
	check "$copy/lib.so" || { echo "a good library does not pass" >&2; bad=1; }
	{ declared; echo amp_plan_build; } | make_library $usual
	check "$copy/lib.so" 2>/dev/null && { echo "an inner name passes" >&2; bad=1; }
	declared | tail -n +2 | make_library $usual
	check "$copy/lib.so" 2>/dev/null && { echo "a missing function passes" >&2; bad=1; }
	declared | make_library $usual -lyajl
	check "$copy/lib.so" 2>/dev/null && { echo "another library passes" >&2; bad=1; }
	declared | make_library -lmd -lsqlite3
	check "$copy/lib.so" 2>/dev/null && { echo "a library less passes" >&2; bad=1; }
	return $bad
}

root=$2
if [ "$1" = --self-test ]; then
	self_test
else
	check "$1"
fi

#!/usr/bin/env bash
# The library inside an application once more, built with the thread sanitizer.
#
#	tsan.sh [--seed N] [--point K]
#
# SOURCE is the tree, TSAN_TREE where it is built.
set -euo pipefail
SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
tree=${TSAN_TREE:-$SOURCE/build/tsan}

mkdir -p "$tree"
{ cmake -S "$SOURCE" --preset tsan -G Ninja -B "$tree" &&
	cmake --build "$tree" --target test_host; } >"$tree/log" 2>&1 || {
	cat "$tree/log"
	exit 1
}

# where the kernel scatters more than the sanitizer can stand
fixed=()
setarch "$(uname -m)" -R true 2>/dev/null && fixed=(setarch "$(uname -m)" -R)

# a scenario that ends the process on purpose leaves threads behind
export TSAN_OPTIONS=report_thread_leaks=0:halt_on_error=0
exec "${fixed[@]}" "$tree/tests/host/test_host" "$@"

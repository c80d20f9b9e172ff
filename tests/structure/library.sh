#!/usr/bin/env bash
# The shared library shows only amplan_*, and needs only what it says.
library=$1
bad=0
symbols=$(nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//' |
	grep -vE '^(amplan_[a-z_]+|AMPLAN_0\.1|__(asan|ubsan|odr_asan).*)$')
if [ -n "$symbols" ]; then
	echo "these symbols should be hidden:" $symbols >&2
	bad=1
fi
declared=$(grep -hoE 'amplan_[a-z_]+\(' "$2"/include/amplan/*.h | tr -d '(' |
	sort -u | grep -vE 'amplan_(open|close)$' | wc -l)
shown=$(nm -D --defined-only "$library" | grep -cE ' T amplan_')
if [ "$shown" -lt 15 ] || [ "$declared" -lt 15 ]; then
	echo "too few functions: $shown shown, $declared declared" >&2
	bad=1
fi
needed=$(readelf -d "$library" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' |
	grep -vE '^lib(asan|ubsan|m|gcc_s)\.so' | sort | tr '\n' ' ')
if [ "$needed" != "libc.so.6 libmd.so.0 libsqlite3.so.0 libxml2.so.2 " ]; then
	echo "needs other libraries than it should: $needed" >&2
	bad=1
fi
exit $bad

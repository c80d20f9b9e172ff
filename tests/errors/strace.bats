# The real program, whose system calls the kernel's own tracer fails: the ten calls that
# matter most for apply, each with the errors that it can meet. The same oracle as in
# tests/errors/judge.c, on a smaller scale.
load ../support/common

setup() {
	setup_folder
	strace -o /dev/null true 2>/dev/null || skip "ptrace is not permitted here"
	# the leak sanitizer is a tracer as well, and there can be only one
	export ASAN_OPTIONS=detect_leaks=0
	descriptor 001_a '<up>CREATE TABLE a (x); INSERT INTO a VALUES (1);</up>'
	"$AMPLAN" apply -d app.db >/dev/null 2>&1
	descriptor 002_b '<up>CREATE TABLE b (x); INSERT INTO b SELECT x FROM a;</up>'
	mkdir kept
	cp app.db kept/
	contents >before
	"$AMPLAN" apply -d app.db >/dev/null 2>&1
	contents >after
	passed=0
	failed=0
}

teardown() {
	remove_folder
}

# What the database holds, but for times and what follows from them.
contents() {
	sqlite3 app.db "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2;
		SELECT event, id, checksum FROM amplan_history ORDER BY number;
		SELECT * FROM a; PRAGMA integrity_check;"
	sqlite3 app.db 'SELECT * FROM b' 2>/dev/null || true
}

complain() {
	echo "$*: exit $code: $(cat err)"
	failed=$((failed + 1))
}

# One run with the K-th such call on the database or its journal failing.
try() { # CALL ERROR K
	local code=0
	rm -f app.db*
	cp kept/app.db app.db
	timeout 60 strace -f -qq -o trace -P app.db -P app.db-journal -P "$PWD" \
		-P "$PWD/app.db" -P "$PWD/app.db-journal" \
		-e trace="$1" -e inject="$1:error=$2:when=$3" \
		"$AMPLAN" apply -d app.db --lock-timeout 1 >out 2>err || code=$?
	grep -q INJECTED trace || return 1
	if [ "$code" -gt 70 ] || { [ "$code" -ne 0 ] && ! grep -q 'app\.db' err; }; then
		complain "$1 $2 $3"
		return 0
	fi
	contents >now
	if ! cmp -s now after && { [ "$code" -eq 0 ] || ! cmp -s now before; }; then
		complain "$1 $2 $3 leaves something between"
		return 0
	fi
	"$AMPLAN" apply -d app.db >out 2>err || code=$?
	contents >now
	if ! cmp -s now after; then
		complain "$1 $2 $3, run again"
		return 0
	fi
	passed=$((passed + 1))
}

# The calls of one kind, from the first to the last but at most so many.
try_all() { # CALL MOST ERROR...
	local call=$1 most=$2 k error
	shift 2
	for error; do
		for ((k = 1; k <= most; k++)); do
			try "$call" "$error" "$k" || break
		done
	done
}

@test "system calls of apply, failed by strace" {
	local most=${STRACE_MOST:-2}
	try_all openat "$most" EIO EMFILE EACCES
	try_all pread64 "$most" EIO EINTR
	try_all pwrite64 "$most" EIO ENOSPC EINTR
	try_all fdatasync "$most" EIO ENOSPC
	try_all fcntl "$most" EIO
	try_all unlink "$most" EIO EROFS
	try_all newfstatat "$most" EIO
	try_all fchmod "$most" EIO
	try_all ftruncate "$most" EIO
	try_all close "$most" EIO
	echo "errors strace: $((passed + failed)) points: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	[ "$passed" -ge 15 ]
}

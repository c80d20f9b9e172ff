# Helpers for the tests that run the program from outside.
# AMPLAN is the program, SOURCE the root of the sources; both are set by ctest.

setup_folder() {
	folder=$(mktemp -d "${TMPDIR:-/tmp}/amplan-XXXXXX")
	cd "$folder" || exit 1
	unset AMPLAN_DATABASE DATABASE_URL AMPLAN_MIGRATIONS AMPLAN_LOCK_TIMEOUT
	unset PRODUCTION_MODE AUTO_MIGRATE_ON_STARTUP AUTO_MIGRATE_ON_FAILURE
	mkdir migrations
}

remove_folder() {
	cd / && rm -rf "$folder"
}

# descriptor ID BODY [ATTRIBUTES]: writes migrations/ID.xml
descriptor() {
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<migration xmlns="urn:amplan:1" id="%s"%s>\n%s\n</migration>\n' \
		"$1" "${3:+ $3}" "$2" >"migrations/$1.xml"
}

# What a database holds, apart from the history.
dump() {
	sqlite3 "$1" "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name <> 'amplan_history' ORDER BY 1, 2"
	sqlite3 "$1" .dump | grep -v amplan_history | grep '^INSERT' | LC_ALL=C sort
}

# Digest of every file of the folder, with names and times of change.
fingerprint_folder() {
	(cd "${1:-.}" && find . -type f -printf '%p %s %T@ ' -exec sha256sum {} \; | LC_ALL=C sort)
}

# occupy DATABASE SQL: a process of its own, $other, that has done this and keeps DATABASE open.
occupy() {
	local mark="$BATS_TEST_TMPDIR/occupied" gate="$BATS_TEST_TMPDIR/gate" i
	rm -f "$mark" "$gate"
	mkfifo "$gate"
	sqlite3 "$1" "$2" ".shell : >'$mark'" ".read '$gate'" 3>&- &
	other=$!
	for i in $(seq 600); do
		[ -e "$mark" ] && return
		sleep 0.05
	done
	return 1
}

# leave [SIGNAL]: ends the process $other
leave() {
	kill "-${1:-TERM}" "$other"
	wait "$other" || true
	other=
}

# Fails with the difference where the output is not the text on stdin.
expect_output() {
	diff <(printf '%s\n' "$output") - >&2
}

# chain N: N migrations, each with a table and a row in a log, a diamond now and then.
chain() {
	local i before
	descriptor 000_log '<up>CREATE TABLE log (step INTEGER PRIMARY KEY);</up><down>DROP TABLE log;</down>'
	for ((i = 1; i < $1; i++)); do
		before=$(printf '%03d_step' $((i - 1)))
		[ $i -eq 1 ] && before=000_log
		descriptor "$(printf '%03d_step' $i)" "<depends on=\"$before\"/>
<up>CREATE TABLE t$i (a INTEGER PRIMARY KEY, b TEXT);
INSERT INTO t$i (b) VALUES ('x'), ('y');
INSERT INTO log VALUES ($i);</up><down>DELETE FROM log WHERE step = $i; DROP TABLE t$i;</down>"
	done
}

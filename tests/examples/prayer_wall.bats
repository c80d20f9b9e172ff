# The example application: it migrates at startup by the library, and serves whatever
# becomes of that. PRAYER_WALL is the program, SOURCE the root of the sources.
bats_require_minimum_version 1.5.0
load ../support/common

setup() {
	setup_folder
	cp -r "$SOURCE"/migrations .
	server=
}

teardown() {
	stop_wall
	remove_folder
}

# start_wall [MIGRATIONS]: waits until it listens; its address is in $url, what it logs
# in log
start_wall() {
	local line=
	mkfifo ready
	"$PRAYER_WALL" --database wall.db --migrations "${1:-migrations}" --port 0 \
		>ready 2>log 3>&- &
	server=$!
	read -r -t 30 line <ready || true
	rm ready
	url=${line#listening on }
	[[ "$url" =~ ^http://127\.0\.0\.1:[0-9]+$ ]] || { cat log; false; }
}

# stop_wall: it ends by a signal, and says by its exit code that it ended well; one that
# does not is ended all the same, which its exit code says, too
stop_wall() {
	[ -z "$server" ] && return
	local pid=$server i
	server=
	kill -TERM "$pid"
	for ((i = 0; i < 100; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	[ "$i" -lt 100 ] || kill -KILL "$pid"
	wait "$pid"
}

open_gate() {
	export PRODUCTION_MODE=1 AUTO_MIGRATE_ON_STARTUP=true
}

# send PATH [FIELD=VALUE...]: posts the fields, or gets the page where there are none
send() {
	local path=$1 field fields=()
	shift
	for field; do
		fields+=(--data-urlencode "$field")
	done
	curl -s -m 10 "$url/$path" "${fields[@]}"
}

status_of() {
	curl -s -m 10 -o /dev/null -w '%{http_code}' "$@"
}

break_migrations() {
	descriptor 017_broken '<depends on="015_wall_view"/>
<up>DROP VIEW wall; ALTER TABLE prayer ADD COLUMN oops TEXT;</up>'
}

behind='<p role=alert>The schema of this wall is not up to date: some things may not work.</p>'
unsure='<p role=alert>It is not known whether the schema of this wall is up to date: some things may not work.</p>'
closed='<p role=alert>The wall is closed for maintenance: its database is newer than this program. Please come back later.</p>'

# newer ID [ATTRIBUTES]: a newer program, whose catalog is in the folder newer, has been
# here: it made a table
newer() {
	[ -d newer ] || cp -r migrations newer
	printf '<migration xmlns="urn:amplan:1" id="%s" %s><up>CREATE TABLE t%s (x);</up></migration>' \
		"$1" "${2:-}" "$1" >"newer/$1.xml"
	"$AMPLAN" apply -q --yes -d wall.db -m newer
}

@test "a new wall is made at startup, and used" {
	open_gate
	start_wall
	grep 'info: startup is done result="applied" database="wall.db" applied="16"' log
	send users name=Ada invite= | grep Done
	send users name=Bo invite=stranger | grep 'needs a name, and an invite'
	send invites sender=Ada invite=welcome | grep Done
	send users name=Bo invite=welcome | grep Done
	send users name=Cy invite=welcome | grep 'needs a name, and an invite'
	send prayers author=Ada 'text=rain & <b>sun</b>' | grep Done
	send marks prayer=1 user=Bo | grep Done
	send marks prayer=1 user=Bo | grep Done
	run send ''
	grep 'rain &amp; &lt;b&gt;sun&lt;/b&gt;' <<<"$output"
	grep 'Ada, other, 1 marks' <<<"$output"
	! grep 'role=alert' <<<"$output" || false
	[ "$(sqlite3 wall.db "SELECT text FROM notifications WHERE user_id = 1")" = "somebody prays with you" ]
	[ "$(sqlite3 wall.db "SELECT group_concat(what) FROM security_log")" = "given: keeper,given: member" ]
	stop_wall
}

@test "started again there is nothing to do, and the history does not grow" {
	open_gate
	start_wall
	stop_wall
	before=$(sqlite3 wall.db 'SELECT count(*) FROM amplan_history')
	start_wall
	grep 'info: startup is done result="current" database="wall.db" applied="0"' log
	[ "$(status_of "$url")" = 200 ]
	[ "$(sqlite3 wall.db 'SELECT count(*) FROM amplan_history')" = "$before" ]
	stop_wall
}

@test "with a migration that fails it serves the schema as it was, and logs the reason" {
	open_gate
	start_wall
	send users name=Ada invite= | grep Done
	send prayers author=Ada text=rain | grep Done
	stop_wall
	dump wall.db >before
	break_migrations
	start_wall
	cat log
	grep 'error: startup did not migrate result="failed"' log
	grep 'migrations/017_broken.xml:4:' log
	grep 'no such table: prayer' log
	run send ''
	grep '<p>rain</p>' <<<"$output"
	grep -Fx "$behind" <<<"$output"
	send prayers author=Ada text=sun | grep Done
	send '' | grep '<p>sun</p>'
	[ "$(grep -c "warning: the schema is not up to date reason=\"'017_broken' is not applied\"" log)" -eq 1 ]
	stop_wall
	dump wall.db | grep -v sun | diff before -
}

@test "a new wall whose migrations fail is served, with an apology" {
	open_gate
	break_migrations
	start_wall
	grep 'error: startup did not migrate result="failed"' log
	[ "$(status_of "$url")" = 503 ]
	run send ''
	grep -Fx "$behind" <<<"$output"
	grep 'That did not work' <<<"$output"
	stop_wall
	rm migrations/017_broken.xml
	start_wall
	[ "$(status_of "$url")" = 200 ]
	stop_wall
}

@test "an upgrade that fails leaves the first release, which is shown and marked" {
	"$AMPLAN" apply -q --yes -d wall.db --to 004_invites
	"$AMPLAN" apply -q --yes -d wall.db --to 003_marks
	sqlite3 wall.db "INSERT INTO users (name) VALUES ('Ada'), ('Bo');
		INSERT INTO prayers (author_id, text, flagged) VALUES (1, 'rain', 0), (1, 'bad', 1)"
	open_gate
	break_migrations
	start_wall
	[ "$(status_of "$url")" = 200 ]
	send marks prayer=1 user=Bo | grep Done
	run send prayers author=Ada text=sun
	grep -Fx "$behind" <<<"$output"
	grep 'That did not work: .*category_id' <<<"$output"
	run send ''
	grep -Fx "$behind" <<<"$output"
	grep '<p>rain</p><p>Ada, other, 1 marks' <<<"$output"
	! grep 'bad' <<<"$output" || false
	stop_wall
}

@test "between the releases a prayer that attributes hide is not shown" {
	"$AMPLAN" apply -q --yes -d wall.db --to 003_marks
	"$AMPLAN" apply -q --yes -d wall.db --to 007_flags_to_attributes
	sqlite3 wall.db "INSERT INTO users (name) VALUES ('Ada');
		INSERT INTO prayers (author_id, text) VALUES (1, 'rain');
		INSERT INTO prayer_attributes (prayer_id, name) VALUES (1, 'archived')"
	start_wall
	[ "$(status_of "$url")" = 200 ]
	run send ''
	grep -Fx "$behind" <<<"$output"
	! grep 'rain' <<<"$output" || false
	stop_wall
}

@test "what a person repairs while it runs is seen at once" {
	open_gate
	break_migrations
	start_wall
	send '' | grep -Fx "$behind"
	rm migrations/017_broken.xml
	"$AMPLAN" apply -q --yes -d wall.db
	run send ''
	! grep 'role=alert' <<<"$output" || false
	grep -Fx 'info: the schema is up to date' log
	stop_wall
}

@test "descriptors that are no longer what was applied: the page says so, the log where" {
	open_gate
	start_wall
	send users name=Ada invite= | grep Done
	sed -i 's/created_at TEXT/made_at TEXT/' migrations/001_users.xml
	send '' | grep -Fx "$unsure"
	grep "warning: it is not known whether .* reason=\"migrations/001_users.xml:2:.*'001_users'" log
	echo '<migration' >migrations/017_half.xml
	send prayers author=Ada text=rain | grep Done
	grep 'warning: it is not known whether .* reason="migrations/017_half.xml:' log
	stop_wall
}

@test "a newer schema that breaks nothing is used as if it were its own" {
	open_gate
	start_wall
	stop_wall
	newer 017_more
	start_wall
	grep 'warning: startup is done result="ahead"' log
	send users name=Ada invite= | grep Done
	run send ''
	! grep 'role=alert' <<<"$output" || false
	[ "$(grep -c "info: the database is newer than this program, which can use it reason=\"'017_more' is applied, but not known here\"" log)" -eq 1 ]
	stop_wall
}

# expect_closed: no page, and no change of the database, whatever is asked for
expect_closed() {
	dump wall.db >before
	[ "$(status_of "$url")" = 503 ]
	send '' | grep -Fx "$closed"
	send users name=Eve invite= | grep -Fx "$closed"
	[ "$(status_of "$url/prayers" -d author=Ada -d text=rain)" = 503 ]
	dump wall.db | diff before -
	[ "$(grep -c "error: the database is too new for this program reason=\"'017_break' is applied and breaks programs that do not know it\"" log)" -eq 1 ]
}

@test "an old program meets a breaking newer schema: it says so, and the wall is closed" {
	open_gate
	start_wall
	send users name=Ada invite= | grep Done
	newer 017_break 'breaking="true"'
	expect_closed
	stop_wall
	start_wall
	grep "error: '017_break' is applied and breaks programs that do not know it kind=\"breaking-ahead\"" log
	expect_closed
	stop_wall
	unset PRODUCTION_MODE
	start_wall
	expect_closed
	stop_wall
	start_wall newer
	[ "$(status_of "$url")" = 200 ]
	stop_wall
}

@test "with AUTO_MIGRATE_ON_FAILURE=stop it does not start, and exits with the reason" {
	open_gate
	export AUTO_MIGRATE_ON_FAILURE=stop
	break_migrations
	run --separate-stderr timeout 30 "$PRAYER_WALL" --database wall.db --port 0
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	grep "^prayer_wall: does not start: '017_broken' failed in statement 2: .*no such table: prayer" <<<"$stderr"
}

@test "a database that amplan does not know is no reason to stay silent, or down" {
	open_gate
	"$PRAYER_WALL" --database postgresql://wall --port 0 >out 2>log 3>&- &
	server=$!
	for ((i = 0; i < 300; i++)); do
		grep -q listening out && break
		sleep 0.1
	done
	url=$(sed 's/^listening on //' out)
	[ "$(status_of "$url")" = 503 ]
	send '' | grep -Fx "$unsure"
	grep 'warning: it is not known .* reason="[^"]*postgresql' log
	stop_wall
	export AUTO_MIGRATE_ON_FAILURE=stop
	run --separate-stderr timeout 30 "$PRAYER_WALL" --database postgresql://wall --port 0
	[ "$status" -eq 2 ]
	grep '^prayer_wall: does not start: .*postgresql' <<<"$stderr"
}

@test "with the gate off neither descriptors nor database are opened" {
	break_migrations
	start_wall
	[ ! -s log ]
	[ ! -e wall.db ]
	[ "$(status_of "$url")" = 503 ]
	send '' | grep -Fx "$behind"
	[ ! -e wall.db ]
	stop_wall
	for gate in PRODUCTION_MODE AUTO_MIGRATE_ON_STARTUP; do
		(
			export "$gate=1"
			start_wall
			[ ! -s log ] && [ ! -e wall.db ]
			stop_wall
		)
	done
}

@test "with the gate off no file is opened, as strace sees it" {
	strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
	export ASAN_OPTIONS=detect_leaks=0
	traced() {
		rm -f out # what the last one said is no sign of this one
		timeout -s TERM 60 strace -f -e trace=openat,open,stat,newfstatat,statx -o trace \
			"$PRAYER_WALL" --database wall.db --port 0 >out 2>log &
		local pid=$!
		for ((i = 0; i < 500; i++)); do
			grep -qs listening out && break
			sleep 0.1
		done
		kill -TERM "$pid"
		wait "$pid" || true
		grep -q listening out
	}
	traced
	! grep -E 'wall\.db|"migrations|\.xml' trace || false
	open_gate
	traced
	grep -q 'migrations' trace
	grep -q 'wall\.db' trace
}

@test "what is no request, or no page, does no harm" {
	open_gate
	start_wall
	[ "$(status_of "$url/nowhere")" = 404 ]
	[ "$(status_of "$url/users")" = 404 ]
	head -c 40000 /dev/zero | tr '\0' x >long
	[ "$(status_of "$url/prayers" --data-binary @long)" = 000 ]
	printf 'nonsense\r\n\r\n' >"/dev/tcp/127.0.0.1/${url##*:}"
	[ "$(status_of "$url")" = 200 ]
	stop_wall
}

@test "a client that sends a byte now and then does not keep the others out" {
	open_gate
	start_wall
	exec 4<>"/dev/tcp/127.0.0.1/${url##*:}"
	(for ((i = 0; i < 100; i++)); do printf x >&4 && sleep 0.2 || break; done) 2>/dev/null 3>&- &
	local slow=$!
	SECONDS=0
	[ "$(status_of "$url")" = 200 ]
	[ "$SECONDS" -lt 8 ]
	kill "$slow"
	wait "$slow" || true
	exec 4>&-
	stop_wall
}

@test "a usage that is none is said so" {
	for arguments in "--port 65536" "--port x" "--port -1" "--port ''" "--nonsense" "wall.db"; do
		run --separate-stderr eval "timeout 30 '$PRAYER_WALL' $arguments"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		grep -Fx 'usage: prayer_wall [--database FILE] [--migrations DIR] [--port N]' <<<"$stderr"
	done
}
